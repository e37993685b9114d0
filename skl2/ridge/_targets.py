"""Labels as targets of −1 and 1, numbers as they are; predictions of a linear model, and labels again."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn import linear_model
from sklearn.base import ClassifierMixin, MultiOutputMixin, RegressorMixin, is_classifier
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from skl2._arrays import takes_arrays
from skl2._base import carry_over
from skl2._typing import NDArray
from skl2._validation import balanced_weights, check_sample_weight, one_column, refuse_dates

FLOATS = [np.float64, np.float32]
FITTED = (
    "coef_",
    "intercept_",
    "n_iter_",
    "solver_",
    "_label_binarizer",
    "classes_",
    "n_features_in_",
    "feature_names_in_",
)
"""What scikit-learn's linear models predict with, and what describes their fit"""


def as_numbers(y: Any) -> NDArray:
    """Targets as real numbers, also those written as strings; not sparse ones."""
    if sparse.issparse(y):
        raise TypeError("y is sparse, but dense targets are required; use y.toarray().")
    refuse_dates("y", y)
    y = y.astype(np.float64) if y.dtype.kind in "US" else y
    if not np.isfinite(y).all():  # None and 'nan' are missing only now
        assert_all_finite(y, input_name="y")
    return y


def set_solution(model: Any, coef: NDArray, intercept: NDArray, flat: bool, dtype: Any) -> None:
    """Store coefficients (t, p) and intercepts (t,) in X's precision, if it holds them; `flat` as y was."""
    with np.errstate(over="ignore"):  # looked for
        coef, intercept = (np.asarray(values).astype(dtype, copy=False) for values in (coef, intercept))
    if not np.isfinite([part(values) for values in (coef, intercept) for part in (np.min, np.max)]).all():
        raise ValueError(
            f"The solution is out of the range of {np.dtype(dtype)}; rescale X, for example with "
            "StandardScaler, or y."
        )
    model.coef_ = coef[0] if len(coef) == 1 else coef
    model.intercept_ = (intercept[0] if flat else intercept) if model.fit_intercept else 0.0


class LinearPredictorMixin:
    """X @ coef_.T + intercept_ for a fitted linear model."""

    solver: str = "auto"  # a parameter only where one alpha is solved for
    fit_intercept: bool

    def _validated(self, X: Any, y: Any, **options: Any) -> tuple[Any, Any]:
        """X as float rows, and y: numbers as such, labels as they are."""
        numeric = not is_classifier(self)
        refuse_dates("X", X)
        if numeric:
            refuse_dates("y", y)
        options |= {"accept_sparse": "csr", "dtype": FLOATS, "multi_output": True, "y_numeric": numeric}
        X, y = validate_data(self, X, y, **options)
        return X, as_numbers(y) if numeric else y

    def _linear(self, X: Any) -> NDArray:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc", "coo"], dtype=FLOATS, reset=False)
        coef: NDArray = self.coef_  # type: ignore[attr-defined]
        return X @ (coef.T if coef.ndim == 2 else coef) + self.intercept_  # type: ignore[attr-defined]

    def to_sklearn(self) -> Any:
        """The fitted scikit-learn estimator with the same predictions.

        It is for tools that know scikit-learn's own classes only. Parameters that scikit-learn has
        carry over too, with `alpha_` as `alpha` where it was chosen.

        Returns
        -------
        sklearn.linear_model.Ridge or sklearn.linear_model.RidgeClassifier
            An object of its own: later fits of either do not touch the other.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from skl2 import RidgeCV
        >>> X, y = load_diabetes(return_X_y=True)
        >>> RidgeCV().fit(X, y).to_sklearn()
        Ridge(alpha=0.1)
        """
        check_is_fitted(self)
        kind = linear_model.RidgeClassifier if is_classifier(self) else linear_model.Ridge
        parameters = {
            name: value
            for name, value in self.get_params(deep=False).items()  # type: ignore[attr-defined]
            if name in inspect.signature(kind).parameters
        }
        if hasattr(self, "alpha_"):
            parameters["alpha"] = self.alpha_
        return carry_over(self, kind(**parameters), FITTED)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = self.solver != "svd" and (
            self.solver not in ("cholesky", "saga") or not self.fit_intercept
        )
        tags.array_api_support = True
        return tags


class RidgeRegressorMixin(MultiOutputMixin, RegressorMixin, LinearPredictorMixin):
    """Numbers as targets: shared by every ridge regressor."""

    def _encode(self, X: Any, y: Any, sample_weight: Any) -> tuple[NDArray, NDArray, NDArray | None]:
        """Numbers as scorers take them and as targets (n,) or (n, t), and the weights."""
        return y, *self._encode_known(X, y, sample_weight)

    def _encode_known(
        self, X: Any, y: Any, sample_weight: Any, part: bool = False, all_zero: bool = False
    ) -> tuple[NDArray, NDArray | None]:
        """The same for some rows of many."""
        return y, check_sample_weight(sample_weight, X, all_zero=all_zero)

    @takes_arrays
    def predict(self, X: ArrayLike) -> NDArray:
        """W x + b for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            The predictions.
        """
        return self._linear(X)


class RidgeClassifierMixin(ClassifierMixin, LinearPredictorMixin):
    """Labels as targets of −1 and 1, and back: shared by every ridge classifier."""

    _label_binarizer: LabelBinarizer
    class_weight: Any

    def _encode(self, X: Any, y: Any, sample_weight: Any) -> tuple[NDArray, NDArray, NDArray | None]:
        """Labels as scorers take them, targets (n, t) of ±1, and the weights times those of the classes."""
        check_classification_targets(y)
        if sparse.issparse(y):
            y = y.toarray() if type_of_target(y) == "multilabel-indicator" else as_numbers(y)
        self._learn_classes(y)
        Y, weight = self._encode_known(X, y, sample_weight)
        return y if self._label_binarizer.y_type_.startswith("multilabel") else y.ravel(), Y, weight

    def _learn_classes(self, y: Any) -> None:
        """Set the classes from labels, or from an indicator matrix."""
        self._label_binarizer = LabelBinarizer(pos_label=1, neg_label=-1).fit(y)

    def _encode_known(
        self, X: Any, y: Any, sample_weight: Any, part: bool = False, all_zero: bool = False
    ) -> tuple[NDArray, NDArray | None]:
        """The same with the classes known already; `part` if the rows may lack some of them."""
        if not self._label_binarizer.y_type_.startswith("multilabel"):
            y = one_column(y)
        class_weight = self._known_class_weight() if part else self.class_weight
        weight = self._weights(X, y, sample_weight, class_weight, all_zero)
        return self._label_binarizer.transform(y).astype(X.dtype), weight

    @staticmethod
    def _weights(X: Any, y: Any, sample_weight: Any, class_weight: Any, all_zero: bool) -> NDArray | None:
        weight = check_sample_weight(sample_weight, X, all_zero=all_zero)
        if class_weight is None:
            return weight
        tables = class_weight if y.ndim == 2 and isinstance(class_weight, list) else [class_weight]
        if class_weight != "balanced" and not all(isinstance(table, dict) for table in tables):
            raise ValueError(f"class_weight must be a dict, 'balanced' or None, got {class_weight!r}.")
        balanced = isinstance(class_weight, str)
        factors = balanced_weights(y, weight) if balanced else compute_sample_weight(class_weight, y)
        by_class = check_sample_weight(factors, X, "class_weight", all_zero=all_zero)
        return by_class if weight is None else check_sample_weight(weight * by_class, X, all_zero=all_zero)

    def _start_labels(self, classes: Any) -> None:
        """The labels of a new stream; those of an earlier fit if none are given."""
        if classes is None and not hasattr(self, "_label_binarizer"):
            raise ValueError("classes must be passed to the first call of partial_fit.")
        self._learn_classes(self.classes_ if classes is None else column_or_1d(classes))

    def _known_class_weight(self) -> Any:
        """Weights by label, so that a chunk without some class is no surprise."""
        if not isinstance(self.class_weight, dict):
            return self.class_weight
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_)
        return dict(zip(self.classes_.tolist(), weights, strict=True))

    @property
    def classes_(self) -> NDArray:
        """The class labels of shape (n_classes,)."""
        return self._label_binarizer.classes_

    @takes_arrays
    def decision_function(self, X: ArrayLike) -> NDArray:
        """Signed distance to the decision boundary, times ‖w‖.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One column per class or label; binary problems have one value, positive for `classes_[1]`.
        """
        scores = self._linear(X)
        return scores.ravel() if scores.ndim == 2 and scores.shape[1] == 1 else scores

    @takes_arrays
    def predict(self, X: ArrayLike) -> NDArray:
        """The class with the largest decision value.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels, or for a multilabel problem an indicator matrix.
        """
        scores = self.decision_function(X)
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return self._label_binarizer.inverse_transform(np.where(scores > 0, 1, -1))
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[np.minimum(best, len(self.classes_) - 1)]  # there may be one alone

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = bool(getattr(self, "positive", False))  # no negative weights
        return tags
