"""Folds of a sparse X without making it dense: the scores of explicit refits, and those of a dense X."""

import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.model_selection import KFold, LeaveOneOut, ShuffleSplit, TimeSeriesSplit

from skl2 import RidgeClassifierCV, RidgeCV
from skl2.ridge import _folds
from skl2.ridge._folds import KrylovFolds, TallFolds, WideFolds, folds_of
from skl2.ridge._rows import Data
from skl2.ridge._scores import Problem

ALPHAS = np.geomspace(1e-2, 1e2, 9)
pytestmark = pytest.mark.filterwarnings("ignore:The chosen alpha:UserWarning")


def data(n=60, p=90, t=1, per_row=6, seed=0):
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(n), per_row)
    X = sparse.csr_array((rng.normal(size=len(rows)), (rows, rng.integers(0, p, len(rows)))), shape=(n, p))
    y = X @ rng.normal(size=(p, t)) + 0.1 * rng.normal(size=(n, t))
    return X, y[:, 0] if t == 1 else y


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Iterations for small data too, without which these tests would take long."""
    monkeypatch.setattr(_folds, "DIRECT_COLUMNS", 0)


@pytest.fixture
def steps(monkeypatch):
    """How many steps each fit took."""
    taken, converges = [], KrylovFolds._converges

    def recorded(self, alpha):
        found = converges(self, alpha)
        taken.append(len(self.diagonal) if found else None)
        return found

    monkeypatch.setattr(KrylovFolds, "_converges", recorded)
    return taken


@pytest.mark.parametrize("shape", [(60, 90), (90, 40)])
@pytest.mark.parametrize("t", [1, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("scoring", [None, "neg_mean_squared_error", "neg_mean_absolute_error"])
def test_scores_and_solution_of_a_dense_x(shape, t, fit_intercept, scoring, steps):
    X, y = data(*shape, t)
    weight = np.random.default_rng(1).uniform(0.1, 3, len(y)) * (np.arange(len(y)) % 7 > 0)
    model = RidgeCV(ALPHAS, cv=4, fit_intercept=fit_intercept, scoring=scoring)
    expected = model.fit(X.toarray(), y, weight)
    expected = {name: getattr(expected, name) for name in ("mean_score_", "alpha_", "coef_", "intercept_")}
    model.fit(X, y, weight)
    assert steps[-1] is not None
    assert_allclose(model.mean_score_, expected["mean_score_"], rtol=1e-7)
    assert model.alpha_ == expected["alpha_"]
    assert_allclose(model.coef_, expected["coef_"], rtol=1e-7, atol=1e-8)
    assert_allclose(model.intercept_, expected["intercept_"], rtol=1e-7, atol=1e-8)
    assert np.isnan(model.effective_dof_)
    stored = model.set_params(store_path=True).fit(X, y, weight)
    assert stored.effective_dof_ > 1
    assert_allclose(stored.coef_path([stored.alpha_])[0], expected["coef_"], rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    "cv", [ShuffleSplit(3, random_state=0), TimeSeriesSplit(3), [(np.r_[0:40, 0:20], np.r_[40:60])]], ids=str
)
def test_any_splits(cv, steps):
    X, y = data()
    model = RidgeCV(ALPHAS, cv=cv).fit(X, y)
    assert steps[-1] is not None
    assert_allclose(model.mean_score_, RidgeCV(ALPHAS, cv=cv).fit(X.toarray(), y).mean_score_, rtol=1e-7)


def test_one_row_at_a_time(steps):
    X, y = data(40, 60)
    options = {"cv": LeaveOneOut(), "scoring": "neg_mean_squared_error"}
    model = RidgeCV(ALPHAS, **options).fit(X, y)
    assert steps[-1] is not None
    assert_allclose(model.mean_score_, RidgeCV(ALPHAS).fit(X.toarray(), y).mean_score_, rtol=1e-7)


def test_labels(steps):
    X, y = data(120, 60)
    labels = np.digitize(y, [-1, 1])
    model = RidgeClassifierCV(ALPHAS, cv=4, class_weight="balanced").fit(X, labels)
    dense = RidgeClassifierCV(ALPHAS, cv=4, class_weight="balanced").fit(X.toarray(), labels)
    assert steps[-1] is not None
    assert_allclose(model.mean_score_, dense.mean_score_)
    assert_allclose(model.coef_, dense.coef_, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 1e-12])
def test_decompositions_take_over_where_iterations_do_not_end(alpha, steps):
    X, y = data(90, 40)
    X = X @ sparse.diags_array(np.geomspace(1e-4, 1e4, 40))
    model = RidgeCV([alpha, 1.0], cv=3).fit(X, y)
    assert steps[-1] is None
    assert_allclose(model.mean_score_, RidgeCV([alpha, 1.0], cv=3).fit(X.toarray(), y).mean_score_, rtol=1e-7)
    assert np.isfinite(model.effective_dof_)


def steps_of_conjugate_gradients(A, b, alpha):
    """How many it takes until ‖A (W − W_k)‖ is surely at most 1e-9 ‖b‖: ‖A δ‖ <= ‖gradient‖/(2√α)."""
    R = P = A.T @ b
    W, count = np.zeros(A.shape[1]), 0
    while np.linalg.norm(A.T @ (b - A @ W) - alpha * W) > 2e-9 * np.sqrt(alpha) * np.linalg.norm(b):
        Q = A.T @ (A @ P) + alpha * P
        W = W + (R @ R) / (P @ Q) * P
        R, before = R - (R @ R) / (P @ Q) * Q, R
        P, count = R + (R @ R) / (before @ before) * P, count + 1
    return count


@pytest.mark.parametrize("t", [1, 2])
@pytest.mark.parametrize("alpha", [10.0, 40.0, 200.0])
def test_as_many_steps_as_conjugate_gradients_for_each_fold_and_target(alpha, t):
    X, y = data(70, 30, t=t)
    Y = y.reshape(70, t)
    splits = list(KFold(3).split(Y))
    folds = KrylovFolds(Data(X, Y), splits, None)
    assert folds._converges(alpha)
    expected = []
    for train, _ in splits:
        A, B = X.toarray()[train], Y[train]
        A, B = A - A.mean(axis=0), B - B.mean(axis=0)
        expected += [steps_of_conjugate_gradients(A, b, alpha) for b in B.T]
    assert_array_equal(folds.steps, expected)
    assert len(folds.diagonal) == max(expected)
    assert folds._converges(10 * alpha)
    assert len(folds.diagonal) == max(expected)  # a stronger one needs no more
    assert (folds.steps < expected).all()


@pytest.mark.parametrize("t", [1, 2])
def test_the_bounds_are_those_of_the_eigenvalues_of_the_folds(t):
    X, y = data(70, 30, t=t)
    Y = y.reshape(70, t)
    splits = list(KFold(3).split(Y))
    folds = KrylovFolds(Data(X, Y), splits, None)
    assert folds._gap(1e-9) == 1e-9
    low, high = folds.bounds(lambda: pytest.fail("iterations get there"))
    parts = [X.toarray()[train] for train, _ in splits]
    values = np.array([np.linalg.svd(A - A.mean(axis=0), compute_uv=False) ** 2 for A in parts])
    assert_allclose(low, 1e-3 * values.min(), rtol=1e-3)
    assert_allclose(high, 1e3 * values.max(), rtol=1e-8)
    assert folds._gap(1e-9) == folds.least / 4 == pytest.approx(values.min() / 4, rel=1e-3)
    assert folds._gap(7e5) == 7e5


@pytest.mark.parametrize("alpha", [1e-4, 1.0, 1e4])
def test_fitted_values_of_the_solution_have_ten_digits_beside_a_constant_target(alpha):
    X, y = data(70, 30)
    Y = np.column_stack([y, np.full(70, 5.0), 1e-6 * y])
    folds = KrylovFolds(Data(X, Y), list(KFold(3).split(Y)), None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        coef, intercept, _ = folds.solution(np.full(3, alpha))
    A = X.toarray() - X.toarray().mean(axis=0)
    exact = np.linalg.solve(A.T @ A + alpha * np.eye(30), A.T @ Y)
    error = np.linalg.norm(A @ (coef - exact), axis=0)
    assert (error[[0, 2]] <= 1e-10 * np.linalg.norm(Y - Y.mean(axis=0), axis=0)[[0, 2]]).all()
    assert_array_equal(coef[:, 1], 0)
    assert_allclose(intercept, Y.mean(axis=0) - X.mean(axis=0) @ coef, rtol=1e-12)


@pytest.mark.parametrize("most", [3, 12])
def test_decompositions_take_over_after_too_many_steps(most, steps, monkeypatch):
    monkeypatch.setattr(_folds, "MOST_STEPS", most)
    X, y = data(90, 40)
    model, dense = (RidgeCV(ALPHAS, cv=3).fit(rows, y) for rows in (X, X.toarray()))
    assert steps == [None]
    assert_allclose(model.mean_score_, dense.mean_score_, rtol=1e-9)
    assert_allclose(model.coef_, dense.coef_, rtol=1e-9)
    monkeypatch.setattr(_folds, "MOST_STEPS", 90)
    RidgeCV(ALPHAS, cv=3).fit(X, y)
    assert 12 < steps[-1] < 90


@pytest.mark.parametrize("search", [{"alphas": "auto"}, {"n_alphas": 40}])
@pytest.mark.parametrize("shape", [(150, 60), (60, 150), (100, 100)])
@pytest.mark.parametrize("noise", [0.0, 0.1, 3.0])
def test_the_continuum_is_searched_between_bounds_of_the_iterations(search, shape, noise, steps, monkeypatch):
    monkeypatch.setattr(TallFolds, "__init__", None)
    monkeypatch.setattr(WideFolds, "__init__", None)
    monkeypatch.setattr(Problem, "decomposed", None)
    rng = np.random.default_rng(0)
    X, _ = data(*shape, per_row=12)
    y = X @ rng.normal(size=shape[1]) + noise * rng.normal(size=shape[0])
    found = RidgeCV(**search, cv=4).fit(X, y)
    assert None not in steps
    monkeypatch.undo()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dense = RidgeCV(np.geomspace(1e-9, 1e9, 200), cv=4).fit(X.toarray(), y)
    best, gap = dense.best_score_, 1e-3 if "alphas" in search else 1e-2  # of a grid's neighbours
    assert found.best_score_ >= best - gap * max(abs(best), 1 - best)


def test_a_small_column_that_y_depends_on_is_within_the_bounds():
    X, _ = data(150, 60)
    rng = np.random.default_rng(0)
    for power in (-2, -4, -8):
        scale = np.r_[10.0**power, np.ones(59)]
        scaled, y = X @ sparse.diags_array(scale), 9 * X[:, [0]].toarray()[:, 0] + 0.1 * rng.normal(size=150)
        found, dense = (RidgeCV("auto", cv=4).fit(A, y) for A in (scaled, scaled.toarray()))
        assert_allclose(found.best_score_, dense.best_score_, rtol=1e-6)
        assert found.best_score_ > 0.9


def test_a_constant_y_and_an_empty_x_have_the_null_model():
    X, y = data()
    assert not RidgeCV(cv=3, scoring="neg_mean_squared_error").fit(X, 0 * y + 2).coef_.any()
    empty = RidgeCV(cv=3, scoring="neg_mean_squared_error").fit(0 * X, y)
    assert not empty.coef_.any()
    assert_allclose(empty.intercept_, y.mean())


@pytest.mark.parametrize("search", [{}, {"alphas": "auto"}, {"n_alphas": 9, "selection": "1se"}])
@pytest.mark.parametrize("shape", [(2000, 6000), (9000, 3000)])
def test_nothing_is_made_dense(search, shape):
    X, y = data(*shape, per_row=30)
    tracemalloc.start()
    try:
        RidgeCV(**search, cv=KFold(5)).fit(X, y)
        assert tracemalloc.get_traced_memory()[1] < X.shape[0] * X.shape[1]  # an eighth of a dense X
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("decades", [4, 8])
def test_columns_of_very_different_scale_are_not_given_up_early(decades):
    X, y = data(60, 40)
    X = X @ sparse.diags_array(np.geomspace(10.0**-decades, 10.0**decades, 40))
    for alphas in ([1e-3], [1.0, 1e4]):
        model = RidgeCV(alphas, cv=3, scoring="neg_mean_squared_error").fit(X, y)
        dense = RidgeCV(alphas, cv=3, scoring="neg_mean_squared_error").fit(X.toarray(), y)
        assert_allclose(model.mean_score_, dense.mean_score_, rtol=1e-7)
        assert_allclose(model.predict(X), dense.predict(X.toarray()), rtol=1e-6, atol=1e-6)


def test_an_alpha_beyond_everything_needs_a_step_all_the_same(steps):
    X, y = data(60, 40)
    model = RidgeCV([1e12], cv=3, scoring="neg_mean_squared_error").fit(X, y)
    assert steps[-1] >= 1
    dense = RidgeCV([1e12], cv=3, scoring="neg_mean_squared_error").fit(X.toarray(), y)
    assert_allclose(model.mean_score_, dense.mean_score_, rtol=1e-7)


def test_the_shape_decides_how_folds_are_made(monkeypatch):
    X, y = data(70, 30, t=2)
    splits = list(KFold(3).split(y))
    numbers = (70 + 30) * 3 * 2
    for columns, largest, kind in (
        (29, numbers, KrylovFolds),
        (30, numbers, TallFolds),
        (29, numbers - 1, TallFolds),
    ):
        monkeypatch.setattr(_folds, "DIRECT_COLUMNS", columns)
        monkeypatch.setattr(_folds, "LARGEST", largest)
        assert type(folds_of(Data(X, y), splits)) is kind
    for n_rows, kind in ((31, WideFolds), (32, TallFolds)):  # of which the intercept takes one
        part = [(np.arange(n_rows), np.arange(n_rows, 70))]
        assert type(folds_of(Data(X.toarray(), y), part)) is kind
    assert type(folds_of(Data(X + sparse.csr_array(np.full((70, 30), 1e3)), y), splits)) is TallFolds
