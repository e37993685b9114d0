"""Exact minimisers of the ridge objective, in one registry.

    J(W, b) = ½ Σ_i w_i ‖y_i − b − W'x_i‖² + ½ Σ_k α_k Σ_j d_j W_jk²

for weights w, one strength α_k per target and one penalty factor d_j per feature. The
intercept b is not penalised, so the optimum over W is that of the centred data.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.linalg import lapack
from sklearn.exceptions import ConvergenceWarning

from skl2._base import warn_caller
from skl2._threads import one_blas_thread, one_scipy_blas_thread
from skl2._typing import NDArray
from skl2.ridge._iterative import solve_cg
from skl2.ridge._kernel import Kernel, centred_rows
from skl2.ridge._positive import solve_positive
from skl2.ridge._problem import RidgeProblem, RidgeSolution, SolutionReport
from skl2.ridge._rows import Centre, choose_shift, largest_first, residual_sums
from skl2.ridge._spectrum import EPS, above_rounding, centred_triangle, column_norms, graded_svd, ranked

REFINE_BELOW = 1e-3  # reciprocal condition under which a direct solution is refined from X
MAX_REFINEMENTS = 10
DENSE_SIZE = 4_000_000  # sparse X of at most this many cells is solved densely
DIRECT_COLUMNS = 300  # and one of at most this many columns directly, from its moments
MISSED = 1e-8  # residual of a direct solution that is worth a warning
SOUND = 1e-10  # residual of a solution by the kernel up to which it need not be sought another way
CANCELLED = 1e-11  # relative rounding error of W = A'c from which on another way is taken
LARGE = 1_200  # rows from which on LAPACK's second thread gains more than it takes to wake
SMALL = 64  # LAPACK does not start its threads for a system of this size


class _Cholesky:
    """A = U'U, its solves, and a condition estimate that costs nothing.

    U_ii²/A_ii is 1 − R² of column i on the columns before it: an upper bound of the reciprocal
    condition of A scaled to a unit diagonal. A small A gets a closer estimate.
    """

    def __init__(self, A: NDArray):
        with one_scipy_blas_thread() if SMALL < len(A) < LARGE else nullcontext():
            self.U, failed = lapack.dpotrf(A.T, clean=0)
        if failed:
            raise np.linalg.LinAlgError("not positive definite")
        self.rcond = float((self.U.diagonal() ** 2 / A.diagonal()).min())
        if len(A) <= SMALL:  # the estimate of LAPACK costs nothing here
            scale = np.sqrt(A.diagonal())
            norm = (np.abs(A) / np.multiply.outer(scale, scale)).sum(axis=0).max()
            self.rcond = min(self.rcond, lapack.dpocon(self.U / scale, norm, uplo="U")[0])
        if not self.rcond > 4 * EPS * len(A):
            raise np.linalg.LinAlgError("singular to working precision")

    def solve(self, B: NDArray) -> NDArray:
        with nullcontext() if len(B) <= SMALL else one_scipy_blas_thread():
            return lapack.dpotrs(self.U, B)[0]


def squared_ratio(a: float, b: float) -> float:
    """(a/b)², infinite for b = 0."""
    ratio = float(a / b) if b > 0 else np.inf
    return ratio * ratio  # ratio**2 would raise where this is infinite


def certified(gradient: NDArray, rhs: NDArray, size: NDArray, coef: NDArray, y_squares: NDArray) -> float:
    """The residual of a report; warns where it is more than the rounding of such coefficients explains."""
    unit = rhs / size
    residual = relative(gradient / size, unit)
    if residual <= MISSED:
        return residual
    rounding = relative(coef * size, unit) + relative(np.sqrt(y_squares), unit)
    if residual > 100 * EPS * np.sqrt(len(coef)) * rounding:
        warn_caller(
            f"The solution misses the optimum: the gradient is {residual:.1e} of that at 0, each column in "
            "its own units. Raise alpha, standardise X, or leave out columns that depend on others.",
            ConvergenceWarning,
        )
    return residual


def relative(residual: NDArray, reference: NDArray) -> float:
    scale = float(np.abs(reference).max(initial=0.0)) or 1.0  # the squares of large numbers overflow
    size = float(np.linalg.norm(reference / scale)) or 1.0
    return float(np.linalg.norm(residual / scale)) / size


def solve_cholesky(problem: RidgeProblem) -> RidgeSolution:
    """(G + α diag d) W = C from shifted block moments, refined from X where it is ill conditioned.

    Falls back on an orthogonal decomposition where the system is singular.
    """
    moments = problem.summed()
    centre = moments.centre(problem.fit_intercept)
    G, C, y_squares = moments.normal_equations(problem.fit_intercept)
    diagonal = G.diagonal().copy()
    coef = np.empty_like(C)
    rcond, steps = 1.0, 0
    size, residual = problem.sizes(diagonal), np.empty_like(C)
    try:
        for alpha, targets in problem.alpha_groups():
            penalty = problem.penalties(alpha)
            np.fill_diagonal(G, diagonal + penalty)
            factor = _Cholesky(G)
            w = factor.solve(C[:, targets])
            with nullcontext() if len(G) <= SMALL else one_blas_thread():  # others would spin on
                residual[:, targets] = C[:, targets] - G @ w
            if problem.X is not None and (factor.rcond < REFINE_BELOW or problem.X.dtype == np.float32):
                gradient = partial(_gradient_from_data, problem, centre, targets, penalty)
                w, taken = _refined(w, factor.solve, gradient, size[:, targets])
                steps, residual[:, targets] = max(steps, taken), gradient(w)
            coef[:, targets] = w
            rcond = min(rcond, factor.rcond)
    except np.linalg.LinAlgError:
        return solve_eigen(problem) if problem.X is None else solve_svd(replace(problem, moments=moments))
    report = SolutionReport("cholesky", 1 / rcond, steps, certified(residual, C, size, coef, y_squares))
    return RidgeSolution(coef, centre.intercept(coef), report)


def _gradient_from_data(
    problem: RidgeProblem, centre: Centre, targets: Any, penalty: NDArray, w: NDArray
) -> NDArray:
    """Xc'W(Yc − Xc w) − α d w with every residual from the data, in float64."""
    theta = np.vstack([w, centre.y_rest[targets] - centre.x_rest @ w])
    total = residual_sums(problem, theta, centre.x_shift, centre.y_shift, targets)
    return total[:-1] - np.outer(centre.x_rest, total[-1]) - penalty[:, None] * w


def _refined(
    w: NDArray,
    solve: Callable[[NDArray], NDArray],
    gradient: Callable[[NDArray], NDArray],
    size: NDArray | float = 1.0,
) -> tuple[NDArray, int]:
    """Iterative refinement w += A⁻¹ r(w) until a step changes nothing; LinAlgError if it stalls early.

    Changes are measured in the columns' units.
    """
    last = np.inf
    for step in range(1, MAX_REFINEMENTS + 1):
        change = solve(gradient(w))
        distance = float(np.abs(change * size).max())
        scale = float(np.abs(w * size).max())
        if distance > last / 2:
            if last > 1e-6 * scale:
                raise np.linalg.LinAlgError("refinement does not converge")
            return w, step
        w = w + change
        if distance <= 4 * EPS * scale:
            return w, step
        last = distance
    return w, MAX_REFINEMENTS


def solve_eigen(problem: RidgeProblem) -> RidgeSolution:
    """The eigenvalues of the moments alone: the least-norm optimum of a singular stream."""
    moments = problem.summed()
    G, C, y_squares = moments.normal_equations(problem.fit_intercept)
    size = np.sqrt(G.diagonal())
    size[size == 0] = 1.0
    values, vectors = np.linalg.eigh(G / np.multiply.outer(size, size))
    kept = above_rounding(values, len(G))
    root = np.sqrt(values[kept])[:, None]
    R, Q_Y = root * vectors[:, kept].T * size, vectors[:, kept].T @ (C / size[:, None]) / root
    coef, condition = _by_triangle(problem, R, Q_Y, len(G))
    residual = C - G @ coef - problem.penalty_matrix() * coef
    residual = certified(residual, C, problem.sizes(G.diagonal()), coef, y_squares)
    report = SolutionReport("eigen", condition, 0, residual)
    return RidgeSolution(coef, moments.centre(problem.fit_intercept).intercept(coef), report)


def solve_dual(problem: RidgeProblem) -> RidgeSolution:
    """(K + αI) c = √w Yc with K = √w Xc D⁻¹ Xc' √w of size n × n; then W = D⁻¹ Xc'√w c."""
    if problem.sample_weight is not None and not problem.sample_weight.all():
        problem = problem.take(problem.sample_weight != 0)
    if not problem.penalised_everywhere:
        return _around_unpenalised(problem)
    kernel = Kernel(problem)
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
        for alpha, targets in problem.alpha_groups():
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
    if rcond < REFINE_BELOW:
        residual = _primal_residual(problem, kernel.root, B, coef)
        if residual > SOUND:
            return solve_svd(problem)
    else:
        residual = relative(B - kernel.K @ dual - problem.alpha * dual, B)
    report = SolutionReport("dual", 1 / rcond, steps, residual)
    return RidgeSolution(coef, y_mean - mean_fit, report)


def _primal_residual(problem: RidgeProblem, root: NDArray, B: NDArray, coef: NDArray) -> float:
    """The residual of a report, from the rows of wide X."""
    A, *_ = centred_rows(problem.X, root, problem.fit_intercept)
    size = problem.sizes(np.einsum("ij,ij->j", A, A))
    gradient = A.T @ (B - A @ coef) - problem.penalty_matrix() * coef
    return relative(gradient / size, A.T @ B / size)


def _around_unpenalised(problem: RidgeProblem) -> RidgeSolution:
    """The unpenalised columns N and the intercept projected out, the kernel of the rest, and then theirs.

    With Q an orthonormal basis of √w [1, N], the penalised W are those of the rows (I − QQ') √w X, and the
    others least squares of what these leave of y.
    """
    factor, fit_intercept = np.asarray(problem.penalty_factor), problem.fit_intercept
    free, shrunk = np.flatnonzero(factor == 0), np.flatnonzero(factor)
    root = np.sqrt(problem.weights)
    A, *x_mean = centred_rows(problem.X, root, fit_intercept)
    B, *y_mean = centred_rows(problem.Y, root, fit_intercept)
    size = column_norms(A[:, free])
    Q, R = np.linalg.qr(A[:, free] / size)
    if not above_rounding(np.abs(R.diagonal()), len(A)).all():  # which of the optima is a matter of the whole
        return solve_cholesky(problem)
    rows, Y = (M - Q @ (Q.T @ M) for M in (A[:, shrunk], B))
    rest = RidgeProblem(rows, Y, None, False, alpha=problem.alpha, penalty_factor=factor[shrunk])
    found = solve_dual(rest)
    coef = np.empty((A.shape[1], B.shape[1]))
    coef[shrunk] = found.coef
    coef[free] = linalg.solve_triangular(R, Q.T @ (B - A[:, shrunk] @ found.coef)) / size[:, None]
    return RidgeSolution(coef, sum(y_mean) - sum(x_mean) @ coef, found.report)


def solve_svd(problem: RidgeProblem) -> RidgeSolution:
    """QR of √w [1, Xc, Yc] in row blocks, then of R with the penalty; where that is singular the SVD."""
    weight, p = problem.sample_weight, problem.X.shape[1]
    shift: Any = np.zeros(p)
    y_shift: Any = np.zeros(len(problem.alpha))
    if problem.fit_intercept and problem.moments is not None:
        shift, y_shift = problem.moments.x_mean, problem.moments.y_mean
    elif problem.fit_intercept:
        shift, y_shift = choose_shift(problem.X, weight), choose_shift(problem.Y, weight)
    R, Q_Y, _, top = centred_triangle(problem, None, shift, y_shift)
    coef, condition = _by_triangle(problem, R, Q_Y, problem.X.shape[0])
    residual = R.T @ (Q_Y - R @ coef) - problem.penalty_matrix() * coef  # R stands for X to the last digits
    size, y_squares = problem.sizes(np.einsum("ij,ij->j", R, R)), np.einsum("ij,ij->j", Q_Y, Q_Y)
    residual = certified(residual, R.T @ Q_Y, size, coef, y_squares)
    report = SolutionReport("svd", condition, 0, residual)
    intercept = np.zeros(Q_Y.shape[1])
    if problem.fit_intercept:  # from the first row, that of the column √w
        rest = (top[1 + p :] - top[1 : 1 + p] @ coef) / top[0]
        intercept = y_shift + rest - shift @ coef
    return RidgeSolution(coef, intercept, report)


def _by_rows(problem: RidgeProblem, A: NDArray, Q_Y: NDArray, n_rows: int) -> tuple[NDArray, float]:
    """min ‖A u − q‖² + α‖u‖² for A = Q S', α > 0, by the QR of S above √α I: nothing is squared.

    With S = P T and √α I = N T, u = P T⁻' Q'q. Pivots and rows in falling order keep every column's digits.
    """
    Q, S = ranked(A, n_rows)
    p, rank = S.shape
    u, rcond = np.zeros((p, Q_Y.shape[1])), 1.0
    for alpha, targets in problem.alpha_groups():
        stacked = np.vstack([S, np.sqrt(alpha) * np.eye(rank)])
        order, P = largest_first(stacked), np.empty_like(stacked)
        with one_scipy_blas_thread():
            P[order], T, pivots = linalg.qr(stacked[order], mode="economic", pivoting=True)
        q = Q[:, :rank].T @ Q_Y[:, targets]
        u[:, targets] = P[:p] @ linalg.solve_triangular(T, q[pivots], trans=1)
        share = np.abs(T.diagonal()) / column_norms(T)
        rcond = min(rcond, float(share.min(initial=1.0)))
    return u, squared_ratio(1.0, rcond)


def _by_triangle(problem: RidgeProblem, R: NDArray, Q_Y: NDArray, n_rows: int) -> tuple[NDArray, float]:
    """W = D V s/(s² + α) U'q with R D = U diag(s) V', D = 1/√d: of least ‖√d w‖ where α is 0."""
    scale = problem.column_scale()
    if scale is None:
        return _by_qr(problem, R, Q_Y)
    if problem.alpha.all():
        u, condition = _by_rows(problem, R * scale, Q_Y, n_rows)
        return scale[:, None] * u, condition
    U, s, V, _ = graded_svd(R * scale, n_rows)
    shrink = 1 / (s[:, None] + problem.alpha / s[:, None])
    return scale[:, None] * (V @ ((U.T @ Q_Y) * shrink)), squared_ratio(s[0], s[-1]) if len(s) else 1.0


def _by_qr(problem: RidgeProblem, R: NDArray, Q_Y: NDArray) -> tuple[NDArray, float]:
    """min ‖R w − q‖² + ‖√(α d) w‖² where some d are 0: QR of both parts, one below the other."""
    coef, condition = np.empty((R.shape[1], Q_Y.shape[1])), 1.0
    for alpha, targets in problem.alpha_groups():
        stacked = np.vstack([R, np.diag(np.sqrt(problem.penalties(alpha)))])
        rhs = np.vstack([Q_Y[:, targets], np.zeros((R.shape[1], Q_Y[:, targets].shape[1]))])
        order, size = largest_first(stacked), column_norms(stacked)
        Q, T, pivots = linalg.qr((stacked / size)[order], mode="economic", pivoting=True)
        rank = int(np.count_nonzero(above_rounding(np.abs(T.diagonal()), len(stacked))))
        w = np.zeros_like(coef[:, targets])
        w[pivots[:rank]] = linalg.solve_triangular(T[:rank, :rank], Q[:, :rank].T @ rhs[order])
        null = np.eye(len(w))[:, pivots[rank:]]
        null[pivots[:rank]] = -linalg.solve_triangular(T[:rank, :rank], T[:rank, rank:])
        w, null = w / size[:, None], null / size[:, None]
        if rank < len(w):
            w = _least_penalty(w, null, problem.penalties(1.0) if alpha == 0 else np.ones(len(w)))
            gap = Q[:, :rank].T @ (rhs - stacked @ w)[order]  # columns of many sizes have cost digits
            change = linalg.solve_triangular(T[:rank, :rank], gap)
            w[pivots[:rank]] += change / size[pivots[:rank], None]
        coef[:, targets] = w
        condition = max(condition, squared_ratio(1.0, float(np.abs(T[rank - 1, rank - 1]))) if rank else 1.0)
    return coef, condition


def _least_penalty(w: NDArray, null: NDArray, factors: NDArray) -> NDArray:
    """Of the optima w + null z the one with the least ‖√d w‖, and of these that of least ‖w‖."""
    null = np.linalg.qr(null)[0]
    for root in (np.sqrt(factors), np.ones_like(factors)):
        U, s, Vt = np.linalg.svd(root[:, None] * null)
        kept = int(np.count_nonzero(s > 1e-10 * root.max(initial=0.0)))
        z = Vt[:kept].T @ ((U[:, :kept].T @ (root[:, None] * w)) / s[:kept, None])
        w, null = w - null @ z, null @ Vt[kept:].T
    return w


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
        return "cholesky" if problem.X.shape[1] <= DIRECT_COLUMNS else "cg"
    if solver == "svd":
        return "svd"
    n, p = problem.X.shape
    wide = n < p and problem.moments is None
    n_free = 0 if problem.penalty_factor is None else int(np.count_nonzero(problem.penalty_factor == 0))
    return "dual" if wide and (n_free == 0 or (2 * n_free < n and problem.alpha.all())) else "cholesky"
