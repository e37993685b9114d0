"""Ridge solutions for every alpha from one decomposition.

With the weighted, centred data A = √w (X − μ) and B = √w (Y − ν), and A = U diag(s) V', λ = s²:

    W(α)     = V diag(s/(λ + α)) U'B                        coefficients
    h_i(α)   = w_i/Σw + Σ_k U_ik² λ_k/(λ_k + α)             leverages
    e_i(α)   = (B − A W(α))_i / (1 − h_i(α))                leave-one-out errors, times √w_i
    dof(α)   = 1 + Σ_k λ_k/(λ_k + α)                        effective degrees of freedom

(without an intercept: μ = ν = 0, and neither w_i/Σw nor the 1). Tall data are decomposed through
A'A, wide data through AA'. Both square the condition number, so where the smallest λ + α
falls below 1e-8 of the largest λ, a QR of the rows and the SVD of its R take over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from ._moments import Moments, accumulate, block_rows, row_blocks, thread_map
from ._threads import one_blas_thread

ILL_CONDITIONED = 1e-8  # smallest (λ + α)/max λ that squared singular values can resolve
Result = TypeVar("Result")


def eigh(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, ascending, and eigenvectors, on one thread.

    Its many small products gain little from a second one, and lose several times over when
    another process holds the core that they wait for.
    """
    with one_blas_thread():
        return np.linalg.eigh(A)


@dataclass(slots=True)
class RidgePath:
    """What every solution of a ridge problem has in common, whatever alpha.

    Attributes
    ----------
    eigenvalues : ndarray of shape (rank,)
        λ, the squared singular values of A.
    basis, projections : ndarray of shape (n_features, rank), (rank, n_targets)
        W(α) = basis · projections/(λ + α).
    basis_norms : ndarray of shape (rank,)
        The norms of the columns of `basis`, which are orthogonal.
    fitted_squares, residual_squares : ndarray of shape (rank, n_targets), (n_targets,)
        (U'B)², and the sum of squares of B outside the span of U.
    x_mean, y_mean : ndarray of shape (n_features,), (n_targets,)
        μ and ν; zero without an intercept.
    weight : float
        Σ w: the number of rows, if they have no weights.
    n_unpenalised : int
        1 with an intercept, otherwise 0.
    """

    eigenvalues: np.ndarray
    basis: np.ndarray
    basis_norms: np.ndarray
    projections: np.ndarray
    fitted_squares: np.ndarray
    residual_squares: np.ndarray
    x_mean: np.ndarray
    y_mean: np.ndarray
    weight: float
    n_unpenalised: int

    def _shrunk(self, alphas: np.ndarray) -> np.ndarray:
        """1/(λ + α), of shape (rank, n_alphas)."""
        return 1.0 / (self.eigenvalues[:, None] + np.asarray(alphas, dtype=float))

    def coef(self, alpha: float | np.ndarray) -> np.ndarray:
        """Coefficients (n_targets, n_features) for one alpha, or one alpha per target."""
        return (self.basis @ (self.projections * self._shrunk(np.atleast_1d(alpha)))).T

    def coefs(self, alphas: np.ndarray) -> np.ndarray:
        """Coefficients (n_features, n_targets, n_alphas) for every alpha."""
        inner = self.projections[:, :, None] * self._shrunk(alphas)[:, None, :]
        flat = self.basis @ inner.reshape(len(self.eigenvalues), -1)
        return flat.reshape(len(self.basis), *inner.shape[1:])

    def dof(self, alphas: float | np.ndarray) -> np.ndarray:
        """Effective degrees of freedom (n_alphas,), the intercept included."""
        return self.n_unpenalised + self.eigenvalues @ self._shrunk(np.atleast_1d(alphas))

    def gcv(self, alphas: np.ndarray) -> np.ndarray:
        """(RSS/n) / (1 − dof/n)² per alpha and target: generalised cross-validation."""
        alphas = np.atleast_1d(alphas)
        left = (alphas * self._shrunk(alphas)) ** 2
        rss = self.residual_squares + left.T @ self.fitted_squares
        return self.weight * rss / (self.weight - self.dof(alphas)[:, None]) ** 2

    def noise_variance(self, alphas: np.ndarray) -> np.ndarray:
        """The σ² of greatest evidence, per alpha and target: y'(I + AA'/α)⁻¹y / (n − 1)."""
        alphas = np.atleast_1d(alphas)
        quadratic = self.residual_squares + (alphas * self._shrunk(alphas)).T @ self.fitted_squares
        return quadratic / (self.weight - self.n_unpenalised)

    def log_evidence(self, alphas: np.ndarray) -> np.ndarray:
        """log p(y | α, σ²(α)) per alpha and target: weights ~ N(0, σ²/α), a flat prior on the intercept."""
        alphas = np.atleast_1d(alphas)
        m = self.weight - self.n_unpenalised
        with np.errstate(divide="ignore"):  # a perfect fit has infinite evidence
            fit = m * (np.log(2 * np.pi * self.noise_variance(alphas)) + 1)
        log_det = np.log1p(self.eigenvalues[:, None] / alphas).sum(axis=0)
        return -0.5 * (fit + log_det[:, None])

    def spread(self, X: Any, alpha: float) -> np.ndarray:
        """(x − μ)'(A'A + αI)⁻¹(x − μ) + 1/n per row: the variance of f(x) in units of σ²."""
        centred = (X.toarray() if sparse.issparse(X) else X) - self.x_mean
        norms = np.where(self.basis_norms > 0, self.basis_norms, 1.0)
        along = (centred @ self.basis / norms) ** 2
        outside = np.maximum(np.einsum("ij,ij->i", centred, centred) - along.sum(axis=1), 0.0)
        if len(self.eigenvalues) == len(self.x_mean):
            outside[:] = 0.0
        inverse = 1.0 / (self.eigenvalues + alpha)
        return along @ inverse + outside / alpha + self.n_unpenalised / self.weight


# --------------------------------------------------------------------------------- tall data
def ill_conditioned(eigenvalues: np.ndarray, min_alpha: float) -> bool:
    """Whether eigenvalues of a product A'A or AA' are too inaccurate for this alpha."""
    return bool(len(eigenvalues)) and eigenvalues[0] + min_alpha <= ILL_CONDITIONED * eigenvalues[-1]


def path_from_moments(moments: Moments, fit_intercept: bool) -> RidgePath:
    """Eigendecomposition of A'A; its eigenvalues ascend and may be too inaccurate (see above)."""
    if fit_intercept:
        G, C, y_squares, x_mean, y_mean = moments.centered()
    else:
        G, C, y_squares = moments.raw()
        x_mean, y_mean = np.zeros(len(G)), np.zeros(C.shape[1])
    eigenvalues, V = eigh(G)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    projections = V.T @ C
    real = eigenvalues > len(G) * np.finfo(float).eps * eigenvalues[-1]
    fitted = np.where(real[:, None], projections**2 / np.where(real, eigenvalues, 1.0)[:, None], 0.0)
    return RidgePath(
        eigenvalues=eigenvalues,
        basis=V,
        basis_norms=np.ones(len(V)),
        projections=projections,
        fitted_squares=fitted,
        residual_squares=np.maximum(y_squares - fitted.sum(axis=0), 0.0),
        x_mean=x_mean,
        y_mean=y_mean,
        weight=moments.weight,
        n_unpenalised=int(fit_intercept),
    )


def path_from_rows(
    X: Any,
    Y: np.ndarray,
    sample_weight: np.ndarray | None,
    rows: np.ndarray | None,
    x_mean: np.ndarray,
    y_mean: np.ndarray,
    weight: float,
    fit_intercept: bool,
) -> RidgePath:
    """QR of the rows of [A B] block by block, then the SVD of R: full precision, for tall data."""
    p, t = X.shape[1], Y.shape[1]
    R: Any = np.empty((0, p + t))
    blocks = row_blocks(X, Y, sample_weight, rows, x_mean, y_mean, size=max(1024, 4 * (p + t)))
    for _, A, B in blocks:
        R = np.linalg.qr(np.vstack([R, np.hstack([A[:, :-1], B])]), mode="r")
    U, s, Vt = np.linalg.svd(R[:p, :p], full_matrices=False)
    rank = int(np.sum(s > np.finfo(float).eps * max(X.shape) * s[0])) if len(s) and s[0] > 0 else 0
    U, s, Vt = U[:, rank - 1 :: -1] if rank else U[:, :0], s[:rank][::-1], Vt[:rank][::-1]
    inside = U.T @ R[:p, p:]
    residual = R[:, p:].T @ R[:, p:]
    return RidgePath(
        eigenvalues=s**2,
        basis=Vt.T,
        basis_norms=np.ones(rank),
        projections=s[:, None] * inside,
        fitted_squares=inside**2,
        residual_squares=np.maximum(residual.diagonal() - (inside**2).sum(axis=0), 0.0),
        x_mean=x_mean,
        y_mean=y_mean,
        weight=weight,
        n_unpenalised=int(fit_intercept),
    )


def tall_path(
    X: Any,
    Y: np.ndarray,
    sample_weight: np.ndarray | None,
    fit_intercept: bool,
    min_alpha: float,
    use_svd: bool = False,
    moments: Moments | None = None,
    rows: np.ndarray | None = None,
) -> RidgePath:
    """The path of data with more rows than columns: from A'A where that is accurate enough."""
    if moments is None:
        moments = accumulate(X, Y, sample_weight, rows, dtype=np.float64)
    path = path_from_moments(moments, fit_intercept)
    if use_svd or ill_conditioned(path.eigenvalues, min_alpha):
        means = path.x_mean, path.y_mean
        return path_from_rows(X, Y, sample_weight, rows, *means, moments.weight, fit_intercept)
    return path


@dataclass(slots=True)
class TallData:
    """A path with the rows it came from: what leave-one-out errors need."""

    path: RidgePath
    X: Any
    Y: np.ndarray
    sample_weight: np.ndarray | None

    def map_loo(self, alphas: np.ndarray, reduce: Callable[[slice, np.ndarray], Result]) -> list[Result]:
        """Apply `reduce` to blocks of leave-one-out errors, each (rows, n_targets, n_alphas) times √w.

        Nothing of the size rows × features or rows × alphas is kept: each block of rows meets
        the eigenvectors once, and then all alphas in one product.
        """
        path, (n, t) = self.path, self.Y.shape
        inverse = path._shrunk(alphas)
        weights = (path.projections[:, :, None] * inverse[:, None, :]).reshape(len(inverse), -1)
        size = max(64, min(block_rows(self.X.shape[1]), 4_000_000 // max(1, weights.shape[1])))

        def part(rows: slice) -> list[Result]:
            results = []
            blocks = row_blocks(self.X, self.Y, self.sample_weight, rows, path.x_mean, path.y_mean, size=size)
            for where, A, B in blocks:
                Z = A[:, :-1] @ path.basis
                errors = (Z @ weights).reshape(len(Z), t, -1)
                np.subtract(B[:, :, None], errors, out=errors)
                np.multiply(Z, Z, out=Z)
                left = Z @ inverse
                np.subtract(1.0, left, out=left)
                if path.n_unpenalised:
                    left -= A[:, -1:] ** 2 / path.weight
                errors /= left[:, None, :]
                results.append(reduce(slice(rows.start + where.start, rows.start + where.stop), errors))
            return results

        n_parts = 8 if n * weights.shape[0] > 200_000 else 1
        edges = np.linspace(0, n, min(n, n_parts) + 1).astype(int)
        ranges = [slice(a, b) for a, b in pairwise(edges)]
        return [result for results in thread_map(part, ranges) for result in results]


# --------------------------------------------------------------------------------- wide data
DENSE_SIZE = 50_000_000  # numbers in a sparse X that may be made dense where accuracy asks for its SVD


def may_densify(X: Any) -> bool:
    """Whether X is dense already, or small enough to be made so."""
    return not sparse.issparse(X) or X.shape[0] * X.shape[1] <= DENSE_SIZE


@dataclass(slots=True)
class DualPath:
    """Decomposition of data with at most as many rows as columns: U, λ and U'B.

    Attributes
    ----------
    eigenvalues, U, projections : ndarray of shape (rank,), (n_samples, rank), (rank, n_targets)
        λ, U and U'B.
    outside, outside_leverage : ndarray of shape (n_samples, n_targets), (n_samples,)
        B − UU'B, and 1 − w_i/Σw − Σ_k U_ik²; exactly 0 where A has full row rank.
    """

    eigenvalues: np.ndarray
    U: np.ndarray
    projections: np.ndarray
    outside: np.ndarray
    outside_leverage: np.ndarray

    def dual_coefs(self, alphas: np.ndarray) -> np.ndarray:
        """c(α) = (B − A W(α))/α of shape (n_samples, n_targets, n_alphas); W = A'c."""
        inverse = 1.0 / (self.eigenvalues[:, None] + alphas)
        inner = self.projections[:, :, None] * inverse[:, None, :]
        flat = self.U @ inner.reshape(len(inverse), -1)
        return flat.reshape(len(self.U), *inner.shape[1:])

    def loo_errors(self, alphas: np.ndarray) -> np.ndarray:
        """Leave-one-out errors times √w: residual and 1 − h both divided by α, so none cancels."""
        inverse = 1.0 / (self.eigenvalues[:, None] + alphas)
        residual = self.dual_coefs(alphas) + self.outside[:, :, None] / alphas
        left = self.U**2 @ inverse + self.outside_leverage[:, None] / alphas
        return residual / left[:, None, :]


def _dual_path(
    eigenvalues: np.ndarray, U: np.ndarray, B: np.ndarray, root: np.ndarray, fit_intercept: bool
) -> DualPath:
    """Complete a decomposition by what lies outside the span of U."""
    projections = U.T @ B
    outside, leverage = np.zeros_like(B), np.zeros(len(B))
    if U.shape[1] < len(U) - int(fit_intercept):
        outside = B - U @ projections
        leverage = 1.0 - np.einsum("ij,ij->i", U, U)
        leverage -= int(fit_intercept) * root**2 / (root @ root)
        leverage = np.maximum(leverage, 0.0)
    return DualPath(eigenvalues, U, projections, outside, leverage)


def dual_from_kernel(K: np.ndarray, B: np.ndarray, root: np.ndarray, fit_intercept: bool) -> DualPath:
    """Eigendecomposition of AA', from which the known null vector √w has been set apart."""
    if fit_intercept:
        # Moved to the top of the spectrum, √w mixes with no other eigenvector; then it is dropped.
        unit = root / np.sqrt(root @ root)
        K = K + np.multiply.outer(unit * (2.0 * np.abs(K).sum(axis=0).max() + 1e-300), unit)
    eigenvalues, U = eigh(K)
    if fit_intercept:
        eigenvalues, U = eigenvalues[:-1], U[:, :-1]
    return _dual_path(np.maximum(eigenvalues, 0.0), U, B, root, fit_intercept)


def kernel(X: Any, x_mean: np.ndarray) -> np.ndarray:
    """(X − μ)(X − μ)' in blocks of columns; for sparse X by its own product."""
    n, p = X.shape
    if sparse.issparse(X):
        X = X.astype(np.float64)
        projected = X @ x_mean
        return (X @ X.T).toarray() - projected - projected[:, None] + x_mean @ x_mean
    K = np.zeros((n, n))
    for start in range(0, p, max(1024, 4 * n)):
        columns = slice(start, start + max(1024, 4 * n))
        Z = X[:, columns].astype(np.float64, copy=False) - x_mean[columns]
        K += Z @ Z.T
    return K


def weighted_mean(X: Any, sample_weight: np.ndarray | None, fit_intercept: bool) -> np.ndarray:
    """Column means in float64, about a first row so that large means lose nothing; 0 without intercept."""
    if not fit_intercept:
        return np.zeros(X.shape[1])
    if sparse.issparse(X):
        w = np.ones(X.shape[0]) if sample_weight is None else sample_weight
        return np.asarray(X.T.astype(np.float64) @ w).ravel() / w.sum()
    rough = np.average(X, axis=0, weights=sample_weight).astype(np.float64)
    # One correction step makes the mean accurate whatever the spread around it.
    return rough + np.average(X - rough, axis=0, weights=sample_weight)


@dataclass(slots=True)
class WideData:
    """A dual decomposition with the means: leave-one-out errors at once for all rows."""

    dual: DualPath
    path: RidgePath

    def map_loo(self, alphas: np.ndarray, reduce: Callable[[slice, np.ndarray], Result]) -> list[Result]:
        """Apply `reduce` to the leave-one-out errors (n_samples, n_targets, n_alphas) times √w."""
        errors = self.dual.loo_errors(alphas)
        return [reduce(slice(0, len(errors)), errors)]


def wide_data(
    X: Any,
    Y: np.ndarray,
    sample_weight: np.ndarray | None,
    fit_intercept: bool,
    min_alpha: float,
    use_svd: bool = False,
) -> WideData:
    """Decompose data with at most as many rows as columns; every weight must be positive."""
    root = np.ones(X.shape[0]) if sample_weight is None else np.sqrt(sample_weight.astype(np.float64))
    x_mean = weighted_mean(X, sample_weight, fit_intercept)
    y_mean = weighted_mean(Y, sample_weight, fit_intercept)
    B = root[:, None] * (Y - y_mean)
    dual = None
    if not use_svd:
        K = kernel(X, x_mean) * np.multiply.outer(root, root)
        dual = dual_from_kernel(K, B, root, fit_intercept)
    if dual is None or (ill_conditioned(dual.eigenvalues, min_alpha) and may_densify(X)):
        A = root[:, None] * ((X.toarray() if sparse.issparse(X) else X) - x_mean)
        dual, basis = _dual_from_svd(A, B, root, fit_intercept)
    else:
        weighted = root[:, None] * dual.U
        basis = np.asarray(X.T @ weighted) - np.multiply.outer(x_mean, weighted.sum(axis=0))
    path = RidgePath(
        eigenvalues=dual.eigenvalues,
        basis=basis,
        basis_norms=np.sqrt(dual.eigenvalues),
        projections=dual.projections,
        fitted_squares=dual.projections**2,
        residual_squares=np.einsum("ij,ij->j", dual.outside, dual.outside),
        x_mean=x_mean,
        y_mean=y_mean,
        weight=float(root @ root),
        n_unpenalised=int(fit_intercept),
    )
    return WideData(dual, path)


def _dual_from_svd(
    A: np.ndarray, B: np.ndarray, root: np.ndarray, fit_intercept: bool
) -> tuple[DualPath, np.ndarray]:
    """SVD of A itself, and the basis V diag(s) of its coefficients."""
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    keep = s > np.finfo(float).eps * max(A.shape) * s[0]
    keep[len(A) - int(fit_intercept) :] = False
    U, s, Vt = U[:, keep][:, ::-1], s[keep][::-1], Vt[keep][::-1]
    return _dual_path(s**2, U, B, root, fit_intercept), Vt.T * s


def decompose(
    X: Any,
    Y: np.ndarray,
    sample_weight: np.ndarray | None,
    fit_intercept: bool,
    min_alpha: float,
    use_svd: bool = False,
    moments: Moments | None = None,
) -> TallData | WideData:
    """The decomposition that suits the shape: A'A for n > p, otherwise AA'; the SVD where they fail."""
    if X.shape[0] > X.shape[1]:
        path = tall_path(X, Y, sample_weight, fit_intercept, min_alpha, use_svd, moments)
        return TallData(path, X, Y, sample_weight)
    return wide_data(X, Y, sample_weight, fit_intercept, min_alpha, use_svd)
