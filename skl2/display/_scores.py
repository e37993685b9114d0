"""What the scores of a search are, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skl2._cv import scorer_name
from skl2._typing import NDArray


def search_metric(search: Any) -> str:
    """The metric that a search with several chose by; 'score' if there is but one."""
    return search.refit if isinstance(search.refit, str) else "score"


def search_name(search: Any) -> str:
    """What the scores of a search are; without a scorer those of `score`."""
    if isinstance(search.refit, str):
        return search.refit
    if search.scoring is None:
        return "accuracy" if is_classifier(search) else "R²"
    return scorer_name(search.scoring)


def searched_alphas(params: Sequence[Mapping[str, Any]], param: str) -> NDArray:
    """The value of `param` of every candidate, under its own name or that of a pipeline's step."""
    searched = sorted({name for candidate in params for name in candidate})
    names = [name for name in searched if name == param or name.endswith(f"__{param}")]
    if len(names) != 1 or any(names[0] not in candidate for candidate in params):
        raise ValueError(f"param={param!r} must name one parameter of every candidate; searched: {searched}.")
    alphas = np.array([candidate[names[0]] for candidate in params], dtype=float)
    if len(np.unique(alphas)) < len(alphas):
        raise ValueError(
            f"Several candidates share a value of {names[0]!r}, because more was searched ({searched}); "
            "keep the candidates of one setting of the rest."
        )
    return alphas


def fold_scores(cv_results: Mapping[str, Any], metric: str, rows: str = "test") -> NDArray:
    """Scores of every candidate and fold on its `test` or `train` rows, shape (n_candidates, n_folds)."""
    suffix = f"_{rows}_{metric}"
    keys = [key for key in cv_results if key.startswith("split") and key.endswith(suffix)]
    if not keys:
        known = sorted(
            key.removeprefix("split0_test_") for key in cv_results if key.startswith("split0_test_")
        )
        raise ValueError(f"metric={metric!r} is not among the metrics of the search: {known}.")
    return np.array([cv_results[key] for key in keys], dtype=float).T
