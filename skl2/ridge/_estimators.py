"""Ridge regression and classification: the exact optimum of squared loss plus L2 penalty."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.validation import check_is_fitted

from skl2._arrays import takes_arrays
from skl2._base import PackageMixin, unchanged_on_error, warn_caller
from skl2._parameters import check_number, check_parameters, documented
from skl2._typing import NDArray
from skl2.ridge._moments import Moments, accumulate, require_finite
from skl2.ridge._parameters import ClassParameters, SolverParameters
from skl2.ridge._problem import RidgeProblem
from skl2.ridge._rows import Data
from skl2.ridge._solvers import DENSE_SIZE, SOLVERS, choose_solver
from skl2.ridge._targets import RidgeClassifierMixin, RidgeRegressorMixin, set_solution

SPARSE_INTERCEPT_SOLVERS = ("auto", "lbfgs", "lsqr", "sag", "sparse_cg")


def not_negative(name: str, given: Any) -> NDArray:
    """An array of numbers >= 0, or an error."""
    values = np.asarray(given)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got {given!r}.")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError(f"{name} must be finite and not negative, got {given!r}.")
    return values.astype(np.float64)


class RidgeBase(PackageMixin, BaseEstimator):
    """Checks, the solution and streaming, for targets that are numbers."""

    _moments: Any  # the Moments of a stream; None after fit

    def _check_parameters(self, is_sparse: bool) -> None:
        check_parameters(self)
        if self.positive and self.solver not in ("auto", "lbfgs"):
            raise ValueError(
                f"solver={self.solver!r} does not support positive fitting. Set solver to 'auto' or 'lbfgs', "
                "or positive=False."
            )
        if self.solver == "lbfgs" and not self.positive:
            raise ValueError(
                "'lbfgs' solver can be used only when positive=True. Set solver='auto' or positive=True."
            )
        if is_sparse:
            self._check_sparse_solver()

    def _check_sparse_solver(self) -> None:
        # 'lbfgs' is for positive=True, with which no other name comes this far
        others = ", ".join(repr(name) for name in SPARSE_INTERCEPT_SOLVERS if name != "lbfgs")
        if self.solver == "svd":
            raise ValueError(
                f"solver='svd' does not support sparse X. Set it to one of {others}, or use X.toarray()."
            )
        if self.fit_intercept and self.solver not in SPARSE_INTERCEPT_SOLVERS:
            raise ValueError(
                f"solver={self.solver!r} does not support fitting the intercept on sparse data. Set it to "
                f"one of {others}, or fit_intercept=False."
            )
        if self.solver == "sag" and self.fit_intercept and self.max_iter is None and self.tol > 1e-4:
            warn_caller(
                '"sag" solver requires many iterations to fit an intercept with sparse X, so conjugate '
                "gradients are used instead, which stop at tol. Set solver='auto' or a lower tol."
            )

    def _alphas(self, n_targets: int) -> NDArray:
        """One strength per target."""
        if np.ndim(self.alpha) == 0:
            alpha = self.alpha.item() if isinstance(self.alpha, np.ndarray) else self.alpha
            return np.full(n_targets, float(check_number("alpha", alpha, low=0)))
        alphas = not_negative("alpha", self.alpha).ravel()
        if len(alphas) not in (1, n_targets):
            raise ValueError(
                f"Number of targets and number of penalties do not correspond: {len(alphas)} != {n_targets}"
            )
        return np.resize(alphas, n_targets)

    def _penalty_factors(self, n_features: int) -> NDArray | None:
        if self.penalty_factor is None:
            return None
        factors = not_negative("penalty_factor", self.penalty_factor)
        if factors.shape != (n_features,):
            raise ValueError(
                f"penalty_factor must have one number per feature, ({n_features},), got {factors.shape}."
            )
        return factors

    def _problem(self, X: Any, Y: Any, weight: Any, moments: Moments | None = None) -> RidgeProblem:
        n_targets = Y.shape[1] if moments is None else len(moments.y_shift)
        alphas, factors = self._alphas(n_targets), self._penalty_factors(self.n_features_in_)
        if factors is not None and math.isinf(float(alphas.max()) * float(factors.max())):
            raise ValueError(
                f"alpha * penalty_factor is beyond the range of numbers for alpha={self.alpha!r} and a "
                f"penalty_factor of {factors.max():g}; lower either."
            )
        return RidgeProblem(
            X,
            Y,
            None if weight is None else weight.astype(np.float64),
            bool(self.fit_intercept),
            alpha=alphas,
            penalty_factor=factors,
            tol=float(self.tol),
            max_iter=self.max_iter,
            moments=moments,
        )

    def _solve(self, problem: RidgeProblem, flat: bool, dtype: Any) -> None:
        """Solve, and store the fitted attributes; `flat` if y had one dimension."""
        X, sparse_input = problem.X, sparse.issparse(problem.X)
        if sparse_input and X.shape[0] * X.shape[1] <= DENSE_SIZE:
            problem = replace(problem, X=X.toarray())
        name = choose_solver(problem, self.solver, self.positive)
        if isinstance(X, np.ndarray) and name not in ("cholesky", "dual"):
            assert_all_finite(X, input_name="X")
        with np.errstate(over="ignore", invalid="ignore"):  # looked for below
            solution = SOLVERS[name](problem)
        if np.isnan(solution.report.residual):  # sums went out of range on the way
            solution.intercept[:] = np.nan
        set_solution(self, solution.coef.T, solution.intercept, flat, dtype)
        self.solution_ = solution.report
        direct = np.full(len(solution.intercept), 1 + solution.report.refinement_steps)
        self.n_iter_ = direct if solution.report.n_iter is None else solution.report.n_iter
        automatic = "lbfgs" if self.positive else "sparse_cg" if sparse_input else "cholesky"
        self.solver_ = automatic if self.solver == "auto" else self.solver

    def _check_unused_rows(self, X: Any, weight: NDArray | None) -> None:
        """A row of weight 0 is never summed, so it has to be looked at."""
        if weight is not None and not weight.all() and not sparse.issparse(X):
            assert_all_finite(X, input_name="X")

    def _absorb(self, X: Any, Y: NDArray, weight: NDArray | None) -> None:
        """Add the rows to the moments, and solve."""
        self._check_unused_rows(X, weight)
        self._flat, Y = Y.ndim == 1, Y.reshape(len(Y), -1)
        moments = getattr(self, "_moments", None)
        if moments is not None and Y.shape[1] != len(moments.y_shift):
            raise ValueError(f"y has {Y.shape[1]} targets, but the first call had {len(moments.y_shift)}.")
        # About their mean without an intercept too: fit_intercept may change in mid-stream.
        shift, y_shift = (None, None) if moments is None else (moments.shift, moments.y_shift)
        with np.errstate(invalid="ignore", over="ignore"):
            # In float64: a stream cannot be refined from rows that are gone.
            new = accumulate(Data(X, Y, weight), None, shift, y_shift, np.float64)
            total = new if moments is None else moments.merge(new)
        require_finite(X, total.gram.diagonal(), products=total.cross)
        self._moments, self._dtype = total, X.dtype
        self._solve(self._problem(None, None, None, total), self._flat, X.dtype)

    def _is_streaming(self) -> bool:
        """Whether earlier rows are known; says so where `fit` has not kept them."""
        if hasattr(self, "coef_") and getattr(self, "_moments", None) is None:
            warn_caller(
                "fit keeps no moments of its data: partial_fit starts anew with these rows. Use partial_fit "
                "for the first rows too."
            )
        return getattr(self, "_moments", None) is not None

    @unchanged_on_error
    @takes_arrays
    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Find the optimum of J.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers; for a classifier labels, or an indicator matrix of labels.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights w_i >= 0; an integer is that many copies of the row.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            For invalid data or parameters; the estimator is left as it was.

        Warns
        -----
        ConvergenceWarning
            Where iterations end before `tol`, or the solution misses the optimum in the last digits.
        """
        self._check_parameters(sparse.issparse(X))
        X, y = self._validated(X, y, ensure_all_finite=sparse.issparse(X))
        _, Y, weight = self._encode(X, y, sample_weight)
        self._check_unused_rows(X, weight)
        self._moments = None
        self._solve(self._problem(X, Y.reshape(len(Y), -1), weight), Y.ndim == 1, X.dtype)
        return self

    def merge(self, other: Self) -> Self:
        """The estimator of both parts of the data: exact, whatever the order of the parts.

        Parameters
        ----------
        other : estimator
            Of the same class, fitted by `partial_fit` as this one must be, to the same classes if it
            has classes.

        Returns
        -------
        estimator
            A new estimator with this one's parameters; neither part is changed.
        """
        if type(other) is not type(self):
            raise TypeError(f"other must be a {type(self).__name__}, got {type(other).__name__}.")
        for part in (self, other):
            check_is_fitted(part)
            if part._moments is None:
                raise ValueError("merge needs estimators fitted by partial_fit: fit keeps no moments.")
        if self.n_features_in_ != other.n_features_in_:
            raise ValueError(f"other has {other.n_features_in_} features, expected {self.n_features_in_}.")
        names, others = (getattr(part, "feature_names_in_", None) for part in (self, other))
        if names is not None and others is not None and not np.array_equal(names, others):
            raise ValueError(f"other has the features {list(others)}, expected {list(names)}.")
        if is_classifier(self) and not np.array_equal(self.classes_, other.classes_):
            raise ValueError(f"other has the classes {other.classes_}, expected {self.classes_}.")
        n_targets, found = len(self._moments.y_shift), len(other._moments.y_shift)
        if n_targets != found:
            raise ValueError(f"other has {found} targets, expected {n_targets}.")
        merged = clone(self)
        for name in ("n_features_in_", "feature_names_in_", "_label_binarizer", "_dtype", "_flat"):
            if hasattr(self, name):
                setattr(merged, name, getattr(self, name))
        merged._moments = self._moments.merge(other._moments)
        merged._solve(merged._problem(None, None, None, merged._moments), merged._flat, merged._dtype)
        return merged


ATTRIBUTES = """
coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    W, in the precision of X; of several classes each is a target.
intercept_ : float or ndarray of shape (n_targets,)
    b; 0.0 if `fit_intercept` is False.
n_iter_ : ndarray of shape (n_targets,)
    Iterations; for a direct solution 1 plus its steps of refinement.
solver_ : str
    `solver`, and for 'auto' the name that scikit-learn gives; `solution_.solver` is what ran.
solution_ : SolutionReport
    The method, a condition estimate, the refinement steps and the relative residual.
n_features_in_ : int
    Number of features.
feature_names_in_ : ndarray of shape (n_features,)
    Their names, if X has names that are all strings.
"""


@documented(attributes=ATTRIBUTES)
@dataclass(eq=False, repr=False)
class Ridge(RidgeRegressorMixin, RidgeBase, SolverParameters):
    """Linear least squares with L2 regularisation, solved exactly.

    ::

        J(W, b) = ½ Σ_i w_i ‖y_i − b − W x_i‖² + ½ Σ_k α_k Σ_j d_j W_kj²

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RidgeClassifier : The same for labels.

    References
    ----------
    Hoerl & Kennard (1970), Ridge regression, Technometrics 12(1).
    Golub & Van Loan, Matrix Computations, 4th ed., sections 3.5 (refinement) and 5.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skl2 import Ridge
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> Ridge(alpha=1.0).fit(X, [1.0, 3.0, 5.0]).coef_.round(3)
    array([1.333])
    """

    @unchanged_on_error
    @takes_arrays
    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Add rows to those seen so far, and find the optimum for all of them.

        The estimator keeps the second moments of the data, n_features² numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            New rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        self : estimator
            The estimator, fitted to every row seen.
        """
        self._check_parameters(False)
        streaming = self._is_streaming()
        X, y = self._validated(X, y, ensure_all_finite=sparse.issparse(X), reset=not streaming)
        self._absorb(X, *self._encode_known(X, y, sample_weight, part=True, all_zero=streaming))
        return self


@documented(attributes=ATTRIBUTES)
@dataclass(eq=False, repr=False)
class RidgeClassifier(RidgeClassifierMixin, RidgeBase, ClassParameters, SolverParameters):
    """Classifier by ridge regression on targets of −1 and 1, one per class.

    ::

        J(W, b) = ½ Σ_i w_i ‖y_i − b − W x_i‖² + (α/2) Σ_k Σ_j d_j W_kj²,   y_ik = ±1

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    {attributes}

    See Also
    --------
    Ridge : The same for numbers.

    References
    ----------
    T. Hastie, R. Tibshirani, J. Friedman (2009). The Elements of Statistical Learning, sections
    3.4.1 (ridge regression) and 4.2 (regression on indicators).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skl2 import RidgeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> round(RidgeClassifier().fit(X, y).score(X, y), 2)
    0.85
    """

    @unchanged_on_error
    @takes_arrays
    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Add rows to those seen so far, and find the optimum for all of them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            New rows.
        y : array-like of shape (n_samples,)
            Their labels.
        classes : array-like of shape (n_classes,), default=None
            Every label that will occur; needed in the first call only.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        self : estimator
            The estimator, fitted to every row seen.
        """
        self._check_parameters(False)
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs every label at once; pass a dict of weights to partial_fit."
            )
        streaming = self._is_streaming()
        X, y = self._validated(X, y, ensure_all_finite=sparse.issparse(X), reset=not streaming)
        if not streaming:
            self._start_labels(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes must be those of the first call, {self.classes_}, got {classes!r}.")
        y = column_or_1d(y)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y holds labels that are not among the classes of the first call: {unknown}.")
        self._absorb(X, *self._encode_known(X, y, sample_weight, part=True, all_zero=streaming))
        return self
