"""MLPClassifier and MLPRegressor on Dask against the same estimators in memory."""

from __future__ import annotations

import pickle

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from dask_data import cut, rows
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import scale

import skl2
from skl2.dask import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.usefixtures("one_thread")


def data(labels=None, t=None):
    X, y, w = rows(t=t)
    X = scale(X)
    if labels is not None:
        y = np.array(labels)[np.digitize(y, np.quantile(y, [0.3, 0.6])[: len(labels) - 1])]
        X, y, w = X[np.argsort(y)], np.sort(y), w[np.argsort(y)]  # a chunk knows few of the labels
    return X, y, w


@pytest.mark.parametrize("class_weight", [None, "balanced", [1.0, 2.0, 0.5], [0.0, 1.0, 2.0]])
@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]])
def test_convex_classifier_has_the_same_optimum(labels, class_weight):
    X, y, w = data(labels)
    weights = class_weight
    if isinstance(class_weight, list):
        weights = dict(zip(labels, class_weight, strict=False))
    params = {"hidden_layer_sizes": (), "solver": "lbfgs", "class_weight": weights, "tol": 1e-8}
    plain = skl2.MLPClassifier(**params).fit(X, y, w)
    dX, dy, dw = cut(X, y, w)
    ours = MLPClassifier(**params).fit(dX, dy, dw)
    assert_allclose(ours.loss_, plain.loss_, rtol=1e-6, atol=1e-11)
    assert_allclose(ours.coefs_[0], plain.coefs_[0], rtol=1e-4, atol=1e-5)
    assert_array_equal(ours.classes_, plain.classes_)
    assert_array_equal(ours.predict(dX).compute(), plain.predict(X))
    assert_allclose(ours.predict_proba(dX).compute(), plain.predict_proba(X), atol=1e-5)
    assert_allclose(np.exp(ours.predict_log_proba(dX).compute()), plain.predict_proba(X), atol=1e-5)
    assert_allclose(ours.score(dX, dy), plain.score(X, y))


@pytest.mark.filterwarnings("ignore:Maximum iterations")
@pytest.mark.parametrize("solver", ["lbfgs", "adam", "adamw", "sgd"])
@pytest.mark.parametrize("t", [None, 2])
def test_regressor_takes_the_same_steps(solver, t):
    X, y, w = data(t=t)
    w[:70] = 0.0
    params = {"hidden_layer_sizes": (5,), "solver": solver, "max_iter": 4, "random_state": 0}
    plain = skl2.MLPRegressor(**params).fit(X, scale(y), w)
    ours = MLPRegressor(**params).fit(*cut(X, scale(y), w))
    assert_allclose(ours.loss_curve_, plain.loss_curve_, rtol=1e-3 if solver == "lbfgs" else 1e-9)
    assert ours.n_iter_ == plain.n_iter_
    assert_allclose(ours.score(*cut(X, scale(y))), plain.score(X, scale(y)), rtol=1e-3)


def test_no_hidden_layer_is_ridge():
    X, y, w = data()
    ours = MLPRegressor(hidden_layer_sizes=(), alpha=1, solver="lbfgs", tol=1e-10).fit(*cut(X, y, w))
    assert_allclose(ours.coefs_[0][:, 0], skl2.Ridge().fit(X, y, w).coef_, rtol=1e-6)


def test_several_labels_and_balanced_weights():
    X, Y, w = data(t=3)
    Y = (np.quantile(Y, 0.7, axis=0) < Y).astype(int)
    params = {"hidden_layer_sizes": (), "solver": "lbfgs", "class_weight": "balanced", "tol": 1e-8}
    plain = skl2.MLPClassifier(**params).fit(X, Y, w)
    dX, dY, dw = cut(X, Y, w)
    ours = MLPClassifier(**params).fit(dX, dY, dw)
    assert_allclose(ours.loss_, plain.loss_, rtol=1e-6)
    assert_array_equal(ours.predict(dX).compute(), plain.predict(X))


def test_float32_frames_and_empty_partitions():
    X, y, _ = data(["a", "b"])
    frame = pd.DataFrame(X.astype(np.float32), columns=list("uvwxyz"))
    frames = dd.from_pandas(frame, npartitions=3)
    labels = dd.from_pandas(pd.Series(y), npartitions=3)
    keep = np.arange(300) // 100 != 1
    kept = dd.from_pandas(pd.Series(keep), npartitions=3)
    params = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-6}
    plain = skl2.MLPClassifier(**params).fit(frame[keep], y[keep])
    ours = MLPClassifier(**params).fit(frames[kept], labels[kept])
    assert ours.coefs_[0].dtype == np.float32
    assert_allclose(ours.loss_, plain.loss_, rtol=1e-5)
    assert list(ours.feature_names_in_) == list("uvwxyz")
    predicted = ours.predict_proba(frames).compute()
    assert_allclose(predicted, plain.predict_proba(frame), atol=1e-3)  # J is flat to float32 there
    assert list(predicted.index) == list(frame.index)


def test_what_chunks_cannot_is_refused():
    X, y, _ = data(["a", "b"])
    dX, dy = cut(X, y)
    for params, match in [
        ({"early_stopping": True}, "early_stopping=False"),
        ({"dropout": 0.5}, r"dropout=0\.5"),
        ({"batch_norm": True}, "batch_norm=True"),
        ({"warm_start": True}, "warm_start=True"),
    ]:
        with pytest.raises(ValueError, match=match):
            MLPClassifier(**params).fit(dX, dy)
    X[250, 1] = np.nan
    with pytest.raises(ValueError, match="Chunk 3: Input X contains NaN"):
        MLPClassifier().fit(da.from_array(X, chunks=(70, 6)), dy)


@pytest.mark.filterwarnings("ignore:Maximum iterations")
def test_in_memory_and_to_local():
    X, y, _ = data(["a", "b"])
    params = {"hidden_layer_sizes": (3,), "max_iter": 5, "tol": 1.0, "random_state": 0}
    plain, ours = skl2.MLPClassifier(**params).fit(X, y), MLPClassifier(**params).fit(X, y)
    assert_allclose(ours.predict_proba(X), plain.predict_proba(X))
    local = pickle.loads(pickle.dumps(ours.to_local()))
    assert type(local) is skl2.MLPClassifier
    assert_allclose(local.predict_proba(X), plain.predict_proba(X))


@pytest.mark.filterwarnings("ignore:Maximum iterations")
@pytest.mark.parametrize("constant", [False, True])
def test_a_stream_after_the_fit_has_the_same_unit_of_y(constant):
    X, y, _ = data()
    first = np.full(len(y), 7.0) if constant else y
    params = {"hidden_layer_sizes": (5,), "max_iter": 2, "random_state": 0}
    plain = skl2.MLPRegressor(**params).fit(X, first)
    ours = MLPRegressor(**params).fit(*cut(X, first)[:2]).to_local()
    for model in (plain, ours):
        model.partial_fit(X, 1000.0 * y)
    assert_allclose(ours.y_scale_, plain.y_scale_, rtol=1e-12)
    assert_allclose(ours.predict(X), plain.predict(X), rtol=1e-6, atol=1e-6 * plain.y_scale_[0])
