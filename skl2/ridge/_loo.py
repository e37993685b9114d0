"""Decomposed data with their rows: leave-one-out errors and refined coefficients for every alpha."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from scipy import sparse
from scipy.linalg import solve_triangular

from skl2._threads import one_blas_thread, thread_map
from skl2._typing import NDArray
from skl2.ridge._kernel import centred_data, centred_rows, may_densify
from skl2.ridge._moments import Moments, moments_of, require_finite
from skl2.ridge._path import DualPath, Path, PrimalPath, dual_from_kernel, paths_from_svd, tall_path
from skl2.ridge._problem import RidgeProblem, certified, penalty_matrix, sizes
from skl2.ridge._rows import block_rows, largest_first, weights_of
from skl2.ridge._solvers import solve_cholesky, solve_svd
from skl2.ridge._spectrum import EPS

LOO_NUMBERS = 1_000_000  # of a block of alphas, for all targets
COEF_TARGETS = 32  # whose coefficients are found at a time
LEVERAGE_LEFT = 1e-3  # 1 − h below which it has lost too many digits to be divided by
Result = TypeVar("Result")


@dataclass(slots=True)
class TallData:
    """A path with the rows it came from: what leave-one-out errors need."""

    path: PrimalPath
    X: Any
    Y: NDArray
    sample_weight: NDArray | None
    moments: Any = None  # the Moments of all rows of the path, for what is asked of all
    use_svd: bool = False

    @property
    def x_squares(self) -> NDArray:
        """The sums of squares of A's columns."""
        return self.moments.column_squares(bool(self.path.n_unpenalised))

    def coef(self, alpha: NDArray) -> NDArray:
        """Coefficients (n_targets, n_features) by the solvers, which heed the scale of each column."""
        alphas = np.broadcast_to(alpha, self.Y.shape[1])
        fit_intercept = bool(self.path.n_unpenalised)
        weight, moments = self.sample_weight, self.moments
        problem = RidgeProblem(self.X, self.Y, alphas, weight, fit_intercept, moments=moments)
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
        path, centre, (n, t) = self.path, self.path.centre, self.Y.shape
        with one_blas_thread():  # others would spin on beside those that follow
            P, Q = low_rank(path.shrunk(alphas) * (path.eigenvalues[:, None] + alphas.min()))
            least, basis = path.shrunk(alphas.min()), centre.through(path.basis)
        fits = ((path.projections * least)[:, :, None] * P[:, None, :]).reshape(len(P), -1)
        squares = least * P
        curves, smallest = np.vstack([-Q, np.ones(len(alphas))]), alphas.argmin()
        size = max(64, min(block_rows(self.X.shape[1]), 4_000_000 // (t * len(alphas))))

        def part(rows: slice) -> tuple[list[Result], list[NDArray]]:
            results, decisive = [], []
            for where, A, B in centre.blocks(self.X, self.Y, self.sample_weight, rows, size):
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
        X, Y, weight, fit_intercept = self.X, self.Y, self.sample_weight, bool(self.path.n_unpenalised)
        if 2 * len(rows) > len(Y):
            return wide_data(X, Y, weight, fit_intercept, alphas.min(), True).loo_errors(alphas)[rows]
        others = np.delete(np.arange(len(Y)), rows)
        apart = X[rows], Y[rows], None if weight is None else weight[rows]
        return errors_given_others(X, Y, weight, others, fit_intercept, alphas, apart)


def low_rank(A: NDArray) -> tuple[NDArray, NDArray]:
    """P and Q of A = P Q to the last digits of its largest entries, with as few columns as that takes."""
    U, s, Q = np.linalg.svd(A, full_matrices=False)
    kept = s > EPS * s[0]
    return U[:, kept] * s[kept], Q[kept]


def errors_given_others(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None,
    others: Any,
    fit_intercept: bool,
    alphas: NDArray,
    apart: tuple[Any, NDArray, NDArray | None],
) -> NDArray:
    """Leave-one-out errors (n_rows, n_targets, n_alphas) times √w of few rows set apart from all others.

    Given the others, their B has the mean Z W and the covariance K + I, K = Z (Λ + α)⁻¹ Z'
    (and the variance of the intercept): the same problem again in its dual form, in which
    e_i = [(K + I)⁻¹ (B − Z W)]_i / [(K + I)⁻¹]_ii.
    """
    moments = moments_of(X, Y, sample_weight, fit_intercept, others, np.float64)
    path = tall_path(X, Y, sample_weight, fit_intercept, alphas.min(), moments, others)
    ((_, A, B),) = path.centre.blocks(*apart, size=len(apart[1]))
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
    X: Any
    Y: NDArray
    sample_weight: NDArray | None
    x_squares: NDArray

    def coef(self, alpha: NDArray) -> NDArray:
        """Coefficients (n_targets, n_features), refined by the rows, or by the solver without squares."""
        n_targets = self.Y.shape[1]
        alphas = np.broadcast_to(alpha, n_targets)
        if self.path is not self.dual:
            X = self.X.toarray() if sparse.issparse(self.X) else self.X
            problem = RidgeProblem(X, self.Y, alphas, self.sample_weight, bool(self.path.n_unpenalised))
            return solve_svd(problem).coef.T
        coef = np.empty((n_targets, self.X.shape[1]))
        for start in range(0, n_targets, COEF_TARGETS):
            block = slice(start, start + COEF_TARGETS)
            coef[block] = self._refined(block, alphas[block])
        if not self.path.squared:  # a sparse X too large for a way without squares
            self._certify(coef.T, alphas)
        return coef

    def _certify(self, coef: NDArray, alphas: NDArray) -> None:
        """Warn where the gradient is not that of an optimum."""
        A, B, fit_intercept = self.dual.rows, self._targets(slice(None)), bool(self.path.n_unpenalised)
        problem = RidgeProblem(self.X, self.Y, alphas, self.sample_weight, fit_intercept)
        gradient = A.T @ (B - A @ coef) - penalty_matrix(problem) * coef
        y_squares = np.einsum("ij,ij->j", B, B)
        certified(gradient, A.T @ B, sizes(self.x_squares, problem), coef, y_squares)

    def _targets(self, which: slice) -> NDArray:
        """B of some targets."""
        root = np.sqrt(weights_of(self.sample_weight, len(self.Y)))
        B: NDArray = centred_rows(self.Y[:, which], root, bool(self.path.n_unpenalised))[0]
        return B

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
        rest, weight = np.delete(np.arange(len(self.Y)), row), self.sample_weight
        others = None if weight is None else weight[rest]
        path = wide_data(
            self.X[rest], self.Y[rest], others, bool(self.path.n_unpenalised), alphas.min(), True
        ).path
        x = self.X[[row]]
        x = x.toarray() if sparse.issparse(x) else x  # centred before it is multiplied, for all digits
        error = self.Y[row, :, None] - path.predict(x, alphas)[0]
        return error if weight is None else np.sqrt(weight[row]) * error


def wide_data(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None,
    fit_intercept: bool,
    min_alpha: float,
    use_svd: bool = False,
) -> WideData:
    """Decompose data with at most as many rows as columns; every weight must be positive."""
    data = centred_data(X, Y, sample_weight, fit_intercept, use_svd)
    path: Path
    if not (use_svd and data.is_dense):
        path = dual = dual_from_kernel(data.kernel(), data, squared=may_densify(X))
        use_svd = not path.resolves(min_alpha)
        if use_svd:
            data = centred_data(X, Y, sample_weight, fit_intercept, exact=True)
    if use_svd and data.is_dense:
        dual, path = paths_from_svd(data)
    return WideData(dual, path, X, Y, sample_weight, data.column_squares())


def decompose(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None,
    fit_intercept: bool,
    min_alpha: float,
    use_svd: bool = False,
    moments: Moments | None = None,
) -> TallData | WideData:
    """The decomposition that suits the shape: A'A, or AA' where it is not larger; the SVD where they fail."""
    if X.shape[0] - int(fit_intercept) <= X.shape[1]:
        return wide_data(X, Y, sample_weight, fit_intercept, min_alpha, use_svd)
    if moments is None:
        moments = moments_of(X, Y, sample_weight, fit_intercept, dtype=np.float64)
        require_finite(X, 0.0, moments.y_squares)
    elif not fit_intercept:
        moments = moments.about(np.zeros_like(moments.shift), np.zeros_like(moments.y_shift))
    path = tall_path(X, Y, sample_weight, fit_intercept, min_alpha, moments, use_svd=use_svd)
    return TallData(path, X, Y, sample_weight, moments, use_svd)
