"""Ridge and RidgeClassifier on Dask against the same estimators in memory."""

from __future__ import annotations

import pickle

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from dask_data import cut, rows, same
from numpy.testing import assert_allclose
from sklearn.base import clone

import skl2
from skl2.dask import MLPClassifier, MLPRegressor, Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("t", [None, 3])
@pytest.mark.parametrize("params", [{}, {"fit_intercept": False}, {"positive": True}, {"solver": "svd"}])
def test_equal_in_memory(t, params):
    X, y, w = rows(t=t)
    w[:70], w[70:140] = 0.0, 1e-9  # the whole first chunk, and next to nothing in the second
    alpha = [0.1, 1.0, 10.0] if t else 1.0
    plain = skl2.Ridge(alpha, penalty_factor=[1, 2, 1, 0.5, 1, 3], **params).fit(X, y, w)
    ours = Ridge(alpha, penalty_factor=[1, 2, 1, 0.5, 1, 3], **params).fit(*cut(X, y, w))
    same(ours, plain, 1e-6 if "positive" in params else 1e-9)
    dX, dy, dw = cut(X, y, w)
    assert_allclose(ours.score(dX, dy, dw), plain.score(X, y, w), rtol=1e-9)
    assert_allclose(ours.predict(dX).compute(), plain.predict(X), rtol=1e-8)


@pytest.mark.parametrize("order", [1, -1])
def test_sorted_rows_with_far_chunks(order):
    X, y, _ = rows(p=3)
    X[:, 0] += np.linspace(0, 1e6, len(X))[::order]
    same(Ridge().fit(*cut(X, y)), skl2.Ridge().fit(X, y))


def test_float32():
    X, y, _ = rows()
    X, y = X.astype(np.float32), y.astype(np.float32)
    same(Ridge().fit(*cut(X, y)), skl2.Ridge().fit(X, y), 1e-6)


def test_collinear_columns_are_refined_and_repeated_ones_have_the_least_norm():
    X, y, _ = rows()
    X[:, 1] = X[:, 0] + 1e-5 * X[:, 1]
    same(Ridge(1e-8).fit(*cut(X, y)), skl2.Ridge(1e-8).fit(X, y), 1e-7)
    X[:, 1] = X[:, 0]
    same(Ridge(0.0).fit(*cut(X, y)), skl2.Ridge(0.0).fit(X, y), 1e-8)


def test_refined_about_the_origin_without_an_intercept():
    X, y, _ = rows()
    X[:, 1] = X[:, 0] + 1e-4 * X[:, 1]
    ours = Ridge(1e-6, fit_intercept=False).fit(*cut(X + 5, y + 7))
    same(ours, skl2.Ridge(1e-6, fit_intercept=False).fit(X + 5, y + 7), 1e-8)
    assert ours.solution_.solver == "cholesky"
    assert ours.solution_.refinement_steps > 0


def test_wide():
    X, y, _ = rows(20, 30)
    same(Ridge().fit(*cut(X, y, chunk=6)), skl2.Ridge().fit(X, y), 1e-8)


@pytest.mark.parametrize(
    "class_weight", [None, "balanced", {"a": 1.0, "b": 2.0, "c": 0.5}, {"a": 0.0, "b": 1.0, "c": 2.0}]
)
@pytest.mark.parametrize("labels", ["ab", "abc"])
def test_classifier(labels, class_weight):
    X, y, w = rows()
    y = np.sort(np.digitize(y, np.quantile(y, [0.3, 0.6])[: len(labels) - 1]))
    y = np.array(list(labels))[y]  # sorted: a chunk knows few of the labels, or only one without weight
    if isinstance(class_weight, dict):
        class_weight = {label: class_weight[label] for label in labels}
    plain = skl2.RidgeClassifier(class_weight=class_weight).fit(X, y, w)
    dX, dy, dw = cut(X, y, w)
    ours = RidgeClassifier(class_weight=class_weight).fit(dX, dy, dw)
    same(ours, plain)
    assert (ours.predict(dX).compute() == plain.predict(X)).all()
    assert_allclose(ours.decision_function(dX).compute(), plain.decision_function(X), atol=1e-9)
    assert_allclose(ours.score(dX, dy), plain.score(X, y))


@pytest.mark.parametrize("class_weight", [None, "balanced", [{0: 1, 1: 2}, {0: 1, 1: 1}, {0: 3, 1: 0.5}]])
def test_multilabel(class_weight):
    X, Y, w = rows(t=3)
    Y = (Y.mean(axis=0) < Y).astype(int)
    Y = Y[np.lexsort(Y.T)]  # so that labels are not as frequent in each chunk
    dX, dY, dw = cut(X, Y, w)
    ours = RidgeClassifier(class_weight=class_weight).fit(dX, dY, dw)
    plain = skl2.RidgeClassifier(class_weight=class_weight).fit(X, Y, w)
    same(ours, plain)
    assert_allclose(ours.score(dX, dY), plain.score(X, Y))


def test_frames_keep_names_and_index():
    X, y, w = rows()
    frame = pd.DataFrame(X, columns=list("abcdef"), index=np.arange(300) + 1000)
    dX = dd.from_pandas(frame, npartitions=4)
    dy, dw = (dd.from_pandas(pd.Series(a, index=frame.index), npartitions=4) for a in (y, w))
    ours, plain = Ridge().fit(dX, dy, dw), skl2.Ridge().fit(frame, y, w)
    same(ours, plain)
    assert list(ours.feature_names_in_) == list("abcdef")
    predicted = ours.predict(dX)
    assert isinstance(predicted, dd.Series)
    pd.testing.assert_series_equal(predicted.compute(), pd.Series(plain.predict(frame), frame.index))
    assert_allclose(ours.score(dX, dy), plain.score(frame, y))
    same(Ridge().fit(dX, da.from_array(y, chunks=75)), skl2.Ridge().fit(frame, y))
    with pytest.raises(ValueError, match="feature names"):
        ours.predict(dX[list("fedcba")])


def test_unknown_and_empty_chunks():
    X, y, _ = rows()
    keep = X[:, 0] > 0
    keep[70:140] = False
    dX, dy, dkeep = cut(X, y, keep)
    plain = skl2.Ridge().fit(X[keep], y[keep])
    ours = Ridge().fit(dX[dkeep], dy[dkeep])
    same(ours, plain)
    assert_allclose(ours.predict(dX[dkeep]).compute(), plain.predict(X[keep]))
    same(Ridge().fit(dX[dkeep], da.from_array(y[keep], chunks=50)), plain)
    moved = cut(np.roll(keep, 1))[0]
    with pytest.raises(ValueError, match=r"Chunk \d: X has \d+ rows, y \d+: rechunk or repartition"):
        Ridge().fit(dX[dkeep], dy[moved])


@pytest.mark.parametrize(
    "kind", [Ridge, RidgeClassifier, RidgeCV, RidgeClassifierCV, MLPRegressor, MLPClassifier]
)
def test_no_rows_at_all(kind):
    X, y, w = rows()
    dX, dy, dw = cut(X, y if kind in (Ridge, RidgeCV, MLPRegressor) else y > 0, w)
    nothing = cut(np.zeros(300, bool))[0]
    for args in ((dX[nothing], dy[nothing]), (dX, dy, 0 * dw)):
        with pytest.raises(ValueError, match="leaves no row"):
            kind().fit(*args)


def test_errors_name_the_remedy_and_change_nothing():
    X, y, w = rows()
    dX, dy, dw = cut(X, y, w)
    model = Ridge().fit(dX, dy)
    coef = model.coef_
    broken = X.copy()
    broken[150, 2] = np.nan
    for args, match in [
        ((cut(broken)[0], dy), "Chunk 2: Input X contains NaN"),
        ((dX, dy[:-1]), "inconsistent numbers of rows"),
        ((dX, dy, dw * 0), "leaves no row"),
        ((dX, dy, dw - 1), r"Chunk \d: sample_weight must not be negative"),
    ]:
        with pytest.raises(ValueError, match=match):
            model.fit(*args)
        assert model.coef_ is coef
    with pytest.raises(TypeError, match="y must be a Dask collection"):
        model.fit(dX, y)
    frame = dd.from_pandas(pd.DataFrame(X), npartitions=3)
    with pytest.raises(ValueError, match="partitions"):
        model.fit(frame, dd.from_pandas(pd.Series(y), npartitions=2))


def test_to_local_clone_and_pickle():
    X, y, _ = rows()
    model = Ridge(2.0).fit(*cut(X, y))
    local = model.to_local()
    assert type(local) is skl2.Ridge
    assert local.get_params() == skl2.Ridge(2.0).get_params()
    assert_allclose(local.predict(X), model.predict(X))
    assert_allclose(pickle.loads(pickle.dumps(model)).coef_, model.coef_)
    assert clone(model).get_params() == model.get_params()
    same(Ridge().fit(X, y), skl2.Ridge().fit(X, y))
