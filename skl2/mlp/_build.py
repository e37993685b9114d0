"""From an MLP's parameters to the pieces that are trained: network, penalty, optimiser, schedule, plateau."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skl2._typing import NDArray
from skl2.mlp._loss import Loss
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Objective
from skl2.mlp._optimizer import SGD, Adam, Optimizer
from skl2.mlp._penalty import L2, DecoupledL2, ElasticNet
from skl2.mlp._schedule import Adaptive, Anneal, AnnealAtPlateau, Constant, InverseScaling, OneCycle, Schedule
from skl2.mlp._training import Plateau

ANNEALED_RATE, STEADY_RATE = 1e-2, 1e-3
"""The learning rates that 'auto' stands for: of schedules that decay by themselves, and of the others."""
HORIZON_EPOCHS, HORIZON_STEPS = 20, 200
"""How long a learning rate that anneals takes by itself: so many epochs, or steps if those are more. With
the rate and the default alpha chosen by means over 31 tables of classes and 14 of numbers."""
SMALLEST_BATCH = 32
"""Rows of a batch that 'auto' chooses at least, where there are more"""
PATIENCE, TOL = 10, 1e-4
"""The plateau that 'auto' stands for where there is one, scikit-learn's."""


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
    "sgd": Solver(_sgd, schedule="constant", scales_steps=False),
    "lbfgs": Solver(None),
}
SCHEDULES = ("auto", "constant", "invscaling", "adaptive", "anneal", "one_cycle")


def solver_of(params: Any) -> Solver:
    """The solver that trains a network.

    Without hidden layer J is convex. Unless a parameter asks for steps of a certain kind, its optimum is
    then found by L-BFGS in place of Adam.
    """
    steps = ("learning_rate", "learning_rate_init", "batch_size", "tol", "n_iter_no_change")
    left_alone = all(isinstance(value := getattr(params, name), str) and value == "auto" for name in steps)
    convex = not hidden_sizes(params) and params.solver == "adam"
    return SOLVERS["lbfgs" if convex and left_alone and not params.early_stopping else params.solver]


def hidden_sizes(params: Any) -> tuple[int, ...]:
    """The hidden layers' sizes, of a number or a sequence."""
    sizes = params.hidden_layer_sizes
    return tuple(int(size) for size in (sizes if np.iterable(sizes) else [sizes]))


def auto_batch_size(n_rows: int, learning_rate: str = "auto") -> int:
    """The batch size that 'auto' stands for: one cycle's larger rate goes with larger batches."""
    if learning_rate == "one_cycle":
        return min(n_rows, 200, max(64, n_rows // 20))
    return n_rows if n_rows <= 64 else min(200, max(SMALLEST_BATCH, n_rows // 50))


def batch_rows(params: Any, n_rows: int) -> int:
    """How many rows a batch has, of so many."""
    size = params.batch_size
    return min(n_rows, auto_batch_size(n_rows, params.learning_rate) if size == "auto" else size)


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


def schedule_name(params: Any) -> str:
    """The `learning_rate`, or what 'auto' stands for."""
    name: str = params.learning_rate
    return SOLVERS[params.solver].schedule if name == "auto" else name


def anneals(params: Any) -> bool:
    """Whether the learning rate decays by itself where there is an end, and the iterates are averaged."""
    return schedule_name(params) in ("anneal", "one_cycle")


def initial_rate(params: Any) -> float:
    """The `learning_rate_init`, or what 'auto' stands for."""
    if params.learning_rate_init != "auto":
        return float(params.learning_rate_init)
    return ANNEALED_RATE if anneals(params) and SOLVERS[params.solver].scales_steps else STEADY_RATE


def build_schedule(params: Any, n_stack: int, n_batches: int, *, endless: bool) -> Schedule:
    """The schedule that `learning_rate` names; an `endless` fit, by parts, stays at the rate to anneal from.

    As in scikit-learn 'invscaling' and 'adaptive' are for sgd: Adam's own scaling takes their place.
    """
    solver, kind, rate = SOLVERS[params.solver], schedule_name(params), initial_rate(params)
    if kind == "invscaling" and not solver.scales_steps:
        return InverseScaling(rate, n_stack, params.power_t)
    if kind == "adaptive" and not solver.scales_steps:
        return Adaptive(rate, n_stack)
    if endless or not anneals(params):
        return Constant(rate, n_stack)
    if kind == "one_cycle":
        return OneCycle(rate, n_stack, params.max_iter)
    if watches_plateau(params):
        return AnnealAtPlateau(rate, n_stack, params.max_iter)
    n_epochs = horizon(n_batches)
    return Anneal(rate, n_stack, min(n_epochs, params.max_iter), n_epochs <= params.max_iter)


def expected_epochs(params: Any, n_rows: int) -> int:
    """The epochs of a fit to so many rows if nothing ends it sooner, whatever `max_iter` allows."""
    if params.learning_rate == "one_cycle":
        return int(params.max_iter)
    return horizon(math.ceil(n_rows / batch_rows(params, n_rows)))


def horizon(n_batches: int) -> int:
    """How many epochs of so many batches an annealing takes by itself."""
    return max(HORIZON_EPOCHS, math.ceil(HORIZON_STEPS / n_batches))


def watches_plateau(params: Any) -> bool:
    """Whether the parameters describe a plateau, at which an annealing is then to begin."""
    return bool(params.early_stopping) or params.tol != "auto" or params.n_iter_no_change != "auto"


def plateau_rule(params: Any) -> Plateau:
    """When a network counts as stalled."""
    patience = PATIENCE if params.n_iter_no_change == "auto" else params.n_iter_no_change
    return Plateau(patience, TOL if params.tol == "auto" else params.tol)
