"""Folds, and their scores of every alpha of ridge at once, mostly from moments.

The training moments of a fold are the sums of the *other* folds' moments (a prefix plus a
suffix; never total minus fold, which cancels), so X is read once however many folds there
are. One decomposition per fold gives every alpha, and the validation error needs no second
pass over X either: with the fold's own centred moments G, C, Σ y² and means,

    SSE(W) = Σ y² − 2 C·W + W'GW + (Σ w)(ȳ − ν − (x̄ − μ)'W)²

Where a fold holds out fewer rows than X has columns, the rows themselves are the cheaper way.
Wide data do the same with blocks of one kernel matrix (X − μ)(X − μ)', and a large sparse X stays so.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from scipy import linalg, sparse

from skl2._choice import Scores
from skl2._threads import thread_map
from skl2._typing import NDArray
from skl2.ridge._iterative import solve_cg
from skl2.ridge._kernel import (
    CentredData,
    CentredRows,
    centred_data,
    centred_rows,
    may_densify,
    near_the_origin,
)
from skl2.ridge._loo import wide_data
from skl2.ridge._moments import Moments, accumulate, accumulate_each, both, others, require_finite
from skl2.ridge._path import ILL_CONDITIONED, NEAR_PERFECT, Path, PrimalPath, dual_from_kernel, tall_path
from skl2.ridge._problem import RidgeProblem
from skl2.ridge._rows import Centre, Data, Rows

BATCH = 8  # folds whose moments are held at the same time
SQUARED_ERROR = "neg_mean_squared_error"
DIRECT_COLUMNS = 400  # of a sparse X, or as many rows, up to which a decomposition is quicker
LARGEST = 20_000_000  # numbers of the size (n + p) × folds × targets up to which iterations are an option
MOST_STEPS = 400  # of Krylov's space
CONVERGED = 1e-9  # error of the fitted values relative to y
SOLVED = 1e-10  # the same of the solution on all rows
LITTLE = 1e-3  # α/λ that shrinks little, and λ/α that leaves little
RESOLVED = 1e-6  # α/λ below which rounding errors are larger than that
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

    def bounds(self, otherwise: Callable[[], tuple[float, float]]) -> tuple[float, float]:
        """Ends of alpha, where the folds know them themselves."""
        return otherwise()

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


class KrylovFolds(Folds):
    """Folds of a large sparse X without making it dense: one Krylov space for every alpha.

    For the training rows of a fold, A = √w (X − μ) and r = A'B, Lanczos' process builds an orthonormal
    basis V of span{r, A'A r, (A'A)² r, ...} in which A'A is a small tridiagonal T. The space does not
    depend on α, so that one run serves a whole grid:

        W(α) = V (T + αI)⁻¹ ‖r‖ e₁        f(x) = ν + (x − μ)'V (T + αI)⁻¹ ‖r‖ e₁

    which are the iterates of conjugate gradients for every α at once. A Jacobi preconditioner would
    make α another number for each column and the space another one for each α; so there is none, and
    where that takes too many steps the decompositions take over. All folds and targets share each
    product with X; and as X V is known for held-out rows too, nothing of the size of W is kept.
    `direct` makes folds that decompose, for where this does not converge.
    """

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


def folds_of(data: Data, splits: list[tuple[NDArray, NDArray]]) -> Folds:
    """The folds that suit the shape: by moments, by a kernel, or without making a sparse X dense."""
    n, p = data.X.shape
    most = max(len(train) for train, _ in splits) - int(data.fit_intercept)
    tall = most > p or (n >= p and not may_densify(data.X))  # where kernels have no way without squares
    direct = partial(TallFolds if tall else WideFolds, data, splits)
    large = min(most, p) > DIRECT_COLUMNS and (n + p) * len(splits) * data.Y.shape[1] <= LARGEST
    if sparse.issparse(data.X) and large and near_the_origin(data.X):
        return KrylovFolds(data, splits, direct)
    return direct()
