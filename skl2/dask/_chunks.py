"""Rows in chunks: X, y and weights cut alike, and sums over them by a tree reduction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple
from uuid import uuid4

import dask
import numpy as np

from skl2._typing import NDArray
from skl2.ridge._moments import Moments, moments_of
from skl2.ridge._rows import Data, RowsElsewhere

FAN_IN = 8
"""Parts that one step of the reduction adds: a worker holds so many at once"""
NO_ROWS = "X or sample_weight leaves no row; at least one with a positive weight is needed."


class Chunk(NamedTuple):
    """The encoded rows of one chunk: X (n, p), Y (n, t), w (n,) or None, and the fold (n,) of each."""

    number: int
    X: NDArray
    Y: NDArray
    weight: NDArray | None
    fold: NDArray | None = None

    @property
    def data(self) -> Data:
        """What is summed over."""
        return Data(self.X, self.Y, self.weight)

    def rows(self, which: Any) -> Chunk:
        """Some of its rows."""
        parts: Any = (None if part is None else part[which] for part in self[1:])
        return Chunk(self.number, *parts)


def is_collection(X: Any) -> bool:
    """Whether X is an array or a DataFrame of Dask."""
    return dask.is_dask_collection(X) and hasattr(X, "to_delayed")


def scheduler(client: Any) -> AbstractContextManager[Any]:
    """What computes within: `client`, or for None the current client or Dask's own choice."""
    if client is None:
        return nullcontext()
    if getattr(client, "status", "running") != "running":
        raise ValueError(f"client is {client.status}: pass a connected one, or None for the current one.")
    return dask.config.set(scheduler=client)


def mapped(parts: Iterable[Any], function: Callable[..., Any], *args: Any) -> list[Any]:
    """``function(part, *args)`` of each part, lazily; None of None. The arguments travel once."""
    call, work = dask.delayed(_called), dask.delayed((function, args), traverse=False)
    key = f"{function.__name__.strip('_')}-{uuid4().hex}"  # what the dashboard shows
    return [call(number, part, work, dask_key_name=f"{key}-{number}") for number, part in enumerate(parts)]


def _called(number: int, part: Any, work: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
    function, args = work
    try:
        return None if part is None else function(part, *args)
    except ValueError as error:
        raise ValueError(f"Chunk {number}: {error}") from error


def persisted(client: Any, values: Sequence[Any]) -> Any:
    """The values, which are computed and stay where they are."""
    with scheduler(client):
        return dask.persist(*values)  # type: ignore[no-untyped-call]


def gathered(client: Any, values: Sequence[Any]) -> tuple[Any, ...]:
    """The values, computed and brought here; an error if all of them are None."""
    with scheduler(client):
        found: tuple[Any, ...] = dask.compute(*values)  # type: ignore[no-untyped-call]
    if all(value is None for value in found):
        raise ValueError(NO_ROWS)
    return found


def reduced(client: Any, values: Sequence[Any], combine: Callable[[Sequence[Any]], Any]) -> Any:
    """`combine` over all values but None, a few at a time and in their order; computed."""
    join = dask.delayed(_joined, pure=False)
    while len(values) > 1:
        values = [join(values[start : start + FAN_IN], combine) for start in range(0, len(values), FAN_IN)]
    return gathered(client, values)[0]


def _joined(values: Sequence[Any], combine: Callable[[Sequence[Any]], Any]) -> Any:
    values = [value for value in values if value is not None]
    return combine(values) if values else None


def aligned(client: Any, **collections: Any) -> list[tuple[Any, ...]]:
    """The chunks of all collections side by side, as delayed values; None is None in each.

    Arrays of other chunks than the first are cut as that is, for which chunk sizes that are not known are
    computed.
    """
    given = {name: value for name, value in collections.items() if value is not None}
    for name, value in given.items():
        if not is_collection(value):
            raise TypeError(
                f"{name} must be a Dask collection as X is, got {type(value).__name__}; use "
                "dask.array.from_array or dask.dataframe.from_pandas."
            )
    if all(hasattr(value, "chunks") for value in given.values()):
        given = _cut_alike(client, given)
    # not optimised one by one: what they have in common, such as the reading of a file, is computed once
    parts = {name: np.ravel(value.to_delayed(optimize_graph=False)) for name, value in given.items()}
    counts = {name: len(part) for name, part in parts.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"{', '.join(counts)} need as many partitions each, got {counts}; repartition them.")
    nothing = [None] * max(counts.values())
    return list(zip(*(parts.get(name, nothing) for name in collections), strict=True))


def _cut_alike(client: Any, arrays: dict[str, Any]) -> dict[str, Any]:
    """The arrays with the chunks of the first; if nothing is known of any, the chunks' own checks must do."""
    arrays = {name: a.rechunk({1: -1}) if a.ndim == 2 else a for name, a in arrays.items()}
    unknown = [name for name, array in arrays.items() if np.isnan(array.shape[0])]
    if len(unknown) == len(arrays) and len({array.npartitions for array in arrays.values()}) == 1:
        return arrays
    with scheduler(client):
        arrays |= {name: arrays[name].copy().compute_chunk_sizes() for name in unknown}
    rows = {name: array.shape[0] for name, array in arrays.items()}
    if len(set(rows.values())) > 1:
        raise ValueError(f"{', '.join(rows)} have inconsistent numbers of rows: {rows}.")
    first = next(iter(arrays.values()))
    return {name: array.rechunk({0: first.chunks[0]}) for name, array in arrays.items()}


class Chunks(RowsElsewhere):
    """The rows of a fit, a chunk each on some worker: sums over them, computed where the client says.

    `parts` are delayed chunks, or None where there is no row with a weight; `moments` are those of all
    rows, which are summed up if they are not known.
    """

    def __init__(self, parts: list[Any], client: Any, moments: Moments | None = None) -> None:
        self.parts, self.client = parts, client
        self.moments = moments_of(Data(self, np.empty(0))) if moments is None else moments
        self.shape = (self.moments.n_samples, len(self.moments.shift))

    def sum(self, combine: Callable[..., Any], function: Callable[..., Any], rows: Any, *args: Any) -> Any:
        """`combine` over ``function(data, *args)`` of the chunks, or of those `rows` that it names."""
        return reduced(self.client, mapped(self.parts, _of_rows, function, rows, *args), combine)


def _of_rows(chunk: Chunk, function: Callable[..., Any], rows: Any, *args: Any) -> Any:
    chunk = chunk if rows is None else chunk.rows(rows(chunk))
    return function(chunk.data, *args) if len(chunk.X) else None
