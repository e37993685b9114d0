"""`mlp_path`: the network for every alpha, as `lasso_path` gives the linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target

from skl2._base import warn_caller
from skl2._threads import one_blas_thread
from skl2._typing import NDArray
from skl2.mlp._estimators import MLPClassifier, MLPRegressor
from skl2.mlp._fitting import BaseMLP
from skl2.mlp._objective import Data, Features, mean_loss
from skl2.mlp._parameters import check_parameters
from skl2.mlp._path import ENDS, alphas_of, train_path
from skl2.mlp._training import Outcome
from skl2.selection import alpha_grid


def mlp_path(
    X: ArrayLike,
    y: ArrayLike,
    alphas: Any = "auto",
    *,
    n_alphas: int | None = None,
    estimator: Any = None,
    sample_weight: ArrayLike | None = None,
    return_intercepts: bool = False,
) -> tuple[Any, ...]:
    """The network for every alpha: min over θ of J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ².

    All networks are trained together from the same initial weights; with `solver='lbfgs'` one
    after the other, from the strongest penalty to the weakest.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Training rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    alphas : 'auto', float or array-like of shape (n_alphas,), default='auto'
        The strengths; 'auto' is 13 values from 1e-3 to 1e3, evenly spaced in log(alpha).
    n_alphas : int, default=None
        How many values 'auto' is.
    estimator : MLPClassifier or MLPRegressor, default=None
        Holds all other parameters; its alpha is not used, it prints nothing, and it is not changed.
        None means a default `MLPRegressor` if y has floats, otherwise a default `MLPClassifier`.
    sample_weight : array-like of shape (n_samples,), default=None
        w; None means 1 for every row.
    return_intercepts : bool, default=False
        Whether the intercepts are returned too.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
        The strengths.
    coefs : list of length n_alphas
        For each alpha what `coefs_` would be: a list of matrices (n_in, n_out), one for each layer.
    losses : ndarray of shape (n_alphas,)
        The mean loss on the training rows, without penalty. With `early_stopping` these are the rows
        that are left.
    intercepts : list of length n_alphas
        For each alpha what `intercepts_` would be. Only if `return_intercepts`.

    Raises
    ------
    ValueError, TypeError
        If alphas, the estimator's parameters or the data are not as described.

    See Also
    --------
    skl2.display.CoefficientPathDisplay : `from_layers` draws the path.

    References
    ----------
    J. Friedman, T. Hastie, R. Tibshirani (2010). Regularization paths for generalized linear models
    via coordinate descent. Journal of Statistical Software 33(1).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skl2 import MLPClassifier, mlp_path
    >>> X, y = load_iris(return_X_y=True)
    >>> alphas, coefs, losses = mlp_path(X, y, [0.1, 10.0], estimator=MLPClassifier(10, random_state=0))
    >>> [weights.shape for weights in coefs[0]]
    [(4, 10), (10, 3)]
    >>> bool(losses[0] < losses[1])
    True
    """
    if estimator is None:
        numbers = type_of_target(y).startswith("continuous") or np.asarray(y).dtype.kind == "f"
        estimator = MLPRegressor() if numbers else MLPClassifier()
    if not isinstance(estimator, BaseMLP):
        raise TypeError(f"estimator must be an MLPClassifier or an MLPRegressor of skl2, got {estimator!r}.")
    estimator = clone(estimator)
    check_parameters(estimator)
    strengths = alphas_of(alphas, n_alphas, allow_zero=True)
    grid = alpha_grid(strengths, *ENDS, allow_zero=True)
    rows, labels, weight = estimator._validate(X, y, sample_weight, reset=True)
    targets = estimator._targets(labels, weight, reset=True)
    problem = estimator._problem(Data(Features(rows, given=X), targets, weight))
    rng = check_random_state(estimator.random_state)
    network = estimator._new_network(problem, len(grid), rng, rows.dtype)
    problem = estimator._training_problem(problem, rng)
    score = estimator._stopping_score(problem)
    with one_blas_thread():
        network, outcome = train_path(estimator, grid, problem, network, rng, score=score)
    _warn_of_path(estimator, grid, outcome)
    losses = mean_loss(network, problem.loss, problem.train)
    layers = [estimator._layers(network, place) for place in range(len(grid))]
    coefs, intercepts = [pair[0] for pair in layers], [pair[1] for pair in layers]
    return (grid, coefs, losses, intercepts) if return_intercepts else (grid, coefs, losses)


def _warn_of_path(estimator: Any, grid: NDArray, outcome: Outcome) -> None:
    """Say for which alphas the training was interrupted, diverged, or ended before it converged."""
    unfinished = ~(outcome.converged | outcome.diverged)
    if outcome.interrupted:
        message = f"The path was interrupted by the user: alpha={grid[unfinished]} had not converged."
    elif outcome.diverged.any():
        message = (
            f"The fit diverged for alpha={grid[outcome.diverged]}; the best finite weights are kept. Use a "
            f"smaller learning_rate_init than {estimator.learning_rate_init!r}, or scale the data."
        )
    elif unfinished.any():
        message = (
            f"The fit has not converged for alpha={grid[unfinished]}: increase max_iter={estimator.max_iter}"
        )
        message += f" or max_fun={estimator.max_fun}." if estimator.solver == "lbfgs" else "."
    else:
        return
    warn_caller(message, ConvergenceWarning)
