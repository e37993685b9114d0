"""scikit-learn's own checks, for every estimator and every setting that takes another way through it."""

import warnings

import pytest
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

from skl2 import (
    MLPClassifier,
    MLPClassifierCV,
    MLPRegressor,
    MLPRegressorCV,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
)
from skl2.ridge._parameters import SOLVER_NAMES

NOT_APPLICABLE = {
    # only where SciPy's array API is switched on: see test_arrays.py
    "check_array_api_input",
    "check_array_api_mixed_inputs",
    "check_array_api_same_namespace",
    "check_classifiers_multilabel_output_format_decision_function",  # the networks have probabilities
    "check_classifiers_multilabel_output_format_predict_proba",  # and ridge has a decision function
}
"""What scikit-learn's own estimators of the kind skip"""

RIDGE = [
    kind(solver=solver, positive=solver == "lbfgs")
    for kind, solver in zip([Ridge, RidgeClassifier] * len(SOLVER_NAMES), SOLVER_NAMES, strict=False)
] + [Ridge(), RidgeClassifier()]

RIDGE_CV = [
    RidgeCV(),
    RidgeClassifierCV(),
    RidgeCV(cv=3),
    RidgeClassifierCV(cv=3),
    RidgeCV(alphas="auto"),
    RidgeClassifierCV(n_alphas=4, selection="1se"),
]

MLP = [
    kind(hidden_layer_sizes=10, max_iter=10, **settings)  # the fewest epochs that learn what is asked for
    for settings in (
        {"solver": "adamw"},
        {"solver": "sgd", "learning_rate_init": 0.05},
        {"solver": "lbfgs"},
        {"dropout": 0.2},
        {"batch_norm": True},
        {"l1_ratio": 0.5},
        {"solver": "lbfgs", "batch_norm": True, "l1_ratio": 1.0},
    )
    for kind in (MLPClassifier, MLPRegressor)
] + [MLPClassifier(), MLPRegressor()]

MLP_CV = [
    kind(hidden_layer_sizes=10, alphas=[0.01, 0.1], max_iter=5, cv=2, **settings)
    for settings in (
        {"learning_rate_init": 0.05},
        {"solver": "lbfgs"},
        {"learning_rate_init": 0.05, "dropout": 0.2, "batch_norm": True},
    )
    for kind in (MLPClassifierCV, MLPRegressorCV)
]


AGAINST_EARLY_STOPPING = {
    # partial_fit has no validation rows, and refuses, as scikit-learn's does
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
    "check_estimators_partial_fit_n_features",
    # copies of a row fall on both sides of a random split
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    # the accuracy that is watched does not weigh classes
    "check_class_weight_classifiers",
}


def check(estimator, but=frozenset()):
    """Run the checks: none fails but some of `but`."""
    with warnings.catch_warnings():
        # 10 epochs are few; some of the data are meant to look strange
        warnings.simplefilter("ignore", UserWarning)
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] in ("failed", "xfail")}
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert {name: error for name, error in failed.items() if name not in but} == {}
    assert skipped <= NOT_APPLICABLE
    assert len(results) > 50


@pytest.mark.parametrize("estimator", RIDGE + RIDGE_CV + MLP + MLP_CV, ids=repr)
def test_all_checks_of_scikit_learn_pass(estimator):
    dense_only = not get_tags(estimator).input_tags.sparse
    # scikit-learn 1.6 runs it whatever the tag
    check(estimator, {"check_sample_weight_equivalence_on_sparse_data"} if dense_only else ())


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_all_pass_but_those_that_early_stopping_contradicts(kind):
    check(kind(early_stopping=True, max_iter=10), AGAINST_EARLY_STOPPING)
