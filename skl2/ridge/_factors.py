"""Leave-one-out errors of wide data for a few alphas: a Cholesky factor for each, in place of eigenvalues.

With K = AA' of the weighted, centred rows A = √w (X − μ), its null direction √w filled where there is an
intercept, and C = (K + αI)⁻¹ = L⁻ᵀL⁻¹:

    c = C B        W = A'c        e_i = c_i / C_ii        dof = n − α tr C

for n³/3 of the factor and as much of its inverse, where the eigenvalues that serve every α cost about
ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from scipy.linalg import lapack

from skl2._typing import NDArray
from skl2.ridge._kernel import centred_data
from skl2.ridge._path import ILL_CONDITIONED

FEW_ALPHAS = 6
MANY_ROWS = 300  # with fewer the eigenvalues take no time
Result = TypeVar("Result")


class DualFactors:
    """The data of wide X; every weight must be positive."""

    def __init__(self, X: Any, Y: NDArray, sample_weight: NDArray | None, fit_intercept: bool) -> None:
        data = centred_data(X, Y, sample_weight, fit_intercept)
        self.A, self.B, self.centre, self.K = data.A, data.B, data.centre, data.kernel()
        data.require_finite(self.K)
        self.size = max(float(np.trace(self.K)), 0.0)  # below it where everything has cancelled
        self.filled = data.root * (np.sqrt(self.size) / np.linalg.norm(data.root) * fit_intercept)
        self.K += np.multiply.outer(self.filled, self.filled)
        self.dof: dict[float, float] = {}

    def resolves(self, alpha: float) -> bool:
        """Whether K, of squares, has all the digits that this alpha needs."""
        return alpha > ILL_CONDITIONED * self.size > 0

    def _factor(self, alpha: float) -> NDArray:
        """L of K + αI."""
        A = self.K.copy().T  # as it is symmetric, in the order that LAPACK asks for
        np.fill_diagonal(A, A.diagonal() + alpha)
        return lapack.dpotrf(A, lower=1, overwrite_a=1)[0]

    def _inverse_diagonal(self, factor: NDArray, alpha: float) -> NDArray:
        """C_ii, without the share of the filled direction; their sum gives the degrees of freedom."""
        inverse = lapack.dtrtri(factor, lower=1)[0]
        squares = np.einsum("ij,ij->j", inverse, inverse)
        squares -= self.filled**2 / (self.size * (self.size + alpha))
        self.dof[alpha] = len(self.B) - alpha * squares.sum()
        return squares

    def map_loo(self, alphas: NDArray, reduce: Callable[[Any, NDArray], Result]) -> list[Result]:
        """Apply `reduce` to the leave-one-out errors (n_samples, n_targets, n_alphas) times √w."""
        errors = np.empty((*self.B.shape, len(alphas)))
        for j, alpha in enumerate(alphas):
            factor = self._factor(alpha)
            dual = lapack.dpotrs(factor, self.B, lower=1)[0]
            np.divide(dual, self._inverse_diagonal(factor, alpha)[:, None], out=errors[:, :, j])
        return [reduce(slice(0, len(errors)), errors)]

    def solution(self, alphas: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Coefficients (p, t), intercepts and degrees of freedom (t,), for one alpha for each target."""
        dual, dof = np.empty_like(self.B), np.empty(len(alphas))
        for alpha in np.unique(alphas):
            targets, factor = np.flatnonzero(alphas == alpha), self._factor(alpha)
            if alpha not in self.dof:  # else they are known from the search
                self._inverse_diagonal(factor, alpha)
            dof[targets] = self.dof[alpha]
            B = self.B[:, targets]
            c = lapack.dpotrs(factor, B, lower=1)[0]
            for _ in range(2):  # refined by the rows
                c += lapack.dpotrs(factor, B - self.A @ (self.A.T @ c) - alpha * c, lower=1)[0]
            dual[:, targets] = c
        coef = self.A.T @ dual
        return coef, self.centre.intercept(coef), dof


def factors_of(
    X: Any, Y: NDArray, sample_weight: NDArray | None, fit_intercept: bool, alphas: NDArray
) -> DualFactors | None:
    """The factors, where they are quicker than a decomposition and as right."""
    n, p = X.shape
    if len(alphas) > FEW_ALPHAS or not MANY_ROWS <= n <= p:
        return None
    factors = DualFactors(X, Y, sample_weight, fit_intercept)
    return factors if factors.resolves(float(alphas.min())) else None
