"""Fitted estimators are stored and loaded by pickle and by skops, and go on as if nothing had been."""

import pickle
from functools import cache

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import is_classifier
from sklearn.datasets import load_iris
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skl2


def skops():
    """The module, which takes seconds to import: not in a process that gets none of these tests."""
    from skops import io

    return io


NETWORK = {"hidden_layer_sizes": (5, 4), "max_iter": 3, "random_state": 0}
GRID = {"alphas": (0.1, 1.0), "cv": 2}
IRIS, KIND = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[KIND]

FITTED = {
    "Ridge": skl2.Ridge(),
    "Ridge of large X": skl2.Ridge(solver="svd"),
    "RidgeCV": skl2.RidgeCV(),
    "RidgeCV with its path": skl2.RidgeCV(store_path=True, store_cv_results=True),
    "RidgeCV by folds": skl2.RidgeCV(cv=3),
    "RidgeClassifier": skl2.RidgeClassifier(),
    "RidgeClassifierCV": skl2.RidgeClassifierCV(store_path=True),
    "MLPRegressor": skl2.MLPRegressor(**NETWORK),
    "MLPRegressorCV": skl2.MLPRegressorCV(**GRID, **NETWORK),
    "MLPClassifier": skl2.MLPClassifier(batch_norm=True, early_stopping=True, **NETWORK),
    "MLPClassifier with a generator": skl2.MLPClassifier(
        hidden_layer_sizes=4, max_iter=3, random_state=np.random.RandomState(0)
    ),
    "MLPClassifierCV": skl2.MLPClassifierCV(**GRID, **NETWORK),
    "pipeline": make_pipeline(StandardScaler(), skl2.MLPClassifier(**NETWORK)),
}
STREAMS = {
    "Ridge": skl2.Ridge(),
    "RidgeClassifier": skl2.RidgeClassifier(),
    "MLPRegressor": skl2.MLPRegressor(dropout=0.2, **NETWORK),
    **{
        f"MLPClassifier {solver} {rate}": skl2.MLPClassifier(solver=solver, learning_rate=rate, **NETWORK)
        for solver in ("adam", "adamw", "sgd")
        for rate in ("auto", "constant", "invscaling", "adaptive", "anneal")
    },
}
WAYS = {f"pickle {n}": (lambda model, n=n: pickle.loads(pickle.dumps(model, n))) for n in range(6)}
WAYS["skops"] = lambda model: skops().loads(skops().dumps(model), trusted=skl2.TRUSTED_TYPES)

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The chosen alpha"),
]


def target_of(estimator):
    return NAMES if is_classifier(estimator) else IRIS[:, 3]


def assert_same(one, other):
    """Predictions and everything that is public are equal to the last bit."""
    assert repr(other).partition("0x")[0] == repr(one).partition("0x")[0]
    assert vars(other).keys() == vars(one).keys()
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(one, method):
            assert_array_equal(getattr(other, method)(IRIS), getattr(one, method)(IRIS))
    if getattr(one, "store_path", False):
        assert_array_equal(other.coef_path([0.5, 2.0]), one.coef_path([0.5, 2.0]))


@cache
def fitted(name):
    """One fit for all ways to store it."""
    model = sklearn.clone(FITTED[name])
    return model.fit(IRIS, target_of(model))


@pytest.mark.parametrize("store_and_load", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", FITTED)
def test_a_fit(name, store_and_load):
    model, unfitted = fitted(name), sklearn.clone(FITTED[name])
    assert_same(store_and_load(unfitted).fit(IRIS, target_of(unfitted)), model)
    assert_same(model, store_and_load(model))


@pytest.mark.parametrize("store_and_load", [WAYS["pickle 5"], WAYS["skops"]], ids=["pickle", "skops"])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_goes_on(name, store_and_load):
    model = sklearn.clone(STREAMS[name])
    y = target_of(model)
    model.partial_fit(IRIS, y, **({"classes": np.unique(y)} if is_classifier(model) else {}))
    loaded = store_and_load(model)
    assert_same(model, loaded)
    assert_same(model.partial_fit(IRIS[::2], y[::2]), loaded.partial_fit(IRIS[::2], y[::2]))


@pytest.mark.parametrize("name", FITTED)
def test_skops_asks_for_nothing_else(name):
    stored = skops().dumps(fitted(name))
    assert set(skops().get_untrusted_types(data=stored)) <= set(skl2.TRUSTED_TYPES)


@pytest.mark.parametrize("store_and_load", [WAYS["pickle 5"], WAYS["skops"]], ids=["pickle", "skops"])
@pytest.mark.parametrize("name", FITTED)
def test_another_version_warns(name, store_and_load, monkeypatch):
    model = fitted(name)
    with monkeypatch.context() as patch:
        patch.setattr(skl2._base, "__version__", "0.0.7")
        stored = pickle.dumps(model)
    inner = type(model.steps[-1][1] if name == "pipeline" else model).__name__
    match = rf"skl2\.{inner} from version 0\.0\.7 when using version {skl2.__version__}"
    with pytest.warns(InconsistentVersionWarning, match=match) as caught:
        loaded = pickle.loads(stored)
    assert [warning.filename for warning in caught] == [__file__]
    assert_same(model, loaded)
    assert_same(loaded, store_and_load(loaded))  # which is of this version from now on


def test_a_state_without_a_version_warns():
    state = skl2.Ridge().__getstate__()
    del state["_skl2_version"]
    with pytest.warns(InconsistentVersionWarning, match=r"0\.1\.0 or earlier"):
        skl2.Ridge().__setstate__(state)


def test_skops_keeps_the_version(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(skl2._base, "__version__", "0.0.7")
        stored = skops().dumps(skl2.Ridge())
    with pytest.warns(InconsistentVersionWarning, match=r"0\.0\.7"):
        skops().loads(stored, trusted=skl2.TRUSTED_TYPES)


def test_trusted_types_are_of_this_package_but_for_one():
    assert [name for name in skl2.TRUSTED_TYPES if not name.startswith("skl2.")] == ["numpy.dtype"]
