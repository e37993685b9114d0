"""Iterative minimisers: conjugate gradients for large sparse X, and coefficients that are not negative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize, sparse

from skl2.ridge._problem import (
    RidgeProblem,
    RidgeSolution,
    SolutionReport,
    moments_of,
    normal_equations,
    penalty_matrix,
    relative,
    require_finite_sums,
    warn_convergence,
)
from skl2.ridge._spectrum import EPS


class _Normal:
    """V ↦ Xc'WXc V with implicit centring: the zeros of X stay zeros."""

    def __init__(self, problem: RidgeProblem):
        self.X = problem.X.astype(np.float64) if problem.X.dtype != np.float64 else problem.X
        n, p = self.X.shape
        weight, Y = problem.sample_weight, np.asarray(problem.Y, dtype=np.float64)
        self.weight = np.ones(n) if weight is None else weight.astype(np.float64)
        self.penalty = penalty_matrix(problem)
        total = self.weight.sum()
        self.x_mean, self.y_mean = np.zeros(p), np.zeros(Y.shape[1])
        if problem.fit_intercept:
            self.x_mean, self.y_mean = self.X.T @ self.weight / total, self.weight @ Y / total
        self.rhs = self._transpose(Y - self.y_mean)
        squares = self.X.multiply(self.X).T @ self.weight if sparse.issparse(self.X) else None
        squares = self.weight @ self.X**2 if squares is None else squares
        self.diagonal = np.maximum(squares - total * self.x_mean**2, 0.0)
        require_finite_sums(problem, self.diagonal, self.rhs)

    def _transpose(self, R: np.ndarray) -> np.ndarray:
        R = self.weight[:, None] * R
        return self.X.T @ R - np.multiply.outer(self.x_mean, R.sum(axis=0))

    def __call__(self, V: np.ndarray) -> np.ndarray:
        return self._transpose(self.X @ V - self.x_mean @ V)

    def block(self, features: np.ndarray, target: int) -> np.ndarray:
        """The rows and columns of some features, for one target's strength."""
        part = self.X[:, features]
        part = part.toarray() if sparse.issparse(part) else part
        part = np.sqrt(self.weight)[:, None] * (part - self.x_mean[features])
        return part.T @ part + np.diag(self.penalty[features, target])


def solve_cg(problem: RidgeProblem) -> RidgeSolution:
    """Conjugate gradients with a Jacobi preconditioner, all targets as one block of products."""
    normal = _Normal(problem)
    max_iter = problem.max_iter if problem.max_iter is not None else 10 * problem.X.shape[1]
    diagonal = normal.diagonal[:, None] + normal.penalty
    # Without a penalty the optimum of least ‖√d w‖ is wanted, which another metric would miss.
    if problem.alpha.min() <= 1e-10 * diagonal.max() or not diagonal.all():
        metric = problem.penalty_factor if problem.penalised_everywhere else None
        diagonal = np.ones_like(diagonal) if metric is None else np.tile(metric[:, None], diagonal.shape[1])
    coef, n_iter, residual = _conjugate_gradients(
        lambda V: normal(V) + normal.penalty * V, normal.rhs, diagonal, problem.tol, max_iter
    )
    if residual > max(problem.tol, EPS):
        warn_convergence("sparse_cg", max_iter, residual)
    report = SolutionReport("cg", np.nan, 0, residual, n_iter)
    return RidgeSolution(coef, normal.y_mean - normal.x_mean @ coef, report)


def _conjugate_gradients(
    product: Callable[[np.ndarray], np.ndarray],
    rhs: np.ndarray,
    diagonal: np.ndarray,
    tol: float,
    max_iter: int,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Each column of product(V) = rhs, until its residual is at most tol times its right-hand side."""
    scale = np.abs(rhs).max(axis=0)  # large numbers would overflow when squared, small ones vanish
    scale[scale == 0] = 1.0
    V, R = np.zeros_like(rhs), rhs / scale
    Z = R / diagonal
    P, rho = Z.copy(), np.einsum("ij,ij->j", R, Z)
    goal = max(tol, EPS) * np.linalg.norm(R, axis=0)
    n_iter = np.zeros(rhs.shape[1], dtype=int)
    active = np.linalg.norm(R, axis=0) > goal
    for _ in range(max_iter):
        if not active.any():
            break
        n_iter += active
        Q = product(P)
        curvature = np.einsum("ij,ij->j", P, Q)
        step = np.where(active & (curvature > 0), rho / np.where(curvature > 0, curvature, 1.0), 0.0)
        V += step * P
        R -= step * Q
        active = (np.linalg.norm(R, axis=0) > goal) & (curvature > 0)
        Z = R / diagonal
        rho_new = np.einsum("ij,ij->j", R, Z)
        P = Z + np.where(rho > 0, rho_new / np.where(rho > 0, rho, 1.0), 0.0) * P
        rho = rho_new
    return V * scale, n_iter, relative(R, rhs / scale)


class _NormalFromMoments:
    """The same map and blocks from moments already summed."""

    def __init__(self, problem: RidgeProblem):
        self.moments = moments_of(problem)
        self.gram, self.rhs, _ = normal_equations(self.moments, problem.fit_intercept)
        self.penalty = penalty_matrix(problem)
        self.diagonal = self.gram.diagonal()
        self.x_mean = self.moments.x_mean * problem.fit_intercept
        self.y_mean = self.moments.y_mean * problem.fit_intercept

    def __call__(self, V: np.ndarray) -> np.ndarray:
        return self.gram @ V

    def block(self, features: np.ndarray, target: int) -> np.ndarray:
        return self.gram[np.ix_(features, features)] + np.diag(self.penalty[features, target])


def solve_positive(problem: RidgeProblem) -> RidgeSolution:
    """L-BFGS-B in Jacobi-scaled coordinates, then the exact solution on the features it left free."""
    wide = problem.moments is None and (sparse.issparse(problem.X) or problem.X.shape[0] < problem.X.shape[1])
    normal = _Normal(problem) if wide else _NormalFromMoments(problem)
    coef = np.zeros_like(normal.rhs)
    n_iter = np.zeros(coef.shape[1], dtype=int)
    max_iter = problem.max_iter if problem.max_iter is not None else 15_000
    for target in range(coef.shape[1]):
        coef[:, target], n_iter[target], stopped = _bounded(normal, target, problem.tol, max_iter)
        if stopped:
            warn_convergence("lbfgs", max_iter, _violation(normal, coef, target))
        else:
            coef[:, target] = _polished(normal, coef, target)
    residual = max(_violation(normal, coef, target) for target in range(coef.shape[1]))
    report = SolutionReport("positive", np.nan, 0, residual, n_iter)
    return RidgeSolution(coef, normal.y_mean - normal.x_mean @ coef, report)


def _bounded(normal: Any, target: int, tol: float, max_iter: int) -> tuple[np.ndarray, int, bool]:
    diagonal = normal.diagonal + normal.penalty[:, target]
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    penalty, rhs = normal.penalty[:, target], normal.rhs[:, target]

    def value_and_gradient(v: np.ndarray) -> tuple[float, np.ndarray]:
        w = scale * v
        Hw = normal(w[:, None])[:, 0] + penalty * w
        return 0.5 * w @ Hw - rhs @ w, scale * (Hw - rhs)

    size = float(np.abs(scale * rhs).max(initial=0.0)) or 1.0
    result = optimize.minimize(
        value_and_gradient,
        np.zeros(len(penalty)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * len(penalty),
        options={"maxiter": max_iter, "maxfun": 20 * max_iter, "ftol": EPS, "gtol": min(tol, 1e-6) * size},
    )
    return scale * result.x, result.nit, result.status == 1


def _polished(normal: Any, coef: np.ndarray, target: int) -> np.ndarray:
    """Solve exactly on the features that are free, until the signs of the gradient agree."""
    best = coef.copy()
    trial = coef.copy()
    gradient = _gradient(normal, trial, target)
    for _ in range(20):
        free = np.flatnonzero((trial[:, target] > 0) | (gradient < 0))
        if len(free) == 0 or len(free) > 5000:
            break
        trial[:, target] = 0.0
        try:
            trial[free, target] = np.linalg.solve(normal.block(free, target), normal.rhs[free, target])
        except np.linalg.LinAlgError:
            break
        trial[:, target] = np.maximum(trial[:, target], 0.0)
        if _violation(normal, trial, target) < _violation(normal, best, target):
            best = trial.copy()
        gradient = _gradient(normal, trial, target)
        if np.array_equal(free, np.flatnonzero((trial[:, target] > 0) | (gradient < 0))):
            break
    return best[:, target]


def _gradient(normal: Any, coef: np.ndarray, target: int) -> np.ndarray:
    w = coef[:, target]
    return normal(w[:, None])[:, 0] + normal.penalty[:, target] * w - normal.rhs[:, target]


def _violation(normal: Any, coef: np.ndarray, target: int) -> float:
    """How far W >= 0, ∇J >= 0, W∇J = 0 is from true, relative to the gradient at 0."""
    gradient = _gradient(normal, coef, target)
    projected = np.where(coef[:, target] > 0, gradient, np.minimum(gradient, 0.0))
    return relative(projected, normal.rhs[:, target])
