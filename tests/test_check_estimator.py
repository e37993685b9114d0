"""scikit-learn's own checks of estimators: all pass, none is expected to fail."""

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import check_estimator

from skl2 import MLPClassifier, MLPRegressor

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
]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_mlp(estimator, variant):
    with warnings.catch_warnings():
        # 20 epochs are few; some of the data are meant to look strange
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = check_estimator(estimator(**variant), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] in ("failed", "xfail")}
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert failed == {}
    assert skipped <= NOT_FOR_NEURAL_NETWORKS
    assert len(results) > 50
