"""Arrays of other libraries: the numbers of NumPy, given back where they belong."""

import contextlib
import re
import unittest
from pathlib import Path

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, is_classifier
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator

import skl2

if sklearn.__version__.startswith("1.6."):  # later ones bring their own
    pytest.importorskip("array_api_compat")

NETWORK = {"hidden_layer_sizes": (5, 4), "max_iter": 3, "random_state": 0}
GRID = {"alphas": (0.1, 1.0), "cv": 2}
ESTIMATORS = [
    skl2.Ridge(),
    skl2.RidgeCV(),
    skl2.RidgeClassifier(),
    skl2.RidgeClassifierCV(),
    skl2.MLPRegressor(**NETWORK),
    skl2.MLPRegressorCV(**GRID, **NETWORK),
    skl2.MLPClassifier(**NETWORK),
    skl2.MLPClassifierCV(**GRID, **NETWORK),
]
IRIS, KIND = load_iris(return_X_y=True)
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The chosen alpha"),
]


def name_of(value):
    return type(value).__name__ if isinstance(value, BaseEstimator) else str(value)


@pytest.fixture(params=["array_api_strict", "torch"])
def xp(request):
    return pytest.importorskip(request.param)


@pytest.fixture(autouse=True)
def dispatch(monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # scikit-learn asks for it; nothing here computes in SciPy
    with sklearn.config_context(array_api_dispatch=True):
        yield


def in_numpy(array):
    return np.from_dlpack(array) if not isinstance(array, np.ndarray) else array


def data_for(estimator):
    return (IRIS, KIND) if is_classifier(estimator) else (IRIS[:, :3], IRIS[:, 3])


def fitted(estimator, X, y, **params):
    return sklearn.clone(estimator).fit(X, y, **params)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_scikit_learns_own_checks(estimator):
    assert sklearn.utils.get_tags(estimator).array_api_support
    n_checks = 0
    for _, check in estimator_checks_generator(estimator):
        if check.func.__name__.startswith("check_array_api"):
            with contextlib.suppress(unittest.SkipTest):  # PyTorch, or a device, is missing
                check(sklearn.clone(estimator))
                n_checks += 1
    assert n_checks > 1


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_the_same_bits_come_back_in_the_kind_of_x(estimator, xp):
    X, y = data_for(estimator)
    weight = 1.0 + np.arange(len(y)) % 2
    expected = fitted(estimator, X, y, sample_weight=weight)
    model = fitted(estimator, xp.asarray(X), xp.asarray(y), sample_weight=xp.asarray(weight))
    for method in METHODS:
        if hasattr(model, method):
            given = getattr(model, method)(xp.asarray(X))
            assert type(given) is type(xp.asarray(X))
            assert_array_equal(in_numpy(given), getattr(expected, method)(X))
            with sklearn.config_context(array_api_dispatch=False):
                assert_array_equal(getattr(model, method)(X), getattr(expected, method)(X))
    assert_allclose(model.score(xp.asarray(X), xp.asarray(y)), expected.score(X, y))
    with pytest.raises(ValueError, match=r"predict\(\) must use the same namespace"):
        model.predict(X)
    assert_array_equal(in_numpy(expected.predict(xp.asarray(X))), expected.predict(X))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_a_failed_fit_leaves_the_estimator_as_it_was(estimator, xp):
    X, y = data_for(estimator)
    model = fitted(estimator, xp.asarray(X), xp.asarray(y))
    before = dict(vars(model))
    with pytest.raises(ValueError, match="inconsistent"):
        model.fit(xp.asarray(X), xp.asarray(y[1:]))
    assert vars(model) == before or all(vars(model)[name] is before[name] for name in before)


@pytest.mark.parametrize("estimator", [one for one in ESTIMATORS if hasattr(one, "partial_fit")], ids=name_of)
def test_streams(estimator, xp):
    X, y = data_for(estimator)
    classes = {"classes": np.unique(y)} if is_classifier(estimator) else {}
    expected, model = sklearn.clone(estimator), sklearn.clone(estimator)
    for rows in (slice(0, 150, 2), slice(1, 150, 2)):
        some_X, some_y = X[rows].copy(), y[rows].copy()
        expected.partial_fit(some_X, some_y, **classes)
        model.partial_fit(xp.asarray(some_X), xp.asarray(some_y), **classes)
    assert_array_equal(in_numpy(model.predict(xp.asarray(X))), expected.predict(X))


def test_labels(xp):
    names = np.array(["setosa", "versicolor", "virginica"])[KIND]
    model = skl2.RidgeClassifier().fit(xp.asarray(IRIS), names)
    assert model.predict(xp.asarray(IRIS)).dtype == names.dtype  # there are no arrays of strings elsewhere
    X, y = make_multilabel_classification(60, n_classes=3, random_state=0)
    for estimator in (skl2.RidgeClassifier(), skl2.MLPClassifier(**NETWORK)):
        given = fitted(estimator, xp.asarray(X), xp.asarray(y)).predict(xp.asarray(X))
        assert_array_equal(in_numpy(given), fitted(estimator, X, y).predict(X))


def test_searches_and_single_precision():
    torch = pytest.importorskip("torch")
    X, y = torch.asarray(IRIS[:, :3].astype(np.float32)), torch.asarray(IRIS[:, 3].astype(np.float32))
    model = skl2.Ridge().fit(X, y)
    assert model.predict(X).dtype == model.coef_.dtype == torch.float32
    search = GridSearchCV(skl2.Ridge(), {"alpha": [0.1, 1.0]}, cv=3).fit(X, y)
    assert isinstance(search.predict(X), torch.Tensor)
    expected = cross_val_score(skl2.Ridge(), IRIS[:, :3], IRIS[:, 3], cv=3)
    assert_allclose(cross_val_score(skl2.Ridge(), X, y, cv=3), expected, rtol=1e-4)


def test_arrays_of_one_library_are_seen_without_a_copy(monkeypatch):
    seen = []
    original = skl2.Ridge._validated
    monkeypatch.setattr(
        skl2.Ridge,
        "_validated",
        lambda self, X, *args, **kw: seen.append(X) or original(self, X, *args, **kw),
    )
    torch = pytest.importorskip("torch")
    X = torch.asarray(IRIS[:, :3].copy())
    skl2.Ridge().fit(X, torch.asarray(IRIS[:, 3].copy()))
    assert np.shares_memory(seen[0], X.numpy())


def test_the_example_of_the_documentation_runs():
    pytest.importorskip("torch")
    page = (Path(__file__).parents[1] / "docs" / "travel.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```py\n(.*?)```", page, re.DOTALL)
    exec(code, {})
