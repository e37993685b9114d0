"""The ridge problem, its solution, and what several solvers need of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skl2._base import warn_caller
from skl2._typing import NDArray
from skl2.ridge._moments import Moments, moments_of
from skl2.ridge._rows import Data


@dataclass
class RidgeProblem(Data):
    """Data and the strength: alpha (t,), penalty_factor (p,) or None.

    A problem of a stream has its moments and no X; one of `RowsElsewhere` has these as X, and moments.
    """

    _: KW_ONLY
    alpha: NDArray
    penalty_factor: NDArray | None = None
    tol: float = 1e-4
    max_iter: int | None = None
    moments: Moments | None = None

    def summed(self) -> Moments:
        """Its moments: those given, or those of X in the precision of X."""
        return moments_of(self) if self.moments is None else self.moments

    @property
    def penalised_everywhere(self) -> bool:
        return self.penalty_factor is None or bool(self.penalty_factor.all())

    def alpha_groups(self) -> Iterator[tuple[float, Any]]:
        """Each distinct strength with its targets."""
        alpha = self.alpha
        if (alpha == alpha[0]).all():
            yield float(alpha[0]), slice(None)
            return
        for value in np.unique(alpha):
            yield float(value), np.flatnonzero(alpha == value)

    def penalties(self, alpha: float) -> NDArray:
        """α d of shape (p,)."""
        if self.penalty_factor is not None:
            return alpha * self.penalty_factor
        p = self.X.shape[1] if self.moments is None else len(self.moments.shift)
        return np.full(p, alpha)

    def penalty_matrix(self) -> NDArray:
        """α_k d_j of shape (p, t)."""
        return np.multiply.outer(self.penalties(1.0), self.alpha)

    def column_scale(self) -> NDArray | None:
        """1/√d, or None where some d is 0."""
        return 1 / np.sqrt(self.penalties(1.0)) if self.penalised_everywhere else None

    def sizes(self, squares: NDArray) -> NDArray:
        """s of shape (p, t), the columns' units: s² = Σ w (x − μ)² + α d; 1 for what is 0."""
        size = np.sqrt(squares[:, None] + self.penalty_matrix())
        size[size == 0] = 1.0
        return size


@dataclass(frozen=True, slots=True)
class SolutionReport:
    """How a ridge solution was found, and how good it is.

    Attributes
    ----------
    solver : str
        The method that was used, one of the keys of ``skl2.ridge._solvers.SOLVERS``.
    condition : float
        A lower bound of the condition number of the scaled system; NaN for iterative methods.
    refinement_steps : int
        Steps of iterative refinement with residuals from the data.
    residual : float
        Norm of the gradient of the objective at the solution, relative to its norm at 0, both with
        every column in its own units: g_j/s_j with s_j² = Σ w (x_j − μ_j)² + α d_j. It comes from X and y
        themselves, or from their moments where the system is so well conditioned that these say the same.
    n_iter : ndarray of shape (n_targets,) or None
        Iterations for each target; None for a direct method.
    """

    solver: str
    condition: float
    refinement_steps: int
    residual: float
    n_iter: NDArray | None = None


@dataclass(slots=True)
class RidgeSolution:
    """Coefficients (p, t), intercept (t,) and the report."""

    coef: NDArray
    intercept: NDArray
    report: SolutionReport


def warn_convergence(solver: str, max_iter: int, residual: float) -> None:
    warn_caller(
        f"{solver} solver did not converge in {max_iter} iterations: the gradient is {residual:.1e} of that "
        "at 0. Increase max_iter or tol, or standardise X.",
        ConvergenceWarning,
    )
