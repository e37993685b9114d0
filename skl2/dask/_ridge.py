"""Ridge and RidgeClassifier on Dask: moments of chunks, added up, solved by the ridge wing."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_X_y

from skl2 import ridge
from skl2._typing import NDArray
from skl2._validation import check_no_metadata, check_sample_weight
from skl2.dask._base import DaskMixin, LabelsMixin, as_columns, by_chunks, takes_client
from skl2.dask._chunks import Chunks
from skl2.ridge._targets import FLOATS, as_numbers


def encode(plain: Any, X: Any, y: Any, weight: Any) -> tuple[NDArray, NDArray, NDArray | None]:
    """Rows, targets (n, t) and weights of one chunk, as the ridge wing takes them."""
    X, y = check_X_y(X, y, dtype=FLOATS, multi_output=True)
    if is_classifier(plain):
        return X, *plain._encode_known(X, y, weight, part=True, all_zero=True)
    weight = check_sample_weight(weight, X, all_zero=True)
    return X, as_columns(as_numbers(y)).astype(np.float64), weight


class DecisionMixin(LabelsMixin):
    """Decision values chunk by chunk."""

    decision_function = by_chunks("decision_function")


class SolveMixin(DaskMixin):
    """One pass over the chunks for their moments, and the ridge wing's solution."""

    def _fit_chunks(self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]) -> None:
        self._check_parameters(False)
        check_no_metadata(params)
        dtype = self._learn_features(X)
        plain, _ = self._learn(y, sample_weight)
        chunks = Chunks(self._parts(encode, plain, X, y, sample_weight), self.client)
        self._moments = None
        flat = y.ndim == 1 and not is_classifier(self)
        self._solve(self._problem(chunks, None, None, chunks.moments), flat, dtype)


@takes_client
class Ridge(SolveMixin, ridge.Ridge):
    """`skl2.Ridge` of rows in chunks: the same J, the same optimum.

    ::

        J(W, b) = Σ_chunks ½ Σ_i w_i ‖y_i − b − W x_i‖² + ½ Σ_k α_k Σ_j d_j W_kj²

    One pass over the chunks; another for each refinement of an ill-conditioned solution. Every
    worker holds a chunk and n_features² numbers. Arrays in memory are fitted as `skl2.Ridge` does.

    Parameters
    ----------
    alpha, fit_intercept, copy_X, max_iter, tol, solver, positive, random_state, penalty_factor
        As those of `skl2.Ridge`.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    coef_, intercept_, n_iter_, solver_, solution_, n_features_in_, feature_names_in_
        As those of `skl2.Ridge`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import Ridge
    >>> X = da.from_array([[0.0], [1.0], [2.0]], chunks=(2, 1))
    >>> Ridge(alpha=1.0).fit(X, 2 * X[:, 0] + 1).coef_.round(3)
    array([1.333])
    """


@takes_client
class RidgeClassifier(SolveMixin, DecisionMixin, ridge.RidgeClassifier):
    """`skl2.RidgeClassifier` of rows in chunks: the same J, the same optimum.

    A first pass over y finds the classes, a second one over all sums the moments.

    Parameters
    ----------
    alpha, fit_intercept, copy_X, max_iter, tol, class_weight, solver, positive, random_state, penalty_factor
        As those of `skl2.RidgeClassifier`.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    coef_, intercept_, classes_, n_iter_, solver_, solution_, n_features_in_, feature_names_in_
        As those of `skl2.RidgeClassifier`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import RidgeClassifier
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> RidgeClassifier().fit(X, X[:, 0] > 1).predict(X).compute()
    array([False, False,  True,  True])
    """
