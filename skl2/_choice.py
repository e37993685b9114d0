"""Which alpha: the best of a grid, or of a whole interval, from scores of any kind.

It knows no data: `evaluate` gives the mean score of every alpha and its standard error, greater
is better. Over an interval the score is a smooth curve of log(α): found at Chebyshev nodes, and
between them by interpolation. Columns of different size make several local optima: the best wins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import brentq, minimize_scalar

from skl2._parameters import check_number, one_alpha
from skl2._typing import NDArray
from skl2.selection import alpha_grid, extend_grid, pick_summary, summarise

N_NODES = 48  # nodes in log(alpha) at least, to find the neighbourhoods of the optima
SPACING = 0.8  # of nodes at most: a direction's share 1/(1 + α/λ) falls from 0.9 to 0.1 over 4.4
N_ZOOM = 16  # nodes in such a neighbourhood: the curve between them is right to 1e-10
N_OPTIMA = 3  # neighbourhoods looked into, the best first
LOGS = np.log(np.finfo(float).tiny), np.log(np.finfo(float).max) - 1.0  # what an alpha can be
SHORTEST = 3  # alphas of a grid whose end says that it is too short: of two, one is always chosen


def check_alphas(
    alphas: Any, n_alphas: Any, default: Any, *, allow_zero: bool = False
) -> NDArray | int | str:
    """Return what to choose from: the values given, how many values to try, or 'auto'.

    `n_alphas` stands in place of `alphas`, which then is what it is by `default`, or 'auto'. A bare
    number is that one value, as in scikit-learn.
    """
    automatic = isinstance(alphas, str)
    if automatic and alphas != "auto":
        raise ValueError(f"alphas must be an array of numbers, one number, or 'auto', got {alphas!r}.")
    if n_alphas is not None:
        if not (automatic or np.array_equal(alphas, default)):
            raise ValueError(
                f"n_alphas={n_alphas!r} asks for a grid in place of alphas={alphas!r}: give only one of them."
            )
        return int(check_number("n_alphas", n_alphas, low=1, integer=True))
    if automatic:
        return "auto"
    if not np.iterable(alphas):
        return np.array([one_alpha(alphas, "alphas", allow_zero)])
    return alpha_grid(alphas, allow_zero=allow_zero)


@dataclass(slots=True)
class Scores:
    """Mean score and standard error (n_alphas, n_choices), greater is better.

    `detail` holds what they come from, arrays with the alphas last: of the folds (n_folds, n_alphas), or
    the leave-one-out values (n_samples, n_targets, n_alphas) where they are to be stored.
    """

    alphas: NDArray
    mean: NDArray
    std_error: NDArray
    detail: tuple[NDArray, ...] = ()

    @classmethod
    def of_folds(cls, alphas: NDArray, scores: NDArray, *others: NDArray) -> Scores:
        """Mean and standard error over folds of scores (n_folds, n_alphas), whose squares may overflow."""
        unit = unit_of(scores)
        mean, std_error = summarise(scores / unit)
        return cls(alphas, unit * mean[:, None], unit * std_error[:, None], (scores, *others))

    def join(self, other: Scores) -> Scores:
        """Both sets of alphas, ascending."""
        alphas = np.concatenate([self.alphas, other.alphas])
        order = np.argsort(alphas, kind="stable")
        return Scores(
            alphas[order],
            np.concatenate([self.mean, other.mean])[order],
            np.concatenate([self.std_error, other.std_error])[order],
            tuple(
                np.concatenate(pair, axis=-1)[..., order]
                for pair in zip(self.detail, other.detail, strict=True)
            ),
        )


@dataclass(slots=True)
class Choice:
    """The alphas chosen, one per choice and rule, and the scores of every alpha tried.

    Where there is no standard error, '1se' chooses nothing: NaN. `alpha` are those by the rule that was
    asked for, `score` their mean scores.
    """

    by_rule: dict[str, NDArray]
    selection: str
    scores: Scores
    at_end: bool = False
    """Whether the grid ends too soon"""
    alpha: NDArray = field(init=False)
    score: NDArray = field(init=False)

    def __post_init__(self) -> None:
        self.alpha = self.by_rule[self.selection]
        index = [int(np.flatnonzero(self.scores.alphas == alpha)[0]) for alpha in self.alpha]
        self.score = self.scores.mean[index, range(len(index))]


class Stopped(Exception):
    """There will be no scores of other alphas."""


@dataclass(frozen=True)
class Extension:
    """How far a grid that asks for a number of values goes on beyond an end that is chosen."""

    times: int
    least: int
    """New values at least, otherwise a third of the grid's"""
    negligible: float = 0.0
    """Where the last two scores differ by no more than this share of the last, they have levelled off"""
    falling: bool = False
    """Whether to go on where the scores fall to the end, as the one-standard-error rule may choose"""
    rising: float = np.inf
    """The share by which scores rise to the least value from which on there may be another optimum beyond"""


CHEAP = Extension(times=3, least=2, rising=1e-6)
"""Where an alpha costs little beside the first, its score has no noise, and the ends leave little to gain"""


def choose(
    evaluate: Callable[[NDArray], Scores],
    alphas: NDArray | int | str,
    bounds: Callable[[], tuple[float, float]],
    selection: str,
    extension: Extension = CHEAP,
) -> Choice:
    """Choose from a grid given, from a grid of that many values, or from all of an interval ('auto').

    Where `evaluate` raises `Stopped`, the grid is not continued.
    """
    if isinstance(alphas, str):
        return _choose_continuously(evaluate, *bounds(), selection)
    grid = alphas if isinstance(alphas, np.ndarray) else alpha_grid(alphas, *bounds())
    scores, n_new = evaluate(grid), max(extension.least, len(grid) // 3)
    for _ in range(0 if isinstance(alphas, np.ndarray) else extension.times):
        ends = _ends(scores, selection, extension) + _rising(scores, extension)
        new = [extend_grid(scores.alphas, i, n_new) for i in ends]
        if not any(map(len, new)):
            break
        try:
            scores = scores.join(evaluate(np.unique(np.concatenate(new))))
        except Stopped:
            break
    best = picks(scores, "min")
    by_rule = {"min": scores.alphas[best], "1se": np.full(len(best), np.nan)}
    if selection == "1se" or np.isfinite(scores.std_error[best, range(len(best))]).all():
        by_rule["1se"] = scores.alphas[picks(scores, "1se")]
    too_soon = len(scores.alphas) >= SHORTEST and bool(_ends(scores, selection, extension))
    return Choice(by_rule, selection, scores, too_soon)


def picks(scores: Scores, selection: str) -> NDArray:
    """Positions of the choices, one per column; scores that are not finite are passed over."""
    index = []
    for mean, error in zip(scores.mean.T, scores.std_error.T, strict=True):
        usable = np.flatnonzero(np.isfinite(mean))
        usable = usable if len(usable) else np.arange(len(mean))  # for the error that says so
        index.append(usable[pick_summary(scores.alphas[usable], mean[usable], error[usable], selection)])
    return np.array(index)


def _ends(scores: Scores, selection: str, extension: Extension) -> list[int]:
    """Positions of the choices at an end of the grid where the scores have not levelled off."""
    order = np.argsort(scores.alphas, kind="stable")
    inner = {order[0]: order[1], order[-1]: order[-2]} if len(order) > 1 else {}
    found = []
    for column, index in enumerate(picks(scores, selection)):
        if index in inner and scores.alphas[index] > 0:
            last, before = scores.mean[[index, inner[index]], column]
            change = abs(last - before) if extension.falling else last - before
            if change > extension.negligible * abs(last):
                found.append(int(index))
    return found


def _rising(scores: Scores, extension: Extension) -> list[int]:
    """The position of the least alpha if scores rise to it, best or not: there may be an optimum beyond."""
    order = np.argsort(scores.alphas, kind="stable")[:2]
    last, before = scores.mean[order[0]], scores.mean[order[-1]]
    return [int(order[0])] if np.any(last - before > extension.rising * np.abs(before)) else []


def unit_of(values: NDArray) -> float:
    """The power of two next to the largest finite value: dividing by it rounds nothing."""
    largest = np.abs(values).max(initial=1e-150, where=np.isfinite(values))
    return float(2.0 ** np.round(np.log2(largest)))


def _optima(mean: NDArray) -> NDArray:
    """Positions where scores are not below their neighbours', the best first; at most N_OPTIMA."""
    padded = np.concatenate([[-np.inf], np.where(np.isfinite(mean), mean, -np.inf), [-np.inf]])
    inner = padded[1:-1]
    found = np.flatnonzero((inner >= padded[:-2]) & (inner >= padded[2:]) & np.isfinite(inner))
    return found[np.argsort(-inner[found], kind="stable")][:N_OPTIMA]


def _choose_continuously(
    evaluate: Callable[[NDArray], Scores], low: float, high: float, selection: str
) -> Choice:
    """The optimum over an interval of log(alpha): near the best of some nodes, by interpolation."""
    scores = _over_interval(evaluate, np.log(low), np.log(high), selection)
    peaks, limits, close = _peaks(evaluate, scores)
    scores = scores.join(close)
    chosen = {"min": peaks, "1se": np.full(len(peaks), np.nan)}
    if selection == "1se" or np.isfinite(scores.std_error).all():
        chosen["1se"], close = _last_above(evaluate, scores, peaks, limits)
        scores = scores.join(close)
    by_rule = {rule: np.exp(found) for rule, found in chosen.items()}
    final = evaluate(np.unique([alpha for alpha in by_rule.values() if np.isfinite(alpha).all()]))
    return Choice(by_rule, selection, scores.join(final))


def _over_interval(evaluate: Callable[[NDArray], Scores], low: float, high: float, selection: str) -> Scores:
    """Scores at nodes of an interval of log(alpha), continued while an end is best or scores rise to it."""
    for _ in range(CHEAP.times + 1):
        count = max(N_NODES, int((high - low) / SPACING) + 2)
        scores = evaluate(np.exp(np.linspace(low, high, count)))
        index = np.concatenate([picks(scores, "min"), picks(scores, selection)])
        at_low, at_high = index.min() == 0 or bool(_rising(scores, CHEAP)), index.max() == count - 1
        if not (at_low or at_high):
            break
        low, high = max(low - np.log(1e3) * at_low, LOGS[0]), min(high + np.log(1e3) * at_high, LOGS[1])
    return scores


def _peaks(evaluate: Callable[[NDArray], Scores], scores: Scores) -> tuple[NDArray, NDArray, Scores]:
    """The log(alpha) of each column's best optimum, its score less one standard error, and scores near by."""
    logs = np.log(scores.alphas)
    optima = [_optima(mean) for mean in scores.mean.T]
    first, columns = np.array([found[0] for found in optima]), np.arange(len(optima))
    peaks, best, close = logs[first], scores.mean[first, columns], []  # for curves with nodes without a score
    limits = best - scores.std_error[first, columns]
    for rank in range(max(map(len, optima))):
        nodes = [found[min(rank, len(found) - 1)] for found in optima]
        brackets = [(logs[max(i - 1, 0)], logs[min(i + 1, len(logs) - 1)]) for i in nodes]
        curves, zoomed = _zoom(evaluate, brackets)
        close.append(zoomed)
        for c, (mean, error) in enumerate(curves):
            x = _peak(mean, brackets[c], logs[nodes[c]])
            if mean(x) > best[c]:
                best[c], peaks[c], limits[c] = mean(x), x, mean(x) - error(x)
    return peaks, limits, reduce(Scores.join, close)


def _zoom(
    evaluate: Callable[[NDArray], Scores], brackets: list[tuple[float, float]]
) -> tuple[list[tuple[Any, Any]], Scores]:
    """Curves of mean and standard error over log(alpha), one pair for the bracket of each column."""
    angles = np.pi * (np.arange(N_ZOOM) + 0.5) / N_ZOOM  # whose cosines are Chebyshev nodes
    grids = [(low + high) / 2 - (high - low) / 2 * np.cos(angles) for low, high in brackets]
    alphas, where = np.unique(np.exp(np.concatenate(grids)), return_inverse=True)
    scores = evaluate(alphas)
    # known for these nodes; SciPy would find them in a random order, with other last digits each time
    weights = np.sin(angles) * (-1.0) ** np.arange(N_ZOOM)
    curves = []
    for column, (grid, rows) in enumerate(zip(grids, where.reshape(len(grids), -1), strict=True)):
        values = scores.mean[rows, column], scores.std_error[rows, column]
        curves.append(tuple(BarycentricInterpolator(grid, value, wi=weights) for value in values))
    return curves, scores


def _peak(curve: Any, bracket: tuple[float, float], node: float) -> float:
    """Where the curve is highest."""
    found = minimize_scalar(lambda x: -curve(x), bounds=bracket, method="bounded", options={"xatol": 1e-9})
    return float(found.x) if curve(found.x) >= curve(node) else float(node)


def _last_above(
    evaluate: Callable[[NDArray], Scores], scores: Scores, peaks: NDArray, limits: NDArray
) -> tuple[NDArray, Scores]:
    """The largest log(alpha) of each column whose mean score is not below its limit."""
    logs, brackets = np.log(scores.alphas), []
    for column, (peak, limit) in enumerate(zip(peaks, limits, strict=True)):
        above = logs[scores.mean[:, column] >= limit].max(initial=peak)
        beyond = logs[logs > above]
        brackets.append((above, beyond.min() if len(beyond) else above + 1e-3))
    curves, close = _zoom(evaluate, brackets)
    ends = []
    for (mean, _), (low, high), limit in zip(curves, brackets, limits, strict=True):
        crossing = mean(low) > limit > mean(high)
        ends.append(brentq(lambda x, mean=mean, limit=limit: mean(x) - limit, low, high) if crossing else low)
    return np.array(ends), close
