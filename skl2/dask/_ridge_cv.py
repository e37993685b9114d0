"""RidgeCV and RidgeClassifierCV on Dask: moments of chunks and folds, scored by the ridge wing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score

from skl2 import ridge
from skl2._choice import Scores, choose, unit_of
from skl2._typing import NDArray
from skl2._validation import check_no_metadata
from skl2.dask._base import DaskMixin, takes_client
from skl2.dask._chunks import Chunk, Chunks, aligned, gathered, mapped, reduced
from skl2.dask._ridge import DecisionMixin, encode
from skl2.ridge._folds import SQUARED_ERROR, HeldOut, TallFolds, row_errors
from skl2.ridge._loo import TallData, errors_given_others
from skl2.ridge._moments import Moments, combined, moments_of, require_finite
from skl2.ridge._path import Path, PrimalPath
from skl2.ridge._rows import Data
from skl2.ridge._scores import (
    HeldOutClassifier,
    Problem,
    loss_sums,
    scores_of_losses,
    spectrum_scores,
)


class SearchMixin(DaskMixin):
    """The search for alpha over chunks: where it reads them, and what it needs no rows for."""

    def _fit_chunks(self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]) -> None:
        alphas = self._check_parameters()
        check_no_metadata(params)
        self._check_possible()
        self._forget()
        dtype = self._learn_features(X)
        plain, columns = self._learn(y, sample_weight)
        cut = folds = None
        if self.cv is not None:
            labels, counts = columns[0] if len(columns) == 1 else (None, self._sizes(X))
            bounds, before = fold_bounds(counts.sum(axis=0), int(self.cv)), counts.cumsum(axis=0) - counts
            cut = partial(fold_numbers, labels, bounds, before)
        parts = self._parts(encode, plain, X, y, sample_weight, cut)
        if self.cv is not None:
            folds = ChunkFolds(parts, int(self.cv), self.client, self.fit_intercept)
        problem = self._problem_of(Chunks(parts, self.client) if folds is None else folds.data.X)
        chosen = choose(partial(self._evaluate, problem, folds), alphas, problem.bounds, self.selection)
        if folds is not None:
            self._set_fold_results(chosen.scores)
        flat = y.ndim == 1 and not is_classifier(self)
        self._set_all(problem, alphas, chosen, flat, dtype)

    def _check_possible(self) -> None:
        """Refuse what would need every row in one memory."""
        known = (None, "accuracy") if is_classifier(self) else (None, "r2", SQUARED_ERROR)
        if self.scoring not in (known if self.cv is not None else (None,)):
            raise ValueError(
                f"scoring={self.scoring!r} needs every prediction in one memory: use one of {known} with cv, "
                "None without."
            )
        if self.store_cv_results:
            raise ValueError("store_cv_results=True keeps values of every row: set it to False.")
        if not (self.cv is None or isinstance(self.cv, Integral)):
            raise ValueError(f"cv must be a number of folds or None for rows in chunks, got {self.cv!r}.")

    def _sizes(self, X: Any) -> NDArray:
        """How many rows each chunk has, (n_chunks, 1)."""
        known = hasattr(X, "chunks") and not np.isnan(X.shape[0])
        rows = [row for (row,) in aligned(self.client, X=X)]
        return np.array(X.chunks[0] if known else gathered(self.client, mapped(rows, len)))[:, None]

    def _problem_of(self, chunks: Chunks) -> Problem:
        """The problem with chunks in place of rows, of which only the numbers are known here."""
        require_finite(None, 0.0, chunks.moments.y_squares)
        n, p = chunks.shape
        if n - int(self.fit_intercept) <= p:
            raise ValueError(
                f"X has {n} rows with weight and {p} features: rows in chunks must be more than features. "
                f"Compute X and fit skl2.{type(self).__name__}."
            )
        Y, y = np.empty((0, len(chunks.moments.y_shift))), np.broadcast_to(0, n)
        per_target, use_svd, moments = bool(self.alpha_per_target), self._use_svd(None), chunks.moments
        data = Data(chunks, Y, None, self.fit_intercept)
        return Problem(data, y, use_svd, per_target, moments=moments)

    def _evaluate(self, problem: Problem, folds: ChunkFolds | None, alphas: NDArray) -> Scores:
        if folds is not None and is_classifier(self):
            return folds.accuracies(alphas, HeldOutClassifier(self._label_binarizer))
        if folds is not None:
            return folds.scores(alphas, self.scoring or "r2", problem.score)
        if self.criterion != "loo":
            return spectrum_scores(problem, alphas, self.criterion)
        return chunk_loo_scores(problem, alphas)


def fold_numbers(labels: Any, bounds: NDArray, before: NDArray, number: int, y: NDArray) -> NDArray:
    """The fold of each row of a chunk, as KFold or, for labels, StratifiedKFold deals them out.

    `bounds` (n_folds, n_labels) are the rows of each label in the folds up to each, `before` (n_chunks,
    n_labels) those in the chunks before each.
    """
    codes = np.zeros(len(y), int) if labels is None else pd.Index(labels).get_indexer(y.ravel())
    fold = np.empty(len(y), int)
    for k in np.unique(codes):
        rows = np.flatnonzero(codes == k)
        place = before[number, k] + np.arange(len(rows))
        fold[rows] = np.searchsorted(bounds[:, k], place, side="right")
    return fold


def fold_bounds(counts: NDArray, n_folds: int) -> NDArray:
    """How many rows of each class lie in the folds up to each, (n_folds, n_classes).

    As StratifiedKFold deals them out without shuffling, and for one class KFold.
    """
    if not 2 <= n_folds <= counts.max():
        most = f"number of rows, of labels that of the most frequent, {counts.max()}"
        raise ValueError(f"cv must be between 2 and the {most}; got {n_folds}.")
    ends, fold = counts.cumsum(), np.arange(n_folds)[:, None]
    dealt = [(last - fold + n_folds - 1) // n_folds for last in (ends - counts, ends)]
    return (dealt[1] - dealt[0]).cumsum(axis=0)


@dataclass(slots=True)
class FoldRows:
    """The rows that a fold holds out, or the others, whatever chunk they are in."""

    fold: int
    held_out: bool
    n_rows: int

    def __len__(self) -> int:
        return self.n_rows

    def __call__(self, chunk: Chunk) -> NDArray:
        """Which rows of a chunk these are."""
        return np.flatnonzero((chunk.fold == self.fold) == self.held_out)


class ChunkFolds(TallFolds):
    """Folds by moments of one pass; rows are read again where these fall short."""

    def __init__(self, parts: list[Any], n_folds: int, client: Any, fit_intercept: bool) -> None:
        found = reduced(client, mapped(parts, _fold_moments), _folds_together)
        for k in range(n_folds):
            if k not in found:
                raise ValueError(f"Fold {k} of cv has no held-out rows of positive weight.")
        tests = [found[k] for k in range(n_folds)]
        self.data = Data(Chunks(parts, client, combined(tests)), np.empty(0), None, fit_intercept)
        sizes = [test.n_samples for test in tests]
        self.splits: Any = [[FoldRows(k, held, n) for held in (False, True)] for k, n in enumerate(sizes)]
        self.kept = [[(k, combined(tests[:k] + tests[k + 1 :]), test) for k, test in enumerate(tests)]]

    def map(self, min_alpha: float, function: Callable[[HeldOut], Any], threads: bool) -> list[Any]:
        """Apply `function` to what every fold holds out, in turn: threads would share Dask's scheduler."""
        return super().map(min_alpha, function, threads=False)

    def _row_errors(self, test: Any, path: Path, W: NDArray) -> NDArray:
        return self.data.X.sum(sum, row_errors, test, None, path, W)

    def accuracies(self, alphas: NDArray, receiver: HeldOutClassifier) -> Scores:
        """The share of held-out weight that is labelled right, by fold and alpha: a pass over the rows."""
        (batch,) = self.kept
        paths = [self.path(train, self.splits[k][0], alphas.min()) for k, train, _ in batch]
        hits = mapped(self.data.X.parts, _fold_hits, paths, alphas, receiver)
        weight = np.array([test.weight for *_, test in batch])
        return Scores.of_folds(alphas, reduced(self.data.X.client, hits, sum) / weight[:, None])


def _of_each_fold(chunk: Chunk) -> dict[int, Chunk]:
    """The rows with a weight, by the fold that holds them out."""
    counted, fold = chunk.data.weights > 0, np.asarray(chunk.fold)
    return {k: chunk.rows(np.flatnonzero(counted & (fold == k))) for k in np.unique(fold[counted]).tolist()}


def _fold_moments(chunk: Chunk) -> dict[int, Moments]:
    return {k: moments_of(rows.data, None, np.float64) for k, rows in _of_each_fold(chunk).items()}


def _folds_together(parts: Sequence[dict[int, Moments]]) -> dict[int, Moments]:
    return {k: combined([part[k] for part in parts if k in part]) for k in set().union(*parts)}


def _fold_hits(
    chunk: Chunk, paths: list[PrimalPath], alphas: NDArray, receiver: HeldOutClassifier
) -> NDArray:
    hits = np.zeros((len(paths), len(alphas)))
    for k, rows in _of_each_fold(chunk).items():
        fitted = np.moveaxis(paths[k].predict(rows.X, alphas), -1, 0)
        how = {"normalize": False, "sample_weight": rows.weight}
        true = receiver.predict(rows.Y)
        hits[k] = [accuracy_score(true, receiver.predict(values), **how) for values in fitted]
    return hits


def chunk_loo_scores(problem: Problem, alphas: NDArray) -> Scores:
    """As `skl2.ridge._scores.loo_scores`, by a pass over the chunks.

    A second one follows for rows without which the others say nothing about some direction.
    """
    path, chunks = problem.decomposed(alphas.min()).path, problem.data.X
    moments: Moments = chunks.moments
    mean_weight = np.array(moments.weight / moments.n_samples)
    units = unit_of(np.sqrt(moments.y_squares / moments.weight)), unit_of(mean_weight)
    found = mapped(chunks.parts, _chunk_loo, path, alphas, units, problem.per_target)
    sums, weight_squares, decisive = reduced(chunks.client, found, _loo_together)
    if decisive:
        others = partial(_without, {number: which for number, (which, *_) in decisive.items()})
        _, X, Y, weight = map(np.concatenate, zip(*decisive.values(), strict=True))
        errors = errors_given_others(problem.data, others, alphas, Data(X, Y, weight))
        sums = sums + loss_sums(errors**2, weight / units[1], units, problem.per_target)
    of_weights = moments.n_samples, moments.weight / units[1], weight_squares
    return scores_of_losses(alphas, sums, of_weights, units[0])


def _chunk_loo(chunk: Chunk, path: PrimalPath, alphas: NDArray, units: Any, per_target: bool) -> Any:
    """Σ of losses, Σ w² and by number the rows set apart, of one chunk."""
    weight, data = chunk.data.weights, TallData(path, chunk.data)
    share = weight / units[1]

    def reduce(where: Any, errors: NDArray) -> NDArray:
        return loss_sums(errors**2, share[where], units, per_target)

    sums, which = data.map_ordinary(alphas, reduce)
    apart = {chunk.number: (which, chunk.X[which], chunk.Y[which], weight[which])} if len(which) else {}
    return np.sum(sums, axis=0), share @ share, apart


def _loo_together(parts: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    sums, weight_squares, apart = zip(*parts, strict=True)
    return sum(sums), sum(weight_squares), {number: rows for part in apart for number, rows in part.items()}


def _without(apart: dict[int, NDArray], chunk: Chunk) -> NDArray:
    """Which rows of a chunk are not set apart."""
    return np.delete(np.arange(len(chunk.X)), apart.get(chunk.number, np.empty(0, int)))


@takes_client
class RidgeCV(SearchMixin, ridge.RidgeCV):
    """`skl2.RidgeCV` of rows in chunks: the same choice, the same solution.

    Generalised cross-validation, evidence and folds need one pass over the chunks; leave-one-out and the
    accuracy of folds another for every set of alphas that is tried.

    Parameters
    ----------
    alphas, fit_intercept, gcv_mode, alpha_per_target, criterion, selection, n_alphas, store_path
        As those of `skl2.RidgeCV`.
    scoring : {None, 'r2', 'neg_mean_squared_error'}, default=None
        Only with `cv`: what sums over rows can say.
    cv : int, default=None
        How many folds, consecutive as those of `sklearn.model_selection.KFold`.
    store_cv_results : bool, default=False
        Not for rows in chunks: they would be as many.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    alpha_, alphas_, best_score_, mean_score_, std_error_, coef_, intercept_, effective_dof_, cv_results_
        As those of `skl2.RidgeCV`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import RidgeCV
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> RidgeCV(criterion="gcv").fit(X, 2 * X[:, 0] + 1).alpha_
    0.1
    """


@takes_client
class RidgeClassifierCV(SearchMixin, DecisionMixin, ridge.RidgeClassifierCV):
    """`skl2.RidgeClassifierCV` of rows in chunks: the same choice, the same solution.

    Parameters
    ----------
    alphas, fit_intercept, class_weight, criterion, selection, n_alphas, store_path
        As those of `skl2.RidgeClassifierCV`.
    scoring : {None, 'accuracy'}, default=None
        Only with `cv`; None is accuracy too.
    cv : int, default=None
        How many folds, those of `sklearn.model_selection.StratifiedKFold`; of KFold for several labels.
    store_cv_results : bool, default=False
        Not for rows in chunks: they would be as many.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    alpha_, alphas_, best_score_, mean_score_, std_error_, coef_, intercept_, classes_, cv_results_
        As those of `skl2.RidgeClassifierCV`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import RidgeClassifierCV
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> RidgeClassifierCV().fit(X, X[:, 0] > 1).predict(X).compute()
    array([False, False,  True,  True])
    """
