"""Ridge regression and classification that choose their own alpha: `RidgeCV`, `RidgeClassifierCV`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils.validation import check_is_fitted, validate_data

from skl2._arrays import takes_arrays
from skl2._base import PackageMixin, unchanged_on_error, warn_caller
from skl2._choice import CHEAP, Choice, Scores, check_alphas, choose, unit_of
from skl2._cv import ChosenAlpha
from skl2._parameters import check_parameters, documented
from skl2._typing import NDArray
from skl2._validation import check_splits
from skl2.ridge._estimators import Ridge, RidgeClassifier
from skl2.ridge._folds import SQUARED_ERROR, KrylovFolds, folds_of
from skl2.ridge._parameters import (
    CRITERIA,
    DEFAULT_ALPHAS,
    ClassParameters,
    SearchParameters,
    TargetParameters,
)
from skl2.ridge._path import Path
from skl2.ridge._rows import Data
from skl2.ridge._scores import (
    HeldOutClassifier,
    HeldOutRegressor,
    Problem,
    loo_scorer_scores,
    loo_scores,
    refit_scores,
    spectrum_scores,
)
from skl2.ridge._targets import FLOATS, RidgeClassifierMixin, RidgeRegressorMixin, set_solution
from skl2.selection import alpha_grid

VANISHING = 1e-150  # numbers whose squares have no digits left
PLATEAU = 1e-9  # relative difference of scores that is none


def check_squares(Y: NDArray) -> None:
    """Raise a ValueError where y is so small that its squares, which alphas are compared by, vanish."""
    largest = np.abs(Y).max(axis=0)
    if ((largest > 0) & (largest < VANISHING)).any():
        raise ValueError("The squares of y vanish; rescale y, for example to unit variance.")


class RidgeSearch(ChosenAlpha, PackageMixin, BaseEstimator):
    """Checks, the search for alpha, and what is fitted."""

    alpha_per_target: bool = False
    gcv_mode: str | None = None
    _of_one_alpha: type[Ridge | RidgeClassifier]
    _path: Path  # only with store_path

    def _check_parameters(self) -> NDArray | int | str:
        """Check every parameter; return the alphas as an array, a number of values, or 'auto'."""
        check_parameters(self)
        if self.cv is not None:
            for name in ("store_cv_results", "alpha_per_target"):
                if getattr(self, name):
                    raise ValueError(f"cv!=None and {name}=True are incompatible")
            if self.criterion != "loo":
                raise ValueError(f"criterion={self.criterion!r} needs no folds: set cv=None.")
        elif self.criterion != "loo":
            for name, default in (("scoring", None), ("store_cv_results", False), ("selection", "min")):
                if getattr(self, name) != default:
                    raise ValueError(
                        f"{name}={getattr(self, name)!r} needs held-out predictions, which "
                        f"criterion={self.criterion!r} does without: use criterion='loo' or set cv."
                    )
        alphas = check_alphas(self.alphas, self.n_alphas, DEFAULT_ALPHAS, allow_zero=self.cv is not None)
        by_loss = self.cv is None and self.scoring is None
        if isinstance(alphas, str) and not by_loss and self._metric() == "scorer":
            raise ValueError(
                "alphas='auto' needs a smooth score, squared error or R²: give an array of alphas, or "
                f"n_alphas, with scoring={self.scoring!r}."
            )
        return alphas

    def _prediction_scorer(self) -> Callable[..., Any] | None:
        """The scorer to call on predictions; None where sums of squared errors do."""
        if self.scoring is not None:
            return check_scoring(estimator=self, scoring=self.scoring)
        return get_scorer("accuracy") if is_classifier(self) and self.cv is not None else None

    @property
    def _loss_name(self) -> str:
        if self.cv is None:
            return CRITERIA[self.criterion][1]
        return "accuracy" if is_classifier(self) else "R²"

    @property
    def _score_kind(self) -> str:
        return CRITERIA[self.criterion][0] if self.cv is None else super()._score_kind

    def _metric(self) -> str:
        """How folds are scored: 'r2', squared error, or by a scorer."""
        if is_classifier(self) or get_config()["enable_metadata_routing"]:
            return "r2" if self.scoring is None and not is_classifier(self) else "scorer"
        known = self.scoring is None or self.scoring in ("r2", SQUARED_ERROR)
        return (self.scoring or "r2") if isinstance(self.scoring, (str, type(None))) and known else "scorer"

    @unchanged_on_error
    @takes_arrays
    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None, **params: Any) -> Self:
        """Choose alpha, and find the optimum of J for it on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers; for a classifier labels, or an indicator matrix of labels.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights w_i >= 0, in the fits and in the scores; an integer is that many copies of the row.
        **params : dict
            Passed to the splitter (such as groups) and the scorer by metadata routing.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            For invalid data or parameters, or where no alpha has a finite score; the estimator is left as it
            was.

        Warns
        -----
        UserWarning
            Where the best alpha may lie beyond `alphas`.
        """
        alphas, given = self._check_parameters(), X
        X, y = self._validated(X, y, ensure_min_samples=2)
        y, Y, weight = self._encode(X, y, sample_weight)
        check_squares(Y)
        self._forget()
        classifier, targets = is_classifier(self), Y.astype(np.float64, copy=False).reshape(len(Y), -1)
        problem = Problem(
            Data(X, targets, weight, self.fit_intercept),
            y,
            self._use_svd(X),
            self.alpha_per_target,
            self._prediction_scorer(),
            self._metric(),
            receiver=HeldOutClassifier(self._label_binarizer) if classifier else HeldOutRegressor(),
            keep=self.store_path,
            given=given,
        )
        split_params, problem.score_params = self._routed(weight, sample_weight, params)
        with np.errstate(over="ignore", invalid="ignore"):  # looked for in the scores and in the solution
            if self.cv is None:
                chosen = self._choose_without_folds(problem, alphas)
            else:
                problem.splits = check_splits(
                    self.cv, given, y, weight, classifier=classifier, **split_params
                )
                chosen = self._choose_by_folds(problem, alphas)
            self._set_all(problem, alphas, chosen, flat=Y.ndim == 1, dtype=X.dtype)
        return self

    def _forget(self) -> None:
        """Drop what not every fit sets."""
        for name in ("cv_results_", "sigma_", "_path"):
            self.__dict__.pop(name, None)

    def _choose_without_folds(self, problem: Problem, alphas: Any) -> Choice:
        """By leave-one-out, generalised cross-validation or evidence; weightless rows do not exist."""
        weight, store = problem.data.sample_weight, bool(self.store_cv_results)
        if weight is not None and not weight.all():
            problem.keep_rows(np.flatnonzero(weight))
        if len(problem.y) < 2:
            raise ValueError(
                "sample_weight leaves a single row, and choosing alpha needs two with a positive weight."
            )
        if self.criterion != "loo":
            evaluate = partial(spectrum_scores, problem, criterion=self.criterion)
        else:
            evaluate = partial(
                loo_scores if self.scoring is None else loo_scorer_scores, problem, store=store
            )
        chosen = choose(evaluate, alphas, problem.bounds, self.selection)
        if store:
            self.cv_results_: Any = self._stored(problem, chosen.scores.detail[0], weight)
        return chosen

    def _stored(self, problem: Problem, detail: NDArray, weight: NDArray | None) -> NDArray:
        """Leave-one-out values of every row; 0 (squared errors) or NaN (predictions) without weight.

        In the precision of X, unless that cannot hold them.
        """
        if weight is not None and not weight.all():
            everything = np.full((len(weight), *detail.shape[1:]), 0.0 if self.scoring is None else np.nan)
            everything[weight > 0] = detail
            detail = everything
        if np.abs(detail).max(initial=0.0, where=np.isfinite(detail)) <= np.finfo(problem.data.X.dtype).max:
            detail = detail.astype(problem.data.X.dtype, copy=False)
        return detail[:, 0] if problem.y.ndim == 1 and not is_classifier(self) else detail

    def _choose_by_folds(self, problem: Problem, alphas: Any) -> Choice:
        """By cross-validation over the splits of `cv`."""
        weight, splits = problem.data.sample_weight, problem.splits
        sizes = [len(test) if weight is None else np.count_nonzero(weight[test]) for _, test in splits]
        tiny = [k for k, size in enumerate(sizes) if size < 2]
        if problem.metric == "r2" and tiny and isinstance(alphas, np.ndarray):
            return self._choose_first(alphas, len(splits), tiny)
        evaluate: Callable[[NDArray], Scores]
        bounds, folds = problem.bounds, None
        if problem.metric == "scorer" and not hasattr(problem.scorer, "_score_func"):
            plain = self._of_one_alpha(fit_intercept=self.fit_intercept)
            evaluate = partial(refit_scores, problem, estimator=plain)
        else:
            folds = folds_of(problem.data, splits)
            problem.moments = folds.total
            bounds = partial(folds.bounds, problem.bounds)
            evaluate = partial(folds.scores, metric=problem.metric, score=problem.score)
        chosen = choose(evaluate, alphas, bounds, self.selection)
        problem.light = folds if isinstance(folds, KrylovFolds) and folds.iterative else None
        self._set_fold_results(chosen.scores)
        return chosen

    def _choose_first(self, alphas: NDArray, n_splits: int, tiny: list[int]) -> Choice:
        """What scikit-learn does where R² is undefined: a warning, and the first alpha."""
        warn_caller(
            f"R² is undefined for test sets of fewer than two rows (splits {tiny}), so no alpha can be "
            "compared and the first is taken. Use scoring='neg_mean_squared_error', or cv=None.",
            UndefinedMetricWarning,
        )
        undefined = np.full((len(alphas), 1), np.nan)
        scores = Scores(alphas, undefined, undefined, (np.full((n_splits, len(alphas)), np.nan),))
        self._set_fold_results(scores)
        return Choice({"min": alphas[:1], "1se": undefined[0]}, "min", scores)

    def _set_fold_results(self, scores: Scores) -> None:
        """`cv_results_` with the keys of GridSearchCV."""
        mean, (detail,) = scores.mean[:, 0], scores.detail
        unit = unit_of(detail)
        filled = np.where(np.isnan(mean), -np.inf, mean)
        self.cv_results_ = {
            "param_alpha": np.ma.MaskedArray(scores.alphas),
            "params": [{"alpha": float(alpha)} for alpha in scores.alphas],
            **{f"split{k}_test_score": fold for k, fold in enumerate(detail)},
            "mean_test_score": mean,
            "std_test_score": unit * (detail / unit).std(axis=0),
            "rank_test_score": 1 + (filled[None, :] > filled[:, None]).sum(axis=1),
        }

    @staticmethod
    def _warn_at_limit(chosen: Choice) -> None:
        """Say that the best alpha leaves nothing of any column, or that scores rise to the other end."""
        scores = chosen.scores
        finite = np.flatnonzero(np.isfinite(scores.mean).all(axis=1))
        if len(finite) < 2:
            return
        order = finite[np.argsort(scores.alphas[finite])]
        low, near, high = scores.mean[order[[0, 1, -1]]]
        rising = (chosen.alpha == scores.alphas[order[0]]) & (low - near > CHEAP.rising * np.abs(near))
        if (chosen.score - high <= PLATEAU * np.abs(high)).any():
            warn_caller(
                "The greatest alpha that was tried, which leaves hardly anything of any column, is as good "
                "as any: no feature improves on the mean of y. Check X and y, or give alphas."
            )
        elif rising.any():
            warn_caller(
                "The best alpha is the smallest that was tried, and shrinks hardly any column: a penalty "
                "gains nothing. Give alphas, or use Ridge(alpha=0)."
            )

    def _set_all(self, problem: Problem, alphas: Any, chosen: Choice, flat: bool, dtype: Any) -> None:
        """Set what the choice was made by, and the solution for it."""
        several = problem.per_target and problem.data.Y.shape[1] > 1
        alpha = chosen.alpha if several else chosen.alpha[0]
        coef, intercept, dof = self._solution(problem, alpha)
        if not isinstance(alphas, np.ndarray):  # of bounds from X there is something else to say
            chosen.at_end = False
            self._warn_at_limit(chosen)
        self._set_choice(alphas, chosen, several)
        self.effective_dof_ = dof if several else float(dof[0])
        set_solution(self, coef, intercept, flat, dtype)
        if self.criterion == "evidence":
            variance = problem.decomposed(chosen.alpha.min()).path.noise_variance(chosen.alpha)
            sigma = np.sqrt(variance.diagonal() if several else variance[0])
            self.sigma_ = float(sigma[0]) if flat or len(sigma) == 1 else sigma

    def _solution(self, problem: Problem, alpha: NDArray | float) -> tuple[NDArray, NDArray, NDArray]:
        """Coefficients, intercepts and degrees of freedom; NaN where nothing else needs a decomposition."""
        if problem.light is not None and not problem.keep:
            coef, intercept, dof = problem.light.solution(np.broadcast_to(alpha, problem.data.Y.shape[1]))
            return coef.T, intercept, dof
        decomposed = problem.decomposed(float(np.min(alpha)))
        path, dof = decomposed.path, decomposed.path.dof(alpha)
        if self.store_path:
            self._path = path
        coef = decomposed.coef(np.asarray(alpha))
        return coef, path.centre.intercept(coef.T), dof

    def _use_svd(self, X: Any) -> bool:
        if self.gcv_mode == "svd" and sparse.issparse(X):
            warn_caller(
                "The 'svd' mode is not supported for sparse X: gcv_mode='eigen' is used instead.",
                FutureWarning,
            )
            return False
        return self.gcv_mode == "svd"

    def coef_path(self, alphas: ArrayLike) -> NDArray:
        """Coefficients for every alpha, from the decomposition that `fit` keeps with `store_path=True`.

        Parameters
        ----------
        alphas : array-like of shape (n_alphas,)
            Strengths of the penalty, positive.

        Returns
        -------
        ndarray of shape (n_alphas, n_features) or (n_alphas, n_targets, n_features)
            One `coef_` per alpha.

        Raises
        ------
        ValueError
            If there is no decomposition. If an alpha is not positive, or so far below those of `fit` that
            the decomposition, which was made no more accurate than these needed, does not resolve it.
        """
        path = self._stored_path("coef_path")
        grid = alpha_grid(np.atleast_1d(np.asarray(alphas)))
        if not path.resolves(grid.min()):
            raise ValueError(
                f"alphas holds {grid.min():g}, too small for the decomposition that fit kept of these nearly "
                "collinear data: fit with alphas that reach as low, or with gcv_mode='svd'."
            )
        return np.array([path.coefs(alpha[None]).T.reshape(self.coef_.shape) for alpha in grid])

    def _stored_path(self, name: str) -> Path:
        """The decomposition of the fit; an error that says what to do where it was not kept."""
        check_is_fitted(self)
        if not hasattr(self, "_path"):
            raise ValueError(f"{name} needs the decomposition of the data: fit with store_path=True.")
        return self._path


@documented()
@dataclass(eq=False, repr=False)
class RidgeCV(RidgeRegressorMixin, RidgeSearch, TargetParameters):
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
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if X has names that are all strings.

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

    _of_one_alpha = Ridge

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


@documented()
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
    effective_dof_, cv_results_, sigma_, n_features_in_, feature_names_in_
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

    _of_one_alpha = RidgeClassifier
