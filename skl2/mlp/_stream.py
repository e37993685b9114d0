"""Alpha as a parameter: a fit to all rows at once, or to a stream of them, part by part."""

from __future__ import annotations

import copy
import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skl2._arrays import takes_arrays
from skl2._base import unchanged_on_error, warn_caller
from skl2._typing import NDArray
from skl2.mlp._build import (
    SMALLEST_BATCH,
    SOLVERS,
    Problem,
    anneals,
    batch_rows,
    build_schedule,
    initial_rate,
)
from skl2.mlp._callbacks import with_callbacks
from skl2.mlp._fitting import BaseMLP
from skl2.mlp._network import Network
from skl2.mlp._objective import Data
from skl2.mlp._optimizer import Average
from skl2.mlp._parameters import check_alpha, check_parameters
from skl2.mlp._schedule import Constant
from skl2.mlp._stack import FittedStack, Session, fit_stack, new_session
from skl2.mlp._training import Epoch

OPTIMIZER_SETTINGS = ("solver", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")
"""Parameters whose change in mid-stream begins the optimiser anew"""
RATE_SETTINGS = ("learning_rate", "learning_rate_init", "power_t")
"""Parameters whose change in mid-stream begins the schedule anew"""


class GivenAlpha(BaseMLP):
    """A fit with the alpha that is a parameter."""

    @property
    def _strength(self) -> Any:
        return self.alpha

    @property
    def _least_strength(self) -> float:
        return float(np.max(self.alpha))

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
        self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        self._warn_of_strength()
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
        if first:
            self._learn_unit(targets, weight)
        else:
            self._widen_unit(targets, weight, seen)
        problem = self._problem(Data(X, self._in_units(targets), weight))
        session, rng = (None, None) if first else getattr(self, "_session", (None, None))
        if rng is None:  # one for all calls: a seed would give each the same order and dropout masks
            rng = check_random_state(self.random_state)
        self._go_on(problem, copy.deepcopy(session), rng, seen)

    def _go_on(self, problem: Problem, session: Session | None, rng: Any, seen: float) -> None:
        """The epoch itself, after so much weight."""
        first = not seen
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
            average.row_weight = problem.train.total_weight / problem.train.n_rows
            average.statistics_decay = network.statistics_decay
            rate = self._steady_rate(problem.train.n_rows, 1 - average.start / self._weight_seen)
            session = session._replace(average=average, schedule=Constant(rate, 1))

        def on_epoch(epoch: Epoch, network: Network) -> NDArray:
            self._record(epoch, problem.train.n_rows)
            return np.zeros(1, bool)

        fitted = fit_stack(
            self,
            check_alpha(self._strength, len(problem.layer_sizes) - 1),
            problem,
            network,
            rng,
            on_epoch=on_epoch,
            n_samples_seen=self.t_,
            session=session,
            total_weight=self._weight_seen,
        )
        if fitted.outcome.interrupted:
            raise KeyboardInterrupt
        if fitted.outcome.diverged[0]:
            network.state[...] = start
        self._store(fitted, n_before)
        self._keep_session(session, rng, fitted)

    def _keep_session(self, session: Session, rng: Any, fitted: FittedStack) -> None:
        """Keep what the next rows go on with, unless it is lost; say so if it is."""
        diverged = fitted.outcome.diverged[0]
        # moments that have become infinite would make every later step 0 or NaN
        moves = session.schedule.epoch_rates(1).all()
        lost = diverged or (moves and not session.optimizer.step_length().all())
        self._session = None if lost else session, rng
        if diverged:
            self._warn(fitted)
        elif lost:
            warn_caller(
                f"Squares of gradients are more than {fitted.network.dtype} can hold, and the weights they "
                "move stay as they are: scale X.",
                ConvergenceWarning,
            )

    def _steady_rate(self, n_rows: int, share: float) -> float:
        """The rate of steps on so many rows at once, in a stream that has this share of all weight seen.

        Where it is left to 'auto', single rows after a fit change little, and small batches, whose gradients
        are noisier by the root of their size, change less.
        """
        rate = initial_rate(self)
        if self.learning_rate_init != "auto":
            return rate
        return rate * share * math.sqrt(min(1.0, batch_rows(self, n_rows) / SMALLEST_BATCH))

    def _session_for(self, network: Network, session: Session | None) -> Session:
        """What the steps go on with; anew where it does not fit the network or the parameters any more."""
        before = getattr(self, "_settings", {})
        self._settings = {name: getattr(self, name) for name in OPTIMIZER_SETTINGS + RATE_SETTINGS}
        changed = {name for name, value in self._settings.items() if before.get(name) != value}
        if session is None or session.optimizer.scratch.shape != network.theta.shape:
            return new_session(self, network, endless=True)
        if changed & {*OPTIMIZER_SETTINGS}:
            return new_session(self, network, endless=True, best=session.best)
        if changed:
            return session._replace(schedule=build_schedule(self, 1, 1, endless=True), average=None)
        return session
