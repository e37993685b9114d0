"""Ridge regression and classification that choose their own alpha: `RidgeCV`, `RidgeClassifierCV`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import validate_data

from skl2._arrays import takes_arrays
from skl2._base import unchanged_on_error
from skl2._parameters import documented
from skl2._validation import check_sample_weight
from skl2.ridge._parameters import ClassParameters, SearchParameters, TargetParameters
from skl2.ridge._search import RidgeSearch
from skl2.ridge._targets import FLOATS, LinearPredictorMixin, RidgeClassifierMixin


@documented
@dataclass(eq=False, repr=False)
class RidgeCV(MultiOutputMixin, RegressorMixin, LinearPredictorMixin, RidgeSearch, TargetParameters):
    """Ridge regression that chooses its alpha.

    Minimises ½ Σ_i w_i ‖y_i − W'x_i − b‖² + (α/2)‖W‖² for the α whose held-out predictions are
    best, or whose evidence is greatest. One decomposition serves every α.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    alpha_ : float or ndarray of shape (n_targets,)
        The choice.
    alpha_min_, alpha_1se_ : float or ndarray of shape (n_targets,)
        The choices by both rules of `selection`; the latter is NaN where there is no standard error
        (GCV, evidence, leave-one-out with `scoring`, a single fold).
    alphas_ : ndarray of shape (n_alphas,)
        Every α tried; for 'auto' the nodes of the interpolation, and the choice.
    best_score_ : float or ndarray of shape (n_targets,)
        Weighted mean score of `alpha_`; −GCV or the log evidence for these criteria.
    mean_score_, std_error_ : ndarray of shape (n_alphas,) or (n_alphas, n_targets)
        Mean score of each α and its standard error, NaN where there is none.
    coef_, intercept_ : ndarray of shape (n_features,) or (n_targets, n_features); float or (n_targets,)
        The solution for `alpha_` on all rows.
    effective_dof_ : float or ndarray of shape (n_targets,)
        Effective degrees of freedom Σ λ/(λ + α), plus 1 for the intercept. NaN for folds of a large sparse
        X, which are solved without λ, unless `store_path` asks for a decomposition.
    cv_results_ : ndarray or dict
        Leave-one-out squared errors times w_i (predictions with `scoring`), of shape
        (n_samples, [n_targets,] n_alphas), if stored; with `cv` a dict as that of `GridSearchCV`.
    sigma_ : float or ndarray of shape (n_targets,)
        Standard deviation of the noise, with ``criterion='evidence'``.

    References
    ----------
    G. Golub, M. Heath, G. Wahba (1979), Generalized cross-validation as a method for choosing a good
    ridge parameter. D. MacKay (1992), Bayesian interpolation. C. Bishop (2006), Pattern
    Recognition and Machine Learning, section 3.5. L. Breiman et al. (1984), Classification and
    Regression Trees, section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skl2 import RidgeCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> RidgeCV(alphas=[1e-3, 1e-2, 1e-1, 1]).fit(X, y).alpha_
    0.01
    >>> round(RidgeCV(alphas="auto", criterion="evidence").fit(X, y).effective_dof_, 1)
    9.6
    """

    @unchanged_on_error
    @takes_arrays
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, **params: Any
    ) -> RidgeCV:
        """Choose alpha and solve for it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights w_i >= 0, used in the fits and in the scores.
        **params : dict
            Passed to the splitter (such as groups) and the scorer by metadata routing.

        Returns
        -------
        RidgeCV
            The fitted estimator.

        Raises
        ------
        ValueError
            For invalid data or parameters, or where no alpha has a finite score.
        """
        alphas = self._check_parameters()
        rows, targets = self._validated(X, y, y_numeric=True)
        weight = check_sample_weight(sample_weight, rows)
        self._search(alphas, rows, targets, targets, weight, sample_weight, params)
        return self

    @takes_arrays
    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Predict, and say how sure the model is.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        return_std : bool, default=False
            Also return the standard deviation of a new observation, noise included; only with
            ``criterion='evidence'`` and ``store_path=True``.

        Returns
        -------
        y_mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions.
        y_std : ndarray of the same shape
            Only with `return_std`.
        """
        mean = self._linear(X)
        if not return_std:
            return mean
        if not hasattr(self, "sigma_"):
            raise ValueError("return_std=True needs the noise: fit with criterion='evidence'.")
        path = self._stored_path("return_std=True")
        rows = validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=False)
        spreads = [path.spread(rows, alpha) for alpha in np.atleast_1d(self.alpha_)]
        std = np.sqrt(1.0 + np.array(spreads).T) * self.sigma_
        return mean, std.reshape(mean.shape) if std.size == mean.size else std


@documented
@dataclass(eq=False, repr=False)
class RidgeClassifierCV(RidgeClassifierMixin, RidgeSearch, ClassParameters, SearchParameters):
    """Ridge classifier that chooses its alpha: `RidgeCV` on targets of −1 and 1, one per class.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    alpha_, alpha_min_, alpha_1se_, alphas_, best_score_, mean_score_, std_error_
        As those of `RidgeCV`.
    effective_dof_, cv_results_, sigma_
        As those of `RidgeCV`; `cv_results_` always has an axis of targets.
    coef_ : ndarray of shape (n_features,) or (n_classes, n_features)
        One row per class; a single one for two classes.
    intercept_ : float or ndarray of shape (n_classes,)
        The intercepts.
    classes_ : ndarray of shape (n_classes,)
        The labels.

    References
    ----------
    T. Hastie, R. Tibshirani, J. Friedman (2009). The Elements of Statistical Learning, sections
    3.4.1 (ridge regression) and 4.2 (regression on indicators).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skl2 import RidgeClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> round(RidgeClassifierCV(alphas=[1e-3, 1e-2, 1e-1, 1]).fit(X, y).score(X, y), 3)
    0.963
    """

    @unchanged_on_error
    @takes_arrays
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, **params: Any
    ) -> RidgeClassifierCV:
        """Choose alpha and solve for it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or indicator matrix of shape (n_samples, n_labels)
            Labels.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights w_i >= 0, used in the fits and in the scores.
        **params : dict
            Passed to the splitter (such as groups) and the scorer by metadata routing.

        Returns
        -------
        RidgeClassifierCV
            The fitted estimator.
        """
        alphas = self._check_parameters()
        rows, labels = self._validated(X, y, y_numeric=False)
        Y, weight = self._encode(rows, labels, sample_weight)
        labels = labels.toarray() if sparse.issparse(labels) else labels
        labels = labels.ravel() if Y.shape[1] == 1 else labels
        self._search(alphas, rows, labels, Y, weight, sample_weight, params)
        return self
