"""The MLP against known solutions: linear models, scikit-learn's MLP, formulas, certificates."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, log_softmax, softmax, xlogy
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.preprocessing import scale

from skl2 import MLPClassifier, MLPRegressor

IRIS = load_iris()
X_IRIS, Y_IRIS = scale(IRIS.data), IRIS.target
X_DIABETES, Y_DIABETES = (scale(part[:120]) for part in load_diabetes(return_X_y=True))
QUIET = "ignore::sklearn.exceptions.ConvergenceWarning"
TIGHT = {"solver": "lbfgs", "tol": 1e-9, "max_iter": 5000, "max_fun": 50_000}


def sum_of_squares(model):
    return sum((coef**2).sum() for coef in model.coefs_)


def classifier_objective(model, X, y):
    """J of a classifier with tanh or ReLU layers, from its coefficients alone."""
    h = X
    for layer, (coef, intercept) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        if layer:
            h = np.tanh(h) if model.activation == "tanh" else np.maximum(h, 0)
        h = h @ coef + intercept
    f = np.hstack([np.zeros_like(h), h]) if h.shape[1] == 1 else h
    loss = -log_softmax(f, axis=1)[np.arange(len(y)), y].sum()
    return loss + model.alpha / 2 * sum_of_squares(model)


def tanh_softmax_gradient(model, X, y):
    """∂J/∂(W0, W1, b0, b1) of a classifier with one layer of tanh units, written out."""
    (w0, w1), (b0, b1) = model.coefs_, model.intercepts_
    h = np.tanh(X @ w0 + b0)
    d1 = softmax(h @ w1 + b1, axis=1)
    d1[np.arange(len(y)), y] -= 1
    d0 = d1 @ w1.T * (1 - h**2)
    parts = X.T @ d0 + model.alpha * w0, h.T @ d1 + model.alpha * w1, d0.sum(axis=0), d1.sum(axis=0)
    return np.concatenate([part.ravel() for part in parts])


# ------------------------------------------------------------------------------------ linear models


@pytest.mark.parametrize("alpha", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_without_hidden_layers_it_is_logistic_regression(n_classes, alpha):
    X, y = X_IRIS[n_classes > Y_IRIS], Y_IRIS[n_classes > Y_IRIS]
    ours = MLPClassifier(hidden_layer_sizes=(), alpha=alpha, random_state=0, **TIGHT).fit(X, y)
    theirs = LogisticRegression(C=1 / alpha, tol=1e-9, max_iter=5000).fit(X, y)
    assert_allclose(ours.coefs_[0].T, theirs.coef_, rtol=1e-4, atol=1e-4)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    if n_classes == 2:
        assert_allclose(ours.intercepts_[0], theirs.intercept_, atol=1e-4)


def test_default_tolerance_is_close_to_logistic_regression():
    ours = MLPClassifier(hidden_layer_sizes=(), alpha=1, solver="lbfgs", random_state=0).fit(X_IRIS, Y_IRIS)
    theirs = LogisticRegression(C=1, tol=1e-9, max_iter=5000).fit(X_IRIS, Y_IRIS)
    assert_allclose(ours.predict_proba(X_IRIS), theirs.predict_proba(X_IRIS), atol=2e-3)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_targets", [1, 3])
def test_without_hidden_layers_it_is_ridge(n_targets, weighted):
    rng = np.random.default_rng(0)
    y = Y_DIABETES if n_targets == 1 else rng.normal(size=(120, n_targets)) + Y_DIABETES[:, None]
    weight = rng.uniform(0, 3, 120) if weighted else None
    ours = MLPRegressor(hidden_layer_sizes=(), alpha=2.5, random_state=0, **TIGHT)
    ours.fit(X_DIABETES, y, sample_weight=weight)
    theirs = Ridge(alpha=2.5).fit(X_DIABETES, y, sample_weight=weight)
    assert_allclose(ours.coefs_[0].T, np.atleast_2d(theirs.coef_), atol=1e-6)
    assert_allclose(ours.predict(X_DIABETES), theirs.predict(X_DIABETES), atol=1e-6)


def test_poisson_without_hidden_layers_is_poisson_regression():
    y = np.random.default_rng(0).poisson(np.exp(0.5 * Y_DIABETES))
    ours = MLPRegressor("poisson", (), alpha=6.0, random_state=0, **TIGHT).fit(X_DIABETES, y)
    theirs = PoissonRegressor(alpha=6.0 / 120, tol=1e-10, max_iter=5000).fit(X_DIABETES, y)
    assert_allclose(ours.coefs_[0][:, 0], theirs.coef_, atol=1e-5)
    assert_allclose(ours.predict(X_DIABETES), theirs.predict(X_DIABETES), rtol=1e-5)


# ----------------------------------------------------------------------------- scikit-learn's own MLP


@pytest.mark.parametrize(
    ("X", "y", "ours", "theirs"),
    [
        (X_IRIS, Y_IRIS, MLPClassifier, TheirClassifier),
        (X_IRIS[:100], Y_IRIS[:100], MLPClassifier, TheirClassifier),
        (X_DIABETES, Y_DIABETES, MLPRegressor, TheirRegressor),
    ],
    ids=["three classes", "two classes", "regression"],
)
@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_where_lbfgs_of_scikit_learn_ends_is_a_minimum_here(X, y, ours, theirs, activation):
    # which of neighbouring minima is reached from one start, the last digits of a processor's products decide
    params = {"solver": "lbfgs", "activation": activation, "alpha": 0.5, "hidden_layer_sizes": (6,)}
    params |= {"random_state": 3, "tol": 1e-6, "max_iter": 3000}
    ours, theirs = ours(**params, warm_start=True).fit(X, y), theirs(**params).fit(X, y)
    ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
    assert_allclose(ours.fit(X, y).loss_, theirs.loss_, rtol=1e-5)
    for mine, their in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_allclose(mine, their, atol=1e-2)


@pytest.mark.filterwarnings(QUIET)
@pytest.mark.parametrize(
    "solver",
    [
        {"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
        {"solver": "sgd", "nesterovs_momentum": True},
        {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
        {"solver": "sgd", "momentum": 0.0},
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("batch_size", [10, 50, 150])
def test_steps_are_those_of_scikit_learn_with_alpha_n_over_b(solver, batch_size):
    params = {"batch_size": batch_size, "hidden_layer_sizes": (7, 5), "activation": "tanh"}
    params |= {"random_state": 5, "max_iter": 12, "learning_rate": "constant", "learning_rate_init": 0.02}
    params |= solver
    theirs = TheirClassifier(alpha=0.3, **params).fit(X_IRIS, Y_IRIS)
    ours = MLPClassifier(alpha=0.3 * 150 / batch_size, **params).fit(X_IRIS, Y_IRIS)
    for mine, other in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        assert_allclose(mine, other, rtol=1e-10, atol=1e-12)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    assert_array_equal(ours.predict(X_IRIS), theirs.predict(X_IRIS))


@pytest.mark.parametrize("estimators", [(MLPClassifier, TheirClassifier), (MLPRegressor, TheirRegressor)])
def test_parameters_and_attributes_of_scikit_learn_are_all_there(estimators):
    ours, theirs = (
        estimator(max_iter=300, random_state=0, tol=1e-2).fit(X_IRIS, Y_IRIS) for estimator in estimators
    )
    assert set(theirs.get_params()) <= set(ours.get_params())
    public = {name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")}
    assert public <= set(vars(ours))
    assert ours.out_activation_ == theirs.out_activation_
    assert (ours.n_layers_, ours.n_outputs_) == (theirs.n_layers_, theirs.n_outputs_)
    assert [c.shape for c in ours.coefs_] == [c.shape for c in theirs.coefs_]


@pytest.mark.filterwarnings(QUIET)
def test_alpha_means_the_same_at_every_batch_size():
    def objective(batch_size, max_iter):
        model = MLPClassifier(
            (8,),
            "tanh",
            batch_size=batch_size,
            learning_rate="one_cycle",
            learning_rate_init=0.02,
            max_iter=max_iter,
            random_state=0,
        ).fit(X_IRIS, Y_IRIS)
        return classifier_objective(model, X_IRIS, Y_IRIS)

    best = MLPClassifier((8,), "tanh", random_state=0, **TIGHT).fit(X_IRIS, Y_IRIS)
    best = classifier_objective(best, X_IRIS, Y_IRIS)
    assert_allclose([objective(16, 100), objective(64, 300), objective(150, 1000)], best, rtol=0.02)


# ------------------------------------------------------------------------- formulas and certificates


@pytest.mark.parametrize("hidden", [(), (6,), (6, 4)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_loss_of_lbfgs_is_the_formula(hidden, n_classes):
    X, y = X_IRIS[n_classes > Y_IRIS], Y_IRIS[n_classes > Y_IRIS]
    model = MLPClassifier(hidden, "tanh", alpha=0.5, solver="lbfgs", random_state=0).fit(X, y)
    assert_allclose(model.loss_, classifier_objective(model, X, y) / len(y), rtol=1e-10)
    assert_allclose(model.best_loss_, model.loss_, rtol=1e-10)
    assert model.loss_curve_[-1] == model.loss_


def test_loss_of_a_regressor_is_the_formula():
    y = np.column_stack([Y_DIABETES, Y_DIABETES**2])
    params = {"solver": "lbfgs", "normalize_y": False, "alpha": 1, "random_state": 0, "max_iter": 500}
    squared = MLPRegressor("squared_error", 5, "tanh", **params)
    squared.fit(X_DIABETES, y)
    value = 0.5 * ((squared.predict(X_DIABETES) - y) ** 2).sum() + 0.5 * sum_of_squares(squared)
    assert_allclose(squared.loss_, value / 120, rtol=1e-10)

    counts = np.random.default_rng(0).poisson(2, 120)
    poisson = clone(squared).set_params(loss="poisson").fit(X_DIABETES, counts)
    mean = poisson.predict(X_DIABETES)
    value = (xlogy(counts, counts / mean) - counts + mean).sum() + 0.5 * sum_of_squares(poisson)
    assert_allclose(poisson.loss_, value / 120, rtol=1e-10)


@pytest.mark.parametrize("tol", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
def test_gradient_at_an_lbfgs_solution_is_within_the_tolerance(alpha, tol):
    model = MLPClassifier(
        (5,), "tanh", alpha=alpha, solver="lbfgs", tol=tol, max_iter=5000, random_state=1
    ).fit(X_IRIS, Y_IRIS)
    assert np.abs(tanh_softmax_gradient(model, X_IRIS, Y_IRIS)).max() / len(Y_IRIS) <= tol


@pytest.mark.filterwarnings(QUIET)
def test_more_penalty_means_smaller_weights():
    norms = [
        sum_of_squares(
            MLPRegressor(alpha=a, random_state=0, solver="lbfgs", max_iter=1000, tol=1e-3).fit(
                X_DIABETES, Y_DIABETES
            )
        )
        for a in (0.1, 1.0, 10.0, 100.0, 1e4)
    ]
    assert norms == sorted(norms, reverse=True)


@pytest.mark.filterwarnings(QUIET)
def test_infinite_penalty_leaves_the_mean():
    model = MLPRegressor(alpha=1e6, solver="lbfgs", random_state=0).fit(X_DIABETES, Y_DIABETES + 3)
    assert_allclose(model.predict(X_DIABETES), 3, atol=1e-3)
    model = MLPClassifier(alpha=1e6, solver="lbfgs", random_state=0).fit(X_IRIS, Y_IRIS)
    assert_allclose(model.predict_proba(X_IRIS), 1 / 3, atol=1e-2)


# ------------------------------------------------------------------------------ targets and predictions


def fast(estimator=MLPClassifier, **params):
    """A fit of a few epochs that ends without a warning."""
    params = {"max_iter": 300, "tol": 1e-2, "random_state": 0, "hidden_layer_sizes": (9,)} | params
    return estimator(**params)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_multilabel(solver):
    X, y = make_multilabel_classification(150, n_classes=4, random_state=0)
    model = fast(solver=solver, max_iter=1000).fit(scale(X), y)
    probability = model.predict_proba(scale(X))
    assert probability.shape == y.shape
    assert_array_equal(model.predict(scale(X)), probability > 0.5)
    assert model.score(scale(X), y) > 0.3
    assert model.out_activation_ == "logistic"


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix])
def test_sparse_labels_give_the_fit_of_dense_ones_and_sparse_predictions(kind):
    X, y = make_multilabel_classification(80, n_classes=4, random_state=0)
    X = scale(X)
    dense = fast(max_iter=1000).fit(X, y, X_val=X, y_val=y)
    model = fast(max_iter=1000).fit(X, kind(y), X_val=X, y_val=kind(y))
    assert_array_equal(model.predict_proba(X), dense.predict_proba(X))
    assert model.validation_loss_curve_ == dense.validation_loss_curve_
    predicted = model.predict(X)
    assert type(predicted) is type(TheirClassifier(max_iter=500, tol=1e-2).fit(X, kind(y)).predict(X))
    assert_array_equal(predicted.toarray(), dense.predict(X))
    assert model.score(X, kind(y)) == dense.score(X, y)
    part = fast().partial_fit(X, kind(y), classes=range(4)).partial_fit(X, kind(y))
    assert sparse.issparse(part.predict(X))
    assert isinstance(model.fit(X, y).predict(X), np.ndarray)


def test_multilabel_early_stopping_by_a_scorer_sees_the_labels():
    X, y = make_multilabel_classification(150, n_classes=4, random_state=0)
    seen = []

    def accuracy(estimator, X, y):
        seen.append(y)
        return estimator.score(X, y)

    params = {"early_stopping": True, "max_iter": 300, "random_state": 0}
    model = MLPClassifier(8, scoring=accuracy, **params).fit(X, y)
    assert {tuple(row) for row in seen[0]} <= {tuple(row) for row in y}
    assert seen[0].dtype.kind == "i"
    assert model.best_validation_score_ == max(model.validation_scores_) > 0


def test_multilabel_loss_is_the_sum_over_labels():
    X, y = make_multilabel_classification(80, n_classes=3, random_state=0)
    X = scale(X)
    together = MLPClassifier((), alpha=2.0, random_state=0, **TIGHT).fit(X, y)
    for label in range(3):
        alone = MLPClassifier((), alpha=2.0, random_state=0, **TIGHT).fit(X, y[:, label])
        assert_allclose(together.coefs_[0][:, label], alone.coefs_[0][:, 0], atol=1e-5)


@pytest.mark.parametrize("labels", [np.array(["no", "yes"]), np.array([-1, 1]), np.array([False, True])])
def test_two_classes_of_any_type(labels):
    X, y = X_IRIS[50:], labels[Y_IRIS[50:] - 1]
    model = fast().fit(X, y)
    assert_array_equal(model.classes_, labels)
    probability = model.predict_proba(X)
    assert probability.shape == (100, 2)
    assert_allclose(probability.sum(axis=1), 1)
    assert_array_equal(model.predict(X), labels[(probability[:, 1] > 0.5).astype(int)])
    assert model.predict(X).dtype == labels.dtype
    assert model.score(X, y) > 0.85
    assert_allclose(np.exp(model.predict_log_proba(X)), probability)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_probabilities_of_two_classes_keep_their_digits(dtype):
    X = X_IRIS[:100].astype(dtype)
    model = MLPClassifier((), solver="lbfgs", random_state=0).fit(X, Y_IRIS[:100])
    far = (30 * X).astype(dtype)
    f = (far.astype(float) @ model.coefs_[0] + model.intercepts_[0])[:, 0]
    assert np.abs(f).max() > 40
    assert_allclose(model.predict_proba(far)[:, 1], expit(f), rtol=1e-3, atol=1e-35)
    assert_allclose(model.predict_proba(far)[:, 0], expit(-f), rtol=1e-3, atol=1e-35)


def test_one_class_is_predicted_with_certainty():
    model = fast().fit(X_IRIS, np.full(150, "only"))
    assert_array_equal(model.predict(X_IRIS[:2]), ["only", "only"])
    assert_array_equal(model.predict_proba(X_IRIS[:2]), [[1.0], [1.0]])


def test_multi_output_regression():
    y = np.column_stack([Y_DIABETES, -Y_DIABETES])
    model = fast(MLPRegressor, tol=1e-3).fit(X_DIABETES, y)
    prediction = model.predict(X_DIABETES)
    assert prediction.shape == (120, 2)
    assert model.score(X_DIABETES, y) > 0.4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_precision_of_x_is_kept(estimator, dtype):
    model = fast(estimator).fit(X_IRIS.astype(dtype), Y_IRIS)
    assert {coef.dtype for coef in model.coefs_ + model.intercepts_} == {np.dtype(dtype)}
    method = "predict_proba" if estimator is MLPClassifier else "predict"
    assert getattr(model, method)(X_IRIS.astype(dtype)).dtype == dtype


def test_predictions_do_not_depend_on_how_many_rows_come_at_once():
    X, y = load_digits(return_X_y=True)
    model = fast(max_iter=3, tol=1e-4, alpha=0.1)
    with pytest.warns(UserWarning, match="max_iter=3"):
        model.fit(X, y)
    whole = model.predict_proba(X)
    assert_allclose(whole[:7], model.predict_proba(X[:7]), rtol=1e-10)
    assert_allclose(whole[1500:], model.predict_proba(X[1500:]), rtol=1e-10)
    assert_allclose(whole[1030], model.predict_proba(X[1030:1031])[0], rtol=1e-10)


def test_permuted_features_classes_and_rows():
    order, model = np.array([2, 0, 3, 1]), MLPClassifier((), random_state=0, **TIGHT)
    base = clone(model).fit(X_IRIS, Y_IRIS)
    features = clone(model).fit(X_IRIS[:, order], Y_IRIS)
    assert_allclose(features.coefs_[0], base.coefs_[0][order], atol=1e-5)
    classes = clone(model).fit(X_IRIS, 2 - Y_IRIS)
    assert_allclose(classes.coefs_[0], base.coefs_[0][:, ::-1], atol=1e-5)
    rows = np.random.default_rng(0).permutation(150)
    assert_allclose(clone(model).fit(X_IRIS[rows], Y_IRIS[rows]).coefs_[0], base.coefs_[0], atol=1e-5)


# --------------------------------------------------------------------------------------- sparse rows


@pytest.mark.filterwarnings(QUIET)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_sparse_rows_give_the_fit_of_dense_ones_and_stay_sparse(estimator, solver, monkeypatch):
    dense = X_IRIS * (np.random.default_rng(0).random(X_IRIS.shape) > 0.6)
    rows = sparse.csr_array(dense)
    params = {"solver": solver, "max_iter": 8, "batch_size": 30, "dropout": 0.2 if solver == "adam" else 0.0}
    expected = fast(estimator, **params).fit(dense, Y_IRIS).predict(dense)

    def refuse(*_, **__):
        raise AssertionError("X became dense")

    for kind in (sparse.csr_array, sparse.csr_matrix):
        for name in ("toarray", "todense"):
            monkeypatch.setattr(kind, name, refuse)
    model = fast(estimator, **params).fit(rows, Y_IRIS)
    assert_allclose(model.predict(rows), expected, rtol=1e-10, atol=1e-10)
    assert_allclose(model.predict(sparse.csr_matrix(rows)), expected, rtol=1e-10, atol=1e-10)


# ------------------------------------------------------------------- copies, processes, representation


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_same_seed_same_result_in_threads_and_processes(backend):
    model = fast(dropout=0.2, max_iter=400)
    alone = clone(model).fit(X_IRIS, Y_IRIS).coefs_
    run = joblib.Parallel(n_jobs=2, backend=backend)
    for fitted in run(joblib.delayed(clone(model).fit)(X_IRIS, Y_IRIS) for _ in range(2)):
        for mine, other in zip(fitted.coefs_, alone, strict=True):
            assert_array_equal(mine, other)


@pytest.mark.filterwarnings(QUIET)
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_pickle_holds_no_training_data(estimator):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20_000, 5)), rng.integers(3, size=20_000)
    model = fast(estimator, alpha=10.0).fit(X, y)
    dumped = pickle.dumps(model)
    assert len(dumped) < 20_000 < X.nbytes
    assert_array_equal(pickle.loads(dumped).predict(X[:50]), model.predict(X[:50]))
    model = clone(model).partial_fit(X, y, **({"classes": [0, 1, 2]} if estimator is MLPClassifier else {}))
    assert len(pickle.dumps(model)) < 20_000


@pytest.mark.parametrize(("solver", "moments"), [("adam", 3), ("sgd", 1)])
def test_pickle_between_partial_fits_holds_moments_and_average_alone(solver, moments):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 100)), rng.normal(size=40)
    model = MLPRegressor(hidden_layer_sizes=(100,), solver=solver, random_state=0).partial_fit(X, y)
    n_bytes = sum(part.nbytes for part in model.coefs_ + model.intercepts_)
    dumped = pickle.dumps(model)
    assert len(dumped) < (1 + moments + 0.1) * n_bytes
    again = pickle.loads(dumped).partial_fit(X, y)
    model.partial_fit(X, y)
    for mine, other in zip(model.coefs_, again.coefs_, strict=True):
        assert_array_equal(mine, other)


def test_clone_and_copy_leave_the_original_alone():
    model = fast().fit(X_IRIS, Y_IRIS)
    coefs = copy.deepcopy(model.coefs_)
    clone(model).fit(X_IRIS, Y_IRIS[::-1])
    copy.deepcopy(model).partial_fit(X_IRIS, Y_IRIS)
    for mine, before in zip(model.coefs_, coefs, strict=True):
        assert_array_equal(mine, before)
    assert not hasattr(clone(model), "coefs_")


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_html_links_to_our_documentation(estimator):
    assert f"skl2.readthedocs.io/en/stable/generated/skl2.{estimator.__name__}.html" in (
        estimator()._repr_html_()
    )


def test_probabilities_are_better_than_chance_on_unseen_digits():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    model = MLPClassifier(random_state=0, max_iter=40).fit(X[:1000], y[:1000])
    assert model.score(X[1000:], y[1000:]) > 0.9
    assert log_loss(y[1000:], model.predict_proba(X[1000:])) < 0.35
