"""Every warning names the line of the user's file that led to it, whatever wraps our methods."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, RidgeClassifier, mlp_path
from skl2.selection import pick

X, Y = load_iris(return_X_y=True)
CLASSES = [0, 1, 2]
ALPHAS = [0.1, 1.0]
NAN_SCORES = [[np.nan, 1.0], [2.0, 1.0]]
FEW = {"hidden_layer_sizes": 3, "max_iter": 2, "random_state": 0}
WILD = {"hidden_layer_sizes": 3, "solver": "sgd", "activation": "identity", "learning_rate_init": 1e30}
FOLDS = {"alphas": ALPHAS, "cv": 2}


def no_score(estimator, X, y):
    return np.nan


CASES = {
    "too few epochs": (lambda: MLPClassifier(**FEW).fit(X, Y), "Maximum iterations"),
    "too few iterations": (lambda: MLPRegressor(**FEW, solver="lbfgs").fit(X, Y), "Maximum iterations"),
    "batch_size": (lambda: MLPRegressor(**FEW, batch_size=999).fit(X, Y), "it is clipped"),
    "no finite score": (
        lambda: MLPClassifier(**FEW, early_stopping=True, scoring=no_score).fit(X, Y),
        "no finite score",
    ),
    "partial_fit": (lambda: MLPClassifier(**WILD).partial_fit(X, Y, classes=CLASSES), "diverged"),
    "partial_fit of numbers": (lambda: MLPRegressor(**WILD).partial_fit(X, Y), "diverged"),
    "the final fit": (
        lambda: MLPClassifierCV(**FEW, **FOLDS, solver="lbfgs").fit(X, Y),
        "Maximum iterations",
    ),
    "the end of the grid": (
        lambda: MLPRegressorCV(**FEW, alphas=[100.0, 1e3, 1e4], cv=2).fit(X, Y),
        "at the end of alphas",
    ),
    "mlp_path": (lambda: mlp_path(X, Y, ALPHAS, estimator=MLPClassifier(**FEW)), "not converged"),
    "pick": (lambda: pick(ALPHAS, NAN_SCORES), "not finite"),
    "a column of numbers": (lambda: MLPRegressor(**FEW).fit(X, Y[:, None]), "column-vector"),
    "a column of labels": (lambda: MLPClassifierCV(**FEW, **FOLDS).fit(X, Y[:, None]), "column-vector"),
    "a column of labels for ridge": (lambda: RidgeClassifier().fit(X, Y[:, None]), "column-vector"),
    "all alphas too strong": (
        lambda: MLPRegressorCV(**FEW, **FOLDS).fit(X, Y, np.full(150, 1e-9)),
        "alpha/Σw is",
    ),
    "a pipeline": (
        lambda: make_pipeline(StandardScaler(), MLPClassifier(**FEW)).fit(X, Y),
        "Maximum iterations",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_warnings_name_the_line_that_calls(case):
    run, message = CASES[case]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    assert any(message in str(warning.message) for warning in caught)
    line = run.__code__.co_firstlineno
    for warning in caught:
        assert warning.filename == __file__
        assert line <= warning.lineno <= line + 1  # a lambda on a line of its own may begin on it
