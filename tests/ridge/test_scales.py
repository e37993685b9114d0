"""Columns of very different size: the right values come from 60 digits or explicit refits."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from many_digits import exact_coef, exact_squares
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import LeaveOneOut

from skl2 import Ridge, RidgeCV
from skl2.ridge import _spectrum


def income_and_rate(ratio, n=200, seed=0):
    rng = np.random.default_rng(seed)
    X = np.c_[rng.normal(2.5, 1, n) * ratio * 0.02, rng.normal(0.05, 0.02, n)]
    return X, 30 * X[:, 1] + 0.1 * rng.normal(size=n)


@pytest.mark.parametrize("ratio", [1e4, 1e6, 1e8])
@pytest.mark.parametrize("options", [{}, {"criterion": "gcv"}, {"criterion": "evidence"}, {"cv": 5}])
@pytest.mark.parametrize("search", [{"alphas": "auto"}, {"n_alphas": 40}])
def test_a_small_column_that_matters_is_not_shrunk_away(ratio, options, search):
    X, y = income_and_rate(ratio)
    model = RidgeCV(**search, **options).fit(X, y)
    with warnings.catch_warnings():  # folds see no end of the plateau below
        warnings.simplefilter("ignore")
        by_hand = RidgeCV(np.logspace(-12, 20, 200), **options).fit(X, y)
    assert model.score(X, y) > 0.97
    assert model.best_score_ >= by_hand.best_score_ - 1e-3 * abs(by_hand.best_score_)


@pytest.mark.parametrize("options", [{}, {"criterion": "gcv"}, {"cv": 3}])
@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_several_optima(options, seed):
    rng = np.random.default_rng(seed)
    scale, w = np.repeat([1.0, 1e3, 1e6, 1e9], 5), rng.choice([0.0, 1.0], 20)
    Z = rng.normal(size=(40, 20))
    X, y = Z * scale, Z @ w + 2 * rng.normal(size=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = RidgeCV("auto", **options).fit(X, y)
        by_hand = RidgeCV(np.logspace(-6, 24, 200), **options).fit(X, y)
    assert model.best_score_ >= by_hand.best_score_ - 1e-6 * abs(by_hand.best_score_)


@pytest.mark.parametrize("apart", [1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("options", [{}, {"criterion": "gcv"}, {"criterion": "evidence"}, {"cv": 5}])
@pytest.mark.parametrize("search", [{"alphas": "auto"}, {"n_alphas": 30}])
@pytest.mark.parametrize("others", [0, 1, 2])
def test_what_nearly_collinear_columns_differ_by_is_not_shrunk_away(apart, options, search, others):
    """Alone, beside a column with an optimum of its own, and with columns that depend on each other."""
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 200))
    X = np.c_[a, a + apart * b, c, c, 2 * c][:, : [2, 3, 5][others]]
    y = b + (others > 0) * c + 0.1 * rng.normal(size=200)
    model = RidgeCV(**search, **options).fit(X, y)
    assert 1 - model.score(X, y) < 0.02


@pytest.mark.parametrize("search", [{"alphas": "auto"}, {"n_alphas": 9}])
def test_a_choice_of_the_mean_of_y_says_so(search):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 3)) * [1, 1e4, 1e8]
    y = rng.normal(size=30)
    Q = np.linalg.qr(np.c_[np.ones(30), X])[0]
    with pytest.warns(UserWarning, match="greatest alpha that was tried"):
        RidgeCV(**search).fit(X, y - Q @ (Q.T @ y))
    RidgeCV(**search).fit(X, X @ [1, 1e-4, 1e-8] + y)


@pytest.mark.parametrize("direct", [0, 1_000])
@pytest.mark.parametrize("power", [0, 11, 30])
def test_large_sparse_rows_with_one_column_of_another_size(direct, power, monkeypatch):
    monkeypatch.setattr("skl2.ridge._estimators.DENSE_SIZE", 0)
    monkeypatch.setattr("skl2.ridge._solvers.DIRECT_COLUMNS", direct)
    rng, n = np.random.default_rng(0), 2_000
    X = np.eye(40)[rng.integers(0, 40, n)]
    X = np.c_[X[:, 1:], rng.lognormal(0, 2, n) * 10.0**power, np.full(n, 3e5)]
    y = X[:, :39] @ rng.normal(size=39) + 0.1 * rng.normal(size=n)
    model, dense = Ridge(1e-8, tol=1e-12).fit(sparse.csr_array(X), y), Ridge(1e-8, solver="svd").fit(X, y)
    size = np.linalg.norm(X - X.mean(axis=0), axis=0)
    assert_allclose(model.coef_ * size, dense.coef_ * size, rtol=1e-7, atol=1e-8)
    assert model.coef_[-1] == 0
    assert model.solution_.residual <= 1e-12


@pytest.mark.parametrize("tol", [1e-4, 1e-8])
def test_conjugate_gradients_stop_by_the_gradient_in_units_of_each_column(tol, monkeypatch):
    monkeypatch.setattr("skl2.ridge._estimators.DENSE_SIZE", 0)
    monkeypatch.setattr("skl2.ridge._solvers.DIRECT_COLUMNS", 0)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 30)) * np.logspace(-8, 8, 30)
    y = X @ np.logspace(8, -8, 30) + rng.normal(size=300)
    model = Ridge(1e-12, tol=tol).fit(sparse.csr_array(X), y)
    A, b = X - X.mean(axis=0), y - y.mean()
    size = np.sqrt((A**2).sum(axis=0) + 1e-12)
    gradient = (A.T @ (b - A @ model.coef_) - 1e-12 * model.coef_) / size
    found = np.linalg.norm(gradient) / np.linalg.norm(A.T @ b / size)
    assert found <= 1.01 * tol
    assert_allclose(model.solution_.residual, found, rtol=1e-2, atol=1e-12)


def heavy_tail(rng):
    n = 14
    X = np.c_[rng.lognormal(25, 2, n), rng.normal(0, 0.03, n), rng.normal(1, 0.3, n)]
    return X, 3 * X[:, 1] + X[:, 2] + 0.1 * rng.normal(size=n)


def polynomial_of_days(rng):
    day = np.arange(14.0) + 19_000
    return np.c_[day, day**2, day**3, day**4], np.sin(day / 4)


def nanoseconds(rng):
    X = np.c_[1.6e18 + np.arange(14) * 8.64e13, rng.normal(size=14)]
    return X, X[:, 1].copy()


def two_of_ratio_1e15(rng):
    X = rng.normal(size=(14, 2)) * [1, 1e15]
    return X, X @ [1, 1e-15] + rng.normal(size=14)


def outlying_cell(rng, p=13):
    X = rng.normal(size=(14, p))
    X[3, 4] = 1e9
    return X, rng.normal(size=14)


def outlying_cell_of_wide_rows(rng):
    return outlying_cell(rng, 20)


def almost_empty(rng):
    X = np.zeros((14, 5))
    X[0, 2:4] = [1e6, 0]
    X[1, 2:4] = [1e6, 0.01]
    return X, rng.normal(size=14)


DATA = [
    heavy_tail,
    polynomial_of_days,
    nanoseconds,
    two_of_ratio_1e15,
    outlying_cell,
    outlying_cell_of_wide_rows,
    almost_empty,
]


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("alpha", [1e-2, 1.0, 1e3])
def test_leave_one_out_by_refits_in_60_digits(data, alpha):
    X, y = data(np.random.default_rng(3))
    exact = -exact_squares(X, y, alpha, LeaveOneOut().split(X)).mean()
    assert_allclose(RidgeCV([alpha]).fit(X, y).best_score_, exact, rtol=1e-7)
    assert_allclose(RidgeCV([alpha]).fit(sparse.csr_array(X), y).best_score_, exact, rtol=1e-7)
    scoring = "neg_mean_squared_error"
    assert_allclose(RidgeCV([alpha], cv=14, scoring=scoring).fit(X, y).best_score_, exact, rtol=1e-6)


@pytest.mark.parametrize("shape", [(20, 5), (12, 12), (6, 15)])
@pytest.mark.parametrize("seed", range(20))
def test_coefficients_in_60_digits_column_by_column(shape, seed):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-8, 8, shape[1])
    X = (rng.normal(size=shape) + 10.0 ** rng.uniform(-3, 3, shape[1])) * scale
    weight, alpha = 10.0 ** rng.uniform(-3, 3, shape[0]), 10.0 ** rng.uniform(-8, 8)
    assert_exact(X, rng.normal(size=shape[0]), weight, alpha)


@pytest.mark.parametrize("shape", [(16, 10), (12, 12), (10, 16)])
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 15, 27, 79, 100, 141])
def test_columns_that_all_but_repeat_in_60_digits(shape, seed):
    """Beside these, means of up to 1e8 spreads and weights over sixteen decades."""
    rng = np.random.default_rng(seed)
    scale, mean = 10.0 ** rng.uniform(-8, 8, shape[1]), 10.0 ** rng.uniform(-3, 8, shape[1])
    X = (rng.normal(size=shape) + mean * rng.choice([0, 1], shape[1])) * scale
    X[:, -1] = X[:, 0] + rng.choice([0, 10.0 ** rng.uniform(-8, 0)]) * scale[0] * rng.normal(size=shape[0])
    weight, alpha = 10.0 ** rng.uniform(-8, 8, shape[0]), 10.0 ** rng.uniform(-8, 8)
    assert_exact(X, rng.normal(size=shape[0]), weight, alpha, residual_counts=True)


def assert_exact(X, y, weight, alpha, residual_counts=False):
    """Errors in the columns' units are at most 1e-8, or ten times what the scaled problem allows.

    That is eps κ of condition κ, and for least squares that leave a residual eps κ (1 + κ ρ), where ρ is the
    residual relative to the norms of the matrix and the solution.
    """
    W = exact_coef(X, y, alpha, weight)
    root, p = np.sqrt(weight), X.shape[1]
    A, b = (root[:, None] * (v - np.average(v, axis=0, weights=weight)) for v in (X, y[:, None]))
    A = np.vstack([A, np.sqrt(alpha) * np.eye(p)])
    size, residual = np.linalg.norm(A, axis=0), np.r_[b[:, 0], np.zeros(p)] - A @ W
    condition = np.linalg.cond(A / size)
    rho = np.linalg.norm(residual) / np.linalg.norm(A / size, 2) / np.linalg.norm(W * size)
    allowed = np.finfo(float).eps * condition * (1 + residual_counts * condition * rho)
    bound = max(1e-8, 10 * allowed)
    for model in (Ridge(alpha), RidgeCV([alpha]), Ridge(alpha, solver="svd")):
        with warnings.catch_warnings():  # that more digits are not to be had
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = model.fit(X, y, sample_weight=weight).coef_
        assert np.abs((found - W) * size).max() <= bound * np.abs(W * size).max()


@pytest.mark.parametrize("alpha", [1e-9, 1e-6, 1e-3])
@pytest.mark.parametrize("repeats", [2, 3])
def test_repeated_rows_of_wide_data_in_60_digits(alpha, repeats):
    rng = np.random.default_rng(0)
    X, y = np.repeat(rng.normal(size=(5, 20)), repeats, axis=0), rng.normal(size=5 * repeats)
    W = exact_coef(X, y, alpha)
    for model in (Ridge(alpha), RidgeCV([alpha]), Ridge(alpha, solver="svd")):
        assert np.linalg.norm(model.fit(X, y).coef_ - W) <= 2e-8 * np.linalg.norm(W)


FITS = {
    "Ridge": lambda X, y, alpha: Ridge(alpha).fit(X, y),
    "Ridge, stream": lambda X, y, alpha: Ridge(alpha).partial_fit(X[:20], y[:20]).partial_fit(X[20:], y[20:]),
    "Ridge, sparse": lambda X, y, alpha: Ridge(alpha).fit(sparse.csr_array(X), y),
    "RidgeCV": lambda X, y, alpha: RidgeCV([alpha]).fit(X, y),
    "RidgeCV, folds": lambda X, y, alpha: RidgeCV([alpha], cv=3).fit(X, y),
    "RidgeCV, evidence": lambda X, y, alpha: RidgeCV([alpha], criterion="evidence").fit(X, y),
    "RidgeCV, sparse": lambda X, y, alpha: RidgeCV([alpha], cv=3).fit(sparse.csr_array(X), y),
}


def single(shape):
    rng = np.random.default_rng(0)
    X = rng.normal(size=shape).astype(np.float32)
    return X, X @ rng.normal(size=shape[1]) + 1


@pytest.mark.parametrize("shape", [(60, 5), (30, 40)])
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.parametrize(("x_unit", "y_unit"), [(1.0, 1e41), (1e-20, 1e20), (1.0, 1e60)])
def test_a_solution_that_float32_cannot_hold_is_an_error(shape, fit, x_unit, y_unit):
    X, y = single(shape)
    X *= np.float32(x_unit)
    with pytest.raises(ValueError, match="out of the range of float32"):
        fit(X, y * y_unit, x_unit**2)
    assert np.isfinite(fit(X.astype(float), y * y_unit, x_unit**2).coef_).all()


@pytest.mark.parametrize("shape", [(60, 5), (30, 40)])
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.parametrize(
    ("x_unit", "y_unit"), [(1.0, 1e-41), (1.0, 1e37), (1e30, 1.0), (1e20, 1e30), (1e-30, 1.0), (1e-22, 1e-10)]
)
def test_data_whose_squares_float32_cannot_hold(shape, fit, x_unit, y_unit):
    X, y = single(shape)
    X *= np.float32(x_unit)
    found, exact = fit(X, y * y_unit, x_unit**2), fit(X.astype(float), y * y_unit, x_unit**2)
    least = np.finfo(np.float32).smallest_subnormal
    assert found.coef_.dtype == np.float32
    assert_allclose(found.coef_, exact.coef_, rtol=1e-5, atol=1e-6 * np.abs(exact.coef_).max() + least)
    assert_allclose(found.intercept_, exact.intercept_, rtol=1e-5, atol=1e-6 * y_unit + least)


@pytest.mark.parametrize("y_unit", [1.0, 1e25])
def test_stored_squares_are_in_float64_where_float32_cannot_hold_them(y_unit):
    X, y = single((60, 5))
    model = RidgeCV([1.0], store_cv_results=True).fit(X, y * y_unit)
    assert model.cv_results_.dtype == (np.float32 if y_unit == 1 else np.float64)
    assert_allclose(-model.cv_results_.mean(), model.best_score_, rtol=1e-5)


def test_where_the_rotations_do_not_settle_another_decomposition_serves(monkeypatch):
    A = np.random.default_rng(0).normal(size=(9, 4))
    jacobi = _spectrum.lapack.dgejsv
    unsettled = SimpleNamespace(dgejsv=lambda *args, **options: (*jacobi(*args, **options)[:-1], 1))
    monkeypatch.setattr(_spectrum, "lapack", unsettled)
    U, s, V = _spectrum._jacobi(A)
    assert_allclose(U * s @ V.T, A, rtol=1e-12)
    assert_allclose(s, np.linalg.svd(A, compute_uv=False), rtol=1e-13)
