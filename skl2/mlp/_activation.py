"""Activations h = s(z) of the hidden layers, and their derivatives, both in place.

Each derivative is a function of the activation's own output, so that z need not be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skl2._typing import NDArray


class Activation(NamedTuple):
    """An activation and the product with its derivative; both overwrite their arguments."""

    forward_inplace: Callable[[NDArray], None]
    """z -> s(z)"""
    backward_inplace: Callable[[NDArray, NDArray], None]
    """(h, delta) -> delta · s'(z), where h = s(z) is used up"""


def _leave(*arrays: NDArray) -> None:
    pass


def logistic_inplace(z: NDArray) -> None:
    """z -> 1 / (1 + exp(-z)), by way of tanh, which neither overflows nor needs a branch."""
    z *= 0.5
    np.tanh(z, out=z)
    z += 1.0
    z *= 0.5


def _logistic_backward(h: NDArray, delta: NDArray) -> None:
    delta *= h
    np.subtract(1.0, h, out=h)
    delta *= h


def _tanh(z: NDArray) -> None:
    np.tanh(z, out=z)


def _tanh_backward(h: NDArray, delta: NDArray) -> None:
    np.multiply(h, h, out=h)
    np.subtract(1.0, h, out=h)
    delta *= h


def _relu(z: NDArray) -> None:
    z.clip(0.0, np.inf, out=z)  # three times faster than NumPy's maximum with a number


def _relu_backward(h: NDArray, delta: NDArray) -> None:
    np.greater(h, 0, out=h, casting="unsafe")
    delta *= h


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(_leave, _leave),
    "logistic": Activation(logistic_inplace, _logistic_backward),
    "tanh": Activation(_tanh, _tanh_backward),
    "relu": Activation(_relu, _relu_backward),
}
