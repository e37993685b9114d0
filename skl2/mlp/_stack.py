"""Training a stack of networks: what the parameters make of it, epoch by epoch or with L-BFGS."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skl2._threads import one_blas_thread, one_scipy_blas_thread
from skl2._typing import NDArray
from skl2.mlp._loss import Loss
from skl2.mlp._network import LARGE_PRODUCT, STATISTICS_DECAY, Network
from skl2.mlp._objective import Data, Objective, mean_loss
from skl2.mlp._optimizer import SGD, Adam, Average, Optimizer, lbfgs
from skl2.mlp._penalty import L2, DecoupledL2, ElasticNet
from skl2.mlp._schedule import Adaptive, Anneal, AnnealAtPlateau, Constant, InverseScaling, OneCycle, Schedule
from skl2.mlp._training import Batches, Epoch, OnEpoch, Outcome, Progress, Scorer, Trainer

ANNEALED_RATE, STEADY_RATE = 1e-2, 1e-3
"""The learning rates that 'auto' stands for: of schedules that decay by themselves, and of the others."""
HORIZON_EPOCHS, HORIZON_STEPS = 20, 200
"""How long a learning rate that anneals takes by itself: so many epochs, or steps if those are more. With
the rate and the default alpha chosen by means over 31 tables of classes and 14 of numbers."""
SMALLEST_BATCH = 32
"""Rows of a batch that 'auto' chooses at least, where there are more"""
PATIENCE, TOL = 10, 1e-4
"""The plateau that 'auto' stands for where there is one, scikit-learn's."""
COLLAPSED = 1e-2
"""A unit is switched off when its weights have shrunk to this share of their initial norm."""


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


def goes_by_epochs(params: Any) -> bool:
    """Whether the rows are gone through in batches, by a learning rate, or all at once by L-BFGS.

    Without hidden layer J is convex. Unless a parameter asks for steps of a certain kind, its optimum is
    then found by L-BFGS in place of Adam.
    """
    steps = ("learning_rate", "learning_rate_init", "batch_size", "tol", "n_iter_no_change")
    left_alone = all(isinstance(value := getattr(params, name), str) and value == "auto" for name in steps)
    convex = not hidden_sizes(params) and params.solver == "adam"
    return SOLVERS[params.solver].has_epochs and not (convex and left_alone and not params.early_stopping)


def hidden_sizes(params: Any) -> tuple[int, ...]:
    """The hidden layers' sizes, of a number or a sequence."""
    sizes = params.hidden_layer_sizes
    return tuple(int(size) for size in (sizes if np.iterable(sizes) else [sizes]))


def batch_rows(params: Any, n_rows: int) -> int:
    """How many rows a batch has, of so many: for 'auto' more with one cycle, whose rate is larger."""
    if params.batch_size != "auto":
        return min(n_rows, params.batch_size)
    if params.learning_rate == "one_cycle":
        return min(n_rows, 200, max(64, n_rows // 20))
    return n_rows if n_rows <= 64 else min(200, max(SMALLEST_BATCH, n_rows // 50))


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


def steady_rate(params: Any, n_rows: int, share: float) -> float:
    """The rate of steps on so many rows at once, in a stream that has this share of all weight seen.

    Where it is left to 'auto', single rows after a fit change little, and small batches, whose gradients
    are noisier by the root of their size, change less.
    """
    if params.learning_rate_init != "auto":
        return initial_rate(params)
    small = min(1.0, batch_rows(params, n_rows) / SMALLEST_BATCH)
    return initial_rate(params) * share * math.sqrt(small)


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
    if params.early_stopping or params.tol != "auto" or params.n_iter_no_change != "auto":  # a plateau
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


class Session(NamedTuple):
    """What one part of a fit leaves to the next."""

    optimizer: Optimizer
    schedule: Schedule
    best: NDArray
    """The networks' best value so far (S,), lower is better"""
    no_change: NDArray
    """Epochs without improvement (S,)"""
    average: Average | None = None
    """Of the iterates, where the rate anneals; of a stream it counts what was seen before"""


def new_session(
    params: Any, network: Network, n_batches: int = 1, *, endless: bool = False, best: NDArray | None = None
) -> Session:
    """Everything at its beginning, but for the `best` value of an earlier fit."""
    n_stack, optimizer = network.n_stack, SOLVERS[params.solver].optimizer
    assert optimizer is not None
    schedule = build_schedule(params, n_stack, n_batches, endless=endless)
    return Session(
        optimizer(params, network.theta),
        schedule,
        np.full(n_stack, np.inf) if best is None else best,
        np.zeros(n_stack, int),
        Average(0.0) if anneals(params) and not endless else None,
    )


def never_stop(epoch: Epoch, network: Network) -> NDArray:
    """Let every network go on."""
    return np.zeros(len(epoch.active), bool)


def fit_stack(
    params: Any,
    alpha: NDArray,
    problem: Problem,
    network: Network,
    rng: np.random.RandomState,
    *,
    score: Scorer | None = None,
    on_epoch: OnEpoch = never_stop,
    best: NDArray | None = None,
    n_samples_seen: int = 0,
    session: Session | None = None,
    total_weight: float | None = None,
) -> Outcome:
    """Train `network`, a stack of S, in place: in lockstep, or with L-BFGS one from the other.

    `alpha` is (S, 1), or (1, n_layers) for one network. By `score`, if given, networks are stopped and
    chosen; `best` (S,) is its negative, or the loss, of an earlier run, which has seen `n_samples_seen`
    rows. `on_epoch` says which networks are to stop.

    A fit by parts goes on with its `session`, of which this is one epoch. `total_weight` is that of all its
    parts so far, among which the penalty counts once.
    """
    train, is_part = problem.train, session is not None
    if not (is_part or goes_by_epochs(params)):
        return lbfgs_path(params, alpha, problem, network, on_epoch)
    dropout_rng = np.random.default_rng(rng.randint(2**31)) if network.dropout else None
    penalty = build_penalty(params, alpha, network, total_weight or train.total_weight)
    order = rng if params.shuffle else None
    batches = Batches(train.n_rows, batch_rows(params, train.n_rows), order, params.batch_norm)
    # a second thread gains little where products are small, and SciPy's BLAS never has two
    small = network.largest_product(batches.batch_size) < LARGE_PRODUCT
    session = session or new_session(params, network, len(batches.starts), best=best)
    patience = PATIENCE if params.n_iter_no_change == "auto" else params.n_iter_no_change
    tol = TOL if params.tol == "auto" else params.tol
    # the statistics under the iterates are none of the average's
    kept = STATISTICS_DECAY if session.average is None else 1.0
    trainer = Trainer(
        problem.objective(network, problem.loss, penalty, train, dropout_rng, kept),
        session.optimizer,
        session.schedule,
        Progress(network.state, patience, tol, session.best, session.no_change),
        batches,
        problem.validation,
        score,
        on_epoch,
        session.average,
        row_weight=train.total_weight / train.n_rows if is_part else 1.0,
        kept_at_first=STATISTICS_DECAY if is_part else 0.0,
    )
    with one_blas_thread() if small else one_scipy_blas_thread():
        outcome = trainer.run(1 if is_part else params.max_iter, n_samples_seen)
    if outcome.state is not network.state:
        network.attach(outcome.state)
    return outcome


def lbfgs_path(params: Any, alpha: NDArray, problem: Problem, network: Network, on_epoch: OnEpoch) -> Outcome:
    """L-BFGS from the strongest penalty to the weakest, each from where the stronger one ended.

    Where `on_epoch` stops it, weaker penalties have no network: they count as diverged.

    With all weights of a unit at 0 its gradient is 0 too: the weaker penalty could never switch on
    again what a stronger one has switched off. Such units start from their initial weights.
    """
    initial = network.state[:1].copy()
    outcome, stopped = Outcome(network.state.copy()), False
    outcome.diverged[:] = True
    single = copy.copy(network)
    single.attach(initial.copy())

    def listen(epoch: Epoch, network: Network) -> NDArray:
        nonlocal stopped
        stop = on_epoch(epoch, network)
        stopped |= bool(stop[0])
        return stop

    for place in np.argsort(-alpha[:, 0], kind="stable"):
        found = fit_lbfgs(params, alpha[[place]], problem, single, on_epoch=listen)
        for name in ("state", "n_iter", "best", "best_epoch", "converged", "diverged"):
            getattr(outcome, name)[place] = getattr(found, name)[0]
        outcome.interrupted = found.interrupted
        if found.interrupted or stopped:
            break
        single.attach(initial.copy() if found.diverged[0] else single.state.copy())
        revive_inplace(single, initial)
    network.attach(outcome.state)
    return outcome


def fit_lbfgs(
    params: Any, alpha: NDArray, problem: Problem, network: Network, *, on_epoch: OnEpoch
) -> Outcome:
    """Train one network (S = 1) with L-BFGS on all rows; the iterations count as epochs."""
    penalty = build_penalty(params, alpha, network, problem.train.total_weight)
    # the statistics of all rows replace the earlier ones
    objective = problem.objective(network, problem.loss, penalty, problem.train, kept=0.0)
    outcome, best_state = Outcome(network.state), network.state.copy()

    def value_and_grad(theta: NDArray) -> tuple[float, NDArray]:
        network.theta[0] = theta
        value = float(objective.full_value_and_grad()[0])
        if value < outcome.best[0]:
            outcome.best[0], best_state[...] = value, network.state
        return value, network.grad[0].astype(np.float64)

    def on_iteration(theta: NDArray, value: float) -> bool:
        outcome.n_iter[0] += 1
        held_out = problem.validation
        validation_loss = None if held_out is None else mean_loss(network, problem.loss, held_out)
        train_loss = value - penalty.value(theta[None])
        epoch = Epoch(
            int(outcome.n_iter[0]), np.arange(1), np.array([value]), train_loss, validation_loss, None
        )
        return bool(on_epoch(epoch, network)[0])

    try:
        with one_scipy_blas_thread(), np.errstate(all="ignore"):
            result = lbfgs(
                value_and_grad,
                network.theta[0].astype(np.float64),
                l1=l1_of(penalty, network.n_parameters) if params.l1_ratio else None,
                precision=float(np.finfo(network.dtype).eps),
                tol=TOL if params.tol == "auto" else params.tol,
                max_iter=params.max_iter,
                max_fun=params.max_fun,
                on_iteration=on_iteration,
            )
            value_and_grad(result.x)
        outcome.converged[0] = result.success
    except KeyboardInterrupt:
        outcome.interrupted = True
    if not np.isfinite(network.state).all() or outcome.interrupted:
        network.state[...] = best_state
    outcome.best_epoch[:] = outcome.n_iter
    outcome.diverged[0] = not np.isfinite(outcome.best[0])
    return outcome


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


def l1_of(penalty: Any, n_parameters: int) -> NDArray:
    """The strength of the L1 penalty of each parameter, (P,): 0 for those that are not penalised."""
    strengths = np.zeros(n_parameters)
    strengths[: penalty.n_penalised] = penalty.l1_strength[0]
    return strengths
