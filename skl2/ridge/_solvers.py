"""Exact minimisers of the ridge objective, in one registry.

    J(W, b) = ½ Σ_i w_i ‖y_i − b − W'x_i‖² + ½ Σ_k α_k Σ_j d_j W_jk²

for weights w, one strength α_k per target and one penalty factor d_j per feature. The
intercept b is not penalised, so the optimum over W is that of the centred data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import linalg, optimize, sparse
from scipy.linalg import lapack
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import assert_all_finite

from skl2._base import warn_caller
from skl2._threads import one_scipy_blas_thread, thread_map
from skl2.ridge._moments import (
    BLOCK_BYTES,
    SHIFT_SLACK,
    Moments,
    accumulate,
    choose_shift,
    largest_first,
    residual_sums,
    sum_of,
)
from skl2.ridge._spectrum import EPS, centred_triangle, column_norms, graded_svd

REFINE_BELOW = 1e-3  # reciprocal condition under which a direct solution is refined from X
MAX_REFINEMENTS = 10
DENSE_SIZE = 4_000_000  # sparse X of at most this many cells is solved densely
OVERFLOW = (
    "The squares of X or their products with y overflow; rescale X, for example with StandardScaler, or y."
)
CANCELLED = 1e-11  # relative rounding error of W = A'c from which on another way is taken
SMALL = 64  # LAPACK does not start its threads for a system of this size


@dataclass(slots=True)
class RidgeProblem:
    """The data and the strength: X (n, p), Y (n, t), alpha (t,), penalty_factor (p,) or None.

    A problem of a stream has its moments and no X; one of `RowsElsewhere` has these as X, and moments.
    """

    X: Any
    Y: Any
    alpha: np.ndarray
    sample_weight: np.ndarray | None = None
    fit_intercept: bool = True
    penalty_factor: np.ndarray | None = None
    tol: float = 1e-4
    max_iter: int | None = None
    moments: Moments | None = None

    @property
    def penalised_everywhere(self) -> bool:
        return self.penalty_factor is None or bool(self.penalty_factor.all())


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
        Norm of the gradient of the objective at the solution, relative to its norm at 0.
    n_iter : ndarray of shape (n_targets,) or None
        Iterations for each target; None for a direct method.
    """

    solver: str
    condition: float
    refinement_steps: int
    residual: float
    n_iter: np.ndarray | None = None


@dataclass(slots=True)
class RidgeSolution:
    """Coefficients (p, t), intercept (t,) and the report."""

    coef: np.ndarray
    intercept: np.ndarray
    report: SolutionReport


# ---------------------------------------------------------------- n >= p: the normal equations


class _Cholesky:
    """A = LL', its solves, and a condition estimate that costs nothing.

    L_ii²/A_ii is 1 − R² of column i on the columns before it: an upper bound of the reciprocal
    condition of A scaled to a unit diagonal. A small A gets a closer estimate.
    """

    def __init__(self, A: np.ndarray):
        self.L = np.linalg.cholesky(A)
        self.rcond = float((self.L.diagonal() ** 2 / A.diagonal()).min())
        if len(A) <= SMALL:  # the estimate of LAPACK costs nothing here
            scale = np.sqrt(A.diagonal())
            norm = (np.abs(A) / np.multiply.outer(scale, scale)).sum(axis=0).max()
            self.rcond = min(self.rcond, lapack.dpocon((self.L / scale[:, None]).T, norm, uplo="U")[0])
        if not self.rcond > 4 * EPS * len(A):
            raise np.linalg.LinAlgError("singular to working precision")

    def solve(self, B: np.ndarray) -> np.ndarray:
        if len(B) <= SMALL:
            return lapack.dpotrs(self.L.T, B, lower=0)[0]
        with one_scipy_blas_thread():
            return lapack.dpotrs(self.L.T, B, lower=0)[0]


def solve_cholesky(problem: RidgeProblem) -> RidgeSolution:
    """(G + α diag d) W = C from shifted block moments, refined from X where it is ill conditioned.

    Falls back on an orthogonal decomposition where the system is singular.
    """
    moments = _moments(problem)
    G, C, offset = _normal_equations(moments, problem.fit_intercept)
    diagonal = G.diagonal().copy()
    coef = np.empty_like(C)
    rcond, steps = 1.0, 0
    residual = np.empty_like(C)
    try:
        for alpha, targets in _alpha_groups(problem.alpha):
            np.fill_diagonal(G, diagonal + _penalty(problem, alpha))
            factor = _Cholesky(G)
            w = factor.solve(C[:, targets])
            if problem.X is not None and (factor.rcond < REFINE_BELOW or problem.X.dtype == np.float32):
                gradient = _GradientFromData(problem, moments, offset, targets, alpha)
                w, taken = _refined(w, factor.solve, gradient)
                steps = max(steps, taken)
            coef[:, targets], residual[:, targets] = w, C[:, targets] - G @ w
            rcond = min(rcond, factor.rcond)
    except np.linalg.LinAlgError:
        return solve_eigen(problem) if problem.X is None else solve_svd(problem)
    report = SolutionReport("cholesky", 1 / rcond, steps, _relative(residual, C))
    return RidgeSolution(coef, _intercept(problem, moments, coef), report)


class _GradientFromData:
    """Xc'W(Yc − Xc w) − α d w with every residual from the data, in float64."""

    def __init__(
        self, problem: RidgeProblem, moments: Moments, offset: np.ndarray, targets: Any, alpha: float
    ):
        self.problem, self.moments, self.offset, self.targets = problem, moments, offset, targets
        self.penalty = _penalty(problem, alpha)

    def __call__(self, w: np.ndarray) -> np.ndarray:
        y_offset = self.moments.sum_y[self.targets] / self.moments.weight * self.problem.fit_intercept
        theta = np.vstack([w, y_offset - self.offset @ w])
        problem, moments = self.problem, self.moments
        total = residual_sums(
            problem.X, problem.Y, problem.sample_weight, theta, moments.shift, moments.y_shift, self.targets
        )
        return total[:-1] - np.outer(self.offset, total[-1]) - self.penalty[:, None] * w


def _refined(
    w: np.ndarray, solve: Callable[[np.ndarray], np.ndarray], gradient: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, int]:
    """Iterative refinement w += A⁻¹ r(w) until a step changes nothing; LinAlgError if it stalls early."""
    last = np.inf
    for step in range(1, MAX_REFINEMENTS + 1):
        change = solve(gradient(w))
        size = float(np.abs(change).max())
        scale = float(np.abs(w).max())
        if size > last / 2:
            if last > 1e-6 * scale:
                raise np.linalg.LinAlgError("refinement does not converge")
            return w, step
        w = w + change
        if size <= 4 * EPS * scale:
            return w, step
        last = size
    return w, MAX_REFINEMENTS


def solve_eigen(problem: RidgeProblem) -> RidgeSolution:
    """The eigenvalues of the moments alone: the least-norm optimum of a singular stream."""
    moments = _moments(problem)
    G, C, _ = _normal_equations(moments, problem.fit_intercept)
    size = np.sqrt(G.diagonal())
    size[size == 0] = 1.0
    values, vectors = np.linalg.eigh(G / np.multiply.outer(size, size))
    kept = values > EPS * len(G) * values[-1]
    root = np.sqrt(values[kept])[:, None]
    R, Q_Y = root * vectors[:, kept].T * size, vectors[:, kept].T @ (C / size[:, None]) / root
    scale = _column_scale(problem)
    if scale is None:
        coef, condition = _by_qr(problem, R, Q_Y)
    else:
        coef, condition = _by_svd(R, Q_Y, scale, problem.alpha, len(G))
    residual = C - G @ coef - _penalty_matrix(problem) * coef
    report = SolutionReport("eigen", condition, 0, _relative(residual, C))
    return RidgeSolution(coef, _intercept(problem, moments, coef), report)


# ---------------------------------------------------------------- n < p: the kernel


def solve_dual(problem: RidgeProblem) -> RidgeSolution:
    """(K + αI) c = √w Yc with K = √w Xc D⁻¹ Xc' √w of size n × n; then W = D⁻¹ Xc'√w c."""
    if not problem.penalised_everywhere:
        return solve_cholesky(problem)
    problem = _without_empty_rows(problem)
    kernel = _Kernel(problem)
    y_mean = np.zeros(problem.Y.shape[1])
    if problem.fit_intercept:
        y_mean = np.average(problem.Y.astype(np.float64), axis=0, weights=kernel.root**2)
    B = kernel.root[:, None] * (problem.Y - y_mean)
    A = kernel.K.copy()
    if problem.fit_intercept:  # fill the null direction √w of the centred K; B has no part in it
        A += np.multiply.outer(kernel.null, kernel.null * (np.trace(A) / len(A) or 1.0))
    diagonal, dual = A.diagonal().copy(), np.empty_like(B)
    rcond, steps = 1.0, 0
    try:
        for alpha, targets in _alpha_groups(problem.alpha):
            np.fill_diagonal(A, diagonal + alpha)
            factor = _Cholesky(A)
            c, b = factor.solve(B[:, targets]), B[:, targets]
            if factor.rcond < REFINE_BELOW:
                c, taken = _refined(c, factor.solve, lambda c: b - kernel.product(c) - alpha * c)  # noqa: B023
                steps = max(steps, taken)
            dual[:, targets] = kernel.centred(c)
            rcond = min(rcond, factor.rcond)
    except np.linalg.LinAlgError:
        return solve_svd(problem)
    coef, mean_fit = kernel.primal(dual)
    sizes = np.sqrt(np.trace(kernel.K)) * np.linalg.norm(dual, axis=0)
    if (EPS * sizes > CANCELLED * np.linalg.norm(coef, axis=0)).any():  # rows that are all but repeated
        return solve_svd(problem)
    report = SolutionReport(
        "dual", 1 / rcond, steps, _relative(B - kernel.K @ dual - problem.alpha * dual, B)
    )
    return RidgeSolution(coef, y_mean - mean_fit, report)


def _without_empty_rows(problem: RidgeProblem) -> RidgeProblem:
    if problem.sample_weight is None or problem.sample_weight.all():
        return problem
    keep = problem.sample_weight != 0
    return replace(problem, X=problem.X[keep], Y=problem.Y[keep], sample_weight=problem.sample_weight[keep])


class _Kernel:
    """K = √w Xc D⁻¹ Xc' √w from blocks of columns Z = (x − s)/√d.

    K is the sum of √w ZZ' √w without its component along √w, so Z need not be centred exactly.
    s is a rough mean where that is large against the spread, and otherwise nothing: X is used
    where it lies.
    """

    def __init__(self, problem: RidgeProblem):
        self.problem = problem
        n = len(problem.X)
        self.root = np.ones(n) if problem.sample_weight is None else np.sqrt(problem.sample_weight)
        self.length = float(np.linalg.norm(self.root))
        self.null = self.root / self.length
        self.shift: np.ndarray | None = None
        if problem.fit_intercept:
            shift = choose_shift(problem.X, problem.sample_weight)
            self.shift = shift if shift is not None and shift.any() else None
        raw = self._sum_of_squares()
        if problem.fit_intercept:
            centred_size = np.trace(raw) - self.null @ raw @ self.null
            if np.trace(raw) > (1 + SHIFT_SLACK[raw.dtype]) * centred_size:  # the few rows misled
                self.shift = np.average(problem.X, axis=0, weights=self.root**2).astype(np.float64)
                raw = self._sum_of_squares()
        self.along = self.null @ raw  # what the mean of the rows has in common with each row
        if problem.fit_intercept:
            correction = self.along - (self.along @ self.null / 2) * self.null
            raw -= np.multiply.outer(self.null, correction)
            raw -= np.multiply.outer(correction, self.null)
        self.K = raw

    def _sum_of_squares(self) -> np.ndarray:
        """√w Σ ZZ' √w."""

        def part(columns: slice) -> np.ndarray:
            with np.errstate(invalid="ignore", over="ignore"):  # threads do not inherit it
                return sum_of(Z @ Z.T for _, Z in self._blocks(columns))

        total = thread_map(part, _column_ranges(self.problem.X), sum_of)
        _require_finite(self.problem, total.diagonal())
        if self.problem.sample_weight is not None:
            total *= np.multiply.outer(self.root, self.root)
        return total

    def _blocks(self, columns: slice) -> Iterator[tuple[slice, np.ndarray]]:
        X, factor, shift = self.problem.X, self.problem.penalty_factor, self.shift
        as_they_lie = X.dtype == np.float64 and factor is None and shift is None
        size = X.shape[1] if as_they_lie else max(BLOCK_BYTES // (8 * len(X)), 2 * len(X), 64)
        for start in range(columns.start, columns.stop, size):
            where = slice(start, min(start + size, columns.stop))
            Z = X[:, where]
            if not as_they_lie:
                Z = Z.astype(np.float64) if shift is None else Z - shift[where]
                if factor is not None:
                    Z /= np.sqrt(factor[where])
            yield where, Z

    def centred(self, c: np.ndarray) -> np.ndarray:
        """c without its component along √w, which belongs to the intercept."""
        return c - np.multiply.outer(self.null, self.null @ c) if self.problem.fit_intercept else c

    def product(self, c: np.ndarray) -> np.ndarray:
        """K c from X itself, for residuals of full precision."""
        weighted = self.root[:, None] * self.centred(c)

        def part(columns: slice) -> np.ndarray:
            return sum_of(Z @ (Z.T @ weighted) for _, Z in self._blocks(columns))

        return self.centred(self.root[:, None] * thread_map(part, _column_ranges(self.problem.X), sum_of))

    def primal(self, dual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """W = D⁻¹ Xc'√w c, and W'x at the mean x."""
        weighted = self.root[:, None] * dual
        coef = np.empty((self.problem.X.shape[1], dual.shape[1]))

        def part(columns: slice) -> None:
            for where, Z in self._blocks(columns):
                np.matmul(Z.T, weighted, out=coef[where])

        thread_map(part, _column_ranges(self.problem.X))
        if self.problem.penalty_factor is not None:
            coef /= np.sqrt(self.problem.penalty_factor)[:, None]
        if not self.problem.fit_intercept:
            return coef, np.zeros(dual.shape[1])
        mean_fit = self.along @ dual / self.length
        return coef, mean_fit if self.shift is None else mean_fit + self.shift @ coef


def _column_ranges(X: np.ndarray) -> list[slice]:
    n, p = X.shape
    n_ranges = 1 if n * n * p < 4_000_000 else 2 if p < 8 * n else 4
    edges = np.linspace(0, p, n_ranges + 1).astype(int)
    return [slice(a, b) for a, b in pairwise(edges)]


# ---------------------------------------------------------------- singular: orthogonal decomposition


def solve_svd(problem: RidgeProblem) -> RidgeSolution:
    """QR of √w [1, Xc, Yc] in row blocks, then of R with the penalty; where that is singular the SVD."""
    X, Y, weight, p = problem.X, problem.Y, problem.sample_weight, problem.X.shape[1]
    shift: Any = np.zeros(p)
    y_shift: Any = np.zeros(len(problem.alpha))
    if problem.fit_intercept and problem.moments is not None:
        shift, y_shift = problem.moments.x_mean, problem.moments.y_mean
    elif problem.fit_intercept:
        shift, y_shift = choose_shift(X, weight), choose_shift(Y, weight)
    R, Q_Y, _, top = centred_triangle(X, Y, weight, None, shift, y_shift, problem.fit_intercept)
    scale = _column_scale(problem)
    if scale is None:
        coef, condition = _by_qr(problem, R, Q_Y)
    else:
        coef, condition = _by_svd(R, Q_Y, scale, problem.alpha, X.shape[0])
    residual = R.T @ (Q_Y - R @ coef) - _penalty_matrix(problem) * coef
    report = SolutionReport("svd", condition, 0, _relative(residual, R.T @ Q_Y))
    intercept = np.zeros(Q_Y.shape[1])
    if problem.fit_intercept:  # from the first row, that of the column √w
        rest = (top[1 + p :] - top[1 : 1 + p] @ coef) / top[0]
        intercept = y_shift + rest - shift @ coef
    return RidgeSolution(coef, intercept, report)


def _by_svd(
    R: np.ndarray, Q_Y: np.ndarray, scale: np.ndarray, alpha: np.ndarray, n_rows: int
) -> tuple[np.ndarray, float]:
    """W = D V s/(s² + α) U'q with R D = U diag(s) V', D = 1/√d: of least ‖√d w‖ where α is 0."""
    U, s, V, _ = graded_svd(R * scale, n_rows)
    shrink = 1 / (s[:, None] + alpha / s[:, None])
    return scale[:, None] * (V @ ((U.T @ Q_Y) * shrink)), _squared_ratio(s[0], s[-1]) if len(s) else 1.0


def _by_qr(problem: RidgeProblem, R: np.ndarray, Q_Y: np.ndarray) -> tuple[np.ndarray, float]:
    """min ‖R w − q‖² + ‖√(α d) w‖² where some d are 0: QR of both parts, one below the other."""
    coef, condition = np.empty((R.shape[1], Q_Y.shape[1])), 1.0
    for alpha, targets in _alpha_groups(problem.alpha):
        stacked = np.vstack([R, np.diag(np.sqrt(_penalty(problem, alpha)))])
        rhs = np.vstack([Q_Y[:, targets], np.zeros((R.shape[1], Q_Y[:, targets].shape[1]))])
        order, size = largest_first(stacked), column_norms(stacked)
        Q, T, pivots = linalg.qr((stacked / size)[order], mode="economic", pivoting=True)
        rank = int(np.count_nonzero(np.abs(T.diagonal()) > EPS * len(stacked) * np.abs(T[0, 0])))
        w = np.zeros_like(coef[:, targets])
        w[pivots[:rank]] = linalg.solve_triangular(T[:rank, :rank], Q[:, :rank].T @ rhs[order])
        null = np.eye(len(w))[:, pivots[rank:]]
        null[pivots[:rank]] = -linalg.solve_triangular(T[:rank, :rank], T[:rank, rank:])
        w, null = w / size[:, None], null / size[:, None]
        if rank < len(w):
            w = _least_penalty(w, null, _penalty(problem, 1.0) if alpha == 0 else np.ones(len(w)))
        coef[:, targets] = w
        condition = max(condition, _squared_ratio(1.0, float(np.abs(T[rank - 1, rank - 1]))) if rank else 1.0)
    return coef, condition


def _least_penalty(w: np.ndarray, null: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Of the optima w + null z the one with the least ‖√d w‖, and of these that of least ‖w‖."""
    null = np.linalg.qr(null)[0]
    for root in (np.sqrt(factors), np.ones_like(factors)):
        U, s, Vt = np.linalg.svd(root[:, None] * null)
        kept = int(np.count_nonzero(s > 1e-10 * root.max(initial=0.0)))
        z = Vt[:kept].T @ ((U[:, :kept].T @ (root[:, None] * w)) / s[:kept, None])
        w, null = w - null @ z, null @ Vt[kept:].T
    return w


# ---------------------------------------------------------------- large sparse X: conjugate gradients


class _Normal:
    """V ↦ Xc'WXc V with implicit centring: the zeros of X stay zeros."""

    def __init__(self, problem: RidgeProblem):
        self.X = problem.X.astype(np.float64) if problem.X.dtype != np.float64 else problem.X
        n, p = self.X.shape
        weight, Y = problem.sample_weight, np.asarray(problem.Y, dtype=np.float64)
        self.weight = np.ones(n) if weight is None else weight.astype(np.float64)
        self.penalty = _penalty_matrix(problem)
        total = self.weight.sum()
        self.x_mean, self.y_mean = np.zeros(p), np.zeros(Y.shape[1])
        if problem.fit_intercept:
            self.x_mean, self.y_mean = self.X.T @ self.weight / total, self.weight @ Y / total
        self.rhs = self._transpose(Y - self.y_mean)
        squares = self.X.multiply(self.X).T @ self.weight if sparse.issparse(self.X) else None
        squares = self.weight @ self.X**2 if squares is None else squares
        self.diagonal = np.maximum(squares - total * self.x_mean**2, 0.0)
        _require_finite(problem, self.diagonal, self.rhs)

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
        _warn_convergence("sparse_cg", max_iter, residual)
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
    return V * scale, n_iter, _relative(R, rhs / scale)


# ---------------------------------------------------------------- W >= 0


class _NormalFromMoments:
    """The same map and blocks from moments already summed."""

    def __init__(self, problem: RidgeProblem):
        self.moments = _moments(problem)
        self.gram, self.rhs, _ = _normal_equations(self.moments, problem.fit_intercept)
        self.penalty = _penalty_matrix(problem)
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
            _warn_convergence("lbfgs", max_iter, _violation(normal, coef, target))
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
    return _relative(projected, normal.rhs[:, target])


# ---------------------------------------------------------------- parts that several solvers need


def _moments(problem: RidgeProblem) -> Moments:
    """The problem's own moments, or those of X: in X's precision, summed in float64."""
    if problem.moments is not None:
        return problem.moments
    zero = (
        (None, None)
        if problem.fit_intercept
        else (np.zeros(problem.X.shape[1]), np.zeros(problem.Y.shape[1]))
    )
    moments = accumulate(problem.X, problem.Y, problem.sample_weight, None, *zero)
    _require_finite(problem, moments.gram.diagonal(), moments.cross)
    return moments


def _require_finite(problem: RidgeProblem, *sums: np.ndarray) -> None:
    """Look at the sums, which are made anyway, and at X only if they are not finite."""
    if not all(np.isfinite(values).all() for values in sums):
        assert_all_finite(problem.X, input_name="X")
        raise ValueError(OVERFLOW)


def _normal_equations(moments: Moments, fit_intercept: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """G, C and the distance of the point they are taken about from the moments' shift."""
    if fit_intercept:
        G, C, *_ = moments.centered()
        return G, C, moments.sum_x / moments.weight
    G, C, _ = moments.raw()
    return G.copy(), C, np.zeros(len(G))


def _intercept(problem: RidgeProblem, moments: Moments, coef: np.ndarray) -> np.ndarray:
    if not problem.fit_intercept:
        return np.zeros(coef.shape[1])
    return moments.y_mean - moments.x_mean @ coef


def _alpha_groups(alpha: np.ndarray) -> Iterator[tuple[float, Any]]:
    """Each distinct strength with its targets."""
    if (alpha == alpha[0]).all():
        yield float(alpha[0]), slice(None)
        return
    for value in np.unique(alpha):
        yield float(value), np.flatnonzero(alpha == value)


def _penalty(problem: RidgeProblem, alpha: float) -> np.ndarray:
    """α d of shape (p,)."""
    if problem.penalty_factor is not None:
        return alpha * problem.penalty_factor
    p = problem.X.shape[1] if problem.moments is None else len(problem.moments.shift)
    return np.full(p, alpha)


def _penalty_matrix(problem: RidgeProblem) -> np.ndarray:
    """α_k d_j of shape (p, t)."""
    return np.multiply.outer(_penalty(problem, 1.0), problem.alpha)


def _column_scale(problem: RidgeProblem) -> np.ndarray | None:
    """1/√d, or None where some d is 0."""
    return 1 / np.sqrt(_penalty(problem, 1.0)) if problem.penalised_everywhere else None


def _ratio(a: float, b: float) -> float:
    return float(a / b) if b > 0 else np.inf


def _squared_ratio(a: float, b: float) -> float:
    ratio = _ratio(a, b)
    return ratio * ratio  # ratio**2 would raise where this is infinite


def _relative(residual: np.ndarray, reference: np.ndarray) -> float:
    scale = float(np.abs(reference).max(initial=0.0)) or 1.0  # the squares of large numbers overflow
    size = float(np.linalg.norm(reference / scale)) or 1.0
    return float(np.linalg.norm(residual / scale)) / size


def _warn_convergence(solver: str, max_iter: int, residual: float) -> None:
    warn_caller(
        f"{solver} solver did not converge in {max_iter} iterations: the gradient is {residual:.1e} of that "
        "at 0. Increase max_iter or tol, or standardise X.",
        ConvergenceWarning,
    )


SOLVERS: dict[str, Callable[[RidgeProblem], RidgeSolution]] = {
    "cholesky": solve_cholesky,
    "eigen": solve_eigen,
    "dual": solve_dual,
    "svd": solve_svd,
    "cg": solve_cg,
    "positive": solve_positive,
}


def choose_solver(problem: RidgeProblem, solver: str, positive: bool) -> str:
    """The key of SOLVERS for a solver name of scikit-learn's."""
    if positive:
        return "positive"
    if problem.X is None:
        return "cholesky"
    if sparse.issparse(problem.X):
        return "cg"
    if solver == "svd":
        return "svd"
    n, p = problem.X.shape
    wide = n < p and problem.moments is None
    return "dual" if wide and problem.penalised_everywhere else "cholesky"
