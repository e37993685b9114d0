"""Optimisers: they see (θ, gradient, rate) and know no model. θ has shape (S, P).

Each `update` changes θ in place; `step_length` is the factor by which it scaled the (averaged)
gradient, which a proximal step needs.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.blas import daxpy, saxpy
from scipy.optimize import Bounds, OptimizeResult, minimize

from skl2._typing import NDArray

FLUSH_EVERY = 16
"""Steps between two clean-ups of weights that are on their way to the denormals, with which x86 computes
30 to 50 times slower. The weights of an input that is always 0 shrink by a tenth at every step of Adam."""
NEGLIGIBLE = 1e-12
"""A weight below is set to exactly 0, before the square of its gradient α θ/Σw is denormal."""
TINY = 1e-20
"""The same for the optimisers' averages"""
FLUSH_BLOCK = 1 << 12
"""Columns that are cleaned up at once, so that nothing of θ's size is allocated."""
AXPY = {np.dtype(np.float32): saxpy, np.dtype(np.float64): daxpy}
SMALLEST_DECAY = 1e-6
"""How far the factored-out decays may fall before float32 would overflow."""
SMALLEST_BETA = 1e-18
"""Stands for a decay rate of 0, which would leave nothing to divide by."""


class Optimizer(ABC):
    """What the training loop asks of an optimiser."""

    scratch: NDArray
    """An array of θ's shape that holds nothing between two steps, and is left out of pickles"""

    @abstractmethod
    def update(self, theta: NDArray, grad: NDArray, rate: NDArray) -> None:
        """One step in place; `rate` has shape (S, 1), `grad` is overwritten."""

    @abstractmethod
    def step_length(self) -> NDArray:
        """The length of the last step for each parameter: (S, 1) or (S, P)."""

    @abstractmethod
    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"scratch": (self.scratch.shape, self.scratch.dtype)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.scratch = np.empty(*state["scratch"])


def flush_inplace(*arrays: NDArray) -> None:
    """Set averages |x| < 1e-20 to 0."""
    for array in arrays:
        for start in range(0, array.shape[1], FLUSH_BLOCK):
            part = array[:, start : start + FLUSH_BLOCK]
            part[np.abs(part) < TINY] = 0


def flush_weights_inplace(theta: NDArray, average: NDArray) -> None:
    """Set weights |θ| < 1e-12 to 0, and the average of the gradients that drives them."""
    for start in range(0, theta.shape[1], FLUSH_BLOCK):
        part = theta[:, start : start + FLUSH_BLOCK]
        small = np.abs(part) < NEGLIGIBLE
        small &= part != 0  # what a proximal step has set to 0 keeps its average
        if small.any():
            part[small] = 0
            average[:, start : start + FLUSH_BLOCK][small] = 0


def add_scaled_inplace(y: NDArray, x: NDArray, factor: NDArray | float, scratch: NDArray) -> None:
    """Y += factor · x for arrays (S, P); `factor` is a number or (S, 1), `scratch` may be x itself.

    One pass with BLAS's axpy where one number serves for all, else two with NumPy.
    """
    if isinstance(factor, np.ndarray) and factor.size == 1:
        factor = float(factor.item())
    if isinstance(factor, float) and y.flags.c_contiguous and x.flags.c_contiguous:
        AXPY[y.dtype](x.reshape(-1), y.reshape(-1), a=factor)
    else:
        np.multiply(x, np.asarray(factor, y.dtype), out=scratch)
        y += scratch


class SGD(Optimizer):
    """v ← μ v − rate · g;  θ ← θ + v, or with Nesterov's momentum θ ← θ + μ v − rate · g.

    Parameters
    ----------
    theta : ndarray of shape (S, P)
        An array of the parameters' shape.
    momentum : float in [0, 1)
        μ.
    nesterov : bool
        Whether the gradient counts as taken at the point that momentum leads to.
    """

    def __init__(self, theta: NDArray, momentum: float, nesterov: bool) -> None:
        self.momentum, self.nesterov = momentum, nesterov and momentum > 0
        self.velocity = np.zeros_like(theta)
        self.scratch = np.empty_like(theta)
        self.t = 0
        self._rate: NDArray = np.zeros((len(theta), 1))

    def update(self, theta: NDArray, grad: NDArray, rate: NDArray) -> None:
        self.t += 1
        self._rate = rate
        grad *= rate.astype(grad.dtype)
        self.velocity *= self.momentum
        self.velocity -= grad
        if self.nesterov:
            theta -= grad
            np.multiply(self.velocity, self.momentum, out=grad)
            theta += grad
        else:
            theta += self.velocity
        if self.t % FLUSH_EVERY == 0:
            flush_weights_inplace(theta, self.velocity)

    def step_length(self) -> NDArray:
        """The rate / (1 − μ): momentum lets every gradient act that many times over."""
        return self._rate / max(1 - self.momentum, 1e-3)

    def select(self, keep: NDArray) -> None:
        self.velocity = self.velocity[keep]
        self.scratch = np.empty_like(self.velocity)


class Adam(Optimizer):
    """m ← β₁ m + (1−β₁) g;  v ← β₂ v + (1−β₂) g²;  θ ← θ − rate √(1−β₂ᵗ)/(1−β₁ᵗ) · m / (√v + ε).

    Kept as M = m/β₁ᵗ and V = v/β₂ᵗ, which are plain sums: fewer passes over the parameters, and
    no slide into the denormals. Every hundred steps or so the two scalars are multiplied back in.

    Parameters
    ----------
    theta : ndarray of shape (S, P)
        An array of the parameters' shape.
    beta_1, beta_2 : float in [0, 1)
        The decay rates.
    epsilon : float
        ε.

    References
    ----------
    Kingma, Ba (2015). Adam: a method for stochastic optimization. ICLR.
    """

    def __init__(self, theta: NDArray, beta_1: float, beta_2: float, epsilon: float) -> None:
        self.beta_1, self.beta_2 = max(beta_1, SMALLEST_BETA), max(beta_2, SMALLEST_BETA)
        self.epsilon = epsilon
        self.first = np.zeros_like(theta)
        self.second = np.zeros_like(theta)
        self.scratch = np.empty_like(theta)
        self.t = 0
        self.decay_1 = self.decay_2 = 1.0
        """m = decay_1 · first and v = decay_2 · second"""
        self._rate, self._correction = np.zeros((len(theta), 1)), 1.0

    def update(self, theta: NDArray, grad: NDArray, rate: NDArray) -> None:
        self.t += 1
        scratch = self.scratch
        if min(self.decay_1, self.decay_2) < SMALLEST_DECAY:
            self._multiply_back()
        self.decay_1 *= self.beta_1
        self.decay_2 *= self.beta_2
        np.multiply(grad, grad, out=scratch)
        add_scaled_inplace(self.second, scratch, (1 - self.beta_2) / self.decay_2, scratch)
        add_scaled_inplace(self.first, grad, (1 - self.beta_1) / self.decay_1, grad)
        np.sqrt(self.second, out=scratch)
        scratch += self.epsilon / math.sqrt(self.decay_2)
        np.divide(self.first, scratch, out=grad)
        unbiased = math.sqrt(1 - self.beta_2**self.t) / (1 - self.beta_1**self.t)
        self._rate, self._correction = rate, unbiased / math.sqrt(self.decay_2)
        add_scaled_inplace(theta, grad, rate * (-self.decay_1 * self._correction), grad)
        if self.t % FLUSH_EVERY == 0:
            flush_weights_inplace(theta, self.first)

    def _multiply_back(self) -> None:
        """Put the decays back into the moments, and clean up what is about to be denormal."""
        self.first *= self.decay_1 if self.beta_1 > SMALLEST_BETA else 0
        self.second *= self.decay_2 if self.beta_2 > SMALLEST_BETA else 0
        self.decay_1 = self.decay_2 = 1.0
        flush_inplace(self.first, self.second)

    def step_length(self) -> NDArray:
        """What the averaged gradient was multiplied by: rate / (√v + ε), for each parameter."""
        return (self._rate * self._correction).astype(self.scratch.dtype) / self.scratch

    def select(self, keep: NDArray) -> None:
        self.first, self.second = self.first[keep], self.second[keep]
        self.scratch = np.empty_like(self.first)


class Average:
    """The mean θ̄ of the iterates, those after the weight w_1 + … + w_t counting as its third power.

    θ̄ ← θ̄ + c (θ − θ̄) with c = 4 w_t / (w_1 + … + w_t + 3 w_t): the noise of the steps averages out, and no
    end need be known. The last half of a run has 94% of the mean. What is exactly 0 in θ is so in θ̄. It is
    kept as θ̄ / Π (1 − c), a plain sum, for which one pass over the parameters is enough.

    `weight_seen` is W before: of the rows of a fit.

    References
    ----------
    Polyak, Juditsky (1992). Acceleration of stochastic approximation by averaging. SIAM Journal on
    Control and Optimization 30(4).
    Shamir, Zhang (2013). Stochastic gradient descent for non-smooth optimization: convergence results and
    optimal averaging schemes. ICML.
    """

    def __init__(self, weight_seen: float) -> None:
        self.start = self.weight_seen = weight_seen
        self.ahead: NDArray | None = None
        """θ − θ̄ between two epochs, where θ̄ is what predicts"""

    def begin_inplace(self, state: NDArray) -> None:
        """From θ̄ to θ."""
        self.sum, self.scale = state.copy(), 1.0
        if self.ahead is not None:
            state += self.ahead

    def add(self, state: NDArray, weight: float) -> None:
        """Take in θ after a step on rows of this weight."""
        self.weight_seen += weight
        share = 4 * weight / (self.weight_seen + 3 * weight)
        self.scale *= 1 - share
        if self.scale < SMALLEST_DECAY:  # as with the first step, which leaves nothing of the start
            self.sum *= self.scale
            self.scale = 1.0
        AXPY[state.dtype](state.reshape(-1), self.sum.reshape(-1), a=share / self.scale)

    def end_inplace(self, state: NDArray) -> None:
        """From θ to θ̄."""
        self.sum *= self.scale
        self.sum[state == 0] = 0
        self.ahead = state - self.sum
        state[...] = self.sum
        del self.sum

    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""
        if self.ahead is not None:
            self.ahead = self.ahead[keep]


def lbfgs(
    value_and_grad: Callable[[NDArray], tuple[float, NDArray]],
    theta: NDArray,
    *,
    l1: NDArray | None,
    precision: float,
    tol: float,
    max_iter: int,
    max_fun: int,
    on_iteration: Callable[[NDArray, float], bool],
) -> OptimizeResult:
    """Minimise a function of a flat float64 vector (P,) until max |gradient| <= tol: that is `success`.

    It ends as well where the value falls no more, as at a kink. Values that are rounded to a share of
    `precision` do not tell gradients below √precision from 0, so that `tol` counts as no smaller.

    With `l1` (P,) the value contains Σ l1 |θ|, and the gradient is that of the rest. It is minimised
    over θ = a − b with a, b >= 0 and Σ l1 (a + b) in place of Σ l1 |θ|, which is smooth: at the
    solution one of a_k and b_k is 0, and both are where θ_k is exactly 0.
    `on_iteration` sees every iterate and its value, and returns whether to stop.

    References
    ----------
    Byrd, Lu, Nocedal, Zhu (1995). A limited memory algorithm for bound constrained optimization.
    """
    if l1 is None:
        start, bounds, function = theta, Bounds(-np.inf, np.inf), value_and_grad
    else:
        size = len(theta)
        start = np.concatenate([np.maximum(theta, 0), np.maximum(-theta, 0)])
        free = np.where(l1 > 0, 0.0, -np.inf)
        # an unpenalised parameter is all in a, free, with b held at 0
        start[:size][l1 == 0], start[size:][l1 == 0] = theta[l1 == 0], 0
        bounds = Bounds(
            np.r_[free, np.zeros(size)], np.r_[np.full(size, np.inf), np.where(l1 > 0, np.inf, 0)]
        )

        def function(x: NDArray) -> tuple[float, NDArray]:
            value, grad = value_and_grad(join(x))
            return value + split(x), np.concatenate([grad + l1, l1 - grad])

    def join(x: NDArray) -> NDArray:
        return x if l1 is None else x[:size] - x[size:]

    def split(x: NDArray) -> float:
        """What Σ l1 (a + b) is more than Σ l1 |a − b|."""
        if l1 is None:
            return 0.0
        return float(2 * (l1 @ np.minimum(x[:size], x[size:], where=l1 > 0, out=np.zeros(size))))

    def callback(intermediate_result: OptimizeResult) -> None:
        x = intermediate_result.x
        if on_iteration(join(x), float(intermediate_result.fun) - split(x)):
            raise StopIteration

    # a small decrease of the value is no sign of a small gradient
    options = {"maxiter": max_iter, "maxfun": max_fun, "gtol": tol, "ftol": 0.0}
    result = minimize(
        function, start, jac=True, method="L-BFGS-B", bounds=bounds, callback=callback, options=options
    )
    step = result.x - np.clip(result.x - result.jac, bounds.lb, bounds.ub)
    result.success = bool(np.abs(step).max() <= max(tol, math.sqrt(precision)))
    result.fun -= split(result.x)
    result.x = join(result.x)
    return result
