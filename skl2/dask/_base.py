"""What every estimator on Dask shares: its client, lazy predictions, and the plain estimator within."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any, TypeVar

import dask
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.utils import check_array
from sklearn.utils.validation import _check_feature_names, _check_n_features, check_is_fitted

from skl2._typing import NDArray
from skl2.dask._chunks import (
    Chunk,
    Chunks,
    added,
    aligned,
    checked_chunk,
    chunk_moments,
    is_collection,
    summed,
)
from skl2.ridge._moments import Moments, accumulate, combined, require_finite
from skl2.ridge._scores import r2_from_sums

NO_ROWS = "X or sample_weight leaves no row; at least one with a positive weight is needed."

Class = TypeVar("Class", bound=type)


def plain_class(cls: Any) -> Any:
    """The class of the same name in `skl2`."""
    return next(base for base in cls.__mro__[1:] if base.__name__ == cls.__name__)


def takes_client(cls: Class) -> Class:
    """Decorate a class: the parameters of the plain estimator that it extends, and `client`."""
    plain = plain_class(cls).__init__

    def __init__(self: Any, *args: Any, client: Any = None, **params: Any) -> None:
        plain(self, *args, **params)
        self.client = client

    signature = inspect.signature(plain)
    client = inspect.Parameter("client", inspect.Parameter.KEYWORD_ONLY, default=None)
    __init__.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), client]
    )
    cls.__init__ = __init__  # type: ignore[misc]
    return cls


class DaskMixin(BaseEstimator):
    """Stands before the plain estimator, which does all that is done in one memory."""

    client: Any

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self) -> Any:
        params = self.get_params(deep=False)
        client = params.pop("client")  # is shared: a connection cannot be copied
        copy = type(self)(**{name: clone(value, safe=False) for name, value in params.items()}, client=client)
        if hasattr(self, "_metadata_request"):
            copy._metadata_request = deepcopy(self._metadata_request)
        return copy

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.array_api_support = False  # chunks are NumPy's
        return tags

    def to_local(self) -> Any:
        """The plain estimator with all that was fitted: it needs neither Dask nor a client.

        Returns
        -------
        estimator
            Of the class of the same name in `skl2`.
        """
        check_is_fitted(self)
        return self._plain()

    def _plain(self) -> Any:
        """The plain estimator with what is known so far."""
        plain = plain_class(type(self))
        local = plain.__new__(plain)
        vars(local).update({name: value for name, value in vars(self).items() if name != "client"})
        return local

    def _parts(
        self, X: Any, y: Any, sample_weight: Any, encode: Callable[..., Any], *, reset: bool
    ) -> tuple[list[Any], np.dtype]:
        """The aligned chunks, checked where they lie, and X's precision; `reset` sets what is known of X."""
        meta = _rows_like(X)
        _check_feature_names(self, meta, reset=reset)
        _check_n_features(self, meta, reset=reset)
        dtype = np.dtype(np.float32 if meta.to_numpy().dtype == np.float32 else np.float64)
        columns = aligned(self.client, X=X, y=y, sample_weight=sample_weight)
        check, shared = dask.delayed(checked_chunk, pure=False), dask.delayed(encode, pure=False)
        weights = columns.get("sample_weight", [None] * len(columns["X"]))
        rows = zip(columns["X"], columns["y"], weights, strict=True)
        return [check(number, *row, shared, dtype) for number, row in enumerate(rows)], dtype

    def _chunks(
        self, X: Any, y: Any, sample_weight: Any, encode: Callable[..., Any]
    ) -> tuple[Chunks, np.dtype]:
        """The rows to fit, with their moments, and X's precision."""
        parts, dtype = self._parts(X, y, sample_weight, encode, reset=True)
        moments = checked_moments(summed(self.client, parts, chunk_moments, combined))
        return Chunks(parts, moments, self.client), dtype

    def _lazily(self, method: str, X: Any) -> Any:
        """The plain estimator's method on each chunk of X, as a collection of X's kind."""
        local, meta = self.to_local(), _rows_like(X)
        _check_feature_names(local, meta, reset=False)
        _check_n_features(local, meta, reset=False)
        if not hasattr(X, "chunks"):
            return X.map_partitions(_call, local, method, meta=_call(meta, local, method))
        like = _call(np.empty(meta.shape, X.dtype), local, method)
        shape: dict[str, Any] = (
            {"drop_axis": 1} if like.ndim == 1 else {"chunks": (X.chunks[0], like.shape[1:])}
        )
        return X.rechunk({1: -1}).map_blocks(_call, local, method, dtype=like.dtype, meta=like, **shape)

    def predict(self, X: Any) -> Any:
        """As the plain estimator; for a Dask collection lazily, chunk by chunk.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame or array-like of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        collection of X's kind, or ndarray
            The predictions; those of a DataFrame have its index.
        """
        return self._lazily("predict", X) if is_collection(X) else super().predict(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy of a classifier, the mean R² of a regressor's targets.

        Parameters
        ----------
        X, y, sample_weight : collections or arrays
            As for `fit`.

        Returns
        -------
        float
            The score.
        """
        if not is_collection(X):
            return super().score(X, y, sample_weight)
        local = self.to_local()
        encode = partial(_hits if is_classifier(self) else _errors, local)
        parts, _ = self._parts(X, y, sample_weight, encode, reset=False)
        moments = summed(self.client, parts, _target_moments, combined)
        if is_classifier(self):
            return float(moments.y_mean[0])
        half = len(moments.y_shift) // 2
        squares, errors = moments.centered()[2][:half], moments.raw()[2][half:]
        return float(r2_from_sums(errors[:, None], squares, moments.n_samples)[0])


def checked_moments(moments: Moments) -> Moments:
    """The moments, if there are rows and their squares are finite."""
    if moments.weight == 0:
        raise ValueError(NO_ROWS)
    require_finite(None, moments.gram.diagonal(), products=moments.cross)
    return moments


def labels_by_chunk(client: Any, y: Any) -> list[dict[Any, int]]:
    """How often each chunk of y has each label, in the order in which they appear there."""
    return summed(client, list(enumerate(aligned(client, X=y)["X"])), _counted, added)


def _counted(part: tuple[int, Any]) -> list[dict[Any, int]]:
    number, y = part
    try:
        y = check_array(y, ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y")
    except ValueError as error:
        raise ValueError(f"Chunk {number} of y: {error}") from error
    labels, first, counts = np.unique(y, return_index=True, return_counts=True)
    order = np.argsort(first)  # folds are dealt out to the labels as they appear
    return [dict(zip(labels[order].tolist(), counts[order].tolist(), strict=True))]


def _hits(local: Any, X: NDArray, y: NDArray, weight: Any) -> tuple[NDArray, Any]:
    hits = _call(X, local, "predict") == y
    return (hits if hits.ndim == 1 else hits.all(axis=1)).astype(float)[:, None], weight


def _errors(local: Any, X: NDArray, y: NDArray, weight: Any) -> tuple[NDArray, Any]:
    Y, fitted = as_columns(y), as_columns(_call(X, local, "predict"))
    return np.hstack([Y, Y - fitted]), weight


def as_columns(y: NDArray) -> NDArray:
    """Targets (n, t) of y (n,) or (n, t)."""
    return y[:, None] if y.ndim == 1 else y


def _target_moments(chunk: Chunk) -> Moments:
    return accumulate(chunk.X[:, :0], chunk.Y, chunk.weight, dtype=np.float64)


def _rows_like(X: Any) -> pd.DataFrame:
    """No rows, with the columns and types of X; names that are no strings are no names."""
    if not hasattr(X, "chunks"):
        return X._meta
    if X.ndim != 2:
        raise ValueError(f"X must have two dimensions, got {X.ndim}.")
    return pd.DataFrame(np.empty((0, X.shape[1]), X.dtype))


def _call(rows: Any, local: Any, method: str) -> Any:
    """A method's result for rows of one chunk, of which there may be none; with the index of a DataFrame."""
    X = rows
    if len(rows) == 0:  # one row in place of none says what the result is like
        X = np.zeros((1, rows.shape[1]), None if hasattr(rows, "index") else rows.dtype)
        X = pd.DataFrame(X, columns=rows.columns) if hasattr(rows, "index") else X
    elif not hasattr(rows, "index") and hasattr(local, "feature_names_in_"):
        X = pd.DataFrame(rows, columns=local.feature_names_in_)
    result = getattr(local, method)(X)[: len(rows)]
    if not hasattr(rows, "index"):
        return result
    frame = pd.Series if result.ndim == 1 else pd.DataFrame
    return frame(result, index=rows.index)
