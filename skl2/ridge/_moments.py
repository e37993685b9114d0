"""Second moments of (X, Y): all that an exact least-squares solution needs from the data.

With the augmented, weighted, shifted row a_i = √w_i [x_i − s, 1] and b_i = √w_i (y_i − s_y),
everything is a sum over rows:

    A'A = [Σ w (x−s)(x−s)'   Σ w (x−s)]        A'B = [Σ w (x−s)(y−s_y)']        Σ b²
          [Σ w (x−s)'        Σ w      ]              [Σ w (y−s_y)'      ]

so moments of parts of the data add up: chunks, folds, machines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite

from skl2._threads import thread_map
from skl2._typing import NDArray
from skl2.ridge._rows import (
    SHIFT_SLACK,
    Centre,
    Data,
    Rows,
    RowsElsewhere,
    block_rows,
    choose_shift,
    even_size,
    pieces,
    representable,
    row_blocks,
    row_ranges,
    sampled_rows,
    sum_of,
)

SUMS = ("n_samples", "weight", "sum_x", "sum_y", "gram", "cross", "y_squares")  # of `Moments`
SPARSE_SHARE = 0.1  # of numbers that are not zero, up to which sparse products are the quicker ones


@dataclass
class Moments:
    """Shifted, weighted second moments of (X, Y); all sums, in float64."""

    n_samples: int  # rows with a weight other than zero
    weight: float  # W = Σ w
    shift: NDArray  # s (n_features,), the point that the moments are taken about
    y_shift: NDArray  # s_y (n_targets,)
    sum_x: NDArray  # Σ w (x − s)
    sum_y: NDArray  # Σ w (y − s_y)
    gram: NDArray  # Σ w (x − s)(x − s)' (n_features, n_features)
    cross: NDArray  # Σ w (x − s)(y − s_y)' (n_features, n_targets)
    y_squares: NDArray  # Σ w (y − s_y)²

    @property
    def x_mean(self) -> NDArray:
        return self.shift + self.sum_x / self.weight

    @property
    def y_mean(self) -> NDArray:
        return self.y_shift + self.sum_y / self.weight

    @property
    def y_variation(self) -> NDArray:
        """Σ w (y − ȳ)² per target."""
        return self.y_squares - self.sum_y / self.weight * self.sum_y

    @property
    def y_spread(self) -> NDArray:
        """The standard deviation of each target; 0 where it is the rounding error of a constant."""
        spread = np.sqrt(np.maximum(self.y_variation, 0.0) / self.weight)
        return np.where(spread > np.finfo(np.float64).eps * np.abs(self.y_mean), spread, 0.0)

    def __iadd__(self, other: Moments) -> Self:
        """Add a part about the same points."""
        for name in SUMS:
            mine = getattr(self, name)
            mine += getattr(other, name)
            setattr(self, name, mine)
        return self

    def merge(self, other: Moments) -> Moments:
        """The moments of both parts of the data together, about this part's shift.

        A part without weight knows no mean to be near: the other's shift is taken then.
        """
        if self.weight == 0:
            return other
        other = other.about(self.shift, self.y_shift)
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in SUMS})

    def about(self, shift: NDArray, y_shift: NDArray) -> Moments:
        """The same moments about other points: x − s' = (x − s) + (s − s')."""
        if np.array_equal(shift, self.shift) and np.array_equal(y_shift, self.y_shift):
            return self
        d, e = self.shift - shift, self.y_shift - y_shift
        sum_x, sum_y = self.sum_x + self.weight * d, self.sum_y + self.weight * e
        cross_term = np.multiply.outer(self.sum_x + (self.weight / 2) * d, d)
        return replace(
            self,
            shift=np.asarray(shift),
            y_shift=np.asarray(y_shift),
            sum_x=sum_x,
            sum_y=sum_y,
            gram=self.gram + cross_term + cross_term.T,
            cross=self.cross + np.multiply.outer(self.sum_x, e) + np.multiply.outer(d, sum_y),
            y_squares=self.y_squares + e * (self.sum_y + sum_y),
        )

    def about_origin(self) -> Moments:
        """X'WX, X'WY and Σ w y² themselves, for a model without an intercept."""
        return self.about(np.zeros_like(self.shift), np.zeros_like(self.y_shift))

    def normal_equations(self, fit_intercept: bool = True) -> tuple[NDArray, NDArray, NDArray]:
        """G = Xc'WXc, C = Xc'WYc and Σ w yc² about the centre; G is the caller's to change."""
        if not fit_intercept:
            raw = self.about_origin()
            return raw.gram.copy(), raw.cross, raw.y_squares
        G = np.multiply.outer(self.sum_x, self.sum_x / self.weight)
        np.subtract(self.gram, G, out=G)
        return G, self.cross - np.multiply.outer(self.sum_x, self.sum_y / self.weight), self.y_variation

    def centre(self, fit_intercept: bool) -> Centre:
        """The means; the origin without an intercept."""
        if not fit_intercept:
            return Centre.at(np.zeros_like(self.shift), np.zeros_like(self.y_shift))
        return Centre(self.shift, self.sum_x / self.weight, self.y_shift, self.sum_y / self.weight)

    def well_shifted(self) -> bool:
        """Whether the shift is close enough to the mean that centring loses no precision."""
        squares = np.concatenate([self.gram.diagonal(), self.y_squares]) * self.weight
        offsets = np.concatenate([self.sum_x, self.sum_y]) ** 2
        # (mean − s)² > slack · variance, written so that a constant column is no exception.
        slack = SHIFT_SLACK[np.dtype(np.float64)]
        return not np.any(offsets > slack / (1 + slack) * squares)


@np.errstate(over="ignore", invalid="ignore")
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
    return sum_of([part.about(shift, y_shift) for part in parts])


def others(parts: Sequence[Moments], outside: Moments | None = None) -> list[Moments]:
    """For each part the sum of all others (and of `outside`), as a prefix sum plus a suffix sum."""
    suffixes = [outside]
    for part in parts[:0:-1]:
        suffixes.append(both(part, suffixes[-1]))
    sums, prefix = [], None
    for part in parts:
        sums.append(both(prefix, suffixes.pop()))
        prefix = both(prefix, part)
    return sums  # type: ignore[return-value]


def both(a: Moments | None, b: Moments | None) -> Moments | None:
    """Those of two parts of the data, where None has no rows."""
    return b if a is None else a if b is None else a.merge(b)


def accumulate(
    data: Data,
    rows: Rows | None = None,
    shift: NDArray | None = None,
    y_shift: NDArray | None = None,
    dtype: Any = None,
) -> Moments:
    """Moments of some rows or all, in blocks that fit the cache, on every core BLAS may use.

    X is dense or CSR. A row of weight 0 is left out; an integer weight is that many rows. The points that
    the moments are taken about are by default a rough mean, checked at the end; parts to be merged without
    loss of time share one. A block's products are of `dtype`, by default that of X, and summed in float64.
    """
    dtype = np.dtype(data.X.dtype if dtype is None else dtype)
    checked = shift is None or y_shift is None
    shift = choose_shift(data.X, data.sample_weight, rows) if shift is None else shift
    if y_shift is None:  # always shifted: the blocks of Y are copied anyway
        sample, weight = sampled_rows(data.Y, data.sample_weight, rows)
        y_shift = weight @ sample
    (moments,) = accumulate_each(data, [rows], shift, y_shift, dtype)
    if checked and not moments.well_shifted():
        return accumulate(data, rows, moments.x_mean, moments.y_mean, dtype)
    return moments


def accumulate_each(
    data: Data,
    row_sets: Sequence[Rows | None],
    shift: NDArray | None = None,
    y_shift: NDArray | None = None,
    dtype: Any = np.float64,
) -> list[Moments]:
    """The moments of several sets of rows, such as folds, about the same points: the threads start once.

    Without points they are rough means of all rows.
    """
    dtype = np.dtype(dtype)
    if y_shift is None:
        shift, y_shift = (choose_shift(values, data.sample_weight) for values in (data.X, data.Y))
    shift = representable(shift, data.X.shape[1], dtype)
    y_shift = representable(y_shift, data.Y.shape[1], dtype)

    def part(piece: Rows) -> Moments:
        return _part_moments(data, piece, shift, y_shift, dtype)

    pieces_of = [row_ranges(data, rows) for rows in row_sets]
    return thread_map(
        part, chain(*pieces_of), lambda parts: [sum_of(islice(parts, len(pieces))) for pieces in pieces_of]
    )


def moments_of(data: Data, rows: Rows | None = None, dtype: Any = None) -> Moments:
    """Moments about a rough mean, or about the origin without an intercept; an error if X'X or X'Y overflow.

    Sums that overflow in the precision of X are taken in float64.
    """
    if isinstance(data.X, RowsElsewhere):
        return data.X.sum(combined, moments_of, rows, None, np.float64)
    origin = np.zeros(data.X.shape[1]), np.zeros(data.Y.shape[1])
    shift, y_shift = (None, None) if data.fit_intercept else origin
    with np.errstate(over="ignore", invalid="ignore"):
        moments = accumulate(data, rows, shift, y_shift, dtype)
        finite = np.isfinite(moments.gram.diagonal()).all() and np.isfinite(moments.cross).all()
        if data.X.dtype != np.float64 and dtype is None and not finite:
            moments = accumulate(data, rows, shift, y_shift, np.float64)
    require_finite(data.X, moments.gram.diagonal(), products=moments.cross)
    return moments


def require_finite(X: Any, x_squares: Any, y_squares: Any = 0.0, products: Any = 0.0) -> None:
    """Raise where sums over finite data are not; only then, X is looked at whether it is finite itself."""
    for what, which, sums in (
        ("squares of X", "X", x_squares),
        ("squares of y", "y", y_squares),
        ("products of X and y", "X or y", products),
    ):
        if not np.isfinite(sums).all():
            if isinstance(X, np.ndarray):
                assert_all_finite(X, input_name="X")
            raise ValueError(f"The {what} overflow; rescale {which}, for example to unit variance.")


def _part_moments(data: Data, rows: Rows, shift: NDArray, y_shift: NDArray, dtype: np.dtype) -> Moments:
    """Moments of one range of rows, summed over its blocks."""
    X, p, t = data.X, data.X.shape[1], data.Y.shape[1]
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
        return _sparse_moments(sums, data.take(rows))
    product = np.empty((p, p), dtype)
    plain = data.sample_weight is None and not sparse.issparse(X)
    if plain and X.dtype == dtype and not shift.any():
        blocks = _plain_blocks(X, data.Y, rows, y_shift)
    else:
        found = row_blocks(data, rows, shift, y_shift, dtype)
        blocks = ((A[:, :-1], A[:, -1], B) for _, A, B in found)
    for number, (Z, root, B) in enumerate(blocks):
        sums.n_samples += len(Z)
        sums.weight += float(root @ root)
        sums.sum_x += root @ Z  # first: it reads at the speed of memory, and the product then from the cache
        sums.cross += Z.T @ B
        if number == 0 and dtype == np.float64:
            np.matmul(Z.T, Z, out=sums.gram)
        else:
            sums.gram += np.matmul(Z.T, Z, out=product)
        sums.sum_y += root @ B
        sums.y_squares += np.einsum("ij,ij->j", B, B)
    return sums


def _sparse_moments(sums: Moments, data: Data) -> Moments:
    """Moments of sparse rows about the origin of X, from sparse products."""
    X, weight = data.X.astype(np.float64), data.sample_weight
    root = np.ones(X.shape[0]) if weight is None else np.sqrt(weight)
    Z = X if weight is None else (sparse.diags_array(root) @ X).tocsr()
    B = root[:, None] * (data.Y - sums.y_shift)
    sums.n_samples, sums.weight = X.shape[0], float(root @ root)
    sums.gram[:] = (Z.T @ Z).toarray()
    sums.sum_x, sums.cross = Z.T @ root, Z.T @ B
    sums.sum_y, sums.y_squares = root @ B, np.einsum("ij,ij->j", B, B)
    return sums


def _plain_blocks(
    X: NDArray, Y: NDArray, rows: Rows, y_shift: NDArray
) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """Blocks (x, 1, y − s_y) with the rows of X where they lie: larger ones, which copy nothing."""
    size = even_size(rows, 4 * block_rows(X.shape[1], X.dtype))
    ones = np.ones(size, X.dtype)
    for _, piece in pieces(rows, size):
        x = X[piece]
        yield x, ones[: len(x)], np.subtract(Y[piece], y_shift, dtype=X.dtype, casting="same_kind")
