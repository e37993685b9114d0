"""Scores of every alpha of one ridge problem: from the spectrum, leave-one-out, folds or refits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.preprocessing import LabelBinarizer

from skl2._choice import Scores, unit_of
from skl2._typing import NDArray
from skl2._validation import one_number, rows_as_given
from skl2.ridge._factors import DualFactors, factors_of
from skl2.ridge._folds import HeldOut, TallFolds, WideFolds
from skl2.ridge._krylov import LITTLE, KrylovFolds
from skl2.ridge._loo import LOO_NUMBERS, TallData, WideData, decompose
from skl2.ridge._rows import weights_of
from skl2.ridge._spectrum import EPS, above_rounding
from skl2.ridge._targets import RidgeClassifierMixin

TINY = float(np.finfo(np.float64).tiny) * 1e7
SQUARED_ERROR = "neg_mean_squared_error"


class Receiver(BaseEstimator):
    """Hands to a scorer what it is given as data: the predictions themselves."""

    def fit(self, X: Any, y: Any = None) -> Self:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True


class HeldOutRegressor(RegressorMixin, Receiver):
    """Its data are the predictions."""

    def predict(self, X: NDArray) -> NDArray:
        return X


class HeldOutClassifier(RidgeClassifierMixin, Receiver):
    """Its data are the decision values."""

    def __init__(self, label_binarizer: LabelBinarizer | None = None) -> None:
        self.label_binarizer = label_binarizer

    @property
    def _label_binarizer(self) -> LabelBinarizer:
        return self.label_binarizer

    def _linear(self, X: NDArray) -> NDArray:
        return X


@dataclass(slots=True)
class Problem:
    """The validated data of one fit, and how predictions are scored."""

    X: Any
    Y: NDArray
    y: NDArray  # as given: labels, or targets
    weight: NDArray | None
    fit_intercept: bool
    use_svd: bool
    per_target: bool
    scorer: Callable[..., Any] | None = None
    score_params: dict[str, Any] = field(default_factory=dict)
    receiver: Any = None
    data: TallData | WideData | None = None
    moments: Any = None
    keep: bool = False  # whether the decomposition is to be stored
    light: DualFactors | KrylovFolds | None = None  # what scored without one, and has the solution too
    given: Any = None  # X as it was given, for splitters and for scorers that see it

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
        data = decompose(self.X, self.Y, self.weight, self.fit_intercept, min_alpha, use_svd, self.moments)
        self.moments = getattr(data, "moments", None)
        return data

    def left_out(self, alphas: NDArray) -> TallData | WideData | DualFactors:
        """What gives leave-one-out errors: factors for a few alphas, unless there is a decomposition."""
        if self.data is None and not self.keep:
            data = self.X, self.Y, self.weight, self.fit_intercept
            self.light = None if self.use_svd else factors_of(*data, alphas)
            if self.light is not None:
                return self.light
        return self.decomposed(alphas.min())

    def bounds(self) -> tuple[float, float]:
        """Ends of alpha: the lower hardly shrinks any column, the higher hardly leaves anything of all.

        Every column counts, however small, and what nearly collinear ones differ by: the lower end is below
        the least eigenvalue, and far below the least square where rounding error hides some eigenvalues.
        """
        data = self.decomposed(np.inf)
        mean = data.path.centre.x_mean if self.fit_intercept else 0.0
        noise = data.path.weight * (EPS * len(self.y) * mean) ** 2  # what constant columns are left with
        squares = data.x_squares[data.x_squares > np.maximum(noise, TINY)]
        if not len(squares):
            return 1e-3, 1e3
        eigenvalues = data.path.eigenvalues
        seen = eigenvalues[above_rounding(eigenvalues, len(self.y))]
        low = LITTLE * float(seen.min(initial=np.inf))
        if len(seen) < len(eigenvalues):
            low = min(low, 1e-7 * float(squares.min()))
        return low, max(float(eigenvalues.max()), float(squares.max())) / LITTLE

    def score(self, predictions: NDArray, rows: NDArray | slice) -> NDArray:
        """Scores (n_alphas, n_choices) of held-out predictions (n_rows, n_targets, n_alphas)."""
        y = self.y[rows]
        params = {name: rows_of(value, rows, len(self.y)) for name, value in self.score_params.items()}

        def scored(values: NDArray, true: NDArray) -> float:
            values = values.reshape(true.shape) if values.size == true.size else values
            try:
                return one_number(self.scorer(self.receiver, values, true, **params), self.scorer)  # type: ignore[misc]
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


def rows_of(value: Any, rows: NDArray | slice, n_samples: int) -> Any:
    return np.asarray(value)[rows] if np.ndim(value) and len(value) == n_samples else value


def spectrum_scores(problem: Problem, alphas: NDArray, criterion: str) -> Scores:
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
        varies = (path.fitted_squares.sum(axis=0) + path.residual_squares) > 0
        if not (varies.all() if problem.per_target else varies.any()):
            which = f", target {np.flatnonzero(~varies)[0]}," if len(varies) > 1 else ""
            raise ValueError(
                f"y{which} is constant, so its evidence has no maximum: criterion='loo' can choose."
            )
        # no alpha is better for a constant target: W is 0
        by_target, count = path.log_evidence(alphas)[:, varies], 1
    mean = by_target if problem.per_target else by_target.sum(axis=1, keepdims=True) / count
    return Scores(alphas, mean, np.full(mean.shape, np.nan))


def loo_scores(problem: Problem, alphas: NDArray, store: bool) -> Scores:
    """Minus the weighted mean of the squared leave-one-out errors, with its standard error.

    By blocks of alphas: targets times alphas would take more room than the data.
    """
    data = problem.left_out(alphas)
    n, t = problem.Y.shape
    weight = weights_of(problem.weight, n)
    detail = [np.empty((n, t, len(alphas)))] if store else []
    units = unit_of(problem.Y), unit_of(weight)
    weight /= units[1]

    def sums_of(block: slice) -> NDArray:
        def reduce(where: Any, errors: NDArray) -> NDArray:
            np.multiply(errors, errors, out=errors)
            for stored in detail:
                stored[where, :, block] = errors
            return loss_sums(errors, weight[where], units, problem.per_target)

        return np.sum(data.map_loo(alphas[block], reduce), axis=0)

    size = max(1, LOO_NUMBERS // (t * min(problem.X.shape)))
    blocks = [slice(start, start + size) for start in range(0, len(alphas), size)]
    sums = np.concatenate([sums_of(block) for block in blocks], axis=-1)
    # a product of vectors would wake a second BLAS thread, which spins on
    total, squares = float(weight.sum()), float(np.square(weight).sum())
    return scores_of_losses(alphas, sums, total, squares, n, units[0], *detail)


def loss_sums(losses: NDArray, weight: NDArray, units: tuple[float, float], per_target: bool) -> NDArray:
    """Σ l, Σ l² and Σ w l of shape (3, n_targets or 1, n_alphas) for losses l = w e² of some rows.

    The losses are overwritten, in units of y's square and of w: their squares might overflow. The
    weights come in their unit.
    """
    for unit in (units[0] ** 2, units[1]):
        if unit != 1:
            losses /= unit
    if not per_target and losses.shape[1] > 1:
        losses = losses.mean(axis=1, keepdims=True)
    by_weight = np.tensordot(weight, losses, axes=1)
    return np.array([losses.sum(axis=0), np.einsum("ita,ita->ta", losses, losses), by_weight])


def scores_of_losses(
    alphas: NDArray,
    sums: NDArray,
    weight: float,
    weight_squares: float,
    n: int,
    unit: float,
    *detail: NDArray,
) -> Scores:
    """Minus the mean and the standard error of `loss_sums` over n rows, with Σ w and Σ w²; l in unit²."""
    total, squares, by_weight = sums
    # With l_i = w_i e_i² and m = Σ l/Σ w: Var(m) = n/(n − 1) Σ (l_i − w_i m)²/(Σ w)².
    mean = total / weight
    variance = squares - 2 * mean * by_weight + mean**2 * weight_squares
    std_error = np.sqrt(np.maximum(variance, 0.0) * n / (n - 1)) / weight
    return Scores(alphas, -(unit**2) * mean.T, unit**2 * std_error.T, detail)


def loo_scorer_scores(problem: Problem, alphas: NDArray, store: bool) -> Scores:
    """Score of the leave-one-out predictions, all rows together."""
    data = problem.left_out(alphas)
    predictions = np.empty((*problem.Y.shape, len(alphas)))
    root = np.sqrt(weights_of(problem.weight, len(problem.Y)))

    def reduce(where: Any, errors: NDArray) -> None:
        predictions[where] = problem.Y[where, :, None] - errors / root[where, None, None]

    data.map_loo(alphas, reduce)
    mean = problem.score(predictions, slice(None))
    return Scores(alphas, mean, np.full(mean.shape, np.nan), (predictions,) if store else ())


def fold_scores(
    problem: Problem, folds: TallFolds | WideFolds | KrylovFolds, alphas: NDArray, metric: str
) -> Scores:
    """Scores of every fold: R² or the squared error from sums, any other scorer from predictions."""

    def squared(held_out: HeldOut) -> NDArray:
        sse = held_out.squared_errors(alphas)
        if metric == SQUARED_ERROR:
            return -(sse / held_out.weight).mean(axis=0)
        return r2_from_sums(sse, held_out.y_squares, len(held_out.test))

    def scored(held_out: HeldOut) -> NDArray:
        return problem.score(held_out.predictions(alphas), held_out.test)[:, 0]

    function = scored if metric == "scorer" else squared
    detail = np.array(folds.map(alphas.min(), function, threads=metric != "scorer"))
    return Scores.of_folds(alphas, detail)


def refit_scores(
    problem: Problem, splits: list[tuple[NDArray, NDArray]], alphas: NDArray, estimator: Any
) -> Scores:
    """Scores of explicit refits, for a callable that may look at anything."""
    X, y, weight, n = problem.given, problem.y, problem.weight, len(problem.y)
    detail = np.empty((len(splits), len(alphas)))
    for k, (train, test) in enumerate(splits):
        params = {name: rows_of(value, test, n) for name, value in problem.score_params.items()}
        X_train, X_test = rows_as_given(X, train), rows_as_given(X, test)
        for j, alpha in enumerate(alphas):
            model = clone(estimator).set_params(alpha=alpha)
            model.fit(X_train, y[train], None if weight is None else weight[train])
            score = problem.scorer(model, X_test, y[test], **params)  # type: ignore[misc]
            detail[k, j] = one_number(score, problem.scorer)
    return Scores.of_folds(alphas, detail)


def r2_from_sums(sse: NDArray, y_squares: NDArray, n_rows: int) -> NDArray:
    """R² per alpha, averaged over targets; a constant target counts 1 if predicted exactly, else 0."""
    if n_rows < 2:
        return np.full(sse.shape[1], np.nan)
    constant = (y_squares == 0)[:, None]
    explained = 1.0 - sse / np.where(constant, 1.0, y_squares[:, None])
    return np.where(constant, np.where(sse == 0, 1.0, 0.0), explained).mean(axis=0)
