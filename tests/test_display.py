"""The pictures show the numbers that they are given."""

import itertools
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skl2
from skl2.display import AlphaSelectionDisplay, CoefficientPathDisplay, LossCurveDisplay
from skl2.selection import one_standard_error

ALPHAS = [10.0, 0.1, 1.0, 100.0]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True)


@pytest.fixture(scope="module")
def search(diabetes):
    return GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": ALPHAS}).fit(*diabetes)


def vertical_lines(ax):
    """Positions of the lines that cross the axes from bottom to top."""
    return [line.get_xdata()[0] for line in ax.get_lines() if list(line.get_ydata()) == [0, 1]]


def test_selection_shows_means_and_standard_errors_of_a_search(search):
    display = AlphaSelectionDisplay.from_estimator(search)
    order = np.argsort(ALPHAS)
    splits = np.array([search.cv_results_[f"split{i}_test_score"] for i in range(5)])
    x, y = display.ax_.get_lines()[0].get_data()
    np.testing.assert_array_equal(x, np.sort(ALPHAS))
    np.testing.assert_allclose(y, search.cv_results_["mean_test_score"][order])
    np.testing.assert_allclose(display.std_error, splits.std(axis=0, ddof=1)[order] / np.sqrt(5))


def test_selection_marks_the_choices_that_the_search_makes(diabetes, search):
    display = AlphaSelectionDisplay.from_cv_results(search.cv_results_)
    index = one_standard_error("ridge__alpha")(search.cv_results_)
    assert display.alpha_min == search.best_params_["ridge__alpha"]
    assert display.alpha_1se == search.cv_results_["params"][index]["ridge__alpha"]
    assert vertical_lines(display.ax_) == [display.alpha_min, display.alpha_1se]


def test_selection_shows_one_of_several_metrics_and_the_norm(diabetes):
    def norm(model, X, y):
        return np.linalg.norm(model.coef_)

    scoring = {"mse": "neg_mean_squared_error", "norm": norm}
    search = GridSearchCV(Ridge(), {"alpha": ALPHAS}, scoring=scoring, refit="mse").fit(*diabetes)
    display = AlphaSelectionDisplay.from_cv_results(search.cv_results_, metric="mse", norm_metric="norm")
    assert display.alpha_min == search.best_params_["alpha"]
    _, y = display.norm_ax_.get_lines()[0].get_data()
    np.testing.assert_allclose(y, search.cv_results_["mean_test_norm"][np.argsort(ALPHAS)])
    with pytest.raises(ValueError, match=r"metric='score' is not among .*\['mse', 'norm'\]"):
        AlphaSelectionDisplay.from_cv_results(search.cv_results_)


def test_selection_reads_leave_one_out_errors_of_scikit_learn(diabetes):
    model = RidgeCV(alphas=ALPHAS, store_cv_results=True).fit(*diabetes)
    display = AlphaSelectionDisplay.from_estimator(model)
    assert display.alpha_min == model.alpha_
    assert display.mean_score.max() == pytest.approx(model.best_score_)


def test_selection_of_a_network_in_a_pipeline():
    X, y = load_iris(return_X_y=True)
    network = skl2.MLPClassifierCV(hidden_layer_sizes=(5,), n_alphas=5, cv=3, racing=False, random_state=0)
    model = make_pipeline(StandardScaler(), network).fit(X, y)
    display = AlphaSelectionDisplay.from_estimator(model)
    assert (display.alpha_min, display.alpha_1se) == (network.alpha_min_, network.alpha_1se_)
    np.testing.assert_allclose(display.weight_norm, np.mean(network.weight_norms_, axis=0))
    assert "log-loss" in display.ax_.get_ylabel()


@pytest.mark.parametrize(
    ("params", "label"),
    [
        ({}, "−½ squared error"),
        ({"loss": "poisson"}, "−½ Poisson deviance"),
        ({"scoring": "loss"}, "−½ squared error"),
        ({"scoring": "r2"}, "r2"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:The chosen alpha")
def test_selection_names_what_the_scores_of_a_network_are(diabetes, params, label):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1] / 100
    network = skl2.MLPRegressorCV(
        hidden_layer_sizes=(3,), alphas=ALPHAS, cv=3, max_iter=30, random_state=0, **params
    )
    display = AlphaSelectionDisplay.from_estimator(network.fit(X, y))
    assert display.ax_.get_ylabel().startswith(f"{label} (")


def test_selection_of_our_ridge(diabetes):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1]
    model = skl2.RidgeCV(alphas=[*ALPHAS, 1e-3, 1e4], cv=5).fit(X, y)
    display = AlphaSelectionDisplay.from_estimator(model)
    assert display.alpha_min == model.alpha_
    assert display.mean_score.max() == pytest.approx(model.best_score_)


@pytest.mark.parametrize("shift", [0.0, 1e-9, -1e-9])
def test_selection_marks_what_the_estimator_chose_where_rounding_would_decide(diabetes, shift):
    model = skl2.RidgeCV(alphas="auto").fit(StandardScaler().fit_transform(diabetes[0]), diabetes[1])
    at_limit = model.alphas_ == model.alpha_1se_
    model.mean_score_ = model.mean_score_ * (1 + shift * at_limit)
    display = AlphaSelectionDisplay.from_estimator(model)
    assert vertical_lines(display.ax_) == [model.alpha_min_, model.alpha_1se_]


@pytest.mark.parametrize(("criterion", "label"), [("gcv", "−GCV ("), ("evidence", "log evidence (")])
def test_selection_by_a_criterion_names_it_and_has_no_standard_error(diabetes, criterion, label):
    model = skl2.RidgeCV(alphas="auto", criterion=criterion).fit(*diabetes)
    display = AlphaSelectionDisplay.from_estimator(model)
    assert display.ax_.get_ylabel().startswith(label)
    assert vertical_lines(display.ax_) == [model.alpha_]


def test_selection_of_one_alpha_per_target_says_how_to_show_one(diabetes):
    X, y = diabetes
    model = skl2.RidgeCV(alpha_per_target=True).fit(X, np.c_[y, X[:, 0]])
    with pytest.raises(ValueError, match=r"each of 2 targets.*mean_score_\[:, k\]"):
        AlphaSelectionDisplay.from_estimator(model)


def test_selection_leaves_out_failed_candidates_and_shows_zero():
    display = AlphaSelectionDisplay([0, 1, 10], [-2.0, -1.0, np.nan], [0.1, 0.1, np.nan]).plot()
    assert list(display.alphas) == [0, 1]
    assert display.ax_.get_xscale() == "symlog"
    with pytest.raises(ValueError, match="No alpha has a finite mean score"):
        AlphaSelectionDisplay([1.0], [np.nan], [0.1])


def test_selection_without_standard_errors_marks_the_best_alone():
    display = AlphaSelectionDisplay([0.1, 1.0], [-2.0, -1.0], [np.nan, np.nan]).plot()
    assert display.alpha_1se is None
    assert vertical_lines(display.ax_) == [1.0]


def test_selection_draws_into_given_axes(search):
    figure, ax = plt.subplots()
    display = AlphaSelectionDisplay.from_estimator(search, ax=ax, score_name="R²")
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert ax.get_ylabel().startswith("R²")


def test_selection_says_what_it_needs(diabetes):
    with pytest.raises(TypeError, match="LinearRegression keeps no scores"):
        AlphaSelectionDisplay.from_estimator(LinearRegression().fit(*diabetes))
    with pytest.raises(NotFittedError):
        AlphaSelectionDisplay.from_estimator(RidgeCV())
    grid = {"alpha": [1.0, 2.0], "fit_intercept": [True, False]}
    search = GridSearchCV(Ridge(), grid).fit(*diabetes)
    with pytest.raises(ValueError, match="Several candidates share"):
        AlphaSelectionDisplay.from_estimator(search)
    with pytest.raises(ValueError, match="param='C' must name one parameter"):
        AlphaSelectionDisplay.from_cv_results(search.cv_results_, param="C")


def test_path_refits_for_every_alpha(diabetes):
    X, y = diabetes
    display = CoefficientPathDisplay.from_estimator(skl2.Ridge(), X, y, alphas=ALPHAS)
    expected = [Ridge(alpha=alpha).fit(X, y).coef_ for alpha in sorted(ALPHAS)]
    np.testing.assert_allclose(display.values, expected, rtol=1e-8)
    assert [line.get_label() for line in display.ax_.get_lines()[1:]] == [f"x{j}" for j in range(10)]


def test_path_of_a_fitted_ridge_needs_no_data():
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    X = (X - X.mean()) / X.std()
    model = skl2.RidgeCV(alphas=ALPHAS, store_path=True).fit(X, y)
    display = CoefficientPathDisplay.from_estimator(model)
    expected = [Ridge(alpha=alpha).fit(X, y).coef_ for alpha in sorted(ALPHAS)]
    np.testing.assert_allclose(display.values, expected, rtol=1e-6)
    assert display.names == list(X.columns)
    assert vertical_lines(display.ax_) == [model.alpha_]


def test_path_of_several_targets_names_each(diabetes):
    X, y = diabetes
    display = CoefficientPathDisplay.from_estimator(Ridge(), X[:, :2], np.c_[y, -y], alphas=ALPHAS)
    assert display.names == ["x0, output 0", "x1, output 0", "x0, output 1", "x1, output 1"]
    np.testing.assert_allclose(display.values[:, :2], -display.values[:, 2:])


def test_path_of_a_network_shows_norms_and_sparsity():
    coefs = [[np.ones((2, 2)), np.ones((2, 1))], [np.zeros((2, 2)), np.ones((2, 1))]]
    display = CoefficientPathDisplay.from_layers([1.0, 0.1], coefs)
    np.testing.assert_allclose(display.values, [[0, np.sqrt(2)], [2, np.sqrt(2)]])
    np.testing.assert_allclose(display.sparsity, [4 / 6, 0])
    np.testing.assert_allclose(display.sparsity_ax_.get_lines()[0].get_ydata(), [400 / 6, 0])


def test_path_of_a_network_shrinks_with_alpha(diabetes):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1] / 100
    params = {"hidden_layer_sizes": (4,), "activation": "tanh", "solver": "lbfgs", "max_iter": 500}
    network = skl2.MLPRegressor(random_state=0, **params)
    display = CoefficientPathDisplay.from_estimator(network, X, y, alphas=[1.0, 100.0, 10_000.0])
    assert display.names == ["layer 1", "layer 2"]
    assert np.all(np.diff(display.values, axis=0) < 0)


@pytest.mark.filterwarnings("ignore:The chosen alpha", "ignore:The fit has not converged")
@pytest.mark.parametrize("fitted", [False, True])
def test_path_of_a_network_that_chooses_alpha_is_that_of_the_plain_one(diabetes, fitted):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1] / 100
    params = {"hidden_layer_sizes": (4,), "random_state": 0, "max_iter": 30, "learning_rate": "one_cycle"}
    network = skl2.MLPRegressorCV(alphas=ALPHAS, cv=2, **params)
    network = network.fit(X, y) if fitted else network
    display = CoefficientPathDisplay.from_estimator(network, X, y, alphas=ALPHAS)
    plain = CoefficientPathDisplay.from_estimator(skl2.MLPRegressor(**params), X, y, alphas=ALPHAS)
    np.testing.assert_array_equal(display.values, plain.values)
    assert vertical_lines(display.ax_) == ([network.alpha_] if fitted else [])
    pipeline = make_pipeline(StandardScaler(), network)
    scaled = CoefficientPathDisplay.from_estimator(pipeline, *diabetes, alphas=ALPHAS)
    assert scaled.values.shape == display.values.shape


@pytest.mark.parametrize("estimator", [skl2.RidgeCV, RidgeCV, Ridge, skl2.Ridge], ids=str)
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_path_of_a_ridge_is_the_same_by_every_way(diabetes, estimator, in_pipeline):
    X, y = diabetes
    model = make_pipeline(StandardScaler(), estimator()) if in_pipeline else estimator()
    display = CoefficientPathDisplay.from_estimator(model, X, y, alphas=ALPHAS)
    if in_pipeline:
        X = StandardScaler().fit_transform(X)
    expected = [Ridge(alpha=alpha).fit(X, y).coef_ for alpha in sorted(ALPHAS)]
    np.testing.assert_allclose(display.values, expected, rtol=1e-6)


def test_path_of_a_fitted_pipeline_needs_no_data(diabetes):
    pipeline = make_pipeline(StandardScaler(), skl2.RidgeCV(alphas=ALPHAS, store_path=True)).fit(*diabetes)
    display = CoefficientPathDisplay.from_estimator(pipeline)
    np.testing.assert_allclose(display.values, pipeline[-1].coef_path(sorted(ALPHAS)))
    assert vertical_lines(display.ax_) == [pipeline[-1].alpha_]


def test_path_of_a_fitted_search_is_that_of_what_it_found(diabetes, search):
    found = CoefficientPathDisplay.from_estimator(search.best_estimator_, *diabetes, alphas=ALPHAS)
    display = CoefficientPathDisplay.from_estimator(search, *diabetes, alphas=ALPHAS)
    np.testing.assert_array_equal(display.values, found.values)
    np.testing.assert_array_equal(display.alphas, sorted(ALPHAS))


def test_path_without_data_says_what_it_needs(diabetes):
    with pytest.raises(ValueError, match="Ridge has no coef_path: give X and y"):
        CoefficientPathDisplay.from_estimator(Ridge())
    with pytest.raises(ValueError, match="MLPClassifierCV has no coef_path: give X and y"):
        CoefficientPathDisplay.from_estimator(make_pipeline(StandardScaler(), skl2.MLPClassifierCV()))
    with pytest.raises(TypeError, match="LinearRegression has no parameter alpha"):
        CoefficientPathDisplay.from_estimator(LinearRegression(), *diabetes)


def test_many_lines_look_different_and_the_names_of_the_largest_stay_in_the_picture():
    names = [f"a feature with a long name {j}" for j in range(20)]
    display = CoefficientPathDisplay([1.0, 10.0], np.ones((2, 20)) * np.arange(20), names=names).plot()
    named = [line for line in display.ax_.get_lines() if line.get_label() in names]
    assert len({(line.get_color(), line.get_linestyle()) for line in named}) == 20
    display.figure_.draw_without_rendering()
    assert [text.get_text() for text in display.ax_.texts] == names[12:]
    places = [text.get_window_extent() for text in display.ax_.texts]
    figure = display.figure_.bbox
    assert all(figure.x0 <= place.x0 < place.x1 <= figure.x1 for place in places)
    assert all(figure.y0 <= place.y0 < place.y1 <= figure.y1 for place in places)
    assert all(upper.y0 > lower.y0 + 5 for lower, upper in itertools.pairwise(places))


def test_path_over_a_grid_with_zero_and_a_value_twice(diabetes):
    for model in (skl2.Ridge(), skl2.RidgeCV(), Ridge()):
        display = CoefficientPathDisplay.from_estimator(model, *diabetes, alphas=[1.0, 0.0, 1.0, 10.0])
        np.testing.assert_array_equal(display.alphas, [0, 1, 10])
        np.testing.assert_allclose(display.values[0], Ridge(0).fit(*diabetes).coef_, rtol=1e-6)
        display.figure_.draw_without_rendering()
    fitted = skl2.RidgeCV(store_path=True).fit(*diabetes)
    with pytest.raises(ValueError, match=r"alphas has a 0.*give X and y"):
        CoefficientPathDisplay.from_estimator(fitted, alphas=[0.0, 1.0])


def test_selection_draws_dropped_networks_hollow_and_leaves_their_norms_out():
    norms, dropped = [np.nan, 2, 3], [True, False, False]
    display = AlphaSelectionDisplay([10, 1, 0.1], [-3, -1, -2], [0.1] * 3, weight_norm=norms, dropped=dropped)
    lines = display.plot().ax_.get_lines()
    assert lines[1].get_markerfacecolor() == "white"
    np.testing.assert_array_equal(lines[1].get_ydata(), [np.nan, np.nan, -3])
    np.testing.assert_array_equal(display.norm_ax_.get_lines()[0].get_ydata(), [3, 2, np.nan])


def test_selection_shows_the_training_scores_of_a_search(diabetes):
    search = GridSearchCV(Ridge(), {"alpha": ALPHAS}, return_train_score=True).fit(*diabetes)
    display = AlphaSelectionDisplay.from_estimator(search)
    assert display.ax_.get_ylabel().startswith("R² (")
    training = display.ax_.get_lines()[1]
    assert training.get_label() == "training rows"
    expected = search.cv_results_["mean_train_score"][np.argsort(ALPHAS)]
    np.testing.assert_allclose(training.get_ydata(), expected)


def test_selection_of_searches_names_what_they_chose_by(diabetes):
    scoring = {"mae": "neg_mean_absolute_error", "r2": "r2"}
    several = GridSearchCV(Ridge(), {"alpha": ALPHAS}, scoring=scoring, refit="mae").fit(*diabetes)
    display = AlphaSelectionDisplay.from_estimator(several)
    assert display.ax_.get_ylabel().startswith("mae (")
    assert display.alpha_min == several.best_params_["alpha"]
    own = make_scorer(mean_absolute_error, greater_is_better=False)
    search = GridSearchCV(Ridge(), {"alpha": ALPHAS}, scoring=own).fit(*diabetes)
    display = AlphaSelectionDisplay.from_estimator(search)
    assert display.ax_.get_ylabel().startswith("−mean_absolute_error (")


@pytest.mark.filterwarnings("ignore:The chosen alpha")
def test_selection_within_searches_and_transformed_targets(diabetes):
    chooser = skl2.RidgeCV(ALPHAS)
    search = GridSearchCV(chooser, {"fit_intercept": [True, False]}).fit(*diabetes)
    display = AlphaSelectionDisplay.from_estimator(search)
    assert display.alpha_min == search.best_estimator_.alpha_
    scaled = make_pipeline(StandardScaler(), chooser)
    model = TransformedTargetRegressor(scaled, transformer=StandardScaler()).fit(*diabetes)
    assert AlphaSelectionDisplay.from_estimator(model).alpha_min == model.regressor_[-1].alpha_


@pytest.mark.parametrize(
    ("params", "kind", "label"),
    [
        ({}, "leave-one-out ± standard error", "−squared error ("),
        ({"criterion": "gcv"}, "generalised cross-validation", "−GCV ("),
        ({"criterion": "evidence"}, "evidence", "log evidence ("),
        ({"cv": 5}, "mean over the folds ± standard error", "R² ("),
        ({"cv": 5, "scoring": "neg_max_error"}, "mean over the folds ± standard error", "neg_max_error ("),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:The chosen alpha")
def test_selection_says_over_what_the_scores_are_means(diabetes, params, kind, label):
    display = AlphaSelectionDisplay.from_estimator(skl2.RidgeCV(ALPHAS, **params).fit(*diabetes))
    assert display.ax_.get_lines()[0].get_label() == kind
    assert display.ax_.get_ylabel().startswith(label)


def test_selection_has_an_axis_on_which_the_best_loss_is_not_pressed_flat():
    scores = np.array([-0.09, -0.08, -0.5, -2.3])
    ax = AlphaSelectionDisplay([0.1, 1, 10, 100], scores, [0.01] * 4).plot().ax_
    heights = ax.transData.transform(np.c_[np.ones(4), scores])[:, 1]
    assert heights[1] - heights[0] > 0.02 * ax.get_window_extent().height
    assert AlphaSelectionDisplay([1, 2], [-1, -2], [0.1, 0.1]).plot().ax_.get_yscale() == "linear"
    display = AlphaSelectionDisplay([1, 2], [0.5, 0.6], [0.1, 0.1])
    with pytest.raises(ValueError, match="yscale='log' needs negated losses"):
        display.plot(yscale="log")
    with pytest.raises(ValueError, match="yscale must be"):
        display.plot(yscale="cubic")


def test_losses_of_a_network_with_validation_data(diabetes):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1] / 100
    model = skl2.MLPRegressor(hidden_layer_sizes=(4,), max_iter=500, random_state=0)
    model.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    display = LossCurveDisplay.from_estimator(model)
    training, validation = (line.get_ydata() for line in display.ax_.get_lines()[:2])
    np.testing.assert_array_equal(training, model.train_loss_curve_)
    np.testing.assert_array_equal(validation, model.validation_loss_curve_)
    assert vertical_lines(display.ax_) == [model.best_epoch_]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_losses_of_a_network_that_went_on_are_drawn_at_their_epochs():
    X, y = load_iris(return_X_y=True)
    rows = {"X_val": X[1::2], "y_val": y[1::2]}
    model = skl2.MLPClassifier(hidden_layer_sizes=(4,), max_iter=5, random_state=0, warm_start=True)
    model.fit(X[::2], y[::2]).set_params(early_stopping=True).fit(X[::2], y[::2], **rows)
    display = LossCurveDisplay.from_estimator(model)
    training, validation = display.ax_.get_lines()[:2]
    np.testing.assert_array_equal(training.get_ydata(), model.train_loss_curve_)
    np.testing.assert_array_equal(validation.get_xdata(), np.arange(1, 11))
    np.testing.assert_array_equal(validation.get_ydata(), [np.nan] * 5 + model.validation_loss_curve_)
    assert vertical_lines(display.ax_) == [5 + 1 + np.argmax(model.validation_scores_)]
    model.set_params(early_stopping=False).partial_fit(X, y)
    assert vertical_lines(LossCurveDisplay.from_estimator(model).ax_) == [11]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("around", [None, "pipeline", "search", "transformed target"])
def test_losses_of_the_final_fit_of_an_estimator_that_chooses(diabetes, around):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1] / 100
    chooser = skl2.MLPRegressorCV(
        alphas=[0.1, 1.0], hidden_layer_sizes=(3,), cv=2, max_iter=4, random_state=0
    )
    model, reach = {
        None: (chooser, lambda model: model),
        "pipeline": (make_pipeline(StandardScaler(), chooser), lambda model: model[-1]),
        "search": (
            GridSearchCV(make_pipeline(StandardScaler(), chooser), {"mlpregressorcv__tol": [1e-4]}, cv=2),
            lambda model: model.best_estimator_[-1],
        ),
        "transformed target": (
            TransformedTargetRegressor(chooser, transformer=StandardScaler()),
            lambda model: model.regressor_,
        ),
    }[around]
    display = LossCurveDisplay.from_estimator(model.fit(X, y))
    assert len(reach(model).train_loss_curve_) == 4
    np.testing.assert_array_equal(display.loss, reach(model).train_loss_curve_)
    assert display.best_epoch == reach(model).best_epoch_


def test_losses_of_scikit_learn_and_of_no_network(diabetes):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1] / 100
    model = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(3,), random_state=0, tol=0.1)
    ).fit(X, y)
    display = LossCurveDisplay.from_estimator(model)
    np.testing.assert_array_equal(display.ax_.get_lines()[0].get_ydata(), model[-1].loss_curve_)
    with pytest.raises(TypeError, match="LinearRegression has no loss_curve_"):
        LossCurveDisplay.from_estimator(LinearRegression().fit(X, y))


def test_missing_matplotlib_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'skl2\[plot\]'"):
        LossCurveDisplay([1.0]).plot()
