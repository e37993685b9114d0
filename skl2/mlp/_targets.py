"""Labels or numbers: y as the loss takes it and back, and what the network's outputs say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from skl2._arrays import takes_arrays
from skl2._parameters import check_number
from skl2._typing import NDArray
from skl2._validation import balanced_weights, check_sample_weight
from skl2.mlp._loss import REGRESSION_LOSSES, BinaryCrossEntropy, SoftmaxCrossEntropy
from skl2.mlp._objective import Data, drop_weightless

HEAVIEST = 1e300
"""The weight of all rows is less, and more than its inverse"""


class NumberTargets(RegressorMixin):
    """Numbers: y of shape (n, K)."""

    loss: str
    normalize_y: bool
    n_outputs_: int
    coefs_: list[NDArray]
    intercepts_: list[NDArray]
    y_mean_: NDArray
    y_scale_: NDArray
    _varies: list[bool]
    _has_minimum = True
    """Whether J has a minimum to converge to"""

    @takes_arrays
    def predict(self, X: ArrayLike) -> NDArray:
        """Predict f_θ(x), or exp(f_θ(x)) with the Poisson loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in y's unit.
        """
        mean = self._predict_mean(X)
        return mean[:, 0] if self.n_outputs_ == 1 else mean

    def _loss(self) -> Any:
        return REGRESSION_LOSSES[self.loss]()

    def _learn_unit(self, y: NDArray, weight: NDArray | None, seen: float = 0.0) -> None:
        """Set the origin and the unit in which the network sees y (n, K).

        Those of a stream that has `seen` so much weight take in these rows. Its predictions stay as they are,
        but where y was constant so far and had no unit: there the network does, or, of a loss that has none,
        starts again at the mean.

        References
        ----------
        van Hasselt, Guez, Hessel, Mnih, Silver (2016). Learning values across many orders of magnitude. NIPS.
        """
        if seen and not self.normalize_y:
            return
        mean, spread = mean_and_spread(y, weight)
        if seen:
            self._widen_unit(mean, spread, seen, len(y) if weight is None else weight.sum(dtype=np.float64))
        else:
            self._set_unit(mean, spread)

    def _widen_unit(self, mean: NDArray, spread: NDArray, seen: float, total: float) -> None:
        """Merge the moments of rows of this `total` weight into those of the rows `seen`."""
        varied = np.array(getattr(self, "_varies", True))
        if not self._loss().has_unit:
            start = np.where(varied, self.intercepts_[-1], self._loss().best_constant(mean))
            self.intercepts_ = [*self.intercepts_[:-1], start.astype(self.intercepts_[-1].dtype)]
            self._varies = (varied | (spread > 0)).tolist()
            return
        new, old = np.sqrt(total / (seen + total)), np.sqrt(seen / (seen + total))
        before, apart = self.y_scale_ * varied, mean - self.y_mean_
        last = self.coefs_[-1], self.intercepts_[-1]
        in_network_unit = self._in_network_unit(*last)
        spread = np.hypot(np.hypot(old * before, new * spread), old * new * apart)
        self._set_unit(self.y_mean_ + new**2 * apart, spread)
        coef, intercept = (
            np.where(before > 0, kept, moved)
            for kept, moved in zip(last, self._in_own_unit(*in_network_unit), strict=True)
        )
        self.coefs_, self.intercepts_ = [*self.coefs_[:-1], coef], [*self.intercepts_[:-1], intercept]

    def _set_unit(self, mean: NDArray, spread: NDArray) -> None:
        """Set them, and where the intercepts start, as loss and parameters ask for."""
        loss, self._varies = self._loss(), (spread > 0).tolist()
        in_units = self.normalize_y and loss.has_unit
        self.y_mean_ = mean if in_units else 0 * mean
        self.y_scale_ = np.where(spread > 0, spread, 1.0) if in_units else np.ones_like(spread)
        self._first_intercept = loss.best_constant(mean) if self.normalize_y and not in_units else None

    def _in_units(self, data: Data) -> Data:
        """Rows with y (n, K) as the network sees it."""
        return Data(data.X, (data.y - self.y_mean_) / self.y_scale_, data.weight)

    def _in_own_unit(self, weight: NDArray, bias: NDArray) -> tuple[NDArray, NDArray]:
        """The last layer of a network of such y, (n_in, K) and (K,), for y in its own unit."""
        exact = [weight * self.y_scale_, bias * self.y_scale_ + self.y_mean_]
        with np.errstate(over="ignore"):
            folded, shifted = (array.astype(weight.dtype) for array in exact)
        if any(np.isinf(array).any() for array in (folded, shifted)) and np.isfinite(weight).all():
            raise ValueError(
                f"y has numbers up to {np.abs(self.y_mean_).max() + self.y_scale_.max():.1g}, more than "
                f"{weight.dtype} can hold: give X as float64."
            )
        return folded, shifted

    def _in_network_unit(self, weight: NDArray, bias: NDArray) -> tuple[NDArray, NDArray]:
        """The inverse of that."""
        return weight / self.y_scale_, (bias - self.y_mean_) / self.y_scale_

    def _encode(self, y: Any, *, reset: bool, name: str = "y") -> NDArray:
        """Numbers as floats (n, K), checked to be in the loss's range."""
        if sparse.issparse(y):
            raise TypeError(f"{name} must be a dense array of numbers, got {y!r}: use {name}.toarray().")
        floats = None if y.dtype.kind == "f" else np.float64
        y = check_array(y, dtype=floats, ensure_2d=False, input_name=name)  # None is missing only now
        if (y < self._loss().lowest).any():
            raise ValueError(
                f"loss={self.loss!r} needs {name} >= {self._loss().lowest:g}, got {y.min():g}; use "
                "loss='squared_error'."
            )
        return y.reshape(len(y), -1)

    def _n_outputs(self, y: NDArray) -> int:
        return y.shape[1]

    def _decode(self, y: NDArray) -> NDArray:
        y = y * self.y_scale_ + self.y_mean_
        return y[:, 0] if y.shape[1] == 1 else y

    def _weigh_classes(self, data: Data, all_zero: bool = False) -> Data:
        """Numbers have no classes."""
        return data

    def _check_goes_on(self, y: NDArray) -> None:
        """Any numbers can follow others."""

    def _check_folds(self, data: Data, splits: list[tuple[NDArray, NDArray]]) -> None:
        """Any rows of numbers can be trained on."""


class ClassTargets(ClassifierMixin):
    """Classes, as y of shape (n,), or labels, several of them for a row, as y of shape (n, K)."""

    classes_: NDArray
    class_weight: Any
    n_outputs_: int
    _multilabel: bool
    _sparse_labels: bool

    @takes_arrays
    def predict(self, X: ArrayLike) -> NDArray:
        """Predict the most probable class, or all labels of a probability above one half.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels.
        """
        probability = self._predict_mean(X)
        if self._multilabel:
            labels = (probability > 0.5).astype(int)
            return sparse.csr_matrix(labels) if self._sparse_labels else labels
        if self.n_outputs_ == 1:
            return self.classes_[(probability[:, 0] > 0.5).astype(int) * (len(self.classes_) - 1)]
        return self.classes_[probability.argmax(axis=1)]

    @takes_arrays
    def predict_proba(self, X: ArrayLike) -> NDArray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`; for multilabel targets each label's own.
        """
        f = self._predict_raw(X)
        if not self._multilabel and self.n_outputs_ == 1:
            if len(self.classes_) == 1:
                return np.ones_like(f)
            f = np.hstack([-f, f])  # 1 − p would lose the digits of a small probability
        self._loss().predict_inplace(f)
        return f

    @takes_arrays
    def predict_log_proba(self, X: ArrayLike) -> NDArray:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            The logarithm of `predict_proba(X)`.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _learn_classes(self, y: Any) -> None:
        """Set the classes from labels, or from an indicator matrix."""
        self._multilabel = type_of_target(y).startswith("multilabel")
        self._sparse_labels = sparse.issparse(y)
        self.classes_ = LabelBinarizer().fit(y).classes_ if self._multilabel else unique_labels(y)

    def _loss(self) -> Any:
        binary = self._multilabel or len(self.classes_) <= 2
        return BinaryCrossEntropy() if binary else SoftmaxCrossEntropy()

    def _encode(self, y: Any, *, reset: bool, name: str = "y") -> NDArray:
        """Labels as booleans (n, K) for the binary loss, or as class indices (n,) for softmax."""
        self._check_kind(y, name, reset=reset)
        if reset:
            self._learn_classes(y)
        if self._multilabel:
            indicators = np.asarray(y.toarray() if sparse.issparse(y) else y)
            if not np.isin(indicators, (0, 1)).all():
                raise ValueError(
                    f"An indicator matrix {name} of labels must hold 0 and 1, got {np.unique(indicators)}: "
                    f"use {name} > 0."
                )
            return indicators.astype(bool)
        labels, places = np.unique(y, return_inverse=True)
        if len(np.setdiff1d(labels, self.classes_)):
            raise ValueError(
                f"`{name}` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'{name}' has {labels}."
            )
        codes = np.searchsorted(self.classes_, labels)[places]
        return codes[:, None].astype(bool) if len(self.classes_) <= 2 else codes

    def _check_kind(self, y: Any, name: str, *, reset: bool) -> None:
        """Refuse what are neither classes nor labels and, without `reset`, another kind than before."""
        kind = type_of_target(y)
        if not kind.startswith(("binary", "multi")):
            check_classification_targets(y)  # which says so
        if kind == "multiclass-multioutput":
            raise ValueError(
                f"{name} must hold one class for each row, or an indicator matrix of labels, got {kind} "
                f"in shape {y.shape}: use sklearn.multioutput.MultiOutputClassifier."
            )
        if not reset and kind.startswith("multilabel") != self._multilabel:
            before = "an indicator matrix of labels" if self._multilabel else "one class for each row"
            raise ValueError(f"{name} must hold {before}, as y did before, got {kind} in shape {y.shape}.")

    def _check_goes_on(self, y: NDArray) -> None:
        """Refuse, for a warm start, other labels than the `classes_`."""
        self._check_kind(y, "y", reset=False)
        labels = self.classes_ if self._multilabel else unique_labels(y)
        if set(labels) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {labels}"
            )

    def _learn_unit(self, y: NDArray, weight: NDArray | None, seen: float = 0.0) -> None:
        """Classes have no unit."""

    def _in_units(self, data: Data) -> Data:
        return data

    def _in_own_unit(self, weight: NDArray, bias: NDArray) -> tuple[NDArray, NDArray]:
        return weight, bias

    def _in_network_unit(self, weight: NDArray, bias: NDArray) -> tuple[NDArray, NDArray]:
        return weight, bias

    def _weigh_classes(self, data: Data, all_zero: bool = False) -> Data:
        """Rows whose weights are multiplied with `class_weight`; `all_zero` allows all to be 0."""
        if self.class_weight is None:
            return data
        weight = data.weight
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            factors = balanced_weights(data.y, weight)
        else:
            factors = self._given_class_weights(data.y)
        both = factors if weight is None else factors * weight
        weight = check_sample_weight(both, both, "class_weight", all_zero=all_zero)
        if not all_zero:
            check_total(weight, "class_weight")
        return drop_weightless(Data(data.X, data.y, weight))

    def _given_class_weights(self, y: NDArray) -> NDArray:
        """Each row's weight by the dict `class_weight`, 1 for other classes; for labels the product."""
        columns = y.reshape(len(y), -1).T.astype(int)
        tables: Any = self.class_weight if self._multilabel else [self.class_weight]
        labels = [0, 1] if self._multilabel else self.classes_.tolist()
        if not (isinstance(tables, list | tuple) and all(isinstance(table, Mapping) for table in tables)):
            each = "a list with a dict for each label" if self._multilabel else "a dict"
            raise ValueError(f"class_weight must be {each}, 'balanced' or None, got {self.class_weight!r}.")
        if len(tables) != len(columns):
            raise ValueError(
                f"class_weight must have a dict for each of {len(columns)} labels, not {len(tables)}."
            )
        factors = np.ones(len(y))
        for table, codes in zip(tables, columns, strict=True):
            unknown = [key for key in table if key not in labels]
            if unknown and not all(label in table for label in labels):
                raise ValueError(f"class_weight has weights for {unknown}, but the classes are {labels}.")
            weights = [check_number("class_weight", table.get(label, 1.0), low=0) for label in labels]
            factors *= np.array(weights, float)[codes]
        return factors

    @property
    def _has_minimum(self) -> bool:
        """Of one class alone the loss falls for ever, with the intercept."""
        return self._multilabel or len(self.classes_) > 1

    def _n_outputs(self, y: NDArray) -> int:
        return len(self.classes_) if y.ndim == 1 else y.shape[1]

    def _decode(self, y: NDArray) -> NDArray:
        if self._multilabel:
            return y.astype(int)
        return self.classes_[y[:, 0].astype(int) if y.ndim == 2 else y]

    def _check_folds(self, data: Data, splits: list[tuple[NDArray, NDArray]]) -> None:
        """Raise a ValueError if a fold's training rows lack a class."""
        y, weight = data.y, data.weight
        counted = np.ones(len(y), bool) if weight is None else weight > 0
        for number, (train, _) in enumerate([] if self._multilabel else splits):
            missing = np.setdiff1d(y[counted], y[train][counted[train]])
            if len(missing):
                missing = self.classes_[missing.astype(int)]
                raise ValueError(
                    f"The training rows of fold {number} of cv hold no row of class {missing.tolist()}: use "
                    "fewer folds, a stratified splitter, or drop classes of too few members."
                )

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's tags: several labels for a row are possible."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def check_total(weight: NDArray | None, name: str) -> NDArray | None:
    """Return the weights if their sum, and what is divided by it, leaves room to compute with."""
    with np.errstate(over="ignore"):
        total = 1.0 if weight is None else weight.sum(dtype=np.float64)
    if not 1 / HEAVIEST < total < HEAVIEST:
        raise ValueError(
            f"{name} sums to {total:.3g}, which leaves no room to compute with: multiply it, and alpha, by a "
            "number that brings its mean near 1."
        )
    return weight


def mean_and_spread(y: NDArray, weight: NDArray | None) -> tuple[NDArray, NDArray]:
    """The weighted mean and standard deviation of each column of y (n, K), exactly 0 where it is constant."""
    if weight is not None:
        y, weight = y[weight > 0], weight[weight > 0].astype(np.float64)
    y = y.astype(np.float64)
    largest = np.maximum(np.abs(y).max(axis=0), np.finfo(float).tiny)
    unit = 2.0 ** np.floor(np.log2(largest))  # dividing by it rounds nothing, and no sum or square overflows
    z = y / unit
    mean = np.average(z, axis=0, weights=weight)
    spread = np.sqrt(np.average((z - mean) ** 2, axis=0, weights=weight))
    return unit * mean, np.where((y != y[0]).any(axis=0), unit * spread, 0.0)
