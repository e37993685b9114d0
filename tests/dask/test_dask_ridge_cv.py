"""RidgeCV and RidgeClassifierCV on Dask against the same estimators in memory."""

from __future__ import annotations

import numpy as np
import pytest
from dask_data import cut, rows, same
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import KFold, StratifiedKFold

import skl2
from skl2.dask import RidgeClassifierCV, RidgeCV
from skl2.dask._ridge_cv import fold_bounds, fold_numbers

ALPHAS = np.geomspace(1e-3, 1e3, 7)
SETTINGS = [
    {"criterion": "gcv"},
    {"criterion": "evidence"},
    {"criterion": "loo"},
    {"criterion": "loo", "selection": "1se"},
    {"criterion": "loo", "alphas": "auto"},
    {"criterion": "gcv", "n_alphas": 5},
    {"cv": 5},
    {"cv": 3, "scoring": "neg_mean_squared_error", "selection": "1se"},
    {"cv": 4, "alphas": "auto"},
    {"gcv_mode": "svd"},
    {"fit_intercept": False},
    {"fit_intercept": False, "cv": 3},
]

pytestmark = pytest.mark.usefixtures("one_thread")


def same_choice(ours, plain, rtol=1e-9):
    same(ours, plain, rtol)
    assert_allclose(ours.alpha_, plain.alpha_, rtol=1e-6)
    for name in ("alphas_", "mean_score_", "std_error_", "best_score_", "effective_dof_", "sigma_"):
        if hasattr(plain, name):
            assert_allclose(getattr(ours, name), getattr(plain, name), rtol=1e-6, err_msg=name)


@pytest.mark.filterwarnings("ignore:The chosen alpha is at the end")
@pytest.mark.parametrize("t", [None, 2])
@pytest.mark.parametrize("params", SETTINGS)
def test_equal_in_memory(params, t):
    X, y, w = rows(t=t)
    X[:, 1] += np.linspace(0, 1e4, len(X))
    w[:70], w[70:140] = 0.0, 1e-9
    params = {"alphas": ALPHAS} | ({} if "n_alphas" not in params else {"alphas": (0.1, 1.0, 10.0)}) | params
    if params.get("cv"):
        w = None  # a whole chunk without weight would be a fold without
    plain = skl2.RidgeCV(**params).fit(X, y, w)
    same_choice(
        RidgeCV(**params).fit(*cut(X, y, w)), plain, 1e-7 if isinstance(params["alphas"], str) else 1e-9
    )


@pytest.mark.parametrize("params", [{}, {"cv": 3}, {"criterion": "evidence"}])
def test_float32(params):
    X, y, w = (array.astype(np.float32) for array in rows())
    plain = skl2.RidgeCV(ALPHAS, **params).fit(X, y, w)
    same_choice(RidgeCV(ALPHAS, **params).fit(*cut(X, y, w)), plain, 1e-6)


@pytest.mark.parametrize("params", [{}, {"cv": 3}, {"criterion": "gcv"}])
def test_numbers_out_of_range(params):
    X, y, _ = rows()
    single = X.astype(np.float32)
    with pytest.raises(ValueError, match="out of the range of float32"):
        RidgeCV(**params).fit(*cut(single, 1e41 * y))
    expected = RidgeCV([1.0], **params).fit(*cut(X, y)).coef_
    for numbers, unit in ((single, 1e30), (single, 1e-30), (X, 1e41)):
        assert_allclose(
            RidgeCV([1.0], **params).fit(*cut(numbers, unit * y)).coef_, unit * expected, rtol=1e-4
        )
    with pytest.raises(ValueError, match="squares of y overflow; rescale y"):
        RidgeCV(**params).fit(*cut(X, 1e160 * y))


def test_one_alpha_for_each_target():
    X, Y, w = rows(t=3)
    plain = skl2.RidgeCV(ALPHAS, alpha_per_target=True).fit(X, Y, w)
    same_choice(RidgeCV(ALPHAS, alpha_per_target=True).fit(*cut(X, Y, w)), plain)


@pytest.mark.filterwarnings("ignore:The chosen alpha is at the end")
def test_rows_that_alone_know_a_direction():
    X, y, w = rows()
    X[:, 5] = 0.0
    X[[10, 200], 5] = [1.0, 3.0]
    w += 1
    plain = skl2.RidgeCV([1e-6, 1e-5, 1.0]).fit(X, y, w)
    same_choice(RidgeCV([1e-6, 1e-5, 1.0]).fit(*cut(X, y, w)), plain)


@pytest.mark.filterwarnings("ignore:The chosen alpha is at the end")
def test_collinear_and_nearly_perfect():
    X, _, _ = rows()
    X[:, 1] = X[:, 0] + 1e-6 * X[:, 1]
    y = X @ np.arange(6.0)
    for params in ({"criterion": "gcv"}, {"criterion": "loo"}, {"cv": 3}):
        plain = skl2.RidgeCV([1e-9, 1e-4], **params).fit(X, y)
        ours = RidgeCV([1e-9, 1e-4], **params).fit(*cut(X, y))
        assert ours.alpha_ == plain.alpha_
        same(ours, plain, 1e-7)


@pytest.mark.parametrize(
    "params", [{}, {"cv": 3}, {"cv": 4, "class_weight": "balanced"}, {"criterion": "gcv"}]
)
@pytest.mark.parametrize("labels", [["no", "yes"], ["c", "a", "b"]])
def test_classifier(labels, params):
    X, y, w = rows()
    y = np.array(labels)[np.digitize(y, np.quantile(y, [0.3, 0.6])[: len(labels) - 1])]
    plain = skl2.RidgeClassifierCV(**params).fit(X, y, w)
    dX, dy, dw = cut(X, y, w)
    ours = RidgeClassifierCV(**params).fit(dX, dy, dw)
    same_choice(ours, plain)
    assert_array_equal(ours.predict(dX).compute(), plain.predict(X))


def test_several_labels():
    X, Y, _ = rows(t=3)
    Y = (Y.mean(axis=0) < Y).astype(int)
    for params in ({}, {"cv": 3}):
        same_choice(RidgeClassifierCV(**params).fit(*cut(X, Y)), skl2.RidgeClassifierCV(**params).fit(X, Y))


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_folds_are_those_of_scikit_learn(n_folds):
    y = np.random.default_rng(0).choice(3, size=103, p=[0.2, 0.3, 0.5])
    for splitter, codes in ((KFold(n_folds), np.zeros(103, int)), (StratifiedKFold(n_folds), y)):
        expected = np.empty(103, int)
        for k, (_, test) in enumerate(splitter.split(y, codes)):
            expected[test] = k
        order = list(dict.fromkeys(codes))
        chunks = codes[:40], codes[40:40], codes[40:]
        counts = np.array([[np.count_nonzero(chunk == label) for label in order] for chunk in chunks])
        labels = order if len(order) > 1 else None
        dealt = labels, fold_bounds(counts.sum(axis=0), n_folds), counts.cumsum(axis=0) - counts
        found = [fold_numbers(*dealt, number, chunk) for number, chunk in enumerate(chunks)]
        assert_array_equal(np.concatenate(found), expected)


def test_errors():
    X, y, w = rows()
    dX, dy = cut(X, y)
    for params, match in [
        ({"cv": KFold(3)}, "cv must be a number"),
        ({"cv": 301}, "cv must be between 2 and the number of rows"),
        ({"scoring": "r2"}, "every prediction in one memory"),
        ({"cv": 3, "scoring": "max_error"}, "every prediction in one memory"),
        ({"store_cv_results": True}, "store_cv_results=True keeps"),
    ]:
        with pytest.raises(ValueError, match=match):
            RidgeCV(**params).fit(dX, dy)
    with pytest.raises(ValueError, match="rows in chunks must be more than features"):
        RidgeCV().fit(dX[:6], dy[:6])
    w[:] = np.arange(300) >= 100
    with pytest.raises(ValueError, match="Fold 0 of cv has no held-out rows"):
        RidgeCV(cv=3).fit(dX, dy, cut(w)[0])


def test_unknown_chunks():
    X, y, _ = rows()
    keep = X[:, 0] > 5
    dX, dy, dkeep = cut(X, y, keep)
    same_choice(RidgeCV(cv=3).fit(dX[dkeep], dy[dkeep]), skl2.RidgeCV(cv=3).fit(X[keep], y[keep]))
