"""When a rate begins to decay: at a horizon in steps, or where a network counts as stalled."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from skl2 import MLPClassifier, MLPRegressor
from skl2.mlp._schedule import Anneal
from skl2.mlp._training import Plateau, Progress

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)


def new_progress(state, plateau):
    return Progress(state, plateau, np.full(len(state), np.inf), np.zeros(len(state), int))


def stalls_at(values, plateau):
    """The epoch, from 1, at whose end a network of these losses has stalled; None if at none."""
    state = np.zeros((1, 3))
    progress = new_progress(state, plateau)
    for epoch, value in enumerate(values, 1):
        if progress.update(np.array([value]), state, epoch)[0]:
            return epoch
    return None


def test_a_tolerance_is_in_the_unit_of_the_loss():
    losses = 0.9 ** np.arange(200)
    epoch = stalls_at(losses, Plateau(patience=2, tol=0.05))
    gains = -np.diff(losses)
    assert epoch == 4 + np.argmax(gains < 0.05)


def test_every_network_has_a_plateau_of_its_own():
    state = np.zeros((2, 3))
    progress = new_progress(state, Plateau(patience=1, tol=1e-3))
    stalled = [progress.update(np.array([0.5**epoch, 1.0]), state, epoch) for epoch in range(1, 5)]
    assert_array_equal(stalled, [[False, False], [False, False], [False, True], [False, False]])


def test_half_of_the_epochs_are_steady_and_the_rate_ends_at_0():
    schedule = Anneal(0.5, 2, 4, True)
    rates, ends = [], []
    for _ in range(4):
        rates.append(schedule.epoch_rates(2))
        ends.append(schedule.end_epoch(np.zeros(2, bool), 0).all())
    rates = np.concatenate(rates)
    assert rates.shape == (8, 2, 1)
    assert_allclose(rates[:, 0, 0], [0.5, 0.5, 0.5, 0.5, 0.4375, 0.3125, 0.1875, 0.0625])
    assert ends == [False, False, False, True]


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
