"""Optimisers, schedules, the epoch loop: stopping, validation, going on, callbacks, interruption."""

import importlib.util
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV
from skl2.mlp import _optimizer
from skl2.mlp._callbacks import task_of_fit
from skl2.mlp._loss import SoftmaxCrossEntropy
from skl2.mlp._network import Network
from skl2.mlp._objective import Data
from skl2.mlp._optimizer import SGD, Adam, flush_inplace, lbfgs
from skl2.mlp._schedule import Adaptive, AnnealAtPlateau, Constant, InverseScaling, OneCycle
from skl2.mlp._stack import Problem, fit_stack
from skl2.mlp._training import Batches

X_IRIS, Y_IRIS = scale(load_iris().data), load_iris().target
CANCER = load_breast_cancer()
X_FIT, X_VAL, Y_FIT, Y_VAL = train_test_split(
    scale(CANCER.data[:300]), CANCER.target[:300], random_state=0, stratify=CANCER.target[:300]
)
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def small(estimator=MLPClassifier, **params):
    params = {"hidden_layer_sizes": (8,), "max_iter": 8, "random_state": 0} | params
    return estimator(**params)


def assert_same_parameters(one, other, **tolerance):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert_allclose(a, b, **({"rtol": 0, "atol": 0} | tolerance))


# ----------------------------------------------------------------------------------------- optimisers


@pytest.mark.parametrize("beta_2", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("beta_1", [0.0, 0.5, 0.9, 0.99])
def test_adam_is_the_textbooks(beta_1, beta_2):
    rng = np.random.default_rng(0)
    theta, rate, epsilon = rng.normal(size=(2, 7)), np.array([[0.01], [0.1]]), 1e-8
    expected, m, v = theta.copy(), np.zeros((2, 7)), np.zeros((2, 7))
    adam = Adam(theta, beta_1, beta_2, epsilon)
    for t in range(1, 401):
        gradient = rng.normal(size=theta.shape) * 10 ** rng.uniform(-3, 2)
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        # scikit-learn's form of the bias correction, with ε beside the uncorrected √v
        step = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        expected -= step * m / (np.sqrt(v) + epsilon)
        adam.update(theta, gradient.copy(), rate)
        assert_allclose(theta, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())
        assert_allclose(adam.step_length(), step / (np.sqrt(v) + epsilon), rtol=1e-10)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_is_the_textbooks(momentum, nesterov):
    rng = np.random.default_rng(0)
    theta, rate = rng.normal(size=(2, 7)), np.array([[0.01], [0.1]])
    expected, velocity = theta.copy(), np.zeros((2, 7))
    sgd = SGD(theta, momentum, nesterov)
    for _ in range(300):
        gradient = rng.normal(size=theta.shape)
        velocity = momentum * velocity - rate * gradient
        expected += momentum * velocity - rate * gradient if nesterov and momentum else velocity
        sgd.update(theta, gradient.copy(), rate)
        assert_allclose(theta, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [lambda t: Adam(t, 0.9, 0.999, 1e-8), lambda t: SGD(t, 0.9, True)])
def test_a_selected_stack_goes_on_as_before(make):
    rng = np.random.default_rng(0)
    whole, rate = rng.normal(size=(3, 5)), np.full((3, 1), 0.1)
    part, keep = whole.copy(), np.array([True, False, True])
    one, other = make(whole), make(part)
    for step in range(10):
        gradient = rng.normal(size=(3, 5))
        one.update(whole, gradient.copy(), rate)
        if step == 5:
            other.select(keep)
            part = part[keep]
        other.update(part, gradient[keep].copy() if step >= 5 else gradient.copy(), rate[: len(part)])
    assert_array_equal(part, whole[keep])


def test_flush_spares_what_matters():
    x = np.array([[0.0, 1e-21, -1e-30, 1e-19, -1.0, np.finfo(np.float32).tiny / 4]], np.float32)
    flush_inplace(x)
    assert_array_equal(x, np.array([[0, 0, 0, 1e-19, -1, 0]], np.float32))


def test_flush_of_weights_block_by_block(monkeypatch):
    monkeypatch.setattr(_optimizer, "FLUSH_BLOCK", 4)
    small = np.isin(np.arange(10), [0, 3, 4, 9])
    theta = np.where(small, [[1e-13], [-1e-20]], [[1e-11], [-2.0]])
    theta[:, 5] = 0.0  # by a proximal step: its average goes on
    average, expected = np.ones((2, 10)), theta.copy()
    expected[:, small] = 0
    _optimizer.flush_weights_inplace(theta, average)
    assert_array_equal(theta, expected)
    assert_array_equal(average, np.tile(1.0 - small, (2, 1)))
    averages = np.where(small, -1e-21, 1e-19) * np.ones((2, 1))
    flush_inplace(averages)
    assert_array_equal(averages == 0, np.tile(small, (2, 1)))


def test_weights_without_data_end_at_0_and_not_in_the_denormals():
    rng = np.random.default_rng(0)
    theta, rate = 0.1 * rng.normal(size=(1, 200)).astype(np.float32), np.full((1, 1), 1e-3)
    adam, seen = Adam(theta, 0.9, 0.999, 1e-8), 0
    for _ in range(6000):
        gradient = theta * np.float32(2e-3)  # that of the penalty alone
        tiny = np.abs(gradient * gradient)
        seen += np.count_nonzero(tiny[gradient != 0] < np.finfo(np.float32).tiny)
        adam.update(theta, gradient, rate)
    assert_array_equal(theta, 0)
    assert seen == 0


@pytest.mark.parametrize(
    ("n_rows", "sizes"), [(128, [64, 64]), (129, [64, 65]), (160, [64, 96]), (161, [64, 64, 33])]
)
def test_few_last_rows_join_the_batch_before_where_they_would_be_normalised(n_rows, sizes):
    assert [n for _, n in Batches(n_rows, 64, None, no_small_rest=True).epoch()] == sizes
    assert [n for _, n in Batches(129, 64, None).epoch()] == [64, 64, 1]
    assert [n for _, n in Batches(3, 1, None, no_small_rest=True).epoch()] == [1, 1, 1]
    assert [n for _, n in Batches(3, 2, None, no_small_rest=True).epoch()] == [3]


@pytest.mark.parametrize("n_rows", [128, 129, 130, 132, 140])
def test_batch_normalisation_does_not_mind_the_last_rows(n_rows):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 5))
    y = X @ [1.0, -2, 3, 0, 1]
    model = MLPRegressor("squared_error", 30, batch_norm=True, batch_size=64, alpha=0.01, random_state=0)
    assert model.fit(X, scale(y)).score(X, scale(y)) > 0.99


@quiet
def test_weights_that_leave_the_numbers_are_not_kept_for_the_loss_before():
    # the decay of adamw multiplies the weights by 1 - 1e300 after a step whose loss was finite
    model = small(solver="adamw", alpha=1e300, learning_rate="constant", learning_rate_init=1e10, max_iter=3)
    model.fit(X_IRIS, Y_IRIS)
    assert all(np.isfinite(coef).all() for coef in model.coefs_)


def quadratic(target):
    return lambda theta: (0.5 * ((theta - target) ** 2).sum(), theta - target)


def with_l1(target, l1):
    def value_and_grad(theta):
        return 0.5 * ((theta - target) ** 2).sum() + l1 @ np.abs(theta), theta - target

    return value_and_grad


def test_lbfgs_with_l1_is_the_soft_threshold():
    target = np.array([3.0, -3.0, 0.5, -0.5, 0.2, 7.0])
    l1 = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    options = {"precision": 1e-16, "tol": 1e-10, "max_iter": 100, "max_fun": 1000}
    options["on_iteration"] = lambda theta, value: False
    result = lbfgs(with_l1(target, l1), np.ones(6), l1=l1, **options)
    assert_allclose(result.x, [2, -2, 0, 0, 0.2, 7.0], atol=1e-8)
    assert_array_equal(result.x[2:4], 0)
    assert result.success
    assert_allclose(result.fun, 0.5 * (1 + 1 + 0.25 + 0.25) + 4)
    again = lbfgs(with_l1(target, l1), result.x, l1=l1, **options | {"tol": 1e-7})
    assert again.nit == 0
    assert_array_equal(again.x, result.x)
    plain = lbfgs(quadratic(target), np.ones(6), l1=None, **options)
    assert_allclose(plain.x, target, atol=1e-8)
    assert plain.success


def test_lbfgs_with_l1_reports_the_function_itself_on_the_way():
    target, l1, seen = np.array([3.0, -2.0, 0.1]), np.full(3, 0.5), []
    function = with_l1(target, l1)

    def on_iteration(theta, value):
        seen.append(value - function(theta)[0])
        return False

    options = {"precision": 1e-16, "tol": 1e-10, "max_fun": 1000, "on_iteration": on_iteration}
    for max_iter in (1, 2, 100):  # both parts of θ may be above 0 before the end
        result = lbfgs(function, np.array([-1.0, 4.0, 2.0]), l1=l1, max_iter=max_iter, **options)
        assert_allclose(result.fun, function(result.x)[0], rtol=1e-12)
    assert len(seen) > 4
    assert_allclose(seen, 0, atol=1e-12)


def test_lbfgs_at_a_kink_does_not_say_converged():
    def kink(theta):
        return float(np.abs(theta).sum() + 0.5 * (theta**2).sum()), np.where(theta < 0, -1.0, 1.0) + theta

    options = {"tol": 1e-6, "max_iter": 100, "max_fun": 1000, "on_iteration": lambda theta, value: False}
    result = lbfgs(kink, np.array([1.3, -0.7]), l1=None, precision=1e-16, **options)
    assert not result.success


@pytest.mark.parametrize(
    ("tol", "precision", "bound"), [(0.5, 1e-16, 0.5), (1e-3, 1e-16, 1e-3), (1e-12, 1e-6, 1e-3)]
)
def test_lbfgs_ends_at_the_first_gradient_that_is_small_enough(tol, precision, bound):
    gradients = []

    def function(theta):
        return float((theta**4).sum() + 0.5 * (theta**2).sum()), 4 * theta**3 + theta

    def on_iteration(theta, value):
        gradients.append(np.abs(function(theta)[1]).max())
        return False

    options = {"max_iter": 100, "max_fun": 1000, "on_iteration": on_iteration}
    result = lbfgs(function, np.arange(1.0, 6), l1=None, precision=precision, tol=tol, **options)
    assert result.success
    assert np.abs(function(result.x)[1]).max() == gradients[-1] <= bound
    assert tol == bound or gradients[-1] <= tol
    assert all(gradient > tol for gradient in gradients[:-1])
    stopped = lbfgs(
        function, np.arange(1.0, 6), l1=None, precision=precision, tol=tol, **options | {"max_iter": 1}
    )
    assert not stopped.success
    assert stopped.nit == 1


def test_lbfgs_stops_when_told_to():
    seen = []
    result = lbfgs(
        lambda theta: (float((theta**4).sum()), 4 * theta**3),
        np.arange(1.0, 6),
        l1=None,
        precision=1e-16,
        tol=0.0,
        max_iter=100,
        max_fun=1000,
        on_iteration=lambda theta, value: seen.append(value) or len(seen) == 3,
    )
    assert result.nit == len(seen) == 3
    assert not result.success
    assert seen == sorted(seen, reverse=True)


# ------------------------------------------------------------------------------------------ schedules


NONE, ALL = np.zeros(2, bool), np.ones(2, bool)


def test_constant():
    schedule = Constant(0.3, 2)
    assert_array_equal(schedule.epoch_rates(4), np.full((4, 2, 1), 0.3))
    assert_array_equal(schedule.end_epoch(np.array([False, True]), 10), [False, True])


def test_inverse_scaling():
    schedule = InverseScaling(0.3, 2, power=0.5)
    assert_allclose(schedule.epoch_rates(3), 0.3)
    schedule.end_epoch(NONE, 99)
    assert_allclose(schedule.epoch_rates(3), 0.3 / 100**0.5)
    with np.errstate(all="raise"):
        schedule = InverseScaling(0.3, 2, power=1000.0)
        schedule.end_epoch(NONE, 99)
    assert_array_equal(schedule.epoch_rates(3), 0.0)


@pytest.mark.parametrize("power", [200, 1000, 1000.0])
def test_a_rate_that_no_number_can_hold_is_zero(power):
    model = small(solver="sgd", momentum=0.0, learning_rate="invscaling", power_t=power)
    first = model.partial_fit(X_IRIS, Y_IRIS, classes=range(3)).coefs_
    assert_array_equal(model.partial_fit(X_IRIS, Y_IRIS).coefs_[0], first[0])


def test_adaptive():
    schedule = Adaptive(1e-4, 2)
    rates = []
    for _ in range(4):
        rates.append(schedule.epoch_rates(1)[0, :, 0].copy())
        finished = schedule.end_epoch(np.array([True, False]), 1)
    assert_allclose(rates, [[1e-4 / 5**k, 1e-4] for k in range(4)])
    assert_array_equal(finished, [True, False])


def test_one_cycle():
    n_epochs, n_steps, top = 8, 5, 0.2
    schedule, rates = OneCycle(top, 1, n_epochs), []
    for epoch in range(n_epochs):
        rates += schedule.epoch_rates(n_steps)[:, 0, 0].tolist()
        finished = schedule.end_epoch(np.zeros(1, bool), 0)
        assert finished[0] == (epoch == n_epochs - 1)
    progress = (np.arange(40) + 0.5) / 40
    expected = np.where(progress < 0.25, progress / 0.25, np.cos(np.pi / 2 * (progress - 0.25) / 0.75) ** 2)
    assert_allclose(rates, top * expected, rtol=1e-12)


def anneal_rates(max_iter, stalled_at, n_steps=4):
    schedule, rates = AnnealAtPlateau(0.5, 1, max_iter), []
    for epoch in range(1, max_iter + 1):
        rates += schedule.epoch_rates(n_steps)[:, 0, 0].tolist()
        if schedule.end_epoch(np.array([epoch == stalled_at]), 0)[0]:
            break
    return np.array(rates), epoch


def test_anneal_is_steady_until_the_plateau_and_then_falls_in_a_line_to_zero():
    rates, ended = anneal_rates(1000, stalled_at=30)
    assert_allclose(rates[: 30 * 4], 0.5)
    fall = rates[30 * 4 :]
    assert_allclose(np.diff(fall, 2), 0, atol=1e-12)
    assert (np.diff(fall) < 0).all()
    assert_allclose(fall[-1] + np.diff(fall)[-1], 0, atol=1e-12)
    assert 30 < ended < 60


def test_anneal_without_a_plateau_ends_at_zero_within_max_iter():
    rates, ended = anneal_rates(20, stalled_at=None)
    assert ended == 20
    assert len(rates) == 80
    assert_allclose(rates[0], 0.5)
    assert 0 < rates[-1] < 0.05


def test_anneal_of_one_network_leaves_the_others_alone():
    schedule = AnnealAtPlateau(0.5, 2, 1000)
    schedule.end_epoch(np.array([True, False]), 0)
    rates = schedule.epoch_rates(4)[:, :, 0]
    assert_allclose(rates[:, 1], 0.5)
    assert (rates[1:, 0] < 0.5).all()
    schedule.select(np.array([False, True]))
    assert_allclose(schedule.epoch_rates(4), 0.5)


@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive", "anneal", "one_cycle", "auto"])
@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
@quiet
def test_every_schedule_with_every_solver_lowers_the_loss(solver, schedule):
    model = small(solver=solver, learning_rate=schedule, learning_rate_init=0.02, alpha=0.1, max_iter=20)
    model.fit(X_IRIS, Y_IRIS)
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert log_loss(Y_IRIS, model.predict_proba(X_IRIS)) < np.log(3)


@pytest.mark.parametrize("schedule", ["invscaling", "adaptive"])
@quiet
def test_schedules_of_sgd_leave_adam_alone(schedule):
    constant, other = (
        small(learning_rate=kind, learning_rate_init=0.02).fit(X_IRIS, Y_IRIS)
        for kind in ("constant", schedule)
    )
    assert_same_parameters(constant, other)


@quiet
def test_scores_that_are_no_numbers_keep_the_last_weights_and_say_so():
    def nothing(estimator, X, y):
        return np.nan

    last = small(early_stopping=True, scoring="loss", learning_rate="constant", tol=0.0, n_iter_no_change=100)
    model = clone(last).set_params(scoring=nothing)
    with pytest.warns(UserWarning, match="scoring=.* no finite score") as caught:
        model.fit(X_IRIS, Y_IRIS)
    assert caught[0].filename == __file__
    last.fit(X_IRIS, Y_IRIS)
    assert last.best_epoch_ == last.n_iter_  # the loss falls to the end
    assert_same_parameters(model, last)


@quiet
def test_the_loss_without_penalty_is_kept_beside_J():
    model = small(alpha=5.0, learning_rate="constant", batch_size=150).fit(X_IRIS, Y_IRIS)
    squares = sum((coef**2).sum() for coef in model.coefs_)
    penalty = model.loss_curve_[-1] - model.train_loss_curve_[-1]
    assert_allclose(penalty, 2.5 * squares / 150)
    assert len(model.train_loss_curve_) == len(model.loss_curve_) == model.n_iter_
    lbfgs_fit = small(solver="lbfgs", alpha=5.0).fit(X_IRIS, Y_IRIS)
    assert_allclose(
        lbfgs_fit.train_loss_curve_[-1], log_loss(Y_IRIS, lbfgs_fit.predict_proba(X_IRIS)), rtol=1e-10
    )


@quiet
def test_early_stopping_holds_rows_of_every_class_aside():
    X = np.repeat(X_IRIS[[0, 60, 140]], [60, 60, 10], axis=0)
    y = np.repeat([0, 1, 2], [60, 60, 10])
    for seed in range(10):
        model = small(early_stopping=True, random_state=seed, max_iter=2).fit(X, y)
        assert len(model.classes_) == 3


@quiet
def test_a_warm_start_without_seed_keeps_the_rows_that_were_set_aside():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 30)), rng.integers(0, 2, 100)  # nothing to learn
    model = small(early_stopping=True, warm_start=True, alpha=0.0, random_state=None, validation_fraction=0.3)
    model.set_params(scoring="accuracy")
    for _ in range(8):
        model.fit(X, y)
    assert model.best_validation_score_ < 0.8


def test_no_hidden_layer_is_trained_to_its_optimum_by_default():
    for alpha in (0.1, 1.0, 100.0):
        default = MLPClassifier((), alpha=alpha, random_state=0).fit(X_IRIS, Y_IRIS)
        exact = MLPClassifier((), alpha=alpha, solver="lbfgs", tol=1e-9, max_iter=5000).fit(X_IRIS, Y_IRIS)
        assert_allclose(default.loss_, exact.loss_, rtol=1e-3)
    stepped = MLPClassifier((), learning_rate="constant", max_iter=3, random_state=0)
    with pytest.warns(ConvergenceWarning):
        assert stepped.fit(X_IRIS, Y_IRIS).n_iter_ == 3
    stepped.partial_fit(X_IRIS, Y_IRIS)


def test_an_ample_max_iter_costs_nothing():
    short, long = (small(max_iter=n, tol=1e-3).fit(X_IRIS, Y_IRIS) for n in (2000, 10_000))
    assert short.n_iter_ == long.n_iter_ < 2000
    assert_same_parameters(short, long)


# ------------------------------------------------------------------------------------------- the stack


@quiet
@pytest.mark.parametrize(
    "params",
    [
        {"tol": 1e-2, "n_iter_no_change": 2, "max_iter": 100},
        {
            "solver": "sgd",
            "learning_rate": "adaptive",
            "learning_rate_init": 0.1,
            "tol": 1e-2,
            "max_iter": 60,
        },
        {"dropout": 0.2, "batch_norm": True, "l1_ratio": 0.3},
    ],
    ids=["adam", "sgd", "regularisers"],
)
def test_a_stack_is_its_networks_trained_one_by_one(params):
    alphas, model = (0.1, 5.0, 50.0), small(batch_size=32, **params)
    singles = [clone(model).set_params(alpha=alpha).fit(X_IRIS, Y_IRIS) for alpha in alphas]
    problem = Problem(Data(X_IRIS, Y_IRIS), SoftmaxCrossEntropy(), (4, 8, 3))
    rng = np.random.RandomState(0)
    network = model._new_network(problem, 3, rng, np.float64)
    outcome = fit_stack(
        model,
        np.array(alphas)[:, None],
        problem,
        network,
        rng,
        on_epoch=lambda epoch, _: np.zeros(len(epoch.active), bool),
    )
    weights, biases = network.plain()
    assert_array_equal(outcome.n_iter, [single.n_iter_ for single in singles])
    if "n_iter_no_change" in params:
        assert len(set(outcome.n_iter)) > 1  # they finish at different times
    for s, single in enumerate(singles):
        for mine, other in zip(weights + biases, single.coefs_ + single.intercepts_, strict=True):
            assert_allclose(mine[s].reshape(other.shape), other, rtol=1e-8, atol=1e-11)


# --------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize(("n_rows", "batch_size"), [(10, 3), (10, 5), (10, 10), (1, 1)])
@pytest.mark.parametrize("shuffle", [False, True])
def test_an_epoch_takes_every_row_once(n_rows, batch_size, shuffle):
    batches = Batches(n_rows, batch_size, np.random.RandomState(0) if shuffle else None)
    for _ in range(3):
        epoch = batches.epoch()
        rows = np.concatenate([np.arange(n_rows)[rows] for rows, _ in epoch])
        assert_array_equal(np.sort(rows), np.arange(n_rows))
        assert [len(np.arange(n_rows)[rows]) for rows, _ in epoch] == [n for _, n in epoch]
        if not shuffle:
            assert_array_equal(rows, np.arange(n_rows))


@quiet
def test_order_of_rows_does_not_matter_without_batches():
    order = np.random.default_rng(0).permutation(150)
    one = small(batch_size=150).fit(X_IRIS, Y_IRIS)
    other = small(batch_size=150).fit(X_IRIS[order], Y_IRIS[order])
    assert_same_parameters(one, other, rtol=1e-8, atol=1e-10)


# ------------------------------------------------------------------------------------------ validation


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_validation_loss_is_recorded_at_every_epoch(solver):
    weight = np.random.default_rng(0).uniform(0.5, 2, len(Y_VAL))
    model = small(solver=solver).fit(X_FIT, Y_FIT, X_val=X_VAL, y_val=Y_VAL, sample_weight_val=weight)
    assert len(model.validation_loss_curve_) == len(model.loss_curve_) == model.n_iter_
    expected = log_loss(Y_VAL, model.predict_proba(X_VAL), sample_weight=weight)
    assert_allclose(model.validation_loss_curve_[-1], expected, rtol=1e-10)
    # seeing more does not change the fit
    assert_same_parameters(model, clone(model).fit(X_FIT, Y_FIT))


@quiet
def test_validation_loss_of_a_regressor():
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), scale(y)
    model = small(MLPRegressor, normalize_y=False)
    model.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    expected = 0.5 * mean_squared_error(y[300:], model.predict(X[300:]))
    assert_allclose(model.validation_loss_curve_[-1], expected, rtol=1e-10)


@quiet
def test_without_validation_there_is_no_curve():
    assert small().fit(X_FIT, Y_FIT).validation_loss_curve_ is None


SCORES = {
    "loss": lambda model: -log_loss(Y_VAL, model.predict_proba(X_VAL)),
    "roc_auc": lambda model: roc_auc_score(Y_VAL, model.predict_proba(X_VAL)[:, 1]),
    "neg_log_loss": lambda model: -log_loss(Y_VAL, model.predict_proba(X_VAL)),
    "accuracy": lambda model: accuracy_score(Y_VAL, model.predict(X_VAL)),
    None: lambda model: -log_loss(Y_VAL, model.predict_proba(X_VAL)),
}


@quiet
@pytest.mark.parametrize("scoring", SCORES)
def test_early_stopping_keeps_the_best_weights(scoring):
    model = small(
        early_stopping=True,
        scoring=scoring,
        n_iter_no_change=3,
        max_iter=60,
        alpha=0.0,
        learning_rate="constant",
        learning_rate_init=0.1,
        tol=0.0,
    ).fit(X_FIT, Y_FIT, X_val=X_VAL, y_val=Y_VAL)
    assert model.n_iter_ < 60
    assert len(model.validation_scores_) == model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.validation_scores_[model.best_epoch_ - 1] == model.best_validation_score_
    assert_allclose(SCORES[scoring](model), model.best_validation_score_, rtol=1e-10)
    assert model.best_loss_ is None


@quiet
def test_lbfgs_does_not_stop_early_and_says_so_in_its_attributes():
    model = small(solver="lbfgs", early_stopping=True).fit(X_FIT, Y_FIT)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert model.best_loss_ == min(model.loss_curve_)
    assert_same_parameters(model, small(solver="lbfgs").fit(X_FIT, Y_FIT))


@quiet
def test_class_weights_do_not_act_on_validation_rows():
    seen = []

    def scorer(estimator, X, y):  # takes no sample_weight
        seen.append(len(y))
        return -log_loss(y, estimator.predict_proba(X))

    weights = {"class_weight": {0: 9.0, 1: 0.5}, "early_stopping": True}
    plain = small(scoring=scorer, **weights).fit(X_FIT, Y_FIT)
    assert len(seen) == plain.n_iter_
    loss = small(scoring="loss", **weights).fit(X_FIT, Y_FIT)
    assert_allclose(plain.validation_scores_, loss.validation_scores_, rtol=1e-12)
    assert_allclose(loss.validation_scores_, np.negative(loss.validation_loss_curve_))


@quiet
def test_early_stopping_of_a_regressor_may_watch_r2():
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), scale(y)
    model = small(MLPRegressor, early_stopping=True, max_iter=60, learning_rate_init=0.05, scoring="r2")
    model.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    assert_allclose(r2_score(y[300:], model.predict(X[300:])), model.best_validation_score_)


@quiet
def test_early_stopping_sets_rows_aside():
    model = small(early_stopping=True, validation_fraction=0.3, max_iter=20).fit(X_FIT, Y_FIT)
    rng = np.random.RandomState(0)
    sizes = (30, 8), (8, 1)
    for n_in, n_out in sizes:  # the initial weights come first from the random state
        rng.uniform(size=(n_in, n_out))
        rng.uniform(size=n_out)
    X, X_held, _, y_held = train_test_split(X_FIT, Y_FIT, test_size=0.3, random_state=rng, stratify=Y_FIT)
    assert_allclose(-log_loss(y_held, model.predict_proba(X_held)), model.best_validation_score_)
    assert model.t_ == model.n_iter_ * len(X)


@quiet
def test_scorers_see_feature_names_without_a_warning():
    frame = CANCER.frame if CANCER.frame is not None else load_breast_cancer(as_frame=True).data
    model = small(early_stopping=True, scoring="roc_auc", max_iter=4).fit(frame, CANCER.target)
    assert_array_equal(model.feature_names_in_, frame.columns)


@quiet
@pytest.mark.parametrize("early_stopping", [False, True])
def test_validation_rows_pass_through_a_pipeline(early_stopping):
    raw, target = CANCER.data, CANCER.target
    with config_context(enable_metadata_routing=True):
        model = small(early_stopping=early_stopping).set_fit_request(
            X_val=True, y_val=True, sample_weight=True, sample_weight_val=True
        )
        pipeline = make_pipeline(StandardScaler(), model)
        pipeline.set_params(transform_input=["X_val"])
        pipeline.fit(
            raw[:400],
            target[:400],
            X_val=raw[400:],
            y_val=target[400:],
            sample_weight_val=np.ones(len(raw) - 400),
        )
    scaler = StandardScaler().fit(raw[:400])
    alone = clone(model).fit(
        scaler.transform(raw[:400]),
        target[:400],
        X_val=scaler.transform(raw[400:]),
        y_val=target[400:],
        sample_weight_val=np.ones(len(raw) - 400),
    )
    assert pipeline[-1].validation_loss_curve_ == alone.validation_loss_curve_
    assert_same_parameters(pipeline[-1], alone)


# --------------------------------------------------------------------------- going on: warm, by parts


@quiet
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_warm_start_goes_on(solver):
    model = small(solver=solver, warm_start=True, learning_rate="constant").fit(X_IRIS, Y_IRIS)
    first, curve = [c.copy() for c in model.coefs_], list(model.loss_curve_)
    model.fit(X_IRIS, Y_IRIS)
    assert model.loss_curve_[: len(curve)] == curve
    assert len(model.loss_curve_) > len(curve)
    assert model.loss_curve_[-1] < curve[-1]
    assert any((a != b).any() for a, b in zip(first, model.coefs_, strict=True))


STEADY = {"learning_rate": "constant", "learning_rate_init": 0.01, "warm_start": True}


@quiet
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_the_best_loss_survives_a_worse_second_fit(solver):
    model = small(solver=solver, **STEADY).fit(X_IRIS, Y_IRIS)
    best = model.best_loss_
    assert best == min(model.loss_curve_)
    model.set_params(learning_rate_init=3.0).fit(X_IRIS, Y_IRIS)
    assert min(model.loss_curve_[8:]) > best
    assert model.best_loss_ == best
    assert len(model.loss_curve_) == model.best_epoch_ == 16


@quiet
@pytest.mark.parametrize("scoring", ["loss", "neg_log_loss"])
def test_the_best_weights_survive_a_worse_second_fit(scoring):
    rows = {"X_val": X_VAL, "y_val": Y_VAL}
    model = small(early_stopping=True, scoring=scoring, max_iter=60, **STEADY).fit(X_FIT, Y_FIT, **rows)
    coefs, best, epoch = model.coefs_, model.best_validation_score_, model.best_epoch_
    n_first = model.n_iter_
    model.set_params(learning_rate_init=30.0, max_iter=3).fit(X_FIT, Y_FIT, **rows)
    assert len(model.validation_scores_) == len(model.loss_curve_) == n_first + 3
    assert max(model.validation_scores_[n_first:]) < best
    assert model.best_validation_score_ == best
    assert model.best_epoch_ == epoch
    for mine, before in zip(model.coefs_, coefs, strict=True):
        assert_array_equal(mine, before)


@quiet
def test_a_better_second_fit_replaces_the_best():
    rows = {"X_val": X_VAL, "y_val": Y_VAL}
    model = small(early_stopping=True, scoring="loss", max_iter=3, **STEADY).fit(X_FIT, Y_FIT, **rows)
    first = model.best_validation_score_
    model.fit(X_FIT, Y_FIT, **rows)
    assert model.best_validation_score_ == max(model.validation_scores_) > first
    assert model.validation_scores_[model.best_epoch_ - 1] == model.best_validation_score_
    assert_allclose(-log_loss(Y_VAL, model.predict_proba(X_VAL)), model.best_validation_score_)


@quiet
def test_another_score_does_not_compete_with_the_earlier_one():
    rows = {"X_val": X_VAL, "y_val": Y_VAL}
    model = small(early_stopping=True, max_iter=3, **STEADY).fit(X_FIT, Y_FIT, **rows)  # accuracy, positive
    loss = log_loss(Y_VAL, model.predict_proba(X_VAL))
    model.set_params(scoring="loss").fit(X_FIT, Y_FIT, **rows)
    assert log_loss(Y_VAL, model.predict_proba(X_VAL)) < loss
    assert model.best_epoch_ > 3


@quiet
def test_curves_of_validation_rows_end_with_them():
    rows = {"X_val": X_VAL, "y_val": Y_VAL}
    model = small(warm_start=True).fit(X_FIT, Y_FIT).fit(X_FIT, Y_FIT, **rows)
    assert (len(model.loss_curve_), len(model.validation_loss_curve_)) == (16, 8)
    model.fit(X_FIT, Y_FIT)
    assert model.validation_loss_curve_ is None
    model.fit(X_FIT, Y_FIT, **rows).partial_fit(X_FIT, Y_FIT)
    assert model.validation_loss_curve_ is None
    assert len(model.loss_curve_) == model.best_epoch_ == 33
    assert model.best_loss_ == min(model.loss_curve_)


@quiet
def test_warm_start_may_begin_validation_and_early_stopping():
    model = small(warm_start=True).fit(X_FIT, Y_FIT)
    model.set_params(early_stopping=True).fit(X_FIT, Y_FIT, X_val=X_VAL, y_val=Y_VAL)
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == 8
    model.set_params(early_stopping=False).fit(X_FIT, Y_FIT)
    assert model.validation_scores_ is None
    assert len(model.loss_curve_) == 24


@quiet
def test_a_second_fit_without_warm_start_is_like_the_first():
    model = small().fit(X_IRIS, Y_IRIS)
    again = clone(model).fit(X_IRIS[::-1], 2 - Y_IRIS)
    assert_same_parameters(again.fit(X_IRIS, Y_IRIS), model)
    assert again.loss_curve_ == model.loss_curve_


@quiet
def test_a_network_of_another_loss_is_no_start():
    model = small(MLPRegressor, warm_start=True).fit(X_IRIS, Y_IRIS).set_params(loss="poisson")
    before = model.predict(X_IRIS)
    for go_on in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="out_activation_='identity', but the loss asks for 'exp'"):
            go_on(X_IRIS, Y_IRIS)
    assert_array_equal(model.predict(X_IRIS), before)
    assert model.set_params(warm_start=False).fit(X_IRIS, Y_IRIS).out_activation_ == "exp"


@quiet
def test_warm_start_refuses_other_shapes_and_classes():
    model = small(warm_start=True).fit(X_IRIS, Y_IRIS)
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=r"hidden_layer_sizes=\(3,\).*call fit with warm_start=False"):
            getattr(model.set_params(hidden_layer_sizes=(3,)), method)(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="same classes"):
        model.set_params(hidden_layer_sizes=(8,)).fit(X_IRIS[:100], Y_IRIS[:100])


@quiet
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "sgd"},
        {"solver": "adamw"},
        {"l1_ratio": 0.5},
        {"batch_norm": True},
        {"batch_norm": True, "solver": "sgd", "penalize_intercept": True},
    ],
    ids=str,
)
def test_partial_fits_are_the_epochs_of_a_fit(params):
    # with a penalty they would not be: rows that come again are more rows of a stream
    params = {
        "shuffle": False,
        "learning_rate": "constant",
        "learning_rate_init": 0.01,
        "alpha": 0.0,
    } | params
    whole = small(max_iter=7, **params).fit(X_IRIS, Y_IRIS)
    parts = small(**params)
    for _ in range(7):
        parts.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
    assert_same_parameters(parts, whole, rtol=1e-10, atol=1e-13)
    assert_allclose(parts.loss_curve_, whole.loss_curve_)
    assert parts.t_ == whole.t_ == 7 * 150


@quiet
def test_partial_fits_meet_plateaus_as_the_epochs_of_a_fit_do():
    params = {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.5, "tol": 1e-2}
    params |= {"alpha": 0.0, "batch_size": 150, "shuffle": False}
    model = small(**params)
    theirs = SklearnMLP(hidden_layer_sizes=(8,), random_state=0, **params)
    ours_rates, their_rates = [], []
    for _ in range(60):
        model.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
        theirs.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
        ours_rates.append(model._session[0].schedule.rate.item())
        their_rates.append(theirs._optimizer.learning_rate)
    assert ours_rates[-1] < 0.1
    assert_allclose(ours_rates, their_rates)


@quiet
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fits_go_on_after_rows_that_diverge(solver):
    model = small(solver=solver, activation="identity").partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
    with nullcontext() if solver == "adam" else pytest.warns(ConvergenceWarning, match="diverged"):
        model.partial_fit(X_IRIS * 1e200, Y_IRIS)  # Adam's v is infinite then, and its steps are 0
    weights, loss = model.coefs_[0], log_loss(Y_IRIS, model.predict_proba(X_IRIS))
    for _ in range(5):
        model.partial_fit(X_IRIS, Y_IRIS)
    assert (model.coefs_[0] != weights).all()
    assert log_loss(Y_IRIS, model.predict_proba(X_IRIS)) < loss


@quiet
def test_warm_start_asks_for_every_class_only_where_it_fits():
    model = small(warm_start=True).partial_fit(X_IRIS[:60], Y_IRIS[:60], classes=[0, 1, 2])
    model.partial_fit(X_IRIS[60:], Y_IRIS[60:])
    model.fit(X_IRIS, Y_IRIS, X_val=X_IRIS[:60], y_val=Y_IRIS[:60])
    assert_array_equal(model.classes_, [0, 1, 2])


def test_partial_fits_with_a_seed_do_not_repeat_their_masks(monkeypatch):
    masks, draw = [], Network.draw_masks

    def record(self, work, *args):
        draw(self, work, *args)
        masks.append(work.masks[0].copy())

    monkeypatch.setattr(Network, "draw_masks", record)
    model = small(dropout=0.5, batch_size=150, random_state=0)
    for _ in range(3):
        model.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
    assert len(masks) == 3
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (masks[one] != masks[other]).mean() > 0.2


@quiet
def test_partial_fit_after_a_fit_of_another_shape():
    model = small().partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
    model.set_params(hidden_layer_sizes=(3,)).fit(X_IRIS, Y_IRIS)
    epochs = len(model.loss_curve_)
    model.partial_fit(X_IRIS, Y_IRIS)
    assert len(model.loss_curve_) == epochs + 1
    assert model.coefs_[0].shape == (4, 3)


def test_partial_fit_needs_the_classes_first_and_only_then():
    model = small()
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X_IRIS, Y_IRIS)
    model.partial_fit(X_IRIS[:60], Y_IRIS[:60], classes=[0, 1, 2])
    assert_array_equal(model.classes_, [0, 1, 2])
    assert model.predict_proba(X_IRIS).shape == (150, 3)
    model.partial_fit(X_IRIS[60:], Y_IRIS[60:])
    with pytest.raises(ValueError, match="is not the same as on the last call"):
        model.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1])
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`"):
        model.partial_fit(X_IRIS, Y_IRIS + 1)


def test_partial_fit_learns():
    model = small(MLPRegressor, learning_rate_init=0.01)
    for start in list(range(0, 150, 30)) * 30:
        model.partial_fit(X_IRIS[start : start + 30], Y_IRIS[start : start + 30])
    assert model.score(X_IRIS, Y_IRIS) > 0.8


def test_partial_fit_is_for_solvers_with_epochs():
    assert not hasattr(small(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="early_stopping"):
        small(early_stopping=True).partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="balanced"):
        small(class_weight="balanced").partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])


# -------------------------------------------------------------------------------- verbose and endings


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_verbose_prints_one_line_for_each_epoch(solver, capsys):
    model = small(solver=solver, verbose=True).fit(X_FIT, Y_FIT, X_val=X_VAL, y_val=Y_VAL)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_
    for number, (line, loss) in enumerate(zip(lines, model.loss_curve_, strict=True), 1):
        assert line.startswith(f"Iteration {number}, loss = {loss:.8f}")
        assert "validation loss" in line
    small(solver=solver).fit(X_FIT, Y_FIT)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_too_few_epochs_are_said_to_be(solver):
    with pytest.warns(ConvergenceWarning, match=r"max_iter=2\) reached"):
        small(solver=solver, max_iter=2).fit(X_IRIS, Y_IRIS)


def test_too_few_evaluations_are_said_to_be():
    with pytest.warns(ConvergenceWarning, match=r"without reaching tol=0\.0001: increase max_fun=3"):
        small(solver="lbfgs", max_fun=3, max_iter=500).fit(X_IRIS, Y_IRIS)


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_a_diverging_fit_keeps_finite_weights_and_warns(estimator, activation):
    model = small(estimator, solver="sgd", learning_rate_init=1e6, activation=activation, max_iter=300)
    X = np.vstack([X_IRIS] * 3).astype(np.float32)
    with pytest.warns(ConvergenceWarning, match="diverged.*learning_rate_init=1000000"):
        model.fit(X, np.hstack([Y_IRIS] * 3))
    assert all(np.isfinite(part).all() for part in model.coefs_ + model.intercepts_)
    assert np.isfinite(model.predict(X)).all()


def test_data_too_large_for_any_weights_are_refused():
    with pytest.raises(ValueError, match="may contain large values and need to be preprocessed"):
        small(MLPRegressor).fit(np.abs(X_IRIS) * 5e307, Y_IRIS)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_an_interrupted_fit_keeps_its_weights_and_warns(solver, interrupt_at):
    model = small(solver=solver, max_iter=500, alpha=0.1)
    interrupt_at(30)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X_IRIS, Y_IRIS)
    assert 0 < model.n_iter_ < 31
    assert len(model.loss_curve_) == model.n_iter_
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert np.isfinite(model.predict_proba(X_IRIS)).all()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fit_interrupted_in_its_first_epoch_knows_no_loss(early_stopping, interrupt_at):
    model = small(early_stopping=early_stopping)
    interrupt_at(0)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X_IRIS, Y_IRIS)
    assert model.n_iter_ == 0
    assert model.loss_ == np.inf
    assert model.best_loss_ == (None if early_stopping else np.inf)
    assert np.isfinite(model.predict_proba(X_IRIS)).all()


@pytest.mark.filterwarnings("ignore:The fit predicts no better")
def test_lbfgs_that_goes_on_from_the_optimum_takes_no_step_and_knows_its_loss():
    X, y = np.zeros((5, 2)), np.arange(5.0)
    model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", alpha=0, warm_start=True, random_state=0)
    for _ in range(2):
        model.fit(X, y)
    assert model.n_iter_ == 0
    assert model.loss_ == model.best_loss_ == pytest.approx(0.5)  # in units of y's spread
    assert_allclose(model.predict(X), 2.0)


def test_an_interrupted_lbfgs_goes_back_to_its_best_state(monkeypatch):
    values = []
    original = SoftmaxCrossEntropy.value_and_gradient_inplace

    def interrupt_after_a_bad_step(self, f, y, w):
        value = original(self, f, y, w)
        values.append(float(value[0]))
        if len(values) > 5 and values[-1] > min(values):
            raise KeyboardInterrupt
        return value

    monkeypatch.setattr(SoftmaxCrossEntropy, "value_and_gradient_inplace", interrupt_after_a_bad_step)
    # an objective with kinks, so that the line search overshoots sooner or later
    model = small(solver="lbfgs", max_iter=500, alpha=0.0, batch_norm=True, tol=1e-12)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X_IRIS, Y_IRIS)
    monkeypatch.undo()
    loss = log_loss(Y_IRIS, model.predict_proba(X_IRIS))
    assert values[-1] > min(values)
    assert_allclose(loss, min(values) / 150, rtol=1e-6)


# ------------------------------------------------------------------------------------------ callbacks

HAVE_CALLBACKS = importlib.util.find_spec("sklearn.callback") is not None


def test_where_scikit_learn_has_no_callbacks_a_fit_has_none_to_ask():
    task = task_of_fit(object(), 3, X_IRIS, Y_IRIS, None).begin()
    part = task.subtask("epoch", number=1).begin()
    assert task.context is part.context is None
    assert not part.end(lambda: pytest.fail("nothing asks for the attributes"))
    assert not task.end()


if HAVE_CALLBACKS:  # scikit-learn >= 1.9
    from sklearn.callback import ProgressBar, ScoringMonitor

    class Watch:
        """Records the scores of the network after each epoch, and stops after some."""

        def __init__(self, stop_after=None):
            self.stop_after, self.events = stop_after, []

        def setup(self, estimator, context):
            self.events.append("setup")

        def teardown(self, estimator, context):
            self.events.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            self.events.append(f"begin {context.task_name}")

        def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
            if context.task_name == "epoch":
                self.events.append(fitted_estimator.score(X, y))
                return self.stop_after is not None and context.task_id + 1 >= self.stop_after
            self.events.append("end fit")
            return False

        @property
        def scores(self):
            return [event for event in self.events if isinstance(event, float)]

    @quiet
    @pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
    @pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
    def test_callbacks_see_every_epoch(estimator, solver):
        watch = Watch()
        model = small(estimator, solver=solver).set_callbacks(watch).fit(X_IRIS, Y_IRIS)
        assert len(watch.scores) == model.n_iter_ == 8
        assert_allclose(watch.scores[-1], model.score(X_IRIS, Y_IRIS))
        assert watch.events[0] == "setup"
        assert watch.events[1:3] == ["begin fit", "begin epoch"]
        assert watch.events.count("begin epoch") == model.n_iter_
        assert watch.events[-2:] == ["end fit", "teardown"]
        assert_same_parameters(model, clone(small(estimator, solver=solver)).fit(X_IRIS, Y_IRIS))

    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    def test_a_callback_may_stop_the_fit(solver):
        watch = Watch(stop_after=3)
        model = small(solver=solver, max_iter=3).set_callbacks(watch)
        model.fit(X_IRIS, Y_IRIS)  # and nothing warns, since the end was asked for
        assert model.n_iter_ == len(watch.scores) == 3

    @quiet
    def test_scoring_monitor():
        monitor = ScoringMonitor(scoring="neg_log_loss")
        model = small().set_callbacks(monitor).fit(X_IRIS, Y_IRIS)
        scores = monitor.get_logs().data_as_pandas["neg_log_loss"].dropna()
        assert len(scores) >= 8
        assert -log_loss(Y_IRIS, model.predict_proba(X_IRIS)) in scores.to_numpy()

    @quiet
    @pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
    def test_scoring_monitor_with_a_plain_function(estimator):
        monitor = ScoringMonitor(scoring=lambda model, X, y: {"mine": model.score(X, y)})
        model = small(estimator).set_callbacks(monitor).fit(X_IRIS, Y_IRIS)
        scores = monitor.get_logs().data_as_pandas["mine"]
        assert len(scores) == model.n_iter_ + 1  # one for each epoch, one for the whole fit
        assert scores[0] == model.score(X_IRIS, Y_IRIS)

    @quiet
    def test_weights_and_frames_reach_the_scores():
        frame, weight = load_iris(as_frame=True).data, np.linspace(0, 1, 150)
        monitor = ScoringMonitor(scoring="accuracy")
        model = small().set_callbacks(monitor).fit(frame, Y_IRIS, sample_weight=weight)
        scores = monitor.get_logs().data_as_pandas["accuracy"]
        assert scores[0] == model.score(frame, Y_IRIS, sample_weight=weight) != model.score(frame, Y_IRIS)

    @quiet
    def test_progress_bar_prints_the_epochs(capsys):
        small().set_callbacks(ProgressBar()).fit(X_IRIS, Y_IRIS)
        assert "MLPClassifier" in capsys.readouterr().out

    @quiet
    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_progress_bars_nest_in_a_grid_search(capsys, n_jobs):
        search = GridSearchCV(small(), {"alpha": [0.1, 1.0]}, cv=2, n_jobs=n_jobs)
        search.set_callbacks(ProgressBar(max_propagation_depth=3)).fit(X_IRIS, Y_IRIS)
        printed = capsys.readouterr().out
        assert "GridSearchCV" in printed
        assert "MLPClassifier" in printed

    @quiet
    @pytest.mark.parametrize("n_jobs", [None, 2])
    @pytest.mark.parametrize("estimator", [MLPClassifierCV, MLPRegressorCV])
    def test_callbacks_hear_of_the_folds_and_then_of_the_epochs_of_the_final_fit(estimator, n_jobs):
        watch = Watch()
        model = small(estimator, alphas=[0.1, 1.0, 10.0], cv=3, n_jobs=n_jobs).set_callbacks(watch)
        with parallel_config("threading"), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model.fit(X_IRIS, Y_IRIS)
        begun = [event[6:] for event in watch.events if str(event).startswith("begin")]
        begun = [event for event in begun if event != "fold epoch"]
        assert begun == ["fit", "cross-validation", *["fold"] * 3, "refit", *["epoch"] * model.n_iter_]
        assert watch.events[0] == "setup"
        assert watch.events[-1] == "teardown"
        assert watch.events.count("teardown") == 1
        assert len(watch.scores) == model.n_iter_
        assert watch.scores[-1] == model.score(X_IRIS, Y_IRIS)

    class Deadline:
        """Stops whatever runs after so many epochs, of folds or of the final fit."""

        def __init__(self, n_epochs):
            self.n_epochs, self.seen = n_epochs, 0

        def setup(self, estimator, context):
            pass

        teardown = on_fit_task_begin = setup

        def on_fit_task_end(self, estimator, context):
            self.seen += context.task_name.endswith("epoch")
            return self.seen >= self.n_epochs

    @quiet
    @pytest.mark.filterwarnings("ignore:The chosen alpha|The mean score")
    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    @pytest.mark.parametrize("n_epochs", [5, 25, 70])
    def test_a_callback_may_stop_the_folds_and_what_is_there_is_used(n_epochs, solver):
        deadline = Deadline(n_epochs)
        model = MLPClassifierCV(8, alphas=[0.1, 1.0, 10.0], cv=3, solver=solver, random_state=0)
        model.set_callbacks(deadline).fit(X_IRIS, Y_IRIS)
        assert deadline.seen <= n_epochs + 1  # one epoch of the final fit
        assert len(model.scores_) <= 3
        assert log_loss(Y_IRIS, model.predict_proba(X_IRIS)) < 0.8 * np.log(3)

    def test_folds_in_processes_that_are_stopped_are_not_cut_off():
        model = MLPClassifierCV(8, alphas=[0.1, 1.0, 10.0], cv=10, random_state=0, n_jobs=2)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.set_callbacks(Deadline(10)).fit(X_IRIS, Y_IRIS)
        assert not [warning for warning in said if "tasks" in str(warning.message)]
        assert model.fold_epochs_.tolist() == [[10, 10, 10]]

    @pytest.mark.parametrize("after", ["fit", "extension"])
    @pytest.mark.filterwarnings("ignore:The chosen alpha|The mean score|The fit predicts no better")
    def test_a_callback_that_stops_the_folds_stops_the_extension_of_the_grid(after):
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)  # nothing to learn: the grid goes on

        def fit(n_epochs, **params):
            deadline = Deadline(n_epochs)
            model = MLPClassifierCV((), cv=3, solver="lbfgs", random_state=0, **params)
            return model.set_callbacks(deadline).fit(X, y), deadline.seen

        given, seen = fit(np.inf, alphas=[1e-3, 1.0, 1e3], refit=False)
        model, _ = fit(np.inf, n_alphas=3)
        assert len(model.alphas_) > 3
        stopped, _ = fit(2 if after == "fit" else seen + 1, n_alphas=3)
        assert_array_equal(stopped.alphas_, given.alphas_)
        assert (stopped.alpha_ == given.alpha_) or after == "fit"

    @quiet
    def test_a_callback_may_stop_the_final_fit():
        model = small(MLPClassifierCV, alphas=[0.1, 1.0, 10.0], cv=3).set_callbacks(Watch(stop_after=3))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model.fit(X_IRIS, Y_IRIS)
        assert model.n_iter_ == 3
        assert (model.fold_epochs_ > 3).any()

    @quiet
    @pytest.mark.filterwarnings("ignore:The chosen alpha")
    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_progress_and_scores_of_a_choice_of_alpha(capsys, n_jobs):
        model = small(MLPClassifierCV, alphas=[0.1, 1.0, 10.0], cv=3, n_jobs=n_jobs)
        monitor = ScoringMonitor(scoring="accuracy")
        model.set_callbacks(ProgressBar(), monitor).fit(X_IRIS, Y_IRIS)
        printed = capsys.readouterr().out
        for task in ("fit", "cross-validation", "refit"):
            assert f"MLPClassifierCV - {task}" in printed
        scores = monitor.get_logs().data_as_pandas["accuracy"]
        assert len(scores) == model.n_iter_ + 2  # the epochs, the final fit, and all of it
        assert scores[0] == model.score(X_IRIS, Y_IRIS)

    @quiet
    @pytest.mark.filterwarnings("ignore:The chosen alpha")
    def test_bars_of_a_choice_of_alpha_nest_in_a_grid_search(capsys):
        model = small(MLPClassifierCV, alphas=[0.1, 1.0], cv=2)
        search = GridSearchCV(model, {"hidden_layer_sizes": [3, 4]}, cv=2)
        search.set_callbacks(ProgressBar(max_propagation_depth=3)).fit(X_IRIS, Y_IRIS)
        assert "cross-validation" in capsys.readouterr().out

    def test_callbacks_are_torn_down_after_an_error():
        watch = Watch()
        model = small(alpha=-1).set_callbacks(watch)
        with pytest.raises(ValueError, match="alpha"):
            model.fit(X_IRIS, Y_IRIS)
        assert watch.events in ([], ["setup", "teardown"])
        assert not hasattr(model, "_callback_fit_ctx")
