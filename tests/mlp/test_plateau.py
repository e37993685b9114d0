"""When a rate begins to decay: at a horizon in steps, or where a network counts as stalled."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

from skl2 import MLPClassifier, MLPRegressor
from skl2.mlp._loss import SoftmaxCrossEntropy
from skl2.mlp._objective import Data
from skl2.mlp._schedule import Anneal
from skl2.mlp._stack import Problem, fit_stack
from skl2.mlp._training import Progress

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)


def new_progress(state, patience, tol):
    return Progress(state, patience, tol, np.full(len(state), np.inf), np.zeros(len(state), int))


def stalls_at(values, **plateau):
    """The epoch, from 1, at whose end a network of these losses has stalled; None if at none."""
    state = np.zeros((1, 3))
    progress = new_progress(state, **plateau)
    for epoch, value in enumerate(values, 1):
        if progress.update(np.array([value]), state, epoch)[0]:
            return epoch
    return None


def test_a_tolerance_is_in_the_unit_of_the_loss():
    losses = 0.9 ** np.arange(200)
    epoch = stalls_at(losses, patience=2, tol=0.05)
    gains = -np.diff(losses)
    assert epoch == 4 + np.argmax(gains < 0.05)


def test_every_network_has_a_plateau_of_its_own():
    state = np.zeros((2, 3))
    progress = new_progress(state, patience=1, tol=1e-3)
    stalled = [progress.update(np.array([0.5**epoch, 1.0]), state, epoch) for epoch in range(1, 5)]
    assert_array_equal(stalled, [[False, False], [False, False], [False, True], [False, False]])


def test_half_of_the_epochs_are_steady_and_the_rate_falls_to_half():
    schedule = Anneal(0.5, 2, 4, True)
    rates, ends = [], []
    for _ in range(4):
        rates.append(schedule.epoch_rates(2))
        ends.append(schedule.end_epoch(np.zeros(2, bool), 0).all())
    rates = np.concatenate(rates)
    assert rates.shape == (8, 2, 1)
    assert_allclose(rates[:, 0, 0], [0.5, 0.5, 0.5, 0.5, 0.46875, 0.40625, 0.34375, 0.28125])
    assert ends == [False, False, False, True]


RATES = {
    "anneal": lambda progress: min(1.0, 1.5 - progress),
    "one_cycle": lambda progress: (
        4 * progress if progress < 0.25 else (1 + np.cos(np.pi * (progress - 0.25) / 0.75)) / 2
    ),
}


@pytest.mark.filterwarnings("ignore:Maximum iterations")
@pytest.mark.parametrize("batch_size", [75, 150])
@pytest.mark.parametrize("learning_rate", RATES)
def test_a_fit_is_the_average_of_its_steps_at_these_rates(learning_rate, batch_size):
    """A linear model by plain gradient descent, by hand."""
    n_epochs, n_batches = 12, 150 // batch_size
    X, y = X_IRIS[:, :3], X_IRIS[:, 3]
    model = MLPRegressor(hidden_layer_sizes=(), solver="sgd", momentum=0.0, batch_size=batch_size, alpha=2.0)
    model.set_params(learning_rate=learning_rate, normalize_y=False, shuffle=False, random_state=0)
    start = clone(model).set_params(learning_rate_init=1e-200, max_iter=1).fit(X, y)
    model.set_params(learning_rate_init=0.2, max_iter=n_epochs).fit(X, y)
    coef, intercept = start.coefs_[0][:, 0].copy(), float(start.intercepts_[0][0])
    steps, n_steps = [], n_epochs * n_batches
    for t in range(n_steps):
        rows = slice(t % n_batches * batch_size, (t % n_batches + 1) * batch_size)
        error = X[rows] @ coef + intercept - y[rows]
        rate = 0.2 * RATES[learning_rate]((t + 0.5) / n_steps)
        coef = coef - rate * (X[rows].T @ error / batch_size + 2.0 * coef / 150)
        intercept = intercept - rate * error.mean()
        steps.append([*coef, intercept])
    t = np.arange(1.0, n_steps + 1)
    mean = np.average(steps, axis=0, weights=t * (t + 1) * (t + 2))
    assert_allclose([*model.coefs_[0][:, 0], model.intercepts_[0][0]], mean, rtol=1e-10)


def test_a_network_that_is_stopped_has_its_own_average_and_leaves_those_of_the_others():
    model = MLPClassifier(8, batch_size=50, max_iter=9, random_state=0)
    alphas, stops = np.array([0.1, 5.0, 50.0]), np.array([9, 4, 9])
    problem = Problem(Data(X_IRIS, Y_IRIS), SoftmaxCrossEntropy(), (4, 8, 3))

    def trained(alphas, stops):
        rng = np.random.RandomState(0)
        network = model._new_network(problem, len(alphas), rng, np.float64)
        fit_stack(
            model,
            alphas[:, None],
            problem,
            network,
            rng,
            on_epoch=lambda epoch, _: stops[epoch.active] <= epoch.number,
        )
        return network.state

    stack = trained(alphas, stops)
    for place in range(3):
        alone = trained(alphas[[place]], stops[[place]])
        assert_allclose(stack[place], alone[0], rtol=1e-8, atol=1e-11)


def test_early_stopping_looks_at_the_average_and_keeps_it():
    X_val, y_val = X_IRIS[1::2], Y_IRIS[1::2]
    model = MLPClassifier(8, batch_size=10, early_stopping=True, tol=1e-3, random_state=0)
    model.fit(X_IRIS[::2], Y_IRIS[::2], None, X_val, y_val)
    steady = clone(model).set_params(learning_rate="constant", learning_rate_init=0.01)
    steady.fit(X_IRIS[::2], Y_IRIS[::2], None, X_val, y_val)
    assert_allclose(model.best_validation_score_, -log_loss(y_val, model.predict_proba(X_val)), rtol=1e-10)
    rises = [np.maximum(-np.diff(each.validation_scores_), 0).sum() for each in (model, steady)]
    assert rises[0] < 0.5 * rises[1]  # the noise of the steps is gone


def test_validation_rows_are_predicted_by_the_average():
    model = MLPClassifier(8, random_state=0).fit(X_IRIS[::2], Y_IRIS[::2], None, X_IRIS[1::2], Y_IRIS[1::2])
    loss = log_loss(Y_IRIS[1::2], model.predict_proba(X_IRIS[1::2]))
    assert_allclose(model.validation_loss_curve_[-1], loss, rtol=1e-10)


@pytest.mark.parametrize(("batch_size", "epochs"), [(10, 20), (30, 40), (75, 100), (150, 200)])
def test_small_tables_take_as_many_steps_as_larger_ones(batch_size, epochs):
    model = MLPClassifier(10, batch_size=batch_size, random_state=0).fit(X_IRIS, Y_IRIS)
    assert model.n_iter_ == epochs


def test_fewer_epochs_than_the_horizon_are_said_to_be_too_few():
    with pytest.warns(ConvergenceWarning, match="max_iter=30"):
        MLPClassifier(10, batch_size=30, max_iter=30, random_state=0).fit(X_IRIS, Y_IRIS)


def test_a_tolerance_of_ones_own_asks_for_a_plateau():
    short, long = (
        MLPClassifier(10, tol=tol, n_iter_no_change=3, random_state=0).fit(X_IRIS, Y_IRIS)
        for tol in (0.1, 1e-4)
    )
    assert short.n_iter_ < 40 < long.n_iter_


def test_a_large_mean_of_y_does_not_end_a_fit_at_once():
    X, y = make_friedman1(600, noise=0.5, random_state=0)
    X = scale(X)
    model = MLPRegressor(random_state=0).fit(X, y + 100)
    assert model.score(X, y + 100) > 0.5
