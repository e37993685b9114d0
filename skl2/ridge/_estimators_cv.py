"""Ridge regression and classification that choose their own alpha: `RidgeCV`, `RidgeClassifierCV`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, is_classifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted, validate_data

from skl2._base import DocLinkMixin, unchanged_on_error, warn_caller
from skl2._choice import Choice, Scores, at_end, check_alphas, choose
from skl2._validation import (
    check_choice,
    check_flag,
    check_no_metadata,
    check_sample_weight,
    check_splits,
    takes_weights,
)
from skl2.ridge._estimators import (
    LinearPredictorMixin,
    Ridge,
    RidgeClassifier,
    RidgeClassifierMixin,
    as_numbers,
)
from skl2.ridge._folds import TallFolds, WideFolds
from skl2.ridge._path import RidgePath
from skl2.ridge._scores import (
    SQUARED_ERROR,
    HeldOutClassifier,
    HeldOutRegressor,
    Problem,
    fold_scores,
    loo_scorer_scores,
    loo_scores,
    refit_scores,
    rows_of,
    spectrum_scores,
    unit_of,
)
from skl2.selection import SELECTIONS, alpha_grid

DEFAULT_ALPHAS = (0.1, 1.0, 10.0)
CRITERIA = ("loo", "gcv", "evidence")


class _RidgeCVBase(DocLinkMixin, BaseEstimator):
    """Checks, the search for alpha, and what is fitted."""

    def _check_parameters(self) -> np.ndarray | int | str:
        """Check every parameter; return the alphas as an array, a number of values, or 'auto'."""
        check_flag("fit_intercept", self.fit_intercept)
        check_flag("store_cv_results", self.store_cv_results)
        check_choice("selection", self.selection, SELECTIONS)
        check_choice("criterion", self.criterion, CRITERIA)
        if self.cv is not None:
            for name in ("store_cv_results", "alpha_per_target"):
                if getattr(self, name, False):
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
        if not (self.scoring is None or isinstance(self.scoring, str) or callable(self.scoring)):
            raise TypeError(f"scoring must be one name or callable, or None; got {self.scoring!r}.")
        alphas = check_alphas(self.alphas, self.n_alphas, DEFAULT_ALPHAS, allow_zero=self.cv is not None)
        if isinstance(alphas, str):
            self._check_smooth()
        return alphas

    def _check_smooth(self) -> None:
        """An optimum between alphas needs a score that is smooth in alpha."""
        if (self.cv is None and self.scoring is None) or self._metric() != "scorer":
            return
        raise ValueError(
            "alphas='auto' needs a smooth score, squared error or R²: give an array of alphas, or "
            f"n_alphas, with scoring={self.scoring!r}."
        )

    def _validated(self, X: Any, y: Any, y_numeric: bool) -> tuple[Any, Any]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            multi_output=True,
            y_numeric=y_numeric,
            ensure_min_samples=2,
        )
        return X, as_numbers(y) if y_numeric else y

    def _routed(self, weight: Any, sample_weight: Any, params: dict[str, Any]) -> tuple[dict, dict]:
        """Parameters for the splitter and for the scorer."""
        if get_config()["enable_metadata_routing"]:
            if sample_weight is not None:
                params = {**params, "sample_weight": weight}
            routed = process_routing(self, "fit", **params)
            return routed.splitter.split, routed.scorer.score
        check_no_metadata(params)
        if weight is None or not callable(scorer := self._scorer()):
            return {}, {}
        if takes_weights(scorer):
            return {}, {"sample_weight": weight}
        warn_caller(f"scoring={self.scoring!r} takes no sample_weight, so held-out rows count alike.")
        return {}, {}

    def _scorer(self) -> Callable[..., Any] | None:
        """The scorer to call on predictions; None where sums of squared errors do."""
        if self.scoring is not None:
            return check_scoring(estimator=self, scoring=self.scoring)
        return get_scorer("accuracy") if is_classifier(self) and self.cv is not None else None

    def _metric(self) -> str:
        """How folds are scored: 'r2', squared error, or by a scorer."""
        if is_classifier(self) or get_config()["enable_metadata_routing"]:
            return "r2" if self.scoring is None and not is_classifier(self) else "scorer"
        known = self.scoring is None or self.scoring in ("r2", SQUARED_ERROR)
        return (self.scoring or "r2") if isinstance(self.scoring, (str, type(None))) and known else "scorer"

    def _search(
        self, alphas: Any, X: Any, y: Any, Y: np.ndarray, weight: Any, sample_weight: Any, params: dict
    ) -> None:
        """Choose alpha and set everything that is fitted."""
        for name in ("cv_results_", "sigma_"):  # not every fit sets them
            if hasattr(self, name):
                delattr(self, name)
        split_params, score_params = self._routed(weight, sample_weight, params)
        problem = Problem(
            X,
            Y.astype(np.float64).reshape(X.shape[0], -1),
            y,
            weight,
            self.fit_intercept,
            self._use_svd(X),
            getattr(self, "alpha_per_target", False),
            self._scorer(),
            score_params,
            HeldOutClassifier(self._label_binarizer) if is_classifier(self) else HeldOutRegressor(),
        )
        if self.cv is None:
            chosen = self._choose_without_folds(problem, alphas)
        else:
            chosen = self._choose_by_folds(problem, alphas, split_params)
        finite = np.isfinite(chosen.scores.mean).all(axis=1)
        if finite.any() and not finite.all():
            passed_over = chosen.scores.alphas[~finite]
            warn_caller(f"The mean score is not finite for {len(passed_over)} alphas, which are passed over.")
        self._warn_at_end(alphas, chosen)
        self._set_solution(problem, chosen, flat=np.ndim(Y) == 1, dtype=X.dtype)

    def _choose_without_folds(self, problem: Problem, alphas: Any) -> Choice:
        """By leave-one-out, generalised cross-validation or evidence; weightless rows do not exist."""
        whole = problem
        if problem.weight is not None and not problem.weight.all():
            rows = np.flatnonzero(problem.weight)
            n = len(problem.y)
            params = {name: rows_of(value, rows, n) for name, value in problem.score_params.items()}
            kept = {name: getattr(problem, name)[rows] for name in ("X", "Y", "y", "weight")}
            problem = replace(problem, **kept, score_params=params)
        if len(problem.y) < 2:
            raise ValueError(
                "sample_weight leaves a single row, and choosing alpha needs two with a positive weight."
            )
        store = bool(self.store_cv_results)

        def evaluate(grid: np.ndarray) -> Scores:
            if self.criterion != "loo":
                return spectrum_scores(problem, grid, self.criterion)
            function = loo_scores if self.scoring is None else loo_scorer_scores
            return function(problem, grid, store)

        chosen = choose(evaluate, alphas, problem.bounds, self.selection)
        whole.data = problem.data
        if store:
            self.cv_results_: Any = self._stored(whole, chosen.scores)
        return chosen

    def _stored(self, problem: Problem, scores: Scores) -> np.ndarray:
        """Leave-one-out values of every row; 0 (squared errors) or NaN (predictions) without weight."""
        detail = scores.detail
        if problem.weight is not None and not problem.weight.all():
            everything = np.full((len(problem.y), *detail.shape[1:]), 0.0 if self.scoring is None else np.nan)
            everything[problem.weight > 0] = detail
            detail = everything
        detail = detail.astype(problem.X.dtype, copy=False)
        return detail[:, 0] if problem.y.ndim == 1 and not is_classifier(self) else detail

    def _choose_by_folds(self, problem: Problem, alphas: Any, split_params: dict) -> Choice:
        """By cross-validation over the splits of `cv`."""
        n_samples, n_features = problem.X.shape
        weight = np.ones(n_samples) if problem.weight is None else problem.weight
        classifier = is_classifier(self)
        splits = check_splits(self.cv, problem.X, problem.y, weight, classifier=classifier, **split_params)
        metric = self._metric()
        tiny = [k for k, (_, test) in enumerate(splits) if np.count_nonzero(weight[test]) < 2]
        if metric == "r2" and tiny and isinstance(alphas, np.ndarray):
            return self._choose_first(alphas, len(splits), tiny)
        evaluate: Callable[[np.ndarray], Scores]
        if metric == "scorer" and not hasattr(problem.scorer, "_score_func"):
            kind = RidgeClassifier if is_classifier(self) else Ridge
            evaluate = partial(
                refit_scores, problem, splits, estimator=kind(fit_intercept=self.fit_intercept)
            )
        else:
            most = max(len(train) for train, _ in splits) - int(self.fit_intercept)
            folds_of = TallFolds if most > n_features else WideFolds
            folds = folds_of(problem.X, problem.Y, problem.weight, splits, self.fit_intercept)
            problem.moments = folds.total
            evaluate = partial(fold_scores, problem, folds, metric=metric)
        chosen = choose(evaluate, alphas, problem.bounds, self.selection)
        self._set_fold_results(chosen.scores)
        return chosen

    def _choose_first(self, alphas: np.ndarray, n_splits: int, tiny: list[int]) -> Choice:
        """What scikit-learn does where R² is undefined: a warning, and the first alpha."""
        warn_caller(
            f"R² is undefined for test sets of fewer than two rows (splits {tiny}), so no alpha can be "
            "compared and the first is taken. Use scoring='neg_mean_squared_error', or cv=None.",
            UndefinedMetricWarning,
        )
        undefined = np.full((len(alphas), 1), np.nan)
        scores = Scores(alphas, undefined, undefined, np.full((n_splits, len(alphas)), np.nan))
        self._set_fold_results(scores)
        return Choice({"min": alphas[:1], "1se": undefined[0]}, "min", scores)

    def _set_fold_results(self, scores: Scores) -> None:
        """`cv_results_` with the keys of GridSearchCV."""
        mean, unit = scores.mean[:, 0], unit_of(scores.detail)
        filled = np.where(np.isnan(mean), -np.inf, mean)
        self.cv_results_ = {
            "param_alpha": np.ma.MaskedArray(scores.alphas),
            "params": [{"alpha": float(alpha)} for alpha in scores.alphas],
            **{f"split{k}_test_score": fold for k, fold in enumerate(scores.detail)},
            "mean_test_score": mean,
            "std_test_score": unit * (scores.detail / unit).std(axis=0),
            "rank_test_score": 1 + (filled[None, :] > filled[:, None]).sum(axis=1),
        }

    def _warn_at_end(self, alphas: Any, chosen: Choice) -> None:
        """Say that a grid may be too narrow, if the user chose it."""
        if not isinstance(alphas, np.ndarray) or len(alphas) < 3 or tuple(alphas) == DEFAULT_ALPHAS:
            return
        ends = [
            alpha > 0 and at_end(chosen.scores, column, int(np.flatnonzero(alphas == alpha)[0]))
            for column, alpha in enumerate(chosen.alpha)
        ]
        if any(ends):  # the same words for every fold of a search around this fit: said once
            warn_caller(
                f"The chosen alpha is at the end of alphas, {alphas.min():g} to {alphas.max():g}: the best "
                "may lie beyond. Give a wider array, or n_alphas for a grid that extends itself."
            )

    def _set_solution(self, problem: Problem, chosen: Choice, flat: bool, dtype: Any) -> None:
        data = problem.decomposed(chosen.alpha.min())
        path = data.path
        several = problem.per_target and problem.Y.shape[1] > 1
        alpha = chosen.alpha if several else chosen.alpha[0]
        coef = data.coef(alpha)
        intercept = path.intercept(coef)
        dof = path.dof(alpha)
        self._path: RidgePath = path
        self.alphas_ = chosen.scores.alphas
        self.alpha_ = chosen.alpha if several else float(chosen.alpha[0])
        self.alpha_min_, self.alpha_1se_ = (
            chosen.by_rule[rule] if several else float(chosen.by_rule[rule][0]) for rule in SELECTIONS
        )
        self.best_score_ = chosen.score if several else float(chosen.score[0])
        self.mean_score_ = chosen.scores.mean if several else chosen.scores.mean[:, 0]
        self.std_error_ = chosen.scores.std_error if several else chosen.scores.std_error[:, 0]
        self.effective_dof_ = dof if several else float(dof[0])
        self.coef_ = (coef[0] if len(coef) == 1 else coef).astype(dtype, copy=False)
        if not self.fit_intercept:
            self.intercept_: Any = 0.0
        else:
            self.intercept_ = dtype.type(intercept[0]) if flat else intercept.astype(dtype, copy=False)
        if self.criterion == "evidence":
            variance = path.noise_variance(chosen.alpha)
            columns = np.arange(variance.shape[1])
            sigma = np.sqrt(variance[columns if several else 0, columns])
            self.sigma_ = float(sigma[0]) if flat or len(sigma) == 1 else sigma

    def _use_svd(self, X: Any) -> bool:
        if getattr(self, "gcv_mode", None) is None:
            return False
        check_choice("gcv_mode", self.gcv_mode, ["auto", "svd", "eigen"])
        if self.gcv_mode == "svd" and sparse.issparse(X):
            warn_caller(
                "The 'svd' mode is not supported for sparse X: gcv_mode='eigen' is used instead.",
                FutureWarning,
            )
            return False
        return self.gcv_mode == "svd"

    def coef_path(self, alphas: ArrayLike) -> NDArray:
        """Coefficients for every alpha, from the decomposition that `fit` kept.

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
            If an alpha is not positive, or so far below those of `fit` that the decomposition, which was
            made no more accurate than these needed, does not resolve it.
        """
        check_is_fitted(self)
        grid = alpha_grid(np.atleast_1d(np.asarray(alphas)))
        if not self._path.resolves(grid.min()):
            raise ValueError(
                f"alphas holds {grid.min():g}, too small for the decomposition that fit kept of these nearly "
                "collinear data: fit with alphas that reach as low, or with gcv_mode='svd'."
            )
        return np.array([self._path.coef(alpha).reshape(self.coef_.shape) for alpha in grid])

    def get_metadata_routing(self) -> MetadataRouter:
        """Which parameters of `fit` go to the splitter, and which to the scorer.

        Returns
        -------
        MetadataRouter
            The routing of this estimator.
        """
        scorer = self._scorer()
        if self.scoring is None:
            scorer = get_scorer("accuracy" if is_classifier(self) else "r2")
            scorer = scorer.set_score_request(sample_weight=True)
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(scorer=scorer, method_mapping=MethodMapping().add(caller="fit", callee="score"))
            .add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class RidgeCV(MultiOutputMixin, RegressorMixin, LinearPredictorMixin, _RidgeCVBase):
    """Ridge regression that chooses its alpha.

    Minimises ½ Σ_i w_i ‖y_i − W'x_i − b‖² + (α/2)‖W‖² for the α whose held-out predictions are
    best, or whose evidence is greatest. One decomposition serves every α.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,), float or 'auto', default=(0.1, 1.0, 10.0)
        Values to try, positive (with `cv`, 0 too); a number is that one value. ``'auto'`` finds the
        optimum among all α.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised intercept.
    scoring : str or callable, default=None
        None is the negative mean squared error without `cv`, R² with it. A callable with `cv` is given
        explicit refits, one per fold and α, because it may look at anything: slow.
    cv : int, splitter or iterable of splits, default=None
        None leaves one row out at a time, without refitting; see `criterion`.
    gcv_mode : {'auto', 'svd', 'eigen'} or None, default=None
        'svd' decomposes the rows of X, the others X'X or XX' where that is accurate enough.
    store_cv_results : bool, default=False
        Keep the leave-one-out values in `cv_results_`; only with ``cv=None``.
    alpha_per_target : bool, default=False
        Choose one α for each target; only with ``cv=None``.
    criterion : {'loo', 'gcv', 'evidence'}, default='loo'
        How α is judged with ``cv=None``: leave-one-out, generalised cross-validation, or the
        marginal likelihood of the model W ~ N(0, σ²/α), y ~ N(XW + b, σ²). The last two take weights
        for repetitions: their n is Σ w.
    selection : {'min', '1se'}, default='min'
        The best mean score, or the largest α within one standard error of it.
    n_alphas : int, default=None
        How many values to try instead of `alphas`: spaced evenly in log(α) between bounds from X, and
        continued where the end is chosen.

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
        Effective degrees of freedom Σ λ/(λ + α), plus 1 for the intercept.
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

    def __init__(
        self,
        alphas: ArrayLike | str = DEFAULT_ALPHAS,
        *,
        fit_intercept: bool = True,
        scoring: Any = None,
        cv: Any = None,
        gcv_mode: str | None = None,
        store_cv_results: bool = False,
        alpha_per_target: bool = False,
        criterion: str = "loo",
        selection: str = "min",
        n_alphas: int | None = None,
    ) -> None:
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.scoring = scoring
        self.cv = cv
        self.gcv_mode = gcv_mode
        self.store_cv_results = store_cv_results
        self.alpha_per_target = alpha_per_target
        self.criterion = criterion
        self.selection = selection
        self.n_alphas = n_alphas

    @unchanged_on_error
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
        check_flag("alpha_per_target", self.alpha_per_target)
        alphas = self._check_parameters()
        rows, targets = self._validated(X, y, y_numeric=True)
        weight = check_sample_weight(sample_weight, rows)
        self._search(alphas, rows, targets, targets, weight, sample_weight, params)
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Predict, and say how sure the model is.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        return_std : bool, default=False
            Also return the standard deviation of a new observation, noise included; only with
            ``criterion='evidence'``.

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
        rows = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        spreads = [self._path.spread(rows, alpha) for alpha in np.atleast_1d(self.alpha_)]
        std = np.sqrt(1.0 + np.array(spreads).T) * self.sigma_
        return mean, std.reshape(mean.shape) if std.size == mean.size else std


class RidgeClassifierCV(RidgeClassifierMixin, _RidgeCVBase):
    """Ridge classifier that chooses its alpha: `RidgeCV` on targets of −1 and 1, one per class.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,), float or 'auto', default=(0.1, 1.0, 10.0)
        Values to try; see `RidgeCV`.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised intercept.
    scoring : str or callable, default=None
        None is the negative mean squared error of the ±1 targets without `cv`, accuracy with it.
    cv : int, splitter or iterable of splits, default=None
        None leaves one row out at a time; an int means that many stratified folds.
    class_weight : dict or 'balanced', default=None
        Weights of the classes, multiplied with `sample_weight`.
    store_cv_results : bool, default=False
        Keep the leave-one-out values in `cv_results_`; only with ``cv=None``.
    criterion : {'loo', 'gcv', 'evidence'}, default='loo'
        How α is judged with ``cv=None``; see `RidgeCV`.
    selection : {'min', '1se'}, default='min'
        The best mean score, or the largest α within one standard error of it.
    n_alphas : int, default=None
        How many values to try instead of `alphas`; see `RidgeCV`.

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

    def __init__(
        self,
        alphas: ArrayLike | str = DEFAULT_ALPHAS,
        *,
        fit_intercept: bool = True,
        scoring: Any = None,
        cv: Any = None,
        class_weight: Any = None,
        store_cv_results: bool = False,
        criterion: str = "loo",
        selection: str = "min",
        n_alphas: int | None = None,
    ) -> None:
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.scoring = scoring
        self.cv = cv
        self.class_weight = class_weight
        self.store_cv_results = store_cv_results
        self.criterion = criterion
        self.selection = selection
        self.n_alphas = n_alphas

    @unchanged_on_error
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
        Y, weight = self._encode(rows, labels, sample_weight, self.class_weight)
        labels = labels.toarray() if sparse.issparse(labels) else labels
        labels = labels.ravel() if Y.shape[1] == 1 else labels
        self._search(alphas, rows, labels, Y, weight, sample_weight, params)
        return self
