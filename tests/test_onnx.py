"""ONNX graphs give what the estimators give: alone, in pipelines, searches and ensembles."""

import builtins

import numpy as np
import onnx
import onnxruntime
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skl2
from skl2.onnx import to_onnx

NETWORK = {"hidden_layer_sizes": (7, 5), "max_iter": 3, "random_state": 0}
REGRESSORS = [
    skl2.Ridge(),
    skl2.RidgeCV(),
    skl2.MLPRegressor(**NETWORK),
    skl2.MLPRegressorCV(alphas=(0.1, 1), cv=2, **NETWORK),
]
CLASSIFIERS = [
    skl2.RidgeClassifier(),
    skl2.RidgeClassifierCV(),
    skl2.MLPClassifier(**NETWORK),
    skl2.MLPClassifierCV(alphas=(0.1, 1), cv=2, **NETWORK),
]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The chosen alpha"),
]


def name_of(value):
    return type(value).__name__ if isinstance(value, BaseEstimator) else ""


def run(model, X, **inputs):
    """The outputs of the model's graph in ONNX Runtime."""
    graph = to_onnx(model, X)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, inputs or {"X": X})


def regression(outputs=1, dtype=np.float64):
    X, y = make_regression(80, 6, n_targets=outputs, noise=1.0, random_state=0)
    return X.astype(dtype), y / y.std()


def classification(kind="several", dtype=np.float64):
    if kind == "multilabel":
        X, y = make_multilabel_classification(80, 6, n_classes=2, random_state=0)
        return X.astype(dtype), y
    n_classes = 2 if kind.startswith("two") else 4
    X, y = make_classification(80, 6, n_informative=5, n_redundant=0, n_classes=n_classes, random_state=0)
    return X.astype(dtype), np.array(["ox", "ant", "bee", "cat"])[y] if kind.endswith("strings") else y


def assert_same(model, X, **inputs):
    """Labels are equal, numbers to 1e-6."""
    outputs = run(model, X, **inputs)
    if not sklearn.base.is_classifier(model):
        expected = model.predict(X)
        assert_allclose(outputs[0].reshape(expected.shape), expected, rtol=1e-6, atol=1e-7)
        return
    label, scores = outputs
    assert_array_equal(label, model.predict(X))
    if hasattr(model, "predict_proba"):
        assert_allclose(scores, model.predict_proba(X), rtol=1e-6, atol=1e-9)
    elif hasattr(model, "decision_function"):
        expected = model.decision_function(X)
        if expected.ndim == 1:
            expected = np.column_stack([-expected, expected])
        assert_allclose(scores, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("estimator", REGRESSORS, ids=name_of)
def test_regressors(estimator, outputs, dtype):
    X, y = regression(outputs, dtype)
    assert_same(sklearn.clone(estimator).fit(X.astype(np.float64), y), X)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["two", "several", "two strings", "strings", "multilabel"])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=name_of)
def test_classifiers(estimator, kind, dtype):
    X, y = classification(kind, dtype)
    assert_same(sklearn.clone(estimator).fit(X.astype(np.float64), y), X)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_activations(activation):
    X, y = regression()
    assert_same(skl2.MLPRegressor(activation=activation, batch_norm=True, **NETWORK).fit(X, y), X)


def test_fits_in_single_precision_without_intercept():
    X, y = regression(dtype=np.float32)
    model = skl2.Ridge(fit_intercept=False).fit(X, y)
    expected = model.predict(X)
    assert_allclose(run(model, X)[0][:, 0], expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


def test_poisson():
    X, y = regression()
    model = skl2.MLPRegressor(loss="poisson", **NETWORK).fit(X, np.abs(y))
    if tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 7):
        with pytest.raises(ValueError, match=r"1\.7"):
            to_onnx(model, X)
    else:
        assert_same(model, X)


@pytest.mark.parametrize("estimator", REGRESSORS, ids=name_of)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pipelines_searches_and_ensembles_of_regressors(estimator, dtype):
    X, y = regression(dtype=dtype)
    estimator = sklearn.clone(estimator)
    alone = make_pipeline(StandardScaler(), estimator)
    models = [alone]
    if "alpha" in estimator.get_params():
        models.append(GridSearchCV(estimator, {"alpha": [0.1, 1.0]}, cv=2))
    models.append(VotingRegressor([("a", estimator), ("b", skl2.Ridge(10))]))
    models.append(StackingRegressor([("a", estimator), ("b", skl2.Ridge(10))], skl2.Ridge(), cv=2))
    models.append(BaggingRegressor(estimator, n_estimators=2, max_features=4, random_state=0))
    for model in models:
        assert_same(model.fit(X.astype(np.float64), y), X)


@pytest.mark.parametrize("kind", ["two", "several"])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=name_of)
def test_pipelines_searches_and_ensembles_of_classifiers(estimator, kind):
    X, y = classification(kind)
    estimator = sklearn.clone(estimator)
    models = [make_pipeline(StandardScaler(), estimator)]
    if "alpha" in estimator.get_params():
        models.append(GridSearchCV(estimator, {"alpha": [0.1, 1.0]}, cv=2))
        models.append(GridSearchCV(make_pipeline(StandardScaler(), estimator), {}, cv=2))
    voting = "soft" if hasattr(estimator, "predict_proba") else "hard"
    # skl2onnx stacks either probabilities or decision values, not both at once
    second = skl2.MLPClassifier(max_iter=2, random_state=1) if voting == "soft" else skl2.RidgeClassifier(10)
    models.append(VotingClassifier([("a", estimator), ("b", second)], voting=voting, flatten_transform=False))
    models.append(StackingClassifier([("a", estimator), ("b", second)], LogisticRegression(), cv=2))
    models.append(StackingClassifier([("b", second)], estimator, cv=2))
    if voting == "soft":
        models.append(BaggingClassifier(estimator, n_estimators=2, max_features=4, random_state=0))
    for model in models:
        assert_same(model.fit(X, y), X)


def test_columns_of_a_data_frame():
    pd = pytest.importorskip("pandas")
    X, y = regression()
    frame = pd.DataFrame(X, columns=list("abcdef"))
    for model in (skl2.Ridge(), make_pipeline(StandardScaler(), skl2.MLPRegressor(**NETWORK))):
        assert_same(model.fit(frame, y), frame, **{name: frame[[name]].to_numpy() for name in frame})


def test_integers_become_float64():
    X, y = regression()
    whole = (10 * X).astype(int)
    model = skl2.Ridge().fit(whole, y)
    graph = to_onnx(model, whole)
    assert graph.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
    assert_same(model, whole.astype(float))


def test_what_cannot_be_converted_is_named(monkeypatch):
    X = np.eye(3)
    with pytest.raises(NotFittedError):
        to_onnx(skl2.Ridge(), X)
    original = builtins.__import__

    def without_skl2onnx(name, *args, **kwargs):
        if name == "skl2onnx":
            raise ImportError
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_skl2onnx)
    with pytest.raises(ImportError, match=r"skl2\[onnx\]"):
        to_onnx(skl2.Ridge(), X)
