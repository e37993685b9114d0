"""The losses against SciPy, at any size: few classes and many, raw predictions beyond what exp can take."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, kl_div, log_expit, log_softmax, softmax

from skl2 import MLPClassifier, MLPRegressor
from skl2.mlp._loss import LOSSES, REGRESSION_LOSSES, SHORT_ROW

RNG = np.random.default_rng(0)
WEIGHT = RNG.uniform(0.2, 3, size=7)


@pytest.mark.parametrize("scale", [1.0, 2000.0], ids=["mild", "huge"])
@pytest.mark.parametrize("n_classes", [2, SHORT_ROW, SHORT_ROW + 1, 3 * SHORT_ROW])
def test_cross_entropy_of_few_classes_and_of_many(n_classes, scale):
    f, y = scale * RNG.normal(size=(2, 7, n_classes)), RNG.integers(n_classes, size=7)
    gradient, probabilities = f.copy(), f[0].copy()
    value = LOSSES["log_loss"]().value_and_gradient_inplace(gradient, y, WEIGHT)
    LOSSES["log_loss"]().predict_inplace(probabilities)
    right = softmax(f, axis=2)
    assert_allclose(value, -log_softmax(f, axis=2)[:, np.arange(7), y] @ WEIGHT, rtol=1e-12)
    assert_allclose(probabilities, right[0], rtol=1e-11, atol=1e-300)
    assert_allclose(gradient, WEIGHT[:, None] * (right - np.eye(n_classes)[y]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 2000.0], ids=["mild", "huge"])
def test_binary_cross_entropy(scale):
    f, y = scale * RNG.normal(size=(2, 7, 3)), RNG.random((7, 3)) > 0.4
    gradient, probabilities = f.copy(), f[0].copy()
    value = LOSSES["binary_log_loss"]().value_and_gradient_inplace(gradient, y, WEIGHT)
    LOSSES["binary_log_loss"]().predict_inplace(probabilities)
    losses = -np.where(y, log_expit(f), log_expit(-f))
    assert_allclose(value, losses.sum(axis=2) @ WEIGHT, rtol=1e-12)
    assert_allclose(probabilities, expit(f[0]), rtol=1e-12)
    assert_allclose(gradient, WEIGHT[:, None] * (expit(f) - y), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_half_poisson_deviance(weight):
    f, y = RNG.normal(size=(2, 7, 3)), RNG.poisson(1.0, size=(7, 3)).astype(float)
    assert (y == 0).any()
    gradient, mean = f.copy(), f[0].copy()
    value = LOSSES["poisson"]().value_and_gradient_inplace(gradient, y, weight)
    LOSSES["poisson"]().predict_inplace(mean)
    rows = np.ones(7) if weight is None else weight
    assert_allclose(value, kl_div(y, np.exp(f)).sum(axis=2) @ rows, rtol=1e-12)
    assert_allclose(mean, np.exp(f[0]), rtol=1e-15)
    assert_allclose(gradient, rows[:, None] * (np.exp(f) - y), rtol=1e-12, atol=1e-14)


def targets_of(loss, n_rows=7):
    """Targets of three outputs or classes, and their means or shares."""
    if loss == "log_loss":
        y = np.resize([0, 2, 1, 2], n_rows)
        return y, np.bincount(y) / n_rows
    y = RNG.random((n_rows, 3)) > 0.4 if loss == "binary_log_loss" else RNG.uniform(0.1, 2.0, (n_rows, 3))
    return y.astype(float), y.mean(axis=0)


@pytest.mark.parametrize("loss", LOSSES)
def test_at_the_best_constant_the_gradients_of_the_rows_cancel(loss):
    y, mean = targets_of(loss)
    f = np.tile(LOSSES[loss]().best_constant(mean), (1, len(y), 1))
    LOSSES[loss]().value_and_gradient_inplace(f, y, None)
    assert np.abs(f).max() > 0.1
    assert_allclose(f.sum(axis=1), 0.0, atol=1e-13)


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "squared_error"])
def test_the_best_constant_is_finite_where_a_share_is_0_or_1(loss):
    mean = np.array([0.0, 1.0, 1e-2])
    constant = LOSSES[loss]().best_constant(mean)
    assert np.isfinite(constant).all()
    fitted = constant[None].copy()
    LOSSES[loss]().predict_inplace(fitted)
    expected = mean / mean.sum() if loss == "log_loss" else mean
    assert_allclose(fitted[0], expected, rtol=1e-11, atol=1.001e-3 if loss == "poisson" else 2e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_of_rows_far_from_the_data(n_classes):
    X = np.random.default_rng(0).normal(size=(60, 2))  # of these rows none lies where no unit is active
    y = np.digitize(X[:, 0], [-0.3, 0.6][: n_classes - 1])
    model = MLPClassifier((5,), alpha=1e-3, random_state=0).fit(X, y)
    far = 1e6 * X[:10]
    probabilities = model.predict_proba(far)
    assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    assert (probabilities >= 0).all()
    assert probabilities.max(axis=1).min() > 1 - 1e-9
    assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(far))


class LogCosh:
    """ℓ = log cosh(f − y), a loss that this package does not have."""

    label, lowest, out_activation, has_unit = "log-cosh", 0.0, "identity", False

    def value_and_gradient_inplace(self, f, y, weight):
        f -= y
        losses = np.logaddexp(f, -f) - np.log(2)
        np.tanh(f, out=f)
        weight = np.ones(f.shape[1]) if weight is None else weight
        f *= weight[:, None]
        return losses.sum(axis=2) @ weight

    def predict_inplace(self, f):
        pass

    def best_constant(self, mean):
        return mean


def test_a_loss_is_one_class_and_its_name(monkeypatch):
    monkeypatch.setitem(REGRESSION_LOSSES, "log_cosh", LogCosh)
    X = np.linspace(-1, 1, 60)[:, None]
    y = 3 + 2 * X[:, 0]
    y[::10] += 40  # the squared error would follow these
    params = {"hidden_layer_sizes": (), "alpha": 1e-6, "solver": "lbfgs", "max_iter": 2000, "random_state": 0}
    model = MLPRegressor("log_cosh", **params).fit(X, y)
    clean = np.arange(60) % 10 > 0
    assert np.abs(model.predict(X) - y)[clean].max() < 0.5
    assert np.isclose(model.loss_, np.log(np.cosh(model.predict(X) - y)).mean(), rtol=1e-4)
    with pytest.raises(ValueError, match="loss='log_cosh' needs y >= 0"):
        model.fit(X, -y)
    with pytest.raises(ValueError, match="loss must be one of"):
        MLPRegressor("log_sinh").fit(X, y)
