"""The parameters of the ridge estimators: each one's default, limits and documentation, once for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skl2._parameters import anything, choice, flag, number, one_scorer, or_value, parameter, seed
from skl2.selection import SELECTIONS

SOLVER_NAMES = ("auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga", "lbfgs")
DEFAULT_ALPHAS = (0.1, 1.0, 10.0)
CRITERIA = {
    "loo": ("leave-one-out", "−squared error"),
    "gcv": ("generalised cross-validation", "−GCV"),
    "evidence": ("evidence", "log evidence"),
}
"""How alpha is judged without folds, and by what"""


@dataclass(eq=False, repr=False)
class LinearParameters:
    """What every ridge has."""

    _: KW_ONLY
    fit_intercept: bool = parameter(True, "bool", "Whether to fit b, which is not penalised.", flag)


@dataclass(eq=False, repr=False)
class ClassParameters:
    """What classifiers have."""

    _: KW_ONLY
    class_weight: Mapping[Any, float] | str | None = parameter(
        None,
        "dict, 'balanced' or None",
        """
        Weights of the classes, multiplied into `sample_weight`; 'balanced' makes all classes count the same.
        """,
        anything,
    )


@dataclass(eq=False, repr=False)
class SolverParameters(LinearParameters):
    """What is solved for one alpha, and how."""

    alpha: float | ArrayLike = parameter(
        1.0,
        "float or array-like of shape (n_targets,)",
        """
        Strength α >= 0 of the penalty; an array has one for each target. 0 is least squares, with the
        least norm where the optimum is not unique.
        """,
        anything,
    )
    _: KW_ONLY
    copy_X: bool = parameter(True, "bool", "Accepted for compatibility: X is never written to.", flag)
    max_iter: int | None = parameter(
        None,
        "int or None",
        "Most iterations of the iterative solvers (sparse X, `positive`).",
        or_value(None, number(low=1, integer=True)),
    )
    tol: float = parameter(
        1e-4,
        "float",
        """
        For large sparse X: the gradient's norm relative to that at 0 where iterations stop. Direct solvers
        are exact and do not need it.
        """,
        number(low=0),
    )
    solver: str = parameter(
        "auto",
        "{'auto', 'svd', 'cholesky', 'lsqr', 'sparse_cg', 'sag', 'saga', 'lbfgs'}",
        """
        'svd' asks for an orthogonal decomposition, 'lbfgs' needs `positive`. The other names are accepted
        and lead to the same optimum by the method that suits the data.
        """,
        choice(SOLVER_NAMES),
    )
    positive: bool = parameter(False, "bool", "Whether coefficients must be >= 0.", flag)
    random_state: int | np.random.RandomState | None = parameter(
        None, "int, RandomState instance or None", "Accepted for compatibility: nothing is random.", seed
    )
    penalty_factor: ArrayLike | None = parameter(
        None,
        "array-like of shape (n_features,) or None",
        "d_j >= 0, a factor on the penalty of each feature; 0 leaves it unpenalised. None is 1.",
        anything,
    )


@dataclass(eq=False, repr=False)
class SearchParameters(LinearParameters):
    """How alpha is chosen."""

    alphas: ArrayLike | str = parameter(
        DEFAULT_ALPHAS,
        "array-like of shape (n_alphas,), float or 'auto'",
        """
        Values to try, positive (with `cv`, 0 too); a number is that one value. ``'auto'`` finds the optimum
        among all α.
        """,
        anything,
    )
    _: KW_ONLY
    scoring: Any = parameter(
        None,
        "str, callable or None",
        """
        None is the negative mean squared error without `cv`, of the ±1 targets for labels; with it R², for
        labels accuracy. A callable with `cv` is given explicit refits, one per fold and α, because it may
        look at anything: slow.
        """,
        one_scorer,
    )
    cv: Any = parameter(
        None,
        "int, splitter, iterable of splits or None",
        """
        None leaves one row out at a time, without refitting; see `criterion`. An int means that many folds,
        stratified for labels.
        """,
        anything,
    )
    store_cv_results: bool = parameter(
        False, "bool", "Keep the leave-one-out values in `cv_results_`; only with ``cv=None``.", flag
    )
    criterion: str = parameter(
        "loo",
        "{'loo', 'gcv', 'evidence'}",
        """
        How α is judged with ``cv=None``: leave-one-out, generalised cross-validation, or the marginal
        likelihood of the model W ~ N(0, σ²/α), y ~ N(XW + b, σ²). The last two take weights for repetitions:
        their n is Σ w.
        """,
        choice(CRITERIA),
    )
    selection: str = parameter(
        "min",
        "{'min', '1se'}",
        "The best mean score, or the largest α within one standard error of it.",
        choice(SELECTIONS),
    )
    n_alphas: int | None = parameter(
        None,
        "int or None",
        """
        How many values to try instead of `alphas`: spaced evenly in log(α) between bounds from X, and
        continued where the end is chosen.
        """,
        anything,
    )
    store_path: bool = parameter(
        False,
        "bool",
        """
        Keep the decomposition of X, of the size of X'X or of X, for `coef_path` and the ``return_std=True``
        of `RidgeCV.predict`. Without it a fitted model is as light as its coefficients.
        """,
        flag,
    )


@dataclass(eq=False, repr=False)
class TargetParameters(SearchParameters):
    """How it is chosen for numbers; as in scikit-learn, labels have fewer options."""

    _: KW_ONLY
    gcv_mode: str | None = parameter(
        None,
        "{'auto', 'svd', 'eigen'} or None",
        "'svd' decomposes the rows of X, the others X'X or XX' where that is accurate enough.",
        or_value(None, choice(["auto", "svd", "eigen"])),
    )
    alpha_per_target: bool = parameter(
        False, "bool", "Choose one α for each target; only with ``cv=None``.", flag
    )
