"""Coefficients that are not negative: bounded steps to the neighbourhood, then guarded pivoting to the end.

With H = X'WX + α diag(d), c = X'WY of the centred data, s = √diag(H) and u = max |c/s|, the problem in
v = s w/u has a unit diagonal and a right-hand side r = c/(s u) of at most 1, whatever the units of X and y:

    min ½ v'(H/ss')v − r'v   over v >= 0        optimal where v >= 0, g = (H/ss')v − r >= 0, v g = 0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, optimize, sparse
from sklearn.exceptions import ConvergenceWarning

from skl2._base import warn_caller
from skl2._typing import NDArray
from skl2.ridge._iterative import Normal
from skl2.ridge._problem import RidgeProblem, RidgeSolution, SolutionReport, warn_convergence
from skl2.ridge._spectrum import EPS

MOST_FREE = 5_000  # free features whose block of H is solved directly
TOLERANCE = 1e-6  # of g, for the neighbourhood that pivoting starts from


class NormalFromMoments:
    """V ↦ X'WX V and its blocks from moments already summed."""

    def __init__(self, problem: RidgeProblem):
        moments = problem.summed()
        self.gram, self.rhs, _ = moments.normal_equations(problem.fit_intercept)
        self.penalty = problem.penalty_matrix()
        self.diagonal = self.gram.diagonal()
        self.centre = moments.centre(problem.fit_intercept)

    def __call__(self, V: NDArray) -> NDArray:
        return self.gram @ V

    def block(self, features: NDArray, target: int) -> NDArray:
        """The rows and columns of some features, for one target's strength."""
        return self.gram[np.ix_(features, features)] + np.diag(self.penalty[features, target])


@dataclass
class UnitProblem:
    """One target's problem in v: every column of unit size, and y too."""

    normal: Any
    target: int

    def __post_init__(self) -> None:
        size = np.sqrt(self.normal.diagonal + self.normal.penalty[:, self.target])
        self.size = np.where(size > 0, size, 1.0)
        rhs = self.normal.rhs[:, self.target] / self.size
        largest = np.abs(rhs).max(initial=0.0)
        self.unit = 2.0 ** np.round(np.log2(largest)) if largest > 0 else 1.0  # a power of 2 rounds nothing
        self.rhs = rhs / self.unit

    def gradient(self, v: NDArray) -> NDArray:
        """g = (H/ss')v − r."""
        w = v / self.size
        product = self.normal(w[:, None])[:, 0] + self.normal.penalty[:, self.target] * w
        return product / self.size - self.rhs

    def value_and_gradient(self, v: NDArray) -> tuple[float, NDArray]:
        """J − J(0), in these units, and g."""
        g = self.gradient(v)
        return float(0.5 * v @ (g - self.rhs)), g

    def on(self, free: NDArray) -> NDArray:
        """The optimum without bounds over the free features alone; of least norm where there are several."""
        where, v = np.flatnonzero(free), np.zeros(len(free))
        H = self.normal.block(where, self.target) / np.multiply.outer(self.size[where], self.size[where])
        try:
            L = np.linalg.cholesky(H)
            if L.diagonal().min(initial=1.0) ** 2 <= 4 * EPS * len(H):
                raise np.linalg.LinAlgError
            v[where] = linalg.cho_solve((L, True), self.rhs[where])
        except np.linalg.LinAlgError:
            v[where] = np.linalg.lstsq(H, self.rhs[where], rcond=EPS * len(H))[0]
        return v

    def coef(self, v: NDArray) -> NDArray:
        """w = u v/s."""
        return self.unit * v / self.size


def solve_positive(problem: RidgeProblem) -> RidgeSolution:
    """L-BFGS-B from 0, and from there pivoting, for every target; certified by the optimality conditions."""
    wide = problem.moments is None and (sparse.issparse(problem.X) or problem.X.shape[0] < problem.X.shape[1])
    normal = Normal(problem) if wide else NormalFromMoments(problem)
    coef = np.zeros_like(normal.rhs)
    n_iter = np.zeros(coef.shape[1], dtype=int)
    violations = np.zeros(coef.shape[1])
    max_iter = problem.max_iter if problem.max_iter is not None else 15_000
    for target in range(coef.shape[1]):
        unit = UnitProblem(normal, target)
        v, n_iter[target], stopped = bounded(unit, min(problem.tol, TOLERANCE), max_iter)
        if not stopped:
            v = pivoted(unit, v)
        coef[:, target], violations[target] = unit.coef(v), violation(v, unit.gradient(v))
        bound = max(min(problem.tol, TOLERANCE), 100 * EPS * np.abs(v).sum())
        if stopped:
            warn_convergence("lbfgs", max_iter, violations[target])
        elif violations[target] > bound:
            warn_caller(
                f"positive=True: the solution misses the optimality conditions by {violations[target]:.1e} "
                "of the gradient at 0, each column by its own size. Raise alpha, lower tol, or leave out "
                "columns that depend on others.",
                ConvergenceWarning,
            )
    report = SolutionReport("positive", np.nan, 0, float(violations.max(initial=0.0)), n_iter)
    return RidgeSolution(coef, normal.centre.intercept(coef), report)


def bounded(unit: UnitProblem, tol: float, max_iter: int) -> tuple[NDArray, int, bool]:
    """v by L-BFGS-B, its iterations, and whether these were too few."""
    result = optimize.minimize(
        unit.value_and_gradient,
        np.zeros(len(unit.rhs)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * len(unit.rhs),
        options={"maxiter": max_iter, "maxfun": 20 * max_iter, "ftol": EPS, "gtol": tol},
    )
    return result.x, result.nit, result.status == 1


def pivoted(unit: UnitProblem, v: NDArray) -> NDArray:
    """The optimum from v >= 0: every round frees what has g < 0 and lowers J, so that no round comes twice.

    Lawson and Hanson free one feature at a time; here all of them come free, and those that the optimum
    over the free ones makes negative go back to 0 before a step is taken.
    """
    free = v > 0
    if np.count_nonzero(free) > MOST_FREE:
        return v
    value, best = np.inf, v
    for _ in range(3 * len(v) + 10):
        v = descended(unit, v, free)
        lower, g = unit.value_and_gradient(v)
        if not lower < value:  # the digits end here
            break
        value, best = lower, v
        free = v > 0
        wanted = ~free & (g < -10 * EPS * (1 + np.abs(v).sum()))
        if not wanted.any() or np.count_nonzero(free | wanted) > MOST_FREE:
            break
        free |= wanted
    return best


def descended(unit: UnitProblem, v: NDArray, free: NDArray) -> NDArray:
    """From v towards the optimum over the free features, as far as the bounds let it, until it is reached."""
    while True:
        goal = unit.on(free)
        blocked = free & (goal <= 0)
        if not blocked.any():
            return goal
        step = (v[blocked] / (v[blocked] - goal[blocked] + np.finfo(float).tiny)).min()
        v = v + step * (goal - v)
        held = blocked & (v <= EPS * np.abs(goal - v))
        free = free & ~(held if held.any() else blocked)
        v = np.where(free, np.maximum(v, 0.0), 0.0)


def violation(v: NDArray, g: NDArray) -> float:
    """How far g >= 0 and v g = 0 are from true, relative to the largest g at 0."""
    return float(np.abs(np.where(v > 0, g, np.minimum(g, 0.0))).max(initial=0.0))
