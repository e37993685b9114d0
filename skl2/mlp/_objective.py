"""J = L + penalty, as the optimisers see it: J / Σw and its gradient, on a batch of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from skl2._typing import NDArray
from skl2.mlp._loss import Loss
from skl2.mlp._network import Network, Workspace, predict_raw, row_keys
from skl2.mlp._penalty import L2

Rows = NDArray | slice

EVALUATION_ELEMENTS = 1 << 18
"""Activations of the widest layer that an evaluation holds at once: a few hundred kilobytes"""
FULL_BATCH_BLOCK = 4096
"""Rows that a pass over all data takes at once"""


class Data:
    """Rows (X, y, w) and their gathering into buffers: X (n, d), y (n,) or (n, K), w (n,) or None."""

    def __init__(self, X: Any, y: NDArray, weight: NDArray | None = None) -> None:
        self.X, self.y, self.weight = X, y, weight
        self.n_rows = X.shape[0]
        self.total_weight = float(self.n_rows if weight is None else weight.sum(dtype=np.float64))
        self._buffers: dict[int, NDArray] = {}

    def take(self, rows: Rows) -> tuple[Any, NDArray, NDArray | None]:
        """The rows' X, y and w: views for a slice, a reused buffer for the X of an index array."""
        weight = None if self.weight is None else self.weight[rows]
        if isinstance(rows, slice) or not isinstance(self.X, np.ndarray):
            return self.X[rows], self.y[rows], weight
        buffer = self._buffers.get(len(rows))
        if buffer is None:
            buffer = self._buffers[len(rows)] = np.empty((len(rows), self.X.shape[1]), self.X.dtype)
        # mode='clip' writes straight into the buffer, the default would make a copy first
        self.X.take(rows, axis=0, out=buffer, mode="clip")
        return buffer, self.y[rows], weight


class Objective:
    """J(θ)/W = [Σ_i w_i ℓ(y_i, f_θ(x_i)) + R(θ)] / W with W = Σ_i w_i, for each network of a stack.

    A batch B of b rows estimates it without bias by n/b · Σ_{i in B} w_i ℓ_i / W + R(θ)/W: the
    penalty's part is the same whatever the batch.

    Parameters
    ----------
    network : Network
        f_θ; its `grad` receives the gradients.
    loss : Loss
        ℓ.
    penalty : L2
        R, or another penalty of its module.
    data : Data
        The training rows.
    rng : numpy.random.Generator or None
        Where dropout masks come from; None if there is no dropout.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        penalty: L2,
        data: Data,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.network, self.loss, self.penalty, self.data, self.rng = network, loss, penalty, data, rng
        self._work: dict[int, Workspace] = {}
        if network.dropout:
            assert rng is not None
            self._keys = row_keys(data.X, rng)

    def workspace(self, n_rows: int) -> Workspace:
        """The buffers for batches of this size, kept from one step to the next."""
        if n_rows not in self._work:
            self._work[n_rows] = Workspace(self.network, n_rows)
        return self._work[n_rows]

    def loss_and_grad(self, rows: Rows, n_rows: int, scratch: NDArray) -> NDArray:
        """A batch's part of n L/W (S,); fills network.grad with the estimate of J's smooth part's.

        `scratch` is an array of θ's shape for intermediate results.
        """
        value = self.part_value_and_grad(rows, n_rows, 1 / n_rows)
        self.penalty.add_gradient_inplace(self.network.theta, self.network.grad, scratch)
        return value

    def full_value_and_grad(self) -> NDArray:
        """J/W (S,) on all rows; fills network.grad with its gradient."""
        network = self.network
        value, gradient = self.data_value_and_grad()
        self.penalty.add_gradient_inplace(network.theta, gradient, network.grad)
        network.grad[...] = gradient
        return value + self.penalty.value(network.theta)

    def data_value_and_grad(self) -> tuple[NDArray, NDArray]:
        """L/W (S,) on all rows and its gradient (S, P), as sums over blocks of rows."""
        network, n_rows = self.network, self.data.n_rows
        # batch normalisation needs the statistics of all rows at once
        step = n_rows if network.batch_norm else min(n_rows, FULL_BATCH_BLOCK)
        value, total = np.zeros(network.n_stack), np.zeros_like(network.grad)
        for start in range(0, n_rows, step):
            stop = min(start + step, n_rows)
            value += self.part_value_and_grad(slice(start, stop), stop - start, 1 / n_rows)
            total += network.grad
        return value / n_rows, total

    def part_value_and_grad(self, rows: Rows, n_rows: int, scale: float) -> NDArray:
        """n/W · Σ_{i in rows} w_i ℓ_i; `scale` times its gradient overwrites network.grad."""
        network, work = self.network, self.workspace(n_rows)
        X, y, weight = self.data.take(rows)
        share = None
        if weight is not None:
            if network.batch_norm:
                share = weight / max(weight.sum(), np.finfo(weight.dtype).tiny)
            weight = weight * (self.data.n_rows / self.data.total_weight)
        if network.dropout:
            network.draw_masks(work, self.rng, self._keys[rows])  # type: ignore[arg-type]
        f = network.forward(X, work, share)
        value = self.loss.value_and_gradient_inplace(f, y, weight)
        f *= scale
        network.backward(X, work, f, share)
        return value

    def evaluate(self, data: Data) -> NDArray:
        """The mean loss on other rows, without penalty or dropout, of shape (S,)."""
        return mean_loss(self.network, self.loss, data)

    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""
        self.network.select(keep)
        self.penalty.select(keep)
        self._work.clear()


def mean_loss(network: Network, loss: Loss, data: Data) -> NDArray:
    """Σ w ℓ / Σ w of each network, of shape (S,), without penalty or dropout."""
    weights, biases = network.plain()
    step = max(64, EVALUATION_ELEMENTS // (max(network.layer_sizes[1:]) * network.n_stack))
    total = np.zeros(network.n_stack)
    for start in range(0, data.n_rows, step):
        X, y, weight = data.take(slice(start, min(start + step, data.n_rows)))
        f = predict_raw(X, weights, biases, network.activation_name)
        total += loss.value_and_gradient_inplace(f.reshape(network.n_stack, *f.shape[-2:]), y, weight)
    return total / data.total_weight


def constant_loss(loss: Loss, data: Data, n_outputs: int) -> float:
    """Σ w ℓ / Σ w of the constant prediction that fits best: y's mean, or the classes' shares."""
    if data.y.ndim == 1:
        counts = np.bincount(data.y, data.weight, minlength=n_outputs)
        mean = counts / counts.sum()
    else:
        mean = np.average(data.y, axis=0, weights=data.weight)
    f = np.tile(loss.best_constant(mean.astype(np.float64)), (1, data.n_rows, 1))
    return float(loss.value_and_gradient_inplace(f, data.y, data.weight)[0] / data.total_weight)
