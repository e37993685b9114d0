"""The epoch loop: batches, steps, validation, stopping. One loop for every stack, S = 1 included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skl2._typing import NDArray
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Objective, Rows, mean_loss
from skl2.mlp._optimizer import Average, Optimizer, flush_inplace
from skl2.mlp._schedule import Schedule

STATISTICS_BATCHES = 100
"""How many of an epoch's batches the statistics of the average are taken of, at the most"""


class Epoch(NamedTuple):
    """What is known of the networks still in training at the end of an epoch; all arrays (S,)."""

    number: int
    """From 1"""
    active: NDArray
    """The networks' places in the stack as it was at the start"""
    loss: NDArray
    """J/W: the mean of the batches' losses, plus the penalty at the epoch's end"""
    train_loss: NDArray
    """The mean of the batches' losses, without penalty"""
    validation_loss: NDArray | None
    """The mean loss on the validation rows, without penalty"""
    score: NDArray | None
    """The validation score, greater is better"""


Scorer = Callable[[Network], NDArray]
"""Gives the networks' scores (S,) on the validation rows, greater is better"""
OnEpoch = Callable[[Epoch, Network], NDArray]
"""Sees each epoch and returns which networks (S,) are to stop now"""


class Batches:
    """The rows of each batch of an epoch, in an order that `rng` shuffles at every epoch; None leaves it.

    A batch that holds all rows is a slice: nothing to shuffle, nothing to gather. With `no_small_rest` a last
    batch of no more than half the size joins the batch before: a normalisation takes the variance of few rows
    for that of all.
    """

    def __init__(
        self, n_rows: int, batch_size: int, rng: np.random.RandomState | None, no_small_rest: bool = False
    ) -> None:
        self.n_rows, self.batch_size, self.rng = n_rows, batch_size, rng
        rest = n_rows % batch_size
        joins = no_small_rest and rest <= batch_size // 2
        self.starts = range(0, n_rows - joins * rest, batch_size)
        self.order = np.arange(n_rows)

    def epoch(self) -> list[tuple[Rows, int]]:
        """The batches of one epoch: rows, and how many they are."""
        spans = [*zip(self.starts, [*self.starts[1:], self.n_rows], strict=True)]
        if self.rng is None or len(self.starts) == 1:
            return [(slice(start, stop), stop - start) for start, stop in spans]
        shuffled = np.arange(self.n_rows)
        self.rng.shuffle(shuffled)
        self.order = self.order[shuffled]
        return [(self.order[start:stop], stop - start) for start, stop in spans]


class Progress:
    """For each network: the best value so far, epochs without improvement, the best parameters.

    A network has stalled after more than `patience` epochs without an improvement of `tol`. Where this run
    continues an earlier one, `best` (S,) is its lowest value and `no_change` (S,) the epochs without
    improvement at its end, else they are infinite and 0; both are kept up to date. `state` is (S, Q).
    """

    def __init__(
        self, state: NDArray, patience: float, tol: float, best: NDArray, no_change: NDArray
    ) -> None:
        self.patience, self.tol, self.best, self.no_change = patience, tol, best, no_change
        self.best_state = state.copy()
        self.best_epoch = np.zeros(len(state), int)

    def update(self, value: NDArray, state: NDArray, epoch: int) -> NDArray:
        """Take in this epoch's values (lower is better); return which networks have stalled."""
        worse = self.best - value < self.tol
        self.no_change[...] = np.where(worse, self.no_change + 1, 0)
        better = value < self.best
        for place in np.flatnonzero(better):  # an index array would copy θ once more
            self.best_state[place] = state[place]
            self.best_epoch[place] = epoch
            self.best[place] = value[place]
        stalled = self.no_change > self.patience
        self.no_change[stalled] = 0
        return stalled

    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""
        self.best, self.best_state = self.best[keep], self.best_state[keep]
        self.best_epoch, self.no_change = self.best_epoch[keep], self.no_change[keep]


class Outcome:
    """Where each network of the stack ended; rows are filled as networks finish.

    `state` (S, Q) is the networks' at the start. It becomes the result's own if all finish together.
    """

    def __init__(self, state: NDArray) -> None:
        n_stack = len(state)
        self.state = state
        self.n_iter = np.zeros(n_stack, int)
        self.best = np.full(n_stack, np.inf)
        self.best_epoch = np.zeros(n_stack, int)
        self.converged = np.zeros(n_stack, bool)
        self.diverged = np.zeros(n_stack, bool)
        self.interrupted = False


@dataclass(eq=False)
class Trainer:
    """Train a stack of networks in lockstep until each is finished."""

    objective: Objective
    """J on the training rows"""
    optimizer: Optimizer
    """Shared by the stack: the networks take the same steps at the same times"""
    schedule: Schedule
    """The rates, and when a network is finished"""
    progress: Progress
    """Watches the score if there is one, else the training loss"""
    batches: Batches
    """The rows of each batch"""
    validation: Data | None
    """Rows whose loss is recorded at every epoch"""
    score: Scorer | None
    """The best parameters by score are the result, in place of the last ones"""
    on_epoch: OnEpoch
    average: Average | None
    """Takes in the networks' state after each step, and takes its place at the end of each epoch"""
    row_weight: float
    """What a row counts in the average: among rows of the same fit 1, in a stream the mean weight"""
    kept_at_first: float
    """What the average's first batch leaves of the running statistics: nothing, if the epoch has all rows"""

    def run(self, max_iter: int, n_samples_seen: int) -> Outcome:
        """At most `max_iter` epochs."""
        self.active, self.n_epochs = np.arange(self.objective.network.n_stack), 0
        self.outcome = Outcome(self.objective.network.state)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
            try:
                for number in range(1, max_iter + 1):
                    n_samples_seen += self.batches.n_rows
                    self._keep_unfinished(self._epoch(number, n_samples_seen), number)
                    if not len(self.active):
                        break
                else:
                    self._finish(np.ones(len(self.active), bool), max_iter)
            except KeyboardInterrupt:
                self.outcome.interrupted = True
                self._finish(np.ones(len(self.active), bool), self.n_epochs)
        return self.outcome

    def _epoch(self, number: int, n_samples_seen: int) -> NDArray:
        """One epoch and its records; returns which networks are finished."""
        epoch = self._measure(number, self._step_through())
        self.n_epochs = number
        # the loss is that of before the last steps, and may be finite where they have left the numbers
        sums = np.add.reduce(self.objective.network.state, axis=1)
        diverged = ~(np.isfinite(epoch.loss) & np.isfinite(sums))
        watched = np.where(diverged, np.inf, epoch.loss if epoch.score is None else -epoch.score)
        stalled = self.progress.update(watched, self.objective.network.state, number)
        finished = self.schedule.end_epoch(stalled, n_samples_seen)
        self.outcome.diverged[self.active[diverged]] = True
        self.outcome.converged[self.active[finished]] = True
        return finished | diverged | self.on_epoch(epoch, self.objective.network)

    def _step_through(self) -> NDArray:
        """The steps of one epoch; returns the mean of the batches' losses."""
        objective, optimizer, penalty = self.objective, self.optimizer, self.objective.penalty
        theta, grad = objective.network.theta, objective.network.grad
        batches = self.batches.epoch()
        total = np.zeros(len(theta))
        if self.average is not None:
            self.average.begin_inplace(objective.network.state)
        for (rows, n_rows), rate in zip(batches, self.schedule.epoch_rates(len(batches)), strict=True):
            total += objective.loss_and_grad(rows, n_rows, optimizer.scratch)
            optimizer.update(theta, grad, rate)
            penalty.after_step_inplace(theta, optimizer, rate)
            if self.average is not None:
                self.average.add(objective.network.state, n_rows * self.row_weight)
        if self.average is not None:
            self.average.end_inplace(objective.network.state)
            self._observe(batches)
        return total / self.batches.n_rows

    def _observe(self, batches: list[tuple[Rows, int]]) -> None:
        """Let batch normalisation see the last batches once more, under the average."""
        if self.objective.network.batch_norm:
            for number, (rows, _) in enumerate(batches[-STATISTICS_BATCHES:]):
                self.objective.observe(rows, max(self.kept_at_first, number / (number + 1)))

    def _measure(self, number: int, batch_loss: NDArray) -> Epoch:
        objective, network, validation_loss = self.objective, self.objective.network, None
        loss = batch_loss + objective.penalty.value(network.theta)
        if self.validation is not None:
            validation_loss = mean_loss(network, objective.loss, self.validation)
        score = None if self.score is None else self.score(network)
        return Epoch(number, self.active, loss, batch_loss, validation_loss, score)

    def _keep_unfinished(self, finished: NDArray, number: int) -> None:
        """Note the results of the finished, and go on with the others."""
        if not finished.any():
            return
        self._finish(finished, number)
        keep = ~finished
        self.active = self.active[keep]
        if keep.any():
            for part in (self.objective, self.optimizer, self.schedule, self.progress, self.average):
                if part is not None:
                    part.select(keep)

    def _finish(self, which: NDArray, number: int) -> None:
        """Note the results of some networks: the best ones by score, or the last ones if finite."""
        places, outcome = self.active[which], self.outcome
        state = self.objective.network.state
        ends = np.stack([state.min(axis=1), state.max(axis=1)])
        take_best = ~np.isfinite(ends).all(axis=0) | outcome.diverged[self.active]
        if self.score is not None:
            take_best |= self.progress.best < np.inf  # where no score was a number, the last ones
        for place in np.flatnonzero(which & take_best):
            state[place] = self.progress.best_state[place]
        flush_inplace(state)
        epochs = np.where(take_best, self.progress.best_epoch, number)
        if not (which.all() and outcome.state is state):
            if outcome.state is state:
                outcome.state = state.copy()
            outcome.state[places] = state[which]
        outcome.n_iter[places] = number
        outcome.best[places] = self.progress.best[which]
        outcome.best_epoch[places] = epochs[which]
