"""Learning rates: one for each network of a stack and each step, as arrays of shape (S, 1)."""

from __future__ import annotations

import math

import numpy as np

from skl2._typing import NDArray


class Schedule:
    """What the training loop asks of a schedule, and does where there is none.

    The rate is the same at every step, and a network is finished when it stops improving.
    """

    def __init__(self, rate: float, n_stack: int) -> None:
        self.rate = np.full((n_stack, 1), float(rate))

    def epoch_rates(self, n_steps: int) -> NDArray:
        """The rates of the coming epoch's steps, of shape (n_steps, S, 1)."""
        return np.broadcast_to(self.rate, (n_steps, *self.rate.shape))

    def end_epoch(self, stalled: NDArray, n_samples_seen: int) -> NDArray:
        """Hear which networks (S,) have stopped improving; return which ones are finished."""
        return stalled

    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""
        self.rate = self.rate[keep]


class Constant(Schedule):
    """The same rate at every step; a network is finished when it stops improving."""


class InverseScaling(Schedule):
    """rate · (t + 1)^−power after t rows have been seen."""

    def __init__(self, rate: float, n_stack: int, power: float) -> None:
        super().__init__(rate, n_stack)
        self.initial, self.power = rate, power

    def end_epoch(self, stalled: NDArray, n_samples_seen: int) -> NDArray:
        """Lower the rate; a network is finished when it stops improving."""
        self.rate[...] = self.initial * (n_samples_seen + 1) ** -self.power
        return stalled


class Adaptive(Schedule):
    """The rate is divided by 5 whenever a network stops improving, down to 1e-6."""

    def end_epoch(self, stalled: NDArray, n_samples_seen: int) -> NDArray:
        """Lower the rate of the stalled; finished are those whose rate was already at the floor."""
        finished = stalled & (self.rate[:, 0] <= 1e-6)
        self.rate[stalled] /= 5
        return finished


class Anneal(Schedule):
    """Steady for the first half of so many epochs, then a linear decay to half the rate.

    It need not end at 0, because the iterates are averaged. `is_whole` tells whether a network is finished
    at its end, or the epochs were too few for that.
    """

    def __init__(self, rate: float, n_stack: int, n_epochs: int, is_whole: bool = True) -> None:
        super().__init__(rate, n_stack)
        self.n_epochs, self.is_whole = n_epochs, is_whole
        self.epoch = 0

    def epoch_rates(self, n_steps: int) -> NDArray:
        progress = (self.epoch + (np.arange(n_steps) + 0.5) / n_steps) / self.n_epochs
        return self._share(progress)[:, None, None] * self.rate

    def _share(self, progress: NDArray) -> NDArray:
        """Of the rate, where this share of the epochs is over."""
        return np.minimum(1, 1.5 - progress)

    def end_epoch(self, stalled: NDArray, n_samples_seen: int) -> NDArray:
        """Finished are all, at the end of the last epoch."""
        self.epoch += 1
        return np.full(len(self.rate), self.is_whole and self.epoch >= self.n_epochs)


class AnnealAtPlateau(Schedule):
    """Steady until the plateau, then a linear decay to 0 over a few epochs more.

    The decay takes half as many epochs as went before (at least 10). `max_iter` is an upper bound: a
    network that has met no plateau begins to decay in time to end there.
    """

    def __init__(self, rate: float, n_stack: int, max_iter: int) -> None:
        super().__init__(rate, n_stack)
        self.max_iter = max_iter
        self.epoch = 0
        self.start = np.full(n_stack, math.inf)
        self.length = np.ones(n_stack)
        self.met_plateau = np.zeros(n_stack, bool)
        self._begin_decay(np.zeros(n_stack, bool))

    def _begin_decay(self, stalled: NDArray) -> None:
        """Let the stalled begin, and all if no more epochs are left than a decay takes."""
        length = max(10, self.epoch // 2)
        begins = np.isinf(self.start) & (stalled | (self.epoch + length >= self.max_iter))
        self.met_plateau |= begins & stalled
        self.start[begins] = self.epoch
        self.length[begins] = min(length, self.max_iter - self.epoch)

    def epoch_rates(self, n_steps: int) -> NDArray:
        progress = self.epoch + np.arange(n_steps)[:, None] / n_steps - self.start
        left = np.clip(1 - progress / self.length, 0, 1)
        return left[:, :, None] * self.rate

    def end_epoch(self, stalled: NDArray, n_samples_seen: int) -> NDArray:
        """Let the stalled begin their decay; finished are those at its end after a plateau."""
        self.epoch += 1
        finished = self.met_plateau & (self.epoch >= self.start + self.length)
        self._begin_decay(stalled)
        return finished

    def select(self, keep: NDArray) -> None:
        super().select(keep)
        self.start, self.length = self.start[keep], self.length[keep]
        self.met_plateau = self.met_plateau[keep]


class OneCycle(Anneal):
    """Up to the rate in the first quarter of the epochs, then down along a cosine to 0.

    References
    ----------
    Smith, Topin (2019). Super-convergence: very fast training of neural networks using large
    learning rates.
    """

    def _share(self, progress: NDArray) -> NDArray:
        fall = 0.5 * (1 + np.cos(np.pi * (progress - 0.25) / 0.75))
        return np.where(progress < 0.25, progress / 0.25, fall)
