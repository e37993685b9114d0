"""MLPClassifier and MLPRegressor: multi-layer perceptrons with an L2 penalty of one meaning."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelBinarizer, LabelEncoder
from sklearn.utils import check_array, check_random_state, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from skl2._arrays import takes_arrays
from skl2._base import DocLinkMixin, unchanged_on_error, warn_caller
from skl2._validation import (
    check_choice,
    check_flag,
    check_number,
    check_sample_weight,
    check_sequence,
    takes_weights,
)
from skl2.mlp._activation import ACTIVATIONS
from skl2.mlp._callbacks import CallbackSupportMixin, Task, begin_fit, with_callbacks
from skl2.mlp._loss import LOSSES
from skl2.mlp._network import VARIANCE_FLOOR, Network, predict_raw
from skl2.mlp._objective import Data, mean_loss
from skl2.mlp._stack import (
    TOL,
    FittedStack,
    Problem,
    Scorer,
    build_network,
    fit_lbfgs,
    fit_stack,
    hidden_sizes,
    new_session,
)
from skl2.mlp._to_sklearn import MLPToSklearnMixin
from skl2.mlp._training import Epoch

SOLVERS = ("adam", "adamw", "sgd", "lbfgs")
SCHEDULES = ("auto", "constant", "invscaling", "adaptive", "anneal", "one_cycle")
AUTO_LIMITS: dict[str, dict[str, Any]] = {
    "batch_size": {"low": 1, "integer": True},
    "learning_rate_init": {"low": 0, "closed": "neither"},
    "tol": {"low": 0},
    "n_iter_no_change": {"low": 1, "integer": True},
}
"""What may be 'auto', and the limits of a number in its place"""
PRIVATE_ATTRIBUTES = ("_norms", "_session", "_multilabel", "_sparse_labels")
"""What a fit leaves beside the attributes whose names end with an underscore"""
PREDICTION_ROWS = 1024
"""Rows that a prediction takes at once, so that activations stay in the cache"""


def check_parameters(params: Any) -> None:
    """Raise a TypeError or ValueError that names the first parameter with a bad value."""
    for size in check_sequence("hidden_layer_sizes", params.hidden_layer_sizes):
        check_number("hidden_layer_sizes", size, integer=True)
        if size < 1:
            raise ValueError(f"hidden_layer_sizes must be > 0, got {params.hidden_layer_sizes!r}.")
    check_choice("activation", params.activation, ACTIVATIONS)
    check_choice("solver", params.solver, SOLVERS)
    check_choice("learning_rate", params.learning_rate, SCHEDULES)
    for name, limits in AUTO_LIMITS.items():
        value = getattr(params, name)
        endless = name == "n_iter_no_change" and isinstance(value, Real) and value == np.inf
        if not endless and not (isinstance(value, str) and value == "auto"):
            check_number(name, value, **limits)
    for name in ("max_iter", "max_fun"):
        check_number(name, getattr(params, name), low=1, integer=True)
    check_number("power_t", params.power_t, low=0)
    for name in ("momentum", "l1_ratio"):
        check_number(name, getattr(params, name), low=0, high=1)
    for name in ("beta_1", "beta_2", "validation_fraction"):
        check_number(name, getattr(params, name), low=0, high=1, closed="left")
    check_number("epsilon", params.epsilon, low=0, closed="neither")
    names = [
        "shuffle",
        "warm_start",
        "nesterovs_momentum",
        "early_stopping",
        "batch_norm",
        "penalize_intercept",
    ]
    for name in names:
        check_flag(name, getattr(params, name))
    _check_verbose(params.verbose)
    _check_random_state(params.random_state)
    _check_dropout(params)
    _check_scoring(params)
    _check_combinations(params)


def _check_verbose(verbose: Any) -> None:
    if not isinstance(verbose, bool | np.bool_):
        check_number("verbose", verbose, low=0, integer=True)


def _check_random_state(random_state: Any) -> None:
    try:
        check_random_state(random_state)
    except ValueError as error:
        raise ValueError(
            f"random_state must be None, an integer from 0 or a RandomState, got {random_state!r}."
        ) from error


def _check_dropout(params: Any) -> None:
    given, n_hidden = params.dropout, len(hidden_sizes(params))
    rates = check_sequence("dropout", given)
    for rate in rates:
        check_number("dropout", rate, low=0, high=1, closed="left")
    if np.iterable(given) and len(rates) != n_hidden:
        raise ValueError(f"dropout must have one rate for each of {n_hidden} hidden layers, got {given!r}.")


def _check_scoring(params: Any) -> None:
    if params._score_function is not None:
        check_scoring(params, params._score_function)


def _check_combinations(params: Any) -> None:
    if params.solver == "lbfgs" and np.any(params.dropout):
        raise ValueError(
            f"dropout={params.dropout!r} needs a stochastic solver: use solver='adam', 'adamw' or 'sgd', "
            "got solver='lbfgs'."
        )
    if params.solver == "lbfgs" and params.early_stopping:
        return  # as in scikit-learn, it has no effect
    if params.solver == "adamw" and params.l1_ratio:
        raise ValueError(
            f"l1_ratio={params.l1_ratio!r} needs an objective, which solver='adamw' does not have: use "
            "solver='adam', 'sgd' or 'lbfgs'."
        )


def check_alpha(alpha: Any, n_layers: int) -> NDArray:
    """Return alpha as an array of shape (1, 1), or (1, n_layers) if there is one for each layer."""
    values = check_sequence("alpha", alpha)
    for value in values:
        check_number("alpha", value, low=0)
    if np.iterable(alpha) and len(values) != n_layers:
        raise ValueError(f"alpha must be one number, or one for each of {n_layers} layers, got {alpha!r}.")
    return np.array([values], dtype=np.float64)


class BaseMLP(MLPToSklearnMixin, CallbackSupportMixin, DocLinkMixin, BaseEstimator):
    """What the two estimators share. The loss, the encoding of y and predictions are the subclasses'."""

    coefs_: list[NDArray]
    intercepts_: list[NDArray]

    # ------------------------------------------------------------------------------------ fitting

    @unchanged_on_error
    @takes_arrays
    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Minimise J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ² on the rows of X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows; float32 is kept, everything else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: class labels, an indicator matrix of labels, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            w; a whole number counts as that many copies of the row. None means 1 for every row.
        X_val, y_val : array-like, default=None
            Rows whose loss is recorded after every epoch (`validation_loss_curve_`). With
            `early_stopping=True` they take the place of a part of X.
        sample_weight_val : array-like of shape (n_val,), default=None
            The validation rows' weights.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not as described; the estimator is then unchanged.
        """
        check_parameters(self)
        return self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        sample_weight_val: Any,
        task: Task | None = None,
    ) -> Self:
        """Fit with checked parameters; `task` is what callbacks know it as, a fit of its own if None."""
        warm = self._is_warm
        rows, labels, weight = self._validate(X, y, sample_weight, reset=not warm)
        if warm and is_classifier(self):
            self._check_same_classes(labels)
        targets = self._encode(labels, reset=not warm)
        validation = self._validation_data(targets, X_val, y_val, sample_weight_val)
        rng = check_random_state(self.random_state)
        problem = self._problem(Data(rows, targets, weight), validation)
        network = self._start_network(problem, rng, rows.dtype, warm)
        problem = self._training_problem(problem, rng)
        self._reset_records(warm, problem.validation is not None)
        if task is None:
            task = begin_fit(self, self.max_iter, X, labels, sample_weight)
        self._train(problem, network, rng, task)
        return self

    @property
    def _is_warm(self) -> bool:
        """Whether `fit` goes on from the previous one."""
        return self.warm_start and hasattr(self, "coefs_")

    @property
    def _stops_early(self) -> bool:
        """Whether a score on validation rows is watched: for lbfgs, as in scikit-learn, it never is."""
        return self.early_stopping and self.solver != "lbfgs"

    @property
    def _score_function(self) -> Any:
        """The scorer that `scoring` names; None where it is the loss."""
        scoring = self._default_scoring if self.scoring is None else self.scoring
        return None if isinstance(scoring, str) and scoring == "loss" else get_scorer(scoring)

    def _problem(self, data: Data, validation: Data | None = None) -> Problem:
        """What is to be fitted to encoded rows; those of weight 0 are left out."""
        sizes = (data.X.shape[1], *hidden_sizes(self), _n_outputs(self, data.y))
        return Problem(_drop_weightless(data), self._loss(), sizes, validation)

    def _training_problem(self, problem: Problem, rng: Any) -> Problem:
        """Set rows aside if early stopping needs them, and weigh the classes of the others."""
        if self._stops_early:
            problem = self._split(problem, rng)
        return problem._replace(train=self._weigh_classes(problem.train))

    def _validate(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, weight_name: str = "sample_weight"
    ) -> tuple[Any, NDArray, NDArray | None]:
        """X as C-ordered float32/float64 or CSR, y as an array, weights or None."""
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
            y = column_or_1d(y, warn=True)
        return X, y, check_sample_weight(sample_weight, X, weight_name)

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
        validation = Data(rows, self._encode(labels, reset=False, name="y_val"), weight)
        if validation.y.shape[1:] != targets.shape[1:]:
            raise ValueError(
                f"y_val must have as many columns as y: {targets.shape[1:]}, got {validation.y.shape[1:]}."
            )
        return validation

    def _start_network(self, problem: Problem, rng: Any, dtype: Any, warm: bool) -> Network:
        """A new network, or one with the parameters of the previous fit."""
        check_alpha(self.alpha, len(problem.layer_sizes) - 1)
        network = build_network(self, problem, 1, dtype)
        if not warm:
            network.initialise(rng)
            return network
        shapes = [weight.shape[1:] for weight in network.weights]
        if shapes != [coef.shape for coef in self.coefs_]:
            raise ValueError(
                f"the fitted coefs_ have shapes {[coef.shape for coef in self.coefs_]}, but "
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} and the data ask for {shapes}: to start "
                "anew, call fit with warm_start=False."
            )
        for layer, (coef, intercept) in enumerate(zip(self.coefs_, self.intercepts_, strict=True)):
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
        self.validation_loss_curve_ = curve("validation_loss_curve_") if validates else None
        self.best_loss_ = self.validation_scores_ = self.best_validation_score_ = None
        if self._stops_early:
            self.validation_scores_ = curve("validation_scores_")
            self.best_validation_score_ = float(np.fmax.reduce(self.validation_scores_, initial=-np.inf))
        else:
            self.best_loss_ = float(np.fmin.reduce(self.loss_curve_, initial=np.inf))

    def _train(self, problem: Problem, network: Network, rng: Any, task: Task) -> None:
        """Run the solver, store what it found, and warn where it did not converge."""
        alpha = check_alpha(self.alpha, len(problem.layer_sizes) - 1)
        n_rows = problem.train.n_rows
        n_before, stopped = len(self.loss_curve_), False
        if self.batch_size != "auto" and self.batch_size > n_rows and self.solver != "lbfgs":
            warn_caller(f"batch_size={self.batch_size} is larger than the {n_rows} rows; it is clipped.")

        def on_epoch(epoch: Epoch, network: Network) -> NDArray:
            nonlocal stopped
            self._record(epoch, n_rows)
            stopped = task.subtask("epoch").begin().end(lambda: self._fitted_attributes(network))
            return np.array([stopped])

        if self.solver == "lbfgs":
            fitted = fit_lbfgs(self, alpha, problem, network, on_epoch=on_epoch)
        else:
            score = self._stopping_score(problem)
            # the weights to start from are kept, if no epoch's do better on the validation rows
            best = _best_so_far(-score(network)) if score is not None and n_before else None
            fitted = fit_stack(
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
        if fitted.outcome.diverged[0] and not self._has_finite_loss(network, problem):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and "
                "need to be preprocessed."
            )
        self._store(fitted, n_before)
        self.__dict__.pop("_session", None)  # a later partial_fit begins its steps anew
        if not stopped or fitted.outcome.diverged[0]:
            self._warn(fitted)
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

    def _store(self, fitted: FittedStack, n_before: int) -> None:
        """Set the fitted attributes from a stack of one, trained after `n_before` epochs of earlier fits."""
        network, outcome = fitted
        self.__dict__.pop("_norms", None)
        for name, value in self._fitted_attributes(network).items():
            setattr(self, name, value)
        self.n_iter_ = int(outcome.n_iter[0])
        if outcome.best_epoch[0]:  # otherwise the weights are those of the start
            self.best_epoch_ = n_before + int(outcome.best_epoch[0])
        if not self.n_iter_:  # L-BFGS started at the optimum, or the first epoch was interrupted
            self.loss_ = float(outcome.best[0]) if self.solver == "lbfgs" else np.inf
            if self.best_loss_ is not None:
                self.best_loss_ = min(self.best_loss_, self.loss_)

    def _fitted_attributes(self, network: Network, place: int = 0) -> dict[str, Any]:
        """What prediction needs, from one network of a stack."""
        weights, biases = network.plain()
        attributes = {
            "coefs_": [weight[place] for weight in weights],
            "intercepts_": [bias[place, 0] for bias in biases],
            "n_layers_": len(network.layer_sizes),
            "n_outputs_": network.layer_sizes[-1],
            "out_activation_": self._loss().out_activation,
        }
        n_zero = sum(weight.size - np.count_nonzero(weight) for weight in attributes["coefs_"])
        attributes["sparsity_"] = n_zero / network.n_weights
        if self.batch_norm:
            attributes["_norms"] = network.norms(place)
        return attributes

    def _warn(self, fitted: FittedStack) -> None:
        """Say so if the fit was interrupted, diverged, or ended before it converged."""
        outcome = fitted.outcome
        if self.validation_scores_ and not np.isfinite(self.validation_scores_).any():
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
        elif not outcome.converged[0] and outcome.n_iter[0] >= self.max_iter:
            message = (
                f"Maximum iterations (max_iter={self.max_iter}) reached and the optimization hasn't "
                "converged yet; increase max_iter."
            )
        elif not outcome.converged[0] and self.solver == "lbfgs":
            message = (
                f"lbfgs stopped after {outcome.n_iter[0]} iterations without reaching "
                f"tol={TOL if self.tol == 'auto' else self.tol}; increase max_fun={self.max_fun}, or scale "
                "the data."
            )
        else:
            return
        warn_caller(message, ConvergenceWarning)

    # ----------------------------------------------------------------------------- early stopping

    def _split(self, problem: Problem, rng: Any) -> Problem:
        """Set rows aside for validation, unless some were given."""
        if problem.validation is not None:
            return problem
        X, y, weight = problem.train.X, problem.train.y, problem.train.weight
        arrays = [X, y] if weight is None else [X, y, weight]
        stratify = y if is_classifier(self) and y.ndim == 2 and y.shape[1] == 1 else None
        n_classes = 1 if stratify is None else len(np.unique(stratify))
        n_held = max(2, n_classes, math.ceil(self.validation_fraction * len(y)))
        if len(y) < n_held + n_classes:
            raise ValueError(
                f"The validation set is too small: early_stopping=True sets {n_held} rows aside and needs "
                f"{n_classes} more to train on, got n_samples={len(y)}. Increase the size of your dataset, "
                "or pass X_val and y_val."
            )
        parts = train_test_split(*arrays, random_state=rng, test_size=n_held, stratify=stratify)
        return problem._replace(train=Data(*parts[0::2]), validation=Data(*parts[1::2]))

    def _stopping_score(self, problem: Problem) -> Scorer | None:
        """The score that early stopping watches; None without early stopping."""
        if not self._stops_early:
            return None
        assert problem.validation is not None
        self._warn_of_unweighted_scores(problem.validation.weight)
        return self._scorer(problem)

    def _warn_of_unweighted_scores(self, weight: NDArray | None) -> None:
        """Say so if rows have weights and the scorer takes none."""
        scorer = self._score_function
        if weight is not None and scorer is not None and not takes_weights(scorer):
            warn_caller(f"scoring={self.scoring!r} takes no sample_weight, so held-out rows count alike.")

    def _scorer(self, problem: Problem) -> Scorer:
        """The score of the validation rows, as a function of the stack."""
        validation = problem.validation
        assert validation is not None

        scorer = self._score_function
        if scorer is None:
            return lambda network: -mean_loss(network, problem.loss, validation)
        weighs = validation.weight is not None and takes_weights(scorer)
        weights = {"sample_weight": validation.weight} if weighs else {}
        y_true = self._decode(validation.y)

        def score(network: Network) -> NDArray:
            scores = np.full(network.n_stack, np.nan)
            estimator = copy.copy(self)
            estimator.__dict__.pop("feature_names_in_", None)
            for place in np.flatnonzero(np.isfinite(mean_loss(network, problem.loss, validation))):
                estimator.__dict__.update(self._fitted_attributes(network, int(place)))
                scores[place] = _one_number(scorer(estimator, validation.X, y_true, **weights), self.scoring)
            return scores

        return score

    # ------------------------------------------------------------------------------- partial_fit

    def _has_epochs(self) -> bool:
        """Whether `partial_fit` is there: raise an AttributeError if not."""
        if self.solver == "lbfgs":
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
            )
        return True

    def _partial_fit(self, X: Any, y: Any, weight: NDArray | None, first: bool) -> None:
        """One epoch over these rows, on with the optimiser's state of the previous call."""
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        problem = self._problem(Data(X, self._encode(y, reset=False), weight))
        session, rng = (None, None) if first else getattr(self, "_session", (None, None))
        if rng is None:  # one for all calls: a seed would give each the same order and dropout masks
            rng = check_random_state(self.random_state)
        problem = self._training_problem(problem, rng)
        network = self._start_network(problem, rng, X.dtype, not first)
        if session is None or session.optimizer.scratch.shape != network.theta.shape:
            session = new_session(self, network, endless=True)
        if first or self.best_loss_ is None or self.validation_loss_curve_ is not None:
            self._reset_records(warm=not first, validates=False)
        n_before = len(self.loss_curve_)

        def on_epoch(epoch: Epoch, network: Network) -> NDArray:
            self._record(epoch, problem.train.n_rows)
            return np.zeros(1, bool)

        alpha = check_alpha(self.alpha, len(problem.layer_sizes) - 1)
        fitted = fit_stack(
            self, alpha, problem, network, rng, on_epoch=on_epoch, n_samples_seen=self.t_, session=session
        )
        self._store(fitted, n_before)
        outcome = fitted.outcome
        # moments that have become infinite would make every later step 0 or NaN
        lost = outcome.diverged[0] or not (outcome.interrupted or session.optimizer.step_length().all())
        self._session = None if lost else session, rng
        if outcome.diverged[0] or outcome.interrupted:
            self._warn(fitted)

    # -------------------------------------------------------------------------------- prediction

    def _predict_mean(self, X: Any) -> NDArray:
        """Predicted means or probabilities, of shape (n_samples, n_outputs)."""
        out = self._predict_raw(X)
        self._loss().predict_inplace(out)
        return out

    def _predict_raw(self, X: Any) -> NDArray:
        """f_θ(X), of shape (n_samples, n_outputs)."""
        check_is_fitted(self, "coefs_")
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

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's tags: sparse X is accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.array_api_support = True
        return tags

    # -------------------------------------------------------------------- what the subclasses say

    _default_scoring: str

    def _loss(self) -> Any:
        """The loss of the encoded targets."""
        raise NotImplementedError

    def _encode(self, y: Any, *, reset: bool, name: str = "y") -> NDArray:
        """Targets for the loss; `reset` begins anew, `name` is what an error calls them."""
        raise NotImplementedError

    def _decode(self, y: NDArray) -> NDArray:
        """Encoded targets as the user gave them."""
        raise NotImplementedError

    def _weigh_classes(self, data: Data) -> Data:
        """Training rows with the weights of their classes."""
        return data


def _n_outputs(estimator: Any, y: NDArray) -> int:
    return len(estimator.classes_) if y.ndim == 1 else y.shape[1]


def _identity_norms(intercepts: list[NDArray]) -> list[NDArray]:
    """The batch normalisation that leaves a plain network's hidden layers as they are."""
    return [
        np.stack([np.full_like(shift, np.sqrt(1 + VARIANCE_FLOOR)), shift, 0 * shift, np.ones_like(shift)])
        for shift in intercepts
    ]


def _drop_weightless(data: Data) -> Data:
    """The rows whose weight is not 0: a weight of zero is exactly removal. Numbers take X's dtype."""
    X, y, weight = data.X, data.y, data.weight
    if y.dtype.kind == "f":
        y = y.astype(X.dtype, copy=False)
    if weight is None:
        return Data(X, y)
    weight = weight.astype(X.dtype, copy=False)
    if weight.all():
        return Data(X, y, weight)
    kept = np.flatnonzero(weight)
    return Data(X[kept], y[kept], weight[kept])


def _best_so_far(value: NDArray) -> NDArray:
    """The value to beat; NaN, which nothing would beat, becomes infinite."""
    return np.where(np.isnan(value), np.inf, value)


def _one_number(score: Any, scoring: Any) -> float:
    """A scorer's answer, or a TypeError if it is not a number."""
    try:
        return float(score)
    except (TypeError, ValueError):
        raise TypeError(f"scoring={scoring!r} must give one number, got {score!r}.") from None


def _balanced_weights(y: NDArray, weight: NDArray | None) -> NDArray:
    """W / (K W_c) for each row of class c, one of K, with W_c its class's and W the whole weight, positive.

    For several labels, y of shape (n, L), it is the product over the labels.
    """
    factors = np.ones(len(y))
    for column in y.reshape(len(y), -1).T:
        codes = np.unique(column, return_inverse=True)[1]
        totals = np.bincount(codes, weights=weight)
        factors *= (totals.sum() / (len(totals) * totals))[codes]
    return factors


class MLPRegressor(RegressorMixin, BaseMLP):
    """A multi-layer perceptron for regression, with an L2 penalty.

    J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ² is minimised, with f_θ a network of fully connected
    layers. The penalty takes in all weights, not the intercepts. Optimisers work on J/Σw.

    Parameters
    ----------
    loss : {'squared_error', 'poisson'}, default='squared_error'
        ℓ: ½‖y − f‖², summed over the outputs; or half the Poisson deviance with mean exp(f), for
        y >= 0.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer; () is the linear model.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        The hidden layers' activation.
    solver : {'adam', 'adamw', 'sgd', 'lbfgs'}, default='adam'
        'adam': Adam (Kingma & Ba 2015); 'adamw': Adam with the penalty as a decoupled decay of the
        weights, which is not the gradient of any J (Loshchilov & Hutter 2019); 'sgd': gradient
        descent with momentum, plain with ``batch_size=n_samples`` and ``momentum=0``; 'lbfgs': a
        quasi-Newton method on all rows at once, the most exact where n_samples is small.
    alpha : float or array-like of shape (n_layers - 1,), default=1.0
        λ, the strength of the penalty, or one for each layer's weights. It means the same for
        every solver, batch size and number of rows.
    batch_size : int or 'auto', default='auto'
        Rows of a mini-batch. 'auto': all rows up to 64 of them, else a fiftieth of the rows, at
        least 32 and at most 200.
    learning_rate : {'auto', 'constant', 'invscaling', 'adaptive', 'anneal', 'one_cycle'}, default='auto'
        'constant'; 'invscaling': divided by t^power_t after t rows; 'adaptive': divided by 5 at
        every plateau, both for sgd only as in scikit-learn, where adam and adamw stay constant;
        'anneal': constant until the plateau, then a linear decay to 0 over half as many epochs
        again (at least 10); 'one_cycle': up and down again over exactly `max_iter` epochs. 'auto'
        is 'anneal' for adam and adamw, 'constant' for sgd.
    learning_rate_init : float or 'auto', default='auto'
        The learning rate. 'auto' is 0.005 for adam and adamw, 0.001 for sgd and `partial_fit`.
    power_t : float, default=0.5
        The exponent of 'invscaling'.
    max_iter : int, default=200
        The largest number of epochs (of iterations for lbfgs).
    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.
    random_state : int, RandomState instance or None, default=None
        Where initial weights, validation rows and the rows' order come from.
    tol : float or 'auto', default='auto'
        An epoch improves if the loss (or validation score) gains more than this; for lbfgs, the
        largest gradient of J/Σw at the solution. 'auto' is 1e-4, but 2% of the epoch's loss
        (less where an epoch has fewer than 4 steps) where the learning rate anneals.
    verbose : bool or int, default=False
        Whether to print a line for each epoch.
    warm_start : bool, default=False
        Whether `fit` starts from the previous fit's weights.
    momentum : float in [0, 1], default=0.9
        Momentum of sgd.
    nesterovs_momentum : bool, default=True
        Whether it is Nesterov's.
    early_stopping : bool, default=False
        Whether to watch a score on validation rows instead of the training loss, and keep the
        weights that did best on them. lbfgs does not.
    validation_fraction : float in [0, 1), default=0.1
        The share of rows set aside for it, at least 2, unless `fit` is given some.
    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay of Adam's moments.
    epsilon : float, default=1e-8
        Adam's stabiliser.
    n_iter_no_change : int, inf or 'auto', default='auto'
        Epochs without improvement before the plateau. 'auto' is 10, but where the learning rate
        anneals 2, or 8 steps if those are more.
    max_fun : int, default=15000
        The largest number of evaluations of J for lbfgs.
    scoring : str, callable or None, default=None
        What early stopping watches: a scorer, 'loss' (the mean loss, negated), or None for
        R².
    l1_ratio : float in [0, 1], default=0.0
        ρ of the elastic net ``α Σ [(1 − ρ)/2 · θ² + ρ |θ|]``; weights become exactly 0 through its
        proximal operator. Not with adamw.
    dropout : float in [0, 1) or sequence of float, default=0.0
        The rate at which hidden units are left out of a step, or one for each hidden layer; the
        others are scaled by 1/(1 − rate), so that prediction needs no change. Not with lbfgs.
    batch_norm : bool, default=False
        Whether each hidden layer is normalised over the batch before its activation. It is folded
        into `coefs_` and `intercepts_` in the end. L2 on the weights before it changes the
        effective learning rate only, as their scale cancels (van Laarhoven 2017).
    penalize_intercept : bool, default=False
        Whether intercepts are penalised too (and the scales of batch normalisation).

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        The weights of each layer.
    intercepts_ : list of ndarray of shape (n_out,)
        The intercepts of each layer.
    loss_ : float
        J/Σw after the last epoch.
    loss_curve_ : list of float
        J/Σw: the mean over each epoch's batches, plus the penalty at its end.
    validation_loss_curve_ : list of float or None
        The mean loss on the validation rows after each epoch, without penalty. After a warm start it
        may hold the last epochs alone.
    validation_scores_ : list of float or None
        With `early_stopping`, the score after each epoch.
    best_loss_ : float or None
        The smallest of `loss_curve_`; None with `early_stopping`.
    best_validation_score_ : float or None
        The largest of `validation_scores_`.
    best_epoch_ : int
        The epoch whose weights were kept: its place in `loss_curve_`, from 1; 0 means the initial
        weights.
    n_iter_ : int
        The number of epochs.
    t_ : int
        Rows seen in training.
    sparsity_ : float
        The share of weights that are exactly 0.
    n_layers_ : int
        The number of layers, input and output included.
    n_outputs_ : int
        The number of outputs.
    out_activation_ : str
        What maps raw predictions to means: 'identity' or 'exp'.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if X has any.

    See Also
    --------
    MLPClassifier : The same for classes.
    MLPRegressorCV : The same with alpha chosen by cross-validation.
    Ridge : The exact solution where there is no hidden layer.

    References
    ----------
    C. Bishop (2006). Pattern Recognition and Machine Learning. Chapter 5.

    D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. ICLR.

    I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. ICLR.

    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple
    way to prevent neural networks from overfitting. JMLR 15.

    S. Ioffe, C. Szegedy (2015). Batch normalization. ICML.

    T. van Laarhoven (2017). L2 regularization versus batch and weight normalization.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressor(hidden_layer_sizes=20, random_state=0).fit(scale(X), scale(y))
    >>> model.score(scale(X), scale(y)) > 0.5
    True
    """

    _default_scoring = "r2"

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: Any = 1.0,
        batch_size: Any = "auto",
        learning_rate: str = "auto",
        learning_rate_init: Any = "auto",
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: Any = "auto",
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = "auto",
        max_fun: int = 15000,
        scoring: Any = None,
        l1_ratio: float = 0.0,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        penalize_intercept: bool = False,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.scoring = scoring
        self.l1_ratio = l1_ratio
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.penalize_intercept = penalize_intercept

    @available_if(BaseMLP._has_epochs)
    @unchanged_on_error
    @takes_arrays
    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Go through these rows once, on from where the previous call ended.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            The rows' weights.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not as described.
        """
        check_parameters(self)
        first = not hasattr(self, "coefs_")
        X, y, weight = self._validate(X, y, sample_weight, reset=first)
        self._partial_fit(X, y, weight, first)
        return self

    @takes_arrays
    def predict(self, X: ArrayLike) -> NDArray:
        """Predict f_θ(x), or exp(f_θ(x)) with the Poisson loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in y's unit.
        """
        mean = self._predict_mean(X)
        return mean[:, 0] if self.n_outputs_ == 1 else mean

    def _loss(self) -> Any:
        return LOSSES[self.loss]()

    def _encode(self, y: Any, *, reset: bool, name: str = "y") -> NDArray:
        check_choice("loss", self.loss, ["squared_error", "poisson"])
        if sparse.issparse(y):
            raise TypeError(f"{name} must be a dense array of numbers, got {y!r}: use {name}.toarray().")
        if y.dtype.kind != "f":
            y = check_array(y, dtype=np.float64, ensure_2d=False, input_name=name)
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"loss='poisson' needs {name} >= 0, got {y.min():g}; use loss='squared_error'.")
        return y.reshape(len(y), -1)

    def _decode(self, y: NDArray) -> NDArray:
        return y[:, 0] if y.shape[1] == 1 else y


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A multi-layer perceptron for classification, with an L2 penalty.

    J(θ) = −Σ_i w_i log p_θ(y_i | x_i) + α/2 Σ θ² is minimised, with p_θ a network of fully connected
    layers and softmax (several classes) or logistic (two classes, or several labels for a row)
    output. The penalty takes in all weights, not the intercepts. Optimisers work on J/Σw.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer; () is the linear model.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        The hidden layers' activation.
    solver : {'adam', 'adamw', 'sgd', 'lbfgs'}, default='adam'
        'adam': Adam (Kingma & Ba 2015); 'adamw': Adam with the penalty as a decoupled decay of the
        weights, which is not the gradient of any J (Loshchilov & Hutter 2019); 'sgd': gradient
        descent with momentum, plain with ``batch_size=n_samples`` and ``momentum=0``; 'lbfgs': a
        quasi-Newton method on all rows at once, the most exact where n_samples is small.
    alpha : float or array-like of shape (n_layers - 1,), default=1.0
        λ, the strength of the penalty, or one for each layer's weights. It means the same for
        every solver, batch size and number of rows.
    batch_size : int or 'auto', default='auto'
        Rows of a mini-batch. 'auto': all rows up to 64 of them, else a fiftieth of the rows, at
        least 32 and at most 200.
    learning_rate : {'auto', 'constant', 'invscaling', 'adaptive', 'anneal', 'one_cycle'}, default='auto'
        'constant'; 'invscaling': divided by t^power_t after t rows; 'adaptive': divided by 5 at
        every plateau, both for sgd only as in scikit-learn, where adam and adamw stay constant;
        'anneal': constant until the plateau, then a linear decay to 0 over half as many epochs
        again (at least 10); 'one_cycle': up and down again over exactly `max_iter` epochs. 'auto'
        is 'anneal' for adam and adamw, 'constant' for sgd.
    learning_rate_init : float or 'auto', default='auto'
        The learning rate. 'auto' is 0.005 for adam and adamw, 0.001 for sgd and `partial_fit`.
    power_t : float, default=0.5
        The exponent of 'invscaling'.
    max_iter : int, default=200
        The largest number of epochs (of iterations for lbfgs).
    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.
    random_state : int, RandomState instance or None, default=None
        Where initial weights, validation rows and the rows' order come from.
    tol : float or 'auto', default='auto'
        An epoch improves if the loss (or validation score) gains more than this; for lbfgs, the
        largest gradient of J/Σw at the solution. 'auto' is 1e-4, but 7% of the epoch's loss
        (less where an epoch has fewer than 4 steps) where the learning rate anneals.
    verbose : bool or int, default=False
        Whether to print a line for each epoch.
    warm_start : bool, default=False
        Whether `fit` starts from the previous fit's weights.
    momentum : float in [0, 1], default=0.9
        Momentum of sgd.
    nesterovs_momentum : bool, default=True
        Whether it is Nesterov's.
    early_stopping : bool, default=False
        Whether to watch a score on validation rows instead of the training loss, and keep the
        weights that did best on them. lbfgs does not.
    validation_fraction : float in [0, 1), default=0.1
        The share of rows set aside for it, at least 2 (of two classes one each), unless `fit` is given
        some.
    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay of Adam's moments.
    epsilon : float, default=1e-8
        Adam's stabiliser.
    n_iter_no_change : int, inf or 'auto', default='auto'
        Epochs without improvement before the plateau. 'auto' is 10, but where the learning rate
        anneals 2, or 8 steps if those are more.
    max_fun : int, default=15000
        The largest number of evaluations of J for lbfgs.
    scoring : str, callable or None, default=None
        What early stopping watches: a scorer, 'loss' (the mean loss, negated), or None for
        accuracy.
    l1_ratio : float in [0, 1], default=0.0
        ρ of the elastic net ``α Σ [(1 − ρ)/2 · θ² + ρ |θ|]``; weights become exactly 0 through its
        proximal operator. Not with adamw.
    dropout : float in [0, 1) or sequence of float, default=0.0
        The rate at which hidden units are left out of a step, or one for each hidden layer; the
        others are scaled by 1/(1 − rate), so that prediction needs no change. Not with lbfgs.
    batch_norm : bool, default=False
        Whether each hidden layer is normalised over the batch before its activation. It is folded
        into `coefs_` and `intercepts_` in the end. L2 on the weights before it changes the
        effective learning rate only, as their scale cancels (van Laarhoven 2017).
    penalize_intercept : bool, default=False
        Whether intercepts are penalised too (and the scales of batch normalisation).
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, multiplied into `sample_weight`; 'balanced' makes all classes count
        the same. They act in training, not on validation rows.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    coefs_ : list of ndarray of shape (n_in, n_out)
        The weights of each layer.
    intercepts_ : list of ndarray of shape (n_out,)
        The intercepts of each layer.
    loss_ : float
        J/Σw after the last epoch.
    loss_curve_ : list of float
        J/Σw: the mean over each epoch's batches, plus the penalty at its end.
    validation_loss_curve_ : list of float or None
        The mean loss on the validation rows after each epoch, without penalty or class weights. After
        a warm start it may hold the last epochs alone.
    validation_scores_ : list of float or None
        With `early_stopping`, the score after each epoch.
    best_loss_ : float or None
        The smallest of `loss_curve_`; None with `early_stopping`.
    best_validation_score_ : float or None
        The largest of `validation_scores_`.
    best_epoch_ : int
        The epoch whose weights were kept: its place in `loss_curve_`, from 1; 0 means the initial
        weights.
    n_iter_ : int
        The number of epochs.
    t_ : int
        Rows seen in training.
    sparsity_ : float
        The share of weights that are exactly 0.
    n_layers_ : int
        The number of layers, input and output included.
    n_outputs_ : int
        The number of outputs.
    out_activation_ : str
        What maps raw predictions to probabilities: 'softmax' or 'logistic'.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if X has any.

    See Also
    --------
    MLPRegressor : The same for numbers.
    MLPClassifierCV : The same with alpha chosen by cross-validation.

    References
    ----------
    C. Bishop (2006). Pattern Recognition and Machine Learning. Chapter 5.

    D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. ICLR.

    I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. ICLR.

    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple
    way to prevent neural networks from overfitting. JMLR 15.

    S. Ioffe, C. Szegedy (2015). Batch normalization. ICML.

    T. van Laarhoven (2017). L2 regularization versus batch and weight normalization.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(hidden_layer_sizes=20, random_state=0).fit(scale(X), y)
    >>> model.score(scale(X), y) > 0.9
    True
    >>> model.predict_proba(scale(X)[:2]).shape
    (2, 3)
    """

    _default_scoring = "accuracy"
    classes_: NDArray

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: Any = 1.0,
        batch_size: Any = "auto",
        learning_rate: str = "auto",
        learning_rate_init: Any = "auto",
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: Any = "auto",
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = "auto",
        max_fun: int = 15000,
        scoring: Any = None,
        l1_ratio: float = 0.0,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        penalize_intercept: bool = False,
        class_weight: Mapping[Any, float] | str | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.scoring = scoring
        self.l1_ratio = l1_ratio
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.penalize_intercept = penalize_intercept
        self.class_weight = class_weight

    @available_if(BaseMLP._has_epochs)
    @unchanged_on_error
    @takes_arrays
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Go through these rows once, on from where the previous call ended.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            The rows' weights.
        classes : array-like of shape (n_classes,), default=None
            All the labels that will ever come; the first call needs them.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not as described.
        """
        check_parameters(self)
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all rows at once, which partial_fit does not see: pass "
                "a dict, such as compute_class_weight gives for a large enough sample."
            )
        first = not hasattr(self, "classes_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if not first and classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on the last call to partial_fit, "
                f"was: {self.classes_!r}"
            )
        X, y, weight = self._validate(X, y, sample_weight, reset=first)
        if first:
            self._learn_classes(y if type_of_target(y).startswith("multilabel") else classes)
        self._partial_fit(X, y, weight, first)
        return self

    @takes_arrays
    def predict(self, X: ArrayLike) -> NDArray:
        """Predict the most probable class, or all labels of a probability above one half.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels.
        """
        probability = self._predict_mean(X)
        if self._multilabel:
            labels = (probability > 0.5).astype(int)
            return sparse.csr_matrix(labels) if self._sparse_labels else labels
        if self.n_outputs_ == 1:
            return self.classes_[(probability[:, 0] > 0.5).astype(int) * (len(self.classes_) - 1)]
        return self.classes_[probability.argmax(axis=1)]

    @takes_arrays
    def predict_proba(self, X: ArrayLike) -> NDArray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`; for multilabel targets each label's own.
        """
        f = self._predict_raw(X)
        if not self._multilabel and self.n_outputs_ == 1:
            if len(self.classes_) == 1:
                return np.ones_like(f)
            f = np.hstack([-f, f])  # 1 − p would lose the digits of a small probability
        self._loss().predict_inplace(f)
        return f

    @takes_arrays
    def predict_log_proba(self, X: ArrayLike) -> NDArray:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            The logarithm of `predict_proba(X)`.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _learn_classes(self, y: Any) -> None:
        """Set the classes from labels, or from an indicator matrix."""
        self._multilabel = type_of_target(y).startswith("multilabel")
        self._sparse_labels = sparse.issparse(y)
        self.classes_ = LabelBinarizer().fit(y).classes_ if self._multilabel else unique_labels(y)

    def _loss(self) -> Any:
        binary = self._multilabel or len(self.classes_) <= 2
        return LOSSES["binary_log_loss" if binary else "log_loss"]()

    def _encode(self, y: Any, *, reset: bool, name: str = "y") -> NDArray:
        """Labels as booleans (n, K) for the binary loss, or as class indices (n,) for softmax."""
        self._check_kind(y, name, reset=reset)
        if reset:
            self._learn_classes(y)
        if self._multilabel:
            return np.asarray(y.toarray() if sparse.issparse(y) else y, dtype=bool)
        labels = unique_labels(y)
        if len(np.setdiff1d(labels, self.classes_)):
            raise ValueError(
                f"`{name}` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'{name}' has {labels}."
            )
        codes = LabelEncoder().fit(self.classes_).transform(y)
        return codes[:, None].astype(bool) if len(self.classes_) <= 2 else codes

    def _check_kind(self, y: Any, name: str, *, reset: bool) -> None:
        """Refuse what are neither classes nor labels and, without `reset`, another kind than before."""
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise ValueError(
                f"{name} must hold one class for each row, or an indicator matrix of labels, got {kind} "
                f"in shape {y.shape}: use sklearn.multioutput.MultiOutputClassifier."
            )
        if not reset and kind.startswith("multilabel") != self._multilabel:
            before = "an indicator matrix of labels" if self._multilabel else "one class for each row"
            raise ValueError(f"{name} must hold {before}, as y did before, got {kind} in shape {y.shape}.")

    def _check_same_classes(self, y: NDArray) -> None:
        """Refuse, for a warm start, other labels than the `classes_`."""
        self._check_kind(y, "y", reset=False)
        labels = self.classes_ if self._multilabel else unique_labels(y)
        if set(labels) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {labels}"
            )

    def _weigh_classes(self, data: Data) -> Data:
        if self.class_weight is None:
            return data
        weight = data.weight
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            factors = _balanced_weights(data.y, weight)
        else:
            factors = self._given_class_weights(data.y)
        both = factors if weight is None else factors * weight
        return _drop_weightless(Data(data.X, data.y, check_sample_weight(both, both, "class_weight")))

    def _given_class_weights(self, y: NDArray) -> NDArray:
        """Each row's weight by the dict `class_weight`, 1 for other classes; for labels the product."""
        columns = y.reshape(len(y), -1).T.astype(int)
        tables: Any = self.class_weight if self._multilabel else [self.class_weight]
        labels = [0, 1] if self._multilabel else self.classes_.tolist()
        if not (isinstance(tables, list | tuple) and all(isinstance(table, Mapping) for table in tables)):
            each = "a list with a dict for each label" if self._multilabel else "a dict"
            raise ValueError(f"class_weight must be {each}, 'balanced' or None, got {self.class_weight!r}.")
        if len(tables) != len(columns):
            raise ValueError(
                f"class_weight must have a dict for each of {len(columns)} labels, not {len(tables)}."
            )
        factors = np.ones(len(y))
        for table, codes in zip(tables, columns, strict=True):
            unknown = [key for key in table if key not in labels]
            if unknown and not all(label in table for label in labels):
                raise ValueError(f"class_weight has weights for {unknown}, but the classes are {labels}.")
            weights = [check_number("class_weight", table.get(label, 1.0), low=0) for label in labels]
            factors *= np.array(weights, float)[codes]
        return factors

    def _decode(self, y: NDArray) -> NDArray:
        if self._multilabel:
            return y.astype(int)
        return self.classes_[y[:, 0].astype(int) if y.ndim == 2 else y]

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's tags: several labels for a row are possible."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
