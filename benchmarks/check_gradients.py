"""PyTorch's automatic differentiation as an oracle: value and gradient of J for every loss and activation.

python benchmarks/check_gradients.py
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from torch.nn import functional

from skl2.mlp._activation import ACTIVATIONS
from skl2.mlp._loss import LOSSES
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Objective
from skl2.mlp._penalty import L2

TORCH_ACTIVATIONS = {
    "identity": lambda z: z,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}


def torch_loss(name: str, f: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Σ w ℓ, in PyTorch's own words."""
    if name == "log_loss":
        return (weight * functional.cross_entropy(f, y, reduction="none")).sum()
    by_output = {
        "squared_error": lambda: 0.5 * functional.mse_loss(f, y, reduction="none"),
        "poisson": lambda: torch.xlogy(y, y) - y + functional.poisson_nll_loss(f, y, reduction="none"),
        "binary_log_loss": lambda: functional.binary_cross_entropy_with_logits(f, y, reduction="none"),
    }[name]()
    return (weight * by_output.sum(dim=1)).sum()


def relative_difference(loss: str, activation: str, n_outputs: int, n_hidden: int) -> float:
    """The larger of the relative differences of value and gradient."""
    rng = np.random.RandomState(0)
    X, weight = rng.normal(size=(40, 6)), rng.uniform(0.5, 2, 40)
    y = (
        rng.randint(0, max(2, n_outputs), 40)
        if loss == "log_loss"
        else rng.randint(0, 2, (40, n_outputs)) * 1.0
    )
    network = Network((6, *[5] * n_hidden, n_outputs), activation, 1, np.float64)
    network.initialise(rng)
    penalty = L2(np.array([[0.7]]), network.n_weights, weight.sum())
    value = Objective(network, LOSSES[loss](), penalty, Data(X, y, weight)).full_value_and_grad()[0]

    leaves = [torch.tensor(array[0], requires_grad=True) for array in network.weights + network.biases]
    n_layers = len(network.weights)
    h = torch.tensor(X)
    for layer in range(n_layers):
        h = h @ leaves[layer] + leaves[n_layers + layer]
        if layer < n_layers - 1:
            h = TORCH_ACTIVATIONS[activation](h)
    total = torch_loss(loss, h, torch.tensor(y), torch.tensor(weight))
    total = (total + 0.35 * sum((leaf**2).sum() for leaf in leaves[:n_layers])) / weight.sum()
    total.backward()
    gradient = np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves])
    gap = np.linalg.norm(gradient - network.grad[0]) / np.linalg.norm(gradient)
    return max(gap, abs(total.item() / value - 1))


def main() -> None:
    """Every loss × activation × 1 and 3 outputs × 0, 1 and 2 hidden layers."""
    worst = 0.0
    for loss, activation, n_outputs, n_hidden in product(LOSSES, ACTIVATIONS, (1, 3), (0, 1, 2)):
        if loss == "log_loss" and n_outputs == 1:
            continue  # softmax over one class is constant
        worst = max(worst, relative_difference(loss, activation, n_outputs, n_hidden))
    print(f"largest relative difference from PyTorch: {worst:.1e}")
    assert worst < 1e-10


if __name__ == "__main__":
    main()
