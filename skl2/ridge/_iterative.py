"""Conjugate gradients, for large sparse X."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from skl2._typing import NDArray
from skl2.ridge._kernel import CentredRows
from skl2.ridge._moments import require_finite
from skl2.ridge._problem import (
    RidgeProblem,
    RidgeSolution,
    SolutionReport,
    penalty_matrix,
    warn_convergence,
)
from skl2.ridge._rows import Centre
from skl2.ridge._spectrum import EPS


class Normal:
    """V ↦ Xc'WXc V with implicit centring: the zeros of X stay zeros."""

    def __init__(self, problem: RidgeProblem):
        weight, Y = problem.sample_weight, np.asarray(problem.Y, dtype=np.float64)
        weight = np.ones(len(Y)) if weight is None else weight.astype(np.float64)
        self.rows = CentredRows(problem.X, weight, problem.fit_intercept)
        self.penalty = penalty_matrix(problem)
        y_mean = weight @ Y / weight.sum() * problem.fit_intercept
        self.centre = Centre.at(self.rows.mean[:, 0], y_mean)
        self.diagonal = self.rows.column_squares()
        self.varies = self.diagonal[:, None] > 0
        self.rhs = self.varies * self.rows.summed(Y - y_mean)
        require_finite(problem.X, self.diagonal, products=self.rhs)

    def __call__(self, V: NDArray) -> NDArray:
        return self.varies * self.rows.summed(self.rows.centred(V))

    def block(self, features: NDArray, target: int) -> NDArray:
        """The rows and columns of some features, for one target's strength."""
        part = self.rows.X[:, features]
        part = part.toarray() if sparse.issparse(part) else part
        part = np.sqrt(self.rows.weight) * (part - self.rows.mean[features, 0])
        return part.T @ part + np.diag(self.penalty[features, target])


def solve_cg(problem: RidgeProblem) -> RidgeSolution:
    """Conjugate gradients with a Jacobi preconditioner, all targets as one block of products."""
    normal = Normal(problem)
    max_iter = problem.max_iter if problem.max_iter is not None else 10 * problem.X.shape[1]
    size = np.sqrt(normal.diagonal[:, None] + normal.penalty)
    size[size == 0] = 1.0
    metrics, goal = [size], max(problem.tol, EPS)
    if not problem.alpha.all():  # the optimum of least ‖√d w‖ is wanted, which the sizes would miss
        factor = problem.penalty_factor if problem.penalised_everywhere else None
        metrics.insert(0, np.ones_like(size) if factor is None else np.sqrt(factor[:, None]) + 0.0 * size)
    for metric in metrics:
        coef, n_iter, residual = _conjugate_gradients(
            lambda V: normal(V) + normal.penalty * V, normal.rhs, metric, size, goal, max_iter
        )
        if residual <= goal:
            break
    else:
        warn_convergence("sparse_cg", max_iter, residual)
    report = SolutionReport("cg", np.nan, 0, residual, n_iter)
    return RidgeSolution(coef, normal.centre.intercept(coef), report)


def _conjugate_gradients(
    product: Callable[[NDArray], NDArray],
    rhs: NDArray,
    metric: NDArray,
    size: NDArray,
    tol: float,
    max_iter: int,
) -> tuple[NDArray, NDArray, float]:
    """Each column of product(V) = rhs, in the variables metric · V.

    Stops where the residual, each row in units of its size, is at most tol times the right-hand side.
    """
    scale = np.abs(rhs / size).max(axis=0)  # large numbers would overflow when squared, small ones vanish
    scale[scale == 0] = 1.0
    V, R = np.zeros_like(rhs), rhs / scale
    start = np.linalg.norm(R / size, axis=0)
    Z = R / metric / metric
    P, rho = Z.copy(), np.einsum("ij,ij->j", R, Z)
    n_iter = np.zeros(rhs.shape[1], dtype=int)
    active = start > 0
    for _ in range(max_iter):
        if not active.any():
            break
        n_iter += active
        Q = product(P)
        curvature = np.einsum("ij,ij->j", P, Q)
        step = np.where(active & (curvature > 0), rho / np.where(curvature > 0, curvature, 1.0), 0.0)
        V += step * P
        R -= step * Q
        active = (np.linalg.norm(R / size, axis=0) > tol * start) & (curvature > 0)
        Z = R / metric / metric
        rho_new = np.einsum("ij,ij->j", R, Z)
        P = Z + np.where(rho > 0, rho_new / np.where(rho > 0, rho, 1.0), 0.0) * P
        rho = rho_new
    R = rhs / scale - product(V)  # not what the recursion takes it for
    left = np.linalg.norm(R / size, axis=0)
    return V * scale, n_iter, float((left / np.where(start > 0, start, 1.0)).max(initial=0.0))
