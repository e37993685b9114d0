"""What every estimator on Dask shares: its client, lazy predictions, and the plain estimator within."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import KW_ONLY, dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skl2._base import unchanged_on_error
from skl2._parameters import anything, parameter
from skl2._typing import NDArray
from skl2._validation import balanced_weights, check_sample_weight
from skl2.dask._chunks import NO_ROWS, Chunk, Chunks, aligned, gathered, is_collection, mapped
from skl2.ridge._folds import r2_from_sums

takes_client = dataclass(eq=False, repr=False)
"""Decorate a class: the parameters of the plain estimator that it extends, and `client`"""
Labels = tuple[list[Any], NDArray]
"""Labels as they appear, and how often (n_chunks, n_labels) each chunk has each"""


def by_chunks(name: str) -> Any:
    """The plain estimator's method of this name, which takes Dask collections as well."""

    def method(self: Any, X: Any) -> Any:
        """As the plain estimator; for a Dask collection lazily, chunk by chunk.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame or array-like of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        collection of X's kind, or ndarray
            What the plain estimator gives; of a DataFrame with its index.
        """
        return self._lazily(name, X) if is_collection(X) else getattr(super(DaskMixin, self), name)(X)

    method.__name__ = name
    return method


@takes_client
class DaskMixin(BaseEstimator):
    """Stands before the plain estimator, which does all that is done in one memory."""

    _: KW_ONLY
    client: Any = parameter(None, "distributed.Client", "Where to compute; it is not pickled.", anything)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self) -> Any:
        bare = copy(self)  # without the client, as when pickled: a connection cannot be copied
        return super(DaskMixin, bare).__sklearn_clone__().set_params(client=self.client)

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
        """The estimator of the same name in `skl2`, with what is known so far."""
        cls: Any = type(self)
        plain = next(base for base in cls.__mro__[1:] if base.__name__ == cls.__name__)
        local = plain.__new__(plain)
        vars(local).update({name: value for name, value in vars(self).items() if name != "client"})
        return local

    @unchanged_on_error
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Fit as the plain estimator does, to rows in chunks.

        Parameters
        ----------
        X : dask.array.Array or dask.dataframe.DataFrame of shape (n_samples, n_features)
            Training data; an array in memory is fitted as the plain estimator does.
        y : collection of shape (n_samples,) or (n_samples, n_targets)
            Targets in chunks like X's: numbers, class labels, or an indicator matrix of labels.
        sample_weight : collection of shape (n_samples,), default=None
            Weights w_i >= 0; an integer is that many copies of the row.
        **params : dict
            For arrays in memory, as for the plain estimator.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            For invalid data, with the chunk's number, and for what rows in chunks do not allow; the
            estimator is left as it was.
        """
        if not is_collection(X):
            return super().fit(X, y, sample_weight, **params)
        self._fit_chunks(X, y, sample_weight, params)
        return self

    def _fit_chunks(self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]) -> None:
        raise NotImplementedError

    def _learn_features(self, X: Any) -> np.dtype:
        """Set names and number of the features; return the precision of the fit."""
        meta = validate_data(self, _rows_like(X), skip_check_array=True)
        return np.dtype(np.float32 if meta.to_numpy().dtype == np.float32 else np.float64)

    def _learn(self, y: Any, sample_weight: Any) -> tuple[Any, list[Labels]]:
        """What a fit needs to know of all y first, kept by the plain estimator that is returned."""
        return self._plain(), []

    def _parts(self, encode: Any, plain: Any, X: Any, y: Any, weight: Any, cut: Any = None) -> list[Any]:
        """The chunks, encoded where they lie by ``encode(plain, X, y, weight)``; `cut` gives them folds."""
        rows = aligned(self.client, X=X, y=y, sample_weight=weight)
        return mapped([(number, *row) for number, row in enumerate(rows)], _encoded, encode, plain, cut)

    def _lazily(self, method: str, X: Any) -> Any:
        """The plain estimator's method on each chunk of X, as a collection of X's kind."""
        local = self.to_local()
        meta = validate_data(local, _rows_like(X), reset=False, skip_check_array=True)
        if not hasattr(X, "chunks"):
            return X.map_partitions(_call, local, method, meta=_call(meta, local, method))
        like = _call(np.empty(meta.shape, X.dtype), local, method)
        shape = {"drop_axis": [1] if like.ndim == 1 else [], "chunks": (X.chunks[0], *like.shape[1:])}
        return X.rechunk({1: -1}).map_blocks(_call, local, method, meta=like, **shape)

    predict = by_chunks("predict")

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
        moments = Chunks(self._parts(_judged, self.to_local(), X, y, sample_weight), self.client).moments
        if is_classifier(self):
            return float(moments.y_mean[0])
        half = len(moments.y_shift) // 2
        squares = moments.y_spread[:half] ** 2 * moments.weight
        errors = moments.about_origin().y_squares[half:]
        return float(r2_from_sums(errors[:, None], squares, moments.n_samples)[0])


class LabelsMixin(DaskMixin):
    """A fit to labels, whose first pass over y finds the classes."""

    class_weight: Any

    def _learn(self, y: Any, sample_weight: Any) -> tuple[Any, list[Labels]]:
        """Set the classes, and weights of theirs; how often each column's labels are in each chunk."""
        balanced = isinstance(self.class_weight, str) and self.class_weight == "balanced"
        rows = aligned(self.client, y=y, sample_weight=sample_weight if balanced else None)
        columns, weights = [], []
        for tables in zip(*gathered(self.client, mapped(rows, _counted)), strict=True):
            labels = list(dict.fromkeys(chain.from_iterable(tables)))  # as they appear
            if not labels:
                raise ValueError(NO_ROWS)
            counts = np.array([[table.get(label, (0, 0)) for label in labels] for table in tables])
            factors = balanced_weights(np.array(labels), counts[..., 1].sum(axis=0))
            columns.append((labels, counts[..., 0].astype(int)))
            weights.append(dict(zip(labels, factors.tolist(), strict=True)))
        classes = np.array(sorted(columns[0][0])) if len(columns) == 1 else np.eye(len(columns), dtype=int)
        check_classification_targets(classes)
        self._learn_classes(classes)
        plain = self._plain()
        if balanced:
            plain.class_weight = weights[0] if len(columns) == 1 else weights
        return plain, columns


def _counted(rows: tuple[Any, Any]) -> list[dict[Any, NDArray]]:
    """The number and the weight of the rows with each label, for each column of y."""
    y = check_array(rows[0], ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y")
    weight = None if rows[1] is None else np.ravel(rows[1]).astype(np.float64)
    tables = []
    for column in as_columns(y).T:
        codes, labels = pd.factorize(column, use_na_sentinel=False)  # as they appear
        sums = np.stack([np.bincount(codes), np.bincount(codes, weight)], axis=1)
        tables.append(dict(zip(labels.tolist(), sums, strict=True)))
    return tables


def _encoded(rows: tuple[Any, ...], encode: Callable[..., Any], plain: Any, cut: Any) -> Chunk | None:
    """One chunk's rows as numbers; None if none has a weight."""
    number, X, y, weight = rows
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows, y {len(y)}: rechunk or repartition them alike.")
    if not len(X):
        return None
    fold = None if cut is None else cut(number, np.asarray(y))
    X, Y, weight = encode(plain, X, y, weight)
    return Chunk(number, X, Y, weight, fold) if len(X) and (weight is None or weight.any()) else None


def _judged(local: Any, X: Any, y: Any, weight: Any) -> tuple[NDArray, NDArray, Any]:
    """In place of targets whether labels are right, or numbers beside their errors."""
    y = as_columns(check_array(y, ensure_2d=False, dtype=None, input_name="y"))
    fitted = as_columns(np.asarray(_call(X, local, "predict")))
    labels = is_classifier(local)
    Y = (y == fitted).all(axis=1, keepdims=True).astype(float) if labels else np.hstack([y, y - fitted])
    return np.empty((len(Y), 0)), Y, check_sample_weight(weight, Y, all_zero=True)


def as_columns(y: NDArray) -> NDArray:
    """Targets (n, t) of y (n,) or (n, t)."""
    return y[:, None] if y.ndim == 1 else y


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
