"""Cross-validation of ridge for every alpha at once, from moments of the folds.

The training moments of a fold are the sums of the *other* folds' moments (a prefix plus a
suffix; never total minus fold, which cancels), so X is read once however many folds there
are. One decomposition per fold gives every alpha, and the validation error needs no second
pass over X either: with the fold's own centred moments G, C, Σ y² and means,

    SSE(W) = Σ y² − 2 C·W + W'GW + (Σ w)(ȳ − ν − (x̄ − μ)'W)²

Wide data do the same with blocks of one kernel matrix (X − μ)(X − μ)'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from ._moments import Moments, accumulate, choose_shift, row_blocks, thread_map
from ._ridge_path import (
    RidgePath,
    dual_from_kernel,
    ill_conditioned,
    kernel,
    may_densify,
    tall_path,
    weighted_mean,
    wide_data,
)

NEAR_PERFECT = 1e-4  # unexplained share of the variance below which the SSE formula cancels
Rows = np.ndarray | slice
Result = TypeVar("Result")


@dataclass(slots=True)
class HeldOut:
    """What one fold's held-out rows say about every alpha."""

    test: np.ndarray
    weight: float
    y_squares: np.ndarray  # Σ w (y − ȳ)² per target
    squared_errors: Callable[[np.ndarray], np.ndarray]  # alphas -> Σ w e², (n_targets, n_alphas)
    predictions: Callable[[np.ndarray], np.ndarray]  # alphas -> (n_test, n_targets, n_alphas)


def as_indices(rows: Any, n_samples: int) -> np.ndarray:
    """Row numbers from row numbers or a boolean mask."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)


def _as_rows(indices: np.ndarray) -> Rows:
    """A slice where the indices are consecutive: no gathering then."""
    if len(indices) and indices[-1] - indices[0] == len(indices) - 1 and np.all(np.diff(indices) == 1):
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


def partitions(splits: list[tuple[np.ndarray, np.ndarray]], n_samples: int) -> list[list[int]]:
    """Groups of splits whose test sets divide the rows and whose training sets are the rest.

    Splits of no such group (bootstrap, time series) are left out.
    """
    groups: list[list[int]] = []
    pending: list[int] = []
    covered = np.zeros(n_samples, bool)
    for k, (train, test) in enumerate(splits):
        counts = np.bincount(train, minlength=n_samples) + np.bincount(test, minlength=n_samples)
        if np.any(counts != 1) or covered[test].any():
            pending, covered = [], np.zeros(n_samples, bool)
        if np.all(counts == 1):
            pending.append(k)
            covered[test] = True
        if covered.all():
            groups.append(pending)
            pending, covered = [], np.zeros(n_samples, bool)
    return groups


def others(parts: list[Moments]) -> list[Moments]:
    """For each part the sum of all others, as a prefix sum plus a suffix sum."""
    prefix, suffix = [parts[0]], [parts[-1]]
    for part, last in zip(parts[1:-1], parts[-2:0:-1], strict=True):
        prefix.append(prefix[-1].merge(part))
        suffix.append(suffix[-1].merge(last))
    suffix.reverse()
    middle = [before.merge(after) for before, after in zip(prefix[:-1], suffix[1:], strict=True)]
    return [suffix[0], *middle, prefix[-1]]


class TallFolds:
    """Folds of data with more rows than columns, by moments."""

    def __init__(
        self,
        X: Any,
        Y: np.ndarray,
        sample_weight: np.ndarray | None,
        splits: list[tuple[np.ndarray, np.ndarray]],
        fit_intercept: bool,
    ) -> None:
        self.X, self.Y, self.sample_weight, self.fit_intercept = X, Y, sample_weight, fit_intercept
        self.splits = splits
        self._accumulate(choose_shift(X, sample_weight), choose_shift(Y, sample_weight))
        if not self.total.well_shifted():
            self._accumulate(self.total.x_mean, self.total.y_mean)

    def _moments(self, rows: np.ndarray, shift: Any, y_shift: Any) -> Moments:
        shift = np.zeros(self.X.shape[1]) if shift is None else shift
        return accumulate(
            self.X, self.Y, self.sample_weight, _as_rows(rows), shift, y_shift, dtype=np.float64
        )

    def _accumulate(self, shift: Any, y_shift: Any) -> None:
        """Moments of every test set and of every training set, and of all rows."""
        n_samples = self.X.shape[0]
        self.test_moments = [self._moments(test, shift, y_shift) for _, test in self.splits]
        train: dict[int, Moments] = {}
        groups = partitions(self.splits, n_samples)
        for group in groups:
            train.update(zip(group, others([self.test_moments[k] for k in group]), strict=True))
        for k in set(range(len(self.splits))) - set(train):
            train[k] = self._moments(self.splits[k][0], shift, y_shift)
        self.train_moments = train
        if groups:
            k = groups[0][0]
            self.total = train[k].merge(self.test_moments[k])
        else:
            self.total = self._moments(np.arange(n_samples), shift, y_shift)

    def map(self, min_alpha: float, function: Callable[[HeldOut], Result], threads: bool) -> Iterable[Result]:
        """Apply `function` to every fold, on several threads where it is safe there."""

        def one(k: int) -> Result:
            return function(self._held_out(k, min_alpha))

        return (thread_map if threads else map)(one, range(len(self.splits)))

    def _held_out(self, k: int, min_alpha: float) -> HeldOut:
        train, test = self.splits[k]
        moments = self._sound(self.test_moments[k], test)
        path = tall_path(
            self.X,
            self.Y,
            self.sample_weight,
            self.fit_intercept,
            min_alpha,
            moments=self._sound(self.train_moments[k], train),
            rows=train,
        )
        return HeldOut(
            test=test,
            weight=moments.weight,
            y_squares=moments.centered()[2],
            squared_errors=lambda alphas: self._squared_errors(path, moments, test, alphas),
            predictions=lambda alphas: predict_path(self.X, test, path, alphas),
        )

    def _sound(self, moments: Moments, rows: np.ndarray) -> Moments:
        """The moments, taken again about their own mean if the common shift is far from it."""
        if moments.well_shifted():
            return moments
        return accumulate(self.X, self.Y, self.sample_weight, _as_rows(rows), dtype=np.float64)

    def _squared_errors(
        self, path: RidgePath, moments: Moments, test: np.ndarray, alphas: np.ndarray
    ) -> np.ndarray:
        """Σ w e² by the formula above; from the rows themselves where it would cancel."""
        W = path.coefs(alphas)
        G, C, y_squares, x_mean, y_mean = moments.centered()
        flat = W.reshape(len(G), -1)
        quadratic = np.einsum("ij,ij->j", flat, G @ flat).reshape(W.shape[1:])
        bias = (y_mean - path.y_mean)[:, None] - np.tensordot(x_mean - path.x_mean, W, axes=1)
        sse = y_squares[:, None] - 2 * np.einsum("pt,pta->ta", C, W) + quadratic + moments.weight * bias**2
        scale = y_squares[:, None] + quadratic + moments.weight * bias**2
        if np.any(sse < NEAR_PERFECT * scale):
            return _row_errors(self.X, self.Y, self.sample_weight, test, path, W)
        return sse


def _row_errors(
    X: Any, Y: np.ndarray, sample_weight: np.ndarray | None, test: np.ndarray, path: RidgePath, W: np.ndarray
) -> np.ndarray:
    """Σ w e² over the test rows, from their residuals."""
    sse = np.zeros(W.shape[1:])
    for _, A, B in row_blocks(X, Y, sample_weight, test, path.x_mean, path.y_mean):
        fitted = (A[:, :-1] @ W.reshape(len(W), -1)).reshape(len(A), *W.shape[1:])
        sse += ((B[:, :, None] - fitted) ** 2).sum(axis=0)
    return sse


def predict_path(X: Any, rows: np.ndarray, path: RidgePath, alphas: np.ndarray) -> np.ndarray:
    """Predictions (n_rows, n_targets, n_alphas) for every alpha, about the training mean."""
    W = path.coefs(alphas)
    flat = W.reshape(len(W), -1)
    selected = X[rows]
    fitted = selected @ flat - path.x_mean @ flat if sparse.issparse(X) else (selected - path.x_mean) @ flat
    return fitted.reshape(len(rows), *W.shape[1:]) + path.y_mean[:, None]


class WideFolds:
    """Folds of data with at most as many rows as columns, by blocks of one kernel matrix."""

    def __init__(
        self,
        X: Any,
        Y: np.ndarray,
        sample_weight: np.ndarray | None,
        splits: list[tuple[np.ndarray, np.ndarray]],
        fit_intercept: bool,
    ) -> None:
        self.X, self.Y, self.fit_intercept, self.splits = X, Y, fit_intercept, splits
        self.weights = np.ones(len(Y)) if sample_weight is None else sample_weight.astype(np.float64)
        self.K = kernel(X, weighted_mean(X, self.weights, fit_intercept))
        self.total = None

    def map(self, min_alpha: float, function: Callable[[HeldOut], Result], threads: bool) -> Iterable[Result]:
        """Apply `function` to every fold, on several threads where it is safe there."""

        def one(k: int) -> Result:
            return function(self._held_out(k, min_alpha))

        return (thread_map if threads else map)(one, range(len(self.splits)))

    def _held_out(self, k: int, min_alpha: float) -> HeldOut:
        train, test = self.splits[k]
        train = train[self.weights[train] > 0]
        w = self.weights[test]
        # Fully weightless folds are reported as such by a weight of 0.
        y_mean = np.average(self.Y[test], axis=0, weights=w) if w.any() else 0.0
        predict = self._predictor(train, test, min_alpha)
        return HeldOut(
            test=test,
            weight=float(w.sum()),
            y_squares=w @ (self.Y[test] - y_mean) ** 2,
            squared_errors=lambda alphas: np.einsum(
                "i,ita->ta", w, (self.Y[test][:, :, None] - predict(alphas)) ** 2
            ),
            predictions=predict,
        )

    def _predictor(
        self, train: np.ndarray, test: np.ndarray, min_alpha: float
    ) -> Callable[[np.ndarray], np.ndarray]:
        """alphas -> predictions of the test rows from the training rows, within the kernel matrix."""
        w, K = self.weights[train], self.K[np.ix_(train, train)]
        root, cross = np.sqrt(w), self.K[np.ix_(test, train)]
        y_mean = weighted_mean(self.Y[train], w, self.fit_intercept)
        if self.fit_intercept:
            share = w / w.sum()
            means = K @ share
            cross = cross - (cross @ share)[:, None] - means + share @ means
            K = K - means[:, None] - means + share @ means
        B = root[:, None] * (self.Y[train] - y_mean)
        dual = dual_from_kernel(K * np.multiply.outer(root, root), B, root, self.fit_intercept)
        if ill_conditioned(dual.eigenvalues, min_alpha) and may_densify(self.X):
            path = wide_data(self.X[train], self.Y[train], w, self.fit_intercept, min_alpha).path
            return lambda alphas: predict_path(self.X, test, path, alphas)

        def predict(alphas: np.ndarray) -> np.ndarray:
            c = root[:, None, None] * dual.dual_coefs(alphas)
            return np.tensordot(cross, c, axes=1) + y_mean[:, None]

        return predict
