"""What an estimator's or a search's scores are, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skl2._typing import NDArray
from skl2.mlp import MLPRegressor, MLPRegressorCV

KINDS = {"loo": "leave-one-out", "gcv": "generalised cross-validation", "evidence": "evidence"}
"""What a criterion of ridge without folds is"""
CRITERION_NAMES = {"gcv": "−GCV", "evidence": "log evidence"}
LOSS_NAMES = {"squared_error": "−½ squared error", "poisson": "−½ Poisson deviance"}


def kind_of(estimator: Any) -> str:
    """Over what the scores are means: the folds, the rows left out, or nothing."""
    if hasattr(estimator, "scores_"):
        return "mean over the folds"
    return KINDS[getattr(estimator, "criterion", "loo")] if estimator.cv is None else "mean over the folds"


def name_of_scores(estimator: Any) -> str:
    """What the estimator's scores are; `scoring=None` means the loss itself, negated."""
    scoring = getattr(estimator, "scoring", None)
    network = hasattr(estimator, "hidden_layer_sizes")
    if not network and estimator.cv is None and getattr(estimator, "criterion", "loo") in CRITERION_NAMES:
        return CRITERION_NAMES[estimator.criterion]
    if scoring is not None and not (isinstance(scoring, str) and scoring == "loss"):
        return scorer_name(scoring)
    if network:
        regressor = isinstance(estimator, (MLPRegressor, MLPRegressorCV))
        return LOSS_NAMES[estimator.loss] if regressor else "−log-loss"
    return "−squared error" if estimator.cv is None else default_score(estimator)


def scorer_name(scoring: Any) -> str:
    """The name of a scorer: a string, a function, or what `make_scorer` gives."""
    if isinstance(scoring, str):
        return scoring
    function = getattr(scoring, "_score_func", scoring)
    sign = "−" if getattr(scoring, "_sign", 1) < 0 else ""
    return sign + getattr(function, "__name__", "score")


def default_score(estimator: Any) -> str:
    """What `score` returns."""
    return "accuracy" if is_classifier(estimator) else "R²"


def search_metric(search: Any) -> str:
    """The metric that a search with several chose by; 'score' if there is but one."""
    return search.refit if isinstance(search.refit, str) else "score"


def search_name(search: Any) -> str:
    """What the scores of a search are."""
    if isinstance(search.refit, str):
        return search.refit
    return default_score(search) if search.scoring is None else scorer_name(search.scoring)


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
