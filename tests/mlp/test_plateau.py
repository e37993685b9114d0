"""When a network counts as stalled: gains in the loss's own unit, or as a share of it."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import scale

from skl2 import MLPRegressor
from skl2.mlp._training import Plateau, Progress


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


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_share_does_not_depend_on_the_unit_of_the_loss(unit):
    plateau = Plateau(patience=2, share=0.07)
    assert stalls_at(unit * 0.9 ** np.arange(200), plateau) is None
    # gains of 5% are too small from the second epoch on
    assert stalls_at(unit * 0.95 ** np.arange(200), plateau) == 4


def test_a_share_is_that_of_the_loss_now_not_of_the_first_loss():
    losses = np.concatenate([[1000.0], 10 * 0.8 ** np.arange(30)])
    assert stalls_at(losses, Plateau(patience=2, share=0.07)) is None


def test_a_tolerance_is_in_the_unit_of_the_loss():
    losses = 0.9 ** np.arange(200)
    epoch = stalls_at(losses, Plateau(patience=2, tol=0.05))
    gains = -np.diff(losses)
    assert epoch == 4 + np.argmax(gains < 0.05)


def test_every_network_has_a_plateau_of_its_own():
    state = np.zeros((2, 3))
    progress = new_progress(state, Plateau(patience=1, share=0.1))
    stalled = [progress.update(np.array([0.5**epoch, 1.0]), state, epoch) for epoch in range(1, 5)]
    assert_array_equal(stalled, [[False, False], [False, False], [False, True], [False, False]])


def test_a_large_mean_of_y_does_not_end_a_fit_at_once():
    X, y = make_friedman1(600, noise=0.5, random_state=0)
    X = scale(X)
    model = MLPRegressor(random_state=0).fit(X, y + 100)
    assert model.score(X, y + 100) > 0.5
