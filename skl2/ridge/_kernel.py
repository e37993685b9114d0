"""The wide twin of moments: products AA' of the rows, centred and weighted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from skl2._threads import thread_map
from skl2._typing import NDArray
from skl2.ridge._moments import require_finite
from skl2.ridge._problem import RidgeProblem
from skl2.ridge._rows import BLOCK_BYTES, SHIFT_SLACK, Centre, Data, choose_shift, sum_of
from skl2.ridge._spectrum import EPS

SHARED = 0.05  # share of the rows in which a sparse column has entries from which it is better dense
DENSE_SIZE = 50_000_000  # numbers in a sparse X that may be made dense for the sake of accuracy


class Kernel:
    """K = √w Xc D⁻¹ Xc' √w from blocks of columns Z = (x − s)/√d.

    K is the sum of √w ZZ' √w without its component along √w, so Z need not be centred exactly.
    s is a rough mean where that is large against the spread, and otherwise nothing: X is used
    where it lies.
    """

    def __init__(self, problem: RidgeProblem):
        self.problem = problem
        self.root = np.sqrt(problem.weights)
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
        total = self._sum(lambda Z: Z @ Z.T)
        require_finite(self.problem.X, total.diagonal())
        if self.problem.sample_weight is not None:
            total *= np.multiply.outer(self.root, self.root)
        return total

    def _sum(self, term: Callable[[NDArray], NDArray]) -> NDArray:
        """Σ of a term of every Z."""

        def part(columns: slice) -> NDArray:
            return sum_of(term(Z) for _, Z in self._blocks(columns))

        return thread_map(part, _column_ranges(self.problem.X), sum_of)

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
        return self.centred(self.root[:, None] * self._sum(lambda Z: Z @ (Z.T @ weighted)))

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
    """A = √w (X − μ) without a centred copy: the zeros of a sparse X stay zeros.

    Weights of several columns are as many A, one for each column that they meet.
    """

    def __init__(self, X: Any, weight: NDArray, fit_intercept: bool):
        super().__init__(np.float64, X.shape)
        self.X = X.astype(np.float64, copy=False)
        self.transposed = self.X.T  # of a sparse X no copy, but slow to come by
        self.weight = weight if weight.ndim == 2 else weight[:, None]
        self.share = self.weight / self.weight.sum(axis=0) * fit_intercept
        self.mean = by_columns(self.transposed, self.share)

    def centred(self, V: NDArray) -> NDArray:
        """(X − μ) V."""
        return by_columns(self.X, V) - np.einsum("pc,pc->c", np.broadcast_to(self.mean, V.shape), V)

    def summed(self, R: NDArray) -> NDArray:
        """(X − μ)'w R."""
        return self._sum(self.weight * R)

    def _sum(self, R: NDArray) -> NDArray:
        return by_columns(self.transposed, R - self.share * R.sum(axis=0))

    def _matmat(self, M: NDArray) -> NDArray:
        return np.sqrt(self.weight) * self.centred(M)

    def _rmatmat(self, M: NDArray) -> NDArray:
        return self._sum(np.sqrt(self.weight) * M)

    def _rmatvec(self, v: NDArray) -> NDArray:
        return self._rmatmat(v.reshape(-1, 1)).ravel()  # SciPy before 1.16 does not derive it

    def column_squares(self) -> NDArray:
        """The sums of squares of A's columns; 0 for constant ones, of which rounding error is left."""
        weight = self.weight[:, 0]
        squares = (self.X.power(2) if sparse.issparse(self.X) else self.X**2).T @ weight
        centred = squares - weight.sum() * self.mean[:, 0] ** 2
        return np.where(centred <= 8 * EPS * squares, 0.0, centred)

    def gram(self) -> NDArray:
        """AA', without a dense A."""
        mean, root = self.mean[:, 0], np.sqrt(self.weight[:, 0])
        along = self.X @ mean
        K = product_of_rows(self.X)
        K -= along
        K -= along[:, None] - mean @ mean
        return K if (root == 1.0).all() else K * np.multiply.outer(root, root)


def product_of_rows(X: Any) -> NDArray:
    """XX' of a sparse X: the columns that many rows share, such as common words, are multiplied densely."""
    shared = np.bincount(X.indices, minlength=X.shape[1]) > SHARED * X.shape[0]
    dense, rest = X[:, shared].toarray(), X[:, ~shared]
    K: NDArray = (rest @ rest.T).toarray()
    K += dense @ dense.T
    return K


def by_columns(X: Any, V: NDArray) -> NDArray:
    """X V one column after the other, each of them contiguous: SciPy is no quicker with several at once."""
    product = np.empty((X.shape[0], V.shape[1]), order="F")
    for j, v in enumerate(np.asfortranarray(V).T):
        product[:, j] = X @ v
    return product


def near_the_origin(X: Any) -> bool:
    """Whether no column of a sparse X has a mean large against its spread: then no product cancels."""
    with np.errstate(over="ignore"):
        squares = np.asarray(X.power(2).sum(axis=0)).ravel()
        means = np.asarray(X.mean(axis=0, dtype=np.float64)).ravel()
        return bool(np.isfinite(squares).all() and (X.shape[0] * means**2 <= 0.9 * squares).all())


@dataclass
class CentredData:
    """A = √w (X − μ), B = √w (Y − ν) of wide data whose rows all have a weight, and their centre."""

    A: Any
    B: NDArray
    root: NDArray
    centre: Centre
    fit_intercept: bool

    @property
    def is_dense(self) -> bool:
        return isinstance(self.A, np.ndarray)

    @property
    def constant(self) -> NDArray:
        """√w as a unit vector: the direction of the intercept, in which A and B have no part."""
        return self.root / np.sqrt(self.root @ self.root)

    def column_squares(self) -> NDArray:
        """The sums of squares of A's columns."""
        return np.einsum("ij,ij->j", self.A, self.A) if self.is_dense else self.A.column_squares()

    def kernel(self) -> NDArray:
        """AA'."""
        return self.A @ self.A.T if self.is_dense else self.A.gram()

    def require_finite(self, kernel: NDArray) -> None:
        """Raise where squares of rows overflow: those of X are the diagonal of the kernel."""
        require_finite(None, kernel.diagonal(), np.einsum("ij,ij->j", self.B, self.B))


def centred_data(data: Data, exact: bool = False) -> CentredData:
    """A and B. A sparse X stays so where that costs no digits, or more room than there is; not if `exact`."""
    X, fit_intercept = data.X, data.fit_intercept
    A: Any
    root = np.sqrt(data.weights)
    B, *y_mean = centred_rows(data.Y, root, fit_intercept)
    if sparse.issparse(X) and not (may_densify(X) and (exact or not near_the_origin(X))):
        A = CentredRows(X, data.weights, fit_intercept)
        x_mean = [A.mean[:, 0], np.zeros(X.shape[1])]
    else:
        A, *x_mean = centred_rows(X.toarray() if sparse.issparse(X) else X, root, fit_intercept)
        spread = np.sqrt(np.einsum("ij,ij->j", A, A) / (root @ root))
        A[:, spread <= 4 * EPS * np.abs(sum(x_mean))] = 0.0  # what is left of a constant column
    return CentredData(A, B, root, Centre(*x_mean, *y_mean), fit_intercept)
