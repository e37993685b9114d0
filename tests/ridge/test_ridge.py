"""Ridge and RidgeClassifier: known solutions, relations, certificates, bad input."""

import pickle
import warnings
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from many_digits import exact_coef
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context, linear_model
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_validate

from skl2 import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV
from skl2.ridge import _rows
from skl2.ridge._parameters import SOLVER_NAMES
from skl2.ridge._problem import RidgeProblem
from skl2.ridge._solvers import (
    MAX_REFINEMENTS,
    SOLVERS,
    _Cholesky,
    _primal_residual,
    _refined,
    choose_solver,
)

SHAPES = [(60, 8), (8, 20), (20, 20)]


def make_data(n=60, p=8, t=None, offset=1.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + offset
    y = rng.normal(size=n if t is None else (n, t)) + (X[:, :1] if t else X[:, 0]) + 3
    return X, y, rng.integers(0, 3, n).astype(float)


def gradient_at(model, X, y, weight, alpha, factor=1.0):
    """∇J with respect to W and b, relative to its norm at W = 0."""
    w = np.ones(len(X)) if weight is None else weight
    b = model.intercept_ if model.fit_intercept else 0.0
    residual = w * (y - b - X @ model.coef_)
    start = w * (y - (np.average(y, weights=w) if model.fit_intercept else 0.0))
    center = np.average(X, axis=0, weights=w) if model.fit_intercept else 0.0
    gradient = (X - center).T @ residual - alpha * factor * model.coef_
    return np.linalg.norm(gradient) / np.linalg.norm((X - center).T @ start)


# ------------------------------------------------------------------ the same optimum as elsewhere


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("targets", [None, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, sparse.csc_matrix])
def test_equals_scikit_learn(shape, targets, weighted, fit_intercept, container):
    X, y, weight = make_data(*shape, targets)
    weight = weight if weighted else None
    expected = linear_model.Ridge(0.7, solver="cholesky", fit_intercept=fit_intercept).fit(X, y, weight)
    model = Ridge(0.7, fit_intercept=fit_intercept).fit(container(X), y, weight)
    assert_allclose(model.coef_, expected.coef_, rtol=0, atol=1e-10)
    assert_allclose(model.intercept_, expected.intercept_, rtol=0, atol=1e-10)
    assert model.coef_.shape == expected.coef_.shape


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [[0.5, 0.5], [0.5, 20.0]])
@pytest.mark.parametrize("factors", [False, True])
def test_every_solver_finds_the_optimum(name, shape, fit_intercept, alpha, factors):
    X, Y, weight = make_data(*shape, 2)
    if name == "positive":  # targets whose optimum is inside the bounds
        X = np.abs(X) + 0.1
        Y = X @ (np.ones((shape[1], 2)) * 3)
    alpha = np.array(alpha)
    d = np.linspace(0.5, 2, shape[1]) if factors else np.ones(shape[1])
    problem = RidgeProblem(
        X, Y, weight, fit_intercept, alpha=alpha, penalty_factor=d if factors else None, tol=1e-13
    )
    solution = SOLVERS[name](problem)
    center = np.average(X, axis=0, weights=weight) if fit_intercept else 0.0
    Xc, R = X - center, weight[:, None] * (Y - X @ solution.coef - solution.intercept)
    gradient = Xc.T @ R - alpha * d[:, None] * solution.coef
    if name == "positive":
        assert (solution.coef >= 0).all()
        gradient = np.where(solution.coef > 0, gradient, np.maximum(gradient, 0))
    assert np.linalg.norm(gradient) <= 1e-10 * np.linalg.norm(Xc.T @ (weight[:, None] * Y))
    assert solution.report.residual <= 1e-10


@pytest.mark.parametrize("solver", SOLVER_NAMES)
def test_every_name_of_a_solver_leads_to_the_optimum(solver):
    X, y, weight = make_data()
    y = X @ np.arange(1.0, 9.0)
    model = Ridge(solver=solver, positive=solver == "lbfgs").fit(X, y, weight)
    assert gradient_at(model, X, y, weight, 1.0) <= 1e-10
    assert model.solver_ == ("cholesky" if solver == "auto" else solver)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("solver", ["auto", "svd"])
def test_no_penalty_gives_the_least_norm(shape, solver):
    X, y, _ = make_data(*shape)
    X = np.hstack([X, X[:, :3]])  # singular
    model = Ridge(0, solver=solver).fit(X, y)
    Xc = X - X.mean(axis=0)
    assert_allclose(model.coef_, np.linalg.pinv(Xc) @ (y - y.mean()), atol=1e-9)


def test_large_sparse_uses_conjugate_gradients():
    rng = np.random.default_rng(0)
    X = sparse.random_array((6000, 900), density=0.01, rng=rng, format="csr")
    Y = X @ rng.normal(size=(900, 2)) + rng.normal(size=(6000, 2))
    weight = rng.uniform(0.5, 2, 6000)
    model = Ridge(tol=1e-13).fit(X, Y, weight)
    assert model.solution_.solver == "cg"
    assert (model.n_iter_ > 1).all()
    dense = Ridge().fit(X.toarray(), Y, weight)
    assert_allclose(model.coef_, dense.coef_, atol=1e-9)
    with pytest.warns(ConvergenceWarning, match="sparse_cg solver did not converge in 2 iterations"):
        Ridge(max_iter=2, tol=1e-10).fit(X, Y)


@pytest.mark.parametrize("factors", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_conjugate_gradients_of_targets_and_columns_of_every_kind(alpha, factors):
    """Side by side a constant target, one of few directions, a tiny one; a constant and an empty column."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 20)) * (rng.random((60, 20)) < 0.3)
    X[:, 7], X[:, 11], X[:, 13] = 3e5, 0.0, 1e3 * X[:, 2]
    signal = X[:, :5] @ rng.normal(size=(5, 4)) + rng.normal(size=(60, 4))
    Y = signal * [1.0, 0.0, 1e-160, 1.0] + [0.0, 3.0, 0.0, 7.0]
    d = rng.uniform(0.5, 2, 20) if factors else None
    problem = RidgeProblem(
        sparse.csr_array(X), Y, alpha=np.full(4, alpha), penalty_factor=d, tol=1e-13, max_iter=500
    )
    coef, intercept, report = (
        getattr(SOLVERS["cg"](problem), name) for name in ("coef", "intercept", "report")
    )
    root = np.ones(20) if d is None else np.sqrt(d)
    A, B = (X - X.mean(axis=0)) / root, Y - Y.mean(axis=0)
    U, s, Vt = np.linalg.svd(A[:, X.std(axis=0) > 0], full_matrices=False)
    kept = s > 1e-9 * s[0]  # columns 2 and 13 say the same
    exact = np.zeros((20, 4))
    exact[X.std(axis=0) > 0] = (Vt[kept].T * (s[kept] / (s[kept] ** 2 + alpha))) @ (U[:, kept].T @ B)
    exact /= root[:, None]
    for k in (0, 2, 3):
        assert_allclose(coef[:, k], exact[:, k], rtol=1e-8, atol=1e-10 * np.abs(exact[:, k]).max())
    assert_array_equal(coef[[7, 11]], 0)
    assert_array_equal(coef[:, 1], 0)
    assert_allclose(intercept, Y.mean(axis=0) - X.mean(axis=0) @ coef, rtol=1e-9)
    assert (report.solver, report.refinement_steps) == ("cg", 0)
    assert report.n_iter[1] == 0
    assert (report.n_iter[[0, 2, 3]] > 2).all()
    assert 0 < report.residual <= 1e-13


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("name", ["cholesky", "eigen", "svd"])
def test_the_condition_of_a_report(name, alpha, free):
    """1 of orthogonal columns, whatever their sizes, and of none; large where two columns are nearly one."""
    rng = np.random.default_rng(0)
    X, Y = np.linalg.qr(rng.normal(size=(40, 4)))[0], rng.normal(size=(40, 1))
    factor = np.array([0.0, 1.0, 1.0, 1.0]) if free else None

    def condition(X):
        problem = RidgeProblem(X, Y, None, False, alpha=np.array([alpha]), penalty_factor=factor)
        return SOLVERS[name](problem).report.condition

    assert condition(X) == pytest.approx(1.0)
    assert condition(0 * X) == 1.0
    nearly = 1e3 * X
    nearly[:, 1] = nearly[:, 0] + 1e-3 * nearly[:, 1]
    graded = alpha and not free and name != "cholesky"  # a triangle of rows, a weak bound
    assert (1.2 if graded else 1e5) < condition(nearly) < 1e8


@pytest.mark.parametrize(
    ("shape", "free", "alpha", "expected"),
    [
        ((9, 5), 0, 1.0, "cholesky"),
        ((5, 5), 0, 1.0, "cholesky"),
        ((5, 9), 0, 1.0, "dual"),
        ((5, 9), 0, 0.0, "dual"),
        ((5, 9), 2, 1.0, "dual"),
        ((5, 9), 2, 0.0, "cholesky"),
        ((4, 9), 2, 1.0, "cholesky"),
    ],
)
def test_the_shape_and_the_penalties_choose_the_solver(shape, free, alpha, expected):
    factor = np.ones(shape[1]) * (np.arange(shape[1]) >= free) if free else None
    problem = RidgeProblem(
        np.ones(shape), np.ones((shape[0], 1)), alpha=np.array([alpha]), penalty_factor=factor
    )
    assert choose_solver(problem, "auto", False) == expected
    assert choose_solver(problem, "svd", False) == "svd"
    assert choose_solver(problem, "auto", True) == "positive"


def test_cholesky_knows_the_condition_of_a_small_system_of_any_units():
    rng = np.random.default_rng(0)
    for n in (2, 5, 12):
        A = rng.normal(size=(n + 1, n))
        A[:, 0] += 30 * A[:, 1]
        H = A.T @ A
        size = np.sqrt(H.diagonal())
        exact = np.linalg.cond(H / np.multiply.outer(size, size), 1)
        units = 10.0 ** rng.uniform(-5, 5, n)
        assert _Cholesky(H * np.multiply.outer(units, units)).rcond == pytest.approx(1 / exact, rel=0.1)


def test_the_residual_of_wide_rows_is_in_units_of_each_column():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(6, 9)) * np.geomspace(1e-4, 1e4, 9), rng.normal(size=(6, 2))
    weight, coef = rng.uniform(0.5, 2, 6), rng.normal(size=(9, 2)) / np.geomspace(1e-4, 1e4, 9)[:, None]
    problem = RidgeProblem(X, Y, weight, alpha=np.array([0.3, 0.3]))
    A, B = (M - np.average(M, axis=0, weights=weight) for M in (X, Y))
    size = np.sqrt(weight @ A**2 + 0.3)[:, None]
    gradient = A.T @ (weight[:, None] * (B - A @ coef)) - 0.3 * coef
    expected = np.linalg.norm(gradient / size) / np.linalg.norm(A.T @ (weight[:, None] * B) / size)
    root = np.sqrt(weight)
    assert _primal_residual(problem, root, root[:, None] * B, coef) == pytest.approx(expected, rel=1e-9)


def test_positive_certificate_and_scikit_learn():
    X, y = load_diabetes(return_X_y=True)
    for rows in (slice(None), slice(0, 6)):
        model = Ridge(0.1, positive=True).fit(X[rows], y[rows])
        assert (model.coef_ >= 0).all()
        assert (model.coef_ == 0).any()
        assert model.solution_.residual <= 1e-10
        expected = linear_model.Ridge(0.1, positive=True, tol=1e-12).fit(X[rows], y[rows])
        assert_allclose(model.coef_, expected.coef_, rtol=1e-3, atol=1e-2)


# ------------------------------------------------------------------ accuracy in 50 digits


def relative_error(coef, exact):
    return np.linalg.norm(coef - exact) / np.linalg.norm(exact)


@pytest.mark.parametrize("ratio", [1.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("shape", [(40, 4), (6, 9)])
def test_accuracy_with_a_large_mean(ratio, shape):
    X, y, _ = make_data(*shape, offset=ratio, seed=1)
    y = y - y.mean()
    assert relative_error(Ridge(1.0).fit(X, y).coef_, exact_coef(X, y, 1.0)) <= 1e-13


@pytest.mark.parametrize("shape", [(40, 4), (6, 9)])
def test_accuracy_when_collinear(shape):
    X, y, _ = make_data(*shape, seed=2)
    X[:, 1] = X[:, 0] + 1e-6 * X[:, 1]
    exact = exact_coef(X, y, 1e-10)
    assert relative_error(Ridge(1e-10).fit(X, y).coef_, exact) <= 1e-8


@pytest.mark.parametrize("shape", [(40, 4), (6, 9), (12, 12)])
@pytest.mark.parametrize("alpha", [1e-8, 1e-3, 1.0, 1e6])
def test_accuracy_against_scikit_learn(shape, alpha):
    X, y, _ = make_data(*shape, seed=3)
    exact = exact_coef(X, y, alpha)
    theirs = linear_model.Ridge(alpha, solver="cholesky").fit(X, y).coef_
    assert relative_error(Ridge(alpha).fit(X, y).coef_, exact) <= 3 * relative_error(theirs, exact) + 1e-14


@pytest.mark.parametrize("alpha", [1e-6, 1.0])
@pytest.mark.parametrize("shape", [(40, 9), (9, 12)])
def test_orthogonal_decomposition_heeds_the_scale_of_each_column(shape, alpha):
    X, y, _ = make_data(*shape)
    X *= np.geomspace(1e-8, 1e8, shape[1])
    exact = exact_coef(X, y, alpha)
    assert relative_error(Ridge(alpha, solver="svd").fit(X, y).coef_, exact) < 1e-11


@pytest.mark.parametrize("shape", [(40, 9), (16, 23)])
def test_orthogonal_decomposition_heeds_the_scale_of_each_row(shape):
    X, y, _ = make_data(*shape)
    root = 10.0 ** np.random.default_rng(0).uniform(-6, 6, shape[0])
    model = Ridge(1e-4, solver="svd", fit_intercept=False).fit(X, y, root**2)
    exact = exact_coef(X, y, 1e-4, root**2, fit_intercept=False)
    assert relative_error(model.coef_, exact) < 1e-12


def odd_shape(seed):
    """Few rows and columns, ill conditioned, at times of many scales, with a mean or weights."""
    rng = np.random.default_rng(seed)
    n, p = rng.integers(2, 14), rng.integers(1, 12)
    U, _, Vt = np.linalg.svd(rng.normal(size=(n, p)), full_matrices=False)
    X = U * np.geomspace(1, 10 ** -rng.uniform(0, 6), min(n, p)) @ Vt * 3
    X = X * 10 ** rng.uniform(-3, 3, p) if rng.random() < 0.3 else X
    X, y = X + rng.choice([0, 1, 100.0]), rng.normal(size=n) + rng.choice([0, 10.0])
    return X, y, 10 ** rng.uniform(-10, 2)


@pytest.mark.parametrize("seed", [*range(40), 134, 221, 227])
def test_accuracy_where_rows_are_few(seed):
    X, y, alpha = odd_shape(seed)
    exact = exact_coef(X, y, alpha)
    theirs = linear_model.Ridge(alpha, solver="cholesky").fit(X, y).coef_
    assert relative_error(Ridge(alpha).fit(X, y).coef_, exact) <= 3 * relative_error(theirs, exact) + 1e-13


def test_small_means_need_no_copy_and_lose_nothing():
    """Just below and above where rows are shifted, and one small column with a large mean."""
    X, y, _ = make_data(n=40, p=4, offset=0.0)
    for offset in (np.full(4, 1.9), np.full(4, 2.5), np.array([0, 0, 0, 1e8])):
        tall = X * [1, 1, 1e3, 1] + offset
        assert relative_error(Ridge(0.1).fit(tall, y).coef_, exact_coef(tall, y, 0.1)) <= 1e-13
        wide = (X + offset[0]).T[:3] * np.geomspace(1e-3, 1e3, 40) + offset[3]
        assert relative_error(Ridge(0.1).fit(wide, y[:3]).coef_, exact_coef(wide, y[:3], 0.1)) <= 1e-12


def test_kernel_notices_that_its_few_rows_misled(monkeypatch):
    """The rows looked at are the only ones near 0."""
    monkeypatch.setattr(_rows, "SHIFT_ROWS", 32)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(320, 400)) + 1e5, rng.normal(size=320)
    weight, near = np.ones(320), np.linspace(0, 319, 32).astype(int)
    X[near] -= 1e5
    weight[near] = 1e-14
    model = Ridge(1.0).fit(X, y, weight)
    assert model.solution_.solver == "dual"
    gradient = gradient_at(model, X, y, weight, 1.0)
    assert gradient <= 1e-10


def test_float32_is_kept_and_refined():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 100)).astype(np.float32) + np.float32(100)
    y = X @ rng.normal(size=100).astype(np.float32)
    model = Ridge(0.1).fit(X, y)
    assert model.coef_.dtype == model.predict(X).dtype == np.float32
    exact = Ridge(0.1).fit(X.astype(float), y.astype(float)).coef_
    assert relative_error(model.coef_, exact) <= 1e-6


# ------------------------------------------------------------------ relations


@pytest.mark.parametrize("shape", SHAPES)
def test_integer_weights_repeat_rows(shape):
    X, y, weight = make_data(*shape)
    repeated = np.repeat(np.arange(len(X)), weight.astype(int))
    model, copies = Ridge().fit(X, y, weight), Ridge().fit(X[repeated], y[repeated])
    assert_allclose(model.coef_, copies.coef_, atol=1e-12)
    assert_allclose(model.intercept_, copies.intercept_, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("positive", [False, True])
def test_penalty_factor_is_a_rescaling_of_columns(shape, positive):
    X, y, weight = make_data(*shape)
    d = np.geomspace(0.1, 10, shape[1])
    model = Ridge(2.0, penalty_factor=d, positive=positive).fit(X, y, weight)
    scaled = Ridge(2.0, positive=positive).fit(X / np.sqrt(d), y, weight)
    assert_allclose(model.coef_, scaled.coef_ / np.sqrt(d), atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_penalty_factor_zero_is_no_penalty(shape):
    X, y, weight = make_data(*shape)
    d = np.ones(shape[1])
    d[:2] = 0
    model = Ridge(3.0, penalty_factor=d).fit(X, y, weight)
    assert gradient_at(model, X, y, weight, 3.0, d) <= 1e-10
    ones = Ridge(3.0, penalty_factor=np.ones(shape[1])).fit(X, y)
    assert_allclose(ones.coef_, Ridge(3.0).fit(X, y).coef_, atol=1e-12)
    duplicated = np.hstack([X, X[:, :1]])  # the unpenalised column twice: not a unique optimum
    singular = Ridge(3.0, penalty_factor=np.r_[d, 0.0]).fit(duplicated, y, weight)
    assert_allclose(singular.predict(duplicated), model.predict(X), atol=1e-8)


def test_one_alpha_per_target():
    X, Y, weight = make_data(t=3)
    alphas = [0.0, 1.0, 50.0]
    together = Ridge(alphas).fit(X, Y, weight)
    for k, alpha in enumerate(alphas):
        assert_allclose(together.coef_[k], Ridge(alpha).fit(X, Y[:, k], weight).coef_, atol=1e-12)


@pytest.mark.parametrize(
    ("factors", "solver"),
    [
        *product([[1.0, 1, 2, 9], [0.0, 1, 2, 9], [0.0, 0, 0, 0, 9]], ["auto", "svd", "stream"]),
        ([1.0, 1, 2, 9], "cg"),
    ],
)
def test_no_penalty_is_the_limit_of_a_small_one(factors, solver):
    """Also with penalty factors: of all optima the one with the least Σ d w²."""
    X, Y, _ = make_data(3, len(factors), 2)
    d = np.array(factors)
    if solver == "cg":
        problem = RidgeProblem(sparse.csr_array(X), Y, alpha=np.zeros(2), penalty_factor=d, tol=1e-14)
        coef = SOLVERS["cg"](problem).coef.T
    elif solver == "stream":
        coef = Ridge(0.0, penalty_factor=d).partial_fit(X, Y).coef_
    else:
        coef = Ridge([0.0, 1.0], penalty_factor=d, solver=solver).fit(X, Y).coef_[:1]
    Xc, Yc = X - X.mean(axis=0), (Y - Y.mean(axis=0))[:, : len(coef)]
    assert_allclose(Xc @ coef.T, Yc, atol=1e-9)
    null = np.linalg.svd(Xc)[2][2:]  # directions in which the fit does not change
    assert_allclose(null @ (d * coef).T, 0, atol=1e-9)


@pytest.mark.parametrize("options", [{"solver": "svd"}, {"alpha": 0.0}, {"positive": True}, {}])
@pytest.mark.parametrize("shape", [(60, 8), (8, 20)])
def test_zero_weight_is_removal(options, shape):
    X, y, weight = make_data(*shape)
    X[:, 2] = X[:, 1]
    weight[[0, 3]] = 0
    far = X.copy()
    far[weight == 0] = 1e12
    keep = weight != 0
    removed = Ridge(**options).fit(X[keep], y[keep], weight[keep])
    assert_allclose(Ridge(**options).fit(far, y, weight).coef_, removed.coef_, rtol=0, atol=1e-13)


def test_permutation_and_scale():
    X, y, _ = make_data()
    model = Ridge(2.0).fit(X, y)
    order = np.random.default_rng(0).permutation(X.shape[1])
    assert_allclose(Ridge(2.0).fit(X[::-1][:, order], y[::-1]).coef_, model.coef_[order], atol=1e-12)
    assert_allclose(Ridge(2.0 * 9).fit(3 * X, y).coef_ * 3, model.coef_, atol=1e-12)
    assert_allclose(Ridge(2.0).fit(X, 5 * y + 1).coef_, 5 * model.coef_, atol=1e-12)


# ------------------------------------------------------------------ streams


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("options", [{}, {"positive": True}, {"penalty_factor": np.r_[0.0, np.ones(7)]}])
def test_chunks_and_parts_are_one_fit(fit_intercept, offset, options):
    X, y, weight = make_data(n=90, offset=offset)
    whole = Ridge(fit_intercept=fit_intercept, **options).fit(X, y, weight)
    parts = []
    for i in range(3):
        part = Ridge(fit_intercept=fit_intercept, **options)
        for rows in (slice(30 * i, 30 * i + 12), slice(30 * i + 12, 30 * i + 30)):
            part.partial_fit(X[rows], y[rows], weight[rows])
        parts.append(part)
    a, b, c = parts
    before = a.coef_.copy()
    rtol = 1e-11 if offset == 0 or fit_intercept else 1e-6
    for merged in (a.merge(b).merge(c), a.merge(b.merge(c)), c.merge(a).merge(b)):
        assert_allclose(merged.predict(X), whole.predict(X), rtol=rtol, atol=1e-8 if offset else 1e-10)
    assert_array_equal(a.coef_, before)


@pytest.mark.parametrize("first", [True, False])
def test_intercept_may_change_in_mid_stream(first):
    X, y, weight = make_data(n=90, offset=1e7)
    model = Ridge(fit_intercept=first).partial_fit(X[:40], y[:40], weight[:40])
    for fit_intercept in (not first, True):
        model.set_params(fit_intercept=fit_intercept).partial_fit(X[40:65], y[40:65], weight[40:65])
    rows = np.r_[0:40, 40:65, 40:65]
    assert relative_error(model.coef_, Ridge().fit(X[rows], y[rows], weight[rows]).coef_) < 1e-8


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_float32_stream_is_summed_in_float64(offset):
    X, y, weight = make_data(n=300, p=100, offset=offset)
    X, y, weight = X.astype(np.float32), y.astype(np.float32), weight.astype(np.float32)
    model = Ridge(1e-3)
    for rows in (slice(0, 50), slice(50, 300)):
        model.partial_fit(X[rows], y[rows], weight[rows])
    exact = Ridge(1e-3).fit(X.astype(float), y.astype(float), weight.astype(float)).coef_
    assert model.coef_.dtype == np.float32
    assert relative_error(model.coef_, exact) <= 1e-6


@pytest.mark.parametrize("targets", [None, 1, 2])
def test_stream_has_the_shapes_of_a_fit(targets):
    X, y, _ = make_data(t=targets)
    whole, stream = Ridge().fit(X, y), Ridge().partial_fit(X, y)
    for model in (stream, stream.merge(stream)):
        assert model.coef_.shape == whole.coef_.shape
        assert np.shape(model.intercept_) == np.shape(whole.intercept_)
        assert model.predict(X).shape == whole.predict(X).shape


def test_one_row_without_a_penalty_warns_of_nothing():
    X, y, _ = make_data()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Ridge(0).partial_fit(X[:1], y[:1])
    assert_array_equal(model.coef_, np.zeros(8))
    assert model.intercept_ == y[0]


def test_singular_stream_finds_the_least_norm():
    X, y, _ = make_data(n=5, p=9)
    model = Ridge(0.0).partial_fit(X, y)
    assert model.solution_.solver == "eigen"
    assert_allclose(model.coef_, Ridge(0.0).fit(X, y).coef_, atol=1e-8)


def test_sparse_stream_and_classifier_stream():
    X, y = load_iris(return_X_y=True)
    whole = RidgeClassifier(class_weight={0: 2.0, 1: 1.0, 2: 0.5}).fit(X, y)
    model = clone(whole)
    for rows in np.array_split(np.arange(150), 3):  # each chunk holds a single class
        model.partial_fit(sparse.csr_matrix(X[rows]), y[rows], classes=[0, 1, 2])
    assert_allclose(model.coef_, whole.coef_, atol=1e-10)
    merged = RidgeClassifier().partial_fit(X[:75], y[:75], [0, 1, 2])
    merged = merged.merge(RidgeClassifier().partial_fit(X[75:], y[75:], [0, 1, 2]))
    assert_array_equal(merged.predict(X), RidgeClassifier().fit(X, y).predict(X))


def test_streams_refuse_what_they_cannot_do():
    X, y, _ = make_data()
    fitted = Ridge().fit(X, y)
    with pytest.warns(UserWarning, match="fit keeps no moments"):
        restarted = clone(fitted).fit(X, y).partial_fit(X[:20], y[:20])
    assert_allclose(restarted.coef_, Ridge().fit(X[:20], y[:20]).coef_, atol=1e-12)
    with pytest.raises(ValueError, match="merge needs estimators fitted by partial_fit"):
        fitted.merge(fitted)
    with pytest.raises(TypeError, match="other must be a Ridge"):
        fitted.merge(3)
    with pytest.raises(ValueError, match="other has 5 features, expected 8"):
        Ridge().partial_fit(X, y).merge(Ridge().partial_fit(X[:, :5], y))
    with pytest.raises(ValueError, match="targets"):
        Ridge().partial_fit(X, y).partial_fit(X, np.c_[y, y])
    with pytest.raises(ValueError, match="classes must be passed"):
        RidgeClassifier().partial_fit(X, y > 3)
    with pytest.raises(ValueError, match="not among the classes"):
        RidgeClassifier().partial_fit(X, np.arange(60) % 3, classes=[0, 1])
    with pytest.raises(ValueError, match="balanced"):
        RidgeClassifier(class_weight="balanced").partial_fit(X, y > 3, classes=[False, True])
    with pytest.raises(ValueError, match="other has 2 targets, expected 1"):
        Ridge().partial_fit(X, y).merge(Ridge().partial_fit(X, np.c_[y, y]))
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    with pytest.raises(ValueError, match="other has the features"):
        Ridge().partial_fit(frame, y).merge(Ridge().partial_fit(frame[frame.columns[::-1]], y))
    a = RidgeClassifier().partial_fit(X, np.arange(60) % 2, classes=[0, 1])
    a.partial_fit(X, np.arange(60) % 2, classes=[1, 0])
    with pytest.raises(ValueError, match="classes must be those of the first call"):
        a.partial_fit(X, np.arange(60) % 2, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="has the classes"):
        a.merge(RidgeClassifier().partial_fit(X, np.arange(60) % 2, classes=[0, 1, 2]))


# ------------------------------------------------------------------ as an estimator


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0}])
def test_classifier_equals_scikit_learn(class_weight):
    X, y = load_iris(return_X_y=True)
    for labels in (y, y == 1, np.array(["a", "b", "c"])[y]):
        if isinstance(class_weight, dict) and labels is not y:
            continue
        mine = RidgeClassifier(class_weight=class_weight).fit(X, labels)
        theirs = linear_model.RidgeClassifier(class_weight=class_weight).fit(X, labels)
        assert_allclose(mine.decision_function(X), theirs.decision_function(X), atol=1e-10)
        assert_array_equal(mine.predict(X), theirs.predict(X))
        assert_array_equal(mine.classes_, theirs.classes_)


def test_sparse_multilabel():
    X, y, _ = make_data()
    Y = np.c_[y > 3, y > 5, y < 4].astype(int)
    for Estimator in (RidgeClassifier, RidgeClassifierCV):
        model = Estimator().fit(X, sparse.csr_array(Y))
        assert_array_equal(model.coef_, Estimator().fit(X, Y).coef_)
        assert model.score(X, sparse.csr_array(Y)) == model.score(X, Y)


def test_multilabel():
    X, Y = make_multilabel_classification(random_state=0)
    model = RidgeClassifier().fit(X, Y)
    assert_array_equal(model.predict(X), linear_model.RidgeClassifier().fit(X, Y).predict(X))


def test_routed_weights_reach_fit():
    X, y, weight = make_data()
    with config_context(enable_metadata_routing=True):
        model = Ridge().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        result = cross_validate(model, X, y, params={"sample_weight": weight}, return_estimator=True, cv=2)
    expected = Ridge().fit(X[30:], y[30:], weight[30:])
    assert_allclose(result["estimator"][0].coef_, expected.coef_, atol=1e-12)


def test_pickle_holds_the_model_not_the_data():
    X, y, _ = make_data(n=5000, p=200)
    model = Ridge().fit(X, y)
    assert len(pickle.dumps(model)) < model.coef_.nbytes + 2000
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_report_tells_what_happened():
    X, y, _ = make_data()
    assert Ridge().fit(X, y).solution_.solver == "cholesky"
    X[:, 1] = X[:, 0] + 1e-5 * X[:, 1]
    refined = Ridge(1e-9).fit(X, y).solution_
    assert refined.solver == "cholesky"
    assert refined.refinement_steps > 0
    assert refined.condition > 1e8
    assert Ridge().fit(X.T, y[:8]).solution_.solver == "dual"


# ------------------------------------------------------------------ input of every kind


@pytest.mark.parametrize("convert", [pd.DataFrame, lambda X: pl.DataFrame(X, schema=list("abcdefgh"))])
def test_frames_keep_their_names(convert):
    X, y, _ = make_data()
    frame = convert(X)
    if isinstance(frame, pd.DataFrame):
        frame.columns = list("abcdefgh")
    model = Ridge().fit(frame, y)
    theirs = linear_model.Ridge().fit(frame, y)  # scikit-learn 1.6 sees no names in new polars frames
    assert hasattr(model, "feature_names_in_") == hasattr(theirs, "feature_names_in_")
    if hasattr(theirs, "feature_names_in_") or isinstance(frame, pd.DataFrame):
        assert_array_equal(model.feature_names_in_, list("abcdefgh"))
    assert_allclose(model.predict(frame), Ridge().fit(X, y).predict(X))


def test_memory_layouts_and_integers(tmp_path):
    X, y, weight = make_data()
    expected = Ridge().fit(X, y, weight).coef_
    assert_allclose(Ridge().fit(np.asfortranarray(X), y, weight).coef_, expected, atol=1e-12)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_allclose(Ridge(copy_X=False).fit(mapped, y, weight).coef_, expected, atol=1e-12)
    counts = (10 * X).astype(int)
    assert_allclose(Ridge().fit(counts, y).coef_, Ridge().fit(counts.astype(float), y).coef_)
    before = X.copy()
    Ridge(copy_X=False).fit(X, y, weight)
    assert_array_equal(X, before)


def spoil(X, value):
    X = X.copy()
    X[3, 2] = value
    return X


@pytest.mark.parametrize("Estimator", [Ridge, RidgeClassifier])
@pytest.mark.parametrize(
    ("parameters", "data", "error", "match"),
    [
        ({}, lambda X, y: (spoil(X, np.nan), y), ValueError, "NaN"),
        ({}, lambda X, y: (spoil(X, np.inf), y), ValueError, "infinity"),
        ({}, lambda X, y: (spoil(X, np.nan).T, y[:8]), ValueError, "NaN"),
        ({"solver": "svd"}, lambda X, y: (spoil(X, np.nan), y), ValueError, "NaN"),
        ({}, lambda X, y: (sparse.csr_matrix(spoil(X, np.nan)), y), ValueError, "NaN"),
        ({}, lambda X, y: (1e200 * X, y), ValueError, "overflow; rescale X"),
        ({}, lambda X, y: (spoil(X, np.nan), y, np.r_[1, 1, 1, 0, np.ones(56)]), ValueError, "NaN"),
        ({}, lambda X, y: (X, y[:-1]), ValueError, "inconsistent numbers of samples"),
        ({}, lambda X, y: (X[:, 0], y), ValueError, "2D array"),
        ({}, lambda X, y: (X[:0], y[:0]), ValueError, "0 sample"),
        ({}, lambda X, y: (X[:, :0], y), ValueError, "0 feature"),
        ({}, lambda X, y: (X, y, np.zeros(60)), ValueError, "sample_weight is zero"),
        ({}, lambda X, y: (X, y, -np.ones(60)), ValueError, "sample_weight must not be negative"),
        ({}, lambda X, y: (X, y, np.ones(59)), ValueError, "inconsistent numbers of samples"),
        ({}, lambda X, y: (X, y, np.r_[1.0, np.full(59, np.inf)]), ValueError, "sample_weight"),
        ({}, lambda X, y: (sparse.csr_matrix(spoil(1e200 * X, 0)), y), ValueError, "overflow; rescale X"),
        ({"positive": True}, lambda X, y: (1e200 * X.T, y[:8]), ValueError, "overflow; rescale X"),
        ({"alpha": -1.0}, None, ValueError, "alpha must be a real number in"),
        ({"alpha": np.inf}, None, ValueError, r"alpha must be a real number in \[0, inf\), got inf"),
        ({"alpha": np.nan}, None, ValueError, "alpha must be a real number in"),
        ({"alpha": "strong"}, None, TypeError, "alpha must be a real number"),
        ({"alpha": [-1.0]}, None, ValueError, "alpha must be finite and not negative"),
        ({"alpha": ["a"]}, None, TypeError, "alpha must hold real numbers"),
        ({"alpha": [1.0, 2.0]}, None, ValueError, "number of penalties do not correspond"),
        ({"solver": "newton"}, None, ValueError, "solver must be one of"),
        ({"solver": "lbfgs"}, None, ValueError, "positive=True"),
        ({"solver": "svd", "positive": True}, None, ValueError, "does not support positive"),
        ({"solver": "svd"}, lambda X, y: (sparse.csr_matrix(X), y), ValueError, "does not support sparse X"),
        (
            {"solver": "svd", "fit_intercept": False},
            lambda X, y: (sparse.csr_matrix(X), y),
            ValueError,
            "does not support sparse X",
        ),
        (
            {"solver": "cholesky"},
            lambda X, y: (sparse.csr_matrix(X), y),
            ValueError,
            "'cholesky' does not support fitting the intercept on sparse data",
        ),
        ({}, lambda X, y: (X, sparse.csr_matrix(y[:, None])), TypeError, "y is sparse"),
        ({"tol": -1.0}, None, ValueError, "tol"),
        ({"max_iter": 0}, None, ValueError, "max_iter"),
        ({"fit_intercept": "yes"}, None, TypeError, "fit_intercept must be True or False"),
        ({"penalty_factor": [1.0]}, None, ValueError, "one number per feature"),
        ({"penalty_factor": -np.ones(8)}, None, ValueError, "penalty_factor must be finite"),
        ({"alpha": 10**400}, None, ValueError, r"alpha must be a real number in \[0, inf\), got 10*\."),
        ({"alpha": 1e300, "penalty_factor": [1e9] * 8}, None, ValueError, "alpha . penalty_factor is beyond"),
        (
            {"alpha": 1e300, "penalty_factor": [0, 1, 1e9] + [1] * 5, "positive": True},
            lambda X, y: (sparse.csr_matrix(X), y),
            ValueError,
            "alpha . penalty_factor is beyond",
        ),
        ({"penalty_factor": ["a"] * 8}, None, TypeError, "penalty_factor must hold real numbers"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(Estimator, parameters, data, error, match):
    X, y, _ = make_data()
    y = (y > 4).astype(int)
    model = Estimator().fit(X, y)
    state = dict(vars(model.set_params(**parameters)))
    with pytest.raises(error, match=match):
        model.fit(*((X, y) if data is None else data(X, y)))
    assert vars(model).keys() == state.keys()
    assert all(vars(model)[name] is state[name] for name in state)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_large_and_small_numbers_are_solved_or_refused(container):
    """Never a quiet zero: the large sparse path, the singular ones, float32, and streams."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5000, 900)) * (rng.random((5000, 900)) < 0.02), rng.normal(size=5000)
    expected = Ridge(tol=1e-12).fit(container(X), y).coef_
    assert_allclose(Ridge(tol=1e-12).fit(container(X), 1e200 * y).coef_, 1e200 * expected, rtol=1e-6)
    assert_allclose(Ridge(tol=1e-12).fit(container(X), 1e-200 * y).coef_, 1e-200 * expected, rtol=1e-6)
    with pytest.raises(ValueError, match="overflow; rescale X"):
        Ridge().fit(container(1e160 * X), y)


def test_the_range_of_a_solution():
    X, y, _ = make_data()
    plain = Ridge(0).fit(X, y).coef_
    assert_allclose(Ridge(0).fit(1e-170 * X, y).coef_, 1e170 * plain, rtol=1e-8)
    assert_allclose(Ridge(0, solver="svd").fit(1e200 * X, y).coef_, 1e-200 * plain, rtol=1e-8)
    with pytest.raises(ValueError, match="out of the range of float64"):
        Ridge(0).fit(1e-170 * X, 1e170 * y)
    single = X.astype(np.float32)
    with pytest.raises(ValueError, match="out of the range of float32"):
        Ridge().fit(single, 1e100 * y)
    with pytest.raises(ValueError, match="out of the range of float32"):
        Ridge(0).fit(single * np.float32(1e-15), 1e30 * y)
    stream = Ridge().partial_fit(1.2e153 * X[:40], y[:40])
    with pytest.raises(ValueError, match="overflow; rescale X"):
        stream.partial_fit(1.2e153 * X[:40], y[:40])
    assert np.isfinite(stream.coef_).all()


def test_class_weights_are_blamed_by_name():
    X, y, _ = make_data()
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        RidgeClassifier(class_weight={False: -1}).fit(X, y > 4)
    with pytest.raises(ValueError, match="class_weight is zero for every row"):
        RidgeClassifier(class_weight={False: 0, True: 0}).fit(X, y > 4)
    with pytest.raises(ValueError, match="class_weight must be a dict, 'balanced' or None"):
        RidgeClassifier(class_weight=[1, 2]).fit(X, y > 4)


def test_each_of_several_labels_has_its_class_weights():
    X, y, _ = make_data()
    Y = np.stack([y > 3, y > 4], axis=1).astype(int)
    weights = np.array([1.0, 2.0])[Y[:, 0]] * np.array([3.0, 0.5])[Y[:, 1]]
    model = RidgeClassifier(class_weight=[{0: 1.0, 1: 2.0}, {0: 3.0, 1: 0.5}]).fit(X, Y)
    assert_allclose(model.coef_, RidgeClassifier().fit(X, Y, weights).coef_, rtol=1e-10)


def test_alpha_may_be_an_array_without_dimensions():
    X, y, _ = make_data()
    assert_array_equal(Ridge(np.array(2.0)).fit(X, y).coef_, Ridge(2.0).fit(X, y).coef_)


def test_warnings_point_at_the_caller():
    rng = np.random.default_rng(0)
    X = sparse.random_array((6000, 900), density=0.01, rng=rng, format="csr")
    y = X @ rng.normal(size=900)
    for model, rows in ((Ridge(max_iter=1, tol=1e-10), X), (Ridge(max_iter=1, positive=True), X.toarray())):
        with pytest.warns(ConvergenceWarning, match="did not converge") as record:
            model.fit(rows, y)
        assert record[0].filename == __file__
    with pytest.warns(UserWarning, match='"sag" solver requires many iterations') as record:
        Ridge(solver="sag", tol=1e-3).fit(X, y)
    assert record[0].filename == __file__
    Ridge(solver="sag", tol=1e-3, fit_intercept=False).fit(X, y)
    with pytest.warns(UserWarning, match="fit keeps no moments") as record:
        Ridge().fit(X, y).partial_fit(X, y)
    assert record[0].filename == __file__


def test_labels_where_numbers_belong_and_one_class():
    X, y, _ = make_data()
    with pytest.raises(ValueError, match="could not convert string to float"):
        Ridge().fit(X, np.where(y > 4, "a", "b"))
    with pytest.raises(ValueError, match="Unknown label type"):
        RidgeClassifier().fit(X, y)
    lonely = RidgeClassifier().fit(X, np.full(60, "only"))
    assert (lonely.predict(X) == "only").all()


def test_numbers_written_as_strings_are_numbers():
    X, y, _ = make_data()
    assert_array_equal(Ridge().fit(X, y.astype(str)).coef_, Ridge().fit(X, y).coef_)
    assert_array_equal(Ridge().partial_fit(X, y.astype(str)).coef_, Ridge().partial_fit(X, y).coef_)


MISSING = [[None, 1.0] * 30, ["nan", "1"] * 30, [[1.0, None]] * 60, ["inf", "1"] * 30]


@pytest.mark.parametrize("y", MISSING)
@pytest.mark.parametrize("fit", [Ridge().fit, Ridge().partial_fit, RidgeCV().fit, RidgeCV(cv=3).fit])
def test_what_is_missing_once_y_holds_numbers_is_named(y, fit):
    X, _, _ = make_data()
    with pytest.raises(ValueError, match=r"Input y contains (NaN|infinity)"):
        fit(X, y)


def test_no_warnings_for_a_constant_target_or_column():
    X, _, _ = make_data()
    X[:, 0] = 7.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Ridge(0.0).fit(X, np.full(60, 2.5))
    assert_allclose(model.coef_, 0, atol=1e-12)
    assert model.intercept_ == pytest.approx(2.5)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("t", [1, 3])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("alpha", [1e-6, 1.0, 1e4])
def test_unpenalised_columns_of_wide_data(fit_intercept, t, weighted, alpha):
    X, y, weight = make_data(n=20, p=60)
    X = X + np.where(np.arange(60) == 1, 1e6, 3.0)
    Y = np.column_stack([y, y**2, -y])[:, :t]
    weight = weight if weighted else None
    factor = np.where(np.isin(np.arange(60), [1, 7]), 0.0, np.linspace(0.5, 2, 60))
    options = {"alpha": alpha, "fit_intercept": fit_intercept, "penalty_factor": factor}
    model = Ridge(**options).fit(X, Y, weight)
    assert model.solution_.solver == "dual"
    expected = Ridge(**options, solver="svd").fit(X, Y, weight)
    assert_allclose(model.coef_, expected.coef_, rtol=1e-7, atol=1e-9 * np.abs(expected.coef_).max())
    assert_allclose(model.predict(X), expected.predict(X), rtol=1e-6, atol=1e-8)


def test_unpenalised_columns_that_say_the_same_share_alike():
    X, y, _ = make_data(n=20, p=60)
    X[:, 3] = X[:, 2]
    factor = np.where(np.isin(np.arange(60), [2, 3]), 0.0, 1.0)
    coef = Ridge(penalty_factor=factor).fit(X, y).coef_.ravel()
    assert_allclose(coef[2], coef[3])


DATES = {
    "days": np.arange(20).astype("datetime64[D]"),
    "durations": np.arange(20).astype("timedelta64[s]"),
    "list": list(np.arange(20).astype("datetime64[D]")),
    "pandas": pd.Series(pd.date_range("2020", periods=20, tz="UTC")),
    "polars": pl.Series(np.arange(20).astype("datetime64[us]")),
}


@pytest.mark.parametrize("dates", DATES.values(), ids=DATES)
@pytest.mark.parametrize("fit", [Ridge().fit, Ridge().partial_fit, RidgeCV(cv=3).fit])
def test_dates_as_targets_are_refused_by_name(dates, fit):
    X, _, _ = make_data(n=20)
    with pytest.raises(TypeError, match="y holds dates"):
        fit(X, dates)


TABLES_OF_DATES = {
    "array": DATES["days"][:, None],
    "durations": DATES["durations"][:, None],
    "pandas": pd.DataFrame({"when": DATES["pandas"], "what": np.arange(20.0)}),
    "pandas alone": pd.DataFrame({"when": DATES["pandas"]}),
    "polars": pl.DataFrame({"when": DATES["polars"], "what": np.arange(20.0)}),
}


@pytest.mark.parametrize("X", TABLES_OF_DATES.values(), ids=TABLES_OF_DATES)
@pytest.mark.parametrize("model", [Ridge(), RidgeClassifier(), RidgeCV(), RidgeClassifierCV(cv=3)])
def test_so_are_dates_as_features(X, model):
    with pytest.raises(TypeError, match="X holds dates"):
        model.fit(X, np.arange(20) % 2)


def test_a_chunk_without_weight_adds_nothing():
    X, y, _ = make_data(n=40)
    y = y.ravel()
    model, classifier = Ridge(), RidgeClassifier(class_weight={1: 2.0})
    with pytest.raises(ValueError, match="zero for every row"):
        model.partial_fit(X, y, np.zeros(40))
    before = model.partial_fit(X, y).coef_
    assert_array_equal(model.partial_fit(X[:9], y[:9], np.zeros(9)).coef_, before)
    before = classifier.partial_fit(X, y > 0, classes=[0, 1]).coef_
    assert_array_equal(classifier.partial_fit(X[:9], y[:9] > 0, sample_weight=np.zeros(9)).coef_, before)


@pytest.mark.parametrize("kind", [RidgeClassifier, RidgeClassifierCV])
def test_balanced_classes_with_whole_weights_are_repetition(kind):
    X, y, _ = make_data(n=40)
    labels = np.digitize(y.ravel(), [-1, 1])
    weight = np.random.default_rng(0).integers(0, 4, 40)
    rows = np.repeat(np.arange(40), weight)
    options = {"alphas": [1.0]} if kind is RidgeClassifierCV else {}
    weighted = kind(class_weight="balanced", **options).fit(X, labels, weight)
    repeated = kind(class_weight="balanced", **options).fit(X[rows], labels[rows])
    assert_allclose(weighted.coef_, repeated.coef_, atol=1e-12)
    assert_allclose(weighted.intercept_, repeated.intercept_, atol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.45])
def test_refinement_goes_on_as_long_as_each_step_halves_the_error(share):
    """A solver that leaves this share of every error; sizes of columns make no difference."""
    solution = np.array([[3.0], [-2e9]])
    w, steps = _refined(
        0 * solution, lambda r: (1 - share) * r, lambda w: solution - w, np.array([[1.0], [1e-9]])
    )
    left = share**MAX_REFINEMENTS if share else 0.0
    assert_allclose(w, solution * (1 - left), rtol=1e-12)
    assert steps == (MAX_REFINEMENTS if share else 2)


def test_refinement_that_comes_to_a_stand_ends_where_rounding_is_all_that_is_left():
    def rounding(w):
        return np.where(w < 1, 1.0, 1e-9)[None]

    w, steps = _refined(np.zeros((1, 1)), lambda r: r[0], rounding)
    assert steps == 3
    assert_allclose(w, 1 + 1e-9, rtol=1e-15)
    with pytest.raises(np.linalg.LinAlgError, match="does not converge"):
        _refined(np.zeros((1, 1)), lambda r: 0.4 * r, lambda w: np.ones((1, 1)))


@pytest.mark.parametrize(("nearness", "solver"), [(1.0, "dual"), (1e-5, "svd")])
def test_the_unit_of_y_changes_no_way_of_solving_wide_rows(nearness, solver):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 20)), rng.normal(size=8)
    X[1] = X[0] + nearness * X[1]  # at 1e-5 the kernel would cancel
    one = Ridge(1e-9).fit(X, y)
    for unit in (2.0**-80, 1.0, 2.0**80):
        other = Ridge(1e-9).fit(X, y * unit)
        assert other.solution_.solver == solver
        assert_allclose(other.coef_ / unit, one.coef_, rtol=1e-8)
