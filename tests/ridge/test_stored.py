"""What a fitted ridge model keeps, and that every way to store it brings it back."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skl2 import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV

SHAPES = [(40, 6), (20, 20), (15, 30)]
CHOOSERS = [
    RidgeCV(),
    RidgeCV(cv=3),
    RidgeCV(n_alphas=9),
    RidgeCV(criterion="evidence"),
    RidgeClassifierCV(),
    RidgeClassifierCV(cv=3),
]


def data(n, p, model):
    rng = np.random.default_rng(0)  # the same whatever ran before: of few rows a class may be too rare
    X = rng.normal(size=(n, p))
    y = 5 * X[:, 0] + rng.normal(size=n)
    return X, y > 0 if "Classifier" in type(model).__name__ else y


def streamed(model, X, y):
    options = {"classes": [False, True]} if isinstance(model, RidgeClassifier) else {}
    return model.partial_fit(X, y, **options)


def with_skops(model):
    sio = pytest.importorskip("skops.io")
    stored = sio.dumps(model)
    return sio.loads(stored, trusted=sio.get_untrusted_types(data=stored))


STORES = {
    **{f"pickle {n}": lambda model, n=n: pickle.loads(pickle.dumps(model, n)) for n in range(6)},
    "skops": with_skops,
}


@pytest.mark.parametrize("model", CHOOSERS, ids=str)
@pytest.mark.parametrize("shape", [(200, 100), (100, 200)])
def test_a_fitted_model_is_as_light_as_its_coefficients(model, shape):
    X, y = data(*shape, model)
    model = clone(model).fit(X, y)
    assert len(pickle.dumps(model)) < 2 * model.coef_.nbytes + 4096
    with pytest.raises(ValueError, match=r"coef_path needs .* store_path=True"):
        model.coef_path([1.0])


def test_a_path_that_is_not_asked_for_is_not_kept():
    X, y = data(40, 6, RidgeCV())
    with pytest.raises(ValueError, match=r"return_std=True needs .* store_path=True"):
        RidgeCV(criterion="evidence").fit(X, y).predict(X, return_std=True)
    model = RidgeCV(store_path=True).fit(X, y)
    assert not hasattr(model.set_params(store_path=False).fit(X, y), "_path")
    with pytest.raises(TypeError, match="store_path must be True or False"):
        model.set_params(store_path="yes").fit(X, y)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_model_comes_back(store, shape):
    for model in [*CHOOSERS, Ridge(), RidgeClassifier(), Ridge(positive=True)]:
        X, y = data(*shape, model)
        model = clone(model).fit(X, y)
        assert_array_equal(STORES[store](model).predict(X), model.predict(X))


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("kind", [RidgeCV, RidgeClassifierCV])
def test_stored_paths_come_back(store, kind):
    for shape in SHAPES:
        X, y = data(*shape, kind())
        model = kind(store_path=True).fit(X, y)
        assert_array_equal(STORES[store](model).coef_path([0.1, 1.0]), model.coef_path([0.1, 1.0]))


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("kind", [Ridge, RidgeClassifier])
def test_streams_go_on_after_they_come_back(store, kind):
    X, y = data(60, 5, kind())
    model = streamed(kind(), X[:30], y[:30])
    copy = STORES[store](model)
    assert_array_equal(streamed(copy, X[30:], y[30:]).coef_, streamed(model, X[30:], y[30:]).coef_)
