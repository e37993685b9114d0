"""Rows of X are taken where they lie: a scorer sees what the user gave, and nothing of X's size is copied."""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import scale

from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, mlp_path
from skl2.mlp._objective import Data, Features

X, Y = scale(load_iris().data), load_iris().target
NAMES = ["a", "b", "c", "d"]
FRAMES = [pd.DataFrame(X, columns=NAMES, index=np.arange(150) * 7), pl.DataFrame(X, schema=NAMES)]
pytestmark = pytest.mark.filterwarnings("ignore:The chosen alpha")
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# ------------------------------------------------------------------------------- what a scorer sees


def by_name(model, frame, y):
    """Accuracy, of the rows where a column is above 0 alone."""
    counted = np.asarray(frame["b"]) > 0
    return accuracy_score(y[counted], model.predict(frame)[counted])


def by_place(model, X, y):
    """The same of an array."""
    return accuracy_score(y[X[:, 1] > 0], model.predict(X)[X[:, 1] > 0])


@quiet
@pytest.mark.parametrize(
    ("frame", "params"),
    [(FRAMES[0], {}), (FRAMES[1], {}), (FRAMES[0], {"early_stopping": True})],
    ids=["pandas", "polars", "early stopping"],
)
def test_a_scorer_of_the_choice_reads_columns_by_name(frame, params):
    params = {
        "hidden_layer_sizes": 3,
        "alphas": [0.1, 10.0],
        "cv": 3,
        "max_iter": 5,
        "random_state": 0,
        **params,
    }
    named = MLPClassifierCV(scoring=by_name, **params).fit(frame, Y)
    placed = MLPClassifierCV(scoring=by_place, **params).fit(X, Y)
    assert_array_equal(named.scores_, placed.scores_)


@quiet
def test_it_gets_what_a_grid_search_gives_it():
    grid = {"alpha": [0.1, 10.0]}
    model = MLPClassifier(3, max_iter=5, random_state=0)
    search = GridSearchCV(model, grid, scoring=by_name, cv=StratifiedKFold(3)).fit(FRAMES[0], Y)
    ours = MLPClassifierCV(3, alphas=[0.1, 10.0], max_iter=5, random_state=0, scoring=by_name, cv=3)
    assert_allclose(ours.fit(FRAMES[0], Y).mean_score_, search.cv_results_["mean_test_score"])


@quiet
@pytest.mark.parametrize("frame", FRAMES, ids=["pandas", "polars"])
@pytest.mark.parametrize("given", [False, True])
def test_a_scorer_of_early_stopping_reads_columns_by_name(frame, given):
    def fitted(scoring, X):
        held = {"X_val": X[50:], "y_val": Y[50:]} if given else {}
        model = MLPClassifier(3, early_stopping=True, max_iter=9, random_state=0, scoring=scoring)
        return model.fit(X, Y, **held).validation_scores_

    assert fitted(by_name, frame) == fitted(by_place, X)


@quiet
def test_a_scorer_of_a_path_reads_columns_by_name():
    def path(scoring, X):
        model = MLPClassifier(3, early_stopping=True, max_iter=5, random_state=0, scoring=scoring)
        return mlp_path(X, Y, [0.1, 10.0], estimator=model)[2]

    assert_array_equal(path(by_name, FRAMES[0]), path(by_place, X))


@quiet
def test_a_splitter_reads_columns_by_name():
    class ByColumn(StratifiedKFold):
        def split(self, X, y, groups=None):
            yield from super().split(X, (X["b"] > 0).to_numpy())

    params = {"hidden_layer_sizes": 3, "alphas": [0.1, 10.0], "max_iter": 5, "random_state": 0}
    expected = MLPClassifierCV(cv=list(StratifiedKFold(3).split(X, X[:, 1] > 0)), **params).fit(X, Y)
    assert_array_equal(MLPClassifierCV(cv=ByColumn(3), **params).fit(FRAMES[0], Y).scores_, expected.scores_)


# -------------------------------------------------------------------------------- what is in memory


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", [None, np.float32])
def test_parts_of_parts_are_the_rows_of_both(kind, dtype):
    rng = np.random.default_rng(0)
    first, second = rng.permutation(150)[:60], rng.permutation(60)[:20]
    data = Data(Features(kind(X), dtype=dtype), Y, np.arange(150.0)).part(first).part(second)
    for rows in (slice(3, 9), np.array([5, 0, 5])):
        taken, y, weight = data.take(rows)
        taken = taken.toarray() if sparse.issparse(taken) else taken
        assert_array_equal(taken, X[first][second][rows].astype(dtype or float))
        assert taken.dtype == (dtype or float)
        assert_array_equal(y, Y[first][second][rows])
        assert_array_equal(weight, first[second][rows])


def fit_early(model, X, y):
    return model(early_stopping=True, validation_fraction=0.4, **SHORT).fit(X, y)


def fit_given(model, X, y):
    return model(early_stopping=True, **SHORT).fit(X, y, X_val=X, y_val=y)


def fit_weighted(model, X, y):
    return model(**SHORT).fit(X, y, np.arange(len(y)) % 3)


def choose(model, X, y):
    model = {MLPClassifier: MLPClassifierCV, MLPRegressor: MLPRegressorCV}[model]
    return model(alphas=[1.0, 10.0, 100.0], cv=2, **SHORT).fit(X, y)


SHORT = {"hidden_layer_sizes": 4, "max_iter": 2, "batch_size": 200, "random_state": 0}


@pytest.fixture(scope="module", params=[np.float32, np.float64])
def table(tmp_path_factory, request):
    """Rows on disk."""
    rows = np.memmap(tmp_path_factory.mktemp("table") / "rows", request.param, "w+", shape=(20_000, 200))
    rows[...] = np.random.default_rng(0).normal(size=rows.shape)
    return rows


@quiet
@pytest.mark.parametrize("fit", [fit_early, fit_given, fit_weighted, choose])
@pytest.mark.parametrize("model", [MLPClassifier, MLPRegressor])
def test_of_rows_on_disk_only_a_batch_is_in_memory(table, model, fit):
    y = table[:, 0] > 0 if model is MLPClassifier else np.array(table[:, 0])
    fit(model, table[:10_000], y[:10_000])  # what a first fit loads is none of the rows
    peaks = []
    for rows in (slice(10_000), slice(20_000)):
        tracemalloc.start()
        fit(model, table[rows], y[rows])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 0.1 * (table.nbytes / 2), peaks
