"""From an MLP's parameters to a trained stack: what the estimators and their CV versions share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from skl2._threads import one_blas_thread, one_scipy_blas_thread
from skl2.mlp._loss import Loss
from skl2.mlp._network import LARGE_PRODUCT, Network
from skl2.mlp._objective import Data, Objective
from skl2.mlp._optimizer import SGD, Adam, Optimizer, lbfgs
from skl2.mlp._penalty import L2, DecoupledL2, ElasticNet
from skl2.mlp._schedule import Adaptive, Anneal, Constant, InverseScaling, OneCycle, Schedule
from skl2.mlp._training import Batches, Epoch, Outcome, Plateau, Progress, Trainer

Scorer = Callable[[Network], NDArray]
OnEpoch = Callable[[Epoch, Network], NDArray]

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


class FittedStack(NamedTuple):
    """A stack of trained networks, and how their training went."""

    network: Network
    outcome: Outcome


class Session(NamedTuple):
    """What one part of a fit leaves to the next."""

    optimizer: Optimizer
    schedule: Schedule
    best: NDArray
    """The networks' best value so far (S,), lower is better"""
    no_change: NDArray
    """Epochs without improvement (S,)"""


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
    kind = DecoupledL2 if params.solver == "adamw" else L2
    return kind(alpha, n_penalised, total_weight)


def build_optimizer(params: Any, theta: NDArray) -> Optimizer:
    """The optimiser that `solver` names."""
    if params.solver == "sgd":
        return SGD(theta, params.momentum, params.nesterovs_momentum)
    return Adam(theta, params.beta_1, params.beta_2, params.epsilon)


def build_schedule(params: Any, n_stack: int, *, endless: bool) -> Schedule:
    """The schedule that `learning_rate` names; an `endless` fit, by parts, has no annealing.

    As in scikit-learn 'invscaling' and 'adaptive' are for sgd: Adam's own scaling takes their place.
    """
    sgd, kind, rate = params.solver == "sgd", params.learning_rate, params.learning_rate_init
    if rate == "auto":
        rate = ONE_CYCLE_RATE if kind == "one_cycle" else ADAM_RATE
        rate = SGD_RATE if sgd or endless else rate
    if kind == "auto":
        kind = "constant" if sgd else "anneal"
    if kind == "invscaling" and sgd:
        return InverseScaling(rate, n_stack, params.power_t)
    if kind == "adaptive" and sgd:
        return Adaptive(rate, n_stack)
    if kind in ("anneal", "one_cycle") and not endless:
        return {"anneal": Anneal, "one_cycle": OneCycle}[kind](rate, n_stack, params.max_iter)
    return Constant(rate, n_stack)


def new_session(
    params: Any, network: Network, *, endless: bool = False, best: NDArray | None = None
) -> Session:
    """Everything at its beginning, but for the `best` value of an earlier fit."""
    n_stack = network.n_stack
    return Session(
        build_optimizer(params, network.theta),
        build_schedule(params, n_stack, endless=endless),
        np.full(n_stack, np.inf) if best is None else best,
        np.zeros(n_stack, int),
    )


def anneals(params: Any) -> bool:
    """Whether the learning rate stays up until a plateau and then decays."""
    return params.learning_rate == "anneal" or (
        params.learning_rate == "auto" and params.solver[:4] == "adam"
    )


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


def fit_stack(
    params: Any,
    alpha: NDArray,
    problem: Problem,
    network: Network,
    rng: np.random.RandomState,
    *,
    score: Scorer | None = None,
    on_epoch: OnEpoch,
    best: NDArray | None = None,
    n_samples_seen: int = 0,
    session: Session | None = None,
) -> FittedStack:
    """Train `network`, a stack of S, with an epoch-wise solver, each network with its own alpha.

    Parameters
    ----------
    params : estimator
        Holds the parameters of `MLPClassifier` or `MLPRegressor`, checked.
    alpha : ndarray of shape (S, 1) or (1, n_layers)
        The strengths.
    problem : Problem
        Data and loss.
    network : Network
        Where to start; it is trained in place.
    rng : RandomState
        Orders the rows, and seeds the dropout masks.
    score : callable or None
        Scores (S,) of the networks on the validation rows: stop and choose by them.
    on_epoch : callable
        Sees every epoch; returns which networks (S,) are to stop.
    best : ndarray of shape (S,) or None
        The best value of an earlier run.
    n_samples_seen : int
        Rows seen by earlier runs.
    session : Session or None
        What a fit by parts goes on with, of which this is one epoch; None for a whole fit.
    """
    train = problem.train
    batch_size = params.batch_size
    if batch_size == "auto":
        batch_size = auto_batch_size(train.n_rows, params.learning_rate)
    dropout_rng = np.random.default_rng(rng.randint(2**31)) if network.dropout else None
    penalty = build_penalty(params, alpha, network, train.total_weight)
    max_iter = params.max_iter if session is None else 1
    optimizer, schedule, best, no_change = session or new_session(params, network, best=best)
    order = rng if params.shuffle else None
    batches = Batches(train.n_rows, min(batch_size, train.n_rows), order, params.batch_norm)
    trainer = Trainer(
        Objective(network, problem.loss, penalty, train, dropout_rng),
        optimizer,
        schedule,
        progress=Progress(network.state, plateau_rule(params, len(batches.starts)), best, no_change),
        batches=batches,
        validation=problem.validation,
        score=None if score is None else lambda: score(network),
        on_epoch=lambda epoch: on_epoch(epoch, network),
    )
    with threads_for(network, batches.batch_size):
        outcome = trainer.run(max_iter, n_samples_seen)
    if outcome.state is not network.state:
        network.attach(outcome.state)
    return FittedStack(network, outcome)


def threads_for(network: Network, batch_size: int) -> AbstractContextManager[None]:
    """One BLAS thread where products are small: a second one gains little. SciPy's never has two."""
    small = network.largest_product(batch_size) < LARGE_PRODUCT
    return one_blas_thread() if small else one_scipy_blas_thread()


def fit_lbfgs(
    params: Any, alpha: NDArray, problem: Problem, network: Network, *, on_epoch: OnEpoch
) -> FittedStack:
    """Train one network (S = 1) with L-BFGS on all rows; the iterations count as epochs."""
    penalty = build_penalty(params, alpha, network, problem.train.total_weight)
    objective = Objective(network, problem.loss, penalty, problem.train)
    network.statistics_decay = 0.0  # the statistics of all rows replace the earlier ones
    best: dict[str, Any] = {"value": np.inf, "state": network.state.copy()}
    epochs: list[Epoch] = []

    def value_and_grad(theta: NDArray) -> tuple[float, NDArray]:
        network.theta[0] = theta
        value = float(objective.full_value_and_grad()[0])
        if value < best["value"]:
            best.update(value=value, state=network.state.copy())
        return value, network.grad[0].astype(np.float64)

    def on_iteration(theta: NDArray, value: float) -> bool:
        validation = None if problem.validation is None else objective.evaluate(problem.validation)
        train = value - penalty.value(theta[None])
        epochs.append(Epoch(len(epochs) + 1, np.arange(1), np.array([value]), train, validation, None))
        return bool(on_epoch(epochs[-1], network)[0])

    l1 = None
    if params.l1_ratio:
        l1 = np.zeros(network.n_parameters)
        l1[: penalty.n_penalised] = penalty.l1_strength[0]  # type: ignore[attr-defined]
    outcome = Outcome(network.state)
    try:
        with one_scipy_blas_thread(), np.errstate(all="ignore"):
            result = lbfgs(
                value_and_grad,
                network.theta[0].astype(np.float64),
                l1=l1,
                precision=float(np.finfo(network.dtype).eps),
                tol=TOL if params.tol == "auto" else params.tol,
                max_iter=params.max_iter,
                max_fun=params.max_fun,
                on_iteration=on_iteration,
            )
        outcome.converged[0] = result.converged
        value_and_grad(result.theta)
    except KeyboardInterrupt:
        outcome.interrupted = True
    if not np.isfinite(network.state).all() or outcome.interrupted:
        network.state[...] = best["state"]
    outcome.state, outcome.epochs = network.state, epochs
    outcome.n_iter[:] = outcome.best_epoch[:] = len(epochs)
    outcome.best[0] = best["value"]
    outcome.diverged[0] = not np.isfinite(best["value"])
    return FittedStack(network, outcome)
