"""With normalize_y a network does not know in which unit, and from which origin, y is measured."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.preprocessing import scale

from skl2 import MLPRegressor, MLPRegressorCV, Ridge, mlp_path

X, Y = load_diabetes(return_X_y=True)
X, Y = scale(X)[:150], Y[:150]
TWO = np.column_stack([Y, np.cos(Y)])
WEIGHT = np.random.default_rng(0).integers(0, 4, len(Y)).astype(float)
UNITS = [(1e-9, 0.0), (1e9, 3e9), (7.0, -1e3), (1e30, 0.0)]
TIGHT = {"solver": "lbfgs", "tol": 1e-10, "max_iter": 5000, "max_fun": 100_000}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def regressor(**params):
    return MLPRegressor(**{"hidden_layer_sizes": (12,), "max_iter": 20, "random_state": 0} | params)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("y", [Y, TWO], ids=["one", "two"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_another_unit_gives_the_same_fit_in_that_unit(dtype, y, unit):
    factor, origin = unit
    here = regressor().fit(X.astype(dtype), y, WEIGHT)
    there = regressor().fit(X.astype(dtype), factor * y + origin, WEIGHT)
    spread = factor * y.std(axis=0)
    # rounding of y itself, where its origin is far away, and of the predictions
    noise = np.finfo(dtype).eps * (200 + np.abs(factor * y + origin).max(axis=0) / spread)
    difference = (there.predict(X.astype(dtype)) - (factor * here.predict(X.astype(dtype)) + origin)) / spread
    assert (np.abs(difference) < 20 * noise).all()
    assert_allclose(there.loss_curve_, here.loss_curve_, rtol=np.finfo(dtype).eps * 1e4)


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"batch_norm": True}, {"solver": "sgd"}])
def test_a_power_of_two_changes_no_bit(params):
    here, there = (regressor(**params).fit(X, factor * Y) for factor in (1.0, 2.0**40))
    assert_array_equal(there.predict(X), 2.0**40 * here.predict(X))
    assert there.loss_curve_ == here.loss_curve_


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_without_hidden_layer_it_is_ridge_with_this_alpha(factor, weight):
    exact = Ridge(alpha=5.0).fit(X, factor * TWO, weight)
    network = regressor(hidden_layer_sizes=(), alpha=5.0, **TIGHT).fit(X, factor * TWO, weight)
    assert_allclose(network.coefs_[0].T, exact.coef_, atol=1e-6 * np.abs(exact.coef_).max())
    assert_allclose(network.intercepts_[0], exact.intercept_, rtol=1e-6)


def test_losses_are_in_units_of_the_spread():
    held_out = slice(100, None)
    model = regressor(solver="lbfgs").fit(X[:100], TWO[:100], X_val=X[held_out], y_val=TWO[held_out])
    error = (model.predict(X[held_out]) - TWO[held_out]) / TWO[:100].std(axis=0)
    assert_allclose(model.validation_loss_curve_[-1], 0.5 * (error**2).sum(axis=1).mean(), rtol=1e-10)
    assert_allclose(model.y_mean_, TWO[:100].mean(axis=0))
    assert_allclose(model.y_scale_, TWO[:100].std(axis=0))


def test_mean_and_spread_are_weighted():
    model = regressor().fit(X, Y, WEIGHT)
    copies = np.repeat(Y, WEIGHT.astype(int))
    assert_allclose([model.y_mean_[0], model.y_scale_[0]], [copies.mean(), copies.std()], rtol=1e-12)


def test_a_constant_output_has_the_unit_one():
    model = regressor(**TIGHT | {"max_iter": 500}).fit(X, np.column_stack([Y, 0 * Y + 0.1]))
    assert model.y_scale_[1] == 1.0
    assert_allclose(model.predict(X)[:, 1], 0.1, rtol=0.02)


def test_y_in_its_own_unit_is_fitted_well_by_default():
    salaries = 3e4 + 1e4 * scale(Y)
    model = MLPRegressor(random_state=0).fit(X, salaries)
    assert model.score(X, salaries) > 0.5
    assert MLPRegressor(normalize_y=False, random_state=0).fit(X, salaries).score(X, salaries) < 0


def test_early_stopping_watches_y_in_its_own_unit():
    params = {"early_stopping": True, "scoring": "r2", "max_iter": 60, "random_state": 0}
    y = 1e6 + 1e4 * scale(Y)
    model = MLPRegressor(**params).fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    assert model.best_epoch_ > 1
    assert_allclose(model.best_validation_score_, r2_score(y[100:], model.predict(X[100:])), rtol=1e-9)


@pytest.mark.filterwarnings("ignore:The chosen alpha")
@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error"])
def test_the_choice_does_not_depend_on_the_unit(scoring):
    params = {"hidden_layer_sizes": 8, "alphas": [0.1, 1.0, 10.0, 100.0], "cv": 3, "random_state": 0}
    here, there = (MLPRegressorCV(scoring=scoring, **params).fit(X, factor * Y) for factor in (1.0, 2.0**30))
    assert there.alpha_ == here.alpha_
    factor = 1.0 if scoring is None else 2.0**30
    assert_allclose(there.scores_, factor * here.scores_, rtol=1e-6)
    assert_array_equal(there.predict(X), 2.0**30 * here.predict(X))


def test_a_path_is_in_the_units_of_y():
    def path(factor):
        return mlp_path(X, factor * Y, [1.0, 10.0], estimator=regressor(), return_intercepts=True)

    (_, coefs, losses, intercepts), (_, coefs_2, losses_2, intercepts_2) = path(1.0), path(2.0)
    assert_array_equal(losses_2, losses)
    for place in range(2):
        assert_array_equal(coefs_2[place][-1], 2 * coefs[place][-1])
        assert_array_equal(intercepts_2[place][-1], 2 * intercepts[place][-1])


@pytest.mark.parametrize("outputs", [Y, TWO], ids=["one", "two"])
@pytest.mark.parametrize("weigh", [False, True])
def test_a_stream_has_the_unit_of_the_rows_so_far(outputs, weigh):
    weight = 1.0 + np.arange(len(X)) % 3 if weigh else np.ones(len(X))
    model = regressor()
    for rows in np.split(np.arange(80), [1, 2, 5, 40]):
        model.partial_fit(X[rows], outputs[rows], weight[rows] if weigh else None)
        seen = outputs[: rows[-1] + 1].repeat(weight[: rows[-1] + 1].astype(int), axis=0)
        assert_allclose(np.squeeze(model.y_mean_), seen.mean(axis=0), rtol=1e-12)
        assert_allclose(np.squeeze(model.y_scale_), np.where(rows[-1], seen.std(axis=0), 1.0), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(("factor", "shift"), [(1e6, 0.0), (1e-6, 3.0), (2e3, 1e6)])
def test_predictions_of_a_stream_follow_the_unit_of_y(size, factor, shift):
    def predictions(y):
        model = regressor()
        for start in range(0, 60, size):
            model.partial_fit(X[start : start + size], y[start : start + size])
        return model.predict(X)

    expected = factor * (predictions(Y) + shift)
    assert_allclose(predictions(factor * (Y + shift)), expected, rtol=1e-5, atol=1e-5 * np.ptp(expected))


def test_a_new_unit_changes_no_prediction():
    """A rate of almost nothing leaves what the network knows, in any unit."""
    model = regressor(learning_rate_init=1e-3).partial_fit(X[:50], TWO[:50])
    before = model.predict(X)
    model.set_params(learning_rate_init=1e-15).partial_fit(X[50:], 10 * TWO[50:])
    assert_allclose(model.predict(X), before, rtol=1e-9)


@pytest.mark.parametrize("size", [1, 16])
def test_a_stream_of_salaries_is_learned(size):
    y = 50_000 + 9_000 * (X[:, 0] - X[:, 1] ** 2)
    model = MLPRegressor(random_state=0)
    for start in [*range(0, len(X), size)] * 5:
        model.partial_fit(X[start : start + size], y[start : start + size])
    assert model.score(X, y) > 0.8


def test_a_warm_start_goes_on_in_the_unit_of_the_first_fit():
    model = regressor(warm_start=True).fit(X, Y)
    unit = model.y_mean_[0], model.y_scale_[0]
    before = model.predict(X)
    model.set_params(learning_rate_init=1e-12, max_iter=1).fit(X, 2 * Y)
    assert (model.y_mean_[0], model.y_scale_[0]) == unit
    assert_allclose(model.predict(X), before, rtol=1e-6)


@pytest.mark.parametrize("params", [{"alpha": 1e-3}, {"alpha": 1e-3, "hidden_layer_sizes": ()}])
def test_poisson_starts_at_the_mean(params):
    counts = np.random.default_rng(0).poisson(1000 * np.exp(0.3 * X[:, 0]))
    model = regressor(loss="poisson", max_iter=1, **params).fit(X, counts)
    assert abs(np.log(model.predict(X).mean() / counts.mean())) < 1
    model = regressor(loss="poisson", max_iter=200, **params).fit(X, counts)
    assert model.score(X, counts) > 0.8
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        regressor(loss="poisson", **params).fit(X, 0 * counts)


@pytest.mark.parametrize("before", [0.0, 1e-6, 1e6])
@pytest.mark.parametrize("outputs", [1, 2])
def test_a_stream_of_counts_that_begins_with_one_number_goes_on_from_the_mean(before, outputs):
    counts = np.random.default_rng(0).poisson(100 * np.exp(0.3 * X[:, :outputs])).astype(float).squeeze()
    model = regressor(loss="poisson")
    for _ in range(3):
        model.partial_fit(X[:20], np.full_like(counts[:20], before))
    for start in [*range(0, 150, 15)] * 5:
        model.partial_fit(X[start : start + 15], counts[start : start + 15])
    assert (np.abs(np.log(model.predict(X).mean(axis=0) / counts.mean(axis=0))) < 1).all()


@pytest.mark.parametrize("factor", [2.0**-50, 2.0**-10, 2.0**10])
def test_poisson_in_another_unit_with_alpha_in_that_unit_is_the_same_fit(factor):
    counts = np.random.default_rng(0).poisson(5 * np.exp(0.3 * X[:, 0]))
    here = regressor(loss="poisson", epsilon=1e-300).fit(X, counts)
    there = regressor(loss="poisson", epsilon=1e-300, alpha=factor).fit(X, factor * counts)
    assert_allclose(there.predict(X), factor * here.predict(X), rtol=1e-6)


def test_numbers_up_to_the_end_of_the_range_have_a_mean_and_a_spread():
    ends = np.resize([1.7e308, 1.5e308], 150)
    model = regressor().fit(X, ends)
    assert_allclose([model.y_mean_[0], model.y_scale_[0]], [1.6e308, 1e307])
    assert_allclose(model.predict(X), 1.6e308, rtol=0.1)
    assert_allclose(
        regressor().fit(X, ends, WEIGHT).y_mean_, np.average(ends / 1e308, weights=WEIGHT) * 1e308
    )
    assert_allclose(regressor().fit(X, np.resize([5e-324, 2e-323], 150)).y_mean_, 1.5e-323, atol=5e-324)


def test_the_own_unit_is_the_formula_in_the_unit_of_y():
    model = regressor(normalize_y=False).fit(X, Y)
    assert (model.y_mean_[0], model.y_scale_[0]) == (0.0, 1.0)


def test_numbers_that_float32_cannot_hold_are_refused_by_name():
    with pytest.raises(ValueError, match=r"y.*float64"):
        regressor().fit(X.astype(np.float32), 1e39 * Y)
