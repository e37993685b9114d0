"""Cross-validation of ridge for every alpha at once, from moments of the folds.

The training moments of a fold are the sums of the *other* folds' moments (a prefix plus a
suffix; never total minus fold, which cancels), so X is read once however many folds there
are. One decomposition per fold gives every alpha, and the validation error needs no second
pass over X either: with the fold's own centred moments G, C, Σ y² and means,

    SSE(W) = Σ y² − 2 C·W + W'GW + (Σ w)(ȳ − ν − (x̄ − μ)'W)²

Where a fold holds out fewer rows than X has columns, the rows themselves are the cheaper way.
Wide data do the same with blocks of one kernel matrix (X − μ)(X − μ)'.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from skl2._choice import Scores
from skl2._threads import thread_map
from skl2._typing import NDArray
from skl2.ridge._kernel import CentredData, centred_data, centred_rows, may_densify
from skl2.ridge._loo import wide_data
from skl2.ridge._moments import Moments, accumulate, accumulate_each, both, others, require_finite
from skl2.ridge._path import ILL_CONDITIONED, NEAR_PERFECT, Path, PrimalPath, dual_from_kernel, tall_path
from skl2.ridge._rows import Centre, Data, Rows

BATCH = 8  # folds whose moments are held at the same time
SQUARED_ERROR = "neg_mean_squared_error"
RECENTRED = 1e-6  # (λ + α)/‖row‖² that a kernel can resolve which was centred about another mean
Batch = list[tuple[int, Moments, Moments]]  # split, training moments, test moments
Result = TypeVar("Result")


@dataclass(slots=True)
class HeldOut:
    """What one fold's held-out rows say about every alpha."""

    test: NDArray
    weight: float
    y_squares: NDArray  # Σ w (y − ȳ)² per target
    squared_errors: Callable[[NDArray], NDArray]  # alphas -> Σ w e², (n_targets, n_alphas)
    predictions: Callable[[NDArray], NDArray]  # alphas -> (n_test, n_targets, n_alphas)

    @classmethod
    def of_rows(
        cls, test: NDArray, w: NDArray, Y: NDArray, predictions: Callable[[NDArray], NDArray]
    ) -> HeldOut:
        """From what is predicted of rows with the weights w and the targets Y."""

        def squared_errors(alphas: NDArray) -> NDArray:
            return np.einsum("i,ita->ta", w, (Y[:, :, None] - predictions(alphas)) ** 2)

        y_squares = w @ (Y - np.average(Y, axis=0, weights=w)) ** 2
        return cls(test, float(w.sum()), y_squares, squared_errors, predictions)


class Folds(ABC):
    """Splits of the data, and the scores of every alpha on what each holds out."""

    total: Moments | None = None  # of all rows, where they are known

    @abstractmethod
    def map(self, min_alpha: float, function: Callable[[HeldOut], Result], threads: bool) -> list[Result]:
        """Apply `function` to what every fold holds out, on several threads where it is safe there."""

    def scores(self, alphas: NDArray, metric: str, score: Callable[..., NDArray]) -> Scores:
        """R² or the squared error from sums; for the metric 'scorer' `score` of what is predicted."""

        def squared(held_out: HeldOut) -> NDArray:
            sse = held_out.squared_errors(alphas)
            if metric == SQUARED_ERROR:
                return -(sse / held_out.weight).mean(axis=0)
            return r2_from_sums(sse, held_out.y_squares, len(held_out.test))

        def scored(held_out: HeldOut) -> NDArray:
            return score(held_out.predictions(alphas), held_out.test)[:, 0]

        function = scored if metric == "scorer" else squared
        detail = self.map(alphas.min(), function, threads=metric != "scorer")
        return Scores.of_folds(alphas, np.array(detail))


def r2_from_sums(sse: NDArray, y_squares: NDArray, n_rows: int) -> NDArray:
    """R² per alpha, averaged over targets; a constant target counts 1 if predicted exactly, else 0."""
    if n_rows < 2:
        return np.full(sse.shape[1], np.nan)
    constant = (y_squares == 0)[:, None]
    explained = 1.0 - sse / np.where(constant, 1.0, y_squares[:, None])
    return np.where(constant, np.where(sse == 0, 1.0, 0.0), explained).mean(axis=0)


def _as_rows(indices: NDArray) -> Rows:
    """A slice where the indices are consecutive: no gathering then."""
    if len(indices) and indices[-1] - indices[0] == len(indices) - 1 and np.all(np.diff(indices) == 1):
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


def partitions(splits: list[tuple[NDArray, NDArray]], n_samples: int) -> list[list[int]]:
    """Groups of splits whose test sets divide the rows and whose training sets are the rest.

    Splits of no such group (bootstrap, time series) are left out.
    """
    groups: list[list[int]] = []
    pending: list[int] = []
    covered = np.zeros(n_samples, bool)
    for k, (train, test) in enumerate(splits):
        seen = np.zeros(n_samples, bool)
        seen[train] = seen[test] = True
        divided = len(train) + len(test) == n_samples and seen.all()  # and so no row is twice there
        if not divided or covered[test].any():
            pending, covered = [], np.zeros(n_samples, bool)
        if divided:
            pending.append(k)
            covered[test] = True
        if covered.all():
            groups.append(pending)
            pending, covered = [], np.zeros(n_samples, bool)
    return groups


class TallFolds(Folds):
    """Folds of data with more rows than columns, by moments."""

    total: Moments

    def __init__(self, data: Data, splits: list[tuple[NDArray, NDArray]]) -> None:
        self.data, self.splits = data, splits
        self.groups = partitions(splits, data.X.shape[0])
        self.shifts: Any = None, None  # rough means
        self.kept: list[Batch] = []
        self.total = self._total()
        well_shifted = self.total.well_shifted()
        require_finite(data.X, self.total.gram.diagonal(), self.total.y_squares)
        self.shifts = self.total.shift, self.total.y_shift
        if not well_shifted:
            self.shifts, self.kept = (self.total.x_mean, self.total.y_mean), []
            self.total = self._total()

    def _moments(self, *row_sets: NDArray) -> list[Moments]:
        return accumulate_each(self.data, [_as_rows(indices) for indices in row_sets], *self.shifts)

    def _total(self) -> Moments:
        """The moments of all rows; where one batch holds every fold, it is kept."""
        if not (len(self.groups) == 1 and len(self.splits) == len(self.groups[0]) <= BATCH):
            return self._moments(np.arange(self.data.X.shape[0]))[0]
        self.kept = list(self._batches_of(self.groups[0], None))
        _, train, test = self.kept[0][0]
        return train.merge(test)

    def _batches(self) -> Iterator[Batch]:
        """Every split with its training and test moments, a few splits at a time."""
        if self.kept:
            yield from self.kept
            return
        for group in self.groups:
            yield from self._batches_of(group, None)
        for k in set(range(len(self.splits))).difference(*self.groups):
            train, test = self.splits[k]
            of_train, of_test = self._moments(train, test)
            yield [(k, of_train, of_test)]

    def _batches_of(self, folds: list[int], outside: Moments | None) -> Iterator[Batch]:
        """Those of folds that divide the rows: `outside` is the sum of what other folds hold out.

        Halving the folds again and again reads X once per level, and holds one sum per level.
        """
        if len(folds) <= BATCH:
            tests = self._moments(*(self.splits[k][1] for k in folds))
            yield list(zip(folds, others(tests, outside), tests, strict=True))
            return
        middle = len(folds) // 2
        for inner, outer in ((folds[:middle], folds[middle:]), (folds[middle:], folds[:middle])):
            rows = np.sort(np.concatenate([self.splits[k][1] for k in outer]))
            yield from self._batches_of(inner, both(self._moments(rows)[0], outside))

    def map(self, min_alpha: float, function: Callable[[HeldOut], Result], threads: bool) -> list[Result]:
        def one(item: tuple[int, Moments, Moments]) -> Result:
            return function(self._held_out(*item, min_alpha))

        results: dict[int, Result] = {}
        for batch in self._batches():
            folds = [k for k, _, _ in batch]
            results.update(zip(folds, (thread_map if threads else map)(one, batch), strict=True))
        return [results[k] for k in range(len(self.splits))]

    def _held_out(self, k: int, train_moments: Moments, test_moments: Moments, min_alpha: float) -> HeldOut:
        train, test = self.splits[k]
        train_moments, moments = self._sound(train_moments, train), self._sound(test_moments, test)
        path = self.path(train_moments, train, min_alpha)

        def squared_errors(alphas: NDArray) -> NDArray:
            W = path.coefs(alphas)
            if len(test) < len(W):
                return self._row_errors(test, path, W)
            sse, scale = moment_errors(moments, path, W)
            return self._row_errors(test, path, W) if np.any(sse < NEAR_PERFECT * scale) else sse

        return HeldOut(
            test=test,
            weight=moments.weight,
            y_squares=moments.y_variation,
            squared_errors=squared_errors,
            predictions=lambda alphas: path.predict(self.data.X[test], alphas),
        )

    def path(self, moments: Moments, rows: Any, min_alpha: float) -> PrimalPath:
        """The decomposition of some rows, whose moments these are."""
        return tall_path(self.data, moments, min_alpha, rows)

    def _row_errors(self, test: Any, path: Path, W: NDArray) -> NDArray:
        return row_errors(self.data, _as_rows(test), path, W)

    def _sound(self, moments: Moments, rows: NDArray) -> Moments:
        """The moments, taken again about their own mean if the common shift is far from it."""
        if moments.well_shifted():
            return moments
        return accumulate(self.data, _as_rows(rows), dtype=np.float64)


def moment_errors(moments: Moments, path: Path, W: NDArray) -> tuple[NDArray, NDArray]:
    """Σ w e² by the formula above, and the sum of its terms' sizes."""
    G, C, y_squares = moments.normal_equations()
    centre, flat = path.centre, W.reshape(len(G), -1)
    quadratic = np.einsum("ij,ij->j", flat, G @ flat).reshape(W.shape[1:])
    x_apart = moments.shift - centre.x_shift + (moments.sum_x / moments.weight - centre.x_rest)
    y_apart = moments.y_shift - centre.y_shift + (moments.sum_y / moments.weight - centre.y_rest)
    bias = y_apart[:, None] - np.tensordot(x_apart, W, axes=1)
    squares = y_squares[:, None] + quadratic + moments.weight * bias**2
    return squares - 2 * np.einsum("pt,pta->ta", C, W), squares


def row_errors(data: Data, test: Rows, path: Path, W: NDArray) -> NDArray:
    """Σ w e² over the test rows, from their residuals."""
    sse, flat = np.zeros(W.shape[1:]), path.centre.through(W.reshape(len(W), -1))
    for _, A, B in path.centre.blocks(data, test):
        sse += ((B[:, :, None] - (A @ flat).reshape(len(A), *W.shape[1:])) ** 2).sum(axis=0)
    return sse


class WideFolds(Folds):
    """Folds whose training rows are at most as many as the columns, by blocks of one kernel matrix."""

    def __init__(self, data: Data, splits: list[tuple[NDArray, NDArray]]) -> None:
        X = data.X.toarray() if sparse.issparse(data.X) and may_densify(data.X) else data.X
        self.data, self.splits, self.weights = replace(data, X=X), splits, data.weights
        self.K = centred_data(replace(self.data, sample_weight=None)).kernel()

    def map(self, min_alpha: float, function: Callable[[HeldOut], Result], threads: bool) -> list[Result]:
        def one(k: int) -> Result:
            return function(self._held_out(k, min_alpha))

        return list((thread_map if threads else map)(one, range(len(self.splits))))

    def _held_out(self, k: int, min_alpha: float) -> HeldOut:
        train, test = self.splits[k]
        predict = self._predictor(train[self.weights[train] > 0], test, min_alpha)
        return HeldOut.of_rows(test, self.weights[test], self.data.Y[test], predict)

    def _predictor(self, train: NDArray, test: NDArray, min_alpha: float) -> Callable[[NDArray], NDArray]:
        """alphas -> predictions of the test rows from the training rows, within the kernel matrix."""
        data, fit_intercept = self.data, self.data.fit_intercept
        w, K = self.weights[train], self.K[np.ix_(train, train)]
        root, cross = np.sqrt(w), self.K[np.ix_(test, train)]
        squares = K.diagonal().max()
        if fit_intercept:
            share = w / w.sum()
            means = K @ share
            cross = cross - (cross @ share)[:, None] - means + share @ means
            K = K - means[:, None] - means + share @ means
        B, *y_mean = centred_rows(data.Y[train], root, fit_intercept)
        nowhere = np.zeros(len(test))  # the coefficients are the fitted values of the test rows
        centre = Centre(nowhere, nowhere, *y_mean)
        centred = CentredData(root[:, None] * cross.T, B, root, centre, fit_intercept)
        dual = dual_from_kernel(K * np.multiply.outer(root, root), centred)
        resolved = ILL_CONDITIONED * dual.eigenvalues.max(initial=0.0)
        if squares > 4 * K.diagonal().max():
            resolved = RECENTRED * squares * w.max()
        if dual.eigenvalues.min(initial=np.inf) + min_alpha <= resolved and not sparse.issparse(data.X):
            path = wide_data(data.take(train), min_alpha).path
            return lambda alphas: path.predict(data.X[test], alphas)
        return lambda alphas: dual.coefs(alphas) + centre.y_mean[:, None]
