"""A network for every alpha: all as one stack, where a race drops what cannot win, or one from the other."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skl2.mlp._build import SOLVERS, Problem, build_network
from skl2.mlp._loss import Loss
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, mean_loss
from skl2.mlp._stack import FittedStack, OnEpoch, Scorer, fit_lbfgs, fit_stack
from skl2.mlp._training import Epoch, Outcome

RUNGS = (1 / 8, 1 / 4, 1 / 2, 3 / 4)
"""The shares of `max_iter` after which a race compares its networks."""
MARGIN = 0.2
"""How much above the lowest a loss may be, relatively, for a network to stay in the race."""
COLLAPSED = 1e-2
"""A unit is switched off when its weights have shrunk to this share of their initial norm."""


Split = tuple[NDArray, NDArray]
"""The rows for training, and those held out"""


class Rows(NamedTuple):
    """All rows: X, encoded targets, and weights without those of the classes."""

    X: Any
    y: NDArray
    weight: NDArray | None


class FoldResult(NamedTuple):
    """What one fold says about every alpha; arrays of shape (S,)."""

    scores: NDArray
    epochs: NDArray
    weight_norms: NDArray


def never_stop(epoch: Epoch, network: Network) -> NDArray:
    """Let every network go on."""
    return np.zeros(len(epoch.active), bool)


class Race:
    """Stop the networks of a stack that cannot win any more, by their losses on held-out rows.

    At a few epochs, fixed beforehand, those are dropped whose loss is more than `MARGIN` above the
    lowest. Where at the last of them no network's loss is lower than at the one before, all stop;
    earlier, while the learning rate is high, a loss that rises tells nothing.

    Parameters
    ----------
    loss : Loss
        ℓ.
    held_out : Data
        The rows to compare on.
    n_stack : int
        S, the number of networks.
    max_iter : int
        The largest number of epochs.

    References
    ----------
    Maron, Moore (1994). Hoeffding races: accelerating model selection search. NIPS 6.
    Jamieson, Talwalkar (2016). Non-stochastic best arm identification and hyperparameter
    optimization. AISTATS.
    """

    def __init__(self, loss: Loss, held_out: Data, n_stack: int, max_iter: int) -> None:
        self.loss, self.held_out = loss, held_out
        self.rungs = {int(share * max_iter) for share in RUNGS}
        self.latest = np.full(n_stack, np.inf)

    def __call__(self, epoch: Epoch, network: Network) -> NDArray:
        """Which of the networks still in training are to stop."""
        if epoch.number not in self.rungs:
            return never_stop(epoch, network)
        before = self.latest[epoch.active]
        losses = np.nan_to_num(mean_loss(network, self.loss, self.held_out), nan=np.inf)
        self.latest[epoch.active] = losses
        if epoch.number == max(self.rungs) and not (losses < before).any():
            return np.ones(len(losses), bool)
        return losses > (1 + MARGIN) * self.latest.min()


def weight_norms(network: Network) -> NDArray:
    """‖W‖ over all layers of each network, of shape (S,), batch normalisation folded in."""
    squares = [np.einsum("sio,sio->s", weight, weight) for weight in network.plain()[0]]
    return np.sqrt(np.sum(squares, axis=0, dtype=float))


def train_path(
    params: Any,
    alphas: NDArray,
    problem: Problem,
    network: Network,
    rng: np.random.RandomState,
    *,
    score: Scorer | None = None,
    on_epoch: OnEpoch = never_stop,
) -> FittedStack:
    """Train a network for every alpha: in lockstep, or with L-BFGS one from the other."""
    if not SOLVERS[params.solver].has_epochs:
        return lbfgs_path(params, alphas, problem, network)
    return fit_stack(params, alphas[:, None], problem, network, rng, score=score, on_epoch=on_epoch)


def lbfgs_path(params: Any, alphas: NDArray, problem: Problem, network: Network) -> FittedStack:
    """L-BFGS from the strongest penalty to the weakest, each from where the stronger one ended.

    With all weights of a unit at 0 its gradient is 0 too: the weaker penalty could never switch on
    again what a stronger one has switched off. Such units start from their initial weights.
    """
    initial = network.state[:1].copy()
    outcome = Outcome(network.state.copy())
    single = build_network(params, problem, 1, network.dtype)
    single.attach(initial.copy())
    for place in np.argsort(-alphas, kind="stable"):
        fitted = fit_lbfgs(params, alphas[place, None, None], problem, single, on_epoch=never_stop)
        single, found = fitted
        for name in ("state", "n_iter", "best", "best_epoch", "converged", "diverged"):
            getattr(outcome, name)[place] = getattr(found, name)[0]
        if found.interrupted:
            outcome.interrupted = True
            break
        single.attach(initial.copy() if found.diverged[0] else single.state.copy())
        revive_inplace(single, initial)
    network.attach(outcome.state)
    return FittedStack(network, outcome)


def revive_inplace(network: Network, initial: NDArray) -> None:
    """Give the units that are switched off their initial weights (1, P), into and out of them."""
    starts = network.views(initial[:, : network.n_parameters])[0]
    weights = network.weights
    for layer in range(len(weights) - 1):
        into = np.linalg.norm(weights[layer][0], axis=0), np.linalg.norm(starts[layer][0], axis=0)
        out = np.linalg.norm(weights[layer + 1][0], axis=1), np.linalg.norm(starts[layer + 1][0], axis=1)
        dead = (into[0] <= COLLAPSED * into[1]) | (out[0] <= COLLAPSED * out[1])
        weights[layer][0][:, dead] = starts[layer][0][:, dead]
        weights[layer + 1][0][dead] = starts[layer + 1][0][dead]
