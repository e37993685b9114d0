import pickle
import tracemalloc
import warnings
from contextlib import nullcontext
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
from many_digits import exact_coef, exact_gcv, exact_squares
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.stats import multivariate_normal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import Ridge
from sklearn.linear_model import RidgeCV as SklearnRidgeCV
from sklearn.metrics import (
    accuracy_score,
    make_scorer,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from skl2 import RidgeClassifier, RidgeClassifierCV, RidgeCV
from skl2.ridge._folds import partitions
from skl2.ridge._moments import accumulate, others
from skl2.ridge._rows import Data

ALPHAS = np.geomspace(1e-3, 1e3, 7)
pytestmark = pytest.mark.filterwarnings("ignore:The chosen alpha:UserWarning")
SHAPES = [(40, 6), (20, 20), (15, 30)]


def _data(n, p, t=1, seed=0, mean=2.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + mean
    Y = X[:, : min(p, 4)] @ rng.normal(size=(min(p, 4), t)) + rng.normal(size=(n, t))
    return X, (Y[:, 0] if t == 1 else Y)


def _exact_loo(X, y, alpha):
    """Squared leave-one-out errors by refits in 60 digits."""
    return exact_squares(X, y, alpha, LeaveOneOut().split(X))[:, 0]


@pytest.mark.parametrize(("n", "p"), [(12, 4), (6, 9)])
@pytest.mark.parametrize("gcv_mode", ["eigen", "svd"])
def test_leave_one_out_in_50_digits(n, p, gcv_mode):
    X, y = _data(n, p)
    model = RidgeCV([0.1, 1.0, 10.0], gcv_mode=gcv_mode, store_cv_results=True).fit(X, y)
    for j, alpha in enumerate([0.1, 1.0, 10.0]):
        exact = _exact_loo(X, y, alpha)
        assert np.abs(model.cv_results_[:, j] - exact).max() <= 1e-12 * exact.max()


def test_svd_mode_squares_nothing(monkeypatch):
    X, y = _data(10, 30)
    expected = RidgeCV(gcv_mode="svd").fit(X, y).coef_
    monkeypatch.setattr(np.linalg, "eigh", None)
    assert np.array_equal(RidgeCV(gcv_mode="svd").fit(X, y).coef_, expected)


def test_leave_one_out_of_collinear_columns_in_50_digits():
    X, y = _data(14, 4, mean=0.0)
    X[:, 3] = X[:, 2] + 1e-6 * X[:, 3]
    model = RidgeCV([1e-10], store_cv_results=True).fit(X, y)
    exact = _exact_loo(X, y, 1e-10)
    assert np.abs(model.cv_results_[:, 0] - exact).max() <= 1e-8 * exact.max()


@pytest.mark.parametrize(("n", "p"), SHAPES)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("t", [1, 3])
@pytest.mark.parametrize("weighted", [True, False])
def test_leave_one_out_equals_scikit_learn(n, p, fit_intercept, t, weighted):
    X, y = _data(n, p, t)
    weight = np.random.default_rng(1).uniform(0.5, 2, n) if weighted else None
    kwargs = {"alphas": ALPHAS, "fit_intercept": fit_intercept, "store_cv_results": True}
    ours = RidgeCV(**kwargs, gcv_mode="svd").fit(X, y, sample_weight=weight)
    theirs = SklearnRidgeCV(**kwargs).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(ours.cv_results_, theirs.cv_results_, rtol=1e-6, atol=1e-8)
    assert ours.alpha_ == theirs.alpha_
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)
    sparse_fit = RidgeCV(**kwargs).fit(sparse.csr_array(X), y, sample_weight=weight)
    np.testing.assert_allclose(sparse_fit.cv_results_, ours.cv_results_, rtol=1e-6, atol=1e-8)


SPLITTERS = [
    KFold(4),
    KFold(3, shuffle=True, random_state=0),
    RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
    ShuffleSplit(3, random_state=0),
    TimeSeriesSplit(3),
]


METRICS = {
    None: r2_score,
    "neg_mean_squared_error": lambda *args, **kwargs: -mean_squared_error(*args, **kwargs),
    "neg_mean_absolute_error": lambda *args, **kwargs: -mean_absolute_error(*args, **kwargs),
}


def _weighted_data(n, p):
    return *_data(n, p), np.random.default_rng(1).uniform(0.5, 2, n)


@cache
def _left_out(n, p, splitter, alpha):
    """What scikit-learn's refits predict of the rows that each fold leaves out, whatever the score."""
    X, y, weight = _weighted_data(n, p)
    return [
        Ridge(alpha, solver="svd").fit(X[train], y[train], sample_weight=weight[train]).predict(X[test])
        for train, test in SPLITTERS[splitter].split(X)
    ]


@pytest.mark.parametrize("scoring", METRICS)
@pytest.mark.parametrize(("n", "p"), SHAPES)
@pytest.mark.parametrize("splitter", range(len(SPLITTERS)), ids=lambda place: type(SPLITTERS[place]).__name__)
def test_folds_equal_explicit_refits(n, p, splitter, scoring):
    X, y, weight = _weighted_data(n, p)
    ours = RidgeCV(n_alphas=13, cv=SPLITTERS[splitter], scoring=scoring).fit(X, y, sample_weight=weight)
    refits = [_left_out(n, p, splitter, alpha) for alpha in ours.alphas_]
    scores = []
    for (_, test), predictions in zip(SPLITTERS[splitter].split(X), zip(*refits, strict=True), strict=True):
        true, predicted = np.tile(y[test], (len(refits), 1)).T, np.transpose(predictions)
        scores.append(METRICS[scoring](true, predicted, sample_weight=weight[test], multioutput="raw_values"))
    expected = {"mean_test_score": np.mean(scores, 0), "std_test_score": np.std(scores, 0)}
    for key, values in {**expected, "split1_test_score": scores[1]}.items():
        np.testing.assert_allclose(ours.cv_results_[key], values, rtol=1e-9, atol=1e-9)
    assert ours.alpha_ == ours.alphas_[expected["mean_test_score"].argmax()]
    refit = Ridge(ours.alpha_, solver="svd").fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(ours.coef_, refit.coef_, rtol=1e-8, atol=1e-9)


def test_folds_of_a_near_perfect_fit():
    X, _ = _data(60, 5, mean=0.0)
    y = X @ np.arange(1.0, 6.0) + 1e-9 * np.sin(np.arange(60))
    ours = RidgeCV([1e-9, 1e-8, 1e-7], cv=3, scoring="neg_mean_squared_error").fit(X, y)
    search = GridSearchCV(Ridge(solver="svd"), {"alpha": ours.alphas_}, cv=3, scoring=ours.scoring).fit(X, y)
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"], rtol=1e-4
    )


def test_classifier_folds_equal_explicit_refits():
    X, y = load_iris(return_X_y=True)
    alphas = np.geomspace(1e-2, 1e2, 5)
    cv = StratifiedKFold(4, shuffle=True, random_state=1)
    model = RidgeClassifierCV(alphas, cv=cv, class_weight={0: 1, 1: 2, 2: 1}).fit(X, y)
    weight = np.where(y == 1, 2.0, 1.0)
    for k, (train, test) in enumerate(cv.split(X, y)):
        for j, alpha in enumerate(alphas):
            ridge = Ridge(alpha).fit(X[train], 2.0 * np.eye(3)[y[train]] - 1, sample_weight=weight[train])
            score = accuracy_score(y[test], ridge.predict(X[test]).argmax(1), sample_weight=weight[test])
            assert model.cv_results_[f"split{k}_test_score"][j] == pytest.approx(score)


@pytest.mark.parametrize("model", [RidgeCV(ALPHAS), RidgeCV("auto"), RidgeCV("auto", criterion="gcv")])
def test_auto_is_the_optimum_of_the_continuum(model):
    X, y = load_diabetes(return_X_y=True)
    auto = clone(model).set_params(alphas="auto").fit(X, y)
    fine = auto.alpha_ * np.geomspace(0.5, 2, 2001)
    with_grid = clone(model).set_params(alphas=fine).fit(X, y)
    assert auto.alpha_ == pytest.approx(with_grid.alpha_, rel=2e-3)
    assert auto.best_score_ == pytest.approx(with_grid.best_score_, rel=1e-6)


def test_the_continuous_choice_is_the_same_every_time():
    X, y = load_diabetes(return_X_y=True)
    assert len({RidgeCV(alphas="auto").fit(X, y).alpha_ for _ in range(5)}) == 1


@pytest.mark.parametrize(("n", "p"), [(12, 3), (6, 9)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_evidence_is_the_gaussian_marginal_likelihood(n, p, fit_intercept):
    X, y = _data(n, p)
    model = RidgeCV(ALPHAS, criterion="evidence", fit_intercept=fit_intercept)
    with np.errstate(all="raise"):
        model.fit(X, y) if fit_intercept else model.set_params(alphas="auto", n_alphas=13).fit(X, y)
    # A flat prior on the intercept leaves the contrasts Q'y, Q orthonormal and orthogonal to 1.
    Q = (
        np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, 1:]]))[0][:, 1:]
        if fit_intercept
        else np.eye(n)
    )
    z, A = Q.T @ y, Q.T @ X
    for alpha, evidence in zip(model.alphas_, model.mean_score_, strict=True):
        shape = np.eye(len(z)) + A @ A.T / alpha
        variance = z @ np.linalg.solve(shape, z) / len(z)
        expected = multivariate_normal(np.zeros(len(z)), variance * shape).logpdf(z)
        assert evidence == pytest.approx(expected, rel=1e-8)
        larger = multivariate_normal(np.zeros(len(z)), 1.01 * variance * shape).logpdf(z)
        assert larger < expected


def test_standard_deviation_of_predictions():
    for n, p, alphas in ((30, 4, "auto"), (8, 12, [1e-2])):
        X, y = _data(n, p)
        model = RidgeCV(alphas, criterion="evidence", store_path=True).fit(X, y)
        new = _data(5, p, seed=3)[0]
        mean, std = model.predict(new, return_std=True)
        centre = X.mean(axis=0)
        H = (X - centre).T @ (X - centre) + model.alpha_ * np.eye(p)
        spread = np.einsum("ij,ij->i", (new - centre) @ np.linalg.inv(H), new - centre)
        np.testing.assert_allclose(std, model.sigma_ * np.sqrt(1 + 1 / n + spread), rtol=1e-6)
        np.testing.assert_array_equal(mean, model.predict(new))
    with pytest.raises(ValueError, match="criterion='evidence'"):
        RidgeCV().fit(X, y).predict(X, return_std=True)


def test_gcv_equals_its_definition():
    X, y = _data(30, 5)
    model = RidgeCV(ALPHAS, criterion="gcv").fit(X, y)
    for alpha, score in zip(ALPHAS, model.mean_score_, strict=True):
        ridge = Ridge(alpha, solver="svd").fit(X, y)
        Xc = X - X.mean(axis=0)
        dof = 1 + np.trace(Xc @ np.linalg.solve(Xc.T @ Xc + alpha * np.eye(5), Xc.T))
        assert score == pytest.approx(-np.mean((y - ridge.predict(X)) ** 2) / (1 - dof / 30) ** 2)


@pytest.mark.parametrize("criterion", ["gcv", "evidence"])
@pytest.mark.parametrize(("n", "p"), SHAPES)
def test_integer_weights_are_repetition_without_folds(criterion, n, p):
    X, y = _data(n, p)
    weight = np.arange(n) % 3
    weighted = RidgeCV(ALPHAS, criterion=criterion).fit(X, y, sample_weight=weight)
    repeated = RidgeCV(ALPHAS, criterion=criterion).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    np.testing.assert_allclose(weighted.mean_score_, repeated.mean_score_, rtol=1e-6)
    assert weighted.alpha_ == repeated.alpha_
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-6, atol=1e-9)


def test_integer_weights_are_repetition_with_folds():
    X, y = _data(40, 6)
    weight = np.arange(40) % 3
    rows = np.repeat(np.arange(40), weight)
    splits = list(KFold(4).split(X))
    repeated_splits = [[np.flatnonzero(np.isin(rows, part)) for part in split] for split in splits]
    weighted = RidgeCV(n_alphas=9, cv=splits).fit(X, y, sample_weight=weight)
    repeated = RidgeCV(n_alphas=9, cv=repeated_splits).fit(X[rows], y[rows])
    np.testing.assert_allclose(weighted.mean_score_, repeated.mean_score_, rtol=1e-10)
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9)


def test_weightless_rows_do_not_exist():
    X, y = _data(20, 5)
    weight = np.r_[np.zeros(6), np.ones(14)]
    with_zeros = RidgeCV(ALPHAS, store_cv_results=True).fit(X, y, sample_weight=weight)
    without = RidgeCV(ALPHAS, store_cv_results=True).fit(X[6:], y[6:])
    assert with_zeros.best_score_ == without.best_score_
    np.testing.assert_array_equal(with_zeros.cv_results_[6:], without.cv_results_)
    assert not with_zeros.cv_results_[:6].any()


def test_one_standard_error_from_leave_one_out_results():
    X, y = load_diabetes(return_X_y=True)
    model = RidgeCV(np.geomspace(1e-3, 10, 60), selection="1se", store_cv_results=True).fit(X, y)
    losses = model.cv_results_
    mean, best = losses.mean(axis=0), losses.mean(axis=0).argmin()
    limit = mean[best] + losses[:, best].std(ddof=1) / np.sqrt(len(y))
    assert model.alpha_ == model.alphas_[mean <= limit].max() > model.alphas_[best]


def test_one_standard_error_from_fold_results():
    X, y = load_diabetes(return_X_y=True)
    model = RidgeCV(np.geomspace(1e-3, 10, 60), selection="1se", cv=5).fit(X, y)
    folds = np.array([model.cv_results_[f"split{k}_test_score"] for k in range(5)])
    best = folds.mean(axis=0).argmax()
    limit = folds.mean(axis=0)[best] - folds[:, best].std(ddof=1) / np.sqrt(5)
    assert model.alpha_ == model.alphas_[folds.mean(axis=0) >= limit].max() > model.alphas_[best]


@pytest.mark.parametrize("alphas", [10, 10.0, 1, np.float32(2), np.int64(3)])
def test_a_bare_number_is_the_one_alpha(alphas):
    X, y = _data(30, 4)
    ours, theirs = RidgeCV(alphas).fit(X, y), SklearnRidgeCV(alphas).fit(X, y)
    assert ours.alpha_ == theirs.alpha_ == alphas
    np.testing.assert_allclose(ours.coef_, theirs.coef_)
    labels = y > np.median(y)
    assert RidgeClassifierCV(alphas, cv=3).fit(X, labels).alphas_.tolist() == [alphas]


def test_n_alphas_stands_in_place_of_the_default_and_of_auto():
    X, y = _data(30, 4)
    model = RidgeCV(n_alphas=5).fit(X, y)
    assert len(model.alphas_) == 5
    np.testing.assert_array_equal(RidgeCV("auto", n_alphas=5).fit(X, y).mean_score_, model.mean_score_)
    found = GridSearchCV(RidgeCV(), {"n_alphas": [2, 5]}, cv=3).fit(X, y)
    assert len(found.best_estimator_.alphas_) >= found.best_params_["n_alphas"]


def test_the_end_of_the_grid_is_said_once_around_a_search():
    X, y = _data(60, 5, mean=0.0)

    def search(alphas, **options):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            GridSearchCV(RidgeCV(alphas), {"fit_intercept": [True, False]}, cv=3, **options).fit(X, y)
        return caught

    (warning,) = search([1e3, 1e4, 1e5])
    assert warning.filename == __file__
    assert "at the end of alphas, 1000 to 100000" in str(warning.message)
    assert not search([0.1, 1.0, 10.0])


def test_grid_of_n_alphas_extends_itself_and_an_array_warns():
    X, y = _data(60, 5, mean=0.0)
    with pytest.warns(UserWarning, match="smallest that was tried"):  # no noise: no shrinkage is best
        extended = RidgeCV(n_alphas=6).fit(X, X @ np.arange(5.0))
    assert len(extended.alphas_) > 6
    assert np.all(np.diff(extended.alphas_) > 0)
    with pytest.warns(UserWarning, match="at the end of alphas"):
        RidgeCV([1e3, 1e4, 1e5]).fit(X, y)


def test_groups_are_routed_to_the_splitter():
    X, y = _data(40, 5)
    groups = np.arange(40) % 7
    with config_context(enable_metadata_routing=True):
        routed = RidgeCV(n_alphas=7, cv=GroupKFold(4)).fit(X, y, groups=groups)
    splits = list(GroupKFold(4).split(X, y, groups))
    np.testing.assert_array_equal(routed.mean_score_, RidgeCV(n_alphas=7, cv=splits).fit(X, y).mean_score_)
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        RidgeCV(cv=GroupKFold(4)).fit(X, y, groups=groups)


def test_path_and_degrees_of_freedom():
    for n, p in SHAPES:
        X, y = _data(n, p, 2)
        model = RidgeCV(ALPHAS[1:], alpha_per_target=True, gcv_mode="svd", store_path=True)
        model.fit(X, y)
        path = model.coef_path(ALPHAS)
        assert path.shape == (7, 2, p)
        for alpha, coef in zip(ALPHAS, path, strict=True):
            np.testing.assert_allclose(coef, Ridge(alpha, solver="svd").fit(X, y).coef_, atol=1e-9)
        s2 = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2
        np.testing.assert_allclose(
            model.effective_dof_, [1 + (s2 / (s2 + a)).sum() for a in model.alpha_], rtol=1e-8
        )


def _nan_score(y, prediction):
    return np.nan


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"alphas": []}, ValueError, "alphas is empty"),
        ({"alphas": [1.0, -1.0]}, ValueError, r"alphas\[1\] == -1.0, must be > 0"),
        ({"alphas": [0.0, 1.0]}, ValueError, r"alphas\[0\] == 0.0, must be > 0"),
        ({"alphas": [-1.0], "cv": 3}, ValueError, r"alphas\[0\] == -1.0, must be >= 0"),
        ({"alphas": "best"}, ValueError, "alphas must be an array of numbers, one number, or .auto."),
        ({"alphas": 0}, ValueError, "alphas == 0, must be > 0"),
        ({"alphas": True}, TypeError, "alphas must be an instance of float, not bool: True"),
        ({"alphas": None}, TypeError, "alphas must be an instance of float, not NoneType: None"),
        ({"alphas": 10**400}, ValueError, "alphas == 10*, must be finite"),
        ({"alphas": [1, -(10**400)]}, ValueError, r"alphas\[1\] == -10*, must be finite"),
        (
            {"alphas": (a for a in ALPHAS)},
            TypeError,
            "alphas must be a number or a sequence in a fixed order",
        ),
        ({"n_alphas": 0}, ValueError, "n_alphas must be an integer in"),
        ({"n_alphas": 2.0}, TypeError, "n_alphas must be an integer"),
        ({"n_alphas": 4, "alphas": [1.0, 2.0]}, ValueError, "give only one of them"),
        ({"criterion": "aic"}, ValueError, "criterion must be one of"),
        ({"selection": "2se"}, ValueError, "selection must be one of"),
        ({"criterion": "gcv", "cv": 3}, ValueError, "needs no folds"),
        ({"criterion": "evidence", "selection": "1se"}, ValueError, "needs held-out predictions"),
        ({"criterion": "gcv", "scoring": "r2"}, ValueError, "needs held-out predictions"),
        ({"scoring": make_scorer(_nan_score)}, ValueError, "No alpha has a finite mean score"),
        ({"scoring": make_scorer(_nan_score), "cv": 3}, ValueError, "No alpha has a finite mean score"),
        ({"scoring": "r2", "selection": "1se"}, ValueError, "two folds or more"),
        ({"alphas": "auto", "scoring": "neg_mean_absolute_error", "cv": 3}, ValueError, "smooth score"),
        ({"cv": 50}, ValueError, "Cannot have number of splits"),
        ({"store_cv_results": True, "cv": 3}, ValueError, "are incompatible"),
        ({"gcv_mode": "qr"}, ValueError, "gcv_mode must be one of"),
        ({"fit_intercept": 1}, TypeError, "fit_intercept must be True or False"),
    ],
)
def test_bad_parameters_leave_the_estimator_as_it_was(parameters, error, message):
    X, y = _data(20, 3)
    model = RidgeCV(**parameters)
    before = dict(vars(model))
    with pytest.raises(error, match=message):
        model.fit(X, y)
    assert vars(model) == before


def test_undefined_r2_warns_and_takes_the_first():
    X, y = _data(10, 3)
    with pytest.warns(UndefinedMetricWarning, match="fewer than two rows"):
        assert RidgeCV([3.0, 1.0], cv=LeaveOneOut()).fit(X, y).alpha_ == 3.0
    grid = RidgeCV(ALPHAS, cv=LeaveOneOut(), scoring="neg_mean_squared_error").fit(X, y)
    np.testing.assert_allclose(grid.mean_score_, RidgeCV(ALPHAS).fit(X, y).mean_score_, rtol=1e-10)


def test_scorer_that_takes_no_weights_warns():
    X, y = _data(20, 3)
    scorer = make_scorer(lambda y, p: r2_score(y, p))
    with pytest.warns(UserWarning, match="takes no sample_weight"):
        RidgeCV(cv=3, scoring=scorer).fit(X, y, sample_weight=np.ones(20))


def test_large_outliers_do_not_spoil_the_other_folds():
    X, y = _data(60, 4)
    X[:20] *= 1e8
    ours = RidgeCV(ALPHAS, cv=3, scoring="neg_mean_squared_error").fit(X, y)
    search = GridSearchCV(Ridge(solver="svd"), {"alpha": ALPHAS}, cv=3, scoring=ours.scoring).fit(X, y)
    np.testing.assert_allclose(
        ours.cv_results_["split0_test_score"], search.cv_results_["split0_test_score"], rtol=1e-9
    )


def test_partitions_are_found():
    rows = np.arange(6)
    halves = [(rows[3:], rows[:3]), (rows[:3], rows[3:])]
    assert partitions(halves * 2, 6) == [[0, 1], [2, 3]]
    assert partitions([(rows[1:4], rows[:1]), *halves], 6) == [[1, 2]]
    assert partitions([halves[0], halves[0], halves[1]], 6) == [[1, 2]]


@pytest.mark.parametrize(("n", "p"), [(12, 4), (6, 9), (6, 5), (5, 5)])
def test_means_far_above_the_spread_in_50_digits(n, p):
    X, y = _data(n, p)
    X += 1e9
    model = RidgeCV([1.0], store_cv_results=True, store_path=True).fit(X, y)
    exact = _exact_loo(X, y, 1.0)
    assert np.abs(model.cv_results_[:, 0] - exact).max() <= 1e-12 * exact.max()
    coef = exact_coef(X, y, 1.0)
    for found in (model.coef_, model.coef_path([1.0])[0]):
        assert np.linalg.norm(found - coef) <= 1e-13 * np.linalg.norm(coef)
    of_sparse = RidgeCV([1.0], store_cv_results=True).fit(sparse.csr_array(X), y)
    assert np.abs(of_sparse.cv_results_[:, 0] - exact).max() <= 1e-12 * exact.max()


@pytest.mark.parametrize("alpha", [1e-10, 1e-6, 1e-3])
def test_leave_one_out_of_one_row_more_than_columns_in_50_digits(alpha):
    X, y = _data(9, 8, mean=0.0)
    model = RidgeCV([alpha], store_cv_results=True).fit(X, y)
    exact = _exact_loo(X, y, alpha)
    assert np.abs(model.cv_results_[:, 0] - exact).max() <= 1e-11 * exact.max()


@pytest.mark.parametrize("alpha", [1e-10, 1e-3])
@pytest.mark.parametrize("scoring", [None, "neg_mean_squared_error"])
def test_rows_that_alone_decide_a_direction_in_50_digits(alpha, scoring):
    X, y = _data(25, 4, mean=0.0)
    X[:, 2:] = 0.0
    X[7, 3] = X[11, 2] = 1.0
    model = RidgeCV([alpha], scoring=scoring, store_cv_results=True).fit(X, y)
    exact = _exact_loo(X, y, alpha)
    found = model.cv_results_[:, 0] if scoring is None else (y - model.cv_results_[:, 0]) ** 2
    assert np.abs(found - exact).max() <= 1e-12 * exact.max()
    assert -model.best_score_ == pytest.approx(exact.mean(), rel=1e-12)


@pytest.mark.parametrize(("n", "p"), [(25, 4), (8, 12)])
def test_leave_one_out_of_an_outlier_in_50_digits(n, p):
    X, y = _data(n, p, mean=0.0)
    X[3] *= 1e6
    model = RidgeCV([1.0], store_cv_results=True).fit(X, y)
    np.testing.assert_allclose(model.cv_results_[:, 0], _exact_loo(X, y, 1.0), rtol=3e-8)


@pytest.mark.parametrize("change", ["scale", "offset"])
@pytest.mark.parametrize("size", [1e4, 1e6])
def test_folds_of_wide_data_with_outliers_in_50_digits(change, size):
    X, y = _data(20, 25, mean=1.0)
    X[:4] = X[:4] * size if change == "scale" else X[:4] + size
    splits = list(KFold(5).split(X))
    model = RidgeCV([1e-3, 1.0], cv=splits, scoring="neg_mean_squared_error").fit(X, y)
    for j, alpha in enumerate(model.alphas_):
        for k in (0, 3):
            exact = exact_squares(X, y, alpha, [splits[k]]).mean()
            assert -model.cv_results_[f"split{k}_test_score"][j] == pytest.approx(exact, rel=1e-9)


def test_square_folds_without_a_penalty_are_of_least_norm():
    X, y = _data(12, 20)
    splits = list(KFold(3).split(X))
    model = RidgeCV([0.0, 1.0], cv=splits, scoring="neg_mean_squared_error").fit(X, y)
    for k, (train, test) in enumerate(splits):
        centre = X[train].mean(axis=0)
        w = np.linalg.lstsq(X[train] - centre, y[train] - y[train].mean())[0]
        error = np.mean((y[test] - y[train].mean() - (X[test] - centre) @ w) ** 2)
        assert -model.cv_results_[f"split{k}_test_score"][0] == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("criterion", ["loo", "gcv", "evidence"])
@pytest.mark.parametrize("noise", [1e-1, 1e-4])
def test_auto_of_little_noise(criterion, noise):
    X, _ = _data(100, 10, mean=0.0)
    y = X @ np.arange(1.0, 11.0) + noise * np.random.default_rng(5).normal(size=100)
    auto = RidgeCV("auto", criterion=criterion).fit(X, y)
    fine = RidgeCV(auto.alpha_ * np.geomspace(0.1, 10, 1001), criterion=criterion).fit(X, y)
    assert auto.best_score_ >= fine.best_score_ - 1e-9 * abs(fine.best_score_)
    again = RidgeCV([auto.alpha_], criterion=criterion).fit(X, y)
    assert auto.best_score_ == pytest.approx(again.best_score_, rel=1e-10)


@pytest.mark.parametrize("factor", [1e-150, 1e150])
def test_auto_follows_the_scale_of_x(factor):
    X, y = _data(60, 4)
    model = RidgeCV("auto", criterion="evidence").fit(X, y)
    scaled = RidgeCV("auto", criterion="evidence").fit(X * factor, y)
    assert scaled.alpha_ == pytest.approx(model.alpha_ * factor**2, rel=1e-4)


@pytest.mark.parametrize("cv", [None, 5])
def test_auto_with_one_standard_error(cv):
    X, y = load_diabetes(return_X_y=True)
    scoring = None if cv is None else "neg_mean_squared_error"
    auto = RidgeCV("auto", cv=cv, scoring=scoring, selection="1se").fit(X, y)
    grid = RidgeCV(np.geomspace(1e-5, 10, 4001), cv=cv, scoring=scoring).fit(X, y)
    assert auto.alpha_ == auto.alpha_1se_ == pytest.approx(grid.alpha_1se_, rel=4e-3)
    assert auto.alpha_min_ == pytest.approx(grid.alpha_min_, rel=4e-3)


@pytest.mark.parametrize(("n", "p"), [(12, 4), (6, 9), (6, 5)])
@pytest.mark.parametrize("alpha", [1e-10, 1e-4, 1.0])
def test_gcv_in_50_digits(n, p, alpha):
    X, y = _data(n, p, mean=0.0)
    score = RidgeCV([alpha], criterion="gcv").fit(X, y).best_score_
    assert -score == pytest.approx(exact_gcv(X, y, alpha), rel=1e-12)


def test_gcv_of_a_near_perfect_fit_in_50_digits():
    X, _ = _data(12, 3, mean=0.0)
    y = X @ np.arange(1.0, 4.0) + 1e-7 * np.sin(np.arange(12))
    score = RidgeCV([1e-9], criterion="gcv").fit(X, y).best_score_
    assert -score == pytest.approx(exact_gcv(X, y, 1e-9), rel=1e-6)


def test_path_refuses_what_its_decomposition_does_not_resolve():
    X, y = _data(40, 4, mean=0.0)
    X[:, 1] = X[:, 0] + 1e-6 * X[:, 1]
    with pytest.raises(ValueError, match="alphas holds 1e-10, too small"):
        RidgeCV([1.0], store_path=True).fit(X, y).coef_path([1e-10])
    exact = exact_coef(X, y, 1e-10)
    for model in (RidgeCV([1.0], gcv_mode="svd"), RidgeCV([1e-10, 1.0])):
        path = model.set_params(store_path=True).fit(X, y).coef_path([1e-10])[0]
        assert np.linalg.norm(path - exact) <= 1e-8 * np.linalg.norm(exact)


def test_coefficients_heed_the_scale_of_each_column():
    X, y = _data(30, 5, mean=0.0)
    X *= np.geomspace(1e-4, 1e4, 5)
    exact = exact_coef(X, y, 1e-6)
    coef = RidgeCV([1e-6]).fit(X, y).coef_
    np.testing.assert_allclose(coef, exact, rtol=1e-13)


@pytest.mark.parametrize("alpha", [1e-8, 1e-2])
def test_standard_deviation_on_training_rows_of_wide_data(alpha):
    X, y = _data(8, 12)
    model = RidgeCV([alpha], criterion="evidence", store_path=True).fit(X, y)
    _, std = model.predict(X, return_std=True)
    s, U = np.linalg.svd(X - X.mean(axis=0))[1][:7], np.linalg.svd(X - X.mean(axis=0))[0][:, :7]
    spread = U**2 @ (s**2 / (s**2 + alpha))
    np.testing.assert_allclose(std, model.sigma_ * np.sqrt(1 + 1 / 8 + spread), rtol=1e-12)


def test_a_refit_leaves_nothing_of_the_fit_before():
    X, y = _data(20, 3)
    model = RidgeCV(criterion="evidence").fit(X, y)
    assert not hasattr(model.set_params(criterion="loo").fit(X, y), "sigma_")
    model.set_params(store_cv_results=True).fit(X, y)
    assert not hasattr(model.set_params(store_cv_results=False).fit(X, y), "cv_results_")


def _size_of_model(estimator, X, y, sample_weight=None):
    return -np.abs(estimator.coef_).sum() - np.average((estimator.predict(X) - y) ** 2 * X[:, 0] ** 2)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_callable_sees_the_model_and_the_rows(weighted):
    X, y = _data(30, 3)
    weight = np.random.default_rng(0).uniform(0.5, 2, 30) if weighted else None
    ours = RidgeCV(ALPHAS, cv=3, scoring=_size_of_model).fit(X, y, sample_weight=weight)
    for k, (train, test) in enumerate(KFold(3).split(X)):
        for j, alpha in enumerate(ALPHAS):
            ridge = Ridge(alpha).fit(X[train], y[train], None if weight is None else weight[train])
            expected = _size_of_model(ridge, X[test], y[test])
            assert ours.cv_results_[f"split{k}_test_score"][j] == pytest.approx(expected, rel=1e-9)


def _by_name(estimator, X, y):
    """Minus the squared error of the rows where a column is above 2."""
    counted = np.asarray(X["b"]) > 2
    return -np.mean((y - estimator.predict(X))[counted] ** 2)


class _ByColumn(KFold):
    def split(self, X, y=None, groups=None):
        yield from KFold(3).split(np.asarray(X["a"]))


def _frames():
    X, y = _data(30, 3)
    names = ["a", "b", "c"]
    return [pd.DataFrame(X, columns=names, index=7 * np.arange(30)), pl.DataFrame(X, schema=names)], y


@pytest.mark.parametrize("answer", [None, "good", [1.0, 2.0], {"r2": 1.0}])
@pytest.mark.parametrize("cv", [None, 3])
def test_a_scorer_gives_one_number(answer, cv):
    def scoring(estimator, X, y):
        return answer

    with pytest.raises(TypeError, match="must give one number, got"):
        RidgeCV(ALPHAS, cv=cv, scoring=scoring).fit(*_data(30, 3))


@pytest.mark.parametrize("kind", [0, 1], ids=["pandas", "polars"])
@pytest.mark.parametrize("alphas", [ALPHAS, "grid"])
def test_splitters_and_scorers_read_columns_by_name(kind, alphas):
    frames, y = _frames()
    options = {"n_alphas": 4} if isinstance(alphas, str) else {"alphas": alphas}
    ours = RidgeCV(**options, cv=_ByColumn(), scoring=_by_name).fit(frames[kind], y)
    search = GridSearchCV(Ridge(), {"alpha": ours.alphas_}, scoring=_by_name, cv=KFold(3))
    search.fit(frames[kind], y)
    assert_allclose(ours.mean_score_, search.cv_results_["mean_test_score"], rtol=1e-9)
    names = [getattr(model, "feature_names_in_", []) for model in (ours, search)]
    assert list(names[0]) == list(names[1])
    assert kind == 1 or list(names[0]) == ["a", "b", "c"]  # scikit-learn 1.6 reads no polars of today


def test_those_of_labels_do_too():
    frames, y = _frames()
    labels = np.where(y > np.median(y), "high", "low")

    def scoring(estimator, X, y):
        return np.mean((estimator.predict(X) == y)[X["b"] > 2])

    ours = RidgeClassifierCV(ALPHAS, cv=_ByColumn(), scoring=scoring).fit(frames[0], labels)
    search = GridSearchCV(RidgeClassifier(), {"alpha": ALPHAS}, scoring=scoring, cv=KFold(3))
    assert_allclose(ours.mean_score_, search.fit(frames[0], labels).cv_results_["mean_test_score"])
    named = RidgeClassifierCV(ALPHAS, cv=_ByColumn(), scoring="roc_auc").fit(frames[0], labels)
    placed = RidgeClassifierCV(ALPHAS, cv=KFold(3), scoring="roc_auc").fit(frames[0].to_numpy(), labels)
    assert_allclose(named.mean_score_, placed.mean_score_)


@pytest.mark.parametrize("convert", [sparse.coo_matrix, sparse.csc_array, np.ndarray.tolist])
def test_rows_that_have_no_rows_to_take_reach_a_callable(convert):
    X, y = _data(30, 3)
    model = RidgeCV(ALPHAS, cv=3, scoring=_minus_error).fit(convert(X), y)
    expected = RidgeCV(ALPHAS, cv=3, scoring="neg_mean_squared_error").fit(X, y)
    assert_allclose(model.mean_score_, expected.mean_score_)


def _minus_error(estimator, X, y):
    return -np.mean((estimator.predict(X) - y) ** 2)


def _share_of_zeros(estimator, X, y):
    return np.mean(estimator.predict(X) == 0) - 1e-3 * np.abs(estimator.coef_).sum()


def test_a_callable_sees_the_classifier():
    X, y = load_iris(return_X_y=True)
    model = RidgeClassifierCV([1.0, 10.0], cv=3, scoring=_share_of_zeros).fit(X, y)
    train, test = next(iter(StratifiedKFold(3).split(X, y)))
    ridge = RidgeClassifier(1.0).fit(X[train], y[train])
    assert model.cv_results_["split0_test_score"][0] == pytest.approx(
        _share_of_zeros(ridge, X[test], y[test])
    )


def test_many_folds_hold_few_moments():
    X, y = _data(60, 30)
    tracemalloc.start()
    model = RidgeCV(ALPHAS, cv=LeaveOneOut(), scoring="neg_mean_squared_error").fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * 30 * 30 * 8  # one p × p matrix per fold
    np.testing.assert_allclose(model.mean_score_, RidgeCV(ALPHAS).fit(X, y).mean_score_, rtol=1e-10)


@pytest.mark.parametrize("n_parts", [1, 2, 5])
def test_others_are_the_sums_of_all_but_one(n_parts):
    X, Y = _data(40, 3, 2)
    cuts = np.array_split(np.arange(40), n_parts + 1)
    parts = [accumulate(Data(X, Y), rows, np.zeros(3), np.zeros(2)) for rows in cuts]
    for k, found in enumerate(others(parts[1:], parts[0])):
        rows = np.concatenate([cut for j, cut in enumerate(cuts) if j != k + 1])
        expected = accumulate(Data(X, Y), rows, np.zeros(3), np.zeros(2))
        assert found.n_samples == expected.n_samples
        np.testing.assert_allclose(found.gram, expected.gram, rtol=1e-12)


@pytest.mark.parametrize("criterion", ["gcv", "evidence"])
def test_weights_too_small_to_be_repetitions(criterion):
    X, y = _data(20, 3)
    with pytest.raises(ValueError, match=r"sample_weight sums to 0\.2"):
        RidgeCV(criterion=criterion).fit(X, y, sample_weight=np.full(20, 0.01))


def test_errors_name_what_is_wrong():
    X, y = _data(20, 3)
    one_row = np.eye(20)[0]
    for model, data, message in [
        (RidgeCV(), (X, y, one_row), "sample_weight leaves a single row"),
        (RidgeCV(), (X * 1e200, y), "squares of X overflow"),
        (RidgeCV(), (X[:3] * 1e200, y[:3]), "squares of X overflow"),
        (RidgeCV(cv=3), (X * 1e200, y), "squares of X overflow"),
        (RidgeCV(), (X, y * 1e200), "squares of y overflow"),
        (RidgeCV(cv=[]), (X, y), "gives no folds"),
        (RidgeCV("auto", criterion="evidence"), (X, np.ones(20)), "y is constant"),
        (RidgeCV("auto", scoring="neg_mean_absolute_error"), (X, y), "smooth score"),
        (RidgeClassifierCV(scoring="neg_log_loss"), (X, y > y.mean()), "needs probabilities"),
        (RidgeClassifierCV(scoring="neg_log_loss", cv=3), (X, y > y.mean()), "needs probabilities"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(*data)
    with pytest.raises(TypeError, match="scoring must be one name"):
        RidgeCV(scoring=["r2"]).fit(X, y)
    with pytest.raises(TypeError, match="y is sparse"):
        RidgeCV().fit(X, sparse.csr_array(y[:, None]))


def _nan_where_shrunk(y, prediction):
    return np.nan if np.ptp(prediction) < 0.5 * np.ptp(y) else r2_score(y, prediction)


def test_warnings_point_at_the_caller():
    X, y = _data(20, 3)
    unweighted = make_scorer(lambda y, p: r2_score(y, p))
    for model, data in [
        (RidgeCV(cv=3, scoring=unweighted), (X, y, np.ones(20))),
        (RidgeCV([3.0, 1.0], cv=LeaveOneOut()), (X, y)),
        (RidgeCV(gcv_mode="svd"), (sparse.csr_array(X), y)),
        (RidgeCV(ALPHAS, scoring=make_scorer(_nan_where_shrunk)), (X, y)),
    ]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(*data)
        assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("cv", [None, 3])
def test_huge_targets_warn_of_nothing(cv):
    X, y = _data(30, 3)
    scoring = None if cv is None else "neg_mean_squared_error"
    huge = RidgeCV(ALPHAS, cv=cv, scoring=scoring).fit(X, y * 2.0**500)
    model = RidgeCV(ALPHAS, cv=cv, scoring=scoring).fit(X, y)
    np.testing.assert_allclose(huge.std_error_, model.std_error_ * 2.0**1000, rtol=1e-9)
    assert huge.alpha_ == model.alpha_


def test_huge_weights_warn_of_nothing_and_score_alike():
    X, y = _data(40, 4)
    labels = y > np.median(y)
    weight = np.linspace(1, 2, 40)
    plain = RidgeClassifierCV(1e-9 * np.ones(1)).fit(X, labels, weight)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        huge = RidgeClassifierCV(1e191 * np.ones(1)).fit(X, labels, 1e200 * weight)
    assert huge.std_error_ == pytest.approx(plain.std_error_, rel=1e-9)
    assert huge.best_score_ == pytest.approx(plain.best_score_, rel=1e-9)


@pytest.mark.parametrize("options", [{}, {"cv": 3}, {"alpha_per_target": True}, {"criterion": "evidence"}])
def test_targets_whose_squares_vanish_are_refused(options):
    X, Y = _data(30, 3, 2)
    model = RidgeCV(ALPHAS, **options)
    for small in (1e-200 * Y, Y * [1.0, 1e-160]):
        with pytest.raises(ValueError, match="squares of y vanish; rescale y"):
            model.fit(X, small)
    expected = model.fit(X, Y).alpha_
    np.testing.assert_array_equal(model.fit(X, 2.0**-400 * Y).alpha_, expected)


@pytest.mark.parametrize("unit", [1e4, 1e160, 1e250])
@pytest.mark.parametrize(("n", "p"), SHAPES)
def test_gcv_of_huge_weights_is_its_definition(unit, n, p):
    X, y = _data(n, p)
    weight, alphas = np.linspace(1, 2, n), unit * np.logspace(-3, 9, 5)
    model = RidgeCV(alphas, criterion="gcv").fit(X, y, unit * weight)
    root = np.sqrt(weight)[:, None]
    squares = np.linalg.svd(root * (X - np.average(X, axis=0, weights=weight)))[1] ** 2
    for alpha, score in zip(alphas / unit, model.mean_score_, strict=True):
        error = np.average((y - Ridge(alpha).fit(X, y, weight).predict(X)) ** 2, weights=weight)
        dof = 1 + np.sum(squares / (squares + alpha))
        assert score == pytest.approx(-error / (1 - dof / unit / weight.sum()) ** 2, rel=1e-9)


@pytest.mark.parametrize("scoring", ["neg_mean_squared_error", "neg_mean_absolute_error"])
@pytest.mark.parametrize("alphas", [[1.0, 10.0], [0.0, 1.0]])
def test_a_training_set_of_one_row_predicts_its_target(alphas, scoring):
    X, y = _data(6, 3)
    model = RidgeCV(alphas, cv=[([0], [1, 2]), ([3], [4, 5])], scoring=scoring).fit(X, y)
    power = 2 if "squared" in scoring else 1
    expected = -(np.abs(y[0] - y[1:3]) ** power).mean()
    assert model.cv_results_["split0_test_score"] == pytest.approx(expected)


@pytest.mark.parametrize("alphas", ["auto", 7])
@pytest.mark.parametrize("n", [5, 30])
def test_features_that_are_constant_explain_nothing(alphas, n):
    y = np.random.default_rng(0).normal(size=n)
    model = RidgeCV(alphas)
    with pytest.warns(UserWarning, match="no feature improves") if alphas == "auto" else nullcontext():
        model.fit(np.full((n, 4), 3.0), y)
    assert np.abs(model.coef_).max() < 1e-12
    assert model.intercept_ == pytest.approx(y.mean())


def test_nothing_lies_beyond_no_penalty():
    X, _ = _data(60, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert RidgeCV([0.0, 10.0, 100.0], cv=3).fit(X, X @ np.ones(3)).alpha_ == 0


def test_one_column_of_targets_has_one_alpha():
    X, y = _data(40, 4)
    model = RidgeCV(alpha_per_target=True).fit(X, y[:, None])
    assert isinstance(model.alpha_, float)
    assert model.coef_.shape == (4,)
    assert model.intercept_.shape == (1,)
    assert model.mean_score_.shape == model.std_error_.shape == (3,)


def test_both_rules_are_attributes():
    X, y = load_diabetes(return_X_y=True)
    grid = np.geomspace(1e-3, 10, 60)
    for cv in (None, 5):
        model = RidgeCV(grid, cv=cv).fit(X, y)
        assert model.alpha_ == model.alpha_min_ < model.alpha_1se_
        assert RidgeCV(grid, cv=cv, selection="1se").fit(X, y).alpha_ == model.alpha_1se_
    assert np.isnan(RidgeCV(grid, criterion="gcv").fit(X, y).alpha_1se_)
    several = RidgeCV(grid, alpha_per_target=True).fit(X, np.column_stack([y, y**2]))
    assert several.alpha_1se_.shape == (2,)


def test_a_grid_of_two_extends_itself():
    X, _ = _data(60, 5, mean=0.0)
    assert len(RidgeCV(n_alphas=2).fit(X, X @ np.arange(5.0)).alphas_) > 2


def test_sparse_too_large_to_be_made_dense(monkeypatch):
    X, y = _data(15, 30, mean=0.0)
    weight = np.random.default_rng(1).uniform(0.5, 2, 15)
    evidence = RidgeCV(ALPHAS, criterion="evidence", store_path=True)
    dense = clone(evidence).fit(X, y, weight)
    folds = RidgeCV(ALPHAS, cv=3).fit(X, y, weight)
    monkeypatch.setattr("skl2.ridge._kernel.DENSE_SIZE", 0)
    implicit = evidence.fit(sparse.csr_array(X), y, weight)
    np.testing.assert_allclose(implicit.mean_score_, dense.mean_score_, rtol=1e-9)
    np.testing.assert_allclose(implicit.coef_, dense.coef_, rtol=1e-9)
    np.testing.assert_allclose(implicit.coef_path(ALPHAS), dense.coef_path(ALPHAS), rtol=1e-7, atol=1e-12)
    for found, expected in zip(
        implicit.predict(X, return_std=True), dense.predict(X, return_std=True), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-8)
    assert pickle.loads(pickle.dumps(implicit)).coef_path([1.0]).shape == (1, 30)
    implicit_folds = RidgeCV(ALPHAS, cv=3).fit(sparse.csr_array(X), y, weight)
    np.testing.assert_allclose(implicit_folds.mean_score_, folds.mean_score_, rtol=1e-9)


@pytest.mark.parametrize(("mean", "decades"), [(0, 0), (0, 2), (1e5, 0), (0, 6), (1e7, 0), (1e9, 0)])
def test_sparse_too_large_to_be_made_dense_is_right_or_says_that_it_is_not(mean, decades, monkeypatch):
    X, y = _data(15, 20, mean=mean)
    X *= np.geomspace(10.0**-decades, 10.0**decades, 20)
    dense = RidgeCV([1e-3]).fit(X, y)
    monkeypatch.setattr("skl2.ridge._kernel.DENSE_SIZE", 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = RidgeCV([1e-3], store_path=True).fit(sparse.csr_array(X), y)
    said = any("misses the optimum" in str(warning.message) for warning in caught)
    assert said == (mean >= 1e7 or decades == 6)
    assert said or np.abs(model.predict(X) - dense.predict(X)).max() < 1e-8
    assert said or abs(model.best_score_ / dense.best_score_ - 1) < 1e-3


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "cv", "fit_intercept"), [(12, 2, True), (14, 3, True), (11, 3, False)])
def test_folds_of_large_sparse_rows_with_columns_of_many_sizes(n, cv, fit_intercept, weighted, monkeypatch):
    X, y = _data(n, 10, mean=0)
    X *= np.geomspace(1e-8, 1e8, 10)
    weight = np.linspace(0.5, 2, n) if weighted else None
    options = {"alphas": [1e-3, 1.0], "cv": cv, "fit_intercept": fit_intercept}
    dense = RidgeCV(**options, scoring="neg_mean_squared_error").fit(X, y, weight)
    monkeypatch.setattr("skl2.ridge._kernel.DENSE_SIZE", 0)
    model = RidgeCV(**options, scoring="neg_mean_squared_error").fit(sparse.csr_array(X), y, weight)
    assert_allclose(model.mean_score_, dense.mean_score_, rtol=1e-7)


def test_constant_targets_leave_the_evidence_to_the_others():
    X, y = _data(30, 4, 2)
    model = RidgeCV("auto", criterion="evidence").fit(X, np.column_stack([y[:, 0], np.ones(30), y[:, 1]]))
    assert model.alpha_ == pytest.approx(RidgeCV("auto", criterion="evidence").fit(X, y).alpha_)
    assert_allclose(model.coef_[1], 0, atol=1e-12)
    with pytest.raises(ValueError, match="y, target 1, is constant"):
        model.set_params(alpha_per_target=True).fit(X, np.column_stack([y[:, 0], np.ones(30)]))


def test_a_fold_that_holds_out_a_row_of_weight_zero_does_not_exist():
    X, y = _data(20, 3)
    weight = np.where(np.arange(20) == 5, 0.0, 1.0)
    model = RidgeCV(ALPHAS, cv=LeaveOneOut(), scoring="neg_mean_squared_error")
    there = model.fit(np.delete(X, 5, 0), np.delete(y, 5)).mean_score_
    assert_allclose(model.fit(X, y, weight).mean_score_, there)
    with pytest.raises(ValueError, match="gives no folds"):
        model.set_params(cv=[(np.arange(5), [5])]).fit(X, y, weight)


@pytest.mark.parametrize("rows", [[20], [-21], np.ones(19, bool), [0.5]])
def test_folds_out_of_range_are_named(rows):
    X, y = _data(20, 3)
    with pytest.raises(ValueError, match="Fold 0 of cv has rows that X, of 20 rows, has not"):
        RidgeCV(cv=[(np.arange(20), rows)]).fit(X, y)


def test_one_alpha_for_each_target_by_a_scorer_is_a_choice_for_each_alone():
    X, Y = _data(50, 6, t=3)
    Y = Y * [1.0, 100.0, 1.0] + np.random.default_rng(1).normal(size=Y.shape) * [0.1, 1.0, 30.0]
    model = RidgeCV(ALPHAS, scoring="neg_mean_absolute_error", alpha_per_target=True).fit(X, Y)
    for k, y in enumerate(Y.T):
        alone = RidgeCV(ALPHAS, scoring="neg_mean_absolute_error").fit(X, y)
        assert model.alpha_[k] == alone.alpha_
        assert_allclose(model.mean_score_[:, k], alone.mean_score_, rtol=1e-9)
        assert_allclose(model.coef_[k], alone.coef_, rtol=1e-9)
    assert len(set(model.alpha_)) > 1


def test_an_error_of_the_scorer_is_its_own():
    def broken(y, prediction):
        return y.no_such_thing

    X, y = _data(30, 3)
    for cv in (None, 3):
        with pytest.raises(AttributeError, match="no_such_thing"):
            RidgeCV(ALPHAS, scoring=make_scorer(broken), cv=cv).fit(X, y)


@pytest.mark.parametrize("p", [1, 5])
def test_of_two_rows_each_is_predicted_by_the_other(p):
    X, _ = _data(2, p)
    model = RidgeCV(ALPHAS, store_cv_results=True).fit(X, np.array([1.0, 4.0]))
    assert_allclose(model.cv_results_, 9.0, rtol=1e-12)
    assert_allclose(model.mean_score_, -9.0, rtol=1e-12)
