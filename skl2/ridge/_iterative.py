"""Conjugate gradients, for large sparse X."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from skl2._typing import NDArray
from skl2.ridge._kernel import CentredRows
from skl2.ridge._moments import require_finite
from skl2.ridge._problem import RidgeProblem, RidgeSolution, SolutionReport, warn_convergence
from skl2.ridge._rows import Centre
from skl2.ridge._spectrum import EPS


class Normal:
    """V ↦ Xc'WXc V with implicit centring: the zeros of X stay zeros."""

    def __init__(self, problem: RidgeProblem):
        Y = np.asarray(problem.Y, dtype=np.float64)
        weight = problem.weights
        self.rows = CentredRows(problem.X, weight, problem.fit_intercept)
        self.penalty = problem.penalty_matrix()
        y_mean = weight @ Y / weight.sum() * problem.fit_intercept
        self.centre = Centre.at(self.rows.mean[:, 0], y_mean)
        self.diagonal = self.rows.column_squares()
        self.varies = self.diagonal > 0
        self.rhs = self.varies[:, None] * self.rows.summed(Y - y_mean)
        require_finite(problem.X, self.diagonal, products=self.rhs)

    def __call__(self, V: NDArray) -> NDArray:
        return self.varies[:, None] * self.rows.summed(self.rows.centred(V))

    def block(self, features: NDArray, target: int) -> NDArray:
        """The rows and columns of some features, for one target's strength."""
        part = self.rows.X[:, features]
        part = part.toarray() if sparse.issparse(part) else part
        part = np.sqrt(self.rows.weight) * (part - self.rows.mean[features, 0])
        return part.T @ part + np.diag(self.penalty[features, target])


def solve_cg(problem: RidgeProblem) -> RidgeSolution:
    """Conjugate gradients with a Jacobi preconditioner, the targets of each alpha side by side."""
    normal, goal = Normal(problem), max(problem.tol, EPS)
    max_iter = problem.max_iter if problem.max_iter is not None else 10 * problem.X.shape[1]
    coef, n_iter = np.empty_like(normal.rhs), np.zeros(normal.rhs.shape[1], dtype=int)
    residual = 0.0
    for alpha, targets in problem.alpha_groups():
        penalty = problem.penalties(alpha)
        size = np.sqrt(normal.diagonal + penalty)
        size[size == 0] = 1.0
        metrics = [size]
        if alpha == 0:  # the optimum of least ‖√d w‖ is wanted, which the sizes would miss
            scale = problem.column_scale()
            metrics.insert(0, np.ones_like(size) if scale is None else 1 / scale)
        for metric in metrics:
            coef[:, targets], n_iter[targets], missed = _scaled_gradients(
                normal, penalty, targets, metric, size, goal, max_iter
            )
            if missed <= goal:
                break
        residual = max(residual, missed)
    if residual > goal:
        warn_convergence("sparse_cg", max_iter, residual)
    report = SolutionReport("cg", np.nan, 0, residual, n_iter)
    return RidgeSolution(coef, normal.centre.intercept(coef), report)


def _scaled_gradients(
    normal: Normal,
    penalty: NDArray,
    targets: Any,
    metric: NDArray,
    size: NDArray,
    tol: float,
    max_iter: int,
) -> tuple[NDArray, NDArray, float]:
    """Coefficients of some targets by conjugate gradients in the variables metric · V.

    They stop where the gradient, each row in units of its size, is at most tol times that at 0.
    """
    rows, inverse = normal.rows, np.where(normal.varies, 1 / metric, 0.0)[:, None]
    shrink, unit = (penalty / metric**2)[:, None], (metric / size)[:, None]

    def product(V: NDArray) -> NDArray:
        return inverse * rows.summed(rows.centred(inverse * V)) + shrink * V

    rhs = normal.rhs[:, targets] / metric[:, None]
    scale = np.abs(rhs * unit).max(axis=0)  # large numbers would overflow when squared, small ones vanish
    scale[scale == 0] = 1.0
    V, n_iter = _conjugate_gradients(product, rhs / scale, unit, tol, max_iter)
    start = _norms(unit * rhs / scale)
    left = _norms(unit * (rhs / scale - product(V)))  # not what the recursion takes it for
    missed = float((left / np.where(start > 0, start, 1.0)).max(initial=0.0))
    return V * scale / metric[:, None], n_iter, missed


def _conjugate_gradients(
    product: Callable[[NDArray], NDArray], rhs: NDArray, unit: NDArray, tol: float, max_iter: int
) -> tuple[NDArray, NDArray]:
    """V of product(V) = rhs, each column until ‖unit · residual‖ <= tol ‖unit · rhs‖, and the iterations."""
    V, R, P = np.zeros_like(rhs), rhs.copy("K"), rhs.copy("K")  # each column contiguous, as they come
    goal, rho = tol * _norms(unit * rhs), _dots(R, R)
    n_iter = np.zeros(rhs.shape[1], dtype=int)
    active = goal > 0
    for _ in range(max_iter):
        if not active.any():
            break
        n_iter += active
        Q = product(P)
        curvature = _dots(P, Q)
        step = np.where(active & (curvature > 0), rho / np.where(curvature > 0, curvature, 1.0), 0.0)
        V += step * P
        R -= step * Q
        active = (_norms(unit * R) > goal) & (curvature > 0)
        rho, before = _dots(R, R), rho
        P *= np.where(before > 0, rho / np.where(before > 0, before, 1.0), 0.0)
        P += R
    return V, n_iter


def _dots(A: NDArray, B: NDArray) -> NDArray:
    """The scalar products of their columns."""
    return np.einsum("ij,ij->j", A, B)


def _norms(A: NDArray) -> NDArray:
    return np.sqrt(_dots(A, A))
