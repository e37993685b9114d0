"""Dropout, batch normalisation, elastic net, weights of rows, classes and layers."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.linear_model import ElasticNet
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale
from sklearn.utils.class_weight import compute_sample_weight

from skl2 import MLPClassifier, MLPRegressor
from skl2.mlp._network import VARIANCE_FLOOR, Network, Workspace, predict_raw, row_keys
from skl2.mlp._objective import Data
from skl2.mlp._penalty import L2, DecoupledL2
from skl2.mlp._penalty import ElasticNet as ElasticNetPenalty
from skl2.mlp._stack import build_penalty

X_IRIS, Y_IRIS = scale(load_iris().data), load_iris().target
X_DIABETES, Y_DIABETES = (scale(part[:120]) for part in load_diabetes(return_X_y=True))
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:batch_size=:UserWarning"),
]

SOLVERS = ["adam", "adamw", "sgd", "lbfgs"]
TIGHT = {"solver": "lbfgs", "tol": 1e-9, "max_iter": 5000, "max_fun": 50_000}


def short(estimator=MLPClassifier, **params):
    """A few epochs: enough to compare two ways of the same computation."""
    params = {"hidden_layer_sizes": (8, 5), "max_iter": 6, "random_state": 0, "activation": "tanh"} | params
    return estimator(**params)


def assert_same_parameters(one, other, **tolerance):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        if tolerance:
            assert_allclose(a, b, **tolerance)
        else:
            assert_array_equal(a, b)


def parameters(model):
    return np.concatenate([part.ravel() for part in model.coefs_ + model.intercepts_])


# -------------------------------------------------------------------------------- what changes nothing


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_regularisers_that_are_off_leave_every_bit(estimator, solver):
    plain = short(estimator, solver=solver).fit(X_IRIS, Y_IRIS)
    off = {"dropout": [0.0, 0.0], "batch_norm": False, "l1_ratio": 0, "penalize_intercept": False}
    assert_same_parameters(short(estimator, solver=solver, **off).fit(X_IRIS, Y_IRIS), plain)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_same_alpha_for_each_layer_is_one_alpha(solver):
    one = short(solver=solver, alpha=3.0).fit(X_IRIS, Y_IRIS)
    for alpha in ([3.0, 3.0, 3.0], np.full(3, 3.0), (3, 3, 3)):
        each = short(solver=solver, alpha=alpha).fit(X_IRIS, Y_IRIS)
        assert_same_parameters(each, one, rtol=1e-9, atol=1e-12)


def test_alpha_of_a_layer_acts_on_that_layer():
    base = short(solver="lbfgs", alpha=1.0, max_iter=300).fit(X_IRIS, Y_IRIS)
    for layer in range(3):
        alpha = np.ones(3)
        alpha[layer] = 30.0
        model = short(solver="lbfgs", alpha=alpha, max_iter=300).fit(X_IRIS, Y_IRIS)
        assert np.linalg.norm(model.coefs_[layer]) < np.linalg.norm(base.coefs_[layer])


# ------------------------------------------------------------------------------------------- weights


def weighted_and_repeated(seed=0):
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 4, len(X_IRIS))
    return weight, np.repeat(X_IRIS, weight, axis=0), np.repeat(Y_IRIS, weight)


@pytest.mark.parametrize("variant", [{}, {"batch_norm": True}, {"dropout": 0.3}, {"l1_ratio": 0.5}], ids=str)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_whole_weights_are_repetition_at_full_batch(estimator, solver, variant):
    if (solver == "lbfgs" and "dropout" in variant) or (solver == "adamw" and "l1_ratio" in variant):
        with pytest.raises(ValueError, match=next(iter(variant))):
            short(estimator, solver=solver, **variant).fit(X_IRIS, Y_IRIS)
        return
    weight, X, y = weighted_and_repeated()
    model = short(estimator, solver=solver, batch_size=1000, **variant)
    weighted = clone(model).fit(X_IRIS, Y_IRIS, sample_weight=weight)
    repeated = clone(model).fit(X, y)
    assert_same_parameters(weighted, repeated, rtol=1e-7, atol=1e-10)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
def test_weight_zero_is_removal_at_every_batch_size(solver):
    weight = np.random.default_rng(1).integers(0, 3, len(X_IRIS)).astype(float)
    kept = weight > 0
    model = short(solver=solver, batch_size=20)
    weighted = clone(model).fit(X_IRIS, Y_IRIS, sample_weight=weight)
    assert_same_parameters(weighted, clone(model).fit(X_IRIS[kept], Y_IRIS[kept], sample_weight=weight[kept]))


@pytest.mark.parametrize("solver", SOLVERS)
def test_scaling_the_weights_and_alpha_changes_nothing(solver):
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X_IRIS))
    model = short(solver=solver, alpha=2.0, batch_size=50).fit(X_IRIS, Y_IRIS, sample_weight=weight)
    scaled = short(solver=solver, alpha=8.0, batch_size=50).fit(X_IRIS, Y_IRIS, sample_weight=4 * weight)
    assert_same_parameters(scaled, model, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("class_weight", [{0: 1.0, 1: 5.0, 2: 0.5}, {1: 3.0}, "balanced"], ids=str)
def test_class_weights_are_sample_weights(class_weight, solver):
    X, y = X_IRIS[:120], Y_IRIS[:120]
    by_row = compute_sample_weight(class_weight, y)
    given = np.random.default_rng(0).uniform(0.5, 2, 120)
    model = short(solver=solver)
    by_class = clone(model).set_params(class_weight=class_weight)
    assert_same_parameters(clone(by_class).fit(X, y), clone(model).fit(X, y, sample_weight=by_row))
    if class_weight == "balanced":  # a class counts by the weight of its rows
        totals = np.bincount(y, weights=given)
        by_row = (totals.sum() / (3 * totals))[y]
    both = clone(model).fit(X, y, sample_weight=by_row * given)
    assert_same_parameters(by_class.fit(X, y, sample_weight=given), both, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_class_weights_know_the_classes_that_some_rows_lack():
    first, rest = slice(0, 100), slice(100, 150)  # neither has all classes, and class 1 no weight of its own
    by_row = np.array([3.0, 1.0, 0.5])[Y_IRIS]
    by_class, weighted = short(class_weight={0: 3.0, 2: 0.5}), short()
    for rows in (first, rest):
        by_class.partial_fit(X_IRIS[rows], Y_IRIS[rows], classes=[0, 1, 2])
        weighted.partial_fit(X_IRIS[rows], Y_IRIS[rows], by_row[rows], classes=[0, 1, 2])
    assert_same_parameters(by_class, weighted)


def test_class_weights_of_labels_multiply():
    labels = np.column_stack([Y_IRIS == 0, Y_IRIS < 2]).astype(int)
    tables = [{0: 1.0, 1: 3.0}, {0: 0.5}]
    weight = np.where(labels[:, 0], 3.0, 1.0) * np.where(labels[:, 1], 1.0, 0.5)
    assert_same_parameters(
        short(class_weight=tables).fit(X_IRIS, labels), short().fit(X_IRIS, labels, sample_weight=weight)
    )


@pytest.mark.parametrize(
    "labels",
    [Y_IRIS, np.array(["a", "b", "c"], object)[Y_IRIS], Y_IRIS == 1],
    ids=["numbers", "strings", "booleans"],
)
def test_balanced_classes_with_whole_weights_are_repetition(labels):
    weight, X, _ = weighted_and_repeated()
    model = short(class_weight="balanced", batch_size=1000)
    weighted = clone(model).fit(X_IRIS, labels, sample_weight=weight)
    repeated = clone(model).fit(X, np.repeat(labels, weight))
    assert_same_parameters(weighted, repeated, rtol=1e-7, atol=1e-10)


def test_balanced_classes_do_not_see_rows_of_weight_zero():
    X, labels = np.vstack([X_IRIS, X_IRIS[:9] + 9]), np.r_[Y_IRIS, np.ones(9, int)]
    weight = (np.arange(159) < 150) * np.linspace(1, 2, 159)
    model = short(class_weight="balanced", batch_size=20)
    with_them = clone(model).fit(X, labels, sample_weight=weight)
    assert_same_parameters(with_them, clone(model).fit(X_IRIS, Y_IRIS, sample_weight=weight[:150]))
    # a whole class without weight: its weight is not shared out among the others
    labels[150:] = 3
    alone = clone(model).fit(X_IRIS, Y_IRIS, sample_weight=weight[:150])
    assert_allclose(clone(model).fit(X, labels, sample_weight=weight).t_, alone.t_)
    assert np.isfinite(clone(model).fit(X, labels, sample_weight=weight).loss_)


def test_balanced_labels_with_whole_weights_are_repetition():
    labels = np.column_stack([Y_IRIS == 0, Y_IRIS > 0, X_IRIS[:, 0] > 1]).astype(int)
    weight, X, _ = weighted_and_repeated()
    model = short(class_weight="balanced", batch_size=1000)
    weighted = clone(model).fit(X_IRIS, labels, sample_weight=weight)
    repeated = clone(model).fit(X, np.repeat(labels, weight, axis=0))
    assert_same_parameters(weighted, repeated, rtol=1e-7, atol=1e-10)
    by_row = clone(model).set_params(class_weight=None)
    by_row.fit(X_IRIS, labels, sample_weight=compute_sample_weight("balanced", labels))
    assert_same_parameters(clone(model).fit(X_IRIS, labels), by_row, rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------------------------------- dropout


def dropout_masks(rate, n_rows=2000, sizes=(3, 50, 40, 2), seed=0):
    network = Network(sizes, "relu", 1, np.float64, dropout=(rate,) * (len(sizes) - 2))
    work, rng = Workspace(network, n_rows), np.random.default_rng(seed)
    X = np.random.default_rng(5).normal(size=(n_rows, sizes[0]))
    network.draw_masks(work, rng, row_keys(X, rng))
    return work.masks


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_masks_keep_the_expected_share_and_the_mean(rate):
    for mask in dropout_masks(rate):
        assert set(np.unique(mask)) == {0.0, 1 / (1 - rate)}
        dropped = mask == 0
        sd = np.sqrt(rate * (1 - rate))
        assert_allclose(dropped.mean(), rate, atol=4 * sd / np.sqrt(mask.size))
        assert_allclose(dropped.mean(axis=0), rate, atol=5 * sd / np.sqrt(len(mask)))
        assert_allclose(dropped.mean(axis=1), rate, atol=6 * sd / np.sqrt(mask.shape[1]))


@pytest.mark.parametrize("rate", [0.3, 0.5])
def test_masks_of_units_layers_rows_and_steps_are_uncorrelated(rate):
    first, second = dropout_masks(rate), dropout_masks(rate, seed=1)
    units = np.corrcoef(np.hstack(first), rowvar=False)
    assert np.abs(units - np.eye(90)).max() < 6 / np.sqrt(2000)
    rows = np.corrcoef(first[0][:, :].T, rowvar=False)[:300, :300]
    assert abs((rows - np.eye(300)).mean()) < 1e-2
    steps = np.corrcoef(first[0].ravel(), second[0].ravel())[0, 1]
    assert abs(steps) < 5 / np.sqrt(first[0].size)


@pytest.mark.parametrize("X", [load_digits().data, load_digits().data.astype(np.float32), np.eye(200)])
def test_keys_tell_different_rows_apart_and_equal_rows_not(X):
    X = np.unique(X, axis=0)
    keys = row_keys(X, np.random.default_rng(0))
    assert len(np.unique(keys)) == len(X)
    order = np.random.default_rng(1).permutation(len(X))
    assert_array_equal(row_keys(X[order], np.random.default_rng(0)), keys[order])
    assert_array_equal(row_keys(sparse.csr_array(X), np.random.default_rng(0)), keys)
    assert_array_equal(row_keys(np.where(X == 0, -0.0, X), np.random.default_rng(0)), keys)


def test_dropout_narrows_the_gap_between_training_and_test():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 20))
    y = X[:, 0] + rng.normal(size=400)

    def gap(dropout):
        model = MLPRegressor(hidden_layer_sizes=20, dropout=dropout, alpha=0.0, random_state=0)
        model.fit(X[:100], y[:100])
        return model.score(X[:100], y[:100]) - model.score(X[100:], y[100:])

    assert gap(0.5) < 0.7 * gap(0.0)


def test_predictions_use_all_units():
    model = short(dropout=0.5).fit(X_IRIS, Y_IRIS)
    assert_array_equal(model.predict_proba(X_IRIS), model.predict_proba(X_IRIS))
    h = np.tanh(X_IRIS @ model.coefs_[0] + model.intercepts_[0])
    h = np.tanh(h @ model.coefs_[1] + model.intercepts_[1])
    assert_allclose(model.predict_proba(X_IRIS), softmax(h @ model.coefs_[2] + model.intercepts_[2], axis=1))


# ------------------------------------------------------------------------------- batch normalisation


def normalising_network(seed=0):
    rng = np.random.default_rng(seed)
    network = Network((4, 6, 5, 2), "tanh", 2, np.float64, batch_norm=True)
    network.state[...] = rng.normal(size=network.state.shape)
    for var in network.running_var:
        var[...] = rng.uniform(0.5, 2, var.shape)
    return network


def test_folded_network_predicts_as_the_one_with_batch_normalisation():
    network, X = normalising_network(), np.random.default_rng(1).normal(size=(30, 4))
    for s in range(2):
        h = X
        for layer in range(3):
            h = h @ network.weights[layer][s]
            if layer < 2:
                std = np.sqrt(network.running_var[layer][s] + 1e-5)
                h = network.scales[layer][s] * (h - network.running_mean[layer][s]) / std
            h = h + network.biases[layer][s]
            h = np.tanh(h) if layer < 2 else h
        folded = predict_raw(X, *network.plain(), "tanh")[s]
        assert_allclose(folded, h, rtol=1e-12, atol=1e-12)


def test_training_normalises_with_the_statistics_of_the_batch():
    network, X = normalising_network(), np.random.default_rng(1).normal(size=(30, 4))
    work = Workspace(network, len(X))
    f = network.forward(X, work, kept=0.0).copy()
    for hat in work.normalised:
        assert_allclose(hat.mean(axis=1), 0, atol=1e-12)
        assert_allclose(hat.std(axis=1), 1, atol=1e-4)
    # these statistics are now the running ones, so that prediction is the forward pass
    assert_allclose(predict_raw(X, *network.plain(), "tanh"), f, rtol=1e-10, atol=1e-10)


def test_unfolding_gives_back_the_network_that_was_folded():
    network = normalising_network()
    weights, biases = network.plain()
    again = Network((4, 6, 5, 2), "tanh", 1, np.float64, batch_norm=True)
    for layer in range(3):
        again.weights[layer][0], again.biases[layer][0] = weights[layer][1], biases[layer][1]
    again.unfold_inplace(network.norms(1))
    assert_allclose(again.state[0], network.state[1], rtol=1e-14)


@pytest.mark.parametrize(("batch_size", "n_batches"), [(150, 1), (50, 3)])
def test_the_statistics_are_those_of_all_rows_under_the_average(batch_size, n_batches):
    model = short(batch_norm=True, alpha=30.0, max_iter=7, batch_size=batch_size).fit(X_IRIS, Y_IRIS)
    scale, _, mean, var = model._norms[0]
    z = X_IRIS @ (model.coefs_[0] * np.sqrt(var + VARIANCE_FLOOR) / scale)
    assert_allclose(mean, z.mean(axis=0), rtol=1e-9, atol=1e-12)
    if n_batches == 1:
        assert_allclose(var, z.var(axis=0), rtol=1e-9)
    assert (var <= z.var(axis=0) * (1 + 1e-9)).all()  # within the batches


def test_the_statistics_of_a_stream_are_of_more_than_its_last_rows():
    model = short(batch_norm=True)
    for part in np.array_split(np.random.default_rng(0).permutation(150), 10) * 20:
        model.partial_fit(X_IRIS[part], Y_IRIS[part], classes=[0, 1, 2])
    scale, _, mean, var = model._norms[0]
    z = X_IRIS @ (model.coefs_[0] * np.sqrt(var + VARIANCE_FLOOR) / scale)
    ours, last = (
        np.abs((each - z.mean(axis=0)) / z.std(axis=0)).max() for each in (mean, z[part].mean(axis=0))
    )
    assert ours < 0.5 * last


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_warm_starts_with_batch_norm_leave_the_penalty_as_it_was(estimator):
    model = short(estimator, batch_norm=True, warm_start=True, alpha=30.0, max_iter=20)
    model.set_params(batch_size=150).fit(X_IRIS, Y_IRIS)
    # of what is kept, while the training loss is of before the last step
    penalty = model.loss_ - model.train_loss_curve_[-1]
    model.set_params(max_iter=1, learning_rate="constant", learning_rate_init=1e-12)
    losses = [model.fit(X_IRIS, Y_IRIS).loss_ for _ in range(3)]
    assert_allclose(np.subtract(losses, model.train_loss_curve_[-3:]), penalty, rtol=1e-6)
    assert_allclose(losses, losses[0], rtol=0.001)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_batch_norm_learns_and_continues(solver):
    X = X_IRIS if solver == "sgd" else X_IRIS * [1, 100, 1e-3, 1] + 7
    model = short(solver=solver, batch_norm=True, max_iter=60, warm_start=True, alpha=0.1)
    model.set_params(learning_rate="constant", learning_rate_init=0.03).fit(X, Y_IRIS)
    score, loss = model.score(X, Y_IRIS), log_loss(Y_IRIS, model.predict_proba(X))
    assert score > 0.9
    model.set_params(max_iter=1, learning_rate_init=1e-9).fit(X, Y_IRIS)  # goes on from where it was
    assert log_loss(Y_IRIS, model.predict_proba(X)) < loss * 2


def test_one_row_has_no_spread_to_normalise_by():
    model = short(batch_norm=True).partial_fit(X_IRIS[:20], Y_IRIS[:20], classes=range(3))
    before = pickle.dumps(model)
    for part in (X_IRIS[:1], X_IRIS[:2]):
        with pytest.raises(ValueError, match=r"batch_norm=True .* Use batches of 2 rows or more"):
            model.partial_fit(part, Y_IRIS[: len(part)], [1.0, 0.0][: len(part)])
    assert pickle.dumps(model) == before
    with pytest.raises(ValueError, match="batch_size=1, n_samples=150"):
        short(batch_norm=True, batch_size=1).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="n_samples=1"):
        short(batch_norm=True, solver="lbfgs").fit(X_IRIS[:1], Y_IRIS[:1])
    assert (
        short(batch_norm=True, solver="lbfgs", batch_size=1).fit(X_IRIS, Y_IRIS).score(X_IRIS, Y_IRIS) > 0.9
    )


def test_a_plain_network_goes_on_with_batch_normalisation_from_the_same_predictions():
    model = short(max_iter=30).fit(X_IRIS, Y_IRIS).set_params(batch_norm=True)
    problem = model._problem(Data(X_IRIS, Y_IRIS))
    weights, biases = model._start_network(problem, None, np.float64, warm=True).plain()
    raw = predict_raw(X_IRIS, [w[0] for w in weights], [b[0] for b in biases], "tanh")
    assert_allclose(softmax(raw, axis=1), model.predict_proba(X_IRIS), rtol=1e-10)


@pytest.mark.parametrize("by_parts", [False, True])
def test_batch_norm_may_be_switched_on_and_off_when_going_on(by_parts):
    def go_on(**params):
        model.set_params(**params)
        for _ in range(60 if by_parts else 1):
            _ = model.partial_fit(X_IRIS, Y_IRIS) if by_parts else model.fit(X_IRIS, Y_IRIS)
        return model.score(X_IRIS, Y_IRIS)

    model = short(warm_start=True, max_iter=60, learning_rate_init=0.01, alpha=0.1).fit(X_IRIS, Y_IRIS)
    assert go_on(batch_norm=True) > 0.9
    assert go_on(batch_norm=False) > 0.9
    assert not hasattr(model, "_norms")
    assert go_on(batch_norm=True) > 0.9
    with_it = model.predict_proba(X_IRIS)
    go_on(batch_norm=False, learning_rate_init=1e-12)
    assert_allclose(model.predict_proba(X_IRIS), with_it, rtol=1e-6)


def test_scale_of_features_does_not_matter_with_batch_norm_and_lbfgs():
    model = short(solver="lbfgs", batch_norm=True, alpha=0.0, max_iter=4)
    base = clone(model).fit(X_IRIS, Y_IRIS).predict_proba(X_IRIS)
    shifted = clone(model).fit(X_IRIS + 10, Y_IRIS).predict_proba(X_IRIS + 10)
    assert_allclose(shifted, base, rtol=1e-6)


# ---------------------------------------------------------------------------------------- elastic net


@pytest.mark.parametrize("each", [False, True], ids=["one strength", "one for each"])
@pytest.mark.parametrize("n_penalised", [1, 2, 3])
def test_penalties_equal_their_formulas(n_penalised, each):
    rng, ratio, total = np.random.default_rng(0), 0.3, 5.0
    theta, steps = rng.normal(size=(2, n_penalised + 1)), rng.uniform(0.1, 0.9, (2, n_penalised + 1))
    alpha = rng.uniform(1, 9, (2, n_penalised if each else 1))
    part, rest = theta[:, :n_penalised].copy(), theta[:, n_penalised:].copy()
    ridge, net = L2(alpha, n_penalised, total), ElasticNetPenalty(alpha, n_penalised, total, ratio)
    squares, sizes = (alpha * part**2).sum(axis=1) / 2, (alpha * np.abs(part)).sum(axis=1)
    assert_allclose(ridge.value(theta), squares / total)
    assert_allclose(net.value(theta), ((1 - ratio) * squares + ratio * sizes) / total)
    for penalty, share in ((ridge, 1.0), (net, 1 - ratio)):
        gradient = np.ones_like(theta)
        penalty.add_gradient_inplace(theta, gradient, np.empty_like(theta))
        assert_allclose(gradient[:, :n_penalised], 1 + share * alpha * part / total)
        assert_array_equal(gradient[:, n_penalised:], 1.0)
    for step in (steps, steps[:, :1]):
        moved = theta.copy()
        net.after_step_inplace(moved, SimpleNamespace(step_length=lambda step=step: step), None)
        threshold = ratio * alpha / total * step[:, : n_penalised if step.shape[1] > 1 else 1]
        assert_allclose(moved[:, :n_penalised], np.sign(part) * np.maximum(np.abs(part) - threshold, 0))
        assert_array_equal(moved[:, n_penalised:], rest)


@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
def test_without_hidden_layers_it_is_scikit_learns_elastic_net(l1_ratio):
    alpha, n = 12.0, len(X_DIABETES)
    ours = MLPRegressor(hidden_layer_sizes=(), alpha=alpha, l1_ratio=l1_ratio, random_state=0, **TIGHT)
    ours.fit(X_DIABETES, Y_DIABETES)
    theirs = ElasticNet(alpha=alpha / n, l1_ratio=l1_ratio, tol=1e-12, max_iter=10_000)
    theirs.fit(X_DIABETES, Y_DIABETES)
    assert_allclose(ours.coefs_[0][:, 0], theirs.coef_, atol=1e-6)
    assert_array_equal(ours.coefs_[0][:, 0] == 0, theirs.coef_ == 0)


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "lbfgs", "max_iter": 2000},
        {"solver": "adam", "max_iter": 100},
        {"solver": "sgd", "max_iter": 100, "learning_rate_init": 0.05, "momentum": 0.0},
    ],
    ids=lambda params: params["solver"],
)
def test_exact_zeros_grow_with_alpha(params):
    sparsity = [
        MLPClassifier((10,), "tanh", alpha=alpha, l1_ratio=1.0, random_state=0, **params)
        .fit(X_IRIS, Y_IRIS)
        .sparsity_
        for alpha in (0.0, 0.3, 3.0, 1000.0)
    ]
    assert sparsity[0] == 0
    assert sparsity == sorted(sparsity)
    assert sparsity[2] > 0.1
    assert sparsity[-1] == 1


def test_sparsity_is_the_share_of_zeros():
    model = short(alpha=5.0, l1_ratio=0.9, max_iter=50).fit(X_IRIS, Y_IRIS)
    zeros = [coef == 0 for coef in model.coefs_]
    assert model.sparsity_ == sum(z.sum() for z in zeros) / sum(z.size for z in zeros)


@pytest.mark.parametrize(
    ("params", "slack"),
    [
        (TIGHT, 1e-6),
        (
            {
                "solver": "adam",
                "learning_rate": "one_cycle",
                "max_iter": 2000,
                "batch_size": 150,
                "learning_rate_init": 0.05,
            },
            1e-3,
        ),
        (
            {
                "solver": "sgd",
                "max_iter": 1000,
                "n_iter_no_change": np.inf,
                "batch_size": 150,
                "learning_rate_init": 0.3,
                "tol": 0.0,
            },
            1e-4,
        ),
    ],
    ids=["lbfgs", "adam", "sgd"],
)
@pytest.mark.parametrize("l1_ratio", [0.4, 1.0])
def test_solution_satisfies_the_subgradient_conditions(params, slack, l1_ratio):
    """0 ∈ ∂L/∂θ + α (1 − ρ) θ + α ρ ∂|θ| for a softmax regression, whose ∂L/∂θ is X'(p − 1[y])."""
    alpha = 4.0
    model = MLPClassifier((), alpha=alpha, l1_ratio=l1_ratio, random_state=0, **params).fit(X_IRIS, Y_IRIS)
    W = model.coefs_[0]
    smooth = X_IRIS.T @ (model.predict_proba(X_IRIS) - np.eye(3)[Y_IRIS]) + alpha * (1 - l1_ratio) * W
    zero = W == 0
    assert zero.any()
    assert not zero.all()
    assert_allclose(smooth[~zero], -alpha * l1_ratio * np.sign(W[~zero]), atol=slack * 150)
    assert np.abs(smooth[zero]).max() <= alpha * l1_ratio + slack * 150


# ------------------------------------------------------------------------------------ decoupled decay


def test_adamw_differs_from_adam_and_from_no_decay():
    fits = [
        parameters(short(solver=solver, alpha=alpha).fit(X_IRIS, Y_IRIS))
        for solver, alpha in (("adam", 2.0), ("adamw", 2.0), ("adamw", 0.0))
    ]
    assert np.abs(fits[0] - fits[1]).max() > 1e-4
    assert np.abs(fits[1] - fits[2]).max() > 1e-4
    assert_allclose(fits[2], parameters(short(solver="adam", alpha=0.0).fit(X_IRIS, Y_IRIS)), atol=1e-12)


def test_decoupled_decay_with_zero_gradients_is_a_power():
    """All X and targets are 0: only the decay acts on the weights of a network without intercepts' pull."""
    X, y, rate, alpha = np.zeros((40, 3)), np.zeros(40), 0.01, 8.0
    params = {"solver": "adamw", "learning_rate": "constant", "learning_rate_init": rate, "batch_size": 10}
    start = MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", random_state=0, alpha=0.0, **params)
    start.set_params(max_iter=1).fit(X, y)
    model = clone(start).set_params(alpha=alpha, max_iter=1).fit(X, y)
    # rows of zeros give the first layer's weights no gradient in 4 steps
    assert_allclose(model.coefs_[0], start.coefs_[0] * (1 - rate * alpha / 40) ** 4, rtol=1e-12)


def test_decoupled_decay_spares_what_is_not_penalised():
    network = Network((2, 3, 1), "tanh", 1, np.float64)
    network.theta[...] = 1.0
    DecoupledL2(np.array([[5.0]]), network.n_weights, 10.0).after_step_inplace(
        network.theta, None, np.array([[0.1]])
    )
    assert_allclose(network.theta[0, : network.n_weights], 1 - 0.1 * 5.0 / 10)
    assert_array_equal(network.theta[0, network.n_weights :], 1.0)


# --------------------------------------------------------------------------------------- intercepts


def test_penalised_intercepts_are_smaller():
    own_unit = {"normalize_y": False, "random_state": 0}
    free = MLPRegressor(alpha=20.0, solver="lbfgs", **own_unit).fit(X_DIABETES, Y_DIABETES + 3)
    held = clone(free).set_params(penalize_intercept=True).fit(X_DIABETES, Y_DIABETES + 3)
    assert abs(held.intercepts_[-1][0]) < abs(free.intercepts_[-1][0])
    assert_allclose(
        MLPRegressor(hidden_layer_sizes=(), alpha=120.0, penalize_intercept=True, **own_unit, **TIGHT)
        .fit(X_DIABETES * 0, Y_DIABETES * 0 + 3)
        .intercepts_[0],
        3 * 120 / (120 + 120),  # argmin of 120/2 (b − 3)² + 120/2 b²
        rtol=1e-6,
    )


def test_penalty_covers_what_it_should():
    X = np.zeros((5, 2))
    network = Network((2, 3, 1), "relu", 1, np.float64, batch_norm=True)
    for penalize_intercept, expected in ((False, 9), (True, 9 + 4 + 3)):
        params = MLPRegressor(penalize_intercept=penalize_intercept)
        data = Data(X, np.zeros((5, 1)))
        penalty = build_penalty(params, np.array([[1.0]]), network, data.total_weight)
        assert penalty.n_penalised == expected


# ---------------------------------------------------------------------------------------- denormals


@pytest.mark.parametrize(
    "variant",
    [
        {"solver": "adam"},
        {"solver": "sgd", "momentum": 0.5},
        {"solver": "adamw"},
        {"solver": "adam", "l1_ratio": 0.5},
    ],
    ids=str,
)
def test_weights_of_dead_inputs_never_become_denormal(variant):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(256, 6)).astype(np.float32)
    X[:, 3:] = 0
    y = (X[:, 0] > 0).astype(int)
    model = MLPClassifier(
        (8,),
        alpha=500.0,
        batch_size=16,
        max_iter=120,
        random_state=0,
        tol=0.0,
        learning_rate="constant",
        learning_rate_init=0.05,
        n_iter_no_change=1000,
        **variant,
    )
    model.fit(X, y)
    dead = np.abs(model.coefs_[0][3:])
    assert (dead < 1e-4).all()
    values = np.abs(parameters(model))
    assert not ((values > 0) & (values < 1e-25)).any()
