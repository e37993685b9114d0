"""RidgeCV and RidgeClassifierCV on Dask: moments of chunks and folds, scored by the ridge wing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from numbers import Integral
from typing import Any, Self

import dask
import numpy as np
from sklearn.base import is_classifier

from skl2 import ridge
from skl2._base import unchanged_on_error
from skl2._choice import Scores, choose, unit_of
from skl2._typing import NDArray
from skl2._validation import check_flag, check_no_metadata
from skl2.dask._base import DaskMixin, checked_moments, takes_client
from skl2.dask._chunks import Chunk, Chunks, added, aligned, chunk_moments, is_collection, summed
from skl2.dask._ridge import LabelsMixin, numbers
from skl2.ridge._folds import HeldOut, moment_errors, row_errors
from skl2.ridge._loo import TallData, errors_given_others
from skl2.ridge._moments import Moments, combined, require_finite
from skl2.ridge._path import NEAR_PERFECT, PrimalPath, tall_path
from skl2.ridge._scores import (
    SQUARED_ERROR,
    HeldOutClassifier,
    Problem,
    fold_scores,
    loss_sums,
    scores_of_losses,
    spectrum_scores,
)


class SearchMixin(DaskMixin):
    """The search for alpha over chunks: where it reads them, and what it needs no rows for."""

    @unchanged_on_error
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Choose alpha and solve for it.

        Parameters
        ----------
        X : dask.array.Array or dask.dataframe.DataFrame of shape (n_samples, n_features)
            Training data, of more rows than features.
        y : collection of shape (n_samples,) or (n_samples, n_targets)
            Targets in chunks like X's: numbers, class labels, or an indicator matrix of labels.
        sample_weight : collection of shape (n_samples,), default=None
            Weights w_i >= 0, used in the fits and in the scores.
        **params : dict
            For arrays in memory, as for the plain estimator.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            For invalid data, with the chunk's number, and for what sums over rows cannot say.
        """
        if not is_collection(X):
            return super().fit(X, y, sample_weight, **params)
        self._search_chunks(X, y, sample_weight, params)
        return self

    def _search_chunks(self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]) -> None:
        """Choose alpha and set everything that is fitted."""
        alphas = self._check_parameters()
        check_no_metadata(params)
        self._check_possible()
        self._forget()
        encode, by_chunk = self._learn_labels(y, sample_weight) if is_classifier(self) else (numbers, None)
        folds = None
        if self.cv is None:
            chunks, dtype = self._chunks(X, y, sample_weight, encode)
        else:
            parts, dtype = self._parts(X, y, sample_weight, encode, reset=True)
            parts = self._cut(parts, X, by_chunk)
            folds = Folds(parts, int(self.cv), self.client, self.fit_intercept)
            chunks = folds.chunks
        problem = self._problem_of(chunks)
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

    def _problem_of(self, chunks: Chunks) -> Problem:
        """The problem with chunks in place of rows, of which only the numbers are known here."""
        require_finite(None, 0.0, chunks.moments.y_squares)
        n, p = chunks.shape
        if n - int(self.fit_intercept) <= p:
            raise ValueError(
                f"X has {n} rows with weight and {p} features: rows in chunks must be more than features. "
                f"Compute X and fit skl2.{type(self).__name__}."
            )
        return Problem(
            X=chunks,
            Y=np.empty((0, len(chunks.moments.y_shift))),
            y=np.broadcast_to(0, n),
            weight=None,
            fit_intercept=self.fit_intercept,
            use_svd=self._use_svd(None),
            per_target=bool(getattr(self, "alpha_per_target", False)),
            scorer=None,
            score_params={},
            receiver=None,
            moments=chunks.moments,
        )

    def _evaluate(self, problem: Problem, folds: Any, alphas: NDArray) -> Scores:
        if folds is not None and is_classifier(self):
            return folds.accuracies(alphas, HeldOutClassifier(self._label_binarizer))
        if folds is not None:
            return fold_scores(problem, folds, alphas, self.scoring or "r2")
        if self.criterion != "loo":
            return spectrum_scores(problem, alphas, self.criterion)
        return chunk_loo_scores(problem, alphas)

    def _cut(self, parts: list[Any], X: Any, by_chunk: list[dict[Any, int]] | None) -> list[Any]:
        """The chunks with the fold of each row: those of KFold, or of StratifiedKFold for labels."""
        position = None
        if by_chunk is None:
            known = hasattr(X, "chunks") and not np.isnan(X.shape[0])
            sizes = (
                X.chunks[0] if known else summed(self.client, aligned(self.client, X=X)["X"], _size, added)
            )
            by_chunk = [{None: size} for size in sizes]
        labels = list(dict.fromkeys(chain.from_iterable(by_chunk)))
        if labels != [None]:
            position = np.array([labels.index(label) for label in self.classes_.tolist()])
        counts = np.array([[chunk.get(label, 0) for label in labels] for chunk in by_chunk])
        bounds, cut = fold_bounds(counts.sum(axis=0), int(self.cv)), dask.delayed(_with_folds, pure=False)
        before = counts.cumsum(axis=0) - counts
        return [cut(part, bounds, start, position) for part, start in zip(parts, before, strict=True)]


def fold_bounds(counts: NDArray, n_folds: int) -> NDArray:
    """How many rows of each class lie in the folds up to each, (n_folds, n_classes).

    As StratifiedKFold deals them out without shuffling, and for one class KFold.
    """
    if not 2 <= n_folds <= counts.sum():
        raise ValueError(f"cv must be between 2 and the number of rows, {counts.sum()}, got {n_folds}.")
    if n_folds > counts.max():
        raise ValueError(f"cv={n_folds} is more than the rows of any class, {counts.max()}: lower it.")
    ends, fold = counts.cumsum(), np.arange(n_folds)[:, None]
    dealt = [(last - fold + n_folds - 1) // n_folds for last in (ends - counts, ends)]
    return (dealt[1] - dealt[0]).cumsum(axis=0)


def _with_folds(chunk: Chunk, bounds: NDArray, before: NDArray, position: NDArray | None) -> Chunk:
    """The chunk with the fold of each row, of which so many of each class came before."""
    label = np.zeros(len(chunk.X), int)
    if position is not None:
        label = position[(chunk.Y[:, 0] > 0).astype(int) if chunk.Y.shape[1] == 1 else chunk.Y.argmax(axis=1)]
    fold = np.empty(len(label), int)
    for k in np.unique(label):
        rows = np.flatnonzero(label == k)
        fold[rows] = np.searchsorted(bounds[:, k], before[k] + np.arange(len(rows)), side="right")
    return chunk._replace(fold=fold)


class Folds:
    """What each fold holds out, by moments of one pass; rows are read again where these fall short."""

    def __init__(self, parts: list[Any], n_folds: int, client: Any, fit_intercept: bool) -> None:
        found = summed(client, parts, _fold_moments, _folds_together)
        for k in range(n_folds):
            if k not in found or found[k].weight == 0:
                raise ValueError(f"Fold {k} of cv has no held-out rows of positive weight.")
        self.tests = [found[k] for k in range(n_folds)]
        self.chunks = Chunks(parts, checked_moments(combined(self.tests)), client)
        self.fit_intercept = fit_intercept

    def path(self, k: int, min_alpha: float) -> PrimalPath:
        """The decomposition of all rows that fold k does not hold out."""
        moments = combined(self.tests[:k] + self.tests[k + 1 :])
        rows = self.chunks.map(_rows_of_fold, k, False)
        Y = np.empty((0, len(moments.y_shift)))
        return tall_path(rows, Y, None, self.fit_intercept, min_alpha, moments)

    def map(self, min_alpha: float, function: Callable[[HeldOut], Any], threads: bool) -> list[Any]:
        """Apply `function` to what every fold holds out."""
        return [function(self._held_out(k, min_alpha)) for k in range(len(self.tests))]

    def _held_out(self, k: int, min_alpha: float) -> HeldOut:
        path, moments = self.path(k, min_alpha), self.tests[k]

        def squared_errors(alphas: NDArray) -> NDArray:
            W = path.coefs(alphas)
            sse, scale = moment_errors(moments, path, W)
            if not np.any(sse < NEAR_PERFECT * scale):
                return sse
            return self.chunks.map(_rows_of_fold, k, True).sum(_fold_errors, added, path, W)

        return HeldOut(
            test=np.broadcast_to(0, moments.n_samples),  # as many; which they are is known where they are
            weight=moments.weight,
            y_squares=moments.centered()[2],
            squared_errors=squared_errors,
            predictions=_nowhere,
        )

    def accuracies(self, alphas: NDArray, receiver: HeldOutClassifier) -> Scores:
        """The share of held-out weight that is labelled right, by fold and alpha: a pass over the rows."""
        paths = [self.path(k, alphas.min()) for k in range(len(self.tests))]
        hits = self.chunks.sum(_fold_hits, added, paths, alphas, receiver)
        weight = np.array([moments.weight for moments in self.tests])
        return Scores.of_folds(alphas, hits / weight[:, None])


def chunk_loo_scores(problem: Problem, alphas: NDArray) -> Scores:
    """As `skl2.ridge._scores.loo_scores`, by a pass over the chunks.

    A second one follows for rows without which the others say nothing about some direction.
    """
    path, chunks = problem.decomposed(alphas.min()).path, problem.X
    moments: Moments = chunks.moments
    mean_weight = np.array(moments.weight / moments.n_samples)
    units = unit_of(np.sqrt(moments.y_squares / moments.weight)), unit_of(mean_weight)
    numbered = Chunks(list(enumerate(chunks.parts)), moments, chunks.client)
    result = numbered.sum(_chunk_loo, added_each, path, alphas, units, problem.per_target)
    sums, weight_squares, decisive = result
    if decisive:
        others = numbered.map(_without, {number: rows for number, rows, _ in decisive})
        rest = others.sum(chunk_moments, combined)
        path = tall_path(others, problem.Y, None, problem.fit_intercept, alphas.min(), rest)
        apart = Chunk(*map(np.concatenate, zip(*[rows for *_, rows in decisive], strict=True)))
        errors = errors_given_others(path, apart.X, apart.Y, apart.weight, alphas)
        sums = sums + _loss_sums(errors, apart.weight, units, problem.per_target)
    weight = moments.weight / units[1]
    return scores_of_losses(alphas, sums, weight, weight_squares, moments.n_samples, units[0])


def _loss_sums(errors: NDArray, weight: Any, units: tuple[float, float], per_target: bool) -> NDArray:
    return loss_sums((errors / units[0]) ** 2 / units[1], weight / units[1], per_target)


class _ChunkRows(TallData):
    """Rows of one chunk with the path of all; those that need the others' path are set apart."""

    apart = np.empty(0, int)

    def _errors_of_decisive(self, rows: NDArray, alphas: NDArray) -> NDArray:
        self.apart = rows
        return np.zeros((len(rows), self.Y.shape[1], len(alphas)))


def _chunk_loo(
    part: tuple[int, Chunk], path: PrimalPath, alphas: NDArray, units: tuple[float, float], per_target: bool
) -> list[Any]:
    """Σ of losses, Σ w² and the rows set apart, of one chunk."""
    number, chunk = part
    weight = np.ones(len(chunk.X)) if chunk.weight is None else chunk.weight.astype(np.float64)
    data = _ChunkRows(path, chunk.X, chunk.Y, chunk.weight, moments=None)  # type: ignore[arg-type]

    def reduce(where: Any, errors: NDArray) -> NDArray:
        return _loss_sums(errors, weight[where], units, per_target)

    sums = added(
        data.map_loo(alphas, reduce) or [reduce(slice(0, 0), np.zeros((0, chunk.Y.shape[1], len(alphas))))]
    )
    apart = (
        [(number, data.apart, chunk._replace(weight=weight).rows(data.apart)[:3])] if len(data.apart) else []
    )
    return [sums, (weight / units[1]) @ (weight / units[1]), apart]


def added_each(parts: Sequence[list[Any]]) -> list[Any]:
    """The sums of their first members, of their second, and so on."""
    return [added(values) for values in zip(*parts, strict=True)]


def _without(part: tuple[int, Chunk], apart: dict[int, NDArray]) -> Chunk:
    number, chunk = part
    return chunk.rows(np.delete(np.arange(len(chunk.X)), apart.get(number, np.empty(0, int))))


def present(chunk: Chunk) -> list[int]:
    """The folds that a chunk has rows of."""
    return np.unique(chunk.fold).tolist() if chunk.fold is not None else []


def _rows_of_fold(chunk: Chunk, k: int, held_out: bool) -> Chunk:
    return chunk.rows(np.flatnonzero((chunk.fold == k) == held_out))


def _fold_moments(chunk: Chunk) -> dict[int, Moments]:
    return {k: chunk_moments(_rows_of_fold(chunk, k, True)) for k in present(chunk)}


def _folds_together(parts: Sequence[dict[int, Moments]]) -> dict[int, Moments]:
    folds = set().union(*parts)
    return {k: combined([part[k] for part in parts if k in part]) for k in folds}


def _fold_errors(chunk: Chunk, path: PrimalPath, W: NDArray) -> NDArray:
    return row_errors(chunk.X, chunk.Y, chunk.weight, slice(0, len(chunk.X)), path, W)


def _fold_hits(
    chunk: Chunk, paths: list[PrimalPath], alphas: NDArray, receiver: HeldOutClassifier
) -> NDArray:
    hits = np.zeros((len(paths), len(alphas)))
    for k in present(chunk):
        held_out = _rows_of_fold(chunk, k, True)
        weight = 1.0 if held_out.weight is None else held_out.weight
        true, fitted = receiver.predict(held_out.Y), paths[k].predict(held_out.X, alphas)
        for j in range(len(alphas)):
            right = receiver.predict(fitted[:, :, j]) == true
            hits[k, j] = np.sum(weight * (right if right.ndim == 1 else right.all(axis=1)))
    return hits


def _size(rows: Any) -> list[int]:
    return [len(rows)]


def _nowhere(alphas: NDArray) -> NDArray:
    raise NotImplementedError("Held-out predictions of rows in chunks stay where the chunks are.")


@takes_client
class RidgeCV(SearchMixin, ridge.RidgeCV):  # type: ignore[misc]  # `predict` gives no std here
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

    def _check_possible(self) -> None:
        check_flag("alpha_per_target", self.alpha_per_target)
        super()._check_possible()


@takes_client
class RidgeClassifierCV(SearchMixin, LabelsMixin, ridge.RidgeClassifierCV):
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
