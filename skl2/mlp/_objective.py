"""J = L + penalty, as the optimisers see it: J / Σw and its gradient, on a batch of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from scipy import sparse

from skl2._typing import NDArray
from skl2._validation import rows_as_given
from skl2.mlp._loss import Loss
from skl2.mlp._network import STATISTICS_DECAY, Network, Workspace, predict_raw, row_keys
from skl2.mlp._penalty import L2

Rows = NDArray | slice

EVALUATION_ELEMENTS = 1 << 18
"""Numbers of the widest layer that an evaluation holds at once: a few hundred kilobytes"""
FULL_BATCH_BLOCK = 4096
"""Rows that a pass over all data takes at once"""


class Features:
    """Rows of X (n, d), taken when they are asked for: X may lie on disk, and nothing of its size is copied.

    X has all rows that there are, of which those of an `index` (n,) count. A `dtype` is what the numbers are
    to be, and `given` is X as the user gave it, for scorers, which may read columns by name.
    """

    def __init__(
        self, X: Any, *, index: NDArray | None = None, dtype: DTypeLike | None = None, given: Any = None
    ) -> None:
        self.dtype = np.dtype(dtype or X.dtype)
        self.all = X.astype(self.dtype, copy=False) if sparse.issparse(X) else X  # of a batch it takes long
        self.index, self.given = index, given
        self.shape = (X.shape[0] if index is None else len(index), X.shape[1])
        self._buffers: dict[int, NDArray] = {}

    def part(self, rows: NDArray) -> Features:
        """Some of the rows."""
        index = rows if self.index is None else self.index[rows]
        return Features(self.all, index=index, dtype=self.dtype, given=self.given)

    def __getitem__(self, rows: Rows) -> Any:
        """A view for a slice of all rows, a reused buffer for others."""
        places = rows if self.index is None else self.index[rows]
        if sparse.issparse(self.all):
            whole = isinstance(places, slice) and places == slice(0, self.all.shape[0])
            return self.all if whole else self.all[places]  # a slice would be a copy
        if isinstance(places, slice):
            return self.all[places].astype(self.dtype, copy=False)
        buffer = self._buffers.get(len(places))
        if buffer is None:
            buffer = self._buffers[len(places)] = np.empty((len(places), self.shape[1]), self.all.dtype)
        # mode='clip' writes straight into the buffer, the default would make a copy first
        return self.all.take(places, axis=0, out=buffer, mode="clip").astype(self.dtype, copy=False)

    def as_given(self) -> Any:
        """The rows as a scorer is to see them."""
        X = self.all if self.given is None else self.given
        return X if self.index is None else rows_as_given(X, self.index)


class Data:
    """Rows (X, y, w): X (n, d), y (n,) or (n, K), w (n,) or None."""

    def __init__(self, X: Any, y: NDArray, weight: NDArray | None = None) -> None:
        self.X = X if isinstance(X, Features) else Features(X)
        self.y, self.weight = y, weight
        self.n_rows = self.X.shape[0]
        self.total_weight = float(self.n_rows if weight is None else weight.sum(dtype=np.float64))

    def part(self, rows: NDArray) -> Data:
        """Some of the rows."""
        return Data(self.X.part(rows), self.y[rows], None if self.weight is None else self.weight[rows])

    def take(self, rows: Rows) -> tuple[Any, NDArray, NDArray | None]:
        """The rows' X, y and w."""
        return self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows]


def drop_weightless(data: Data) -> Data:
    """The rows whose weight is not 0: a weight of zero is exactly removal. Numbers take X's dtype."""
    X, y, weight = data.X, data.y, data.weight
    if y.dtype.kind == "f":
        y = y.astype(X.dtype, copy=False)
    if weight is None:
        return Data(X, y)
    data = Data(X, y, weight.astype(X.dtype, copy=False))
    return data if weight.all() else data.part(np.flatnonzero(weight))


@dataclass(eq=False)
class Objective:
    """J(θ)/W = [Σ_i w_i ℓ(y_i, f_θ(x_i)) + R(θ)] / W with W = Σ_i w_i, for each network of a stack.

    A batch B of b rows estimates it without bias by n/b · Σ_{i in B} w_i ℓ_i / W + R(θ)/W: the
    penalty's part is the same whatever the batch.
    """

    network: Network
    """f_θ; its `grad` receives the gradients"""
    loss: Loss
    penalty: L2
    data: Data
    """The training rows"""
    rng: np.random.Generator | None = None
    """Where dropout masks come from; None if there is no dropout"""
    kept: float = STATISTICS_DECAY
    """How much a batch leaves of the running statistics of batch normalisation"""

    def __post_init__(self) -> None:
        self._work: dict[int, Workspace] = {}
        if self.network.dropout:
            assert self.rng is not None
            self._keys = row_keys(self.data.X, self.rng)

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
        X, y, weight = self.data.take(rows)
        f, share = self._forward(rows, X, weight, self.kept)
        if weight is not None:
            weight = weight * (self.data.n_rows / self.data.total_weight)
        value = self.loss.value_and_gradient_inplace(f, y, weight)
        f *= scale
        self.network.backward(X, self.workspace(n_rows), f, share)
        return value

    def observe(self, rows: Rows, kept: float) -> None:
        """Let the running statistics of batch normalisation, and nothing else, take in a batch."""
        X, _, weight = self.data.take(rows)
        self._forward(rows, X, weight, kept)

    def _forward(
        self, rows: Rows, X: Any, weight: NDArray | None, kept: float
    ) -> tuple[NDArray, NDArray | None]:
        """The raw predictions in training, and the rows' shares of the weight if these are normalised."""
        network, work, share = self.network, self.workspace(X.shape[0]), None
        if weight is not None and network.batch_norm:
            share = weight / max(weight.sum(), np.finfo(weight.dtype).tiny)
        if network.dropout:
            network.draw_masks(work, self.rng, self._keys[rows])  # type: ignore[arg-type]
        return network.forward(X, work, share, kept), share

    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""
        self.network.select(keep)
        self.penalty.select(keep)
        self._work.clear()


def mean_loss(network: Network, loss: Loss, data: Data) -> NDArray:
    """Σ w ℓ / Σ w of each network, of shape (S,), without penalty or dropout."""
    weights, biases = network.plain()
    widest = max(network.layer_sizes[0], max(network.layer_sizes[1:]) * network.n_stack)
    step = max(64, EVALUATION_ELEMENTS // widest)
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
