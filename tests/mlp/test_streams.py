"""Parts of a stream: alpha counts once for all of them, and each call is all or nothing."""

import pickle
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale
from sklearn.utils import shuffle

from skl2 import MLPClassifier, MLPRegressor
from skl2.mlp._optimizer import Average

X, Y = shuffle(*load_digits(return_X_y=True), random_state=0)
X_TRAIN, Y_TRAIN, X_TEST, Y_TEST = X[:1344] / 16, Y[:1344], X[1344:] / 16, Y[1344:]


def stream(size, passes, **params):
    model, classes = MLPClassifier(random_state=0, **params), {"classes": range(10)}
    for _ in range(passes):
        for start in range(0, len(Y_TRAIN), size):
            rows = slice(start, start + size)
            model.partial_fit(X_TRAIN[rows], Y_TRAIN[rows], **classes)
            classes = {} if size == 1 else classes  # to look at them takes longer than at one row
    return model


@pytest.fixture(scope="module")
def whole():
    """The score of a fit to all rows."""
    return MLPClassifier(random_state=0).fit(X_TRAIN, Y_TRAIN).score(X_TEST, Y_TEST)


@pytest.mark.parametrize("size", [1, 16, 336])
def test_chunks_of_any_size_end_near_the_fit_on_all_rows(size, whole):
    assert stream(size, passes=3).score(X_TEST, Y_TEST) > whole - 0.02


@pytest.mark.parametrize("size", [1, 16, 336])
def test_numbers_of_any_chunks_end_near_the_fit_on_all_rows(size):
    rows, numbers = shuffle(*load_diabetes(return_X_y=True), random_state=0)
    rows = scale(rows)
    whole = MLPRegressor(random_state=0).fit(rows[:336], numbers[:336]).score(rows[336:], numbers[336:])
    model = MLPRegressor(random_state=0)
    for start in [*range(0, 336, size)] * 3:
        model.partial_fit(rows[start : start + size], numbers[start : start + size])
    assert model.score(rows[336:], numbers[336:]) > whole - 0.02


# ----------------------------------------------------------------------------------------- the average


def test_the_average_weighs_by_the_third_power_of_the_weight_seen():
    states = np.random.default_rng(0).normal(size=(20, 1, 5))
    t = np.arange(1.0, 21)
    average, state = Average(0.0), np.zeros((1, 5))
    for part in np.split(np.arange(20), [3, 4, 11]):  # parts of a stream, each on from the one before
        average.begin_inplace(state)
        for place in part:
            state[...] = states[place]
            average.add(state, 1)
        average.end_inplace(state)
    assert_allclose(state, np.average(states, axis=0, weights=t * (t + 1) * (t + 2)), rtol=1e-12)
    assert_allclose(state + average.ahead, states[-1], rtol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "adamw"])
def test_a_stream_predicts_with_the_average_of_what_a_steady_rate_gives(solver):
    """One step to a call, and the same steps: the coefficients of the steady ones, averaged by hand."""
    params = {"hidden_layer_sizes": (4,), "solver": solver, "learning_rate_init": 0.01, "random_state": 0}
    steady = MLPClassifier(learning_rate="constant", **params)
    averaged, mean = MLPClassifier(**params), 0.0
    for number in range(1, 30):
        rows = slice(10 * number, 10 * number + 10)
        for model in (steady, averaged):
            model.partial_fit(X_TRAIN[rows], Y_TRAIN[rows], classes=range(10))
        mean += 4 / (number + 3) * (steady.coefs_[1] - mean)
        assert_allclose(averaged.coefs_[1], mean, rtol=1e-9, atol=1e-12)


def test_a_weight_of_a_row_is_that_many_rows_to_the_average():
    weight = 1.0 + np.arange(len(Y_TRAIN)) % 3
    params = {"hidden_layer_sizes": (4,), "learning_rate_init": 0.01, "random_state": 0}
    model, steady = MLPClassifier(**params), MLPClassifier(learning_rate="constant", **params)
    mean, seen = 0.0, 0.0
    for start in range(0, 80, 8):
        rows = slice(start, start + 8)
        for each in (model, steady):
            each.partial_fit(X_TRAIN[rows], Y_TRAIN[rows], weight[rows], classes=range(10))
        seen += weight[rows].sum()
        share = 4 * weight[rows].sum() / (seen + 3 * weight[rows].sum())
        mean += share * (steady.coefs_[0] - mean)
    assert_allclose(model.coefs_[0], mean, rtol=1e-9, atol=1e-12)


def test_what_is_exactly_0_is_so_in_the_average():
    params = {"l1_ratio": 0.9, "alpha": 30.0, "learning_rate_init": 0.01}
    model, steady = stream(16, 1, **params), stream(16, 1, learning_rate="constant", **params)
    assert steady.sparsity_ > 0.1
    assert model.sparsity_ == steady.sparsity_


@pytest.mark.parametrize("size", [1, 16, 336])
def test_a_stream_goes_on_from_a_fit(size):
    """Rows after a fit make it better, and one row alone does no harm."""
    half = len(Y_TRAIN) // 2
    model = MLPClassifier(random_state=0).fit(X_TRAIN[:half], Y_TRAIN[:half])
    losses = [log_loss(Y_TEST, model.predict_proba(X_TEST))]
    model.partial_fit(X_TRAIN[half : half + 1], Y_TRAIN[half : half + 1])
    losses.append(log_loss(Y_TEST, model.predict_proba(X_TEST)))
    for start in range(half + 1, len(Y_TRAIN), size):
        model.partial_fit(X_TRAIN[start : start + size], Y_TRAIN[start : start + size])
    losses.append(log_loss(Y_TEST, model.predict_proba(X_TEST)))
    assert losses[1] < losses[0] * 1.01
    assert losses[2] < losses[0]


def test_a_step_that_diverges_leaves_the_average():
    model = MLPRegressor(hidden_layer_sizes=(8,), random_state=0)
    for rows in np.split(np.arange(320), 20):
        model.partial_fit(X_TRAIN[rows], Y_TRAIN[rows])
    before = model.predict(X_TEST)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        model.partial_fit(X_TRAIN[:16] * 1e200, Y_TRAIN[:16])
    assert_allclose(model.predict(X_TEST), before, rtol=1e-12)


# --------------------------------------------------------------------------------------- the penalty


def test_the_penalty_of_a_call_is_alpha_over_the_weight_seen_so_far():
    """One step of gradient descent on rows of no information shrinks θ by rate · α/W."""
    params = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1}
    model = MLPRegressor(alpha=3.0, normalize_y=False, random_state=0, **params)
    nothing, weight = np.zeros((4, 2)), np.array([1.0, 2.0, 0.5, 0.5])
    model.partial_fit(nothing, np.zeros(4), weight)
    for number in range(2, 5):
        before = model.coefs_[0].copy()
        model.partial_fit(nothing, np.zeros(4), weight)
        assert_allclose(model.coefs_[0], before * (1 - 0.1 * 3.0 / (4 * number)), rtol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_without_penalty_calls_with_the_same_rows_are_epochs(momentum):
    params = {"solver": "sgd", "alpha": 0.0, "batch_size": 200, "momentum": momentum, "random_state": 0}
    parts = MLPClassifier(8, **params)
    for _ in range(5):
        parts.partial_fit(X_TRAIN[:200], Y_TRAIN[:200], classes=range(10))
    with pytest.warns(ConvergenceWarning):
        whole = MLPClassifier(8, max_iter=5, **params).fit(X_TRAIN[:200], Y_TRAIN[:200])
    assert_allclose(parts.predict_proba(X_TEST), whole.predict_proba(X_TEST), rtol=1e-9)


def snapshot(model):
    generator = model._session[1].get_state()[1].copy()
    return pickle.dumps({name: value for name, value in vars(model).items() if name != "_session"}), generator


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("params", [{}, {"solver": "sgd", "dropout": 0.2}])
def test_a_call_that_fails_changes_nothing(monkeypatch, params, fault):
    def parts():
        return stream(336, 1, hidden_layer_sizes=(8,), **params)

    model, expected = parts(), parts()
    before = snapshot(model)
    calls = iter(range(10**6))

    def fails(self, *args):
        if next(calls) == 3:
            raise fault
        return loss_and_gradient(self, *args)

    loss = type(model._loss())
    loss_and_gradient = loss.value_and_gradient_inplace
    monkeypatch.setattr(loss, "value_and_gradient_inplace", fails)
    with pytest.raises(fault):
        model.partial_fit(X_TRAIN, Y_TRAIN)
    monkeypatch.undo()
    after = snapshot(model)
    assert after[0] == before[0]
    assert_array_equal(after[1], before[1])
    model.partial_fit(X_TRAIN, Y_TRAIN)
    expected.partial_fit(X_TRAIN, Y_TRAIN)
    assert_array_equal(model.predict_proba(X_TEST), expected.predict_proba(X_TEST))


def lines_of_a_call(model, stop_at):
    """How many lines of the package `partial_fit` comes by; it is interrupted at one of them."""
    number = 0

    def trace(frame, event, arg):
        nonlocal number
        module = frame.f_globals.get("__name__", "")
        if not module.startswith("skl2.") or module == "skl2._threads":  # which has a test of its own
            return None
        if event == "line":
            number += 1
            if number == stop_at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        model.partial_fit(X_TRAIN[:40], Y_TRAIN[:40])
    finally:
        sys.settrace(before)
    return number


@pytest.mark.parametrize("params", [{}, {"solver": "sgd", "dropout": 0.2, "batch_norm": True}])
def test_a_call_that_is_interrupted_at_any_line_changes_nothing(params):
    def parts():
        return stream(336, 1, hidden_layer_sizes=(4,), **params)

    model, expected = parts(), parts()
    before = snapshot(model)
    n_lines = lines_of_a_call(expected, stop_at=0)
    assert n_lines > 300
    # all would take long: some of each part, and the last ones, when the attributes are set
    for number in [*range(1, n_lines, 17), *range(n_lines - 30, n_lines + 1)]:
        with pytest.raises(KeyboardInterrupt):
            lines_of_a_call(model, stop_at=number)
        after = snapshot(model)
        assert after[0] == before[0], number
        assert_array_equal(after[1], before[1])
    assert lines_of_a_call(model, stop_at=0) == n_lines
    assert_array_equal(model.predict_proba(X_TEST), expected.predict_proba(X_TEST))


@pytest.mark.parametrize(
    "change", [{"learning_rate_init": 1e-12}, {"solver": "sgd", "learning_rate_init": 1e-12}]
)
def test_settings_changed_between_calls_act(change):
    model = stream(336, 1, hidden_layer_sizes=(8,))
    before = model.predict_proba(X_TEST)
    model.set_params(**change).partial_fit(X_TRAIN, Y_TRAIN)
    assert_allclose(model.predict_proba(X_TEST), before, rtol=1e-6)


def test_weights_that_sum_to_one_are_named():
    weight = np.full(len(Y_TRAIN), 1 / len(Y_TRAIN))
    with pytest.warns(UserWarning, match=r"alpha/Σw is 3: alpha=3 .* sum to 1"):
        MLPClassifier(4, max_iter=300, tol=1e-2, random_state=0).fit(X_TRAIN, Y_TRAIN, weight)
