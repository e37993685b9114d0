"""A network for every alpha: all as one stack, where a race drops what cannot win, or one from the other."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from skl2._choice import check_alphas
from skl2._typing import NDArray
from skl2.mlp._build import Problem, build_network, solver_of
from skl2.mlp._loss import Loss
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Features, mean_loss
from skl2.mlp._stack import FittedStack, OnEpoch, Scorer, fit_lbfgs, fit_stack
from skl2.mlp._training import Epoch, Outcome

N_ALPHAS, ENDS = 13, (1e-3, 1e3)
"""How many alphas are tried by default, and from where to where"""
RUNGS = (1 / 4, 1 / 2, 3 / 4, 1, 2, 4)
"""When a race compares its networks, as shares of the epochs that are expected."""
MARGIN = 0.2
"""How much above the lowest a loss may be, relatively, for a network to stay in the race."""
SINGLE_LIMIT = 1e15
"""Numbers below can be squared and summed in float32."""
COLLAPSED = 1e-2
"""A unit is switched off when its weights have shrunk to this share of their initial norm."""


Split = tuple[NDArray, NDArray]
"""The rows for training, and those held out"""


class Rows(NamedTuple):
    """All rows: X, encoded targets, and weights without those of the classes."""

    X: Any
    y: NDArray
    weight: NDArray | None
    given: Any
    """X as the user gave it, for splitters and scorers that read columns by name"""
    dtype: Any
    """What networks are trained in"""

    @property
    def data(self) -> Data:
        """The same for a network."""
        return Data(Features(self.X, dtype=self.dtype, given=self.given), self.y, self.weight)


class FoldResult(NamedTuple):
    """What one fold says about every alpha; arrays of shape (S,)."""

    scores: NDArray
    epochs: NDArray
    weight_norms: NDArray
    """NaN where the network was dropped"""
    dropped: NDArray


def never_stop(epoch: Epoch, network: Network) -> NDArray:
    """Let every network go on."""
    return np.zeros(len(epoch.active), bool)


class Race:
    """Stop the networks of a stack that cannot win any more, by their losses on held-out rows.

    At a few epochs, fixed beforehand, those are dropped whose loss is more than `MARGIN` above the
    lowest.

    Parameters
    ----------
    loss : Loss
        ℓ.
    held_out : Data
        The rows to compare on.
    n_stack : int
        S, the number of networks.
    n_epochs : int
        The epochs that are expected.

    References
    ----------
    Maron, Moore (1994). Hoeffding races: accelerating model selection search. NIPS 6.
    Jamieson, Talwalkar (2016). Non-stochastic best arm identification and hyperparameter
    optimization. AISTATS.
    """

    def __init__(self, loss: Loss, held_out: Data, n_stack: int, n_epochs: int) -> None:
        self.loss, self.held_out = loss, held_out
        self.rungs = {math.ceil(share * n_epochs) for share in RUNGS}
        self.latest = np.full(n_stack, np.inf)
        self.dropped = np.zeros(n_stack, bool)

    def __call__(self, epoch: Epoch, network: Network) -> NDArray:
        """Which of the networks still in training are to stop."""
        if epoch.number not in self.rungs:
            return never_stop(epoch, network)
        losses = np.nan_to_num(mean_loss(network, self.loss, self.held_out), nan=np.inf)
        self.latest[epoch.active] = losses
        stop = losses > (1 + MARGIN) * self.latest.min()
        self.dropped[epoch.active[stop]] = True
        return stop


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
    if not solver_of(params).has_epochs:
        return lbfgs_path(params, alphas, problem, network, on_epoch)
    return fit_stack(params, alphas[:, None], problem, network, rng, score=score, on_epoch=on_epoch)


def lbfgs_path(
    params: Any, alphas: NDArray, problem: Problem, network: Network, on_epoch: OnEpoch
) -> FittedStack:
    """L-BFGS from the strongest penalty to the weakest, each from where the stronger one ended.

    Where `on_epoch` stops it, weaker penalties have no network: they count as diverged.

    With all weights of a unit at 0 its gradient is 0 too: the weaker penalty could never switch on
    again what a stronger one has switched off. Such units start from their initial weights.
    """
    initial = network.state[:1].copy()
    outcome, stopped = Outcome(network.state.copy()), False
    outcome.diverged[:] = True
    single = build_network(params, problem, 1, network.dtype)
    single.attach(initial.copy())

    def listen(epoch: Epoch, network: Network) -> NDArray:
        nonlocal stopped
        stop = on_epoch(epoch, network)
        stopped |= bool(stop[0])
        return stop

    for place in np.argsort(-alphas, kind="stable"):
        fitted = fit_lbfgs(params, alphas[place, None, None], problem, single, on_epoch=listen)
        single, found = fitted
        for name in ("state", "n_iter", "best", "best_epoch", "converged", "diverged"):
            getattr(outcome, name)[place] = getattr(found, name)[0]
        outcome.interrupted = found.interrupted
        if found.interrupted or stopped:
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


def alphas_of(alphas: Any, n_alphas: Any, *, allow_zero: bool = False) -> NDArray | int:
    """The alphas given, or how many."""
    found = check_alphas(alphas, n_alphas, "auto", allow_zero=allow_zero)
    return N_ALPHAS if isinstance(found, str) else found


def line_of_fold(number: int, alphas: NDArray, result: FoldResult) -> str:
    """What `verbose` says of a fold."""
    left = f"{np.sum(~result.dropped)} of {len(alphas)} networks left"
    line = f"Fold {number}, {result.epochs.max()} epochs, {left}"
    if np.isfinite(result.scores).any():
        best = int(np.nanargmax(result.scores))
        line += f", best score = {result.scores[best]:.6f} at alpha = {alphas[best]:.3g}"
    return line


def fits_single_precision(rows: Rows) -> bool:
    """Whether squares of the numbers are far from the ends of float32's range."""
    X = rows.X.data if sparse.issparse(rows.X) else rows.X
    numbers = [X] if rows.y.dtype.kind != "f" else [X, rows.y]
    moderate = all(np.abs([part.min(), part.max()]).max() < SINGLE_LIMIT for part in numbers if part.size)
    weight = None if rows.weight is None else rows.weight[rows.weight > 0]
    return moderate and (weight is None or 1 / SINGLE_LIMIT < weight.min() <= weight.max() < SINGLE_LIMIT)
