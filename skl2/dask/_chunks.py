"""X, y and weights as aligned chunks, and sums over them by a tree reduction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import dask
import numpy as np
from sklearn.utils import check_array

from skl2._typing import NDArray
from skl2._validation import check_sample_weight
from skl2.ridge._moments import Moments, accumulate
from skl2.ridge._rows import RowsElsewhere, residual_sums, stacked_triangle, triangle

FAN_IN = 8
"""Parts that one step of the reduction adds: a worker holds so many at once"""


class Chunk(NamedTuple):
    """The checked rows of one chunk: X (n, p), Y (n, t), w (n,) or None, and the fold (n,) of each."""

    X: NDArray
    Y: NDArray
    weight: NDArray | None
    fold: NDArray | None = None

    def rows(self, which: NDArray) -> Chunk:
        """Some of its rows."""
        weight, fold = (None if part is None else part[which] for part in (self.weight, self.fold))
        return Chunk(self.X[which], self.Y[which], weight, fold)


def is_collection(X: Any) -> bool:
    """Whether X is an array or a DataFrame of Dask."""
    return dask.is_dask_collection(X) and hasattr(X, "to_delayed")


def scheduler(client: Any) -> AbstractContextManager[Any]:
    """What computes within: `client`, or for None the current client or Dask's own choice."""
    if client is None:
        return nullcontext()
    if getattr(client, "status", "running") != "running":
        raise ValueError(
            f"client is {client.status}: pass one that is connected, or None for the current one."
        )
    return dask.config.set(scheduler=client)


def tree_sum(parts: Sequence[Any], combine: Callable[[Sequence[Any]], Any]) -> Any:
    """`combine` over all parts, a few at a time and in their order; computed."""
    parts, add = list(parts), dask.delayed(combine, pure=False)
    while len(parts) > 1:
        parts = [add(parts[start : start + FAN_IN]) for start in range(0, len(parts), FAN_IN)]
    return parts[0].compute()


def aligned(client: Any, **collections: Any) -> dict[str, list[Any]]:
    """The chunks of each collection as delayed values, so many of each; None has none.

    Arrays of other chunks than X are cut as X is, for which chunk sizes that are not known are computed.
    """
    given = {name: value for name, value in collections.items() if value is not None}
    for name, value in given.items():
        if not is_collection(value):
            raise TypeError(
                f"{name} must be a Dask collection as X is, got {type(value).__name__}; use "
                "dask.array.from_array or dask.dataframe.from_pandas."
            )
        if getattr(value, "ndim", 1) == 2 and hasattr(value, "chunks"):
            given[name] = value.rechunk({1: -1})
    counts = {name: _n_chunks(value) for name, value in given.items()}
    arrays = all(hasattr(value, "chunks") for value in given.values())
    if len(set(counts.values())) > 1 and not arrays:
        raise ValueError(
            f"X, y and sample_weight need as many partitions each, got {counts}; repartition them."
        )
    if arrays:
        given = _cut_alike(client, given, len(set(counts.values())) == 1)
    # not optimised one by one: what they have in common, such as the reading of a file, is computed once
    return {name: list(np.ravel(value.to_delayed(optimize_graph=False))) for name, value in given.items()}


def _n_chunks(value: Any) -> int:
    return value.numblocks[0] if hasattr(value, "numblocks") else value.npartitions


def _cut_alike(client: Any, arrays: dict[str, Any], same_number: bool) -> dict[str, Any]:
    """The arrays with the chunks of X; sizes that nothing is known of are left to the chunks' own check."""
    unknown = [name for name, value in arrays.items() if np.isnan(value.shape[0])]
    if len(unknown) == len(arrays) and same_number:
        return arrays
    with scheduler(client):
        arrays = arrays | {name: arrays[name].copy().compute_chunk_sizes() for name in unknown}
    rows = {name: value.shape[0] for name, value in arrays.items()}
    if len(set(rows.values())) > 1:
        raise ValueError(f"X, y and sample_weight have inconsistent numbers of rows: {rows}.")
    return {name: value.rechunk({0: arrays["X"].chunks[0]}) for name, value in arrays.items()}


def checked_chunk(
    number: int, X: Any, y: Any, weight: Any, encode: Callable[[Any, Any, Any], tuple[Any, Any]], dtype: Any
) -> Chunk:
    """One chunk's rows as numbers; what is wrong with them is said with the chunk's number."""
    name = "X"
    try:
        X = check_array(X, dtype=dtype, ensure_min_samples=0, input_name="X")
        name = "y"
        y = check_array(y, ensure_2d=False, allow_nd=True, dtype=None, ensure_min_samples=0, input_name="y")
        if len(y) != len(X):
            raise ValueError(f"X has {len(X)} rows, y {len(y)}; rechunk or repartition them alike.")
        name = "sample_weight"
        if weight is not None:
            weight = np.asarray(weight)
            # a chunk may be without weight, all of them may not
            weight = check_sample_weight(weight, X) if weight.any() else weight.astype(X.dtype)
            if len(weight) != len(X):
                raise ValueError(f"X has {len(X)} rows, sample_weight {len(weight)}.")
        Y, weight = encode(X, y, weight)
    except ValueError as error:
        raise ValueError(f"Chunk {number} of {name}: {error}") from error
    return Chunk(X, Y, weight)


def chunk_moments(chunk: Chunk) -> Moments:
    """Its moments about its own mean, in float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        return accumulate(chunk.X, chunk.Y, chunk.weight, dtype=np.float64)


def summed(
    client: Any, parts: list[Any], function: Callable[..., Any], combine: Callable[..., Any], *args: Any
) -> Any:
    """`combine` over `function` of each part; the arguments travel once, not once per part."""
    call = dask.delayed(function, pure=False)
    shared = [dask.delayed(arg) for arg in args]
    with scheduler(client):
        return tree_sum([call(part, *shared) for part in parts], combine)


class Chunks(RowsElsewhere):
    """The rows of a fit, a chunk each on some worker: sums over them.

    Parameters
    ----------
    parts : list of Delayed
        Of `Chunk`.
    moments : Moments
        Of all rows.
    client : Client or None
        Where sums are computed.
    """

    def __init__(self, parts: list[Any], moments: Moments, client: Any) -> None:
        self.parts, self.moments, self.client = parts, moments, client
        self.shape = (moments.n_samples, len(moments.shift))

    def map(self, function: Callable[..., Any], *args: Any) -> Chunks:
        """The same with chunks that are made of these where they are needed; the moments are not."""
        call, shared = dask.delayed(function, pure=False), [dask.delayed(arg) for arg in args]
        return Chunks([call(part, *shared) for part in self.parts], self.moments, self.client)

    def sum(self, function: Callable[..., Any], combine: Callable[..., Any], *args: Any) -> Any:
        """`combine` over `function` of each chunk."""
        return summed(self.client, self.parts, function, combine, *args)

    def residual_sums(self, theta: NDArray, shift: NDArray, y_shift: NDArray, targets: Any) -> NDArray:
        """Σ A'(B − Aθ), see `skl2.ridge._rows.residual_sums`."""
        return self.sum(_chunk_residuals, added, theta, shift, y_shift, targets)

    def triangle(self, shift: NDArray, y_shift: NDArray, fit_intercept: bool) -> NDArray:
        """R of the QR of all rows, see `skl2.ridge._rows.triangle`."""
        return self.sum(_chunk_triangle, stacked_triangle, shift, y_shift, fit_intercept)


def _chunk_residuals(chunk: Chunk, theta: NDArray, shift: NDArray, y_shift: NDArray, targets: Any) -> NDArray:
    return residual_sums(chunk.X, chunk.Y, chunk.weight, theta, shift, y_shift, targets)


def _chunk_triangle(chunk: Chunk, shift: NDArray, y_shift: NDArray, fit_intercept: bool) -> NDArray:
    return triangle(chunk.X, chunk.Y, chunk.weight, None, shift, y_shift, fit_intercept)


def added(parts: Sequence[Any]) -> Any:
    """Their sum."""
    return sum(parts[1:], parts[0])
