"""One ridge problem, and scores of every alpha: from the spectrum, leave-one-out or refits."""

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
from skl2.ridge._folds import LITTLE, KrylovFolds
from skl2.ridge._loo import LOO_NUMBERS, DualFactors, TallData, WideData, factors_of, wide_data
from skl2.ridge._moments import moments_of, require_finite
from skl2.ridge._path import tall_path
from skl2.ridge._rows import Data, Rows
from skl2.ridge._spectrum import EPS, above_rounding
from skl2.ridge._targets import RidgeClassifierMixin

TINY = float(np.finfo(np.float64).tiny) * 1e7


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

    def __init__(self, _label_binarizer: LabelBinarizer) -> None:
        self._label_binarizer = _label_binarizer

    def _linear(self, X: NDArray) -> NDArray:
        return X


@dataclass(slots=True)
class Problem:
    """The validated data of one fit, and how predictions are scored."""

    data: Data
    y: NDArray  # as given: labels, or targets
    use_svd: bool
    per_target: bool
    scorer: Callable[..., Any] | None = None
    metric: str = "scorer"  # how folds are scored: 'r2', squared error, or by the scorer
    score_params: dict[str, Any] = field(default_factory=dict)
    receiver: Any = None
    decomposition: TallData | WideData | None = None
    moments: Any = None  # of all rows, where they are known
    keep: bool = False  # whether the decomposition is to be stored
    light: DualFactors | KrylovFolds | None = None  # what scored without one, and has the solution too
    given: Any = None  # X as it was given, for splitters and for scorers that see it
    splits: list[tuple[NDArray, NDArray]] = field(default_factory=list)

    def keep_rows(self, rows: NDArray) -> None:
        """Leave some rows alone of all data."""
        self.score_params = self.params_of(rows)
        self.data, self.y = self.data.take(rows), self.y[rows]

    def params_of(self, rows: Rows) -> dict[str, Any]:
        """What the scorer is given beside some of the rows."""
        params = self.score_params.items()
        return {k: np.asarray(v)[rows] if np.ndim(v) and len(v) == len(self.y) else v for k, v in params}

    def decomposed(self, min_alpha: float, residuals: bool = False) -> TallData | WideData:
        """The decomposition, accurate down to `min_alpha`; made once, or again if it must be better.

        `residuals` asks for residual sums of squares that are accurate too.
        """
        if self.decomposition is None:
            self.decomposition = self._decompose(min_alpha, self.use_svd)
        path = self.decomposition.path
        if not path.resolves(min_alpha) or (residuals and path.loses_residuals()):
            self.decomposition = self._decompose(min_alpha, True)
        return self.decomposition

    def _decompose(self, min_alpha: float, use_svd: bool) -> TallData | WideData:
        """By what suits the shape: A'A, or AA' where it is not larger; the SVD where they fail."""
        data, (n, p) = self.data, self.data.X.shape
        if n - int(data.fit_intercept) <= p:
            return wide_data(data, min_alpha, use_svd)
        if self.moments is None:
            self.moments = moments_of(data, dtype=np.float64)
            require_finite(data.X, 0.0, self.moments.y_squares)
        elif not data.fit_intercept:
            self.moments = self.moments.about_origin()
        path = tall_path(data, self.moments, min_alpha, use_svd=use_svd)
        return TallData(path, data, self.moments, use_svd)

    def left_out(self, alphas: NDArray) -> TallData | WideData | DualFactors:
        """What gives leave-one-out errors: factors for a few alphas, unless there is a decomposition."""
        if self.decomposition is None and not self.keep:
            self.light = None if self.use_svd else factors_of(self.data, alphas)
            if self.light is not None:
                return self.light
        return self.decomposed(alphas.min())

    def bounds(self) -> tuple[float, float]:
        """Ends of alpha: the lower hardly shrinks any column, the higher hardly leaves anything of all.

        Every column counts, however small, and what nearly collinear ones differ by: the lower end is below
        the least eigenvalue, and far below the least square where rounding error hides some eigenvalues.
        """
        data = self.decomposed(np.inf)
        mean = data.path.centre.x_mean if self.data.fit_intercept else 0.0
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

    def score(self, predictions: NDArray, rows: Rows) -> NDArray:
        """Scores (n_alphas, n_choices) of held-out predictions (n_rows, n_targets, n_alphas)."""
        y, params = self.y[rows], self.params_of(rows)

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
        Y, targets = self.data.Y, range(self.data.Y.shape[1])
        return np.array([[scored(values[:, j], Y[rows, j]) for j in targets] for values in by_alpha])


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
        by_target, count = -path.gcv(alphas), problem.data.Y.shape[1]
    else:
        varies = ((path.inside**2).sum(axis=0) + path.residual_squares) > 0
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
    Y, (n, t) = problem.data.Y, problem.data.Y.shape
    weight = problem.data.weights
    detail = [np.empty((n, t, len(alphas)))] if store else []
    units = unit_of(Y), unit_of(weight)
    weight /= units[1]

    def sums_of(block: slice) -> NDArray:
        def reduce(where: Any, errors: NDArray) -> NDArray:
            np.multiply(errors, errors, out=errors)
            for stored in detail:
                stored[where, :, block] = errors
            return loss_sums(errors, weight[where], units, problem.per_target)

        return np.sum(data.map_loo(alphas[block], reduce), axis=0)

    size = max(1, LOO_NUMBERS // (t * min(problem.data.X.shape)))
    blocks = [slice(start, start + size) for start in range(0, len(alphas), size)]
    sums = np.concatenate([sums_of(block) for block in blocks], axis=-1)
    # a product of vectors would wake a second BLAS thread, which spins on
    of_weights = n, float(weight.sum()), float(np.square(weight).sum())
    return scores_of_losses(alphas, sums, of_weights, units[0], *detail)


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
    alphas: NDArray, sums: NDArray, of_weights: tuple[int, float, float], unit: float, *detail: NDArray
) -> Scores:
    """Minus the mean and the standard error of `loss_sums`, l in unit²; of the weights n, Σ w and Σ w²."""
    (total, squares, by_weight), (n, weight, weight_squares) = sums, of_weights
    # With l_i = w_i e_i² and m = Σ l/Σ w: Var(m) = n/(n − 1) Σ (l_i − w_i m)²/(Σ w)².
    mean = total / weight
    variance = squares - 2 * mean * by_weight + mean**2 * weight_squares
    std_error = np.sqrt(np.maximum(variance, 0.0) * n / (n - 1)) / weight
    return Scores(alphas, -(unit**2) * mean.T, unit**2 * std_error.T, detail)


def loo_scorer_scores(problem: Problem, alphas: NDArray, store: bool) -> Scores:
    """Score of the leave-one-out predictions, all rows together."""
    data, Y = problem.left_out(alphas), problem.data.Y
    predictions, root = np.empty((*Y.shape, len(alphas))), np.sqrt(problem.data.weights)

    def reduce(where: Any, errors: NDArray) -> None:
        predictions[where] = Y[where, :, None] - errors / root[where, None, None]

    data.map_loo(alphas, reduce)
    mean = problem.score(predictions, slice(None))
    return Scores(alphas, mean, np.full(mean.shape, np.nan), (predictions,) if store else ())


def refit_scores(problem: Problem, alphas: NDArray, estimator: Any) -> Scores:
    """Scores of explicit refits, for a callable that may look at anything."""
    X, y, weight = problem.given, problem.y, problem.data.sample_weight
    detail = np.empty((len(problem.splits), len(alphas)))
    for k, (train, test) in enumerate(problem.splits):
        params = problem.params_of(test)
        X_train, X_test = rows_as_given(X, train), rows_as_given(X, test)
        for j, alpha in enumerate(alphas):
            model = clone(estimator).set_params(alpha=alpha)
            model.fit(X_train, y[train], None if weight is None else weight[train])
            score = problem.scorer(model, X_test, y[test], **params)  # type: ignore[misc]
            detail[k, j] = one_number(score, problem.scorer)
    return Scores.of_folds(alphas, detail)
