"""Folds of a large sparse X without making it dense: one Krylov space for every alpha.

For the training rows of a fold, A = √w (X − μ) and r = A'B, Lanczos' process builds an orthonormal
basis V of span{r, A'A r, (A'A)² r, ...} in which A'A is a small tridiagonal T. The space does not
depend on α, so that one run serves a whole grid:

    W(α) = V (T + αI)⁻¹ ‖r‖ e₁        f(x) = ν + (x − μ)'V (T + αI)⁻¹ ‖r‖ e₁

which are the iterates of conjugate gradients for every α at once. A Jacobi preconditioner would
make α another number for each column and the space another one for each α; so there is none, and
where that takes too many steps the decompositions take over. All folds and targets share each
product with X; and as X V is known for held-out rows too, nothing of the size of W is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from scipy import linalg

from skl2._typing import NDArray
from skl2.ridge._folds import Folds, HeldOut
from skl2.ridge._iterative import solve_cg
from skl2.ridge._kernel import CentredRows
from skl2.ridge._problem import RidgeProblem
from skl2.ridge._rows import Data

MOST_STEPS = 400
CONVERGED = 1e-9  # error of the fitted values relative to y
SOLVED = 1e-10  # the same of the solution on all rows
LITTLE = 1e-3  # α/λ that shrinks little, and λ/α that leaves little
RESOLVED = 1e-6  # α/λ below which rounding errors are larger than that
Result = TypeVar("Result")


class KrylovFolds(Folds):
    """The folds of a sparse X; `direct` makes those that decompose, for where this does not converge."""

    decomposed: Folds  # where iterations did not converge

    def __init__(
        self, data: Data, splits: list[tuple[NDArray, NDArray]], direct: Callable[[], Folds]
    ) -> None:
        self.data, self.splits, self.direct, self.iterative = data, splits, direct, True
        self.weights, Y, (n, t) = data.weights, data.Y, data.Y.shape
        counts = np.stack([np.bincount(train, minlength=n) for train, _ in splits], axis=1)
        training = self.weights[:, None] * counts
        self.y_mean = (training / training.sum(axis=0)).T @ Y * data.fit_intercept  # (folds, targets)
        # one column for each fold and target
        self.rows = CentredRows(data.X, np.repeat(training, t, axis=1), data.fit_intercept)
        apart = np.tile(Y, len(splits)) - self.y_mean.ravel()
        start = self.rows.summed(apart)
        self.size = np.linalg.norm(start, axis=0)
        self.y_size = np.sqrt(np.einsum("nc,nc->c", self.rows.weight, apart**2))
        self.basis, self.before = _unit(start, self.size), np.zeros_like(start)
        self.least, self.steps = 0.0, np.zeros(len(self.size), int)
        self.diagonal: list[NDArray] = []
        self.beside: list[NDArray] = []
        self.seen: list[list[NDArray]] = [[] for _ in splits]

    def _step(self) -> None:
        """One more vector of the basis for each column."""
        Q = self.rows.centred(self.basis)
        by_fold = Q.reshape(len(Q), len(self.splits), -1)
        for k, (_, test) in enumerate(self.splits):
            self.seen[k].append(by_fold[test, k])
        S = self.rows.summed(Q)
        along = np.einsum("pc,pc->c", self.basis, S)
        S -= along * self.basis
        if self.beside:
            S -= self.beside[-1] * self.before
        self.diagonal.append(along)
        self.beside.append(np.linalg.norm(S, axis=0))
        self.before, self.basis = self.basis, _unit(S, self.beside[-1])

    def _gap(self, alpha: float) -> float:
        """g of ‖A δW‖ <= ‖gradient‖ max √λ/(λ + α) = ‖gradient‖/(2√g): α, or more where the least λ is."""
        return max(alpha, self.least / 4)

    def _converges(self, alpha: float) -> bool:
        """Take steps until ‖A δW‖ is small beside y, for this α and all larger ones.

        False where that takes too long, or rounding errors, which grow with λ/α, leave no such digits.
        """
        gap = self._gap(alpha)
        goal = CONVERGED * 2 * math.sqrt(gap) * self.y_size
        gradient, pivot, step = self.size.copy(), np.ones_like(self.size), 0
        self.steps[:] = 0
        while step == 0 or np.any(gradient > goal):
            self.steps += gradient > goal
            if step == len(self.diagonal):
                if step == MOST_STEPS:
                    return False
                self._step()
            last = self.beside[step - 1] ** 2 / pivot if step else 0.0
            pivot = self.diagonal[step] + alpha - last
            if np.any(pivot <= 0) or np.any(RESOLVED * self.diagonal[step] > gap):
                return False
            gradient = gradient * self.beside[step] / pivot
            step += 1
        return True

    def bounds(self, otherwise: Callable[[], tuple[float, float]]) -> tuple[float, float]:
        """Ends of alpha: the lower shrinks nothing that y depends on, the higher leaves hardly anything.

        The eigenvalues of T are those of A'A that y has a part in, sought for ever lower alpha until no lower
        one comes in sight; `otherwise` is for where iterations do not get there.
        """
        self._step()
        alpha = LITTLE * float(self.diagonal[0].max()) or 1.0
        while self._converges(alpha):
            least, largest = self._visible()
            if LITTLE * least >= alpha / 2:
                self.least = least
                return LITTLE * least, largest / LITTLE
            alpha = LITTLE * least
        return otherwise()

    def _visible(self) -> tuple[float, float]:
        """The least and the largest eigenvalue of T, of the steps that each column needed."""
        diagonal, beside = np.array(self.diagonal), np.array(self.beside)
        columns = np.flatnonzero(self.steps)
        values = [
            linalg.eigvalsh_tridiagonal(diagonal[:k, c], beside[: k - 1, c])
            for c, k in zip(columns, self.steps[columns], strict=True)
        ]
        return (min(v[0] for v in values), max(v[-1] for v in values)) if values else (1.0, 1.0)

    def map(self, min_alpha: float, function: Callable[[HeldOut], Result], threads: bool) -> list[Result]:
        if self.iterative and not self._converges(min_alpha):
            self.iterative, self.decomposed = False, self.direct()
        if not self.iterative:
            return self.decomposed.map(min_alpha, function, threads)
        return [function(self._held_out(k)) for k in range(len(self.splits))]

    def solution(self, alphas: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Coefficients (p, t), intercepts, and no degrees of freedom, for one alpha for each target."""
        # of its gradient relative to that at 0, which in the folds is about as large
        share = self.y_size / np.where(self.size > 0, self.size, np.inf)
        least_share = float(share.min(initial=np.inf, where=share > 0))
        tol = SOLVED * 2 * math.sqrt(self._gap(alphas.min())) * least_share
        data = replace(self.data, X=self.rows.X)
        found = solve_cg(RidgeProblem(**vars(data), alpha=alphas, tol=min(tol, 1e-4)))
        return found.coef, found.intercept, np.full(len(alphas), np.nan)

    def _held_out(self, k: int) -> HeldOut:
        test, seen = self.splits[k][1], np.array(self.seen[k])
        Y = self.data.Y[test]

        def predictions(alphas: NDArray) -> NDArray:
            """V (T + αI)⁻¹ ‖r‖ e₁ on the held-out rows, about the means of the training rows."""
            fitted = [seen[:, :, j].T @ self._inner(alphas, k, j) for j in range(Y.shape[1])]
            return np.stack(fitted, axis=1) + self.y_mean[k][:, None]

        return HeldOut.of_rows(test, self.weights[test], Y, predictions)

    def _inner(self, alphas: NDArray, fold: int, target: int) -> NDArray:
        """(T + αI)⁻¹ ‖r‖ e₁ of shape (steps, alphas), by elimination."""
        column = fold * self.data.Y.shape[1] + target
        beside = np.array(self.beside)[:, column]
        pivots = np.array(self.diagonal)[:, column, None] + alphas
        z = np.zeros_like(pivots)
        z[0] = self.size[column]
        for j in range(1, len(z)):
            ratio = beside[j - 1] / pivots[j - 1]
            pivots[j] -= ratio * beside[j - 1]
            z[j] = -ratio * z[j - 1]
        z[-1] /= pivots[-1]
        for j in range(len(z) - 2, -1, -1):
            z[j] = (z[j] - beside[j] * z[j + 1]) / pivots[j]
        return z


def _unit(vectors: NDArray, norms: NDArray) -> NDArray:
    return vectors / np.where(norms > 0, norms, 1.0)
