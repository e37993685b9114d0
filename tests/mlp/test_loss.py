"""The losses against SciPy, at any size: few classes and many, raw predictions beyond what exp can take."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_expit, log_softmax, softmax

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


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_of_rows_far_from_the_data(n_classes):
    X = RNG.normal(size=(60, 2))
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
