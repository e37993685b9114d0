"""Ridge and RidgeClassifier on Dask: moments of chunks, added up, solved by the ridge wing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import zip_longest
from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from skl2 import ridge
from skl2._base import unchanged_on_error
from skl2._typing import NDArray
from skl2._validation import balanced_weights
from skl2.dask._base import DaskMixin, as_columns, labels_by_chunk, takes_client
from skl2.dask._chunks import added, aligned, is_collection, summed


class LabelsMixin(DaskMixin):
    """Classes from a first pass over y, and decision values chunk by chunk."""

    def _learn_labels(
        self, y: Any, sample_weight: Any
    ) -> tuple[Callable[..., Any], list[dict[Any, int]] | None]:
        """Find the classes; return what encodes a chunk, and how often each chunk has each label.

        Several columns are one label each, and nothing is counted.
        """
        self._label_binarizer = LabelBinarizer(pos_label=1, neg_label=-1)
        if y.ndim == 2 and y.shape[1] > 1:
            self._label_binarizer.fit(np.eye(y.shape[1], dtype=int))
            return partial(_labels, self._label_binarizer, self.class_weight), None
        by_chunk = labels_by_chunk(self.client, y)
        labels = np.array(sorted(set().union(*by_chunk)))
        check_classification_targets(labels)
        self._label_binarizer.fit(labels)
        by_class = None
        if self.class_weight == "balanced":
            chunks = aligned(self.client, X=y, sample_weight=sample_weight)
            pairs = list(zip_longest(chunks["X"], chunks.get("sample_weight", [])))
            totals = summed(self.client, pairs, _class_totals, added, labels)
            seen = totals > 0
            factors = balanced_weights(labels[seen], totals[seen])
            by_class = dict(zip(labels[seen].tolist(), factors, strict=True))
        elif self.class_weight is not None:
            weights = compute_class_weight(self.class_weight, classes=labels, y=labels)
            by_class = dict(zip(labels.tolist(), weights, strict=True))
        return partial(_labels, self._label_binarizer, by_class), by_chunk

    def decision_function(self, X: Any) -> Any:
        """As `skl2.RidgeClassifier`; for a Dask collection lazily, chunk by chunk.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame or array-like of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        collection of X's kind, or ndarray
            Of shape (n_samples,) or (n_samples, n_classes).
        """
        return self._lazily("decision_function", X) if is_collection(X) else super().decision_function(X)


class SolveMixin(DaskMixin):
    """One pass over the chunks for their moments, and the ridge wing's solution."""

    @unchanged_on_error
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the optimum of J.

        Parameters
        ----------
        X : dask.array.Array or dask.dataframe.DataFrame of shape (n_samples, n_features)
            Training data.
        y : collection of shape (n_samples,) or (n_samples, n_targets)
            Targets in chunks like X's: numbers, class labels, or an indicator matrix of labels.
        sample_weight : collection of shape (n_samples,), default=None
            Weights w_i >= 0; an integer is that many copies of the row.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            For invalid data, with the chunk's number; the estimator is left as it was.
        """
        if not is_collection(X):
            return super().fit(X, y, sample_weight)
        self._check_parameters(False)
        labelled = is_classifier(self)
        encode = self._learn_labels(y, sample_weight)[0] if labelled else numbers
        chunks, dtype = self._chunks(X, y, sample_weight, encode)
        self._moments = None
        self._solve(self._problem(chunks, None, None, chunks.moments), y.ndim == 1 and not labelled, dtype)
        return self


@takes_client
class Ridge(SolveMixin, ridge.Ridge):
    """`skl2.Ridge` of rows in chunks: the same J, the same optimum.

    ::

        J(W, b) = Σ_chunks ½ Σ_i w_i ‖y_i − b − W x_i‖² + ½ Σ_k α_k Σ_j d_j W_kj²

    One pass over the chunks; another for each refinement of an ill-conditioned solution. Every
    worker holds a chunk and n_features² numbers. Arrays in memory are fitted as `skl2.Ridge` does.

    Parameters
    ----------
    alpha, fit_intercept, copy_X, max_iter, tol, solver, positive, random_state, penalty_factor
        As those of `skl2.Ridge`.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    coef_, intercept_, n_iter_, solver_, solution_, n_features_in_, feature_names_in_
        As those of `skl2.Ridge`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import Ridge
    >>> X = da.from_array([[0.0], [1.0], [2.0]], chunks=(2, 1))
    >>> Ridge(alpha=1.0).fit(X, 2 * X[:, 0] + 1).coef_.round(3)
    array([1.333])
    """


@takes_client
class RidgeClassifier(SolveMixin, LabelsMixin, ridge.RidgeClassifier):
    """`skl2.RidgeClassifier` of rows in chunks: the same J, the same optimum.

    A first pass over y finds the classes, a second one over all sums the moments.

    Parameters
    ----------
    alpha, fit_intercept, copy_X, max_iter, tol, class_weight, solver, positive, random_state, penalty_factor
        As those of `skl2.RidgeClassifier`.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    coef_, intercept_, classes_, n_iter_, solver_, solution_, n_features_in_, feature_names_in_
        As those of `skl2.RidgeClassifier`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import RidgeClassifier
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> RidgeClassifier().fit(X, X[:, 0] > 1).predict(X).compute()
    array([False, False,  True,  True])
    """


def numbers(X: NDArray, y: NDArray, weight: Any) -> tuple[NDArray, Any]:
    """Targets as columns, and the weights as they are."""
    return as_columns(y.astype(np.float64)), weight


def _class_totals(part: tuple[Any, Any], labels: NDArray) -> NDArray:
    """Σ w of each label, (n_labels,)."""
    y, weight = part
    weight = None if weight is None else np.ravel(weight).astype(np.float64)
    return np.bincount(np.searchsorted(labels, np.ravel(y)), weight, len(labels))


def _labels(
    binarizer: LabelBinarizer, by_class: Any, X: NDArray, y: NDArray, weight: Any
) -> tuple[NDArray, Any]:
    """Targets of ±1, and the weights times the class weights."""
    n_targets = len(binarizer.classes_) if len(binarizer.classes_) > 2 else 1
    if binarizer.y_type_.startswith("multilabel"):
        n_targets = len(binarizer.classes_)
    else:
        y = y.ravel()
    if len(y) == 0:
        return np.empty((0, n_targets), X.dtype), weight
    if by_class is not None:
        factor = compute_sample_weight(by_class, y).astype(X.dtype)
        weight = factor if weight is None else weight * factor
    return binarizer.transform(y).astype(X.dtype), weight
