"""L: the sum of the losses over the rows, value and gradient together, in raw predictions.

Raw predictions f have shape (S, b, K): S networks of a stack, b rows, K outputs. One call turns
them into the gradient ∂ℓ/∂f, in place, and returns the losses' sums, one for each network.
Both come from the same numbers, so they agree.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from scipy.special import expit, xlogy

from skl2._typing import NDArray
from skl2.mlp._activation import logistic_inplace

LOWEST_EXPONENT = {np.dtype(kind): float(np.log(np.finfo(kind).tiny)) for kind in (np.float32, np.float64)}
"""exp of less would be denormal, and arithmetic on denormals is tens of times slower."""
SMALLEST_MEAN = 1e-3
"""Stands for the mean of y where that is 0, which has no logarithm."""
SMALLEST_SHARE = 1e-12
"""Stands for the share of a class without rows."""
SHORT_ROW = 32
"""Numbers in a row from which NumPy's own reduction of it is the faster one."""


class Loss(Protocol):
    """What the objective asks of a loss."""

    label: str
    """What pictures call it"""
    lowest: float
    """The smallest y that it takes"""
    out_activation: str
    """scikit-learn's name for the map from raw predictions to means or probabilities"""
    has_unit: bool
    """Whether it can be measured in units of y's spread, as f − y goes with y; otherwise y keeps its own"""

    def value_and_gradient_inplace(self, f: NDArray, y: NDArray, weight: NDArray | None) -> NDArray:
        """Overwrite f (S, b, K) with ∂(Σ w ℓ)/∂f and return Σ_i w_i ℓ_i, of shape (S,), float64."""

    def predict_inplace(self, f: NDArray) -> None:
        """Overwrite f with the predicted means or probabilities."""

    def best_constant(self, mean: NDArray) -> NDArray:
        """The raw prediction (K,) that fits best where there is only one, from y's mean or shares."""


def softplus(f: NDArray) -> NDArray:
    """log(1 + exp(f)) = max(f, 0) + log(1 + exp(−|f|)): several times faster than `np.logaddexp`."""
    out = np.abs(f)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    out += np.maximum(f, 0)
    return out


def largest(rows: NDArray) -> NDArray:
    """The largest number of each row (n, K), of shape (n, 1).

    NumPy reduces rows one at a time, which for short ones is ten times slower than by columns.
    """
    if rows.shape[1] > SHORT_ROW:
        return np.maximum.reduce(rows, axis=1, keepdims=True)
    return np.maximum.reduce(np.ascontiguousarray(rows.T), axis=0)[:, None]


def _weigh(row_losses: NDArray, gradient: NDArray, weight: NDArray | None) -> NDArray:
    """Sum the rows' losses (S, b) with their weights, and scale the gradient's rows alike."""
    if weight is None:
        return np.add.reduce(row_losses, axis=1, dtype=np.float64)
    gradient *= weight[:, None]
    return row_losses.astype(np.float64, copy=False) @ weight.astype(np.float64, copy=False)


class SquaredError:
    """ℓ = ½‖f − y‖², summed over the outputs."""

    label, lowest, out_activation, has_unit = "½ squared error", -math.inf, "identity", True

    def value_and_gradient_inplace(self, f: NDArray, y: NDArray, weight: NDArray | None) -> NDArray:
        """∂ℓ/∂f = f − y."""
        f -= y
        return _weigh(0.5 * np.einsum("sbk,sbk->sb", f, f), f, weight)

    def predict_inplace(self, f: NDArray) -> None:
        """The mean is f itself."""

    def best_constant(self, mean: NDArray) -> NDArray:
        """The mean."""
        return mean


class HalfPoisson:
    """ℓ = y log(y / μ) − y + μ with μ = exp(f): half the Poisson deviance, summed over the outputs."""

    label, lowest, out_activation, has_unit = "½ Poisson deviance", 0.0, "exp", False

    def value_and_gradient_inplace(self, f: NDArray, y: NDArray, weight: NDArray | None) -> NDArray:
        """∂ℓ/∂f = μ − y."""
        losses = xlogy(y, y) - y - y * f
        np.exp(f, out=f)
        losses += f
        f -= y
        return _weigh(np.add.reduce(losses, axis=2), f, weight)

    def predict_inplace(self, f: NDArray) -> None:
        """μ = exp(f)."""
        np.exp(f, out=f)

    def best_constant(self, mean: NDArray) -> NDArray:
        """The logarithm of the mean; of rows of nothing but 0 that of a small one."""
        return np.log(np.where(mean > 0, mean, SMALLEST_MEAN))


class BinaryCrossEntropy:
    """ℓ = log(1 + exp(f)) − y f, summed over the outputs: binary and multilabel targets."""

    label, lowest, out_activation, has_unit = "log-loss", 0.0, "logistic", False

    def value_and_gradient_inplace(self, f: NDArray, y: NDArray, weight: NDArray | None) -> NDArray:
        """∂ℓ/∂f = 1 / (1 + exp(−f)) − y."""
        losses = softplus(f)
        losses -= f * y
        logistic_inplace(f)
        f -= y
        return _weigh(np.add.reduce(losses, axis=2), f, weight)

    def predict_inplace(self, f: NDArray) -> None:
        """The probability of class 1, with all its digits however small it is."""
        expit(f, out=f)

    def best_constant(self, mean: NDArray) -> NDArray:
        """The log-odds of the shares of 1, which are finite here also where a share is 0 or 1."""
        share = np.clip(mean, SMALLEST_SHARE, 1 - SMALLEST_SHARE)
        return np.log(share / (1 - share))


class SoftmaxCrossEntropy:
    """ℓ = log Σ_k exp(f_k) − f_y, with y the class's index (b,) in place of a one-hot row."""

    label, lowest, out_activation, has_unit = "log-loss", 0.0, "softmax", False

    def value_and_gradient_inplace(self, f: NDArray, y: NDArray, weight: NDArray | None) -> NDArray:
        """∂ℓ/∂f_k = p_k − 1[k = y]."""
        n_stack, n_rows, n_classes = f.shape
        rows, flat = f.reshape(-1, n_classes), f.reshape(-1)
        of_class = np.arange(0, f.size, n_classes).reshape(n_stack, n_rows) + y
        rows -= largest(rows)
        losses = flat.take(of_class)
        np.subtract(np.log(self._exp_normalise_inplace(rows)).reshape(losses.shape), losses, out=losses)
        flat[of_class] -= 1
        return _weigh(losses, f, weight)

    def predict_inplace(self, f: NDArray) -> None:
        """p = softmax(f)."""
        f -= largest(f)
        self._exp_normalise_inplace(f)

    def best_constant(self, mean: NDArray) -> NDArray:
        """The logarithms of the classes' shares."""
        return np.log(np.maximum(mean, SMALLEST_SHARE))

    @staticmethod
    def _exp_normalise_inplace(rows: NDArray) -> NDArray:
        """Rows (n, K) of numbers f <= 0 -> exp(f) / Σ exp(f); returns the sums (n, 1)."""
        np.maximum(rows, LOWEST_EXPONENT[rows.dtype], out=rows)
        np.exp(rows, out=rows)
        total = rows @ np.ones((rows.shape[1], 1), rows.dtype)  # faster than a sum of short rows
        rows /= total
        return total


REGRESSION_LOSSES: dict[str, type[Loss]] = {"squared_error": SquaredError, "poisson": HalfPoisson}
"""By what the parameter `loss` calls them"""
LOSSES: dict[str, type[Loss]] = {
    **REGRESSION_LOSSES,
    "binary_log_loss": BinaryCrossEntropy,
    "log_loss": SoftmaxCrossEntropy,
}
