"""`to_sklearn` gives scikit-learn's own objects, which predict the same."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import linear_model, neural_network
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import NotFittedError

import skl2

NEW = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 7)
NETWORK = {"hidden_layer_sizes": (7, 5), "max_iter": 3, "random_state": 0}
RIDGES = [skl2.Ridge(0.3), skl2.RidgeCV()]
RIDGE_CLASSIFIERS = [skl2.RidgeClassifier(0.3), skl2.RidgeClassifierCV()]
REGRESSORS = [skl2.MLPRegressor(**NETWORK), skl2.MLPRegressorCV(alphas=(0.1, 1), cv=2, **NETWORK)]
CLASSIFIERS = [skl2.MLPClassifier(**NETWORK), skl2.MLPClassifierCV(alphas=(0.1, 1), cv=2, **NETWORK)]
KINDS = [
    (RIDGES, linear_model.Ridge),
    (RIDGE_CLASSIFIERS, linear_model.RidgeClassifier),
    (REGRESSORS, neural_network.MLPRegressor),
    (CLASSIFIERS, neural_network.MLPClassifier),
]
ALL = [(estimator, kind) for estimators, kind in KINDS for estimator in estimators]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The chosen alpha"),
]


def name_of(value):
    return type(value).__name__ if isinstance(value, BaseEstimator) else ""


def targets(estimator, kind):
    """X and y, of all kinds that the estimator takes."""
    if hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function"):
        if kind.startswith("multilabel"):
            X, y = make_multilabel_classification(80, 6, n_classes=3, random_state=0)
            return X, sparse.csr_matrix(y) if kind.endswith("sparse") else y
        n_classes = 2 if kind == "two" else 4
        X, y = make_classification(80, 6, n_informative=5, n_redundant=0, n_classes=n_classes, random_state=0)
        return X, np.array(["ox", "ant", "bee", "cat"])[y] if kind == "strings" else y
    return make_regression(80, 6, n_targets=3 if kind == "several" else 1, noise=1.0, random_state=0)


def assert_same_predictions(model, X):
    """Labels are equal, numbers equal to rounding."""
    there = model.to_sklearn()
    rtol = 1e-13 if X.dtype == np.float64 else 1e-5
    for method in ("predict", "predict_proba", "decision_function"):
        if not hasattr(model, method):
            continue
        ours, theirs = getattr(model, method)(X), getattr(there, method)(X)
        assert sparse.issparse(ours) == sparse.issparse(theirs)
        if sparse.issparse(ours):
            ours, theirs = ours.toarray(), theirs.toarray()
        assert ours.dtype == theirs.dtype
        if ours.dtype.kind == "f":
            assert_allclose(theirs, ours, rtol=rtol, atol=rtol * np.abs(ours).max())
        else:
            assert_array_equal(theirs, ours)
    return there


@pytest.mark.parametrize(("estimator", "kind"), ALL, ids=name_of)
def test_the_class_is_scikit_learns_and_independent(estimator, kind):
    X, y = targets(estimator, "two")
    model = sklearn.clone(estimator).fit(X, y)
    there = assert_same_predictions(model, X)
    assert type(there) is kind
    before = model.predict(X)
    for name in ("coef_", "intercept_", "coefs_", "intercepts_"):
        if hasattr(there, name):
            setattr(there, name, [0.0])
    coefs = model.to_sklearn()
    (coefs.coefs_[0] if hasattr(coefs, "coefs_") else coefs.coef_)[...] = 0
    assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("estimator", RIDGES + REGRESSORS, ids=name_of)
@pytest.mark.parametrize("outputs", ["one", "several"])
def test_regression(estimator, outputs, dtype):
    X, y = targets(estimator, outputs)
    X = X.astype(dtype)
    assert_same_predictions(sklearn.clone(estimator).fit(X, y), X)


@pytest.mark.parametrize("estimator", RIDGE_CLASSIFIERS + CLASSIFIERS, ids=name_of)
@pytest.mark.parametrize("kind", ["two", "several", "strings", "multilabel", "multilabel sparse"])
def test_classification(estimator, kind):
    X, y = targets(estimator, kind)
    assert_same_predictions(sklearn.clone(estimator).fit(X, y), X)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("estimator", [REGRESSORS[0], CLASSIFIERS[0]], ids=name_of)
def test_activations_and_batch_normalisation(estimator, activation):
    X, y = targets(estimator, "several")
    for batch_norm in (False, True):
        model = sklearn.clone(estimator).set_params(activation=activation, batch_norm=batch_norm)
        assert_same_predictions(model.fit(X, y), X)


def test_names_sparse_rows_and_many_rows():
    pd = pytest.importorskip("pandas")
    X, y = make_regression(3000, 6, random_state=0)
    frame = pd.DataFrame(X, columns=list("abcdef"))
    for estimator in (RIDGES[0], REGRESSORS[0]):
        model = sklearn.clone(estimator).fit(frame, y)
        there = model.to_sklearn()
        assert list(there.feature_names_in_) == list("abcdef")
        assert_allclose(there.predict(frame), model.predict(frame), rtol=1e-12)
        model = sklearn.clone(estimator).fit(sparse.csr_array(X), y)
        theirs = model.to_sklearn().predict(sparse.csr_array(X))  # sums in another order than of dense rows
        assert_allclose(theirs, model.predict(X), rtol=1e-12, atol=1e-12 * np.abs(y).max())


def test_parameters_of_ridge_carry_over():
    X, y = make_regression(50, 4, n_targets=2, noise=3.0, random_state=0)
    model = skl2.Ridge(np.array([0.5, 2.0]), fit_intercept=False, tol=1e-6).fit(X, y)
    there = model.to_sklearn()
    assert there.get_params().items() >= {"fit_intercept": False, "tol": 1e-6}.items()
    assert_allclose(there.fit(X, y).coef_, model.coef_)  # its own fit is the same
    chosen = skl2.RidgeCV([0.1, 5, 300], alpha_per_target=True).fit(X, y)
    assert_array_equal(chosen.to_sklearn().alpha, chosen.alpha_)


@pytest.mark.skipif(not NEW, reason="scikit-learn 1.6 has no Poisson loss for networks")
def test_poisson():
    X, y = make_regression(80, 6, random_state=0)
    model = skl2.MLPRegressor(loss="poisson", **NETWORK).fit(X, np.abs(y) / 100)
    assert assert_same_predictions(model, X).loss == "poisson"


def test_what_does_not_carry_over_is_named(monkeypatch):
    X, y = targets(CLASSIFIERS[0], "two")
    with pytest.raises(NotFittedError):
        skl2.MLPClassifier().to_sklearn()
    with pytest.raises(NotFittedError):
        skl2.Ridge().to_sklearn()
    model = skl2.MLPClassifier(**NETWORK).fit(X, np.zeros(len(y)))
    with pytest.raises(ValueError, match="single class"):
        model.to_sklearn()
    model = skl2.MLPClassifier(**NETWORK).fit(X, y)
    model.activation = "swish"
    with pytest.raises(ValueError, match=r"activation='swish'.*identity.*fit with one of them"):
        model.to_sklearn()
    counts = skl2.MLPRegressor(loss="poisson", **NETWORK).fit(X, y)
    monkeypatch.delitem(skl2.mlp._to_sklearn.ACTIVATIONS, "exp", raising=False)
    with pytest.raises(ValueError, match=r"loss='poisson'.*1\.7"):
        counts.to_sklearn()
