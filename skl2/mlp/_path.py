"""`mlp_path`: the network for every alpha, as `lasso_path` gives the linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import type_of_target

from skl2.mlp._estimators import MLPClassifier, MLPRegressor
from skl2.mlp._estimators_cv import ENDS, alphas_of
from skl2.mlp._fitting import BaseMLP
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
    strengths = alphas_of(alphas, n_alphas, allow_zero=True)
    grid = alpha_grid(strengths, *ENDS, allow_zero=True)
    coefs, losses, intercepts = estimator._layers_by_alpha(grid, X, y, sample_weight)
    return (grid, coefs, losses, intercepts) if return_intercepts else (grid, coefs, losses)
