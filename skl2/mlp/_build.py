"""From an MLP's parameters to the pieces that are trained: network, penalty, optimiser, schedule, plateau."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from skl2.mlp._loss import Loss
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Objective
from skl2.mlp._optimizer import SGD, Adam, Optimizer
from skl2.mlp._penalty import L2, DecoupledL2, ElasticNet
from skl2.mlp._schedule import Adaptive, Anneal, Constant, InverseScaling, OneCycle, Schedule
from skl2.mlp._training import Plateau

ADAM_RATE, ONE_CYCLE_RATE, SGD_RATE = 5e-3, 1e-2, 1e-3
"""The learning rates that 'auto' stands for."""
PLATEAU_STEPS = 8
"""The short plateau lasts so many steps, at least 2 epochs."""
PLATEAU_SHARES = {"classifier": 0.07, "regressor": 0.02}
"""What an epoch of 4 steps or more gains less than there, as a share of its loss. It is smaller
for regression, whose losses span orders of magnitude; classes are overfitted sooner."""
TOL = 1e-4
"""The tolerance that 'auto' stands for where nothing anneals, scikit-learn's."""


class Problem(NamedTuple):
    """What is to be fitted, with targets encoded for the loss."""

    train: Data
    loss: Loss
    layer_sizes: tuple[int, ...]
    validation: Data | None = None
    objective: Callable[..., Objective] = Objective
    """What sums over the rows, from network, loss, penalty, training rows and dropout's generator"""


class Solver(NamedTuple):
    """What sets one solver apart from the others."""

    optimizer: Callable[[Any, NDArray], Optimizer] | None
    """From parameters and θ; None if the solver sees all rows at once, without epochs"""
    penalty: type[L2] = L2
    """How the squared norm acts"""
    rate: float = ADAM_RATE
    """The learning rate that 'auto' stands for"""
    one_cycle_rate: float = ONE_CYCLE_RATE
    """The same for one cycle"""
    schedule: str = "anneal"
    """The schedule that 'auto' stands for"""
    scales_steps: bool = True
    """Whether the optimiser sees to the steps' lengths itself, so that no schedule is to lower the rate"""

    @property
    def has_epochs(self) -> bool:
        """Whether it goes through the rows in batches, by a learning rate."""
        return self.optimizer is not None

    @property
    def has_objective(self) -> bool:
        """Whether there is a J whose minimum it looks for."""
        return self.penalty is not DecoupledL2


def _adam(params: Any, theta: NDArray) -> Optimizer:
    return Adam(theta, params.beta_1, params.beta_2, params.epsilon)


def _sgd(params: Any, theta: NDArray) -> Optimizer:
    return SGD(theta, params.momentum, params.nesterovs_momentum)


SOLVERS = {
    "adam": Solver(_adam),
    "adamw": Solver(_adam, DecoupledL2),
    "sgd": Solver(_sgd, rate=SGD_RATE, one_cycle_rate=SGD_RATE, schedule="constant", scales_steps=False),
    "lbfgs": Solver(None),
}
SCHEDULES = ("auto", "constant", "invscaling", "adaptive", "anneal", "one_cycle")


def hidden_sizes(params: Any) -> tuple[int, ...]:
    """The hidden layers' sizes, of a number or a sequence."""
    sizes = params.hidden_layer_sizes
    return tuple(int(size) for size in (sizes if np.iterable(sizes) else [sizes]))


def auto_batch_size(n_rows: int, learning_rate: str = "auto") -> int:
    """The batch size that 'auto' stands for: one cycle's larger rate goes with larger batches."""
    if learning_rate == "one_cycle":
        return min(n_rows, 200, max(64, n_rows // 20))
    return n_rows if n_rows <= 64 else min(200, max(32, n_rows // 50))


def build_network(params: Any, problem: Problem, n_stack: int, dtype: Any) -> Network:
    """An untrained stack."""
    rates: tuple[float, ...] = ()
    if np.any(params.dropout):
        rates = tuple(np.broadcast_to(params.dropout, len(problem.layer_sizes) - 2).tolist())
    return Network(problem.layer_sizes, params.activation, n_stack, dtype, rates, params.batch_norm)


def build_penalty(params: Any, alpha: NDArray, network: Network, total_weight: float) -> L2:
    """The penalty for strengths `alpha`: (S, 1), or (1, n_layers) for one network with one for each layer."""
    n_penalised = network.n_parameters if params.penalize_intercept else network.n_weights
    if alpha.shape[1] > 1:
        spread = np.zeros((1, network.n_parameters))
        for views in network.views(spread):
            for view, strength in zip(views, alpha[0], strict=False):
                view[...] = strength
        alpha = spread[:, :n_penalised]
    if params.l1_ratio:
        return ElasticNet(alpha, n_penalised, total_weight, params.l1_ratio)
    return SOLVERS[params.solver].penalty(alpha, n_penalised, total_weight)


def build_schedule(params: Any, n_stack: int, *, endless: bool) -> Schedule:
    """The schedule that `learning_rate` names; an `endless` fit, by parts, has no annealing.

    As in scikit-learn 'invscaling' and 'adaptive' are for sgd: Adam's own scaling takes their place.
    """
    solver, kind, rate = SOLVERS[params.solver], params.learning_rate, params.learning_rate_init
    if rate == "auto":
        rate = solver.one_cycle_rate if kind == "one_cycle" else solver.rate
        rate = SGD_RATE if endless else rate
    if kind == "auto":
        kind = solver.schedule
    if kind == "invscaling" and not solver.scales_steps:
        return InverseScaling(rate, n_stack, params.power_t)
    if kind == "adaptive" and not solver.scales_steps:
        return Adaptive(rate, n_stack)
    if kind in ("anneal", "one_cycle") and not endless:
        return {"anneal": Anneal, "one_cycle": OneCycle}[kind](rate, n_stack, params.max_iter)
    return Constant(rate, n_stack)


def anneals(params: Any) -> bool:
    """Whether the learning rate stays up until a plateau and then decays."""
    kind = params.learning_rate
    return (SOLVERS[params.solver].schedule if kind == "auto" else kind) == "anneal"


def plateau_rule(params: Any, n_batches: int) -> Plateau:
    """The plateau; 'auto' is short before an annealing, and longer where an epoch has few steps."""
    short = anneals(params) and not params.early_stopping
    tol, patience = params.tol, params.n_iter_no_change
    if patience == "auto":
        patience = max(2, PLATEAU_STEPS // n_batches) if short else 10
    if tol != "auto":
        return Plateau(patience, tol)
    if not short:
        return Plateau(patience, TOL)
    share = PLATEAU_SHARES["classifier" if is_classifier(params) else "regressor"]
    return Plateau(patience, share=share * min(1, n_batches * 2 / PLATEAU_STEPS))
