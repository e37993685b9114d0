"""Data, and their rows as they are read: chosen, shifted and weighted, in blocks that fit the cache.

A block is A = √w [x − s, 1] and B = √w (y − s_y). The shift s, a rough mean, keeps what plain products
lose when the mean is large against the spread: (mean/std)² of the precision. It is subtracted in a
cache-sized buffer; where the mean is small s is 0 and rows are used where they lie. No centred copy of X
is ever made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import pairwise
from operator import iadd
from typing import Any, Self

import numpy as np
from scipy import sparse

from skl2._threads import thread_map
from skl2._typing import NDArray

BLOCK_BYTES = 1 << 20  # a block of rows stays in the second-level cache while it is used
SHIFT_ROWS = 512  # rows whose mean is the shift
SHIFT_SLACK = {np.dtype(np.float64): 9.0, np.dtype(np.float32): 1.0}  # (mean − shift)² / variance
Rows = NDArray | slice
"""Some rows: their indices, or a slice of step 1; a mask and other slices where they are selected"""
sum_of: Callable[[Iterable[Any]], Any] = partial(reduce, iadd)
"""The sum of arrays or moments, added into the first as they come"""


@dataclass
class Data:
    """X (n, p), Y (n, t), weights w (n,) or None for 1, and whether the model has an intercept."""

    X: Any
    Y: Any
    sample_weight: NDArray | None = None
    fit_intercept: bool = True

    @property
    def weights(self) -> NDArray:
        """w in float64: a new array."""
        return np.ones(len(self.Y)) if self.sample_weight is None else self.sample_weight.astype(np.float64)

    def take(self, rows: Any) -> Self:
        """Some of the rows."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return replace(self, X=self.X[rows], Y=self.Y[rows], sample_weight=weight)


@dataclass
class Centre:
    """The means μ and ν, each as a point near it and the rest of the way.

    Rounded to one number, a mean that is large against the spread is off by more than its rows
    can bear.
    """

    x_shift: NDArray
    x_rest: NDArray
    y_shift: NDArray
    y_rest: NDArray

    @classmethod
    def at(cls, x_mean: NDArray, y_mean: NDArray) -> Centre:
        """Means that need no second part."""
        return cls(x_mean, np.zeros_like(x_mean), y_mean, np.zeros_like(y_mean))

    @property
    def x_mean(self) -> NDArray:
        return self.x_shift + self.x_rest

    @property
    def y_mean(self) -> NDArray:
        return self.y_shift + self.y_rest

    def blocks(
        self, data: Data, rows: Any = None, size: int | None = None
    ) -> Iterator[tuple[slice, NDArray, NDArray]]:
        """Blocks (where, √w [x − shift, 1], B) of rows; `through` takes the former the rest of the way."""
        for where, A, B in row_blocks(data, rows, self.x_shift, self.y_shift, size=size):
            B -= A[:, -1:] * self.y_rest
            yield where, A, B

    def intercept(self, coef: NDArray) -> NDArray:
        """ν − W'μ for coefficients (n_features, n_targets)."""
        return self.y_mean - self.x_mean @ coef

    def through(self, W: NDArray) -> NDArray:
        """W of p rows with another row, so that √w [x − shift, 1] times it is √w (x − μ)'W."""
        return np.vstack([W, -(self.x_rest @ W)])


class RowsElsewhere(ABC):
    """Rows (X, Y, w) in parts out of this memory's reach, in place of a problem's X: sums are to be had."""

    shape: tuple[int, int]
    dtype = np.dtype(np.float64)  # that of their moments, which come with the problem

    @abstractmethod
    def sum(self, combine: Callable[..., Any], function: Callable[..., Any], rows: Any, *args: Any) -> Any:
        """`combine` over ``function(part, *args)`` of `Data`; `rows` chooses from each part, None is all."""


def choose_shift(X: Any, sample_weight: NDArray | None = None, rows: Rows | None = None) -> NDArray | None:
    """The mean of at most 512 rows spread evenly over X: near enough to the mean to shift by.

    Zero where the mean is small against the spread of every column: rows need no copy then. None
    (no shift) for sparse X, whose columns are mostly zeros, and when no row has a weight.
    """
    sample, weight = sampled_rows(X, sample_weight, rows)
    if len(sample) == 0:
        return None
    # einsum wakes no BLAS threads, which would spin on while ours work
    mean = np.einsum("i,ij->j", weight, sample)
    with np.errstate(over="ignore", invalid="ignore"):
        variance = np.einsum("i,ij->j", weight, (sample - mean) ** 2)
        # Half the slack, so that an estimate from a few rows seldom sends the data through twice.
        needed = mean**2 > SHIFT_SLACK.get(X.dtype, 0.0) / 2 * variance
    return mean if needed.any() else np.zeros_like(mean)


def sampled_rows(X: Any, sample_weight: NDArray | None, rows: Rows | None) -> tuple[NDArray, NDArray]:
    """At most 512 of the chosen rows of X in float64, and their weights, of sum 1; none of sparse X."""
    rows = selected_rows(X.shape[0], rows, sample_weight)
    count = 0 if sparse.issparse(X) else count_of(rows)
    size = min(SHIFT_ROWS, max(64, 200_000 // max(1, X.shape[1])))
    if count == 0:
        return np.empty((0, X.shape[1])), np.empty(0)
    if count > size:
        picked = np.linspace(0, count - 1, size).astype(np.intp)
        rows = picked + rows.start if isinstance(rows, slice) else rows[picked]
    sample = X[rows].astype(np.float64, copy=False)
    weight = np.ones(len(sample)) if sample_weight is None else sample_weight[rows].astype(np.float64)
    return sample, weight / weight.sum()


def row_blocks(
    data: Data,
    rows: Rows | None = None,
    shift: NDArray | None = None,
    y_shift: NDArray | None = None,
    dtype: Any = np.float64,
    size: int | None = None,
) -> Iterator[tuple[slice, NDArray, NDArray]]:
    """Blocks of rows (where, A, B): A = √w [x − s, 1] and B = √w (y − s_y).

    `where` are the positions among the chosen rows. A and B live in buffers that the next
    block overwrites; A[:, :-1] is the design alone. Shifts of None are zero.
    """
    X, Y, sample_weight = data.X, data.Y, data.sample_weight
    rows = slice(0, X.shape[0]) if rows is None else rows
    count, n_features = count_of(rows), X.shape[1]
    size = even_size(rows, block_rows(n_features, dtype) if size is None else size)
    A = np.empty((min(size, count), n_features + 1), dtype)
    B = np.empty((len(A), Y.shape[1]), dtype)
    shift = representable(shift, n_features, dtype)
    y_shift = representable(y_shift, Y.shape[1], dtype)
    root: Any = 1.0
    for where, piece in pieces(rows, size):
        a, b = A[: where.stop - where.start], B[: where.stop - where.start]
        x = X[piece].toarray() if sparse.issparse(X) else X[piece]
        np.subtract(Y[piece], y_shift, out=b, casting="same_kind")
        if sample_weight is not None:
            root = np.sqrt(sample_weight[piece], dtype=a.dtype)[:, None]
            b *= root
        a[:, -1:] = root
        if shift.any():
            np.subtract(x, shift, out=a[:, :-1], casting="same_kind")
            if sample_weight is not None:
                a[:, :-1] *= root
        else:  # one pass
            np.multiply(x, root, out=a[:, :-1], casting="same_kind")
        yield where, a, b


def residual_sums(
    data: Data, theta: NDArray, shift: NDArray, y_shift: NDArray, targets: Any = slice(None)
) -> NDArray:
    """A'(B − Aθ) of shape (n_features + 1, t) for A = √w [x − s, 1], B = √w (y − s_y) of some targets.

    Every residual is taken from the data, in float64.
    """
    if isinstance(data.X, RowsElsewhere):
        return data.X.sum(sum, residual_sums, None, theta, shift, y_shift, targets)
    of_targets = Data(data.X, data.Y[:, targets], data.sample_weight)

    def part(rows: Any) -> NDArray:
        total = np.zeros_like(theta)
        for _, A, B in row_blocks(of_targets, rows, shift, y_shift[targets]):
            B -= A @ theta
            total += A.T @ B
        return total

    return thread_map(part, row_ranges(data), sum_of)


def triangle(data: Data, rows: Rows | None, shift: NDArray, y_shift: NDArray, fit_intercept: bool) -> NDArray:
    """R of the QR of √w [1, x − s, y − s_y], block by block; without the 1 if there is no intercept.

    R'R are the moments, but nothing is squared: R has their roots to full precision. The column
    of the intercept comes first, so that what follows is centred. R has no more rows than X.
    """
    if isinstance(data.X, RowsElsewhere):
        return data.X.sum(stacked_triangle, triangle, rows, None, shift, y_shift, fit_intercept)
    n_features, width = data.X.shape[1], data.X.shape[1] + data.Y.shape[1]
    R: Any = np.empty((0, width + int(fit_intercept)))
    size = max(block_rows(n_features), 4 * width)
    rows = selected_rows(data.X.shape[0], rows, data.sample_weight)
    for _, A, B in row_blocks(data, rows, shift, y_shift, size=size):
        columns = [A[:, -1:], A[:, :-1], B] if fit_intercept else [A[:, :-1], B]
        R = stacked_triangle([R, np.hstack(columns)])
    return R


def stacked_triangle(parts: Sequence[NDArray]) -> NDArray:
    """R of the QR of parts that lie below each other, such as the triangles of blocks of rows."""
    rows = np.vstack(parts)
    R: Any = np.linalg.qr(rows[largest_first(rows)], mode="r")
    return R


def largest_first(A: NDArray) -> NDArray:
    """The order of rows in which Householder's QR heeds the size of each row, not only of the largest."""
    return np.argsort(-np.abs(A).max(axis=1, initial=0.0), kind="stable")


def pieces(rows: Rows, size: int) -> Iterator[tuple[slice, Rows]]:
    """Blocks of at most `size` chosen rows: their positions among the chosen, and the rows."""
    count = count_of(rows)
    for start in range(0, count, size):
        stop = min(start + size, count)
        if isinstance(rows, slice):
            yield slice(start, stop), slice(rows.start + start, rows.start + stop)
        else:
            yield slice(start, stop), rows[start:stop]


def even_size(rows: Rows, size: int) -> int:
    """Rows of blocks that are all about as large, and about of this size."""
    count = count_of(rows)
    return max(1, -(-count // max(1, round(count / size))))


def block_rows(n_features: int, dtype: Any = np.float64) -> int:
    """Rows of a block: those that fit the cache, and enough to outweigh summing the products."""
    return max(BLOCK_BYTES // (np.dtype(dtype).itemsize * (n_features + 1)), 2 * n_features, 64)


def selected_rows(n_samples: int, rows: Rows | None, sample_weight: NDArray | None) -> Rows:
    """The chosen rows that have a weight: a slice of step 1, or their indices."""
    if isinstance(rows, slice) or rows is None:
        start, stop, step = (rows or slice(None)).indices(n_samples)
        rows = slice(start, max(start, stop)) if step == 1 else np.arange(start, stop, step)
    elif rows.dtype == bool:
        rows = np.flatnonzero(rows)
    if sample_weight is None:
        return rows
    weighted = sample_weight[rows] != 0
    if weighted.all():
        return rows
    return np.flatnonzero(weighted) + rows.start if isinstance(rows, slice) else rows[weighted]


def count_of(rows: Rows) -> int:
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def representable(shift: NDArray | None, size: int, dtype: np.dtype) -> NDArray:
    """The shift rounded to the precision that will subtract it: the sums are about exactly this."""
    return np.zeros(size, dtype) if shift is None else np.asarray(shift).astype(dtype)


def row_ranges(data: Data, rows: Rows | None = None) -> list[Rows]:
    """Contiguous parts of the chosen rows that have a weight, for the threads.

    Their number depends on the shape alone, so the result does not depend on the machine.
    """
    n_samples, n_features = data.X.shape
    rows = selected_rows(n_samples, rows, data.sample_weight)
    count = count_of(rows)
    work = count * (n_features + 1) ** 2
    if work < 4_000_000:
        return [rows]
    most = max(2, min(16, work // 40_000_000, count // (8 * (n_features + 1))))
    n_ranges = 1 << (most.bit_length() - 1)  # a power of two: two threads, or four, end together
    edges = np.linspace(0, count, n_ranges + 1).astype(int)
    if isinstance(rows, slice):
        return [slice(rows.start + a, rows.start + b) for a, b in pairwise(edges)]
    return [rows[a:b] for a, b in pairwise(edges)]
