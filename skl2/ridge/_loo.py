"""Decomposed data with their rows: leave-one-out errors and coefficients for every alpha, or for a few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from scipy import sparse
from scipy.linalg import lapack, solve_triangular

from skl2._threads import one_blas_thread, thread_map
from skl2._typing import NDArray
from skl2.ridge._kernel import centred_data, centred_rows, may_densify
from skl2.ridge._moments import moments_of
from skl2.ridge._path import (
    ILL_CONDITIONED,
    DualPath,
    Path,
    PrimalPath,
    dual_from_kernel,
    paths_from_svd,
    tall_path,
)
from skl2.ridge._problem import RidgeProblem
from skl2.ridge._rows import Data, block_rows, largest_first
from skl2.ridge._solvers import certified, solve_cholesky, solve_svd
from skl2.ridge._spectrum import EPS

LOO_NUMBERS = 1_000_000  # of a block of alphas, for all targets
COEF_TARGETS = 32  # whose coefficients are found at a time
FEW_ALPHAS = 6  # for which a factor each is quicker than eigenvalues
MANY_ROWS = 300  # with fewer the eigenvalues take no time
LEVERAGE_LEFT = 1e-3  # 1 − h below which it has lost too many digits to be divided by
Result = TypeVar("Result")


@dataclass(slots=True)
class TallData:
    """A path with the rows it came from: what leave-one-out errors need."""

    path: PrimalPath
    data: Data
    moments: Any = None  # the Moments of all rows of the path, for what is asked of all
    use_svd: bool = False

    @property
    def x_squares(self) -> NDArray:
        """The sums of squares of A's columns."""
        return self.moments.normal_equations(self.data.fit_intercept)[0].diagonal()

    def coef(self, alpha: NDArray) -> NDArray:
        """Coefficients (n_targets, n_features) by the solvers, which heed the scale of each column."""
        alphas = np.broadcast_to(alpha, self.data.Y.shape[1])
        problem = RidgeProblem(**vars(self.data), alpha=alphas, moments=self.moments)
        return (solve_svd if self.use_svd else solve_cholesky)(problem).coef.T

    def map_loo(self, alphas: NDArray, reduce: Callable[[Any, NDArray], Result]) -> list[Result]:
        """Apply `reduce` to blocks of leave-one-out errors, each (rows, n_targets, n_alphas) times √w.

        Rows without which the others say nothing about some direction come last, in a block of their
        own; they are 0 before.
        """
        results, rows = self.map_ordinary(alphas, reduce)
        if len(rows):
            results.append(reduce(rows, self._errors_of_decisive(rows, alphas)))
        return results

    def map_ordinary(
        self, alphas: NDArray, reduce: Callable[[Any, NDArray], Result]
    ) -> tuple[list[Result], NDArray]:
        """The same without those rows, whose errors are 0; and which these are.

        Nothing of the size rows × features or rows × alphas is kept: each block of rows meets the
        eigenvectors once. Curves in α have few dimensions, (λ + α₀)/(λ + α) = P Q for the least α₀, so
        that with z = V'x the rest of a row is short: B − x'W(α) and 1 − h(α) are sums of −Q and 1.
        """
        path, centre, (n, t) = self.path, self.path.centre, self.data.Y.shape
        with one_blas_thread():  # others would spin on beside those that follow
            P, Q = low_rank(path.shrunk(alphas) * (path.eigenvalues[:, None] + alphas.min()))
            least, basis = path.shrunk(alphas.min()), centre.through(path.basis)
        fits = ((path.projections * least)[:, :, None] * P[:, None, :]).reshape(len(P), -1)
        squares = least * P
        curves, smallest = np.vstack([-Q, np.ones(len(alphas))]), alphas.argmin()
        size = max(64, min(block_rows(self.data.X.shape[1]), 4_000_000 // (t * len(alphas))))

        def part(rows: slice) -> tuple[list[Result], list[NDArray]]:
            results, decisive = [], []
            for where, A, B in centre.blocks(self.data, rows, size):
                Z = A @ basis
                short = np.concatenate([(Z @ fits).reshape(*B.shape, -1), B[:, :, None]], axis=2)
                errors = (short.reshape(-1, len(curves)) @ curves).reshape(*B.shape, -1)
                np.multiply(Z, Z, out=Z)
                constant = A[:, -1:] ** 2 * (path.n_unpenalised / path.weight)
                left = np.hstack([Z @ squares, 1.0 - constant]) @ curves
                weak = np.flatnonzero(left[:, smallest] < LEVERAGE_LEFT)
                if len(weak):
                    left[weak], errors[weak] = 1.0, 0.0
                    decisive.append(rows.start + where.start + weak)
                errors /= left[:, None, :]
                results.append(reduce(slice(rows.start + where.start, rows.start + where.stop), errors))
            return results, decisive

        n_parts = 8 if n * len(P) > 200_000 else 1
        edges = np.linspace(0, n, min(n, n_parts) + 1).astype(int)
        parts = thread_map(part, [slice(a, b) for a, b in pairwise(edges)])
        results = [result for found, _ in parts for result in found]
        return results, np.concatenate([np.empty(0, int), *(rows for _, found in parts for rows in found)])

    def _errors_of_decisive(self, rows: NDArray, alphas: NDArray) -> NDArray:
        """Leave-one-out errors of rows whose 1 − h cancels, from the path of the others if these are more."""
        if 2 * len(rows) > len(self.data.Y):
            return wide_data(self.data, alphas.min(), use_svd=True).loo_errors(alphas)[rows]
        others = np.delete(np.arange(len(self.data.Y)), rows)
        return errors_given_others(self.data, others, alphas, self.data.take(rows))


def low_rank(A: NDArray) -> tuple[NDArray, NDArray]:
    """P and Q of A = P Q to the last digits of its largest entries, with as few columns as that takes."""
    U, s, Q = np.linalg.svd(A, full_matrices=False)
    kept = s > EPS * s[0]
    return U[:, kept] * s[kept], Q[kept]


def errors_given_others(data: Data, others: Any, alphas: NDArray, apart: Data) -> NDArray:
    """Leave-one-out errors (n_rows, n_targets, n_alphas) times √w of few rows set apart from all others.

    Given the others, their B has the mean Z W and the covariance K + I, K = Z (Λ + α)⁻¹ Z'
    (and the variance of the intercept): the same problem again in its dual form, in which
    e_i = [(K + I)⁻¹ (B − Z W)]_i / [(K + I)⁻¹]_ii.
    """
    path = tall_path(data, moments_of(data, others, np.float64), alphas.min(), others)
    ((_, A, B),) = path.centre.blocks(apart, size=len(apart.Y))
    Z, root = A @ path.centre.through(path.basis), A[:, -1]
    fixed = np.vstack([np.eye(len(Z)), root * np.sqrt(path.n_unpenalised / path.weight)])
    errors = np.empty((*B.shape, len(alphas)))
    for j, inverse in enumerate(path.shrunk(alphas).T):
        stacked = np.vstack([(Z * np.sqrt(inverse)).T, fixed])  # its square is K + I
        T = np.linalg.qr(stacked[largest_first(stacked)], mode="r")
        inverse_T = solve_triangular(T, np.eye(len(Z)))
        residual = B - Z @ (path.projections * inverse[:, None])
        precise = inverse_T @ (inverse_T.T @ residual)
        errors[:, :, j] = precise / np.einsum("ij,ij->i", inverse_T, inverse_T)[:, None]
    return errors


@dataclass(slots=True)
class WideData:
    """A dual decomposition with the path and the rows: leave-one-out errors at once for all rows."""

    dual: DualPath
    path: Path
    data: Data
    x_squares: NDArray

    def coef(self, alpha: NDArray) -> NDArray:
        """Coefficients (n_targets, n_features), refined by the rows, or by the solver without squares."""
        data, n_targets = self.data, self.data.Y.shape[1]
        alphas = np.broadcast_to(alpha, n_targets)
        if self.path is not self.dual:
            data = replace(data, X=data.X.toarray()) if sparse.issparse(data.X) else data
            return solve_svd(RidgeProblem(**vars(data), alpha=alphas)).coef.T
        coef = np.empty((n_targets, data.X.shape[1]))
        for start in range(0, n_targets, COEF_TARGETS):
            block = slice(start, start + COEF_TARGETS)
            coef[block] = self._refined(block, alphas[block])
        if not self.path.squared:  # a sparse X too large for a way without squares
            self._certify(coef.T, alphas)
        return coef

    def _certify(self, coef: NDArray, alphas: NDArray) -> None:
        """Warn where the gradient is not that of an optimum."""
        A, B = self.dual.rows, self._targets(slice(None))
        problem = RidgeProblem(**vars(self.data), alpha=alphas)
        gradient = A.T @ (B - A @ coef) - problem.penalty_matrix() * coef
        y_squares = np.einsum("ij,ij->j", B, B)
        certified(gradient, A.T @ B, problem.sizes(self.x_squares), coef, y_squares)

    def _targets(self, which: slice) -> NDArray:
        """B of some targets."""
        root = np.sqrt(self.data.weights)
        return centred_rows(self.data.Y[:, which], root, self.data.fit_intercept)[0]

    def _refined(self, targets: slice, alpha: NDArray) -> NDArray:
        """The coefficients of some targets."""
        path, B = self.dual, self._targets(targets)
        U, A, inverse = path.U, path.rows, path.shrunk(alpha)
        dual = U @ (path.inside[:, targets] * inverse)
        coef = A.T @ dual
        for _ in range(2):
            residual = B - A @ coef - alpha * dual
            dual += U @ (U.T @ residual * inverse)
            coef = A.T @ dual
        return coef.T

    def map_loo(self, alphas: NDArray, reduce: Callable[[Any, NDArray], Result]) -> list[Result]:
        """Apply `reduce` to the leave-one-out errors (n_samples, n_targets, n_alphas) times √w."""
        errors = self.loo_errors(alphas)
        return [reduce(slice(0, len(errors)), errors)]

    def loo_errors(self, alphas: NDArray) -> NDArray:
        """Leave-one-out errors (n_samples, n_targets, n_alphas) times √w."""
        errors = self.dual.loo_errors(alphas)
        for row in self.dual.decisive_rows(alphas.min()):
            errors[row] = self._error_of_refit(row, alphas)
        return errors

    def _error_of_refit(self, row: int, alphas: NDArray) -> NDArray:
        """The leave-one-out error (n_targets, n_alphas) of a row, times its √w, from the others alone."""
        data = self.data
        rest = data.take(np.delete(np.arange(len(data.Y)), row))
        path = wide_data(rest, alphas.min(), use_svd=True).path
        x = data.X[[row]]
        x = x.toarray() if sparse.issparse(x) else x  # centred before it is multiplied, for all digits
        error = data.Y[row, :, None] - path.predict(x, alphas)[0]
        return error if data.sample_weight is None else np.sqrt(data.sample_weight[row]) * error


def wide_data(data: Data, min_alpha: float, use_svd: bool = False) -> WideData:
    """Decompose data with at most as many rows as columns; every weight must be positive."""
    centred = centred_data(data, use_svd)
    path: Path
    if not (use_svd and centred.is_dense):
        path = dual = dual_from_kernel(centred.kernel(), centred, squared=may_densify(data.X))
        use_svd = not path.resolves(min_alpha)
        if use_svd:
            centred = centred_data(data, exact=True)
    if use_svd and centred.is_dense:
        dual, path = paths_from_svd(centred)
    return WideData(dual, path, data, centred.column_squares())


class DualFactors:
    """Wide data for a few alphas: a Cholesky factor for each, in place of eigenvalues; no weight may be 0.

    With K = AA', its null direction √w filled where there is an intercept, and C = (K + αI)⁻¹ = L⁻ᵀL⁻¹:

        c = C B        W = A'c        e_i = c_i / C_ii        dof = n − α tr C

    for n³/3 of the factor and as much of its inverse, where the eigenvalues that serve every α cost about
    ten times as much.
    """

    def __init__(self, data: Data) -> None:
        centred = centred_data(data)
        self.A, self.B, self.centre, self.K = centred.A, centred.B, centred.centre, centred.kernel()
        centred.require_finite(self.K)
        self.size = max(float(np.trace(self.K)), 0.0)  # below it where everything has cancelled
        self.filled = centred.root * (np.sqrt(self.size) / np.linalg.norm(centred.root) * data.fit_intercept)
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


def factors_of(data: Data, alphas: NDArray) -> DualFactors | None:
    """The factors, where they are quicker than a decomposition and as right."""
    n, p = data.X.shape
    if len(alphas) > FEW_ALPHAS or not MANY_ROWS <= n <= p:
        return None
    factors = DualFactors(data)
    return factors if factors.resolves(float(alphas.min())) else None
