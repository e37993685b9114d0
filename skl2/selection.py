"""How alpha is chosen: grids of alpha, the best mean score, and the one-standard-error rule.

Pure rules that know no estimator. Scores are always "greater is better" (losses are negated)
and arranged as (folds, alphas).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skl2._base import warn_caller
from skl2._parameters import check_choice, check_number, check_sequence, is_number, one_alpha
from skl2._typing import NDArray

SELECTIONS = ("min", "1se")

__all__ = ["alpha_grid", "extend_grid", "one_standard_error", "pick", "pick_summary", "summarise"]


# ---------------------------------------------------------------------------------------- grids
def alpha_grid(
    alphas: Any,
    low: float = 1e-3,
    high: float = 1e3,
    *,
    allow_zero: bool = False,
    name: str = "alphas",
) -> NDArray:
    """Return the penalty strengths to try, as a one-dimensional float64 array.

    Parameters
    ----------
    alphas : int, float or array-like of shape (n_alphas,)
        An int is a number of values, spaced evenly in log(alpha) from `low` to `high` (1 gives
        their geometric mean). A float is a grid of that one value. An array is checked and
        **kept in its order**, repeats included: columns of scores match what was asked for,
        and a tie goes to the value that comes first.
    low, high : float, default=1e-3, 1e3
        Ends of the grid that an int asks for.
    allow_zero : bool, default=False
        Whether 0 (no penalty) is accepted in an array.
    name : str, default="alphas"
        What error messages call the parameter.

    Returns
    -------
    grid : ndarray of shape (n_alphas,), dtype float64

    Raises
    ------
    TypeError
        If a value is not a real number.
    ValueError
        If the grid is empty or not one-dimensional, or a value is negative, zero (unless
        allowed), infinite or NaN.

    Examples
    --------
    >>> from skl2.selection import alpha_grid
    >>> print(alpha_grid(4))
    [1.e-03 1.e-01 1.e+01 1.e+03]
    >>> print(alpha_grid([10, 0.1]))
    [10.   0.1]
    """
    if isinstance(alphas, str) or not (np.iterable(alphas) or is_number(alphas)):
        raise TypeError(f"{name} must be an integer or an array of numbers, got {alphas!r}.")
    if isinstance(alphas, Integral):
        n_alphas = check_number(name, alphas, low=1, integer=True)
        first, last = math.log10(low), math.log10(high)
        return np.logspace(first, last, n_alphas) if n_alphas > 1 else np.array([10 ** ((first + last) / 2)])
    if is_number(alphas):
        return np.array([one_alpha(alphas, name, allow_zero)])
    values = check_sequence(name, alphas)
    if not values:
        raise ValueError(f"{name} is empty: give at least one value.")
    if any(np.ndim(value) for value in values):
        raise ValueError(f"{name} must be one-dimensional, got an array of shape {np.shape(alphas)}.")
    return np.array([one_alpha(value, f"{name}[{i}]", allow_zero) for i, value in enumerate(values)])


def extend_grid(alphas: ArrayLike, index: int, n_new: int) -> NDArray:
    """Values that continue a log-spaced grid beyond the end where the choice lies.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,)
        The grid, evenly spaced in log(alpha).
    index : int
        Position of the chosen value.
    n_new : int
        How many values to add.

    Returns
    -------
    new : ndarray of shape (n_new,) or fewer, ascending
        Empty if the choice lies inside the grid or the grid has a single value; fewer values where others
        are beyond the range of numbers.

    Examples
    --------
    >>> from skl2.selection import extend_grid
    >>> print(extend_grid([0.1, 1.0, 10.0], 2, 2))
    [ 100. 1000.]
    """
    grid = np.sort(np.asarray(alphas, dtype=float))
    chosen = np.asarray(alphas, dtype=float)[index]
    if len(grid) < 2 or grid[0] < chosen < grid[-1]:
        return np.empty(0)
    root = 1 / (len(grid) - 1)
    ratio = grid[-1] ** root / grid[0] ** root  # the ratio of the ends may be out of range
    steps = np.arange(1, n_new + 1)
    steps = steps if chosen == grid[-1] else -steps
    with np.errstate(over="ignore"):
        new = chosen * ratio**steps
    return np.sort(new[(new > 0) & (new < np.inf)])


# -------------------------------------------------------------------------------------- choices
def summarise(scores: ArrayLike) -> tuple[NDArray, NDArray]:
    """Mean over the folds and its standard error s/√folds, s with ddof = 1.

    Parameters
    ----------
    scores : array-like of shape (n_folds, n_alphas)

    Returns
    -------
    mean, std_error : ndarrays of shape (n_alphas,)
        With a single fold the standard error is NaN.

    Examples
    --------
    >>> from skl2.selection import summarise
    >>> mean, std_error = summarise([[1.0, 2.0], [3.0, 2.0]])
    >>> print(mean, std_error)
    [2. 2.] [1. 0.]
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or 0 in scores.shape:
        raise ValueError(f"scores must have shape (n_folds, n_alphas), both at least 1; got {scores.shape}.")
    n_folds = len(scores)
    mean = scores.mean(axis=0)
    if n_folds == 1:
        return mean, np.full(len(mean), np.nan)
    with np.errstate(invalid="ignore"):  # inf - inf; such alphas are not eligible
        return mean, scores.std(axis=0, ddof=1) / math.sqrt(n_folds)


def pick_summary(strength: ArrayLike, mean: ArrayLike, std_error: ArrayLike, selection: str = "min") -> int:
    """Choose from mean scores and their standard errors: the one rule behind every choice of alpha.

    ``'min'`` takes the best mean score m* (least loss), the first of equals. ``'1se'`` takes the
    strongest penalty whose mean score is at least m* − SE*, SE* the standard error of the best.

    Parameters
    ----------
    strength : array-like of shape (n_alphas,)
        Strength of the penalty; greater is simpler.
    mean, std_error : array-like of shape (n_alphas,)
        Mean score, greater is better, and its standard error.
    selection : {'min', '1se'}, default='min'

    Returns
    -------
    index : int

    Warns
    -----
    UserWarning
        If some mean scores are not finite: they are passed over.

    Raises
    ------
    ValueError
        If no mean score is finite, or ``'1se'`` has no standard error to use.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone (1984), Classification and Regression Trees,
    section 3.4.3. T. Hastie, R. Tibshirani, J. Friedman (2009), The Elements of Statistical
    Learning, section 7.10.

    Examples
    --------
    >>> from skl2.selection import pick_summary
    >>> pick_summary([0.1, 1, 10], mean=[-3.0, -2.0, -2.1], std_error=[0.2, 0.2, 0.2])
    1
    >>> pick_summary([0.1, 1, 10], mean=[-3.0, -2.0, -2.1], std_error=[0.2, 0.2, 0.2], selection="1se")
    2
    """
    check_choice("selection", selection, SELECTIONS)
    strength, mean = np.asarray(strength, dtype=float), np.asarray(mean, dtype=float)
    usable = np.isfinite(mean)
    if not usable.any():
        raise ValueError(
            "No alpha has a finite mean score, so none can be chosen. Check the scorer, and that every "
            "fold holds what it needs (all classes; two rows or more for R²)."
        )
    if not usable.all():
        warn_caller(
            f"The mean score is not finite for alpha = {strength[~usable].tolist()}; these are passed over."
        )
    best = int(np.argmax(np.where(usable, mean, -np.inf)))
    if selection == "min":
        return best
    error = float(np.asarray(std_error, dtype=float)[best])
    if not math.isfinite(error):
        raise ValueError(
            "selection='1se' needs a standard error, hence two folds or more; use selection='min' instead."
        )
    eligible = usable & (mean >= mean[best] - error)
    return int(np.argmax(np.where(eligible, strength, -np.inf)))


def pick(alphas: ArrayLike, scores: ArrayLike, selection: str = "min") -> int:
    """Choose alpha from the scores of every fold; see `pick_summary` for the rule.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,)
        Strength of the penalty; greater is simpler.
    scores : array-like of shape (n_folds, n_alphas)
        Greater is better. A NaN in any fold disqualifies that alpha, with a warning.
    selection : {'min', '1se'}, default='min'

    Returns
    -------
    index : int

    Raises
    ------
    ValueError
        If the shapes disagree, no alpha has a finite mean score, or ``'1se'`` has one fold only.

    Examples
    --------
    >>> from skl2.selection import pick
    >>> scores = [[-3.0, -2.0, -2.1], [-3.2, -2.4, -2.5]]
    >>> pick([0.1, 1, 10], scores), pick([0.1, 1, 10], scores, "1se")
    (1, 2)
    """
    mean, std_error = summarise(scores)
    if np.shape(alphas) != mean.shape:
        raise ValueError(f"alphas has shape {np.shape(alphas)}, but scores has {len(mean)} columns.")
    return pick_summary(alphas, mean, std_error, selection)


# ------------------------------------------------------------------------------ for GridSearchCV
def fold_scores(cv_results: Mapping[str, Any], metric: str, parameter: str, among: str) -> NDArray:
    """Scores (n_folds, n_candidates) by a metric; the last two are what an error calls it and all of them."""
    named = [(key.partition("_test_")[2], key) for key in cv_results if key.startswith("split")]
    splits = [cv_results[key] for name, key in named if name == metric]
    if not splits:
        names = sorted({name for name, _ in named if name})
        raise ValueError(f"{parameter}={metric!r} is not among the {among}: {names}.")
    return np.array(splits, dtype=float)


@dataclass(frozen=True)
class _OneStandardError:
    """Callable for ``refit=``: candidate chosen by the one-standard-error rule."""

    param: str
    scorer: str
    smaller_is_simpler: bool

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        scores = fold_scores(cv_results, self.scorer, "scorer", "scores of this search")
        strength = self._strength(cv_results)
        mean, std_error = summarise(scores)
        best = pick_summary(strength, mean, std_error)
        # Strengths compare only between candidates that share everything else with the best.
        others = [{k: v for k, v in params.items() if k != self.param} for params in cv_results["params"]]
        peers = np.flatnonzero([repr(other) == repr(others[best]) for other in others])
        return int(peers[pick_summary(strength[peers], mean[peers], std_error[peers], "1se")])

    def _strength(self, cv_results: Mapping[str, Any]) -> NDArray:
        missing = [params for params in cv_results["params"] if self.param not in params]
        if missing:
            known = sorted({name for params in cv_results["params"] for name in params})
            raise ValueError(f"param={self.param!r} is not searched by every candidate; searched: {known}.")
        values = [params[self.param] for params in cv_results["params"]]
        if not all(is_number(value) for value in values):
            raise TypeError(f"Values of {self.param!r} must be numbers to compare their strength: {values}.")
        return (-1.0 if self.smaller_is_simpler else 1.0) * np.array(values, dtype=float)


def one_standard_error(
    param: str = "alpha", *, scorer: str = "score", smaller_is_simpler: bool = False
) -> _OneStandardError:
    """The one-standard-error rule for scikit-learn's searches: ``GridSearchCV(refit=...)``.

    Among the candidates that differ from the best one in `param` alone, it takes the simplest
    whose mean score is at least the best mean minus the best's standard error.

    Parameters
    ----------
    param : str, default="alpha"
        Name of the searched parameter as the grid spells it, such as ``"alpha"`` or
        ``"ridge__alpha"`` in a pipeline.
    scorer : str, default="score"
        Name of the metric to use in a search with several.
    smaller_is_simpler : bool, default=False
        Set it for parameters that weaken the penalty as they grow, such as ``C``.

    Returns
    -------
    refit : callable
        Takes ``cv_results_``, returns ``best_index_``. It can be pickled.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone (1984), Classification and Regression Trees,
    section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skl2.selection import one_standard_error
    >>> X, y = load_diabetes(return_X_y=True)
    >>> grid = {"alpha": [0.01, 0.1, 1.0, 10.0]}
    >>> GridSearchCV(Ridge(), grid).fit(X, y).best_params_
    {'alpha': 0.01}
    >>> GridSearchCV(Ridge(), grid, refit=one_standard_error("alpha")).fit(X, y).best_params_
    {'alpha': 0.1}
    """
    return _OneStandardError(param, scorer, smaller_is_simpler)
