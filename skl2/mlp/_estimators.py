"""MLPClassifier and MLPRegressor: alpha as a parameter, of all rows at once or of a stream, part by part."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target, unique_labels

from skl2._arrays import takes_arrays
from skl2._base import available_if, unchanged_on_error, warn_caller
from skl2._parameters import documented
from skl2._typing import NDArray
from skl2.mlp._callbacks import task_of_fit, with_callbacks
from skl2.mlp._fitting import BaseMLP
from skl2.mlp._network import Network
from skl2.mlp._objective import Data
from skl2.mlp._optimizer import Average
from skl2.mlp._parameters import (
    AlphaParameters,
    ClassAlphaParameters,
    ClassifierParameters,
    NetworkParameters,
    RegressorParameters,
    check_parameters,
    checked_alpha,
)
from skl2.mlp._schedule import Constant
from skl2.mlp._stack import SOLVERS, Problem, Session, anneals, fit_stack, new_session, steady_rate
from skl2.mlp._targets import ClassTargets, NumberTargets
from skl2.mlp._training import Epoch, Outcome

OPTIMIZER_SETTINGS = ("solver", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")
"""Parameters whose change in mid-stream begins the optimiser anew"""
RATE_SETTINGS = ("learning_rate", "learning_rate_init", "power_t")
"""Parameters whose change in mid-stream begins the schedule anew"""


class GivenAlpha(BaseMLP):
    """A fit with the alpha that is a parameter."""

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
            Numbers; for a classifier labels, or an indicator matrix of labels.
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

        Warns
        -----
        ConvergenceWarning
            Where training ended before its end, diverged, or fits no better than a constant.
        UserWarning
            Where alpha counts as much as all rows together.
        """
        check_parameters(self)
        alpha = checked_alpha(self)
        data, validation, labels = self._encoded(X, y, sample_weight, X_val, y_val, sample_weight_val)
        self._fit(alpha, data, validation, task_of_fit(self, self.max_iter, X, labels, sample_weight))
        self._warn_of_strength(float(alpha.max()))
        return self

    def _has_partial_fit(self) -> bool:
        """Whether `partial_fit` is there: raise an AttributeError if not."""
        if not SOLVERS[self.solver].has_epochs:
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def _partial_fit(self, X: Any, y: Any, weight: NDArray | None, first: bool) -> None:
        """One epoch over these rows, on from where the previous call ended.

        The prior counts once for a whole stream: its share of a step is α θ / W, with W the weight of
        all rows seen so far.
        """
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        targets = self._encode(y, reset=False)
        # a stream that was stored without its weight counts its rows
        seen = 0.0 if first else getattr(self, "_weight_seen", float(self.t_))
        self._learn_unit(targets, weight, seen)
        problem = self._problem(self._in_units(Data(X, targets, weight)))
        session, rng = (None, None) if first else getattr(self, "_session", (None, None))
        if rng is None:  # one for all calls: a seed would give each the same order and dropout masks
            rng = check_random_state(self.random_state)
        self._go_on(problem, copy.deepcopy(session), rng, seen)

    def _go_on(self, problem: Problem, session: Session | None, rng: Any, seen: float) -> None:
        """The epoch itself, after so much weight."""
        first, alpha = not seen, checked_alpha(self)
        problem = self._training_problem(problem, rng)
        network = self._start_network(problem, rng, problem.train.X.dtype, not first)
        session = self._session_for(network, session)
        start = network.state.copy()
        if first or self.best_loss_ is None or self.validation_loss_curve_ is not None:
            self._reset_records(warm=not first, validates=False)
        n_before = len(self.loss_curve_)
        self._weight_seen = problem.train.total_weight + seen
        if anneals(self):
            average = session.average or Average(seen)
            rate = steady_rate(self, problem.train.n_rows, 1 - average.start / self._weight_seen)
            session = session._replace(average=average, schedule=Constant(rate, 1))

        def on_epoch(epoch: Epoch, network: Network) -> NDArray:
            self._record(epoch, problem.train.n_rows)
            return np.zeros(1, bool)

        outcome = fit_stack(
            self,
            alpha,
            problem,
            network,
            rng,
            on_epoch=on_epoch,
            n_samples_seen=self.t_,
            session=session,
            total_weight=self._weight_seen,
        )
        if outcome.interrupted:
            raise KeyboardInterrupt
        if outcome.diverged[0]:
            network.state[...] = start
        self._store(network, outcome, n_before)
        self._keep_session(session, rng, outcome)

    def _keep_session(self, session: Session, rng: Any, outcome: Outcome) -> None:
        """Keep what the next rows go on with, unless it is lost; say so if it is."""
        diverged = outcome.diverged[0]
        # moments that have become infinite would make every later step 0 or NaN
        moves = session.schedule.epoch_rates(1).all()
        lost = diverged or (moves and not session.optimizer.step_length().all())
        self._session = None if lost else session, rng
        if diverged:
            self._warn(outcome)
        elif lost:
            warn_caller(
                f"Squares of gradients are more than {outcome.state.dtype} can hold, and the weights they "
                "move stay as they are: scale X.",
                ConvergenceWarning,
            )

    def _session_for(self, network: Network, session: Session | None) -> Session:
        """What the steps go on with; anew where it does not fit the network or the parameters any more."""
        before = getattr(self, "_settings", {})
        self._settings = {name: getattr(self, name) for name in OPTIMIZER_SETTINGS + RATE_SETTINGS}
        changed = {name for name, value in self._settings.items() if before.get(name) != value}
        if session is None or session.optimizer.scratch.shape != network.theta.shape:
            return new_session(self, network, endless=True)
        if not changed:
            return session
        anew = new_session(self, network, endless=True, best=session.best)
        return (
            anew
            if changed & {*OPTIMIZER_SETTINGS}
            else session._replace(schedule=anew.schedule, average=None)
        )


ATTRIBUTES = """
coefs_ : list of ndarray of shape (n_in, n_out)
    The weights of each layer.
intercepts_ : list of ndarray of shape (n_out,)
    The intercepts of each layer.
loss_ : float
    J/Σw after the last epoch; of numbers in squared units of y's spread, as all losses here.
loss_curve_ : list of float
    J/Σw: the mean over each epoch's batches, plus the penalty at its end.
train_loss_curve_ : list of float
    The same without the penalty, to be compared with `validation_loss_curve_`.
validation_loss_curve_ : list of float or None
    The mean loss on the validation rows after each epoch, without penalty or class weights. After a warm
    start it may hold the last epochs alone.
validation_scores_ : list of float or None
    With `early_stopping`, the score after each epoch.
best_loss_ : float or None
    The smallest of `loss_curve_`; None with `early_stopping`.
best_validation_score_ : float or None
    The largest of `validation_scores_`.
best_epoch_ : int
    The epoch whose weights were kept: its place in `loss_curve_`, from 1; 0 means the initial weights.
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
    What maps raw predictions to means, 'identity' or 'exp', or to probabilities, 'softmax' or 'logistic'.
n_features_in_ : int
    The number of features.
feature_names_in_ : ndarray of shape (n_features,)
    Their names, if X has any.
"""
REFERENCES = """
C. Bishop (2006). Pattern Recognition and Machine Learning. Chapter 5.

D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. ICLR.

I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. ICLR.

N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple
way to prevent neural networks from overfitting. JMLR 15.

S. Ioffe, C. Szegedy (2015). Batch normalization. ICML.

T. van Laarhoven (2017). L2 regularization versus batch and weight normalization.
"""


@documented(attributes=ATTRIBUTES, references=REFERENCES)
@dataclass(eq=False, repr=False)
class MLPRegressor(NumberTargets, GivenAlpha, NetworkParameters, RegressorParameters, AlphaParameters):
    """A multi-layer perceptron for regression, with an L2 penalty.

    J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ² is minimised, with f_θ a network of fully connected
    layers. The penalty takes in all weights, not the intercepts. Optimisers work on J/Σw.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    y_mean_, y_scale_ : ndarray of shape (n_outputs,)
        The origin and the unit of each output: y's mean and spread, or 0 and 1.
    {attributes}

    See Also
    --------
    MLPClassifier : The same for classes.
    MLPRegressorCV : The same with alpha chosen by cross-validation.
    Ridge : The exact solution where there is no hidden layer.

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressor(hidden_layer_sizes=20, random_state=0).fit(scale(X), y)
    >>> model.score(scale(X), y) > 0.5
    True
    """

    @available_if(GivenAlpha._has_partial_fit)
    @unchanged_on_error
    @takes_arrays
    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Go through these rows once, on from where the previous call ended.

        Steps are for J/W with W the weight of all rows so far, so that alpha counts once for them all.
        Where the learning rate would anneal it stays, and after a step on rows of weight w
        θ̄ ← θ̄ + 4w/(W + 3w) (θ − θ̄): the average θ̄ of the iterates θ is what predicts.

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


@documented(attributes=ATTRIBUTES, references=REFERENCES)
@dataclass(eq=False, repr=False)
class MLPClassifier(ClassTargets, GivenAlpha, ClassifierParameters, NetworkParameters, ClassAlphaParameters):
    """A multi-layer perceptron for classification, with an L2 penalty.

    J(θ) = −Σ_i w_i log p_θ(y_i | x_i) + α/2 Σ θ² is minimised, with p_θ a network of fully connected
    layers and softmax (several classes) or logistic (two classes, or several labels for a row)
    output. The penalty takes in all weights, not the intercepts. Optimisers work on J/Σw.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    {attributes}

    See Also
    --------
    MLPRegressor : The same for numbers.
    MLPClassifierCV : The same with alpha chosen by cross-validation.

    References
    ----------
    {references}

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

    @available_if(GivenAlpha._has_partial_fit)
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

        Steps are for J/W with W the weight of all rows so far, so that alpha counts once for them all.
        Where the learning rate would anneal it stays, and after a step on rows of weight w
        θ̄ ← θ̄ + 4w/(W + 3w) (θ − θ̄): the average θ̄ of the iterates θ is what predicts.

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
