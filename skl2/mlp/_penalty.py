"""The penalty R(θ): α/2 ‖θ‖², its mixture with ‖θ‖₁, and the decoupled decay of AdamW.

A penalty acts in two places of a step: through its gradient before the step, and on θ after it.
"""

from __future__ import annotations

import numpy as np

from skl2._typing import NDArray
from skl2.mlp._optimizer import Optimizer, add_scaled_inplace


class L2:
    """R(θ) = Σ_k α_k/2 · θ_k², with gradient α θ.

    Parameters
    ----------
    alpha : ndarray of shape (S, 1) or (S, n_penalised)
        The strengths: one for each network of the stack, or for each parameter of it.
    n_penalised : int
        How many parameters, from the first one on, are penalised.
    total_weight : float
        W: optimisers work on J/W, so that all of the below is divided by it.
    """

    def __init__(self, alpha: NDArray, n_penalised: int, total_weight: float) -> None:
        self.n_penalised = n_penalised
        self.strength = alpha / total_weight

    def part(self, theta: NDArray) -> NDArray:
        """The penalised part of θ, a view."""
        return theta[:, : self.n_penalised]

    def value(self, theta: NDArray) -> NDArray:
        """R(θ)/W, of shape (S,)."""
        part = self.part(theta)
        if self.strength.shape[1] == 1:
            return 0.5 * self.strength[:, 0] * np.einsum("sk,sk->s", part, part)
        return 0.5 * np.einsum("sk,sk,sk->s", self.strength, part, part)

    def add_gradient_inplace(self, theta: NDArray, grad: NDArray, scratch: NDArray) -> None:
        """Add ∂R/∂θ/W to `grad`; `scratch` has the shape of θ."""
        y, x, product = (self.part(array) for array in (grad, theta, scratch))
        if self.strength.shape[1] == 1:
            add_scaled_inplace(y, x, self.strength, product)
        else:
            y += np.multiply(x, self.strength, out=product, casting="same_kind")

    def after_step_inplace(self, theta: NDArray, optimizer: Optimizer, rate: NDArray) -> None:
        """What the penalty does to θ after the optimiser's step: nothing, it is in the gradient."""

    def select(self, keep: NDArray) -> None:
        """Keep some networks of the stack."""
        self.strength = self.strength[keep]


class ElasticNet(L2):
    """R(θ) = Σ_k α_k [ (1 − ρ)/2 · θ_k² + ρ · |θ_k| ], with ρ = `l1_ratio`.

    The L1 part has no gradient at 0: it acts through its proximal operator, the soft threshold
    sign(θ) · max(|θ| − s ρ α, 0), with s the length of the step for each parameter, so that
    parameters become exactly 0.

    References
    ----------
    Parikh, Boyd (2014). Proximal algorithms. Section 6.5.2.
    Yun, Lozano, Yang (2021). Adaptive proximal gradient methods for structured neural networks.
    """

    def __init__(self, alpha: NDArray, n_penalised: int, total_weight: float, l1_ratio: float) -> None:
        super().__init__((1 - l1_ratio) * alpha, n_penalised, total_weight)
        self.l1_strength = l1_ratio * alpha / total_weight

    def value(self, theta: NDArray) -> NDArray:
        return super().value(theta) + np.add.reduce(self.l1_strength * np.abs(self.part(theta)), axis=1)

    def after_step_inplace(self, theta: NDArray, optimizer: Optimizer, rate: NDArray) -> None:
        """The soft threshold."""
        step = optimizer.step_length()
        threshold = self.l1_strength * (self.part(step) if step.shape[1] > 1 else step)
        part = self.part(theta)
        excess = np.abs(part)
        excess -= threshold.astype(part.dtype)
        np.maximum(excess, 0, out=excess)
        np.copysign(excess, part, out=part)

    def select(self, keep: NDArray) -> None:
        super().select(keep)
        self.l1_strength = self.l1_strength[keep]


class DecoupledL2(L2):
    """θ ← θ − rate · α/W · θ after the step, and no part in the gradient: AdamW's weight decay.

    It differs from L2: the decay is not divided by Adam's √v, so weights with large gradients are
    decayed as much as the others, and no J is minimised. `value` is therefore 0.

    References
    ----------
    Loshchilov, Hutter (2019). Decoupled weight decay regularization. ICLR.
    """

    def value(self, theta: NDArray) -> NDArray:
        """0: the decay is not part of an objective."""
        return np.zeros(len(theta))

    def add_gradient_inplace(self, theta: NDArray, grad: NDArray, scratch: NDArray) -> None:
        """Nothing: the decay acts after the step."""

    def after_step_inplace(self, theta: NDArray, optimizer: Optimizer, rate: NDArray) -> None:
        """The decay."""
        part = self.part(theta)
        part *= (1 - rate * self.strength).astype(part.dtype)
