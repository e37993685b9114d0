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

import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from skl2._threads import one_blas_thread
from skl2._typing import NDArray
from skl2.ridge._moments import Moments, RowsElsewhere, accumulate, combined, row_blocks
from skl2.ridge._spectrum import EPS, centred_triangle, graded_svd

ILL_CONDITIONED = 1e-8  # smallest (λ + α)/max λ that squared singular values can resolve
NEAR_PERFECT = 1e-4  # unexplained share of the variance below which differences of sums cancel
TINY = float(np.finfo(np.float64).tiny)
DECISIVE = 1e-9  # share of a row in the small eigenvalues below which it is refitted without
SMALL = 256  # rows of a matrix whose eigenvectors come no faster from two threads


def eigh(A: NDArray) -> tuple[NDArray, NDArray]:
    """Eigenvalues, ascending, and eigenvectors; of small matrices on one thread."""
    with one_blas_thread() if len(A) < SMALL else nullcontext():
        return np.linalg.eigh(A)


def ill_conditioned(eigenvalues: NDArray, min_alpha: float) -> bool:
    """Whether eigenvalues of a product A'A or AA' are too inaccurate for this alpha."""
    return bool(len(eigenvalues)) and eigenvalues[0] + min_alpha <= ILL_CONDITIONED * eigenvalues[-1]


def reciprocal(values: NDArray) -> NDArray:
    """1/x, and 0 for 0 and what is next to it: what the least norm asks for."""
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > TINY)


@dataclass
class Centre:
    """The means μ and ν, each as a point near it and the rest of the way.

    Rounded to one number, a mean that is large against the spread is off by more than its rows
    can bear.
    """

    x_shift: NDArray
    x_rest: NDArray
    y_shift: NDArray
    y_rest: NDArray

    @property
    def x_mean(self) -> NDArray:
        return self.x_shift + self.x_rest

    @property
    def y_mean(self) -> NDArray:
        return self.y_shift + self.y_rest

    def blocks(
        self, X: Any, Y: NDArray, sample_weight: Any, rows: Any = None, size: int | None = None
    ) -> Iterator[tuple[slice, NDArray, NDArray]]:
        """Blocks (where, √w [x − shift, 1], B) of rows; `through` takes the former the rest of the way."""
        shifts = self.x_shift, self.y_shift
        for where, A, B in row_blocks(X, Y, sample_weight, rows, *shifts, size=size):
            B -= A[:, -1:] * self.y_rest
            yield where, A, B

    def through(self, W: NDArray) -> NDArray:
        """W of p rows with another row, so that √w [x − shift, 1] times it is √w (x − μ)'W."""
        return np.vstack([W, -(self.x_rest @ W)])


@dataclass
class RidgePath:
    """What every solution of a ridge problem has in common, whatever alpha.

    Attributes
    ----------
    eigenvalues : ndarray of shape (rank,)
        λ, the squared singular values of A, ascending; zeros included.
    basis : ndarray of shape (n_features, rank) or (n_features, n_samples)
        V, or A' where V diag(s) is formed as A'U.
    left : ndarray of shape (n_samples, rank) or None
        U, if `basis` is A'.
    projections : ndarray of shape (rank, n_targets)
        V'A'B, or U'B if `basis` is A': W(α) = basis · left · projections/(λ + α).
    inside, residual_squares : ndarray of shape (rank, n_targets), (n_targets,)
        U'B, and the sum of squares of B outside the span of U.
    centre : Centre
        μ and ν; zero without an intercept.
    weight : float
        Σ w: the number of rows, if they have no weights.
    n_unpenalised : int
        1 with an intercept, otherwise 0.
    squared : bool
        Whether the eigenvalues are those of a product, which cannot resolve every α.
    """

    eigenvalues: NDArray
    basis: NDArray
    left: NDArray | None
    projections: NDArray
    inside: NDArray
    residual_squares: NDArray
    centre: Centre
    weight: float
    n_unpenalised: int
    squared: bool

    @property
    def fitted_squares(self) -> NDArray:
        """(U'B)² of shape (rank, n_targets)."""
        return self.inside**2

    def resolves(self, alpha: float) -> bool:
        """Whether solutions for this alpha have all the digits they can have."""
        return not (self.squared and ill_conditioned(self.eigenvalues, alpha))

    def loses_residuals(self) -> bool:
        """Whether `residual_squares` are what little is left of a difference."""
        rest = self.residual_squares
        return (
            self.squared
            and self.left is None
            and bool(np.any(rest < NEAR_PERFECT * (rest + self.fitted_squares.sum(axis=0))))
        )

    def shrunk(self, alphas: float | NDArray) -> NDArray:
        """1/(λ + α), of shape (rank, n_alphas); 0 where both are, for the least norm."""
        return reciprocal(self.eigenvalues[:, None] + np.atleast_1d(np.asarray(alphas, dtype=float)))

    def _expand(self, inner: NDArray) -> NDArray:
        return self.basis @ (inner if self.left is None else self.left @ inner)

    def coef(self, alpha: float | NDArray) -> NDArray:
        """Coefficients (n_targets, n_features) for one alpha, or one alpha per target."""
        return self._expand(self.projections * self.shrunk(alpha)).T

    def coefs(self, alphas: NDArray) -> NDArray:
        """Coefficients (n_features, n_targets, n_alphas) for every alpha."""
        inner = self.projections[:, :, None] * self.shrunk(alphas)[:, None, :]
        flat = self._expand(inner.reshape(len(inner), math.prod(inner.shape[1:])))
        return flat.reshape(len(self.basis), *inner.shape[1:])

    def intercept(self, coef: NDArray) -> NDArray:
        """ν − Wμ for coefficients (n_targets, n_features)."""
        return self.centre.y_mean - coef @ self.centre.x_mean

    def dof(self, alphas: float | NDArray) -> NDArray:
        """Effective degrees of freedom (n_alphas,), the intercept included."""
        return self.n_unpenalised + self.eigenvalues @ self.shrunk(alphas)

    def dof_left(self, alphas: float | NDArray) -> NDArray:
        """Σ w − dof, summed without cancelling."""
        spare = self.weight - self.n_unpenalised - len(self.eigenvalues)
        return spare + np.atleast_1d(alphas) * self.shrunk(alphas).sum(axis=0)

    def gcv(self, alphas: NDArray) -> NDArray:
        """(RSS/n) / (1 − dof/n)² per alpha and target: generalised cross-validation."""
        alphas = np.atleast_1d(alphas)
        dof_left = self.dof_left(alphas)  # divided by before squares are taken, which might vanish
        left = (alphas * self.shrunk(alphas) / dof_left) ** 2
        outside = self.residual_squares / dof_left[:, None] / dof_left[:, None]
        return self.weight * (outside + left.T @ self.fitted_squares)

    def noise_variance(self, alphas: NDArray) -> NDArray:
        """The σ² of greatest evidence, per alpha and target: y'(I + AA'/α)⁻¹y / (n − 1)."""
        alphas = np.atleast_1d(alphas)
        quadratic = self.residual_squares + (alphas * self.shrunk(alphas)).T @ self.fitted_squares
        return quadratic / (self.weight - self.n_unpenalised)

    def log_evidence(self, alphas: NDArray) -> NDArray:
        """log p(y | α, σ²(α)) per alpha and target: weights ~ N(0, σ²/α), a flat prior on the intercept."""
        alphas = np.atleast_1d(alphas)
        m = self.weight - self.n_unpenalised
        with np.errstate(divide="ignore"):  # a perfect fit has infinite evidence
            fit = m * (np.log(2 * np.pi * self.noise_variance(alphas)) + 1)
            log_ratio = np.log(self.eigenvalues[:, None]) - np.log(alphas)
        log_det = np.logaddexp(0.0, log_ratio).sum(axis=0)  # log(1 + λ/α), where λ/α may overflow
        return -0.5 * (fit + log_det[:, None])

    def predict(self, X: Any, alphas: NDArray) -> NDArray:
        """Predictions (n_rows, n_targets, n_alphas) for every alpha, about the mean of the data."""
        W, centre = self.coefs(alphas), self.centre
        flat = W.reshape(len(W), -1)
        fitted = X @ flat - centre.x_shift @ flat if sparse.issparse(X) else (X - centre.x_shift) @ flat
        fitted -= centre.x_rest @ flat
        return fitted.reshape(X.shape[0], *W.shape[1:]) + centre.y_mean[:, None]

    def spread(self, X: Any, alpha: float) -> NDArray:
        """(x − μ)'(A'A + αI)⁻¹(x − μ) + 1/n per row: the variance of f(x) in units of σ²."""
        centred = (X.toarray() if sparse.issparse(X) else X) - self.centre.x_shift
        centred -= self.centre.x_rest
        along, left = (self.basis.T @ centred.T).T, self.left
        if left is not None:
            inside = self.eigenvalues > EPS * len(self.eigenvalues) * self.eigenvalues.max(initial=0.0)
            left = left * np.where(inside, 1.0 / np.sqrt(np.where(inside, self.eigenvalues, 1.0)), 0.0)
            along = along @ left
        back = self.basis @ (along.T if left is None else left @ along.T)
        outside = centred - back.T  # squared after the difference, so that nothing cancels
        variance = along**2 @ self.shrunk(alpha)[:, 0] + np.einsum("ij,ij->i", outside, outside) / alpha
        return variance + self.n_unpenalised / self.weight


def require_finite(x_squares: NDArray, y_squares: NDArray) -> None:
    """Raise where finite data have squares that are not."""
    for name, sums in (("X", x_squares), ("y", y_squares)):
        if not np.isfinite(sums).all():
            raise ValueError(f"The squares of {name} overflow; rescale {name}, for example to unit variance.")


def centred_moments(
    X: Any, Y: NDArray, sample_weight: NDArray | None, fit_intercept: bool, rows: Any = None
) -> Moments:
    """Moments in float64, about the origin if there is no intercept."""
    if isinstance(X, RowsElsewhere):
        return X.sum(combined, centred_moments, rows, True)
    shift = None if fit_intercept else np.zeros(X.shape[1])
    y_shift = None if fit_intercept else np.zeros(Y.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        moments = accumulate(X, Y, sample_weight, rows, shift, y_shift, np.float64)
    require_finite(moments.gram.diagonal(), moments.y_squares)
    return moments


def centre_of(moments: Moments, fit_intercept: bool) -> Centre:
    """The means of the data that moments were taken from; the origin without an intercept."""
    if not fit_intercept:
        x_zero, y_zero = np.zeros_like(moments.shift), np.zeros_like(moments.y_shift)
        return Centre(x_zero, x_zero, y_zero, y_zero)
    x_rest, y_rest = moments.sum_x / moments.weight, moments.sum_y / moments.weight
    return Centre(moments.shift, x_rest, moments.y_shift, y_rest)


def path_from_moments(moments: Moments, fit_intercept: bool) -> RidgePath:
    """Eigendecomposition of A'A; its eigenvalues may be too inaccurate (see above)."""
    if fit_intercept:
        G, C, y_squares, *_ = moments.centered()
    else:
        G, C, y_squares = moments.raw()
    eigenvalues, V = eigh(G)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    projections = V.T @ C
    real = eigenvalues > len(G) * EPS * eigenvalues[-1]
    inside = projections / np.sqrt(np.where(real, eigenvalues, np.inf))[:, None]
    return RidgePath(
        eigenvalues=eigenvalues,
        basis=V,
        left=None,
        projections=projections,
        inside=inside,
        residual_squares=np.maximum(y_squares - np.einsum("ij,ij->j", inside, inside), 0.0),
        centre=centre_of(moments, fit_intercept),
        weight=moments.weight,
        n_unpenalised=int(fit_intercept),
        squared=True,
    )


def path_from_rows(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None,
    rows: NDArray | None,
    moments: Moments,
    fit_intercept: bool,
) -> RidgePath:
    """QR of the rows of [A B] block by block, then the SVD of R: full precision, for tall data."""
    centre = centre_of(moments, fit_intercept)
    R, Q_Y, below, _ = centred_triangle(
        X, Y, sample_weight, rows, centre.x_shift, centre.y_shift, fit_intercept
    )
    U, s, V, null = graded_svd(R, X.shape[0])
    inside, outside = U.T @ Q_Y, np.vstack([below, null.T @ Q_Y])
    unseen = X.shape[1] - len(s)  # directions in which these rows do not differ, for those of rows that do
    rest = np.linalg.qr(V, mode="complete")[0][:, len(s) :] if unseen else V[:, :0]
    return RidgePath(
        eigenvalues=np.concatenate([np.zeros(unseen), s[::-1] ** 2]),
        basis=np.hstack([rest, V[:, ::-1]]),
        left=None,
        projections=np.vstack([np.zeros((unseen, inside.shape[1])), (s[:, None] * inside)[::-1]]),
        inside=np.vstack([np.zeros((unseen, inside.shape[1])), inside[::-1]]),
        residual_squares=np.einsum("ij,ij->j", outside, outside),
        centre=centre,
        weight=moments.weight,
        n_unpenalised=int(fit_intercept),
        squared=False,
    )


def tall_path(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None,
    fit_intercept: bool,
    min_alpha: float,
    moments: Moments,
    rows: NDArray | None = None,
    use_svd: bool = False,
) -> RidgePath:
    """The path of data with more rows than columns: from A'A where that is accurate enough."""
    if not use_svd:
        path = path_from_moments(moments, fit_intercept)
        if path.resolves(min_alpha):
            return path
    return path_from_rows(X, Y, sample_weight, rows, moments, fit_intercept)


@dataclass(slots=True)
class DualPath:
    """Decomposition of data with at most as many rows as columns: U, λ and U'B.

    U spans everything but √w, the constant direction (or everything, without an intercept): where A
    has a lower rank the eigenvalues are 0. So nothing has to be found as what U leaves over.

    Attributes
    ----------
    eigenvalues, U, projections : ndarray of shape (rank,), (n_samples, rank), (rank, n_targets)
        λ, U and U'B.
    """

    eigenvalues: NDArray
    U: NDArray
    projections: NDArray

    def dual_coefs(self, alphas: NDArray) -> NDArray:
        """c(α) = (B − A W(α))/α of shape (n_samples, n_targets, n_alphas); W = A'c."""
        inverse = reciprocal(self.eigenvalues[:, None] + alphas)
        inner = self.projections[:, :, None] * inverse[:, None, :]
        flat = self.U @ inner.reshape(len(inverse), math.prod(inner.shape[1:]))  # of rank 0 too
        return flat.reshape(len(self.U), *inner.shape[1:])

    def decisive_rows(self, alpha: float) -> NDArray:
        """Rows beside which all others look alike: what they leave to the small λ has no digits left."""
        if len(self.eigenvalues) < 2:
            return np.empty(0, int)
        share = (self.eigenvalues[0] + alpha) * reciprocal(self.eigenvalues + alpha)
        return np.flatnonzero(self.U**2 @ share < DECISIVE * self.U**2 @ np.ones_like(share))

    def loo_errors(self, alphas: NDArray) -> NDArray:
        """Leave-one-out errors times √w: residual and 1 − h both divided by α, so none cancels."""
        errors = self.dual_coefs(alphas)
        errors /= (self.U**2 @ (1.0 / (self.eigenvalues[:, None] + alphas)))[:, None, :]
        return errors


def dual_from_kernel(K: NDArray, B: NDArray, root: NDArray, fit_intercept: bool) -> DualPath:
    """Eigendecomposition of AA', from which the known null vector √w has been set apart."""
    require_finite(K.diagonal(), np.einsum("ij,ij->j", B, B))
    if fit_intercept:
        # Moved to the top of the spectrum, √w mixes with no other eigenvector; then it is dropped.
        unit = root / np.sqrt(root @ root)
        K = K + np.multiply.outer(unit * (2.0 * np.abs(K).sum(axis=0).max() + 1e-300), unit)
    eigenvalues, U = eigh(K)
    if fit_intercept:
        eigenvalues, U = eigenvalues[:-1], U[:, :-1]
    return DualPath(np.maximum(eigenvalues, 0.0), U, U.T @ B)


def dual_from_svd(A: NDArray, B: NDArray, root: NDArray, fit_intercept: bool) -> tuple[DualPath, NDArray]:
    """The same from the SVD of A itself, and V (n_features, rank), zero where λ is."""
    n, p = A.shape
    require_finite(*(np.einsum("ij,ij->i", M, M) for M in (A, B)))
    U, s, V, null = graded_svd(A, n, n - int(fit_intercept))
    if fit_intercept:
        # The singular vectors of the smallest singular values mix with √w; the null space is reflected so
        # that √w is its first vector, and that one is dropped.
        unit = root / np.sqrt(root @ root)
        U -= np.multiply.outer(unit, unit @ U)
        along = null.T @ unit
        along /= np.linalg.norm(along)
        along[0] += np.copysign(1.0, along[0])
        along /= np.linalg.norm(along)
        null = (null - 2.0 * np.multiply.outer(null @ along, along))[:, 1:]
    U = np.hstack([null, U[:, ::-1]])
    eigenvalues = np.concatenate([np.zeros(null.shape[1]), s[::-1] ** 2])
    V = np.hstack([np.zeros((p, null.shape[1])), V[:, ::-1]])
    return DualPath(eigenvalues, U, U.T @ B), V
