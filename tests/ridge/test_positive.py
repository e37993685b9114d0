"""positive=True: the optimum at every scale of X and y, by another solver and by its own certificate."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import nnls
from sklearn.exceptions import ConvergenceWarning

from skl2 import Ridge
from skl2.ridge._positive import NormalFromMoments, UnitProblem, descended, pivoted, violation
from skl2.ridge._problem import RidgeProblem


def random_problem(seed):
    """Columns over 24 orders of magnitude, nearly collinear ones, and y in any unit."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(5, 60)), int(rng.integers(3, 40))
    Z = rng.normal(size=(n, p)) + rng.choice([0, 1, 3])
    if rng.random() < 0.3:
        Z[:, 0] = Z[:, 1] + 10.0 ** rng.uniform(-6, 0) * Z[:, 2]
    X = Z * 10.0 ** (rng.choice([0, 2, 6, 12]) * rng.uniform(-1, 1, p))
    y = Z @ np.maximum(rng.normal(size=p), 0) * rng.choice([0, 1]) + rng.normal(size=n)
    return X, y * 2.0 ** rng.integers(-30, 30), 10.0 ** rng.uniform(-8, 8)


def excess(coef, X, y, alpha):
    """How far J is above its minimum by SciPy on columns of unit size, relative to J(0)."""
    A = np.vstack([X - X.mean(axis=0), np.sqrt(alpha) * np.eye(X.shape[1])])
    size, b = np.linalg.norm(A, axis=0), np.r_[y - y.mean(), np.zeros(X.shape[1])]
    size[size == 0] = 1.0
    A, b, unit = A / size, b / np.linalg.norm(b), np.linalg.norm(b)
    v, _ = nnls(A, b, maxiter=100 * len(size))
    return np.sum((A @ (coef * size / unit) - b) ** 2) - np.sum((A @ v - b) ** 2)


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_the_optimum_of_another_solver(start):
    for seed in range(start, start + 50):
        X, y, alpha = random_problem(seed)
        model = Ridge(alpha, positive=True).fit(X, y)
        assert model.coef_.min() >= 0
        assert excess(model.coef_, X, y, alpha) < 1e-10
        assert model.solution_.residual < 1e-9


@pytest.mark.parametrize("shape", [(20, 8), (8, 20), (12, 12)])
@pytest.mark.parametrize("alpha", [0.0, 1e-12])
def test_without_a_penalty_and_with_columns_that_repeat(shape, alpha):
    rng = np.random.default_rng(0)
    X = rng.normal(size=shape) * np.logspace(-2, 2, shape[1])
    X[:, 3], X[:, 5] = X[:, 2], 0.0
    y = X[:, 2] + X[:, 4] + rng.normal(size=shape[0])
    for rows in (X, sparse.csr_array(X)):
        model = Ridge(alpha, positive=True).fit(rows, y)
        assert excess(model.coef_, X, y, alpha) < 1e-10


@pytest.mark.parametrize("power", [-30, 0, 60])
def test_the_unit_of_y_changes_the_unit_of_the_coefficients_alone(power):
    X, y, _ = random_problem(3)
    one, other = (Ridge(0.1, positive=True).fit(X, y * unit) for unit in (1.0, 2.0**power))
    assert_array_equal(one.coef_ * 2.0**power, other.coef_)


@pytest.mark.parametrize("power", [-200, 3, 200])
def test_the_units_of_the_columns_cancel_where_nothing_is_penalised(power):
    X, y, _ = random_problem(5)
    X, unit = X[:, :4] / np.abs(X[:, :4]).max(axis=0), 2.0 ** (power * np.array([1.0, -1.0, 0.5, 0.0]))
    one, other = (Ridge(0.0, positive=True).fit(rows, y) for rows in (X, X * unit))
    assert_allclose(other.coef_ * unit, one.coef_, rtol=1e-10)


def test_a_solution_that_misses_its_certificate_says_so(monkeypatch):
    X, y, _ = random_problem(3)
    monkeypatch.setattr("skl2.ridge._positive.pivoted", lambda unit, v: v + 1.0)
    with pytest.warns(ConvergenceWarning, match="misses the optimality conditions by .* Raise alpha"):
        Ridge(0.1, positive=True).fit(X, y)


@pytest.mark.parametrize("most", [0, 3])
def test_more_free_columns_than_are_solved_directly_are_left_where_descent_came_to(most, monkeypatch):
    monkeypatch.setattr("skl2.ridge._positive.MOST_FREE", most)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 12))
    y = X @ np.r_[np.ones(8), -np.ones(4)] + rng.normal(size=80)
    model = Ridge(0.1, positive=True).fit(X, y)
    assert np.count_nonzero(model.coef_) > most
    assert excess(model.coef_, X, y, 0.1) < 1e-10
    assert 1e-15 < model.solution_.residual < 1e-6
    assert (model.solution_.solver, model.solution_.refinement_steps) == ("positive", 0)


@pytest.mark.parametrize("begin", ["nothing", "everything", "half", "the wrong half"])
@pytest.mark.parametrize("p", [6, 40])
def test_pivoting_comes_to_the_optimum_from_anywhere(p, begin):
    rng = np.random.default_rng(p)
    for _ in range(10):
        X = rng.normal(size=(60, p)) + rng.normal(size=(60, 1))
        y = X @ rng.normal(size=p) + rng.normal(size=60)
        unit = UnitProblem(NormalFromMoments(RidgeProblem(X, y[:, None], alpha=np.array([0.3]))), 0)
        A = np.vstack([X - X.mean(axis=0), np.sqrt(0.3) * np.eye(p)])
        exact, _ = nnls(A, np.r_[y - y.mean(), np.zeros(p)], maxiter=100 * p)
        start = rng.uniform(0.1, 9, p)
        start *= {"nothing": 0, "everything": 1, "half": rng.integers(0, 2, p)}.get(begin, exact == 0)
        v = pivoted(unit, start)
        assert v.min() >= 0
        assert violation(v, unit.gradient(v)) < 1e-12
        assert_allclose(unit.coef(v), exact, atol=1e-10 * exact.max())
        assert_array_equal(v == 0, exact == 0)


def test_every_descent_lowers_the_objective():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(12, 8)) * rng.uniform(0.1, 3, 8) + 3 * rng.normal(size=(12, 1))
        y = X @ rng.normal(size=8) + rng.normal(size=12)
        unit = UnitProblem(
            NormalFromMoments(RidgeProblem(X, y[:, None], None, False, alpha=np.array([1e-3]))), 0
        )
        exact = pivoted(unit, np.zeros(8))
        start = np.maximum(exact + 0.01 * rng.normal(size=8), 1e-3)  # near by: a wrong step goes up
        v = descended(unit, start, start > 0)
        assert v.min() >= 0
        assert unit.value_and_gradient(v)[0] <= unit.value_and_gradient(start)[0]
