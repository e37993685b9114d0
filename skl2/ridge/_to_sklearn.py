"""The scikit-learn object that predicts as a fitted ridge estimator does."""

from __future__ import annotations

import inspect
from typing import Any

from sklearn import linear_model
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skl2._travel import carry_over

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


class RidgeToSklearnMixin:
    """`to_sklearn` for linear models whose `coef_` is scikit-learn's."""

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
