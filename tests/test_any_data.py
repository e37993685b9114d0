"""Any data at all: what comes out is finite, or an error that names what is wrong."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

import skl2

settings.register_profile(
    "short", max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("long", max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

NETWORK = {"hidden_layer_sizes": (3,), "max_iter": 5, "random_state": 0}
ESTIMATORS = {
    "Ridge": skl2.Ridge,
    "RidgeClassifier": skl2.RidgeClassifier,
    "RidgeCV": lambda alpha: skl2.RidgeCV([alpha, 10 * alpha + 1.0]),
    "RidgeCV, folds": lambda alpha: skl2.RidgeCV([alpha, 10 * alpha + 1.0], cv=2),
    "RidgeCV, auto": lambda alpha: skl2.RidgeCV("auto"),
    "RidgeClassifierCV": lambda alpha: skl2.RidgeClassifierCV([alpha, 10 * alpha + 1.0]),
    "MLPRegressor": lambda alpha: skl2.MLPRegressor(alpha=alpha, **NETWORK),
    "MLPClassifier": lambda alpha: skl2.MLPClassifier(alpha=alpha, **NETWORK),
    "MLPClassifier, lbfgs": lambda alpha: skl2.MLPClassifier(alpha=alpha, **NETWORK | {"solver": "lbfgs"}),
    "MLPRegressorCV": lambda alpha: skl2.MLPRegressorCV(alphas=[alpha, 10 * alpha + 1.0], cv=2, **NETWORK),
    "MLPClassifierCV": lambda alpha: skl2.MLPClassifierCV(alphas=[alpha, 10 * alpha + 1.0], cv=2, **NETWORK),
}
NAMED = ("X ", "X,", "y ", "weight", "alpha", "class", "fold", "n_splits", "sample", "float", "label")


@st.composite
def tables(draw):
    """X, y and weights of any shape, kind, order and scale; y has both signs and at least two values."""
    n, p = draw(st.integers(1, 14)), draw(st.integers(1, 16))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(n, p)) + draw(st.sampled_from([0.0, 0.0, 1e6]))
    widest = draw(st.sampled_from([0, 3, 12]))
    X *= 10.0 ** rng.uniform(-widest, widest, p)
    if draw(st.booleans()):
        X[:, rng.integers(p)] = draw(st.sampled_from([0.0, 1.0, 3e5]))
    if draw(st.booleans()) and n > 1:
        X[rng.integers(n)] = X[0]
    X = X.astype(draw(st.sampled_from([np.float64, np.float32])))
    kind = draw(
        st.sampled_from([np.ascontiguousarray, np.asfortranarray, sparse.csr_array, sparse.csc_array])
    )
    y = rng.normal(size=n) * 10.0 ** draw(st.integers(-12, 12))
    weight = draw(st.sampled_from([None, "whole", "some zero", "wide"]))
    if weight == "wide":
        weight = 10.0 ** rng.uniform(-8, 8, n)
    elif weight is not None:
        weight = rng.integers(int(weight == "whole"), 4, n).astype(float)
    return kind(X), y, weight


def is_finite(values):
    return bool(np.isfinite(np.asarray(values, dtype=float)).all())


@pytest.mark.parametrize("name", ESTIMATORS)
@given(table=tables(), alpha=st.sampled_from([0.0, 1e-8, 1e-3, 1.0, 1e5, 1e12]))
def test_any_table_gives_numbers_or_an_error_that_names_what_is_wrong(name, table, alpha):
    X, y, weight = table
    model = ESTIMATORS[name](alpha)
    if "Classifier" in name:
        y = (y > 0).astype(int)
    before = set(vars(model))
    complaint = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of convergence, of an end of the grid
        try:
            model.fit(X, y, weight)
        except (ValueError, TypeError) as error:
            complaint = str(error)
        else:
            values = model.decision_function(X) if hasattr(model, "decision_function") else model.predict(X)
            assert is_finite(values)
            assert model.predict(X).shape == y.shape
    if complaint:
        assert any(word in complaint for word in NAMED), complaint
        assert set(vars(model)) == before
