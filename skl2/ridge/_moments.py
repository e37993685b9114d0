"""Second moments of (X, Y): all that an exact least-squares solution needs from the data.

With the augmented, weighted, shifted row a_i = √w_i [x_i − s, 1] and b_i = √w_i (y_i − s_y),
everything is a sum over rows:

    A'A = [Σ w (x−s)(x−s)'   Σ w (x−s)]        A'B = [Σ w (x−s)(y−s_y)']        Σ b²
          [Σ w (x−s)'        Σ w      ]              [Σ w (y−s_y)'      ]

so moments of parts of the data add up: chunks, folds, machines. The shift s, a rough mean, keeps
what plain X'X loses when the mean is large against the spread: (mean/std)² of the precision. It
is subtracted in a cache-sized buffer; where the mean is small s is 0 and rows are used where they
lie. No centred copy of X is ever made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from skl2._threads import thread_map
from skl2._typing import NDArray

BLOCK_BYTES = 1 << 20  # a block of rows stays in the second-level cache while it is used
SPARSE_SHARE = 0.1  # of numbers that are not zero, up to which sparse products are the quicker ones
SHIFT_ROWS = 512  # rows whose mean is the shift
SHIFT_SLACK = {np.dtype(np.float64): 9.0, np.dtype(np.float32): 1.0}  # (mean − shift)² / variance


@dataclass
class Moments:
    """Shifted, weighted second moments of (X, Y); all sums, in float64.

    Attributes
    ----------
    n_samples : int
        Rows with a weight other than zero.
    weight : float
        W = Σ w.
    shift, y_shift : ndarray of shape (n_features,), (n_targets,)
        The points s and s_y that the moments are taken about.
    sum_x, sum_y : ndarray of shape (n_features,), (n_targets,)
        Σ w (x − s) and Σ w (y − s_y).
    gram : ndarray of shape (n_features, n_features)
        Σ w (x − s)(x − s)'.
    cross : ndarray of shape (n_features, n_targets)
        Σ w (x − s)(y − s_y)'.
    y_squares : ndarray of shape (n_targets,)
        Σ w (y − s_y)².
    """

    n_samples: int
    weight: float
    shift: NDArray
    y_shift: NDArray
    sum_x: NDArray
    sum_y: NDArray
    gram: NDArray
    cross: NDArray
    y_squares: NDArray

    @property
    def x_mean(self) -> NDArray:
        return self.shift + self.sum_x / self.weight

    @property
    def y_mean(self) -> NDArray:
        return self.y_shift + self.sum_y / self.weight

    @property
    def y_spread(self) -> NDArray:
        """The standard deviation of each target; 0 where it is the rounding error of a constant."""
        spread = np.sqrt(np.maximum(self.centered()[2], 0.0) / self.weight)
        return np.where(spread > np.finfo(np.float64).eps * np.abs(self.y_mean), spread, 0.0)

    def merge(self, other: Moments) -> Moments:
        """The moments of both parts of the data together, about this part's shift.

        A part without weight knows no mean to be near: the other's shift is taken then.
        """
        if self.weight == 0:
            return other
        other = other.about(self.shift, self.y_shift)
        return Moments(
            n_samples=self.n_samples + other.n_samples,
            weight=self.weight + other.weight,
            shift=self.shift,
            y_shift=self.y_shift,
            sum_x=self.sum_x + other.sum_x,
            sum_y=self.sum_y + other.sum_y,
            gram=self.gram + other.gram,
            cross=self.cross + other.cross,
            y_squares=self.y_squares + other.y_squares,
        )

    def about(self, shift: NDArray, y_shift: NDArray) -> Moments:
        """The same moments about other points: x − s' = (x − s) + (s − s')."""
        if np.array_equal(shift, self.shift) and np.array_equal(y_shift, self.y_shift):
            return self
        d, e = self.shift - shift, self.y_shift - y_shift
        sum_x, sum_y = self.sum_x + self.weight * d, self.sum_y + self.weight * e
        cross_term = np.multiply.outer(self.sum_x + (self.weight / 2) * d, d)
        return Moments(
            n_samples=self.n_samples,
            weight=self.weight,
            shift=np.asarray(shift),
            y_shift=np.asarray(y_shift),
            sum_x=sum_x,
            sum_y=sum_y,
            gram=self.gram + cross_term + cross_term.T,
            cross=self.cross + np.multiply.outer(self.sum_x, e) + np.multiply.outer(d, sum_y),
            y_squares=self.y_squares + e * (self.sum_y + sum_y),
        )

    def centered(self) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
        """G = Xc'WXc, C = Xc'WYc, Σ w yc² per target, and the weighted means of X and Y."""
        d, e = self.sum_x / self.weight, self.sum_y / self.weight
        G = np.multiply.outer(self.sum_x, d)
        np.subtract(self.gram, G, out=G)
        C = self.cross - np.multiply.outer(self.sum_x, e)
        return G, C, self.y_squares - e * self.sum_y, self.shift + d, self.y_shift + e

    def raw(self) -> tuple[NDArray, NDArray, NDArray]:
        """X'WX, X'WY and Σ w y² about the origin, for a model without an intercept."""
        origin = self.about(np.zeros_like(self.shift), np.zeros_like(self.y_shift))
        return origin.gram, origin.cross, origin.y_squares

    def well_shifted(self) -> bool:
        """Whether the shift is close enough to the mean that centring loses no precision."""
        squares = np.concatenate([self.gram.diagonal(), self.y_squares]) * self.weight
        offsets = np.concatenate([self.sum_x, self.sum_y]) ** 2
        # (mean − s)² > slack · variance, written so that a constant column is no exception.
        slack = SHIFT_SLACK[np.dtype(np.float64)]
        return not np.any(offsets > slack / (1 + slack) * squares)


def combined(parts: Sequence[Moments]) -> Moments:
    """The moments of all parts together, about their common mean, whatever the shift of each.

    So the order of the parts, and parts far from the others or without weight, cost no digits.
    """
    parts = [part for part in parts if part.weight > 0] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    weights = np.array([part.weight for part in parts])
    shares = weights / weights.sum()
    shift, y_shift = shares @ [part.x_mean for part in parts], shares @ [part.y_mean for part in parts]
    return _merged([part.about(shift, y_shift) for part in parts])


class RowsElsewhere(ABC):
    """Rows (X, Y, w) in parts out of this memory's reach, in place of a problem's X: sums are to be had.

    Attributes
    ----------
    shape : tuple of int
        (n_samples, n_features).
    dtype : dtype
        float64: their moments are, and come with the problem.
    """

    shape: tuple[int, int]
    dtype = np.dtype(np.float64)

    @abstractmethod
    def sum(self, combine: Callable[..., Any], function: Callable[..., Any], rows: Any, *args: Any) -> Any:
        """`combine` over ``function(X, Y, w, *args)`` of the parts; `rows` chooses from each, None is all."""


def choose_shift(
    X: Any, sample_weight: NDArray | None = None, rows: NDArray | slice | None = None
) -> NDArray | None:
    """The mean of at most 512 rows spread evenly over X: near enough to the mean to shift by.

    Zero where the mean is small against the spread of every column: rows need no copy then. None
    (no shift) for sparse X, whose columns are mostly zeros, and when no row has a weight.
    """
    sample, weight = _sample(X, sample_weight, rows)
    if len(sample) == 0:
        return None
    # einsum wakes no BLAS threads, which would spin on while ours work
    mean = np.einsum("i,ij->j", weight, sample)
    with np.errstate(over="ignore", invalid="ignore"):
        variance = np.einsum("i,ij->j", weight, (sample - mean) ** 2)
        # Half the slack, so that an estimate from a few rows seldom sends the data through twice.
        needed = mean**2 > SHIFT_SLACK.get(X.dtype, 0.0) / 2 * variance
    return mean if needed.any() else np.zeros_like(mean)


def _sample(X: Any, sample_weight: NDArray | None, rows: NDArray | slice | None) -> tuple[NDArray, NDArray]:
    """At most 512 of the chosen rows of X in float64, and their weights, of sum 1; none of sparse X."""
    rows = _selected_rows(X.shape[0], rows, sample_weight)
    count = 0 if sparse.issparse(X) else _count(rows)
    size = min(SHIFT_ROWS, max(64, 200_000 // max(1, X.shape[1])))
    if count == 0:
        return np.empty((0, X.shape[1])), np.empty(0)
    if count > size:
        picked = np.linspace(0, count - 1, size).astype(np.intp)
        rows = picked + rows.start if isinstance(rows, slice) else rows[picked]
    sample = X[rows].astype(np.float64, copy=False)
    weight = np.ones(len(sample)) if sample_weight is None else sample_weight[rows].astype(np.float64)
    return sample, weight / weight.sum()


def accumulate(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None = None,
    rows: NDArray | slice | None = None,
    shift: NDArray | None = None,
    y_shift: NDArray | None = None,
    dtype: Any = None,
) -> Moments:
    """Moments of the rows of (X, Y), in blocks that fit the cache, on every core BLAS may use.

    Parameters
    ----------
    X : {ndarray, CSR matrix or array} of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_targets)
    sample_weight : ndarray of shape (n_samples,), default=None
        Non-negative. A row of weight 0 is left out; an integer weight is that many rows.
    rows : ndarray of int or slice, default=None
        The rows to use, gathered block by block; all by default.
    shift, y_shift : ndarray of shape (n_features,), (n_targets,), default=None
        The points to take the moments about. By default a rough mean, checked at the end.
        Parts to be merged without loss of time share one shift.
    dtype : {float32, float64}, default=None
        The precision of a block's products, by default that of X. Blocks are always
        summed in float64.

    Returns
    -------
    Moments
    """
    dtype = np.dtype(X.dtype if dtype is None else dtype)
    rows = _selected_rows(X.shape[0], rows, sample_weight)
    checked = shift is None or y_shift is None
    shift = choose_shift(X, sample_weight, rows) if shift is None else shift
    if y_shift is None:  # always shifted: the blocks of Y are copied anyway
        sample, weight = _sample(Y, sample_weight, rows)
        y_shift = weight @ sample
    shift, y_shift = _representable(shift, X.shape[1], dtype), _representable(y_shift, Y.shape[1], dtype)

    def part(piece: slice | NDArray) -> Moments:
        with np.errstate(invalid="ignore", over="ignore"):  # threads do not inherit it
            return _part_moments(X, Y, sample_weight, piece, shift, y_shift, dtype)

    moments = thread_map(part, row_ranges(X.shape, rows), _merged)
    if checked and not moments.well_shifted():
        means = moments.x_mean, moments.y_mean
        return accumulate(X, Y, sample_weight, rows, *means, dtype=dtype)
    return moments


def row_blocks(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None = None,
    rows: NDArray | slice | None = None,
    shift: NDArray | None = None,
    y_shift: NDArray | None = None,
    dtype: Any = np.float64,
    size: int | None = None,
) -> Iterator[tuple[slice, NDArray, NDArray]]:
    """Blocks of rows (where, A, B): A = √w [x − s, 1] and B = √w (y − s_y).

    `where` are the positions among the chosen rows. A and B live in buffers that the next
    block overwrites; A[:, :-1] is the design alone. Shifts of None are zero.
    """
    rows = slice(0, X.shape[0]) if rows is None else rows
    count, n_features = _count(rows), X.shape[1]
    size = block_rows(n_features, dtype) if size is None else size
    A = np.empty((min(size, count), n_features + 1), dtype)
    B = np.empty((len(A), Y.shape[1]), dtype)
    shift = _representable(shift, n_features, dtype)
    y_shift = _representable(y_shift, Y.shape[1], dtype)
    root: Any = 1.0
    for where, piece in _pieces(rows, size):
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
    X: Any,
    Y: Any,
    sample_weight: NDArray | None,
    theta: NDArray,
    shift: NDArray,
    y_shift: NDArray,
    targets: Any = slice(None),
) -> NDArray:
    """A'(B − Aθ) of shape (n_features + 1, t) for A = √w [x − s, 1], B = √w (y − s_y) of some targets.

    Every residual is taken from the data, in float64.
    """
    if isinstance(X, RowsElsewhere):
        return X.sum(sum, residual_sums, None, theta, shift, y_shift, targets)

    def part(rows: Any) -> NDArray:
        total = np.zeros_like(theta)
        for _, A, B in row_blocks(X, Y[:, targets], sample_weight, rows, shift, y_shift[targets]):
            B -= A @ theta
            total += A.T @ B
        return total

    return thread_map(part, row_ranges(X.shape, None, sample_weight), sum_of)


def triangle(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None,
    rows: NDArray | slice | None,
    shift: NDArray,
    y_shift: NDArray,
    fit_intercept: bool,
) -> NDArray:
    """R of the QR of √w [1, x − s, y − s_y], block by block; without the 1 if there is no intercept.

    R'R are the moments, but nothing is squared: R has their roots to full precision. The column
    of the intercept comes first, so that what follows is centred. R has no more rows than X.
    """
    if isinstance(X, RowsElsewhere):
        return X.sum(stacked_triangle, triangle, rows, None, shift, y_shift, fit_intercept)
    n_features, width = X.shape[1], X.shape[1] + Y.shape[1]
    R: Any = np.empty((0, width + int(fit_intercept)))
    size = max(block_rows(n_features), 4 * width)
    rows = _selected_rows(X.shape[0], rows, sample_weight)
    for _, A, B in row_blocks(X, Y, sample_weight, rows, shift, y_shift, size=size):
        columns = [A[:, -1:], A[:, :-1], B] if fit_intercept else [A[:, :-1], B]
        R = stacked_triangle([R, np.hstack(columns)])
    return R


def stacked_triangle(parts: Sequence[NDArray]) -> NDArray:
    """R of the QR of parts that lie below each other, such as the triangles of blocks of rows."""
    rows = np.vstack(parts)
    R: Any = np.linalg.qr(rows[largest_first(rows)], mode="r")
    return R


def sum_of(arrays: Iterable[NDArray]) -> NDArray:
    """Their sum, added into the first."""
    arrays = iter(arrays)
    total = next(arrays)
    for array in arrays:
        total += array
    return total


def largest_first(A: NDArray) -> NDArray:
    """The order of rows in which Householder's QR heeds the size of each row, not only of the largest."""
    return np.argsort(-np.abs(A).max(axis=1, initial=0.0), kind="stable")


def _pieces(rows: NDArray | slice, size: int) -> Iterator[tuple[slice, NDArray | slice]]:
    """Blocks of at most `size` chosen rows: their positions among the chosen, and the rows."""
    count = _count(rows)
    for start in range(0, count, size):
        stop = min(start + size, count)
        if isinstance(rows, slice):
            yield slice(start, stop), slice(rows.start + start, rows.start + stop)
        else:
            yield slice(start, stop), rows[start:stop]


def block_rows(n_features: int, dtype: Any = np.float64) -> int:
    """Rows of a block: those that fit the cache, and enough to outweigh summing the products."""
    return max(BLOCK_BYTES // (np.dtype(dtype).itemsize * (n_features + 1)), 2 * n_features, 64)


def _selected_rows(
    n_samples: int, rows: NDArray | slice | None, sample_weight: NDArray | None
) -> NDArray | slice:
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


def _count(rows: NDArray | slice) -> int:
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def _representable(shift: NDArray | None, size: int, dtype: np.dtype) -> NDArray:
    """The shift rounded to the precision that will subtract it: the sums are about exactly this."""
    return np.zeros(size, dtype) if shift is None else np.asarray(shift).astype(dtype)


def row_ranges(
    shape: tuple[int, int], rows: NDArray | slice | None = None, sample_weight: NDArray | None = None
) -> list[NDArray | slice]:
    """Contiguous parts of the chosen rows that have a weight, for the threads.

    Their number depends on the shape alone, so the result does not depend on the machine.
    """
    n_samples, n_features = shape
    rows = _selected_rows(n_samples, rows, sample_weight)
    count = _count(rows)
    work = count * (n_features + 1) ** 2
    if work < 4_000_000:
        return [rows]
    n_ranges = max(2, min(16, work // 40_000_000, count // (8 * (n_features + 1))))
    edges = np.linspace(0, count, n_ranges + 1).astype(int)
    if isinstance(rows, slice):
        return [slice(rows.start + a, rows.start + b) for a, b in pairwise(edges)]
    return [rows[a:b] for a, b in pairwise(edges)]


def _part_moments(
    X: Any,
    Y: NDArray,
    sample_weight: NDArray | None,
    rows: NDArray | slice,
    shift: NDArray,
    y_shift: NDArray,
    dtype: np.dtype,
) -> Moments:
    """Moments of one range of rows, summed over its blocks."""
    p, t = X.shape[1], Y.shape[1]
    sums = Moments(
        n_samples=0,
        weight=0.0,
        shift=shift.astype(np.float64),
        y_shift=y_shift.astype(np.float64),
        sum_x=np.zeros(p),
        sum_y=np.zeros(t),
        gram=np.zeros((p, p)),
        cross=np.zeros((p, t)),
        y_squares=np.zeros(t),
    )
    if sparse.issparse(X) and not shift.any() and X.nnz <= SPARSE_SHARE * X.shape[0] * p:
        return _sparse_moments(sums, X[rows].astype(np.float64), Y[rows], sample_weight, rows)
    product = np.empty((p, p), dtype)
    as_they_lie = sample_weight is None and X.dtype == dtype and not sparse.issparse(X) and not shift.any()
    if as_they_lie:
        blocks = _plain_blocks(X, Y, rows, y_shift)
    else:
        blocks = (
            (A[:, :-1], A[:, -1], B)
            for _, A, B in row_blocks(X, Y, sample_weight, rows, shift, y_shift, dtype)
        )
    for Z, root, B in blocks:
        sums.n_samples += len(Z)
        sums.weight += float(root @ root)
        sums.sum_x += root @ Z  # first: it reads at the speed of memory, and the product then from the cache
        sums.cross += Z.T @ B
        sums.gram += np.matmul(Z.T, Z, out=product)
        sums.sum_y += root @ B
        sums.y_squares += np.einsum("ij,ij->j", B, B)
    return sums


def _sparse_moments(sums: Moments, X: Any, Y: NDArray, sample_weight: NDArray | None, rows: Any) -> Moments:
    """Moments of sparse rows about the origin of X, from sparse products."""
    root = np.ones(X.shape[0]) if sample_weight is None else np.sqrt(sample_weight[rows])
    Z = X if sample_weight is None else (sparse.diags_array(root) @ X).tocsr()
    B = root[:, None] * (Y - sums.y_shift)
    sums.n_samples, sums.weight = X.shape[0], float(root @ root)
    sums.gram[:] = (Z.T @ Z).toarray()
    sums.sum_x, sums.cross = Z.T @ root, Z.T @ B
    sums.sum_y, sums.y_squares = root @ B, np.einsum("ij,ij->j", B, B)
    return sums


def _plain_blocks(
    X: NDArray, Y: NDArray, rows: NDArray | slice, y_shift: NDArray
) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """Blocks (x, 1, y − s_y) with the rows of X where they lie: larger ones, which copy nothing."""
    size = 4 * block_rows(X.shape[1], X.dtype)
    ones = np.ones(size, X.dtype)
    for _, piece in _pieces(rows, size):
        x = X[piece]
        yield x, ones[: len(x)], np.subtract(Y[piece], y_shift, dtype=X.dtype, casting="same_kind")


def _merged(parts: Iterable[Moments]) -> Moments:
    """Sum of parts about the same points, added into the first as they come."""
    parts = iter(parts)
    total = next(parts)
    for part in parts:
        total.n_samples += part.n_samples
        total.weight += part.weight
        for name in ("sum_x", "sum_y", "gram", "cross", "y_squares"):
            mine = getattr(total, name)
            mine += getattr(part, name)
    return total
