"""Ridge regression and classification that choose their own alpha: `RidgeCV`, `RidgeClassifierCV`."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import minimize_scalar
from sklearn import get_config
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, is_classifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import check_cv
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted, validate_data

from ._base import DocLinkMixin, unchanged_on_error
from ._ridge_folds import HeldOut, TallFolds, WideFolds, as_indices
from ._ridge_path import RidgePath, TallData, WideData, decompose, ill_conditioned
from ._validation import check_choice, check_flag, check_sample_weight
from .ridge import LinearPredictorMixin, RidgeClassifierMixin
from .selection import SELECTIONS, alpha_grid, extend_grid, pick_summary, summarise

DEFAULT_ALPHAS = (0.1, 1.0, 10.0)
CRITERIA = ("loo", "gcv", "evidence")
N_NODES = 48  # Chebyshev nodes in log(alpha): enough for the optimum to 3e-4
N_EXTENSIONS = 3  # how often a grid is continued whose end is chosen
SQUARED_ERROR = "neg_mean_squared_error"


# ------------------------------------------------------------------------- scores of every alpha
@dataclass(slots=True)
class Scores:
    """Mean score and standard error (n_alphas, n_choices), greater is better.

    `detail` holds what they come from, alphas last: (n_folds, n_alphas), or the leave-one-out
    values (n_samples, n_targets, n_alphas) where they are to be stored.
    """

    alphas: np.ndarray
    mean: np.ndarray
    std_error: np.ndarray
    detail: Any = None

    def join(self, other: Scores) -> Scores:
        """Both sets of alphas, ascending."""
        alphas = np.concatenate([self.alphas, other.alphas])
        order = np.argsort(alphas, kind="stable")
        detail = None
        if self.detail is not None and other.detail is not None:
            detail = np.concatenate([self.detail, other.detail], axis=-1)[..., order]
        return Scores(
            alphas[order],
            np.concatenate([self.mean, other.mean])[order],
            np.concatenate([self.std_error, other.std_error])[order],
            detail,
        )


class _HeldOutRegressor(RegressorMixin, BaseEstimator):
    """Hands predictions to a scorer: its data are the predictions."""

    def fit(self, X: Any, y: Any = None) -> _HeldOutRegressor:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X


class _HeldOutClassifier(RidgeClassifierMixin, BaseEstimator):
    """Hands decision values to a scorer: its data are the decision values."""

    def __init__(self, label_binarizer: LabelBinarizer | None = None) -> None:
        self.label_binarizer = label_binarizer

    @property
    def _label_binarizer(self) -> LabelBinarizer:
        return self.label_binarizer

    def fit(self, X: Any, y: Any = None) -> _HeldOutClassifier:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def _linear(self, X: np.ndarray) -> np.ndarray:
        return X


@dataclass(slots=True)
class Problem:
    """The validated data of one fit, and how predictions are scored."""

    X: Any
    Y: np.ndarray
    y: np.ndarray  # as given: labels, or targets
    weight: np.ndarray | None
    fit_intercept: bool
    use_svd: bool
    per_target: bool
    scorer: Callable[..., Any] | None
    score_params: dict[str, Any]
    receiver: Any
    data: TallData | WideData | None = None
    min_alpha: float = np.inf
    moments: Any = None

    def decomposed(self, min_alpha: float) -> TallData | WideData:
        """The decomposition, accurate down to `min_alpha`; made once, or again if it must be better."""
        if self.data is None or (
            min_alpha < self.min_alpha and ill_conditioned(self.data.path.eigenvalues, min_alpha)
        ):
            self.data = decompose(
                self.X, self.Y, self.weight, self.fit_intercept, min_alpha, self.use_svd, self.moments
            )
            self.min_alpha = min_alpha
        return self.data

    def bounds(self) -> tuple[float, float]:
        """Ends of alpha between hardly any shrinkage and hardly anything left, from the spectrum."""
        eigenvalues = self.decomposed(np.inf).path.eigenvalues
        top = eigenvalues.max(initial=0.0)
        if top == 0:
            return 1e-3, 1e3
        return max(1e-3 * float(eigenvalues.min()), 1e-7 * top), 1e3 * top

    def score(self, predictions: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """Scores (n_alphas, n_choices) of held-out predictions (n_rows, n_targets, n_alphas)."""
        y = self.y[rows]
        params = {name: _rows_of(value, rows, len(self.y)) for name, value in self.score_params.items()}

        def scored(values: np.ndarray, true: np.ndarray) -> float:
            values = values.reshape(true.shape) if values.size == true.size else values
            return float(self.scorer(self.receiver, values, true, **params))  # type: ignore[misc]

        by_alpha = np.moveaxis(predictions, -1, 0)
        if not self.per_target:
            return np.array([[scored(values, y)] for values in by_alpha])
        targets = range(self.Y.shape[1])
        return np.array([[scored(values[:, j], self.Y[rows, j]) for j in targets] for values in by_alpha])


def _rows_of(value: Any, rows: np.ndarray | slice, n_samples: int) -> Any:
    return np.asarray(value)[rows] if np.ndim(value) and len(value) == n_samples else value


def spectrum_scores(problem: Problem, alphas: np.ndarray, criterion: str) -> Scores:
    """−GCV (mean over targets) or log evidence (sum over targets): no pass over the data."""
    path = problem.decomposed(alphas.min()).path
    if criterion == "gcv":
        by_target, count = -path.gcv(alphas), problem.Y.shape[1]
    else:
        by_target, count = path.log_evidence(alphas), 1
    mean = by_target if problem.per_target else by_target.sum(axis=1, keepdims=True) / count
    return Scores(alphas, mean, np.full(mean.shape, np.nan))


def loo_scores(problem: Problem, alphas: np.ndarray, store: bool) -> Scores:
    """Minus the weighted mean of the squared leave-one-out errors, with its standard error."""
    data = problem.decomposed(alphas.min())
    n, t = problem.Y.shape
    weight = np.ones(n) if problem.weight is None else problem.weight.astype(np.float64)
    detail = np.empty((n, t, len(alphas))) if store else None

    def reduce(where: slice, errors: np.ndarray) -> np.ndarray:
        np.multiply(errors, errors, out=errors)
        if detail is not None:
            detail[where] = errors
        losses = errors if problem.per_target or t == 1 else errors.mean(axis=1, keepdims=True)
        by_weight = np.tensordot(weight[where], losses, axes=1)
        return np.array([losses.sum(axis=0), np.einsum("ita,ita->ta", losses, losses), by_weight])

    total, squares, by_weight = np.sum(data.map_loo(alphas, reduce), axis=0)
    # With l_i = w_i e_i² and m = Σ l/Σ w: Var(m) = n/(n − 1) Σ (l_i − w_i m)²/(Σ w)².
    mean = total / weight.sum()
    variance = squares - 2 * mean * by_weight + mean**2 * (weight @ weight)
    std_error = np.sqrt(np.maximum(variance, 0.0) * n / (n - 1)) / weight.sum()
    return Scores(alphas, -mean.T, std_error.T, detail)


def loo_scorer_scores(problem: Problem, alphas: np.ndarray, store: bool) -> Scores:
    """Score of the leave-one-out predictions, all rows together."""
    data = problem.decomposed(alphas.min())
    predictions = np.empty((*problem.Y.shape, len(alphas)))
    root = np.ones(len(problem.Y)) if problem.weight is None else np.sqrt(problem.weight)

    def reduce(where: slice, errors: np.ndarray) -> None:
        np.subtract(problem.Y[where, :, None], errors / root[where, None, None], out=predictions[where])

    data.map_loo(alphas, reduce)
    mean = problem.score(predictions, slice(None))
    return Scores(alphas, mean, np.full(mean.shape, np.nan), predictions if store else None)


def fold_scores(problem: Problem, folds: TallFolds | WideFolds, alphas: np.ndarray, metric: str) -> Scores:
    """Scores of every fold: R² or the squared error from sums, any other scorer from predictions."""

    def squared(held_out: HeldOut) -> np.ndarray:
        sse = held_out.squared_errors(alphas)
        if metric == SQUARED_ERROR:
            return -(sse / held_out.weight).mean(axis=0)
        return r2_from_sums(sse, held_out.y_squares, len(held_out.test))

    def scored(held_out: HeldOut) -> np.ndarray:
        return problem.score(held_out.predictions(alphas), held_out.test)[:, 0]

    function = scored if metric == "scorer" else squared
    detail = np.array(list(folds.map(alphas.min(), function, threads=metric != "scorer")))
    mean, std_error = summarise(detail)
    return Scores(alphas, mean[:, None], std_error[:, None], detail)


def r2_from_sums(sse: np.ndarray, y_squares: np.ndarray, n_rows: int) -> np.ndarray:
    """R² per alpha, averaged over targets; a constant target counts 1 if predicted exactly, else 0."""
    if n_rows < 2:
        return np.full(sse.shape[1], np.nan)
    constant = (y_squares == 0)[:, None]
    explained = 1.0 - sse / np.where(constant, 1.0, y_squares[:, None])
    return np.where(constant, np.where(sse == 0, 1.0, 0.0), explained).mean(axis=0)


# -------------------------------------------------------------------------------- the choice
@dataclass(slots=True)
class Choice:
    """The alphas chosen, one per choice, their scores and those of every alpha tried."""

    alpha: np.ndarray
    score: np.ndarray
    scores: Scores


def choose(
    evaluate: Callable[[np.ndarray], Scores],
    alphas: np.ndarray | int | str,
    bounds: Callable[[], tuple[float, float]],
    selection: str,
) -> Choice:
    """Choose from a grid given, from a grid of that many values, or from all of an interval ('auto')."""
    if isinstance(alphas, str):
        return _choose_continuously(evaluate, *bounds(), selection)
    grid = alphas if isinstance(alphas, np.ndarray) else alpha_grid(alphas, *bounds())
    scores = evaluate(grid)
    index = _picks(scores, selection)
    for _ in range(0 if isinstance(alphas, np.ndarray) else N_EXTENSIONS):
        new = [
            extend_grid(scores.alphas, i, max(2, len(grid) // 3))
            for column, i in enumerate(index)
            if at_end(scores, column, i)
        ]
        if not any(map(len, new)):
            break
        scores = scores.join(evaluate(np.unique(np.concatenate(new))))
        index = _picks(scores, selection)
    return Choice(scores.alphas[index], scores.mean[index, range(len(index))], scores)


def _picks(scores: Scores, selection: str) -> NDArray[np.intp]:
    columns = zip(scores.mean.T, scores.std_error.T, strict=True)
    return np.array([pick_summary(scores.alphas, m, e, selection) for m, e in columns])


def at_end(scores: Scores, column: int, index: int) -> bool:
    """Whether a choice is the first or last of three alphas or more, and better than its neighbour."""
    order = np.argsort(scores.alphas)
    if len(order) < 3 or index not in (order[0], order[-1]):
        return False
    neighbour = order[1] if index == order[0] else order[-2]
    return bool(scores.mean[index, column] > scores.mean[neighbour, column])


def _choose_continuously(
    evaluate: Callable[[np.ndarray], Scores], low: float, high: float, selection: str
) -> Choice:
    """The optimum over an interval of log(alpha), by interpolation between Chebyshev nodes."""
    for _ in range(N_EXTENSIONS + 1):
        angles = np.pi * (np.arange(N_NODES) + 0.5) / N_NODES
        middle, half = np.log(high * low) / 2, np.log(high / low) / 2
        scores = evaluate(np.exp(middle - half * np.cos(angles)))
        found = [
            _optimum(scores, column, middle - half, middle + half, selection)
            for column in range(scores.mean.shape[1])
        ]
        logs = np.array([log_alpha for log_alpha, _ in found])
        at_low, at_high = logs.min() <= middle - 0.999 * half, logs.max() >= middle + 0.999 * half
        if not (at_low or at_high):
            break
        low, high = low / (1e3 if at_low else 1.0), high * (1e3 if at_high else 1.0)
    return Choice(np.exp(logs), np.array([score for _, score in found]), scores)


def _optimum(scores: Scores, column: int, low: float, high: float, selection: str) -> tuple[float, float]:
    """log(alpha) and score of the choice on the interpolated curve."""
    nodes = np.log(scores.alphas)
    curve = BarycentricInterpolator(nodes, scores.mean[:, column])
    fine = np.linspace(nodes[0], nodes[-1], 1000)
    error = scores.std_error[:, column]
    errors = BarycentricInterpolator(nodes, error)(fine) if np.isfinite(error).all() else fine * np.nan
    best = fine[pick_summary(np.exp(fine), curve(fine), errors, selection)]
    if selection == "min":
        step = fine[1] - fine[0]
        ends = max(low, best - step), min(high, best + step)
        best = minimize_scalar(lambda x: -curve(x), bounds=ends, method="bounded", options={"xatol": 1e-6}).x
    return float(best), float(curve(best))


# -------------------------------------------------------------------------------- estimators
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
        if isinstance(self.alphas, str):
            return check_choice("alphas", self.alphas, ["auto"])
        if isinstance(self.alphas, Integral) and self.alphas != 1:
            return len(alpha_grid(self.alphas))
        # A bare 1 is the alpha 1.0, as it is in scikit-learn.
        alphas = float(self.alphas) if isinstance(self.alphas, Integral) else self.alphas
        return alpha_grid(alphas, allow_zero=self.cv is not None)

    def _validated(self, X: Any, y: Any, y_numeric: bool) -> tuple[Any, Any]:
        return validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            multi_output=True,
            y_numeric=y_numeric,
            ensure_min_samples=2,
        )

    def _routed(self, weight: Any, sample_weight: Any, params: dict[str, Any]) -> tuple[dict, dict]:
        """Parameters for the splitter and for the scorer."""
        if get_config()["enable_metadata_routing"]:
            if sample_weight is not None:
                params = {**params, "sample_weight": weight}
            routed = process_routing(self, "fit", **params)
            return routed.splitter.split, routed.scorer.score
        if params:
            raise ValueError(
                f"{sorted(params)} cannot be passed to fit unless metadata routing is on: call "
                "sklearn.set_config(enable_metadata_routing=True), and request it where it is needed."
            )
        if weight is None or not callable(scorer := self._scorer()):
            return {}, {}
        if "sample_weight" in inspect.signature(getattr(scorer, "_score_func", scorer)).parameters:
            return {}, {"sample_weight": weight}
        warnings.warn(
            f"scoring={self.scoring!r} takes no sample_weight, so held-out rows count alike.", stacklevel=4
        )
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
            _HeldOutClassifier(self._label_binarizer) if is_classifier(self) else _HeldOutRegressor(),
        )
        if self.cv is None:
            chosen = self._choose_without_folds(problem, alphas)
        else:
            chosen = self._choose_by_folds(problem, alphas, split_params)
        self._warn_at_end(alphas, chosen)
        self._set_solution(problem, chosen, flat=np.ndim(Y) == 1, dtype=X.dtype)

    def _choose_without_folds(self, problem: Problem, alphas: Any) -> Choice:
        """By leave-one-out, generalised cross-validation or evidence; weightless rows do not exist."""
        whole = problem
        if problem.weight is not None and not problem.weight.all():
            rows = np.flatnonzero(problem.weight)
            n = len(problem.y)
            params = {name: _rows_of(value, rows, n) for name, value in problem.score_params.items()}
            kept = {name: getattr(problem, name)[rows] for name in ("X", "Y", "y", "weight")}
            problem = replace(problem, **kept, score_params=params)
        store = bool(self.store_cv_results)

        def evaluate(grid: np.ndarray) -> Scores:
            if self.criterion != "loo":
                return spectrum_scores(problem, grid, self.criterion)
            function = loo_scores if self.scoring is None else loo_scorer_scores
            return function(problem, grid, store)

        chosen = choose(evaluate, alphas, problem.bounds, self.selection)
        whole.data, whole.min_alpha = problem.data, problem.min_alpha
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
        cv = check_cv(self.cv, problem.y, classifier=is_classifier(self))
        splits = [
            (as_indices(train, n_samples), as_indices(test, n_samples))
            for train, test in cv.split(problem.X, problem.y, **split_params)
        ]
        weight = np.ones(n_samples) if problem.weight is None else problem.weight
        for k, rows in ((k, rows) for k, split in enumerate(splits) for rows in split):
            if not weight[rows].any():
                raise ValueError(f"Split {k} of cv has a training or test set without any weighted row.")
        kind = TallFolds if n_samples > n_features else WideFolds
        folds = kind(problem.X, problem.Y, problem.weight, splits, self.fit_intercept)
        problem.moments = folds.total
        metric = self._metric()
        if isinstance(alphas, str) and metric == "scorer":
            raise ValueError(
                "alphas='auto' needs a smooth score, squared error or R²: give an integer or an array of "
                f"alphas with scoring={self.scoring!r}."
            )
        tiny = [k for k, (_, test) in enumerate(splits) if np.count_nonzero(weight[test]) < 2]
        if metric == "r2" and tiny and isinstance(alphas, np.ndarray):
            return self._choose_first(alphas, len(splits), tiny)
        chosen = choose(
            lambda grid: fold_scores(problem, folds, grid, metric), alphas, problem.bounds, self.selection
        )
        self._set_fold_results(chosen.scores)
        return chosen

    def _choose_first(self, alphas: np.ndarray, n_splits: int, tiny: list[int]) -> Choice:
        """What scikit-learn does where R² is undefined: a warning, and the first alpha."""
        warnings.warn(
            f"R² is undefined for test sets of fewer than two rows (splits {tiny}), so no alpha can be "
            "compared and the first is taken. Use scoring='neg_mean_squared_error', or cv=None.",
            UndefinedMetricWarning,
            stacklevel=5,
        )
        undefined = np.full((len(alphas), 1), np.nan)
        scores = Scores(alphas, undefined, undefined, np.full((n_splits, len(alphas)), np.nan))
        self._set_fold_results(scores)
        return Choice(alphas[:1], undefined[0], scores)

    def _set_fold_results(self, scores: Scores) -> None:
        """`cv_results_` with the keys of GridSearchCV."""
        mean = scores.mean[:, 0]
        filled = np.where(np.isnan(mean), -np.inf, mean)
        self.cv_results_ = {
            "param_alpha": np.ma.MaskedArray(scores.alphas),
            "params": [{"alpha": float(alpha)} for alpha in scores.alphas],
            **{f"split{k}_test_score": fold for k, fold in enumerate(scores.detail)},
            "mean_test_score": mean,
            "std_test_score": scores.detail.std(axis=0),
            "rank_test_score": 1 + (filled[None, :] > filled[:, None]).sum(axis=1),
        }

    def _warn_at_end(self, alphas: Any, chosen: Choice) -> None:
        """Say that a grid may be too narrow, if the user chose it."""
        if not isinstance(alphas, np.ndarray) or tuple(alphas) == DEFAULT_ALPHAS:
            return
        ends = [
            float(alpha)
            for column, alpha in enumerate(chosen.alpha)
            if at_end(chosen.scores, column, int(np.flatnonzero(alphas == alpha)[0]))
        ]
        if ends:
            warnings.warn(
                f"The chosen alpha {ends[0]:g} is at the end of alphas: the best may lie beyond. Give a "
                "wider array, or an integer for a grid that extends itself.",
                UserWarning,
                stacklevel=5,
            )

    def _set_solution(self, problem: Problem, chosen: Choice, flat: bool, dtype: Any) -> None:
        path = problem.decomposed(chosen.alpha.min()).path
        several = problem.per_target and not flat
        alpha = chosen.alpha if several else chosen.alpha[0]
        coef = path.coef(alpha)
        intercept = path.y_mean - coef @ path.x_mean
        dof = path.dof(alpha)
        self._path: RidgePath = path
        self.alphas_ = chosen.scores.alphas
        self.alpha_ = chosen.alpha if several else float(chosen.alpha[0])
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
            warnings.warn(
                "The 'svd' mode is not supported for sparse X: gcv_mode='eigen' is used instead.",
                FutureWarning,
                stacklevel=4,
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
        """
        check_is_fitted(self)
        grid = alpha_grid(np.atleast_1d(np.asarray(alphas)))
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
    alphas : array-like of shape (n_alphas,), int or 'auto', default=(0.1, 1.0, 10.0)
        Values to try, positive (with `cv`, 0 too). An int of 2 or more is a number of values,
        spaced evenly in log(α) between bounds from the eigenvalues of X'X, and continued where the
        end is chosen. ``'auto'`` finds the optimum among all α. A float, or 1, is that one value.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised intercept.
    scoring : str or callable, default=None
        None is the negative mean squared error without `cv`, R² with it.
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
        marginal likelihood of the model W ~ N(0, σ²/α), y ~ N(XW + b, σ²).
    selection : {'min', '1se'}, default='min'
        The best mean score, or the largest α within one standard error of it.

    Attributes
    ----------
    alpha_ : float or ndarray of shape (n_targets,)
        The choice.
    alphas_ : ndarray of shape (n_alphas,)
        Every α tried; for 'auto' the nodes of the interpolation.
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
        alphas: ArrayLike | int | str = DEFAULT_ALPHAS,
        *,
        fit_intercept: bool = True,
        scoring: Any = None,
        cv: Any = None,
        gcv_mode: str | None = None,
        store_cv_results: bool = False,
        alpha_per_target: bool = False,
        criterion: str = "loo",
        selection: str = "min",
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
    alphas : array-like of shape (n_alphas,), int or 'auto', default=(0.1, 1.0, 10.0)
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

    Attributes
    ----------
    alpha_, alphas_, best_score_, mean_score_, std_error_, effective_dof_, cv_results_, sigma_
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
        alphas: ArrayLike | int | str = DEFAULT_ALPHAS,
        *,
        fit_intercept: bool = True,
        scoring: Any = None,
        cv: Any = None,
        class_weight: Any = None,
        store_cv_results: bool = False,
        criterion: str = "loo",
        selection: str = "min",
    ) -> None:
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.scoring = scoring
        self.cv = cv
        self.class_weight = class_weight
        self.store_cv_results = store_cv_results
        self.criterion = criterion
        self.selection = selection

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
        labels = labels.ravel() if Y.shape[1] == 1 else labels
        self._search(alphas, rows, labels, Y, weight, sample_weight, params)
        return self
