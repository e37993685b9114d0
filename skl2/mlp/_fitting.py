"""Fit, go on and predict: what all networks share. Of y they know what `_targets` tells them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skl2._base import PackageMixin, warn_caller
from skl2._threads import one_blas_thread
from skl2._typing import NDArray
from skl2._validation import (
    check_sample_weight,
    one_column,
    one_number,
    refuse_dates,
    takes_weights,
    weighs_rows,
)
from skl2.mlp._callbacks import CallbackSupportMixin, Task
from skl2.mlp._network import VARIANCE_FLOOR, Network, predict_raw
from skl2.mlp._objective import Data, Features, constant_loss, drop_weightless, mean_loss
from skl2.mlp._parameters import check_parameters, score_function
from skl2.mlp._stack import SOLVERS, TOL, Problem, batch_rows, fit_stack, goes_by_epochs, hidden_sizes
from skl2.mlp._targets import check_total
from skl2.mlp._to_sklearn import MLPToSklearnMixin
from skl2.mlp._training import Epoch, Outcome, Scorer

LEAST_GAIN = 1e-3
"""The share by which a fit's loss is to be less than that of a constant"""
PREDICTION_ROWS = 1024
"""Rows that a prediction takes at once, so that activations stay in the cache"""


class BaseMLP(MLPToSklearnMixin, CallbackSupportMixin, PackageMixin, BaseEstimator):
    """What the two estimators share. The loss, the encoding of y and predictions are the subclasses'."""

    coefs_: list[NDArray]
    intercepts_: list[NDArray]
    _split_state: Any
    _first_intercept: NDArray | None = None
    """Where the last layer's intercepts start; None if at random"""

    def _fit(
        self, alpha: NDArray, data: Data, validation: Data | None, task: Task, start: NDArray | None = None
    ) -> None:
        """Fit to encoded rows; `start` is the state of a network to go on with."""
        warm, rng = self._is_warm, check_random_state(self.random_state)
        problem = self._problem(self._in_units(data), validation)
        network = self._start_network(problem, rng, data.X.dtype, warm)
        if start is not None:
            network.attach(start.astype(network.dtype))
        problem = self._training_problem(problem, rng)
        self._reset_records(warm, problem.validation is not None)
        self._train(alpha, problem, network, rng, task.begin())

    @property
    def _is_warm(self) -> bool:
        """Whether `fit` goes on from the previous one."""
        return self.warm_start and hasattr(self, "coefs_")

    @property
    def _stops_early(self) -> bool:
        """Whether a score on validation rows is watched: for lbfgs, as in scikit-learn, it never is."""
        return self.early_stopping and SOLVERS[self.solver].has_epochs

    def _encoded(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> tuple[Data, Data | None, NDArray]:
        """What `fit` was given, checked: rows, with y encoded in its own unit; those for validation; y."""
        warm = self._is_warm
        rows, labels, weight = self._validate(X, y, sample_weight, reset=not warm)
        if warm:
            self._check_goes_on(labels)
        targets = self._encode(labels, reset=not warm)
        if not warm:
            self._learn_unit(targets, weight)
        validation = self._validation_data(targets, X_val, y_val, sample_weight_val)
        return Data(Features(rows, given=X), targets, weight), validation, labels

    def _problem(self, data: Data, validation: Data | None = None) -> Problem:
        """What is to be fitted to encoded rows; those of weight 0 are left out."""
        sizes = (data.X.shape[1], *hidden_sizes(self), self._n_outputs(data.y))
        return Problem(drop_weightless(data), self._loss(), sizes, validation)

    def _training_problem(self, problem: Problem, rng: Any) -> Problem:
        """Set rows aside if early stopping needs them, and weigh the classes of the others."""
        if self._stops_early:
            problem = self._split(problem, rng)
        problem = problem._replace(train=self._weigh_classes(problem.train))
        n_rows = problem.train.n_rows
        if self.batch_norm and (batch_rows(self, n_rows) if goes_by_epochs(self) else n_rows) < 2:
            raise ValueError(
                "batch_norm=True normalises over the rows of a batch, and one row has no spread: got "
                f"batch_size={self.batch_size!r}, n_samples={n_rows}. Use batches of 2 rows or more, or "
                "batch_norm=False."
            )
        return problem

    def _validate(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, weight_name: str = "sample_weight"
    ) -> tuple[Any, NDArray, NDArray | None]:
        """X as C-ordered float32/float64 or CSR, y as an array, weights or None."""
        refuse_dates("X", X)
        if not is_classifier(self):
            refuse_dates("y", y)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            order="C",
            multi_output=True,
            y_numeric=not is_classifier(self),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = one_column(y)
        return X, y, check_total(check_sample_weight(sample_weight, X, weight_name), weight_name)

    def _validation_data(
        self, targets: NDArray, X_val: Any, y_val: Any, sample_weight_val: Any
    ) -> Data | None:
        """The validation rows that `fit` was given, encoded as the training rows were."""
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together: pass both or neither.")
        if X_val is None:
            if sample_weight_val is not None:
                raise ValueError("sample_weight_val weighs the rows of X_val: pass X_val and y_val too.")
            return None
        try:
            rows, labels, weight = self._validate(
                X_val, y_val, sample_weight_val, reset=False, weight_name="sample_weight_val"
            )
        except ValueError as error:
            raise ValueError(f"In the validation rows (X_val, y_val): {error}") from error
        encoded = self._encode(labels, reset=False, name="y_val")
        if encoded.shape[1:] != targets.shape[1:]:
            raise ValueError(
                f"y_val must have as many columns as y: {targets.shape[1:]}, got {encoded.shape[1:]}."
            )
        return self._in_units(Data(Features(rows, given=X_val), encoded, weight))

    def _new_network(self, problem: Problem, n_stack: int, rng: Any, dtype: Any) -> Network:
        """A stack of networks with the same initial parameters; without `rng` their weights are 0."""
        rates: list[float] = []
        if np.any(self.dropout):
            rates = np.broadcast_to(self.dropout, len(problem.layer_sizes) - 2).tolist()
        network = Network(problem.layer_sizes, self.activation, n_stack, dtype, rates, self.batch_norm)
        if rng is not None:
            network.initialise(rng)
        if self._first_intercept is not None:
            network.biases[-1][...] = self._first_intercept
        return network

    def _start_network(self, problem: Problem, rng: Any, dtype: Any, warm: bool) -> Network:
        """A new network, or one with the parameters of the previous fit."""
        if not warm:
            return self._new_network(problem, 1, rng, dtype)
        network = self._new_network(problem, 1, None, dtype)
        shapes = [weight.shape[1:] for weight in network.weights]
        if shapes != [coef.shape for coef in self.coefs_]:
            raise ValueError(
                f"the fitted coefs_ have shapes {[coef.shape for coef in self.coefs_]}, but "
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} and the data ask for {shapes}: to start "
                "anew, call fit with warm_start=False."
            )
        if self.out_activation_ != problem.loss.out_activation:
            raise ValueError(
                f"the fitted network has out_activation_={self.out_activation_!r}, but the loss asks for "
                f"{problem.loss.out_activation!r}: to start anew, call fit with warm_start=False."
            )
        layers = [*zip(self.coefs_, self.intercepts_, strict=True)]
        layers[-1] = self._in_network_unit(*layers[-1])
        for layer, (coef, intercept) in enumerate(layers):
            network.weights[layer][0] = coef
            network.biases[layer][0, 0] = intercept
        if self.batch_norm:
            network.unfold_inplace(getattr(self, "_norms", None) or _identity_norms(self.intercepts_[:-1]))
        return network

    def _reset_records(self, warm: bool, validates: bool) -> None:
        """Begin the fit's records anew, or go on with those of the previous fit."""
        earlier = dict(vars(self)) if warm else {}

        def curve(name: str) -> list[float]:
            return [*(earlier.get(name) or [])]

        self.t_ = earlier.get("t_", 0)
        self.best_epoch_ = earlier.get("best_epoch_", 0)
        self.loss_curve_: list[float] = curve("loss_curve_")
        self.train_loss_curve_: list[float] = curve("train_loss_curve_")
        self.validation_loss_curve_ = curve("validation_loss_curve_") if validates else None
        self.best_loss_ = self.validation_scores_ = self.best_validation_score_ = None
        if self._stops_early:
            self.validation_scores_ = curve("validation_scores_")
            self.best_validation_score_ = float(np.fmax.reduce(self.validation_scores_, initial=-np.inf))
        else:
            self.best_loss_ = float(np.fmin.reduce(self.loss_curve_, initial=np.inf))

    def _train(self, alpha: NDArray, problem: Problem, network: Network, rng: Any, task: Task) -> None:
        """Run the solver, store what it found, and warn where it did not converge."""
        n_rows = problem.train.n_rows
        n_before, stopped = len(self.loss_curve_), False
        if self.batch_size != "auto" and self.batch_size > n_rows and goes_by_epochs(self):
            warn_caller(f"batch_size={self.batch_size} is larger than the {n_rows} rows; it is clipped.")

        def on_epoch(epoch: Epoch, network: Network) -> NDArray:
            nonlocal stopped
            self._record(epoch, n_rows)
            stopped = task.subtask("epoch").begin().end(lambda: self._fitted_attributes(network))
            return np.array([stopped])

        score, best = self._stopping_score(problem), None
        if score is not None and n_before:
            # the weights to start from are kept, if no epoch's do better on the validation rows, or than NaN
            best = np.fmin(-score(network), np.inf)
        outcome = fit_stack(
            self,
            alpha,
            problem,
            network,
            rng,
            score=score,
            on_epoch=on_epoch,
            best=best,
            n_samples_seen=self.t_,
        )
        if outcome.diverged[0] and not self._has_finite_loss(network, problem):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and "
                "need to be preprocessed."
            )
        self._store(network, outcome, n_before)
        self.__dict__.pop("_session", None)  # a later partial_fit begins its steps anew
        self._weight_seen = problem.train.total_weight
        if not stopped or outcome.diverged[0]:
            self._warn(outcome, lambda: failure(network, problem, float(alpha.max())))
        task.end({})

    @staticmethod
    def _has_finite_loss(network: Network, problem: Problem) -> bool:
        """Whether the weights that are kept give a finite loss on the training rows."""
        with np.errstate(all="ignore"):
            return bool(np.isfinite(mean_loss(network, problem.loss, problem.train)).all())

    def _record(self, epoch: Epoch, n_rows: int) -> None:
        """Append one epoch to the curves, and print it if asked to."""
        self.t_ += n_rows
        self.n_iter_ = epoch.number
        self.loss_ = float(epoch.loss[0])
        self.loss_curve_.append(self.loss_)
        self.train_loss_curve_.append(float(epoch.train_loss[0]))
        if self.best_loss_ is not None:
            self.best_loss_ = float(np.fmin(self.best_loss_, self.loss_))
        line = f"Iteration {epoch.number}, loss = {self.loss_:.8f}"
        if epoch.validation_loss is not None:
            assert self.validation_loss_curve_ is not None
            self.validation_loss_curve_.append(float(epoch.validation_loss[0]))
            line += f", validation loss = {self.validation_loss_curve_[-1]:.8f}"
        if epoch.score is not None:
            assert self.validation_scores_ is not None
            self.validation_scores_.append(float(epoch.score[0]))
            best = np.fmax(self.best_validation_score_, epoch.score[0])  # type: ignore[arg-type]
            self.best_validation_score_ = float(best)
            line += f", validation score = {self.validation_scores_[-1]:.6f}"
        if self.verbose:
            print(line)

    def _store(self, network: Network, outcome: Outcome, n_before: int) -> None:
        """Set the fitted attributes from a stack of one, trained after `n_before` epochs of earlier fits."""
        self.__dict__.pop("_norms", None)
        for name, value in self._fitted_attributes(network).items():
            setattr(self, name, value)
        self.n_iter_ = int(outcome.n_iter[0])
        if outcome.best_epoch[0]:  # otherwise the weights are those of the start
            self.best_epoch_ = n_before + int(outcome.best_epoch[0])
        if not self.n_iter_:  # L-BFGS started at the optimum, or the first epoch was interrupted
            self.loss_ = np.inf if goes_by_epochs(self) else float(outcome.best[0])
            if self.best_loss_ is not None:
                self.best_loss_ = min(self.best_loss_, self.loss_)

    def _fitted_attributes(self, network: Network, place: int = 0) -> dict[str, Any]:
        """What prediction needs, from one network of a stack; the last layer is in y's own unit."""
        weights, biases = network.plain()
        coefs, intercepts = [weight[place] for weight in weights], [bias[place, 0] for bias in biases]
        coefs[-1], intercepts[-1] = self._in_own_unit(coefs[-1], intercepts[-1])
        attributes: dict[str, Any] = {
            "coefs_": coefs,
            "intercepts_": intercepts,
            "n_layers_": len(network.layer_sizes),
            "n_outputs_": network.layer_sizes[-1],
            "out_activation_": self._loss().out_activation,
        }
        n_zero = sum(weight.size - np.count_nonzero(weight) for weight in coefs)
        attributes["sparsity_"] = n_zero / network.n_weights
        if self.batch_norm:
            attributes["_norms"] = network.norms(place)
        return attributes

    def _warn(self, outcome: Outcome, failure: Callable[[], str | None] = lambda: None) -> None:
        """Say so if the fit was interrupted, diverged, ended before it converged, or is a `failure`."""
        scores, unfinished = self.validation_scores_, self._has_minimum and not outcome.converged[0]
        if scores and not np.isfinite(scores).any() and not outcome.diverged[0]:
            warn_caller(
                f"scoring={self.scoring!r} gave no finite score in any epoch, so the last weights are kept: "
                "check the scorer and the validation rows, or use scoring='loss'."
            )
        if outcome.interrupted:
            message = f"Training interrupted by user after {outcome.n_iter[0]} epochs; the weights are kept."
        elif outcome.diverged[0]:
            message = (
                f"The fit diverged: its loss or weights became infinite or NaN in epoch {outcome.n_iter[0]} "
                f"(solver={self.solver!r}, learning_rate_init={self.learning_rate_init!r}). The best finite "
                f"weights, of epoch {outcome.best_epoch[0]}, are kept. Use a smaller learning_rate_init, or "
                "scale the data."
            )
        elif unfinished and outcome.n_iter[0] >= self.max_iter:
            message = (
                f"Maximum iterations (max_iter={self.max_iter}) reached and the optimization hasn't "
                "converged yet; increase max_iter."
            )
        elif unfinished and not goes_by_epochs(self):
            message = (
                f"lbfgs stopped after {outcome.n_iter[0]} iterations without reaching "
                f"tol={TOL if self.tol == 'auto' else self.tol}: increase max_fun={self.max_fun}, or tol, "
                "where the loss falls no more in its last digits, as at a kink of activation='relu'."
            )
        elif (failed := failure()) is not None:
            message = failed
        else:
            return
        warn_caller(message, ConvergenceWarning)

    def _warn_of_strength(self, alpha: float) -> None:
        """Say so if the penalty counts as much as all rows together."""
        share = alpha / self._weight_seen
        if share > 1 - 1e-6:
            warn_caller(
                f"alpha/Σw is {share:.3g}: alpha={alpha:g} counts as much as all rows, whose weights "
                f"sum to {self._weight_seen:.3g}. Use a smaller alpha, or weights with a mean of 1."
            )

    def _layers_by_alpha(
        self, grid: NDArray, X: Any, y: Any, sample_weight: Any = None
    ) -> tuple[list[list[NDArray]], NDArray, list[list[NDArray]]]:
        """Weights, mean training loss and intercepts for every alpha; the estimator stays as it is."""
        estimator = clone(self)
        check_parameters(estimator)
        data, _, _ = estimator._encoded(X, y, sample_weight)
        problem = estimator._problem(estimator._in_units(data))
        rng = check_random_state(estimator.random_state)
        network = estimator._new_network(problem, len(grid), rng, data.X.dtype)
        problem = estimator._training_problem(problem, rng)
        score = estimator._stopping_score(problem)
        with one_blas_thread():
            outcome = fit_stack(estimator, grid[:, None], problem, network, rng, score=score)
        estimator._warn_of_path(grid, outcome)
        fitted = [estimator._fitted_attributes(network, place) for place in range(len(grid))]
        losses = mean_loss(network, problem.loss, problem.train)
        return [one["coefs_"] for one in fitted], losses, [one["intercepts_"] for one in fitted]

    def _warn_of_path(self, grid: NDArray, outcome: Outcome) -> None:
        """Say for which alphas the training was interrupted, diverged, or ended before it converged."""
        unfinished = ~(outcome.converged | outcome.diverged)
        if outcome.interrupted:
            message = f"The path was interrupted by the user: alpha={grid[unfinished]} had not converged."
        elif outcome.diverged.any():
            message = (
                f"The fit diverged for alpha={grid[outcome.diverged]}; the best finite weights are kept. Use "
                f"a smaller learning_rate_init than {self.learning_rate_init!r}, or scale the data."
            )
        elif unfinished.any():
            message = (
                f"The fit has not converged for alpha={grid[unfinished]}: increase max_iter={self.max_iter}"
            )
            message += f" or max_fun={self.max_fun}." if self.solver == "lbfgs" else "."
        else:
            return
        warn_caller(message, ConvergenceWarning)

    # ------------------------------------------------------------------------------------- scores

    def _split(self, problem: Problem, rng: Any) -> Problem:
        """Set rows aside for validation, unless some were given."""
        if problem.validation is not None:
            return problem
        y = problem.train.y
        strata = y.ravel() if is_classifier(self) and (y.ndim == 1 or y.shape[1] == 1) else None
        codes, counts = np.unique(np.zeros(len(y)) if strata is None else strata, return_counts=True)
        n_classes = len(codes)
        n_held = max(2, n_classes, math.ceil(self.validation_fraction * len(y)))
        if len(y) < n_held + n_classes:
            raise ValueError(
                f"The validation set is too small: early_stopping=True sets {n_held} rows aside and needs "
                f"{n_classes} more to train on, got n_samples={len(y)}. Increase the size of your dataset, "
                "or pass X_val and y_val."
            )
        rare = codes[counts < 2]
        if len(rare) and n_classes > 1:
            labels = self._decode(rare.reshape(-1, *y.shape[1:])).tolist()
            raise ValueError(
                "The least populated classes in y have only 1 member, too few to train on and to set aside "
                f"for early_stopping=True. Classes with too few members are: {rare.astype(str).tolist()}, "
                f"with the labels {labels}: leave their rows out, or pass X_val and y_val."
            )
        rng = self._split_rng(rng)
        kept, held = train_test_split(np.arange(len(y)), random_state=rng, test_size=n_held, stratify=strata)
        return problem._replace(train=problem.train.part(kept), validation=problem.train.part(held))

    def _split_rng(self, rng: Any) -> Any:
        """The generator that sets rows aside: for a warm start those of before, none that was trained on."""
        if self._is_warm and hasattr(self, "_split_state"):
            rng = np.random.RandomState()
            rng.set_state(self._split_state)
        self._split_state = rng.get_state()
        return rng

    def _stopping_score(self, problem: Problem) -> Scorer | None:
        """The score that early stopping watches; None without early stopping."""
        if not self._stops_early:
            return None
        assert problem.validation is not None
        weighs_rows(score_function(self), self.scoring, problem.validation.weight)
        return self._scorer(problem)

    def _scorer(self, problem: Problem) -> Scorer:
        """The score of the validation rows, as a function of the stack."""
        validation = problem.validation
        assert validation is not None
        scorer = score_function(self)
        if scorer is None:
            return lambda network: -mean_loss(network, problem.loss, validation)
        weighs = validation.weight is not None and takes_weights(scorer)
        weights = {"sample_weight": validation.weight} if weighs else {}
        X, y_true = validation.X.as_given(), self._decode(validation.y)

        def score(network: Network) -> NDArray:
            scores = np.full(network.n_stack, np.nan)
            estimator = copy.copy(self)
            for place in np.flatnonzero(np.isfinite(mean_loss(network, problem.loss, validation))):
                estimator.__dict__.update(self._fitted_attributes(network, int(place)))
                scores[place] = one_number(scorer(estimator, X, y_true, **weights), self.scoring)
            return scores

        return score

    # -------------------------------------------------------------------------------- prediction

    def _predict_mean(self, X: Any) -> NDArray:
        """Predicted means or probabilities, of shape (n_samples, n_outputs)."""
        out = self._predict_raw(X)
        self._loss().predict_inplace(out)
        return out

    def _predict_raw(self, X: Any) -> NDArray:
        """f_θ(X), of shape (n_samples, n_outputs)."""
        self._check_fitted()
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        n_rows = X.shape[0]
        if n_rows <= PREDICTION_ROWS:
            return predict_raw(X, self.coefs_, self.intercepts_, self.activation)
        dtype = np.result_type(X.dtype, self.coefs_[0].dtype)
        out = np.empty((n_rows, self.n_outputs_), dtype)
        buffers = [np.empty((PREDICTION_ROWS, len(bias)), dtype) for bias in self.intercepts_]
        for start in range(0, n_rows, PREDICTION_ROWS):
            rows = slice(start, start + PREDICTION_ROWS)
            out[rows] = predict_raw(X[rows], self.coefs_, self.intercepts_, self.activation, buffers)
        return out

    def _check_fitted(self) -> None:
        """Raise a NotFittedError where there is no network."""
        check_is_fitted(self, "coefs_")

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's tags: sparse X is accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.array_api_support = True
        return tags


def _identity_norms(intercepts: list[NDArray]) -> list[NDArray]:
    """The batch normalisation that leaves a plain network's hidden layers as they are."""
    return [
        np.stack([np.full_like(shift, np.sqrt(1 + VARIANCE_FLOOR)), shift, 0 * shift, np.ones_like(shift)])
        for shift in intercepts
    ]


def failure(network: Network, problem: Problem, alpha: float) -> str | None:
    """What to say of a fit that predicts its training rows no better than a constant; None if it does.

    A penalty as strong as all rows together asks for no better.
    """
    train, n_outputs = problem.train, network.layer_sizes[-1]
    if alpha >= (1 - 1e-6) * train.total_weight:
        return None
    limit = (1 - LEAST_GAIN) * constant_loss(problem.loss, train, n_outputs)
    with np.errstate(all="ignore"):
        loss = float(mean_loss(network, problem.loss, train)[0])
    if loss < limit or (train.y == train.y[0]).all():
        return None
    return (
        f"The fit predicts no better than a constant does (mean loss {loss:.4g}): scale X, or change "
        "learning_rate_init or alpha, if there is anything to learn."
    )
