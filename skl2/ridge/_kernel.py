"""The wide twin of moments: products AA' of the rows, centred and weighted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from skl2._threads import thread_map
from skl2._typing import NDArray
from skl2.ridge._moments import BLOCK_BYTES, SHIFT_SLACK, choose_shift, sum_of
from skl2.ridge._problem import RidgeProblem, require_finite_sums

DENSE_SIZE = 50_000_000  # numbers in a sparse X that may be made dense for the sake of accuracy


class Kernel:
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
        self.shift: NDArray | None = None
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

    def _sum_of_squares(self) -> NDArray:
        """√w Σ ZZ' √w."""

        def part(columns: slice) -> NDArray:
            with np.errstate(invalid="ignore", over="ignore"):  # threads do not inherit it
                return sum_of(Z @ Z.T for _, Z in self._blocks(columns))

        total = thread_map(part, _column_ranges(self.problem.X), sum_of)
        require_finite_sums(self.problem, total.diagonal())
        if self.problem.sample_weight is not None:
            total *= np.multiply.outer(self.root, self.root)
        return total

    def _blocks(self, columns: slice) -> Iterator[tuple[slice, NDArray]]:
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

    def centred(self, c: NDArray) -> NDArray:
        """c without its component along √w, which belongs to the intercept."""
        return c - np.multiply.outer(self.null, self.null @ c) if self.problem.fit_intercept else c

    def product(self, c: NDArray) -> NDArray:
        """K c from X itself, for residuals of full precision."""
        weighted = self.root[:, None] * self.centred(c)

        def part(columns: slice) -> NDArray:
            return sum_of(Z @ (Z.T @ weighted) for _, Z in self._blocks(columns))

        return self.centred(self.root[:, None] * thread_map(part, _column_ranges(self.problem.X), sum_of))

    def primal(self, dual: NDArray) -> tuple[NDArray, NDArray]:
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


def _column_ranges(X: NDArray) -> list[slice]:
    n, p = X.shape
    n_ranges = 1 if n * n * p < 4_000_000 else 2 if p < 8 * n else 4
    edges = np.linspace(0, p, n_ranges + 1).astype(int)
    return [slice(a, b) for a, b in pairwise(edges)]


def may_densify(X: Any) -> bool:
    """Whether X is dense already, or small enough to be made so."""
    return not sparse.issparse(X) or X.shape[0] * X.shape[1] <= DENSE_SIZE


def centred_rows(X: NDArray, root: NDArray, fit_intercept: bool) -> tuple[NDArray, Any, Any]:
    """A = √w (X − μ) in float64, and μ as a rounded mean and what was left of it."""
    shift, rest = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    if fit_intercept:
        shift = X.mean(axis=0, dtype=np.float64)
    A = np.subtract(X, shift)
    if fit_intercept:
        rest = (root**2 / (root @ root)) @ A
        A -= rest
    if not np.all(root == 1.0):
        A *= root[:, None]
    return A, shift, rest


class CentredRows(LinearOperator):
    """A = √w (X − μ) of a sparse X that is too large to be made dense, as an operator."""

    def __init__(self, X: Any, root: NDArray, fit_intercept: bool):
        super().__init__(np.float64, X.shape)
        self.X, self.root, self.mean = X.astype(np.float64), root, np.zeros(X.shape[1])
        if fit_intercept:
            self.mean = self.X.T @ root**2 / (root @ root)

    def _matmat(self, M: NDArray) -> NDArray:
        return self.root[:, None] * (self.X @ M - self.mean @ M)

    def _rmatmat(self, M: NDArray) -> NDArray:
        M = self.root[:, None] * M
        return self.X.T @ M - np.multiply.outer(self.mean, M.sum(axis=0))

    def _rmatvec(self, v: NDArray) -> NDArray:
        return self._rmatmat(v.reshape(-1, 1)).ravel()  # SciPy before 1.16 does not derive it

    def column_squares(self) -> NDArray:
        """The sums of squares of A's columns."""
        weight = self.root**2
        return np.maximum(self.X.multiply(self.X).T @ weight - weight.sum() * self.mean**2, 0.0)

    def gram(self) -> NDArray:
        """AA', without a dense A."""
        along = self.X @ self.mean
        K = (self.X @ self.X.T).toarray() - along - along[:, None] + self.mean @ self.mean
        return K * np.multiply.outer(self.root, self.root)


def near_the_origin(X: Any) -> bool:
    """Whether no column of a sparse X has a mean large against its spread: then no product cancels."""
    with np.errstate(over="ignore"):
        squares = np.asarray(X.multiply(X).sum(axis=0)).ravel()
        means = np.asarray(X.mean(axis=0, dtype=np.float64)).ravel()
        return bool(np.isfinite(squares).all() and (X.shape[0] * means**2 <= 0.9 * squares).all())


def wide_rows(X: Any, root: NDArray, fit_intercept: bool, exact: bool = False) -> tuple[Any, Any, Any]:
    """A, and the mean in two parts. A sparse X stays so where that costs no digits, or more than there is."""
    if sparse.issparse(X) and not (may_densify(X) and (exact or not near_the_origin(X))):
        implicit = CentredRows(X, root, fit_intercept)
        return implicit, implicit.mean, np.zeros_like(implicit.mean)
    return centred_rows(X.toarray() if sparse.issparse(X) else X, root, fit_intercept)


def kernel_of(A: Any) -> NDArray:
    """AA' of what `wide_rows` gives."""
    with np.errstate(over="ignore", invalid="ignore"):
        return A.gram() if isinstance(A, CentredRows) else A @ A.T
