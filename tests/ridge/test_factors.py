"""Leave-one-out of wide data for a few alphas, without eigenvalues: the same as with them."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skl2 import RidgeClassifierCV, RidgeCV
from skl2.ridge import _loo
from skl2.ridge._loo import DualFactors
from skl2.ridge._path import ILL_CONDITIONED
from skl2.ridge._rows import Data

ALPHAS = [0.1, 1.0, 10.0]
pytestmark = pytest.mark.filterwarnings("ignore:The chosen alpha:UserWarning")
NAMES = ("mean_score_", "std_error_", "alpha_", "coef_", "intercept_", "effective_dof_")


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Factors for small data too, and a count of those made."""
    made, solution = [], DualFactors.solution

    def recorded(self, alphas):
        made.append(alphas)
        return solution(self, alphas)

    monkeypatch.setattr(_loo, "MANY_ROWS", 0)
    monkeypatch.setattr(DualFactors, "solution", recorded)
    return made


def data(n=30, p=50, t=1, mean=0.0):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.3) + mean
    y = X @ rng.normal(size=(p, t)) + rng.normal(size=(n, t))
    return X, y[:, 0] if t == 1 else y


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("t", [1, 3])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("scoring", [None, "r2"])
def test_the_same_as_from_a_decomposition(fit_intercept, t, weighted, container, scoring, always):
    X, y = data(t=t)
    weight = np.random.default_rng(1).uniform(0.1, 3, 30) * (np.arange(30) != 7) if weighted else None
    model = RidgeCV(ALPHAS, fit_intercept=fit_intercept, scoring=scoring)
    model.fit(container(X), y, weight)
    assert len(always) == 1
    expected = RidgeCV(ALPHAS, fit_intercept=fit_intercept, scoring=scoring, gcv_mode="svd").fit(X, y, weight)
    for name in NAMES:
        assert_allclose(getattr(model, name), getattr(expected, name), rtol=1e-10, atol=1e-12)


def test_one_alpha_for_each_target_and_stored_values(always):
    X, y = data(t=3)
    options = {"alpha_per_target": True, "store_cv_results": True}
    model = RidgeCV(ALPHAS, **options).fit(X, y * [1, 10, 0.1])
    expected = RidgeCV(ALPHAS, gcv_mode="svd", **options).fit(X, y * [1, 10, 0.1])
    assert len(always) == 1
    for name in (*NAMES, "cv_results_"):
        assert_allclose(getattr(model, name), getattr(expected, name), rtol=1e-10)


def test_labels(always):
    X, y = data()
    model = RidgeClassifierCV(ALPHAS, class_weight="balanced").fit(X, np.digitize(y, [-1, 1]))
    assert len(always) == 1
    stored = RidgeClassifierCV(ALPHAS, class_weight="balanced", store_path=True)
    stored.fit(X, np.digitize(y, [-1, 1]))
    assert len(always) == 1
    for name in NAMES:
        assert_allclose(getattr(model, name), getattr(stored, name), rtol=1e-10)


@pytest.mark.parametrize("alphas", [[1e-9], [1e-9, 1.0], np.geomspace(0.1, 10, 20), "auto"])
def test_eigenvalues_where_these_are_better(alphas, always):
    X, y = data()
    RidgeCV(alphas).fit(X, y)
    assert not always


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_means_far_above_the_spread(container, always):
    X, y = data(mean=1e6)
    model = RidgeCV(ALPHAS).fit(container(X), y)
    expected = RidgeCV(ALPHAS, gcv_mode="svd").fit(X, y)
    assert len(always) == 1
    for name in NAMES:
        assert_allclose(getattr(model, name), getattr(expected, name), rtol=1e-8)


def test_many_targets_take_little_more_room_than_the_data():
    X, y = data(200, 300, t=6000)
    tracemalloc.start()
    try:
        RidgeCV(np.geomspace(0.1, 10, 20)).fit(X, y)
        peak, coef = tracemalloc.get_traced_memory()[1], X.shape[1] * y.shape[1] * 8  # which is asked for
    finally:
        tracemalloc.stop()
    assert peak - coef < 1.2 * (X.nbytes + y.nbytes)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_solution_without_a_search_is_that_of_the_hat_matrix(fit_intercept, weighted):
    X, Y = data(12, 20, t=2)
    weight = np.random.default_rng(1).uniform(0.1, 3, 12) if weighted else None
    root = np.ones((12, 1)) if weight is None else np.sqrt(weight)[:, None]
    alphas = np.array([0.3, 7.0])
    coef, intercept, dof = DualFactors(Data(X, Y, weight, fit_intercept)).solution(alphas)
    means = [np.average(M, axis=0, weights=weight) if fit_intercept else 0.0 * M[0] for M in (X, Y)]
    A, B = root * (X - means[0]), root * (Y - means[1])
    for k, alpha in enumerate(alphas):
        solved = np.linalg.solve(A.T @ A + alpha * np.eye(20), A.T)
        assert_allclose(coef[:, k], solved @ B[:, k], rtol=1e-9, atol=1e-12)
        assert_allclose(dof[k], np.trace(A @ solved) + fit_intercept, rtol=1e-10)
    assert_allclose(intercept, means[1] - means[0] @ coef, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("unit", [2.0**-20, 2.0**20])
def test_the_unit_of_the_columns_cancels_with_that_of_alpha(unit, always):
    X, y = data()
    one, other = RidgeCV(ALPHAS).fit(X, y), RidgeCV(np.array(ALPHAS) * unit**2).fit(X * unit, y)
    assert len(always) == 2
    assert_allclose(other.mean_score_, one.mean_score_, rtol=1e-12)
    assert_allclose(other.coef_ * unit, one.coef_, rtol=1e-12)


def test_the_solution_is_refined_where_alpha_is_small():
    X, y = data(12, 40, mean=1e3)
    factors = DualFactors(Data(X, y[:, None], None, False))
    alpha = 2 * ILL_CONDITIONED * factors.size
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    exact = (Vt.T * (s / (s**2 + alpha))) @ (U.T @ y)
    coef = factors.solution(np.array([alpha]))[0][:, 0]
    assert_allclose(coef, exact, rtol=0, atol=1e-11 * np.abs(exact).max())  # 1e-9 without
