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
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from skl2._threads import one_blas_thread
from skl2._typing import NDArray
from skl2.ridge._kernel import CentredData
from skl2.ridge._moments import Moments, require_finite
from skl2.ridge._rows import Centre, Data
from skl2.ridge._spectrum import centred_triangle, graded_svd, roots

ILL_CONDITIONED = 1e-8  # smallest (λ + α)/max λ that squared singular values can resolve
NEAR_PERFECT = 1e-4  # unexplained share of the variance below which differences of sums cancel
TINY = float(np.finfo(np.float64).tiny)
DECISIVE = 1e-9  # share of a row in the small eigenvalues below which it is refitted without
TARGET_NUMBERS = 250_000  # of a block of targets, for all alphas
SMALL = 256  # rows of a matrix whose eigenvectors come no faster from two threads


def threads_for(size: int) -> AbstractContextManager[None]:
    """One thread for a small matrix: a second gains nothing, and would spin on beside those that follow."""
    return one_blas_thread() if size < SMALL else nullcontext()


def reciprocal(values: NDArray) -> NDArray:
    """1/x, and 0 for 0 and what is next to it: what the least norm asks for."""
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > TINY)


@dataclass
class Path(ABC):
    """What every solution of a ridge problem has in common, whatever alpha."""

    eigenvalues: NDArray  # λ (rank,), the squared singular values of A, ascending; zeros included
    inside: NDArray  # U'B (rank, n_targets)
    residual_squares: NDArray  # (n_targets,), the sum of squares of B outside the span of U
    centre: Centre  # μ and ν; zero without an intercept
    weight: float  # Σ w: the number of rows, if they have no weights
    n_unpenalised: int  # 1 with an intercept, otherwise 0
    squared: bool  # whether the eigenvalues are those of a product, which cannot resolve every α

    @abstractmethod
    def coefs(self, alphas: NDArray) -> NDArray:
        """Coefficients (n_features, n_targets, n_alphas) for every alpha."""

    @abstractmethod
    def along(self, rows: NDArray) -> tuple[NDArray, NDArray]:
        """V'x of centred rows, of shape (n_rows, rank), and V V'x."""

    def loses_residuals(self) -> bool:
        """Whether `residual_squares` are what little is left of a difference."""
        return False

    def resolves(self, alpha: float) -> bool:
        """Whether solutions for this alpha have all the digits they can have."""
        squared = self.squared and len(self.eigenvalues) > 0
        return not (squared and self.eigenvalues[0] + alpha <= ILL_CONDITIONED * self.eigenvalues[-1])

    def shrunk(self, alphas: float | NDArray) -> NDArray:
        """1/(λ + α), of shape (rank, n_alphas); 0 where both are, for the least norm."""
        return reciprocal(self.eigenvalues[:, None] + np.atleast_1d(np.asarray(alphas, dtype=float)))

    def shrunk_each(self, values: NDArray, alphas: NDArray) -> NDArray:
        """values/(λ + α) of shape (rank, n_targets · n_alphas) for values (rank, n_targets)."""
        inner = values[:, :, None] * self.shrunk(alphas)[:, None, :]
        return inner.reshape(len(inner), math.prod(inner.shape[1:]))  # of rank 0 too

    def dof(self, alphas: float | NDArray) -> NDArray:
        """Effective degrees of freedom (n_alphas,), the intercept included."""
        return self.n_unpenalised + self.eigenvalues @ self.shrunk(alphas)

    def dof_left(self, alphas: NDArray) -> NDArray:
        """Σ w − dof, summed without cancelling."""
        spare = self.weight - self.n_unpenalised - len(self.eigenvalues)
        return spare + alphas * self.shrunk(alphas).sum(axis=0)

    def gcv(self, alphas: NDArray) -> NDArray:
        """(RSS/n) / (1 − dof/n)² per alpha and target: generalised cross-validation."""
        share = self.weight / self.dof_left(alphas)  # before squares are taken, which might vanish
        left = (alphas * self.shrunk(alphas) * share) ** 2
        outside = self.residual_squares / self.weight * share[:, None] * share[:, None]
        return outside + left.T @ (self.inside / np.sqrt(self.weight)) ** 2

    def noise_variance(self, alphas: NDArray) -> NDArray:
        """The σ² of greatest evidence, per alpha and target: y'(I + AA'/α)⁻¹y / (n − 1)."""
        quadratic = self.residual_squares + (alphas * self.shrunk(alphas)).T @ self.inside**2
        return quadratic / (self.weight - self.n_unpenalised)

    def log_evidence(self, alphas: NDArray) -> NDArray:
        """log p(y | α, σ²(α)) per alpha and target: weights ~ N(0, σ²/α), a flat prior on the intercept."""
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
        along, back = self.along(centred)
        outside = centred - back  # squared after the difference, so that nothing cancels
        variance = along**2 @ self.shrunk(alpha)[:, 0] + np.einsum("ij,ij->i", outside, outside) / alpha
        return variance + self.n_unpenalised / self.weight


@dataclass
class PrimalPath(Path):
    """W(α) = V (V'A'B)/(λ + α) from the right singular vectors of A."""

    basis: NDArray  # V (n_features, rank)
    projections: NDArray  # V'A'B (rank, n_targets)

    def coefs(self, alphas: NDArray) -> NDArray:
        flat = self.basis @ self.shrunk_each(self.projections, alphas)
        return flat.reshape(len(flat), self.projections.shape[1], -1)

    def along(self, rows: NDArray) -> tuple[NDArray, NDArray]:
        along = (self.basis.T @ rows.T).T
        return along, (self.basis @ along.T).T

    def loses_residuals(self) -> bool:
        rest = self.residual_squares
        whole = rest + (self.inside**2).sum(axis=0)
        return self.squared and bool(np.any(rest < NEAR_PERFECT * whole))


@dataclass
class DualPath(Path):
    """W(α) = A'c(α), c(α) = U (U'B)/(λ + α), from the left singular vectors of A: wide data.

    U spans everything but √w, the constant direction (or everything, without an intercept): where A
    has a lower rank the eigenvalues are 0. So nothing has to be found as what U leaves over.
    """

    U: NDArray  # (n_samples, rank)
    rows: Any  # A, or a LinearOperator; or A Z' of a few rows Z, so that W are the fitted values of these

    def coefs(self, alphas: NDArray) -> NDArray:
        flat = self.rows.T @ (self.U @ self.shrunk_each(self.inside, alphas))
        return flat.reshape(len(flat), self.inside.shape[1], -1)

    def along(self, rows: NDArray) -> tuple[NDArray, NDArray]:
        left = self.U / roots(self.eigenvalues)
        along = (self.rows @ rows.T).T @ left
        return along, (self.rows.T @ (left @ along.T)).T

    def decisive_rows(self, alpha: float) -> NDArray:
        """Rows beside which all others look alike: what they leave to the small λ has no digits left."""
        if len(self.eigenvalues) < 2:
            return np.empty(0, int)
        share = (self.eigenvalues[0] + alpha) * reciprocal(self.eigenvalues + alpha)
        return np.flatnonzero(self.U**2 @ share < DECISIVE * self.U**2 @ np.ones_like(share))

    def loo_errors(self, alphas: NDArray) -> NDArray:
        """Leave-one-out errors (n_samples, n_targets, n_alphas) times √w.

        They are c_i over the diagonal of U U'/(λ + α): residual and 1 − h, both divided by α, so that none
        cancels.
        """
        n, t = len(self.U), self.inside.shape[1]
        errors = np.empty((n, t, len(alphas)))
        size = max(1, TARGET_NUMBERS // (n * len(alphas)))
        for targets in (slice(start, start + size) for start in range(0, t, size)):
            part = self.U @ self.shrunk_each(self.inside[:, targets], alphas)
            errors[:, targets] = part.reshape(n, -1, len(alphas))
        errors /= (self.U**2 @ (1.0 / (self.eigenvalues[:, None] + alphas)))[:, None, :]
        return errors


def path_from_moments(moments: Moments, fit_intercept: bool) -> PrimalPath:
    """Eigendecomposition of A'A; its eigenvalues may be too inaccurate (see above)."""
    with threads_for(len(moments.shift)):
        (G, C, y_squares), centre = moments.normal_equations(fit_intercept), moments.centre(fit_intercept)
        eigenvalues, V = np.linalg.eigh(G)
        projections = V.T @ C
    eigenvalues = np.maximum(eigenvalues, 0.0)
    inside = projections / roots(eigenvalues)[:, None]
    return PrimalPath(
        eigenvalues=eigenvalues,
        basis=V,
        projections=projections,
        inside=inside,
        residual_squares=np.maximum(y_squares - np.einsum("ij,ij->j", inside, inside), 0.0),
        centre=centre,
        weight=moments.weight,
        n_unpenalised=int(fit_intercept),
        squared=True,
    )


def path_from_rows(data: Data, rows: NDArray | None, moments: Moments) -> PrimalPath:
    """QR of the rows of [A B] block by block, then the SVD of R: full precision, for tall data."""
    centre = moments.centre(data.fit_intercept)
    R, Q_Y, below, _ = centred_triangle(data, rows, centre.x_shift, centre.y_shift)
    U, s, V, null = graded_svd(R, data.X.shape[0])
    inside, outside = U.T @ Q_Y, np.vstack([below, null.T @ Q_Y])
    # directions in which these rows do not differ, for those of rows that do
    unseen = data.X.shape[1] - len(s)
    rest = np.linalg.qr(V, mode="complete")[0][:, len(s) :] if unseen else V[:, :0]
    return PrimalPath(
        eigenvalues=np.concatenate([np.zeros(unseen), s[::-1] ** 2]),
        basis=np.hstack([rest, V[:, ::-1]]),
        projections=np.vstack([np.zeros((unseen, inside.shape[1])), (s[:, None] * inside)[::-1]]),
        inside=np.vstack([np.zeros((unseen, inside.shape[1])), inside[::-1]]),
        residual_squares=np.einsum("ij,ij->j", outside, outside),
        centre=centre,
        weight=moments.weight,
        n_unpenalised=int(data.fit_intercept),
        squared=False,
    )


def tall_path(
    data: Data, moments: Moments, min_alpha: float, rows: NDArray | None = None, use_svd: bool = False
) -> PrimalPath:
    """The path of data with more rows than columns: from A'A where that is accurate enough."""
    if not use_svd:
        path = path_from_moments(moments, data.fit_intercept)
        if path.resolves(min_alpha):
            return path
    return path_from_rows(data, rows, moments)


def dual_from_kernel(K: NDArray, data: CentredData, squared: bool = True) -> DualPath:
    """Eigendecomposition of K = AA', from which the known null vector √w has been set apart."""
    data.require_finite(K)
    if data.fit_intercept:
        # Moved to the top of the spectrum, √w mixes with no other eigenvector; then it is dropped.
        unit = data.constant
        K = K + np.multiply.outer(unit * (2.0 * np.abs(K).sum(axis=0).max() + 1e-300), unit)
    with threads_for(len(K)):
        eigenvalues, U = np.linalg.eigh(K)
    if data.fit_intercept:
        eigenvalues, U = eigenvalues[:-1], U[:, :-1]
    return DualPath(**_shared(np.maximum(eigenvalues, 0.0), U, data, squared), U=U, rows=data.A)


def _shared(eigenvalues: NDArray, U: NDArray, data: CentredData, squared: bool) -> dict[str, Any]:
    """What both paths say of wide data."""
    return {
        "eigenvalues": eigenvalues,
        "inside": U.T @ data.B,
        "residual_squares": np.zeros(data.B.shape[1]),
        "centre": data.centre,
        "weight": float(data.root @ data.root),
        "n_unpenalised": int(data.fit_intercept),
        "squared": squared,
    }


def paths_from_svd(data: CentredData) -> tuple[DualPath, PrimalPath]:
    """Both from the SVD of A itself: coefficients from V, zero where λ is, have all the digits."""
    A, (n, p) = data.A, data.A.shape
    require_finite(None, *(np.einsum("ij,ij->i", M, M) for M in (A, data.B)))
    U, s, V, null = graded_svd(A, n, n - int(data.fit_intercept))
    if data.fit_intercept:
        # The singular vectors of the smallest singular values mix with √w; the null space is reflected so
        # that √w is its first vector, and that one is dropped.
        unit = data.constant
        U -= np.multiply.outer(unit, unit @ U)
        along = null.T @ unit
        along /= np.linalg.norm(along)
        along[0] += np.copysign(1.0, along[0])
        along /= np.linalg.norm(along)
        null = (null - 2.0 * np.multiply.outer(null @ along, along))[:, 1:]
    U = np.hstack([null, U[:, ::-1]])
    eigenvalues = np.concatenate([np.zeros(null.shape[1]), s[::-1] ** 2])
    shared = _shared(eigenvalues, U, data, squared=False)
    basis = np.hstack([np.zeros((p, null.shape[1])), V[:, ::-1]])
    projections = np.sqrt(eigenvalues)[:, None] * shared["inside"]
    return DualPath(**shared, U=U, rows=data.A), PrimalPath(**shared, basis=basis, projections=projections)
