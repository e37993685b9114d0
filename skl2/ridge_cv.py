"""Ridge regression and classification that choose their own alpha: `RidgeCV`, `RidgeClassifierCV`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import brentq, minimize_scalar
from sklearn import get_config
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, clone, is_classifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import check_cv
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted, validate_data

from ._base import DocLinkMixin, unchanged_on_error, warn_caller
from ._ridge_folds import HeldOut, TallFolds, WideFolds, as_indices
from ._ridge_path import RidgePath, TallData, WideData, decompose
from ._validation import check_choice, check_flag, check_sample_weight
from .ridge import LinearPredictorMixin, Ridge, RidgeClassifier, RidgeClassifierMixin
from .selection import SELECTIONS, alpha_grid, extend_grid, pick_summary, summarise

DEFAULT_ALPHAS = (0.1, 1.0, 10.0)
CRITERIA = ("loo", "gcv", "evidence")
N_NODES = 48  # Chebyshev nodes in log(alpha), to find the neighbourhood of the optimum
N_ZOOM = 16  # nodes in that neighbourhood: the curve between them is right to 1e-10
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
    moments: Any = None

    def decomposed(self, min_alpha: float, residuals: bool = False) -> TallData | WideData:
        """The decomposition, accurate down to `min_alpha`; made once, or again if it must be better.

        `residuals` asks for residual sums of squares that are accurate too.
        """
        data = self._decomposition(min_alpha, self.use_svd) if self.data is None else self.data
        if not data.path.resolves(min_alpha) or (residuals and data.path.loses_residuals()):
            data = self._decomposition(min_alpha, True)
        self.data = data
        return data

    def _decomposition(self, min_alpha: float, use_svd: bool) -> TallData | WideData:
        args = self.X, self.Y, self.weight, self.fit_intercept, min_alpha, use_svd, self.moments
        data = decompose(*args)
        self.moments = getattr(data, "moments", None)
        return data

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
            try:
                return float(self.scorer(self.receiver, values, true, **params))  # type: ignore[misc]
            except AttributeError as error:
                if "predict_proba" not in str(error):
                    raise
                raise ValueError(
                    f"scoring={self.scorer} needs probabilities, and ridge has none: use a scorer of labels "
                    "or decision values, such as 'accuracy' or 'roc_auc'."
                ) from error

        by_alpha = np.moveaxis(predictions, -1, 0)
        if not self.per_target:
            return np.array([[scored(values, y)] for values in by_alpha])
        targets = range(self.Y.shape[1])
        return np.array([[scored(values[:, j], self.Y[rows, j]) for j in targets] for values in by_alpha])


def _rows_of(value: Any, rows: np.ndarray | slice, n_samples: int) -> Any:
    return np.asarray(value)[rows] if np.ndim(value) and len(value) == n_samples else value


def spectrum_scores(problem: Problem, alphas: np.ndarray, criterion: str) -> Scores:
    """−GCV (mean over targets) or log evidence (sum over targets): no pass over the data."""
    path = problem.decomposed(alphas.min(), residuals=True).path
    left = path.dof_left(alphas).min() if criterion == "gcv" else path.weight - path.n_unpenalised
    if left <= 0:
        raise ValueError(
            f"sample_weight sums to {path.weight:g}, too little for criterion={criterion!r}: weights count "
            "as repetitions of their rows, and no degrees of freedom are left. Multiply them by a constant."
        )
    if criterion == "gcv":
        by_target, count = -path.gcv(alphas), problem.Y.shape[1]
    else:
        if not (path.fitted_squares.sum(axis=0) + path.residual_squares).all():
            raise ValueError("y is constant, so its evidence has no maximum: criterion='loo' can choose.")
        by_target, count = path.log_evidence(alphas), 1
    mean = by_target if problem.per_target else by_target.sum(axis=1, keepdims=True) / count
    return Scores(alphas, mean, np.full(mean.shape, np.nan))


def loo_scores(problem: Problem, alphas: np.ndarray, store: bool) -> Scores:
    """Minus the weighted mean of the squared leave-one-out errors, with its standard error."""
    data = problem.decomposed(alphas.min())
    n, t = problem.Y.shape
    weight = np.ones(n) if problem.weight is None else problem.weight.astype(np.float64)
    detail = np.empty((n, t, len(alphas))) if store else None
    unit = unit_of(problem.Y)  # squares of losses may overflow

    def reduce(where: Any, errors: np.ndarray) -> np.ndarray:
        np.multiply(errors, errors, out=errors)
        if detail is not None:
            detail[where] = errors
        errors /= unit**2
        losses = errors if problem.per_target or t == 1 else errors.mean(axis=1, keepdims=True)
        by_weight = np.tensordot(weight[where], losses, axes=1)
        return np.array([losses.sum(axis=0), np.einsum("ita,ita->ta", losses, losses), by_weight])

    total, squares, by_weight = np.sum(data.map_loo(alphas, reduce), axis=0)
    # With l_i = w_i e_i² and m = Σ l/Σ w: Var(m) = n/(n − 1) Σ (l_i − w_i m)²/(Σ w)².
    mean = total / weight.sum()
    variance = squares - 2 * mean * by_weight + mean**2 * (weight @ weight)
    std_error = np.sqrt(np.maximum(variance, 0.0) * n / (n - 1)) / weight.sum()
    return Scores(alphas, -(unit**2) * mean.T, unit**2 * std_error.T, detail)


def loo_scorer_scores(problem: Problem, alphas: np.ndarray, store: bool) -> Scores:
    """Score of the leave-one-out predictions, all rows together."""
    data = problem.decomposed(alphas.min())
    predictions = np.empty((*problem.Y.shape, len(alphas)))
    root = np.ones(len(problem.Y)) if problem.weight is None else np.sqrt(problem.weight)

    def reduce(where: Any, errors: np.ndarray) -> None:
        predictions[where] = problem.Y[where, :, None] - errors / root[where, None, None]

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
    detail = np.array(folds.map(alphas.min(), function, threads=metric != "scorer"))
    return scores_of_folds(alphas, detail)


def scores_of_folds(alphas: np.ndarray, detail: np.ndarray) -> Scores:
    """Mean and standard error over the folds of scores (n_folds, n_alphas), whose squares may overflow."""
    unit = unit_of(detail)
    mean, std_error = summarise(detail / unit)
    return Scores(alphas, unit * mean[:, None], unit * std_error[:, None], detail)


def unit_of(values: np.ndarray) -> float:
    """The power of two next to the largest finite value: dividing by it rounds nothing."""
    largest = np.abs(values).max(initial=1e-150, where=np.isfinite(values))
    return float(2.0 ** np.round(np.log2(largest)))


def refit_scores(
    problem: Problem, splits: list[tuple[np.ndarray, np.ndarray]], alphas: np.ndarray, estimator: Any
) -> Scores:
    """Scores of explicit refits, for a callable that may look at anything."""
    weight, n = problem.weight, len(problem.y)
    detail = np.empty((len(splits), len(alphas)))
    for k, (train, test) in enumerate(splits):
        params = {name: _rows_of(value, test, n) for name, value in problem.score_params.items()}
        for j, alpha in enumerate(alphas):
            model = clone(estimator).set_params(alpha=alpha)
            model.fit(problem.X[train], problem.y[train], None if weight is None else weight[train])
            detail[k, j] = problem.scorer(model, problem.X[test], problem.y[test], **params)  # type: ignore[misc]
    return scores_of_folds(alphas, detail)


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
    """The alphas chosen, one per choice and rule, and the scores of every alpha tried.

    Where there is no standard error, '1se' chooses nothing: NaN.
    """

    by_rule: dict[str, np.ndarray]
    selection: str
    scores: Scores

    @property
    def alpha(self) -> np.ndarray:
        """The choice by the rule that was asked for."""
        return self.by_rule[self.selection]

    @property
    def score(self) -> np.ndarray:
        """The mean score of each alpha chosen."""
        index = [int(np.flatnonzero(self.scores.alphas == alpha)[0]) for alpha in self.alpha]
        return self.scores.mean[index, range(len(index))]


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
    index = picks(scores, selection)
    for _ in range(0 if isinstance(alphas, np.ndarray) else N_EXTENSIONS):
        new = [
            extend_grid(scores.alphas, i, max(2, len(grid) // 3))
            for column, i in enumerate(index)
            if at_end(scores, column, i)
        ]
        if not any(map(len, new)):
            break
        scores = scores.join(evaluate(np.unique(np.concatenate(new))))
        index = picks(scores, selection)
    by_rule = {"min": scores.alphas[index] if selection == "min" else scores.alphas[picks(scores, "min")]}
    if selection == "1se":
        by_rule["1se"] = scores.alphas[index]
    elif np.isfinite(scores.std_error).all():
        by_rule["1se"] = scores.alphas[picks(scores, "1se")]
    else:
        by_rule["1se"] = np.full(len(index), np.nan)
    return Choice(by_rule, selection, scores)


def picks(scores: Scores, selection: str) -> NDArray[np.intp]:
    """Positions of the choices, one per column; scores that are not finite are passed over."""
    index = []
    for mean, error in zip(scores.mean.T, scores.std_error.T, strict=True):
        usable = np.flatnonzero(np.isfinite(mean))
        usable = usable if len(usable) else np.arange(len(mean))  # for the error that says so
        index.append(usable[pick_summary(scores.alphas[usable], mean[usable], error[usable], selection)])
    return np.array(index)


def at_end(scores: Scores, column: int, index: int) -> bool:
    """Whether a choice is the first or last of several alphas, and better than its neighbour."""
    order = np.argsort(scores.alphas)
    if len(order) < 2 or index not in (order[0], order[-1]):
        return False
    neighbour = order[1] if index == order[0] else order[-2]
    return bool(scores.mean[index, column] > scores.mean[neighbour, column])


def _nodes(low: float, high: float, count: int) -> np.ndarray:
    """Chebyshev nodes of an interval, ascending."""
    return (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(count) + 0.5) / count)


def _choose_continuously(
    evaluate: Callable[[np.ndarray], Scores], low: float, high: float, selection: str
) -> Choice:
    """The optimum over an interval of log(alpha): near the best of some nodes, by interpolation."""
    log_low, log_high = np.log(low), np.log(high)
    for _ in range(N_EXTENSIONS + 1):
        scores = evaluate(np.exp(_nodes(log_low, log_high, N_NODES)))
        index = picks(scores, selection)
        at_low, at_high = index.min() == 0, index.max() == N_NODES - 1
        if not (at_low or at_high):
            break
        log_low, log_high = log_low - np.log(1e3) * at_low, log_high + np.log(1e3) * at_high
    columns = range(len(index))
    logs, best = np.log(scores.alphas), picks(scores, "min")
    brackets = [(logs[max(i - 1, 0)], logs[min(i + 1, N_NODES - 1)]) for i in best]
    curves, close = _zoom(evaluate, brackets)
    peaks = np.array([_peak(curves[c][0], brackets[c], logs[best[c]]) for c in columns])
    chosen = {"min": peaks, "1se": np.full(len(peaks), np.nan)}
    if selection == "1se" or np.isfinite(scores.std_error).all():
        limits = np.array([float(curves[c][0](x) - curves[c][1](x)) for c, x in enumerate(peaks)])
        chosen["1se"], closer = _last_above(evaluate, scores, peaks, limits)
        close = close.join(closer)
    by_rule = {rule: np.exp(found) for rule, found in chosen.items()}
    final = evaluate(np.unique([alpha for alpha in by_rule.values() if np.isfinite(alpha).all()]))
    return Choice(by_rule, selection, scores.join(close).join(final))


def _zoom(
    evaluate: Callable[[np.ndarray], Scores], brackets: list[tuple[float, float]]
) -> tuple[list[tuple[Any, Any]], Scores]:
    """Curves of mean and standard error over log(alpha), one pair for the bracket of each column."""
    grids = [_nodes(low, high, N_ZOOM) for low, high in brackets]
    alphas, where = np.unique(np.exp(np.concatenate(grids)), return_inverse=True)
    scores = evaluate(alphas)
    curves = []
    for column, (grid, rows) in enumerate(zip(grids, where.reshape(len(grids), -1), strict=True)):
        values = scores.mean[rows, column], scores.std_error[rows, column]
        curves.append(tuple(BarycentricInterpolator(grid, value) for value in values))
    return curves, scores


def _peak(curve: Any, bracket: tuple[float, float], node: float) -> float:
    """Where the curve is highest."""
    found = minimize_scalar(lambda x: -curve(x), bounds=bracket, method="bounded", options={"xatol": 1e-9})
    return float(found.x) if curve(found.x) >= curve(node) else float(node)


def _last_above(
    evaluate: Callable[[np.ndarray], Scores], scores: Scores, peaks: np.ndarray, limits: np.ndarray
) -> tuple[np.ndarray, Scores]:
    """The largest log(alpha) of each column whose mean score is not below its limit."""
    logs, brackets = np.log(scores.alphas), []
    for column, (peak, limit) in enumerate(zip(peaks, limits, strict=True)):
        above = logs[scores.mean[:, column] >= limit].max(initial=peak)
        beyond = logs[logs > above]
        brackets.append((above, beyond.min() if len(beyond) else above + 1e-3))
    curves, close = _zoom(evaluate, brackets)
    ends = []
    for (mean, _), (low, high), limit in zip(curves, brackets, limits, strict=True):
        crossing = mean(low) > limit > mean(high)
        ends.append(brentq(lambda x, mean=mean, limit=limit: mean(x) - limit, low, high) if crossing else low)
    return np.array(ends), close


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
        if not (self.scoring is None or isinstance(self.scoring, str) or callable(self.scoring)):
            raise TypeError(f"scoring must be one name or callable, or None; got {self.scoring!r}.")
        if isinstance(self.alphas, str):
            self._check_smooth()
            return check_choice("alphas", self.alphas, ["auto"])
        if isinstance(self.alphas, Integral) and self.alphas != 1:
            return len(alpha_grid(self.alphas))
        # A bare 1 is the alpha 1.0, as it is in scikit-learn.
        alphas = float(self.alphas) if isinstance(self.alphas, Integral) else self.alphas
        return alpha_grid(alphas, allow_zero=self.cv is not None)

    def _check_smooth(self) -> None:
        """An optimum between alphas needs a score that is smooth in alpha."""
        if (self.cv is None and self.scoring is None) or self._metric() != "scorer":
            return
        raise ValueError(
            "alphas='auto' needs a smooth score, squared error or R²: give an integer or an array of "
            f"alphas with scoring={self.scoring!r}."
        )

    def _validated(self, X: Any, y: Any, y_numeric: bool) -> tuple[Any, Any]:
        if sparse.issparse(y):
            raise TypeError("y is sparse, but must be dense: pass y.toarray().")
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
            _HeldOutClassifier(self._label_binarizer) if is_classifier(self) else _HeldOutRegressor(),
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
            params = {name: _rows_of(value, rows, n) for name, value in problem.score_params.items()}
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
        cv = check_cv(self.cv, problem.y, classifier=is_classifier(self))
        splits = [
            (as_indices(train, n_samples), as_indices(test, n_samples))
            for train, test in cv.split(problem.X, problem.y, **split_params)
        ]
        if not splits:
            raise ValueError(f"cv={self.cv!r} yields no split; at least one is needed.")
        weight = np.ones(n_samples) if problem.weight is None else problem.weight
        for k, rows in ((k, rows) for k, split in enumerate(splits) for rows in split):
            if not weight[rows].any():
                raise ValueError(f"Split {k} of cv has a training or test set without any weighted row.")
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
            float(alpha)
            for column, alpha in enumerate(chosen.alpha)
            if at_end(chosen.scores, column, int(np.flatnonzero(alphas == alpha)[0]))
        ]
        if ends:
            warn_caller(
                f"The chosen alpha {ends[0]:g} is at the end of alphas: the best may lie beyond. Give a "
                "wider array, or an integer for a grid that extends itself."
            )

    def _set_solution(self, problem: Problem, chosen: Choice, flat: bool, dtype: Any) -> None:
        data = problem.decomposed(chosen.alpha.min())
        path = data.path
        several = problem.per_target and not flat
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
    alphas : array-like of shape (n_alphas,), int or 'auto', default=(0.1, 1.0, 10.0)
        Values to try, positive (with `cv`, 0 too). An int of 2 or more is a number of values,
        spaced evenly in log(α) between bounds from the eigenvalues of X'X, and continued where the
        end is chosen. ``'auto'`` finds the optimum among all α. A float, or 1, is that one value.
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
