"""What holds for any data: order, repetition, names and units change nothing but what they must."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning

from skl2 import (
    MLPClassifier,
    MLPClassifierCV,
    MLPRegressor,
    MLPRegressorCV,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
)

settings.register_profile(
    "short", max_examples=15, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

NETWORK = {"hidden_layer_sizes": (), "solver": "lbfgs", "random_state": 0, "tol": 1e-9, "max_iter": 5000}
REGRESSORS = [
    Ridge(),
    RidgeCV((0.1, 1.0, 10.0)),
    RidgeCV("auto", criterion="evidence"),
    MLPRegressor(**NETWORK),
]
CLASSIFIERS = [RidgeClassifier(), RidgeClassifierCV((0.1, 10.0)), MLPClassifier(**NETWORK)]
TINY_SEARCH = {"hidden_layer_sizes": (3,), "alphas": [0.1, 10.0], "cv": 2, "random_state": 0}


@st.composite
def problems(draw):
    """X of unit scale, numbers y and weights, from a seed; few rows or many, wide or tall."""
    n, p = draw(st.integers(3, 30)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(n, p)) + draw(st.sampled_from([0.0, 3.0, 100.0]))
    y = X @ rng.normal(size=p) + rng.normal(size=n)
    return X, y, rng.integers(1, 4, n).astype(float)


def classes(y):
    """Two classes of rows, both there."""
    return (y > np.sort(y)[len(y) // 2 - 1]).astype(int)


def fitted(model, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return type(model)(**model.get_params()).fit(*data)


def raw(model, X):
    """What says most of a fit: probabilities, decision values or numbers."""
    method = next(m for m in ("predict_proba", "decision_function", "predict") if hasattr(model, m))
    return getattr(model, method)(X)


def close(a, b, model):
    """Equal to rounding for closed forms, to the tolerance for networks."""
    rtol = 1e-4 if isinstance(model, MLPRegressor | MLPClassifier) else 1e-7
    assert_allclose(a, b, rtol=rtol, atol=rtol * max(1e-9, np.abs(b).max()))


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
@given(problem=problems(), seed=st.integers(0, 1000))
def test_the_order_of_rows_and_of_columns_does_not_matter(model, problem, seed):
    X, y, weight = problem
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(y)), rng.permutation(X.shape[1])
    there = fitted(model, X[rows][:, columns], y[rows], weight[rows])
    close(there.predict(X[:, columns]), fitted(model, X, y, weight).predict(X), model)


WEIGHED = [
    Ridge(),
    MLPRegressor(**NETWORK),
    RidgeClassifier(class_weight="balanced"),
    MLPClassifier(**NETWORK),
]


@pytest.mark.parametrize("model", [*WEIGHED, RidgeCV("auto", criterion="gcv")], ids=str)
@given(problem=problems())
def test_whole_weights_are_repetitions(model, problem):
    X, y, weight = problem
    y = classes(y) if is_classifier(model) else y
    counts = weight.astype(int)
    one, other = fitted(model, X, y, weight), fitted(model, X.repeat(counts, axis=0), y.repeat(counts))
    close(raw(one, X), raw(other, X), model)


@pytest.mark.parametrize("model", [*REGRESSORS, RidgeCV((0.1, 10.0), cv=2)], ids=str)
@given(problem=problems(), factor=st.sampled_from([1e-6, 0.3, 1e5]), shift=st.sampled_from([0.0, -7.0, 1e3]))
def test_predictions_follow_the_unit_of_y(model, problem, factor, shift):
    X, y, _ = problem
    there = fitted(model, X, factor * y + factor * shift).predict(X)
    close(there / factor - shift, fitted(model, X, y).predict(X), model)


@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
@given(problem=problems())
def test_the_names_of_the_classes_do_not_matter(model, problem):
    X, y, _ = problem
    codes = classes(y)
    names = np.array(["blue", "red"])
    by_code, by_name = fitted(model, X, codes), fitted(model, X, names[codes])
    assert (names[by_code.predict(X)] == by_name.predict(X)).all()
    assert by_name.classes_.tolist() == names.tolist()


@given(problem=problems(), low=st.floats(-6, 5), step=st.floats(0.1, 4))
def test_a_stronger_penalty_gives_smaller_weights_and_a_larger_loss(problem, low, step):
    X, y, weight = problem
    norms, losses = [], []
    for alpha in (10**low, 10 ** (low + step)):
        model = Ridge(alpha).fit(X, y, weight)
        norms.append(np.linalg.norm(model.coef_))
        losses.append(weight @ (y - model.predict(X)) ** 2)
    assert norms[1] <= norms[0] * (1 + 1e-9)
    assert losses[1] >= losses[0] * (1 - 1e-9)


@pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier])
@given(problem=problems(), low=st.floats(-2, 4), step=st.floats(0.3, 3))
def test_so_it_does_to_a_network_at_the_optimum(kind, problem, low, step):
    X, y, weight = problem
    y = classes(y) if kind is MLPClassifier else y
    models = [fitted(kind(alpha=10**power, **NETWORK), X, y, weight) for power in (low, low + step)]
    norms, losses = zip(
        *((np.linalg.norm(m.coefs_[0]), m.train_loss_curve_[-1]) for m in models), strict=True
    )
    assert norms[1] <= norms[0] * (1 + 1e-5)
    assert losses[1] >= losses[0] * (1 - 1e-6)


@given(problem=problems(), parts=st.integers(1, 5))
def test_ridge_in_chunks_is_ridge_on_all_rows(problem, parts):
    X, y, weight = problem
    model = Ridge(0.7)
    for rows in np.array_split(np.arange(len(y)), min(parts, len(y))):
        model.partial_fit(X[rows], y[rows], weight[rows])
    close(model.predict(X), Ridge(0.7).fit(X, y, weight).predict(X), model)


@given(problem=problems(), kind=st.sampled_from([sparse.csr_matrix, sparse.csc_array, sparse.coo_array]))
def test_sparse_rows_are_dense_rows(problem, kind):
    X, y, weight = problem
    X = np.where(X > 1, X, 0.0)
    close(Ridge().fit(kind(X), y, weight).predict(X), Ridge().fit(X, y, weight).predict(X), Ridge())


@pytest.mark.parametrize(
    "model", [MLPClassifierCV(max_iter=5, **TINY_SEARCH), MLPRegressorCV(max_iter=5, **TINY_SEARCH)], ids=repr
)
@given(problem=problems())
@settings(max_examples=5)
def test_a_search_is_finite_or_says_why_not(model, problem):
    X, y, _ = problem
    targets = classes(y) if isinstance(model, MLPClassifierCV) else y
    complaint = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", UserWarning)
            model.fit(X, targets)
    except ValueError as error:
        complaint = str(error)
    if complaint:
        assert any(word in complaint for word in ("fold", "n_splits", "class"))
    else:
        assert np.isfinite(model.coefs_[0]).all()
