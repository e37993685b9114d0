"""The gradient is that of the value: numerically, for every loss, activation, depth and regulariser."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skl2.mlp._activation import ACTIVATIONS
from skl2.mlp._estimators import MLPRegressor
from skl2.mlp._loss import LOSSES
from skl2.mlp._network import LARGE_PRODUCT, SMALL_PRODUCT, Network, matmul_by_blocks
from skl2.mlp._objective import Data, Objective
from skl2.mlp._penalty import L2
from skl2.mlp._stack import build_penalty

N_ROWS, N_FEATURES = 13, 4
DEPTHS = {0: (), 1: (5,), 2: (5, 4)}


def targets(loss, n_outputs, rng):
    """Targets as the loss takes them."""
    shape = (N_ROWS, n_outputs)
    return {
        "squared_error": rng.normal(size=shape),
        "poisson": rng.poisson(2.0, size=shape).astype(float),
        "binary_log_loss": rng.random(shape) > 0.4,
        "log_loss": rng.integers(n_outputs, size=N_ROWS),
    }[loss]


def make_objective(
    loss,
    activation="tanh",
    n_outputs=3,
    hidden=(5,),
    *,
    n_stack=1,
    alpha=((0.7,),),
    dropout=(),
    seed=0,
    **params,
):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(N_ROWS, N_FEATURES)), targets(loss, n_outputs, rng)
    data = Data(X, y, rng.uniform(0.2, 3, size=N_ROWS))
    params = MLPRegressor(hidden_layer_sizes=hidden, dropout=list(dropout), **params)
    sizes = (N_FEATURES, *hidden, n_outputs)
    network = Network(sizes, activation, n_stack, np.float64, dropout, params.batch_norm)
    # no unit of a ReLU layer is at its kink, where there is no gradient
    network.theta[...] = rng.normal(scale=0.6, size=network.theta.shape) + 0.01
    penalty = build_penalty(params, np.array(alpha), network, data.total_weight)
    return Objective(network, LOSSES[loss](), penalty, data, np.random.default_rng(1) if dropout else None)


def numerical_gradient(objective):
    theta, step = objective.network.theta, 1e-6
    gradient = np.empty_like(theta)
    for k in range(theta.shape[1]):
        centre = theta[:, k].copy()
        theta[:, k] = centre + step
        above = objective.full_value_and_grad()
        theta[:, k] = centre - step
        below = objective.full_value_and_grad()
        theta[:, k] = centre
        gradient[:, k] = (above - below) / (2 * step)
    return gradient


def assert_gradient_is_that_of_the_value(objective):
    objective.full_value_and_grad()
    analytic = objective.network.grad.copy()
    numerical = numerical_gradient(objective)
    assert np.linalg.norm(analytic) > 1e-3
    assert np.linalg.norm(numerical - analytic) <= 1e-6 * np.linalg.norm(analytic)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_gradient(loss, activation, n_outputs, depth):
    if loss == "log_loss" and n_outputs == 1:
        n_outputs = 2  # softmax of one output is the constant 1
    assert_gradient_is_that_of_the_value(make_objective(loss, activation, n_outputs, DEPTHS[depth]))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    "params",
    [
        {"batch_norm": True},
        {"penalize_intercept": True},
        {"alpha": ((0.1, 3.0, 0.0),)},
        {"alpha": ((0.1, 3.0, 0.4),), "penalize_intercept": True, "batch_norm": True},
    ],
    ids=["batch_norm", "intercepts", "alpha of each layer", "all of them"],
)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_gradient_with_regularisers(loss, activation, params):
    assert_gradient_is_that_of_the_value(make_objective(loss, activation, hidden=(5, 4), **params))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_with_frozen_dropout_masks(activation, monkeypatch):
    objective = make_objective("log_loss", activation, hidden=(6, 5), dropout=(0.3, 0.5))
    objective.full_value_and_grad()
    masks = objective.workspace(N_ROWS).masks
    assert all((mask == 0).any() and (mask > 1).any() for mask in masks)
    monkeypatch.setattr(Network, "draw_masks", lambda *_: None)
    assert_gradient_is_that_of_the_value(objective)


def test_sparse_rows_have_the_gradient_of_dense_ones():
    objective = make_objective("log_loss")
    value, gradient = objective.full_value_and_grad(), objective.network.grad.copy()
    objective.data = Data(sparse.csr_array(objective.data.X.all), objective.data.y, objective.data.weight)
    assert_allclose(objective.full_value_and_grad(), value, rtol=1e-14)
    assert_allclose(objective.network.grad, gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_stack_of_three_is_three_single_networks(loss, batch_norm):
    alphas = np.array([[0.1], [1.0], [30.0]])
    stack = make_objective(loss, "relu", n_stack=3, alpha=alphas, batch_norm=batch_norm)
    values = stack.full_value_and_grad()
    for s, alpha in enumerate(alphas):
        single = make_objective(loss, "relu", alpha=[alpha], batch_norm=batch_norm)
        single.network.theta[...] = stack.network.theta[s]
        single.data = stack.data
        assert_allclose(single.full_value_and_grad(), values[s], rtol=1e-13)
        assert_allclose(single.network.grad[0], stack.network.grad[s], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("batch_size", [1, 4, 13])
def test_mini_batches_estimate_the_gradient_without_bias(batch_size):
    objective = make_objective("poisson", "logistic")
    objective.full_value_and_grad()
    full = objective.network.grad.copy()
    total, scratch = np.zeros_like(full), np.empty_like(full)
    for start in range(0, N_ROWS, batch_size):
        rows = np.arange(start, min(start + batch_size, N_ROWS))
        objective.loss_and_grad(rows, len(rows), scratch)
        total += len(rows) / N_ROWS * objective.network.grad
    assert_allclose(total, full, rtol=1e-12, atol=1e-15)


def test_a_full_pass_in_blocks_is_one_in_one_piece(monkeypatch):
    objective = make_objective("squared_error")
    value, gradient = objective.full_value_and_grad(), objective.network.grad.copy()
    monkeypatch.setattr("skl2.mlp._objective.FULL_BATCH_BLOCK", 5)
    assert_allclose(objective.full_value_and_grad(), value, rtol=1e-14)
    assert_allclose(objective.network.grad, gradient, rtol=1e-12, atol=1e-15)


def linear_problem(n_outputs=2):
    """A linear network, whose gradients can be written down: its objective, X, y and residuals."""
    objective = make_objective("squared_error", n_outputs=n_outputs, hidden=())
    objective.data = Data(objective.data.X, objective.data.y)  # unit weights
    network = objective.network
    X, y = objective.data.X.all, objective.data.y
    return objective, X, y, X @ network.weights[0][0] + network.biases[0][0] - y


def with_penalty(objective, alpha, *, intercepts=False):
    network = objective.network
    n_penalised = network.n_parameters if intercepts else network.n_weights
    objective.penalty = L2(np.array([[alpha]]), n_penalised, objective.data.total_weight)
    objective.full_value_and_grad()
    return network.weight_grads[0][0], network.bias_grads[0][0, 0]


def test_keras_l2_is_alpha_2cn():
    objective, X, _, residual = linear_problem()
    weights, c = objective.network.weights[0][0], 0.03
    # mean over the rows of ½‖f − y‖², plus c Σ w², whose gradient is 2 c w
    expected = X.T @ residual / N_ROWS + 2 * c * weights
    weight_grad, bias_grad = with_penalty(objective, 2 * c * N_ROWS)
    assert_allclose(weight_grad, expected, rtol=1e-13)
    assert_allclose(bias_grad, residual.mean(axis=0), rtol=1e-13)


def test_pytorch_weight_decay_is_alpha_wn_on_every_parameter():
    objective, X, _, residual = linear_problem()
    network, decay = objective.network, 0.02
    weight_grad, bias_grad = with_penalty(objective, decay * N_ROWS, intercepts=True)
    assert_allclose(weight_grad, X.T @ residual / N_ROWS + decay * network.weights[0][0], rtol=1e-13)
    assert_allclose(bias_grad, residual.mean(axis=0) + decay * network.biases[0][0, 0], rtol=1e-13)


def test_scikit_learn_divides_alpha_by_the_batch_size():
    objective, X, _, residual = linear_problem()
    a, b = 0.5, 4
    network, scratch = objective.network, np.empty_like(objective.network.theta)
    objective.penalty = L2(np.array([[a * N_ROWS / b]]), network.n_weights, objective.data.total_weight)
    objective.loss_and_grad(np.arange(b), b, scratch)
    expected = (X[:b].T @ residual[:b] + a * network.weights[0][0]) / b
    assert_allclose(network.weight_grads[0][0], expected, rtol=1e-13)


@pytest.mark.parametrize("shape", [(1, 40, 700, 60), (3, 157, 64, 100), (2, 33, 1100, 101)], ids=str)
def test_products_made_of_small_ones_are_the_products(shape):
    n_stack, n_rows, n_in, n_out = shape
    assert SMALL_PRODUCT < n_rows * n_in * n_out < LARGE_PRODUCT  # the case that is split
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(n_rows, n_in)), rng.normal(size=(n_stack, n_in, n_out))
    out = np.full((n_stack, n_rows, n_out), np.nan)
    assert_allclose(matmul_by_blocks(X, weights, out), X @ weights, rtol=1e-12, atol=1e-12)
    grad = np.full((n_stack, n_in, n_out), np.nan)
    assert_allclose(matmul_by_blocks(X.T, out, grad), X.T @ out, rtol=1e-12, atol=1e-9)
