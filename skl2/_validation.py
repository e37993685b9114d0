"""Checks of rows, weights, folds and scorers, so that every error names what is wrong and the remedy."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing, check_array, column_or_1d, indexable
from sklearn.utils.validation import _num_samples

from skl2._base import warn_caller
from skl2._typing import NDArray


def check_sample_weight(
    sample_weight: Any, X: Any, name: str = "sample_weight", *, all_zero: bool = False
) -> NDArray | None:
    """Return the weights (n,) in X's dtype, None for None, an array for a single number.

    They must be finite, not negative, and not all 0, unless `all_zero` allows it.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(X.shape[0], sample_weight)
    weight = check_array(sample_weight, ensure_2d=False, dtype=X.dtype, input_name=name)
    if weight.ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, got {weight.ndim}D array for {name}.")
    if len(weight) != X.shape[0]:
        raise ValueError(
            f"X and {name} have inconsistent numbers of samples: {X.shape[0]} rows, {len(weight)} weights."
        )
    if (weight < 0).any():
        raise ValueError(f"{name} must not be negative, got {weight.min():g}; remove these rows instead.")
    if not (all_zero or weight.any()):
        raise ValueError(f"{name} is zero for every row; at least one row needs a positive weight.")
    return weight


def one_column(y: Any) -> NDArray:
    """Labels or numbers (n,), of a column (n, 1) too, with scikit-learn's words at the caller's line."""
    if np.ndim(y) == 2:
        warn_caller(
            "A column-vector y was passed when a 1d array was expected. Change its shape to (n_samples,), as "
            "y.ravel() does.",
            DataConversionWarning,
        )
    return column_or_1d(y)


def balanced_weights(y: NDArray, weight: NDArray | None) -> NDArray:
    """W / (K W_c) for each row of class c, one of K, with W_c its class's and W the whole weight.

    So a weight is that many copies of its row, and a class without weight does not exist. For several
    labels, y of shape (n, L), it is the product over the labels.
    """
    factors = np.ones(len(y))
    for column in y.reshape(len(y), -1).T:
        codes = np.unique(column, return_inverse=True)[1].ravel()
        totals = np.bincount(codes, weights=weight).astype(float)
        there = totals > 0
        shares = totals.sum() / (np.count_nonzero(there) * np.where(there, totals, 1.0))
        factors *= np.where(there, shares, 0.0)[codes]
    return factors


def check_no_metadata(params: Mapping[str, Any]) -> None:
    """Raise a ValueError if `fit` was given what only metadata routing could pass on."""
    if params:
        raise ValueError(
            f"{sorted(params)} cannot be passed to fit unless metadata routing is on: call "
            "sklearn.set_config(enable_metadata_routing=True), and request it where it is needed."
        )


def check_splits(
    cv: Any, X: Any, y: Any, weight: NDArray | None, *, classifier: bool, **split_params: Any
) -> list[tuple[NDArray, NDArray]]:
    """Return the folds of `cv`, row numbers for training and held out, each with rows of positive weight.

    A fold that holds out nothing but rows of weight 0 is left out: they do not exist.
    """
    splits, n_rows = [], _num_samples(X)
    for number, parts in enumerate(check_cv(cv, y, classifier=classifier).split(X, y, **split_params)):
        train, test = (_row_numbers(part, n_rows, number) for part in parts)
        if len(test) and weight is not None and not weight[test].any():
            continue
        for name, rows in (("training", train), ("held-out", test)):
            if not len(rows) or (weight is not None and not weight[rows].any()):
                raise ValueError(f"Fold {number} of cv has no {name} rows of positive weight.")
        splits.append((train, test))
    if not splits:
        raise ValueError(f"cv={cv!r} gives no folds with rows of positive weight; at least one is needed.")
    return splits


def _row_numbers(rows: Any, n_rows: int, fold: int) -> NDArray:
    """Row numbers from row numbers or a boolean mask; a ValueError for others than there are."""
    rows = np.asarray(rows)
    if rows.dtype == np.intp and rows.size and rows.min() >= 0 and rows.max() < n_rows and rows.ndim == 1:
        return rows
    try:
        return np.arange(n_rows)[rows if rows.size else rows.astype(np.intp)]
    except IndexError as error:
        raise ValueError(f"Fold {fold} of cv has rows that X, of {n_rows} rows, has not: {error}.") from error


def rows_as_given(X: Any, rows: NDArray) -> Any:
    """Some rows of X as the user gave it: scorers and splitters may read columns by name."""
    return _safe_indexing(indexable(X)[0], rows)


def takes_weights(scorer: Any) -> bool:
    """Whether a scorer can weigh the rows."""
    parameters = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters
    return "sample_weight" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def weighs_rows(scorer: Any, scoring: Any, weight: NDArray | None) -> bool:
    """Whether a scorer, `scoring` as it was given, is to weigh the rows; it is said where it cannot."""
    if weight is None or scorer is None or takes_weights(scorer):
        return weight is not None and scorer is not None
    warn_caller(f"scoring={scoring!r} takes no sample_weight, so held-out rows count alike.")
    return False


def one_number(score: Any, scoring: Any) -> float:
    """A scorer's answer, or a TypeError if it is not a number."""
    try:
        return float(score)
    except (TypeError, ValueError):
        raise TypeError(f"scoring={scoring!r} must give one number, got {score!r}.") from None


def refuse_dates(name: str, values: Any) -> None:
    """Raise a TypeError if an array or a column of a table holds dates or durations, which are no numbers."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return
    dtypes = np.ravel(np.asarray(getattr(values, "dtypes", getattr(values, "dtype", None)), dtype=object))
    for dtype in dtypes:
        temporal_in_polars = getattr(dtype, "is_temporal", bool)()
        if temporal_in_polars or getattr(dtype, "kind", "") in tuple("mM"):
            raise TypeError(
                f"{name} holds dates, which have no unit: make numbers of them, such as days since one."
            )
