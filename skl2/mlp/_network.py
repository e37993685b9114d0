"""f_θ(X): a stack of S networks of one shape, on flat parameters with views for each layer.

The networks of a stack differ only in their parameters. `np.matmul` broadcasts over them, so a
single network is the stack of S = 1 and needs no code of its own. θ has shape (S, P): first the
weights of every layer, then the intercepts, then the scales γ of batch normalisation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from scipy import sparse

from skl2._typing import NDArray
from skl2.mlp._activation import ACTIVATIONS, Activation

VARIANCE_FLOOR = 1e-5
"""Added to a batch's variances, so that a unit that is constant there can be normalised."""
STATISTICS_DECAY = 0.9
"""How much of the running mean and variance a batch leaves where there is no reason for another share"""
SMALL_PRODUCT, LARGE_PRODUCT = 1_000_000, 4_000_000
"""Multiplications up to which OpenBLAS needs no copies of the factors, and from which a second thread pays"""
Matmul = Callable[[NDArray, NDArray, NDArray], NDArray]
"""The product of the first two, into the third"""
KEY_ROWS = 1024
"""Rows whose keys are computed at once, so that little memory is needed for it"""


def matmul_by_blocks(left: NDArray, right: NDArray, out: NDArray) -> NDArray:
    """`np.matmul` of (..., n, k) and (S, k, m), into `out` (S, n, m), by blocks of rows.

    On one thread, small products are up to a quarter faster than one of a middling size; for two
    threads it is better whole.
    """
    n_rows = left.shape[-2]
    n_blocks = -(-n_rows * left.shape[-1] * right.shape[-1] // SMALL_PRODUCT)
    if n_blocks == 1:
        return np.matmul(left, right, out=out)
    step = -(-n_rows // n_blocks)
    for start in range(0, n_rows, step):
        rows = slice(start, start + step)
        np.matmul(left[..., rows, :], right, out=out[..., rows, :])
    return out


def input_product(X: Any, factors: NDArray, out: NDArray, matmul: Matmul) -> None:
    """X or Xᵀ (n, k), dense or sparse, times an array (S, k, m), into `out` (S, n, m)."""
    if isinstance(X, np.ndarray):
        matmul(X, factors, out)
        return
    for factor, product in zip(factors, out, strict=True):
        product[...] = X @ factor


def gradient_below(delta: NDArray, weights: NDArray, out: NDArray, matmul: Matmul) -> NDArray:
    """Delta (S, b, units) times the transposed weights (S, units_below, units), into `out`."""
    transposed = weights.transpose(0, 2, 1)
    if delta.shape[2] == 1:  # NumPy has no BLAS for this product, and a broadcast is three times faster
        return np.multiply(delta, transposed, out=out)
    return matmul(delta, transposed, out)


def row_keys(X: Any, rng: np.random.Generator) -> NDArray:
    """A random odd number of 64 bits for each row of X (n, d): Σ_j bits(x_ij) m_j mod 2⁶⁴, made odd.

    Equal rows have equal keys, so that a row of weight 2 gets the dropout masks of two copies of it.
    """
    multipliers = rng.integers(2**64, size=X.shape[1], dtype=np.uint64)
    keys = np.empty(X.shape[0], np.uint64)
    for start in range(0, len(keys), KEY_ROWS):
        block = X[start : start + KEY_ROWS]
        values = block.data if sparse.issparse(block) else block
        # adding 0 turns −0 into 0, whose bits are all 0 as those of what a sparse row leaves out
        bits = (values + values.dtype.type(0)).view(f"u{values.itemsize}").astype(np.uint64)
        bits ^= bits >> np.uint64(32)  # the low bits of small whole numbers are all 0
        if sparse.issparse(block):
            bits = sparse.csr_array((bits, block.indices, block.indptr), shape=block.shape)
        keys[start : start + KEY_ROWS] = bits @ multipliers
    return keys | np.uint64(1)


def predict_raw(
    X: Any,
    weights: Sequence[NDArray],
    biases: Sequence[NDArray],
    activation: str,
    buffers: Sequence[NDArray] | None = None,
) -> NDArray:
    """The raw predictions of plain networks: (n, K) of one, (S, n, K) of a stack.

    weights[l] has shape (units_in, units_out) or (S, units_in, units_out). `buffers`, of at least n
    rows and each layer's units, receive the layers' outputs; without them memory is allocated.
    """
    h = X
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if layer:
            ACTIVATIONS[activation].forward_inplace(h)
        if sparse.issparse(h):
            h = np.stack([h @ network for network in weight]) if weight.ndim == 3 else h @ weight
        elif buffers is None:
            h = h @ weight
        else:
            h = np.matmul(h, weight, out=buffers[layer][: h.shape[0]])
        h += bias
    return h


class Workspace:
    """The buffers of one batch of `n_rows` rows: allocated once, overwritten at every step."""

    def __init__(self, network: Network, n_rows: int) -> None:
        def buffers(sizes: Sequence[int]) -> list[NDArray]:
            return [np.empty((network.n_stack, n_rows, size), network.dtype) for size in sizes]

        hidden = network.layer_sizes[1:-1]
        self.outputs = buffers(network.layer_sizes[1:])
        self.deltas = buffers(hidden)
        self.masks = [np.empty((n_rows, size), network.dtype) for size in hidden] if network.dropout else []
        self.dropped = buffers(hidden) if network.dropout else []
        self.normalised = buffers(hidden) if network.batch_norm else []
        self.inverse_std: list[Any] = [None] * len(hidden)
        self.ones = np.ones((1, n_rows), network.dtype)
        in_blocks = SMALL_PRODUCT < network.largest_product(n_rows) < LARGE_PRODUCT
        self.matmul: Matmul = matmul_by_blocks if in_blocks else np.matmul


class Network:
    """A stack of S networks: parameters, forward and backward pass.

    Parameters
    ----------
    layer_sizes : sequence of int
        Features, hidden units of each layer, outputs.
    activation : str
        A key of `ACTIVATIONS`.
    n_stack : int
        S, the number of networks.
    dtype : dtype
        float32 or float64.
    dropout : sequence of float
        The rate of each hidden layer, or empty for none.
    batch_norm : bool
        Whether hidden layers are normalised before their activation.
    """

    def __init__(
        self,
        layer_sizes: Sequence[int],
        activation: str,
        n_stack: int,
        dtype: DTypeLike,
        dropout: Sequence[float] = (),
        batch_norm: bool = False,
    ) -> None:
        self.layer_sizes = tuple(layer_sizes)
        self.activation_name = activation
        self.activation: Activation = ACTIVATIONS[activation]
        self.dtype = np.dtype(dtype)
        self.dropout = tuple(dropout)
        self.batch_norm = batch_norm
        hidden = self.layer_sizes[1:-1]
        self.n_weights = sum(n_in * n_out for n_in, n_out in pairwise(self.layer_sizes))
        self.n_parameters = self.n_weights + sum(self.layer_sizes[1:]) + batch_norm * sum(hidden)
        n_statistics = 2 * batch_norm * sum(hidden)
        self.attach(np.zeros((n_stack, self.n_parameters + n_statistics), self.dtype))
        for ones in self.scales + self.running_var:
            ones[...] = 1

    def largest_product(self, n_rows: int) -> int:
        """Multiplications in the largest of one network's products for a batch of so many rows."""
        return n_rows * max(n_in * n_out for n_in, n_out in pairwise(self.layer_sizes))

    def attach(self, state: NDArray) -> None:
        """Make `state` the network's own: θ, then the running means and variances; lay the views."""
        self.state = state
        self.n_stack = len(state)
        self.theta = state[:, : self.n_parameters]
        self.grad = np.zeros_like(self.theta)
        self.weights, self.biases, self.scales = self.views(self.theta)
        self.weight_grads, self.bias_grads, self.scale_grads = self.views(self.grad)
        rows = [(1, size) for size in self.layer_sizes[1:-1]] * 2 if self.batch_norm else []
        statistics = self._split(state[:, self.n_parameters :], rows)
        self.running_mean, self.running_var = statistics[: len(rows) // 2], statistics[len(rows) // 2 :]

    def views(self, flat: NDArray) -> tuple[list[NDArray], list[NDArray], list[NDArray]]:
        """The layers' weights (S, in, out), intercepts (S, 1, out) and scales (S, 1, out) in `flat`."""
        shapes = list(pairwise(self.layer_sizes)) + [(1, size) for size in self.layer_sizes[1:]]
        if self.batch_norm:
            shapes += [(1, size) for size in self.layer_sizes[1:-1]]
        views, n_layers = self._split(flat, shapes), len(self.layer_sizes) - 1
        return views[:n_layers], views[n_layers : 2 * n_layers], views[2 * n_layers :]

    @staticmethod
    def _split(flat: NDArray, shapes: Sequence[tuple[int, int]]) -> list[NDArray]:
        """Consecutive columns of `flat` (S, ·) as views of shape (S, n_in, n_out)."""
        stops = np.cumsum([n_in * n_out for n_in, n_out in shapes])
        parts = np.split(flat, stops, axis=1)[:-1] if len(shapes) else []
        # a slice of rows splits into axes without a copy
        return [part.reshape(len(flat), *shape) for part, shape in zip(parts, shapes, strict=True)]

    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""
        self.attach(self.state[keep])

    def initialise(self, rng: np.random.RandomState) -> None:
        """Draw weights and intercepts, the same for the whole stack, layer by layer.

        They are uniform in ±√(6 / (n_in + n_out)), with 2 in place of 6 for the logistic activation.

        References
        ----------
        Glorot, Bengio (2010). Understanding the difficulty of training deep feedforward neural networks.
        """
        factor = 2.0 if self.activation_name == "logistic" else 6.0
        for weight, bias in zip(self.weights, self.biases, strict=True):
            n_in, n_out = weight.shape[1:]
            bound = np.sqrt(factor / (n_in + n_out))
            weight[...] = rng.uniform(-bound, bound, (n_in, n_out))
            bias[...] = rng.uniform(-bound, bound, n_out)

    def norms(self, place: int) -> list[NDArray]:
        """What `plain` folds into a network's hidden layers: γ, β, mean and variance, each (4, units)."""
        layers = zip(self.scales, self.biases[:-1], self.running_mean, self.running_var, strict=True)
        return [np.concatenate([part[place] for part in layer]) for layer in layers]

    def unfold_inplace(self, norms: Sequence[NDArray]) -> None:
        """Undo `plain`: from folded weights to those before, with the `norms` that were folded into them.

        Folding changes the weights' scale and so the penalty: without this it would change with
        every continuation of a fit.
        """
        for layer, (scale, shift, mean, var) in enumerate(norms):
            factor = scale / np.sqrt(var + VARIANCE_FLOOR)
            self.weights[layer] /= np.where(factor == 0, 1, factor)  # weights folded with γ = 0 are 0
            self.scales[layer][...], self.biases[layer][...] = scale, shift
            self.running_mean[layer][...], self.running_var[layer][...] = mean, var

    def draw_masks(self, work: Workspace, rng: np.random.Generator, keys: NDArray) -> None:
        """Draw the inverted dropout masks, 0 or 1 / (1 − rate), shared by the stack.

        A row's key (odd) times a unit's random number is uniform modulo 2⁶⁴.
        """
        for rate, mask in zip(self.dropout, work.masks, strict=True):
            units = rng.integers(2**64, size=mask.shape[1], dtype=np.uint64)
            kept = np.multiply.outer(keys, units) >= np.uint64(rate * 2.0**64)
            np.multiply(kept, 1 / (1 - rate), out=mask)

    def forward(
        self, X: Any, work: Workspace, share: NDArray | None = None, kept: float = STATISTICS_DECAY
    ) -> NDArray:
        """The raw predictions (S, b, K) in training, a buffer of `work`.

        Of batch normalisation: `share` (b,) holds the rows' shares of the batch's weight, None means equal
        ones, and `kept` is how much the batch leaves of the running mean and variance.
        """
        h = X
        last = len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = work.outputs[layer]
            if layer:
                work.matmul(h, weight, z)
            else:
                input_product(h, weight, z, work.matmul)
            if self.batch_norm and layer < last:
                self._normalise(layer, z, work, share, kept)
            z += bias
            h = z
            if layer < last:
                self.activation.forward_inplace(z)
                if self.dropout:
                    h = np.multiply(z, work.masks[layer], out=work.dropped[layer])
        return h

    def backward(self, X: Any, work: Workspace, delta: NDArray, share: NDArray | None = None) -> None:
        """Fill `grad` from delta = ∂L/∂f, the gradient at the raw predictions of the last forward."""
        inputs = work.dropped if self.dropout else work.outputs
        np.matmul(work.ones, delta, out=self.bias_grads[-1])  # faster than a sum
        for layer in range(len(self.weights) - 1, 0, -1):
            below = layer - 1
            work.matmul(inputs[below].transpose(0, 2, 1), delta, self.weight_grads[layer])
            delta = gradient_below(delta, self.weights[layer], work.deltas[below], work.matmul)
            if self.dropout:
                delta *= work.masks[below]
            self.activation.backward_inplace(work.outputs[below], delta)
            np.matmul(work.ones, delta, out=self.bias_grads[below])
            if self.batch_norm:
                self._normalise_backward(below, delta, work, share)
        input_product(X.T, delta, self.weight_grads[0], work.matmul)

    def _normalise(self, layer: int, z: NDArray, work: Workspace, share: NDArray | None, kept: float) -> None:
        """Z -> γ (z − mean) / std over the batch's rows, and move the running statistics."""
        weight = np.full(z.shape[1], 1 / z.shape[1], self.dtype) if share is None else share
        mean = np.matmul(weight, z)[:, None, :]
        z -= mean
        var = np.matmul(weight, np.square(z))[:, None, :]
        work.inverse_std[layer] = 1 / np.sqrt(var + VARIANCE_FLOOR)
        np.multiply(z, work.inverse_std[layer], out=work.normalised[layer])
        np.multiply(work.normalised[layer], self.scales[layer], out=z)
        self.running_mean[layer] += (1 - kept) * (mean - self.running_mean[layer])
        self.running_var[layer] += (1 - kept) * (var - self.running_var[layer])

    def _normalise_backward(self, layer: int, delta: NDArray, work: Workspace, share: NDArray | None) -> None:
        """Delta at γ x̂ + β -> delta at z, through the batch's mean and variance; fill γ's gradient."""
        n_rows = delta.shape[1]
        weight = np.full(n_rows, 1 / n_rows, self.dtype) if share is None else share
        hat = work.normalised[layer]
        np.einsum("sbu,sbu->su", delta, hat, out=self.scale_grads[layer][:, 0])
        total = self.bias_grads[layer] + hat * self.scale_grads[layer]
        delta -= weight[:, None] * total
        delta *= self.scales[layer] * work.inverse_std[layer]

    def plain(self) -> tuple[list[NDArray], list[NDArray]]:
        """Weights and intercepts of the equivalent network without batch normalisation.

        γ (z − mean) / std + β = z · γ/std + (β − mean · γ/std), with the running statistics.
        """
        weights, biases = list(self.weights), list(self.biases)
        if self.batch_norm:
            for layer, scale in enumerate(self.scales):
                factor = scale / np.sqrt(self.running_var[layer] + VARIANCE_FLOOR)
                weights[layer] = weights[layer] * factor
                biases[layer] = biases[layer] - self.running_mean[layer] * factor
        return weights, biases
