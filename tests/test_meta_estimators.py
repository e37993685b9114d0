"""scikit-learn's meta-estimators around every estimator: they fit, and predict as well as they should."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.feature_selection import RFECV, SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.impute import IterativeImputer
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils import shuffle

import skl2

IRIS, KIND = shuffle(*load_iris(return_X_y=True), random_state=0)
IRIS = scale(IRIS)
NAMES = np.array(["setosa", "versicolor", "virginica"])[KIND]
WIDTHS, REST = IRIS[:, 3], IRIS[:, :3]
VIRGINICA = KIND == 2
NETWORK = {"hidden_layer_sizes": 8, "max_iter": 30, "random_state": 0, "learning_rate_init": 0.02}
GRID = {"alphas": (0.1, 1.0), "cv": 2}

PLAIN_CLASSIFIERS = [skl2.RidgeClassifier(), skl2.MLPClassifier(**NETWORK)]
PLAIN_REGRESSORS = [skl2.Ridge(), skl2.MLPRegressor(alpha=1.0, **NETWORK)]
CLASSIFIERS = [*PLAIN_CLASSIFIERS, skl2.RidgeClassifierCV(), skl2.MLPClassifierCV(**GRID, **NETWORK)]
REGRESSORS = [*PLAIN_REGRESSORS, skl2.RidgeCV(), skl2.MLPRegressorCV(**GRID, **NETWORK)]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The chosen alpha"),
]


def over(estimators):
    """Run a test for each of the estimators."""
    return pytest.mark.parametrize("estimator", estimators, ids=lambda one: type(one).__name__)


def importance(model):
    """How much each feature counts."""
    weights = model.coefs_[0].T if hasattr(model, "coefs_") else np.atleast_2d(model.coef_)
    return np.abs(weights).sum(axis=0)


@over(CLASSIFIERS)
def test_calibrated_classifier(estimator):
    model = CalibratedClassifierCV(clone(estimator), cv=2).fit(IRIS, NAMES)
    assert model.score(IRIS, NAMES) > 0.75
    assert_allclose(model.predict_proba(IRIS).sum(axis=1), 1)


@over(CLASSIFIERS)
def test_stacking_of_classifiers(estimator):
    model = StackingClassifier([("one", estimator)], skl2.RidgeClassifier(), cv=2).fit(IRIS, NAMES)
    assert model.score(IRIS, NAMES) > 0.75


@over(REGRESSORS)
def test_stacking_of_regressors(estimator):
    model = StackingRegressor([("one", estimator)], skl2.Ridge(), cv=2).fit(REST, WIDTHS)
    assert model.score(REST, WIDTHS) > 0.85


@over(CLASSIFIERS)
def test_voting_of_one_classifier_is_its_own(estimator):
    voting = "soft" if hasattr(estimator, "predict_proba") else "hard"
    model = VotingClassifier([("one", estimator)], voting=voting).fit(IRIS, NAMES)
    assert_array_equal(model.predict(IRIS), clone(estimator).fit(IRIS, NAMES).predict(IRIS))


@over(REGRESSORS)
def test_voting_of_one_regressor_is_its_own(estimator):
    model = VotingRegressor([("one", estimator)]).fit(REST, WIDTHS)
    assert_allclose(model.predict(REST), clone(estimator).fit(REST, WIDTHS).predict(REST), rtol=1e-9)


@over(CLASSIFIERS)
def test_bagging_of_classifiers(estimator):
    model = BaggingClassifier(estimator, n_estimators=3, oob_score=False, random_state=0).fit(IRIS, NAMES)
    assert model.score(IRIS, NAMES) > 0.75


@over(REGRESSORS)
def test_bagging_of_regressors(estimator):
    model = BaggingRegressor(estimator, n_estimators=3, max_features=2, random_state=0).fit(REST, WIDTHS)
    assert model.score(REST, WIDTHS) > 0.85


def for_small_weights(estimator):
    """With the alpha of weights that sum to 1, as AdaBoost's do: L is a sum over rows."""
    names = estimator.get_params()
    smaller = {"alpha": 1 / len(IRIS)} if "alpha" in names else {"alphas": np.array([0.1, 1.0]) / len(IRIS)}
    return clone(estimator).set_params(**smaller)


@over(CLASSIFIERS)
def test_boosted_classifiers(estimator):
    model = AdaBoostClassifier(for_small_weights(estimator), n_estimators=3, random_state=0).fit(IRIS, NAMES)
    assert model.score(IRIS, NAMES) > 0.75


@over(REGRESSORS)
def test_boosted_regressors(estimator):  # which draws rows instead of weighing them
    model = AdaBoostRegressor(estimator, n_estimators=3, random_state=0).fit(REST, WIDTHS)
    assert model.score(REST, WIDTHS) > 0.85


@over(CLASSIFIERS)
def test_one_against_the_rest(estimator):
    model = OneVsRestClassifier(estimator).fit(IRIS, NAMES)
    assert model.score(IRIS, NAMES) > 0.75


@over(CLASSIFIERS)
def test_chains_and_copies_of_classifiers(estimator):
    both = np.column_stack([KIND, VIRGINICA])
    for model in (ClassifierChain(clone(estimator)), MultiOutputClassifier(clone(estimator))):
        assert np.mean(model.fit(IRIS, both).predict(IRIS)[:, 1] == VIRGINICA) > 0.8


@over(REGRESSORS)
def test_chains_and_copies_of_regressors(estimator):
    both = np.column_stack([WIDTHS, 1 - WIDTHS])
    for model in (RegressorChain(clone(estimator)), MultiOutputRegressor(clone(estimator))):
        assert model.fit(REST, both).score(REST, both) > 0.85


@over(REGRESSORS)
def test_transformed_targets(estimator):
    model = TransformedTargetRegressor(clone(estimator), transformer=StandardScaler())
    assert model.fit(REST, 1000 * WIDTHS + 5).score(REST, 1000 * WIDTHS + 5) > 0.85


def test_validation_rows_beside_transformed_targets():
    """The meta-estimator hands them on as they are, so `y_val` is given in the transformed unit."""
    inner, scaler = skl2.MLPRegressor(early_stopping=True, **NETWORK), StandardScaler()
    y = (1000 * WIDTHS + 5)[:, None]
    scaled = scaler.fit_transform(y[:100])
    y_val = scaler.transform(y[100:])[:, 0]
    model = TransformedTargetRegressor(inner, transformer=StandardScaler())
    model.fit(REST[:100], y[:100, 0], X_val=REST[100:], y_val=y_val)
    alone = clone(inner).fit(REST[:100], scaled[:, 0], X_val=REST[100:], y_val=y_val)
    assert model.regressor_.validation_scores_ == alone.validation_scores_


@over(CLASSIFIERS + REGRESSORS)
def test_select_from_model(estimator):
    y = NAMES if estimator in CLASSIFIERS else IRIS[:, 3] + IRIS[:, 2]
    model = SelectFromModel(clone(estimator), importance_getter=importance, max_features=2).fit(IRIS, y)
    if hasattr(model.estimator_, "coef_"):
        found = SelectFromModel(clone(estimator), max_features=2).fit(IRIS, y).get_support()
        assert_array_equal(found, model.get_support())
    assert model.get_support()[2:].all() or estimator in CLASSIFIERS
    assert 1 <= model.transform(IRIS).shape[1] <= 2


@over(CLASSIFIERS + REGRESSORS)
def test_recursive_elimination(estimator):
    y = NAMES if estimator in CLASSIFIERS else IRIS[:, 3] + IRIS[:, 2]
    model = RFECV(clone(estimator), importance_getter=importance, cv=2, step=2).fit(IRIS, y)
    assert model.score(IRIS, y) > 0.7


@over(CLASSIFIERS + REGRESSORS)
def test_permutation_importance(estimator):
    y = NAMES if estimator in CLASSIFIERS else IRIS[:, 3]
    model = clone(estimator).fit(IRIS, y)
    result = permutation_importance(model, IRIS, y, n_repeats=2, random_state=0)
    assert result.importances_mean[2:].max() == result.importances_mean.max()


@over(CLASSIFIERS + REGRESSORS)
def test_partial_dependence(estimator):
    y = VIRGINICA if estimator in CLASSIFIERS else IRIS[:, 3]
    model = clone(estimator).fit(IRIS, y)
    display = PartialDependenceDisplay.from_estimator(model, IRIS, [3], grid_resolution=4)
    curve = display.pd_results[0]["average"][0]
    assert curve[-1] > curve[0]
    plt.close(display.figure_)


@over(PLAIN_CLASSIFIERS + PLAIN_REGRESSORS)
def test_searches(estimator):
    y = NAMES if estimator in PLAIN_CLASSIFIERS else WIDTHS
    X = IRIS if estimator in PLAIN_CLASSIFIERS else REST
    grid = {"alpha": [0.01, 0.1, 1000.0]}
    searches = [
        GridSearchCV(estimator, grid, cv=2),
        HalvingGridSearchCV(estimator, grid, cv=2, random_state=0),
        RandomizedSearchCV(estimator, {"alpha": loguniform(1e-3, 1)}, n_iter=3, cv=2, random_state=0),
    ]
    for search in searches:
        assert search.fit(X, y).best_params_["alpha"] < 1000
        assert search.score(X, y) > 0.75


def test_halving_by_epochs():
    search = HalvingGridSearchCV(
        skl2.MLPClassifier(**NETWORK), {"alpha": [0.1, 1.0]}, resource="max_iter", max_resources=20, cv=2
    )
    assert search.fit(IRIS, NAMES).score(IRIS, NAMES) > 0.75


def test_imputation_by_draws_from_the_predictive_distribution():
    rng = np.random.default_rng(0)
    holes = IRIS.copy()
    holes[rng.random(IRIS.shape) < 0.1] = np.nan
    ridge = skl2.RidgeCV(criterion="evidence", alphas="auto", store_path=True)
    filled = IterativeImputer(ridge, sample_posterior=True, random_state=0).fit_transform(holes)
    missing = np.isnan(holes)
    assert_array_equal(filled[~missing], IRIS[~missing])
    assert np.corrcoef(filled[missing], IRIS[missing])[0, 1] > 0.6


@over(REGRESSORS)
def test_imputation_by_means(estimator):
    holes = IRIS.copy()
    holes[::7, 3] = np.nan
    filled = IterativeImputer(estimator, max_iter=1, random_state=0).fit_transform(holes)
    assert np.corrcoef(filled[::7, 3], IRIS[::7, 3])[0, 1] > 0.9


@over(CLASSIFIERS)
def test_frozen_within_a_calibration(estimator):
    model = clone(estimator).fit(IRIS[::2], NAMES[::2])
    before = model.predict(IRIS)
    calibrated = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid").fit(IRIS[1::2], NAMES[1::2])
    assert_array_equal(model.predict(IRIS), before)
    assert calibrated.score(IRIS, NAMES) > 0.75


@over(CLASSIFIERS)
def test_tuned_threshold(estimator):
    model = TunedThresholdClassifierCV(clone(estimator), cv=2, scoring="f1", thresholds=10)
    assert model.fit(IRIS, VIRGINICA).score(IRIS, VIRGINICA) > 0.8
