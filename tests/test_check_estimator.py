"""scikit-learn's own checks of estimators: all pass but those that contradict early stopping."""

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import check_estimator

from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV

NOT_FOR_NEURAL_NETWORKS = {
    "check_array_api_input",  # only where SciPy's array API is switched on
    "check_classifiers_multilabel_output_format_decision_function",  # there is no decision_function
}
"""What scikit-learn's own MLPClassifier and MLPRegressor skip"""

VARIANTS = [
    {},
    {"solver": "adamw", "max_iter": 20},
    {"solver": "sgd", "max_iter": 20},
    {"solver": "lbfgs", "max_iter": 20},
    {"dropout": 0.2, "max_iter": 20},
    {"batch_norm": True, "max_iter": 20},
    {"l1_ratio": 0.5, "max_iter": 20},
    {"solver": "lbfgs", "batch_norm": True, "l1_ratio": 1.0, "max_iter": 20},
    {"early_stopping": True, "max_iter": 20},
]

CV_VARIANTS = [
    {"solver": "adamw"},
    {"l1_ratio": 0.5},
    {"dropout": 0.2},
    {"batch_norm": True},
    {"solver": "lbfgs"},
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
        # 20 epochs are few; some of the data are meant to look strange
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The chosen alpha|batch_size=")
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] in ("failed", "xfail")}
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert {name: error for name, error in failed.items() if name not in but} == {}
    assert skipped <= NOT_FOR_NEURAL_NETWORKS
    assert len(results) > 50


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_mlp(estimator, variant):
    check(estimator(**variant), AGAINST_EARLY_STOPPING if "early_stopping" in variant else ())


@pytest.mark.parametrize("variant", CV_VARIANTS, ids=str)
@pytest.mark.parametrize("estimator", [MLPClassifierCV, MLPRegressorCV])
def test_mlp_with_choice_of_alpha(estimator, variant):
    check(estimator(hidden_layer_sizes=20, alphas=[0.01, 0.1], max_iter=20, cv=2, **variant))
