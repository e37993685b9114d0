"""Training a stack of networks: epoch by epoch all at once, or one of them with L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np

from skl2._threads import one_blas_thread, one_scipy_blas_thread
from skl2._typing import NDArray
from skl2.mlp._build import (
    SOLVERS,
    TOL,
    Problem,
    anneals,
    batch_rows,
    build_penalty,
    build_schedule,
    plateau_rule,
)
from skl2.mlp._network import LARGE_PRODUCT, Network
from skl2.mlp._objective import constant_loss, mean_loss
from skl2.mlp._optimizer import Average, Optimizer, lbfgs
from skl2.mlp._schedule import Schedule
from skl2.mlp._training import Batches, Epoch, Outcome, Progress, Trainer

LEAST_GAIN = 1e-3
"""The share by which a fit's loss is to be less than that of a constant"""

Scorer = Callable[[Network], NDArray]
OnEpoch = Callable[[Epoch, Network], NDArray]


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
    average: Average | None = None
    """Of the iterates, where the rate anneals; of a stream it counts what was seen before"""


def new_session(
    params: Any, network: Network, n_batches: int = 1, *, endless: bool = False, best: NDArray | None = None
) -> Session:
    """Everything at its beginning, but for the `best` value of an earlier fit."""
    n_stack, optimizer = network.n_stack, SOLVERS[params.solver].optimizer
    assert optimizer is not None
    return Session(
        optimizer(params, network.theta),
        build_schedule(params, n_stack, n_batches, endless=endless),
        np.full(n_stack, np.inf) if best is None else best,
        np.zeros(n_stack, int),
        Average(0.0) if anneals(params) and not endless else None,
    )


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
    total_weight: float | None = None,
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
    total_weight : float or None
        The weight of all its parts so far, among which the penalty counts once; None means these rows'.
    """
    train = problem.train
    dropout_rng = np.random.default_rng(rng.randint(2**31)) if network.dropout else None
    penalty = build_penalty(params, alpha, network, total_weight or train.total_weight)
    max_iter = params.max_iter if session is None else 1  # of a fit by parts
    order = rng if params.shuffle else None
    batches = Batches(train.n_rows, batch_rows(params, train.n_rows), order, params.batch_norm)
    session = session or new_session(params, network, len(batches.starts), best=best)
    optimizer, schedule, best, no_change, average = session
    trainer = Trainer(
        problem.objective(network, problem.loss, penalty, train, dropout_rng),
        optimizer,
        schedule,
        progress=Progress(network.state, plateau_rule(params), best, no_change),
        batches=batches,
        validation=problem.validation,
        score=None if score is None else lambda: score(network),
        average=average,
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
    objective = problem.objective(network, problem.loss, penalty, problem.train)
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

    outcome = Outcome(network.state)
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
            value_and_grad(result.theta)
        outcome.converged[0] = result.converged
    except KeyboardInterrupt:
        outcome.interrupted = True
    if not np.isfinite(network.state).all() or outcome.interrupted:
        network.state[...] = best["state"]
    outcome.state, outcome.epochs = network.state, epochs
    outcome.n_iter[:] = outcome.best_epoch[:] = len(epochs)
    outcome.best[0] = best["value"]
    outcome.diverged[0] = not np.isfinite(best["value"])
    return FittedStack(network, outcome)


def l1_of(penalty: Any, n_parameters: int) -> NDArray:
    """The strength of the L1 penalty of each parameter, (P,): 0 for those that are not penalised."""
    strengths = np.zeros(n_parameters)
    strengths[: penalty.n_penalised] = penalty.l1_strength[0]
    return strengths


def failure(network: Network, problem: Problem, alpha: float) -> str | None:
    """What to say of a fit that predicts its training rows no better than a constant; None if it does.

    A penalty as strong as all rows together asks for no better.
    """
    train, n_outputs = problem.train, network.layer_sizes[-1]
    if alpha >= (1 - 1e-6) * train.total_weight:
        return None
    limit = (1 - LEAST_GAIN) * constant_loss(problem.loss, train, n_outputs)
    with np.errstate(all="ignore"):
        loss = float(mean_loss(network, problem.loss, train)[0])
    if loss < limit or (train.y == train.y[0]).all():
        return None
    return (
        f"The fit predicts no better than a constant does (mean loss {loss:.4g}): scale X, or change "
        "learning_rate_init or alpha, if there is anything to learn."
    )
