"""The choice of an MLP's alpha: scores as of plain fits, the race, folds, bad input."""

import pickle
import warnings
from copy import copy
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, make_scorer, mean_poisson_deviance
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale

from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, mlp_path
from skl2.display import AlphaSelectionDisplay, LossCurveDisplay
from skl2.mlp._estimators_cv import Race
from skl2.mlp._loss import SoftmaxCrossEntropy
from skl2.mlp._network import Network
from skl2.mlp._objective import Data
from skl2.mlp._stack import fit_lbfgs, revive_inplace
from skl2.mlp._training import Epoch
from skl2.selection import pick

pytestmark = [
    pytest.mark.filterwarnings("ignore:The chosen alpha"),
    pytest.mark.filterwarnings("ignore:The fit predicts no better"),  # after a few epochs
]
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ALPHAS = [0.01, 1.0, 100.0]
SMALL = {"hidden_layer_sizes": 8, "alphas": ALPHAS, "max_iter": 8, "random_state": 0}
SMALL |= {"learning_rate": "one_cycle"}


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return scale(X), scale(y)


def classifier(**params):
    return MLPClassifierCV(**SMALL | params)


def regressor(**params):
    return MLPRegressorCV(**SMALL | params)


def plain(model, alpha):
    """The plain estimator with the same parameters."""
    kind = MLPClassifier if isinstance(model, MLPClassifierCV) else MLPRegressor
    own = {"alphas", "n_alphas", "cv", "selection", "n_jobs", "refit", "racing"}
    params = {name: value for name, value in model.get_params().items() if name not in own}
    return kind(alpha=alpha, **params | {"scoring": model.scoring or "loss"})


def plain_scores(model, X, y, loss, cv=None, weight=None):
    """What plain fits on the folds score: an explicit loop."""
    cv = StratifiedKFold(5, shuffle=True, random_state=0) if cv is None else cv
    scores = []
    for train, test in cv.split(X, y):
        parts = (None, None) if weight is None else (weight[train], weight[test])
        fitted = [plain(model, alpha).fit(X[train], y[train], parts[0]) for alpha in model.alphas_]
        scores.append([-loss(estimator, X[test], y[test], parts[1]) for estimator in fitted])
    return np.array(scores)


def mean_log_loss(model, X, y, weight):
    return log_loss(y, model.predict_proba(X), sample_weight=weight, labels=model.classes_)


def half_squared_error(model, X, y, weight):
    return np.average(0.5 * (model.predict(X) - y) ** 2, weights=weight)


# ------------------------------------------------------------------------------ scores of plain fits
@pytest.mark.filterwarnings("ignore:Maximum iterations")
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"learning_rate": "auto", "max_iter": 30},
        {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1},
        {"solver": "adamw", "batch_size": 16, "activation": "tanh"},
        {"l1_ratio": 0.5, "penalize_intercept": True},
        {"dropout": 0.2, "hidden_layer_sizes": (6, 5)},
        {"batch_norm": True},
        {"class_weight": "balanced"},
        {"early_stopping": True, "scoring": "neg_log_loss"},
        {"early_stopping": True},
        {"shuffle": False, "hidden_layer_sizes": ()},
    ],
    ids=str,
)
def test_scores_are_those_of_plain_fits_on_the_folds(iris, params):
    X, y = iris
    keep = np.r_[:50, 50:80, 100:140]
    X, y = X[keep], np.array(["a", "b", "c"])[y[keep]]
    model = classifier(racing=False, **params).fit(X, y)
    expected = plain_scores(model, X, y, mean_log_loss)
    np.testing.assert_allclose(model.scores_, expected, rtol=1e-8, atol=1e-8)


def test_regression_scores_and_norms_are_those_of_plain_fits(diabetes):
    X, y = diabetes
    model = regressor(racing=False, cv=3, normalize_y=False).fit(X, y)
    np.testing.assert_allclose(
        model.scores_, plain_scores(model, X, y, half_squared_error, KFold(3)), rtol=1e-8
    )
    train = next(KFold(3).split(X))[0]
    coefs = plain(model, ALPHAS[1]).fit(X[train], y[train]).coefs_
    norm = np.sqrt(sum(np.sum(coef**2) for coef in coefs))
    assert model.weight_norms_[0, 1] == pytest.approx(norm, rel=1e-8)
    assert (np.diff(model.weight_norms_, axis=1) < 0).all()


def test_weights_count_in_training_and_in_the_score(iris):
    X, y = iris
    weight = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    model = classifier(racing=False, cv=3).fit(X, y, weight)
    expected = plain_scores(model, X, y, mean_log_loss, StratifiedKFold(3), weight)
    np.testing.assert_allclose(model.scores_, expected, rtol=1e-8)


def test_several_outputs_and_labels(iris, diabetes):
    X, y = diabetes
    Y = np.column_stack([y, -y])
    model = regressor(cv=2, racing=False, normalize_y=False).fit(X, Y)
    train, test = next(KFold(2).split(X))
    error = 0.5 * np.sum((plain(model, 1.0).fit(X[train], Y[train]).predict(X[test]) - Y[test]) ** 2, axis=1)
    assert model.scores_[0, 1] == pytest.approx(-error.mean(), rel=1e-8)
    labels = np.eye(3, dtype=int)[iris[1]] | np.eye(3, dtype=int)[0]
    many = classifier(cv=KFold(3, shuffle=True, random_state=0)).fit(iris[0], labels)
    assert many.predict(iris[0]).shape == labels.shape


def test_poisson_score_is_half_the_deviance(diabetes):
    X, _ = diabetes
    y = np.random.default_rng(0).poisson(np.exp(0.3 * X[:, 0]))
    model = regressor(loss="poisson", cv=2, racing=False).fit(X, y)
    train, test = next(KFold(2).split(X))
    prediction = plain(model, 1.0).fit(X[train], y[train]).predict(X[test])
    assert model.scores_[0, 1] == pytest.approx(-mean_poisson_deviance(y[test], prediction) / 2, rel=1e-6)


def test_scorers_are_asked_about_every_alpha(iris):
    X, y = iris
    model = classifier(scoring="accuracy", cv=3).fit(X, y)
    expected = plain_scores(
        model, X, y, lambda fit, X, y, weight: -np.mean(fit.predict(X) == y), StratifiedKFold(3)
    )
    np.testing.assert_array_equal(model.scores_, expected)
    loss = classifier(scoring="neg_log_loss", cv=3).fit(X, y)
    np.testing.assert_allclose(loss.scores_, classifier(racing=False, cv=3).fit(X, y).scores_, rtol=1e-6)


def test_lbfgs_path_reaches_the_optimum_of_the_convex_problem(iris):
    X, y = iris
    model = classifier(hidden_layer_sizes=(), solver="lbfgs", max_iter=1000, tol=1e-9, cv=3).fit(X, y)
    for fold, (train, test) in enumerate(StratifiedKFold(3).split(X, y)):
        for place, alpha in enumerate(ALPHAS):
            reference = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=10000).fit(X[train], y[train])
            loss = log_loss(y[test], reference.predict_proba(X[test]))
            assert model.scores_[fold, place] == pytest.approx(-loss, rel=1e-4)


def test_lbfgs_path_recovers_from_a_penalty_that_switches_all_units_off(wine):
    X, y = wine
    estimator = MLPClassifier(8, solver="lbfgs", random_state=0)
    _, coefs, losses = mlp_path(X, y, [0.01, 1e4], estimator=estimator)
    assert max(np.abs(coef).max() for coef in coefs[1]) < 1e-2
    assert losses[0] < 0.01 < 1.0 < losses[1]


def test_lbfgs_path_goes_from_strong_to_weak_each_from_where_the_stronger_ended(wine, monkeypatch):
    seen = []

    def record(params, alpha, problem, network, **kwargs):
        start = network.state.copy()
        outcome = fit_lbfgs(params, alpha, problem, network, **kwargs)
        seen.append((alpha.item(), start, network.state.copy()))
        return outcome

    monkeypatch.setattr("skl2.mlp._stack.fit_lbfgs", record)
    X, y = wine
    alphas = [1.0, 0.01, 10.0, 0.1]
    _, coefs, _ = mlp_path(X, y, alphas, estimator=MLPClassifier(8, "tanh", solver="lbfgs", random_state=0))
    assert [alpha for alpha, _, _ in seen] == [10.0, 1.0, 0.1, 0.01]
    for (_, _, end), (_, start, _) in pairwise(seen):
        np.testing.assert_array_equal(start, end)
    for alpha, _, end in seen:
        first = coefs[alphas.index(alpha)][0]
        np.testing.assert_array_equal(first.ravel(), end[0, : first.size])


def test_only_units_that_are_switched_off_are_revived():
    network = Network((3, 2, 2), "relu", 1, np.float64)
    network.initialise(np.random.RandomState(0))
    initial = network.state.copy()
    network.weights[0][0, :, 0] = 1e-9
    network.weights[1][0, 1] += 1
    revive_inplace(network, initial)
    np.testing.assert_array_equal(network.weights[0][0], network.views(initial)[0][0][0])
    np.testing.assert_array_equal(network.weights[1][0, 1] - 1, network.views(initial)[0][1][0, 1])


# ---------------------------------------------------------------------------------- the fitted model
def test_choice_is_the_rule_applied_to_the_scores_and_the_fit_is_plain(wine):
    X, y = wine
    for selection in ("min", "1se"):
        model = classifier(alphas=np.logspace(-1, 2, 7), selection=selection).fit(X, y)
        chosen = pick(model.alphas_, model.scores_, selection)
        assert model.alpha_ == model.alphas_[chosen]
        assert model.alpha_ == (model.alpha_1se_ if selection == "1se" else model.alpha_min_)
        assert model.best_score_ == model.scores_[:, chosen].mean() == model.mean_score_[chosen]
        np.testing.assert_allclose(model.std_error_, model.scores_.std(axis=0, ddof=1) / np.sqrt(5))
        same = plain(model, model.alpha_).fit(X, y)
        np.testing.assert_array_equal(model.predict_proba(X), same.predict_proba(X))
        for name in vars(same):
            if name.endswith("_"):
                assert hasattr(model, name), name
    assert model.scores_.shape == model.fold_epochs_.shape == model.weight_norms_.shape == (5, 7)
    assert model.alpha_1se_ >= model.alpha_min_


def test_one_fold_has_no_standard_error(iris):
    split = ShuffleSplit(1, random_state=0)
    model = classifier(cv=split).fit(*iris)
    assert np.isnan(model.alpha_1se_)
    with pytest.raises(ValueError, match="two folds"):
        classifier(cv=split, selection="1se").fit(*iris)


def test_without_refit_there_is_no_model(iris):
    model = classifier().fit(*iris).set_params(refit=False).fit(*iris)
    assert model.alpha_ in ALPHAS
    used = [model.predict, model.predict_proba, partial(model.score, y=iris[1]), lambda X: model.to_sklearn()]
    for use in used:
        with pytest.raises(NotFittedError, match=r"refit=False.* alpha_=.*refit=True"):
            use(iris[0])
    with pytest.raises(TypeError, match="refit=True"):
        LossCurveDisplay.from_estimator(model)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        classifier().predict(iris[0])


def test_without_refit_nothing_of_an_earlier_fit_is_left(iris):
    X, y = iris
    names = np.array(["a", "b"])
    model = classifier(refit=False).fit(X, y)
    fresh = classifier(refit=False).fit(X[:100], names[y[:100]])
    assert list(model.fit(X[:100], names[y[:100]]).classes_) == ["a", "b"]
    np.testing.assert_array_equal(model.scores_, fresh.scores_)
    model = classifier(batch_norm=True).fit(X, y).set_params(refit=False).fit(X[:100], y[:100])
    assert vars(model).keys() == vars(fresh).keys()
    labels = np.eye(3, dtype=int)[y] | np.eye(3, dtype=int)[0]
    assert model.set_params(refit=True).fit(X, labels).predict(X).shape == labels.shape


def test_sparse_labels_give_the_choice_of_dense_ones(iris):
    X, y = iris
    labels = np.eye(3, dtype=int)[y] | np.eye(3, dtype=int)[0]
    dense, rows = classifier(cv=KFold(3)).fit(X, labels), classifier(cv=KFold(3))
    rows.fit(X, sparse.csr_matrix(labels))
    np.testing.assert_array_equal(rows.scores_, dense.scores_)
    np.testing.assert_array_equal(rows.predict(X).toarray(), dense.predict(X))


def test_pipeline_grid_search_and_cross_validation(iris):
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), classifier(cv=2))
    search = GridSearchCV(pipeline, {"mlpclassifiercv__hidden_layer_sizes": [4, (4, 4)]}, cv=2).fit(X, y)
    assert search.best_estimator_[-1].alpha_ in ALPHAS
    assert cross_val_predict(pipeline, X, y, cv=2).shape == y.shape


def test_the_picture_is_made_from_the_fitted_estimator(iris):
    model = classifier().fit(*iris)
    display = AlphaSelectionDisplay.from_estimator(model)
    np.testing.assert_array_equal(display.mean_score, model.mean_score_)
    np.testing.assert_allclose(display.weight_norm, model.weight_norms_.mean(axis=0))
    assert (display.alpha_min, display.alpha_1se) == (model.alpha_min_, model.alpha_1se_)


def test_a_pickle_holds_the_weights_and_little_else():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 200)), np.arange(60) % 2
    model = classifier(hidden_layer_sizes=(200, 50), max_iter=2).fit(X, y)
    weights = sum(array.nbytes for array in model.coefs_ + model.intercepts_)
    assert len(pickle.dumps(model)) < 1.1 * weights
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_sparse_rows_and_dtypes(wine):
    X, y = wine
    X = np.where(np.abs(X) > 0.5, X, 0)
    dense, rows = classifier(cv=3).fit(X, y), classifier(cv=3).fit(sparse.csr_matrix(X), y)
    np.testing.assert_allclose(rows.scores_, dense.scores_, rtol=1e-3)
    assert rows.alpha_ == dense.alpha_
    single = classifier(cv=3).fit(X.astype(np.float32), y)
    np.testing.assert_array_equal(single.scores_, dense.scores_)  # the race is run in single precision
    assert (single.coefs_[0].dtype, dense.coefs_[0].dtype) == (np.float32, np.float64)


def test_validation_rows_are_recorded_by_the_final_fit(iris):
    X, y = iris
    model = classifier(cv=2).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert len(model.validation_loss_curve_) == model.n_iter_


def test_validation_rows_pass_through_a_pipeline(iris):
    X, y = load_iris(return_X_y=True)
    with config_context(enable_metadata_routing=True):
        model = classifier(cv=2).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), model).set_params(transform_input=["X_val"])
        pipeline.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    scaler = StandardScaler().fit(X[::2])
    alone = classifier(cv=2).fit(
        scaler.transform(X[::2]), y[::2], X_val=scaler.transform(X[1::2]), y_val=y[1::2]
    )
    assert pipeline[-1].validation_loss_curve_ == alone.validation_loss_curve_


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (lambda X, y: {"X_val": X[:, :3], "y_val": y}, "3 features"),
        (lambda X, y: {"X_val": X}, "go together"),
        (lambda X, y: {"X_val": X, "y_val": y + 1}, "`y_val` has classes"),
        (lambda X, y: {"X_val": X, "y_val": y, "sample_weight_val": -np.ones(150)}, "negative"),
    ],
    ids=["features", "alone", "classes", "weights"],
)
def test_bad_validation_rows_are_found_before_the_folds_are_trained(iris, monkeypatch, rows, match):
    monkeypatch.setattr("skl2.mlp._estimators_cv.BaseMLPCV._train_fold", None)
    with pytest.raises(ValueError, match=match):
        classifier().fit(*iris, **rows(*iris))


def test_continuing_is_left_to_the_plain_estimator(iris):
    assert not hasattr(classifier().fit(*iris), "partial_fit")
    warm = classifier(cv=2, warm_start=True).fit(*iris)
    first = warm.loss_
    assert warm.fit(*iris).loss_ < first


# -------------------------------------------------------------------------- the same result everywhere
@quiet
@pytest.mark.parametrize(
    "params", [{"racing": False}, {"racing": True, "max_iter": 40}, {"solver": "lbfgs"}], ids=str
)
def test_jobs_threads_and_processes_give_the_same_bits(wine, params):
    X, y = wine
    one = classifier(**params).fit(X, y)
    with parallel_config("threading"):
        threads = classifier(n_jobs=2, **params).fit(X, y)
    with parallel_config("loky"):
        processes = classifier(n_jobs=2, **params).fit(X, y)
    for other in (threads, processes):
        np.testing.assert_array_equal(other.scores_, one.scores_)
        np.testing.assert_array_equal(other.weight_norms_, one.weight_norms_)
        for ours, theirs in zip(one.coefs_, other.coefs_, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_generator_gives_one_seed_to_all_folds(iris):
    X, y = iris
    one = classifier(random_state=np.random.RandomState(3), racing=False).fit(X, y)
    other = classifier(random_state=np.random.RandomState(3), racing=False, n_jobs=1).fit(X, y)
    np.testing.assert_array_equal(one.scores_, other.scores_)


# -------------------------------------------------------------------------------------------- the race
@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_the_race_saves_epochs_and_picks_the_same(load):
    X, y = load(return_X_y=True)
    X = scale(X)
    full = MLPClassifierCV(20, alphas=np.logspace(-3, 3, 7), racing=False, random_state=0)
    full.fit(X, y)
    raced = clone(full).set_params(racing=True).fit(X, y)
    index = np.flatnonzero(full.alphas_ == raced.alpha_)[0]
    best = full.mean_score_.argmax()
    assert full.mean_score_[index] >= full.best_score_ - full.std_error_[best]
    assert raced.fold_epochs_.sum() < 0.9 * full.fold_epochs_.sum()
    stayed = raced.fold_epochs_ == full.max_iter
    np.testing.assert_allclose(raced.scores_[stayed], full.scores_[stayed], rtol=0.01, atol=2e-3)


def test_whatever_is_dropped_was_far_from_the_best(wine):
    model = classifier(alphas=np.logspace(-3, 3, 7), max_iter=40).fit(*wine)
    dropped = model.fold_epochs_ < 40
    assert dropped.any()
    best = model.scores_.max(axis=1, keepdims=True)
    assert (model.scores_ < 1.3 * best)[dropped].all()


def test_the_race_compares_at_shares_of_the_epochs_that_are_expected(wine):
    network = Network((13, 3), "relu", 2, np.float64)
    network.initialise(np.random.RandomState(0))
    network.state[1] *= 100
    race = Race(SoftmaxCrossEntropy(), Data(*wine), 2, n_epochs=40)

    def stopped(number):
        return list(race(Epoch(number, np.arange(2), np.zeros(2), np.zeros(2), None, None), network))

    assert stopped(9) == [False, False]  # not a comparison
    assert not race.dropped.any()
    assert stopped(10) == [False, True]
    assert list(race.dropped) == [False, True]


def test_what_the_race_drops_is_marked_and_has_no_norm(wine):
    model = classifier(learning_rate="auto", max_iter=200, alphas=[1.0, 1e4]).fit(*wine)
    assert model.dropped_[:, 1].all()
    assert not model.dropped_[:, 0].any()
    np.testing.assert_array_equal(np.isnan(model.weight_norms_), model.dropped_)
    assert (model.fold_epochs_[:, 1] < model.fold_epochs_[:, 0]).all()
    display = AlphaSelectionDisplay.from_estimator(model)
    assert list(display.dropped) == [False, True]
    assert list(np.isnan(display.weight_norm)) == [False, True]


def test_the_race_does_not_depend_on_an_ample_max_iter(wine):
    scores = [classifier(learning_rate="auto", max_iter=n).fit(*wine).scores_ for n in (200, 5000)]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("kind", [MLPClassifierCV, MLPRegressorCV])
def test_a_sorted_table_is_shuffled(diabetes, kind):
    X, y = diabetes
    order = np.argsort(y)
    X, y = X[order], y[order]
    scores = [
        kind(**SMALL | {"max_iter": 60, "cv": cv}).fit(X, y if kind is MLPRegressorCV else y > 0).best_score_
        for cv in (None, 5)
    ]
    if kind is MLPRegressorCV:
        assert scores[0] > scores[1] + 0.05
    else:
        assert scores[0] > scores[1] - 0.05  # stratified, so that the order matters little


def test_the_range_of_single_precision_is_looked_at_first(diabetes):
    X, y = diabetes
    model = regressor(cv=3).fit(X, y)
    tiny = regressor(cv=3).fit(X, y, sample_weight=np.full(len(y), 1e-50))
    assert model.fold_epochs_.max() == 8
    assert np.isfinite(tiny.scores_).all()


def test_verbose_speaks_during_the_folds(wine, capsys):
    classifier(cv=3, verbose=True, refit=False).fit(*wine)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["Fold 1", "Fold 2", "Fold 3"]
    assert "of 3 networks left, best score = -" in lines[0]
    with pytest.raises(ValueError, match="No alpha has a finite mean score"):
        classifier(cv=3, verbose=True, scoring=lambda *args: np.nan).fit(*wine)
    assert all(line.endswith("3 of 3 networks left") for line in capsys.readouterr().out.splitlines())


@quiet
@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "lbfgs"])
def test_every_solver_chooses_sensibly(solver, iris):
    X, y = iris
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = MLPClassifierCV(20, n_alphas=5, cv=3, solver=solver, random_state=0).fit(X[::2], y[::2])
    assert model.score(X[1::2], y[1::2]) > 0.9
    assert 1e-4 <= model.alpha_ <= 100


# -------------------------------------------------------------------------------------------- the grid
def test_an_automatic_grid_is_extended_where_it_ends_too_soon(wine):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 5)), rng.integers(0, 2, 60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = classifier(alphas="auto", n_alphas=3, cv=3, selection="1se", max_iter=40).fit(X, y)
    assert len(model.alphas_) > 3
    np.testing.assert_allclose(model.alphas_, 10.0 ** (3 * np.arange(len(model.alphas_)) - 3))
    assert model.scores_.shape == (3, len(model.alphas_))
    inside = classifier(alphas="auto", n_alphas=5, cv=3, max_iter=40).fit(*wine)
    assert len(inside.alphas_) == 5


def test_an_array_that_ends_too_soon_gives_a_warning(wine):
    with pytest.warns(UserWarning, match="at the end of alphas, 10 to 1000"):
        classifier(alphas=[1000.0, 10.0, 100.0]).fit(*wine)
    only = classifier(alphas=[1.0]).fit(*wine)
    assert only.alpha_ == 1.0


# --------------------------------------------------------------------------------------------- folds
def test_groups_are_routed_to_the_splitter(iris):
    X, y = iris
    groups = np.arange(len(y)) % 6
    with config_context(enable_metadata_routing=True):
        model = classifier(cv=GroupKFold(3)).fit(X, y, groups=groups)
    splits = list(GroupKFold(3).split(X, y, groups))
    np.testing.assert_array_equal(model.scores_, classifier(cv=splits).fit(X, y).scores_)
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        classifier(cv=GroupKFold(3)).fit(X, y, groups=groups)


def test_groups_pass_through_pipelines_and_searches(iris):
    X, y = iris
    groups = np.arange(len(y)) % 6
    direct = classifier(cv=list(GroupKFold(3).split(X, y, groups))).fit(X, y)
    with config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(FunctionTransformer(), classifier(cv=GroupKFold(3)))
        np.testing.assert_array_equal(pipeline.fit(X, y, groups=groups)[-1].scores_, direct.scores_)
        search = GridSearchCV(classifier(cv=GroupKFold(3)), {"hidden_layer_sizes": [8]}, cv=GroupKFold(2))
        search.fit(X, y, groups=groups)
    np.testing.assert_array_equal(search.best_estimator_.scores_, direct.scores_)


@pytest.mark.parametrize("routing", [False, True])
def test_splits_may_come_from_a_generator(iris, routing):
    X, y = iris
    model = classifier(cv=StratifiedKFold(3).split(X, y))
    with config_context(enable_metadata_routing=routing):
        model.fit(X, y)
        again = classifier(cv=StratifiedKFold(3).split(X, y), n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(model.scores_, classifier(cv=3).fit(X, y).scores_)
    np.testing.assert_array_equal(again.scores_, model.scores_)
    with pytest.raises(ValueError, match="gives no folds"):
        model.fit(X, y)  # it has been used up


def test_weights_are_routed_to_the_scorer_if_it_asks(iris):
    X, y = iris
    weight = np.linspace(0.1, 2, len(y))
    with config_context(enable_metadata_routing=True):
        scores = []
        for asks in (True, False):
            scorer = make_scorer(accuracy_score).set_score_request(sample_weight=asks)
            scores.append(classifier(scoring=scorer).fit(X, y, sample_weight=weight).scores_)
    assert not np.array_equal(*scores)
    np.testing.assert_allclose(scores[1] * 30, np.round(scores[1] * 30))


def test_masks_serve_as_folds(iris):
    X, y = iris
    masks = [(np.arange(150) % 3 != k, np.arange(150) % 3 == k) for k in range(3)]
    indices = [(np.flatnonzero(train), np.flatnonzero(test)) for train, test in masks]
    np.testing.assert_array_equal(
        classifier(cv=masks).fit(X, y).scores_, classifier(cv=indices).fit(X, y).scores_
    )


# ------------------------------------------------------------------------------------------ bad input
BAD = [
    ({"alphas": []}, ValueError, "alphas is empty"),
    ({"alphas": [1.0, 0.0]}, ValueError, r"alphas\[1\] == 0.0, must be > 0"),
    ({"alphas": [1.0, -1.0]}, ValueError, r"alphas\[1\] == -1.0"),
    ({"alphas": 0}, ValueError, "alphas"),
    ({"alphas": "many"}, ValueError, "alphas"),
    ({"alphas": "auto", "n_alphas": 0}, ValueError, "n_alphas"),
    ({"alphas": [1.0], "n_alphas": 3}, ValueError, "give only one of them"),
    ({"selection": "best"}, ValueError, "selection"),
    ({"refit": 1}, TypeError, "refit"),
    ({"racing": None}, TypeError, "racing"),
    ({"scoring": "no_such_score"}, ValueError, "no_such_score"),
    ({"cv": 1}, ValueError, "n_splits"),
    ({"cv": []}, ValueError, "no folds"),
    ({"cv": [(np.arange(150), [])]}, ValueError, "no held-out rows"),
    ({"cv": 51}, ValueError, "n_splits=51"),
    ({"cv": KFold(151)}, ValueError, "151"),
    ({"cv": KFold(3)}, ValueError, r"fold 0 .* class \[0\]"),
    ({"solver": "newton"}, ValueError, "solver"),
    ({"max_iter": 0}, ValueError, "max_iter"),
    ({"scoring": lambda model, X, y: np.nan}, ValueError, "finite mean score"),
    ({"scoring": lambda model, X, y: {"a": 1.0}}, TypeError, "scoring=.* must give one number"),
    ({"verbose": -1}, ValueError, "verbose"),
    ({"random_state": "abc"}, ValueError, "random_state .* got 'abc'"),
]


@pytest.fixture(scope="module")
def fitted(iris):
    return classifier().fit(*iris)


@pytest.mark.parametrize(("params", "error", "message"), BAD, ids=[bad[2] for bad in BAD])
def test_bad_parameters_are_named_and_change_nothing(fitted, iris, params, error, message):
    model = copy(fitted)
    before = dict(vars(model))
    model.set_params(**params)
    with pytest.raises(error, match=message):
        model.fit(*iris)
    assert vars(model) == before | params


def test_scores_that_are_not_numbers_disqualify_their_alpha(iris):
    def scorer(model, X, y):
        return np.nan if np.linalg.norm(model.coefs_[0]) < 1 else model.score(X, y)

    with pytest.warns(UserWarning, match="not finite for alpha"):
        model = classifier(alphas=[0.1, 1.0, 1e5], max_iter=40, scoring=scorer).fit(*iris)
    assert model.alpha_ < 1e5


def test_targets_that_do_not_vary_are_refused(iris):
    X, _ = iris
    with pytest.raises(ValueError, match="constant"):
        classifier().fit(X, np.ones(len(X), int))
    with pytest.raises(ValueError, match="constant"):
        regressor().fit(X, np.full(len(X), 2.5))


def test_a_class_of_one_member_is_missing_from_a_fold(iris):
    X, y = iris
    y = np.where(np.arange(150) == 7, 9, y)
    with (
        pytest.warns(UserWarning, match="least populated"),
        pytest.raises(ValueError, match=r"no row of class \[9\]"),
    ):
        classifier().fit(X, y)


def test_only_rows_with_weight_vary_or_hold_a_class(iris):
    X, y = iris
    weight = np.where(y == 0, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"y is constant, with .*0"):
        classifier().fit(X, y, weight)
    with pytest.raises(ValueError, match=r"y is constant, with .*2\.5"):
        regressor().fit(X, np.where(y == 0, 2.5, y), weight)
    # class 1 has weight in the first fold's held-out rows only
    splits = [(np.arange(75, 150), np.arange(75)), (np.arange(75), np.arange(75, 150))]
    targets, weight = (np.arange(150) % 2), np.ones(150)
    weight[75:][targets[75:] == 1] = 0
    with pytest.raises(ValueError, match=r"training rows of fold 0 of cv hold no row of class \[1\]"):
        classifier(cv=splits).fit(X, targets, weight)
    # a class without any weight is missed nowhere
    with pytest.warns(UserWarning, match="least populated"):
        model = classifier().fit(np.vstack([X, X[:1]]), np.r_[y, 9], np.r_[np.ones(150), 0])
    assert 9 in model.classes_


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_interruption_of_a_fold_ends_the_fit_and_changes_nothing(iris, interrupt_at, solver):
    model = classifier(solver=solver).fit(*iris)
    before = dict(vars(model))
    calls = interrupt_at(60)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*iris)
    assert vars(model) == before
    assert next(calls) == 61  # nothing was trained after it


def test_folds_without_weight_are_refused(iris):
    X, y = iris
    splits = [(np.arange(0, 150, 2), np.arange(1, 150, 2))]
    weight = (np.arange(150) % 2 == 0).astype(float)
    with pytest.raises(ValueError, match="no folds with rows of positive weight"):
        classifier(cv=splits).fit(X, y, weight)


def test_a_fit_that_diverges_everywhere_is_an_error(iris):
    with pytest.raises(ValueError, match="finite"):
        classifier(solver="sgd", activation="identity", learning_rate_init=1e30).fit(*iris)


def test_leave_one_out_holds_out_single_rows(iris):
    X, y = iris[0][::10], iris[1][::10]
    model = classifier(cv=LeaveOneOut(), max_iter=2).fit(X, y)
    assert model.scores_.shape == (15, 3)


# ------------------------------------------------------------------------------------------- the path
def test_path_holds_plain_fits(iris):
    X, y = iris
    estimator = MLPClassifier(6, random_state=0, max_iter=100)
    alphas, coefs, losses, intercepts = mlp_path(
        X, y, [0.0, 1.0, 50.0], estimator=estimator, return_intercepts=True
    )
    for alpha, weights, loss, biases in zip(alphas, coefs, losses, intercepts, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = clone(estimator).set_params(alpha=alpha).fit(X, y)
        for ours, plain_weights in zip(weights + biases, model.coefs_ + model.intercepts_, strict=True):
            np.testing.assert_allclose(ours, plain_weights, rtol=1e-8, atol=1e-10)
        assert loss == pytest.approx(log_loss(y, model.predict_proba(X)), rel=1e-8)
    assert not hasattr(estimator, "coefs_")


@quiet
def test_path_stops_early_as_plain_fits_do(iris):
    estimator = MLPClassifier(6, random_state=0, max_iter=30, early_stopping=True, class_weight={0: 5.0})
    _, coefs, _ = mlp_path(*iris, [0.1, 50.0], estimator=estimator)
    for alpha, weights in zip([0.1, 50.0], coefs, strict=True):
        model = clone(estimator).set_params(alpha=alpha).fit(*iris)
        for ours, plain_weights in zip(weights, model.coefs_, strict=True):
            np.testing.assert_allclose(ours, plain_weights, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"max_iter": 2}, r"not converged for alpha=\[0.1 1. \]: increase max_iter=2\.$"),
        ({"solver": "lbfgs", "max_iter": 2}, r"not converged.*max_iter=2 or max_fun=15000"),
        ({"solver": "sgd", "activation": "identity", "learning_rate_init": 1e30}, "diverged for alpha="),
    ],
    ids=["adam", "lbfgs", "sgd"],
)
def test_path_warns_where_a_fit_would(iris, params, match):
    with pytest.warns(ConvergenceWarning, match=match) as caught:
        mlp_path(*iris, [0.1, 1.0], estimator=MLPClassifier(6, random_state=0, **params))
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_interrupted_path_says_so_and_goes_no_further(iris, interrupt_at, solver):
    calls = interrupt_at(12)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        mlp_path(*iris, [0.1, 1.0, 10.0], estimator=MLPClassifier(6, solver=solver, random_state=0))
    assert next(calls) < 20


@quiet
@pytest.mark.parametrize("alpha", [10, 0.5])
def test_a_bare_number_is_the_one_alpha(iris, alpha):
    model = classifier(alphas=alpha, cv=2).fit(*iris)
    assert model.alphas_.tolist() == [alpha]
    assert model.alpha_ == alpha
    assert mlp_path(*iris, alpha)[0].tolist() == [alpha]


def test_path_asks_for_one_of_our_networks(iris):
    for other in (LogisticRegression(), TheirClassifier()):
        with pytest.raises(TypeError, match=f"estimator must be .* of skl2, got {type(other).__name__}"):
            mlp_path(*iris, [1.0], estimator=other)


@quiet
def test_path_tells_regression_from_classification(diabetes, iris):
    X, y = diabetes
    alphas, coefs, losses = mlp_path(X[:60], y[:60], n_alphas=3)
    assert coefs[0][-1].shape == (100, 1)
    assert (np.diff(losses) > 0).all()
    np.testing.assert_allclose(alphas, [1e-3, 1, 1e3])
    assert mlp_path(*iris, [1.0])[1][0][-1].shape == (100, 3)
