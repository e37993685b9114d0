"""Random problems of every kind: no error of a library, no NaN and no warning of NumPy's reaches a user.

    python tests/ridge/test_fuzz.py [first seed] [how many] [large]

runs as many as asked for, and prints the seeds that fail. With 'large' the data are treated as if they
were: what is sparse is not made dense, and iterated on.
"""

import sys
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning

from skl2 import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV

FEW, MANY = 300, 20_000
LIMITS = [
    "skl2.ridge._estimators.DENSE_SIZE",
    "skl2.ridge._solvers.DIRECT_COLUMNS",
    "skl2.ridge._kernel.DENSE_SIZE",
    "skl2.ridge._folds.DIRECT_COLUMNS",
    "skl2.ridge._loo.MANY_ROWS",
]
"""From which size on data are large"""


def rows_of(rng):
    """X with columns of any size, constant, repeated and empty ones, and rows that repeat."""
    n, p = int(rng.integers(2, 30)), int(rng.integers(1, 30))
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < rng.choice([0.1, 0.5, 1.0]))
    X += rng.choice([0.0, 1.0], p=[0.6, 0.4]) * 10.0 ** rng.uniform(-8, 8, p)
    X *= 10.0 ** (rng.choice([0.0, 1.0, 8.0, 60.0], p=[0.3, 0.3, 0.3, 0.1]) * rng.uniform(-1, 1, p))
    if rng.random() < 0.2:
        X[:, rng.integers(p)] = rng.choice([0.0, 1.0, 3e5])
    if rng.random() < 0.2:
        X[:, rng.integers(p)] = X[:, rng.integers(p)] * rng.choice([1.0, 2.0, -1e6])
    if rng.random() < 0.2:
        X = X[rng.integers(n, size=n)]
    if rng.random() < 0.1:
        X[rng.integers(n), rng.integers(p)] = 10.0 ** rng.uniform(3, 12)
    if rng.random() < 0.15 and np.abs(X).max() < 1e30:
        X = X.astype(np.float32)
    return sparse.csr_array(X) if rng.random() < 0.25 else X


def weights_of(rng, n):
    kind = rng.integers(6)
    if kind < 2:
        return None
    if kind == 2:
        return 10.0 ** rng.uniform(-8, 8, n)
    if kind == 3:
        return rng.integers(0, 3, n).astype(float)
    return rng.uniform(0.5, 2, n) * 10.0 ** rng.uniform(-8, 8)


def search_of(rng):
    """Parameters of RidgeCV and RidgeClassifierCV."""
    options = {"fit_intercept": bool(rng.random() < 0.7)}
    kind = rng.integers(4)
    if kind == 0:
        options["alphas"] = "auto"
    elif kind == 1:
        options["n_alphas"] = int(rng.integers(2, 12))
    else:
        options["alphas"] = np.sort(10.0 ** rng.uniform(-8, 8, rng.integers(1, 6)))
    how = rng.integers(4)
    if how == 0:
        options["cv"] = int(rng.integers(2, 4))
        if kind > 1 and rng.random() < 0.3:
            options["alphas"] = [0.0, 1.0]
        if kind != 0 and rng.random() < 0.5:
            options["scoring"] = "neg_mean_squared_error"
    elif how == 1:
        options["criterion"] = str(rng.choice(["gcv", "evidence"]))
    elif rng.random() < 0.5:
        options["store_cv_results"] = True
    return options


def plain_of(rng, p, is_sparse):
    """Parameters of Ridge."""
    options = {"alpha": 0.0 if rng.random() < 0.15 else 10.0 ** rng.uniform(-8, 8)}
    options["fit_intercept"] = bool(rng.random() < 0.7)
    kind = rng.integers(5)
    if kind == 0:
        options["positive"] = True
    elif kind == 1 and not is_sparse:
        options["solver"] = "svd"
    elif kind == 2:
        options["penalty_factor"] = rng.choice([0.0, 0.5, 1.0, 1e6], p)
    return options


def size_of(X):
    largest = np.abs(X.toarray() if sparse.issparse(X) else X).max(axis=0)
    return np.where(largest > 0, largest, 1.0)[:, None]


def fitted(seed):
    """One random problem, fitted."""
    rng = np.random.default_rng(seed)
    X = rows_of(rng)
    n, p = X.shape
    weight, kind = weights_of(rng, n), rng.integers(4)
    if kind in (0, 1):
        t = int(rng.integers(1, 4))
        y = rng.normal(size=(n, t)) * 10.0 ** (rng.choice([0, 8]) * rng.uniform(-1, 1))
        if rng.random() < 0.3:
            w = rng.normal(size=(p, t)) / size_of(X)
            y = X @ w + rng.choice([0, 1e-9, 0.1]) * y
        if rng.random() < 0.1:
            y[:, 0] = 3.0
        y = y[:, 0] if t == 1 else y
        model = Ridge(**plain_of(rng, p, sparse.issparse(X))) if kind == 0 else RidgeCV(**search_of(rng))
        if kind == 1 and model.cv is None and rng.random() < 0.3:
            model.set_params(alpha_per_target=True)
    else:
        y = rng.integers(rng.integers(1, 4), size=n)
        plain = RidgeClassifier(10.0 ** rng.uniform(-8, 8), fit_intercept=bool(rng.random() < 0.7))
        model = plain if kind == 2 else RidgeClassifierCV(**search_of(rng))
    return model.fit(X, y, sample_weight=weight), X


def check(seed):
    """Fit: either an error that says what is wrong, or numbers; NumPy's warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for category in (ConvergenceWarning, UndefinedMetricWarning, UserWarning):
            warnings.simplefilter("ignore", category)
        try:
            model, X = fitted(seed)
        except np.linalg.LinAlgError:
            raise
        except (ValueError, TypeError) as error:
            if len(str(error)) < 50:  # too short to say what is wrong and what to do
                raise
            return
        assert np.isfinite(model.coef_).all()
        assert np.isfinite(model.intercept_).all()
        if hasattr(model, "alpha_") and X.shape[0] >= 9 * (model.cv or 0):  # R² needs two rows of a weight
            assert np.isfinite(model.best_score_).all()
        assert len(model.predict(X)) == X.shape[0]


@pytest.mark.parametrize("start", range(0, FEW, 50))
def test_random_problems_end_in_numbers_or_in_an_error_that_says_why(start):
    for seed in range(start, start + 50):
        check(seed)


@pytest.mark.parametrize("start", range(0, FEW, 50))
def test_nor_do_problems_that_are_treated_as_large(start, monkeypatch):
    for limit in LIMITS:
        monkeypatch.setattr(limit, 0)
    for seed in range(start, start + 50):
        check(seed)


def main(first="0", count=str(MANY), *large):
    """Check seeds, and print those that fail."""
    with pytest.MonkeyPatch.context() as patch:
        for limit in LIMITS if large else ():
            patch.setattr(limit, 0)
        for seed in range(int(first), int(first) + int(count)):
            try:
                check(seed)
            except Exception as error:
                print(seed, type(error).__name__, str(error)[:200], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
