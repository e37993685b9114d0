"""What is not as it was asked for is said once, with the remedy; what cannot be meant is refused."""

import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, mlp_path
from skl2.mlp._loss import BinaryCrossEntropy, HalfPoisson, SoftmaxCrossEntropy, SquaredError
from skl2.mlp._objective import Data, constant_loss

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)
X_DIABETES, Y_DIABETES = load_diabetes(return_X_y=True)
WEIGHT = np.random.default_rng(0).uniform(0.1, 2, 150)


def said(fit):
    """The texts of all warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit()
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize(
    ("loss", "y", "n_outputs"),
    [
        (SquaredError(), X_IRIS[:, :2], 2),
        (HalfPoisson(), np.abs(X_IRIS[:, :1]), 1),
        (BinaryCrossEntropy(), (X_IRIS[:, :3] > 0.2), 3),
        (SoftmaxCrossEntropy(), Y_IRIS, 3),
    ],
    ids=["squared", "poisson", "labels", "classes"],
)
def test_no_constant_has_a_lower_loss_than_the_best_one(loss, y, n_outputs):
    data = Data(X_IRIS, y, WEIGHT)
    best = constant_loss(loss, data, n_outputs)
    shares = np.bincount(Y_IRIS, WEIGHT) / WEIGHT.sum()
    mean = shares if y.ndim == 1 else np.average(y, axis=0, weights=WEIGHT)
    around = loss.best_constant(mean) + np.random.default_rng(1).normal(size=(20, n_outputs)) * 0.1
    for f in around:
        others = np.tile(f, (1, 150, 1))
        assert loss.value_and_gradient_inplace(others, y, WEIGHT)[0] / WEIGHT.sum() > best
    if y.ndim == 1:
        assert_allclose(best, -(shares * np.log(shares)).sum())


@pytest.mark.parametrize(("weight", "said_so"), [(1e-9, True), (1e-2, False), (1.0, False)])
def test_a_choice_among_nothing_but_penalties_too_strong_is_said(weight, said_so):
    noise = np.random.default_rng(0).normal(size=150)  # a strong alpha may well be chosen, and rightly
    model = MLPRegressorCV(hidden_layer_sizes=3, alphas=[0.1, 1e3], cv=2, random_state=0)
    messages = said(lambda: model.fit(X_IRIS, noise, np.full(150, weight)))
    assert [text for text in messages if text.startswith("alpha/Σw is")] == messages[: int(said_so)]


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor, MLPRegressorCV])
@pytest.mark.parametrize("weight", [1e-310, 1e-303, 1e299, 1.7e308])
def test_weights_whose_sum_leaves_no_room_are_refused(estimator, weight):
    with pytest.raises(ValueError, match=r"sample_weight sums to .* mean near 1"):
        estimator().fit(X_IRIS, Y_IRIS, np.full(150, weight))


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPClassifierCV])
@pytest.mark.parametrize("weight", [1e-310, 1.7e308])
def test_weights_of_classes_whose_sum_leaves_no_room_are_refused(estimator, weight):
    with pytest.raises(ValueError, match=r"class_weight sums to .* mean near 1"):
        estimator(class_weight={0: weight, 1: weight, 2: weight}).fit(X_IRIS, Y_IRIS)


@pytest.mark.filterwarnings("ignore:Maximum iterations")
@pytest.mark.parametrize("weight", [1e-290, 1e290])
def test_weights_and_alpha_of_any_size_are_a_common_factor(weight):
    plain = MLPRegressor(hidden_layer_sizes=5, max_iter=3, alpha=2.0, random_state=0)
    here = plain.fit(X_IRIS, Y_IRIS).predict(X_IRIS)
    there = plain.set_params(alpha=2 * weight).fit(X_IRIS, Y_IRIS, np.full(150, weight)).predict(X_IRIS)
    assert_allclose(there, here, rtol=1e-6)


@pytest.mark.parametrize("params", [{"loss": "poisson"}, {"normalize_y": False}])
@pytest.mark.parametrize("unit", [1e-30, 1e-6])
def test_a_unit_too_small_for_alpha_is_said(params, unit):
    model = MLPRegressor(hidden_layer_sizes=5, random_state=0, solver="lbfgs", **params)
    messages = said(lambda: model.fit(X_IRIS, unit * (1.0 + Y_IRIS)))
    assert any("predicts no better than a constant" in text for text in messages)
    assert "alpha" in messages[-1]


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("alpha", [1e5, 3.0], ids=["alpha", "weights that sum to 1"])
def test_a_penalty_as_strong_as_all_rows_is_said_once(estimator, alpha):
    weight = np.full(150, 1.0 if alpha > 10 else 1 / 150)
    messages = said(lambda: estimator(alpha=alpha, random_state=0).fit(X_IRIS, Y_IRIS, sample_weight=weight))
    assert len(messages) == 1
    assert "alpha" in messages[0]


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_features_that_are_too_small_to_count_are_to_be_scaled(estimator):
    messages = said(lambda: estimator(random_state=0).fit(X_IRIS * 1e-6, Y_IRIS))
    assert len(messages) == 1
    assert "scale X" in messages[0]


def in_calls(model, X, y):
    """The model after three calls of `partial_fit`."""
    for _ in range(3):
        model.partial_fit(X, y, **({"classes": [0, 1, 2]} if isinstance(model, MLPClassifier) else {}))
    return model


FITS = {
    "adam": {},
    "sgd": {"solver": "sgd"},
    "lbfgs": {"solver": "lbfgs"},
    "adamw": {"solver": "adamw"},
    "batch_norm": {"batch_norm": True},
    "early_stopping": {"early_stopping": True},
}


@pytest.mark.parametrize("size", [1e19, 1e30])
@pytest.mark.parametrize("where", ["everywhere", "in a column", "in a row"])
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor, MLPClassifierCV, MLPRegressorCV])
def test_numbers_whose_squares_float32_cannot_hold(estimator, where, size):
    """An error, or predictions that are numbers, and no warning of NumPy's; the same for a stream."""
    X = X_IRIS / 3
    X[{"everywhere": ..., "in a column": (..., 1), "in a row": 7}[where]] *= size
    X = X.astype(np.float32)
    chooses = {"cv": 2, "alphas": [1.0, 10.0, 100.0]} if hasattr(estimator, "alphas") else {}
    for name, params in FITS.items():
        fits = (
            [estimator.fit] if chooses or name in ("lbfgs", "early_stopping") else [estimator.fit, in_calls]
        )
        for fit in fits:
            model = estimator(hidden_layer_sizes=(5,), max_iter=10, random_state=0, **params, **chooses)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                complaint = ""
                try:
                    fit(model, X, Y_IRIS)
                except ValueError as error:
                    complaint = str(error)
            if complaint:
                assert re.search("large values|scale|finite", complaint), (name, fit)
                continue
            assert [str(w.message) for w in caught if w.category is RuntimeWarning] == [], (name, fit)
            predict = getattr(model, "predict_proba", model.predict)
            assert np.isfinite(predict(X)).all(), (name, fit)


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_where_they_stop_the_steps_of_a_stream_it_is_said(estimator):
    X = (X_IRIS * 1e25).astype(np.float32)
    assert any("scale" in text for text in said(lambda: in_calls(estimator(random_state=0), X, Y_IRIS)))


@pytest.mark.parametrize("y", [Y_IRIS, Y_IRIS > 0, Y_IRIS * 1e9, -Y_IRIS], ids=["3", "2", "large", "below 0"])
def test_an_ordinary_fit_says_nothing(y):
    assert said(lambda: MLPRegressor(random_state=0).fit(X_IRIS, y.astype(float))) == []
    assert said(lambda: MLPClassifier(random_state=0).fit(X_IRIS, y)) == []


def test_a_divergence_is_said_once():
    model = MLPClassifier(
        8, solver="sgd", learning_rate_init=1e200, early_stopping=True, scoring="accuracy", random_state=0
    )
    messages = said(lambda: model.fit(X_IRIS, Y_IRIS))
    assert len(messages) == 1
    assert "diverged" in messages[0]


def test_labels_of_an_indicator_matrix_are_0_and_1():
    with pytest.raises(ValueError, match=r"must hold 0 and 1, got \[-1  1\]: use y > 0"):
        MLPClassifier(4).fit(X_IRIS, np.where(X_IRIS > 0, 1, -1))


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame])
def test_dates_are_no_numbers(frame):
    dates = np.arange(150).astype("datetime64[us]")[:, None]
    X = dates if frame is dict else frame({"when": dates[:, 0]})
    with pytest.raises(TypeError, match="X holds dates"):
        MLPClassifier(4).fit(X, Y_IRIS)
    with pytest.raises(TypeError, match="y holds dates"):
        MLPRegressor(hidden_layer_sizes=4).fit(X_IRIS, dates[:, 0])


def test_floats_are_numbers_to_a_path():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, coefs, _ = mlp_path(X_DIABETES[:50], Y_DIABETES[:50], [1.0])
        assert coefs[0][-1].shape == (100, 1)
        _, coefs, _ = mlp_path(X_IRIS, Y_IRIS, [1.0])
        assert coefs[0][-1].shape == (100, 3)


def test_two_alphas_are_no_grid_to_be_continued():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = MLPClassifierCV(4, n_alphas=2, cv=2, random_state=0).fit(X_IRIS, Y_IRIS)
    assert_allclose(model.alphas_, [1e-3, 1e3])
