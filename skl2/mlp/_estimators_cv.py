"""MLPClassifierCV and MLPRegressorCV: alpha chosen by cross-validation within one fit."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.parallel import Parallel, delayed

from skl2._arrays import takes_arrays
from skl2._base import unchanged_on_error, warn_caller
from skl2._parameters import documented
from skl2._threads import one_blas_thread
from skl2._validation import check_no_metadata, check_splits
from skl2.mlp._build import Problem
from skl2.mlp._callbacks import Task, begin_fit, with_callbacks
from skl2.mlp._estimators import MLPClassifier, MLPRegressor
from skl2.mlp._fitting import PRIVATE_ATTRIBUTES, BaseMLP
from skl2.mlp._objective import Data, mean_loss
from skl2.mlp._parameters import (
    ChoiceParameters,
    ClassifierParameters,
    RegressorParameters,
    ShortFitParameters,
    check_parameters,
    score_function,
    stops_early,
)
from skl2.mlp._path import FoldResult, Race, Rows, Split, never_stop, train_path, weight_norms
from skl2.mlp._stack import OnEpoch, Scorer
from skl2.mlp._targets import ClassTargets, NumberTargets, drop_weightless
from skl2.mlp._training import Outcome
from skl2.selection import alpha_grid, extend_grid, pick, summarise

EXTENSION_DECADES, MAX_EXTENSIONS = 2, 2
"""How far a grid is extended when the choice lies at its end, and how often."""


class ChosenAlpha(BaseMLP):
    """A fit whose alpha is chosen by cross-validation first."""

    _default_scoring = "loss"

    @property
    def _strength(self) -> float:
        return self.alpha_

    @unchanged_on_error
    @takes_arrays
    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Choose alpha by cross-validation, and fit to all rows with it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows; float32 is kept, everything else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: class labels, an indicator matrix of labels, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            w, in training and in the held-out rows' score; None means 1 for every row.
        X_val, y_val : array-like, default=None
            Rows whose loss is recorded after every epoch of the final fit to all rows.
        sample_weight_val : array-like of shape (n_val,), default=None
            The validation rows' weights.
        **params : dict
            What the splitter and the scorer ask for, such as `groups`, by metadata routing.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not as described, or a fold's rows cannot serve (a class
            is missing, say); the estimator is then unchanged.
        """
        check_parameters(self)
        split_params, weigh_scores = self._routed(sample_weight, params)
        if not self.refit:
            self._forget()
        rows, labels = self._encoded_rows(X, y, sample_weight)
        self._validation_data(rows.y, X_val, y_val, sample_weight_val)  # errors come before the training
        splits = self._splits(rows, labels, split_params)
        if weigh_scores:
            self._warn_of_unweighted_scores(rows.weight)
        task = begin_fit(self, self._max_grids + self.refit, X, labels, sample_weight)
        self._choose(rows, splits, weigh_scores, task)
        if self.refit:
            final = task.subtask("refit", self.max_iter).begin()
            self._fit(X, labels, sample_weight, X_val, y_val, sample_weight_val, final)
        task.end({} if self.refit else None)
        return self

    def _forget(self) -> None:
        """Drop all that an earlier fit has left."""
        for name in [*vars(self)]:
            if name.endswith("_") or name in PRIVATE_ATTRIBUTES:
                delattr(self, name)

    def _routed(self, sample_weight: Any, params: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """What the splitter gets, and whether the scorer gets the weights."""
        if get_config()["enable_metadata_routing"]:
            if sample_weight is not None:
                params = {**params, "sample_weight": sample_weight}
            routed = process_routing(self, "fit", **params)
            weigh = score_function(self) is None or "sample_weight" in routed.scorer.score
            return routed.splitter.split, weigh
        check_no_metadata(params)
        return {}, True

    @property
    def _races(self) -> bool:
        """Whether networks are dropped on the way."""
        by_loss = score_function(self) is None
        return self.racing and by_loss and not self.early_stopping and self._has_epochs

    @property
    def _max_grids(self) -> int:
        """How many grids may be trained: the first, and those that extend it."""
        return 1 + MAX_EXTENSIONS * isinstance(self.alphas, Integral)

    def _encoded_rows(self, X: Any, y: Any, sample_weight: Any) -> tuple[Rows, Any]:
        """X, encoded targets and weights, all checked; and the targets as they were given."""
        warm = self._is_warm
        X, y, weight = self._validate(X, y, sample_weight, reset=not warm)
        if X.shape[0] < 2:
            raise ValueError(f"Cross-validation needs 2 rows or more, got n_samples={X.shape[0]}.")
        if warm:
            self._check_goes_on(y)
        codes = self._encode(y, reset=not warm)
        if not warm:
            self._learn_unit(codes, weight)
        counted = codes if weight is None else codes[weight > 0]
        if (counted == counted[0]).all():
            row = y[[0 if weight is None else int(np.argmax(weight > 0))]]
            value = (row.toarray() if sparse.issparse(row) else row).tolist()[0]
            raise ValueError(
                f"y is constant, with {value!r} in every row that has weight, and no alpha fits better than "
                "another: give targets that vary (a classifier needs at least 2 classes)."
            )
        return Rows(X, codes, weight), y

    def _splits(self, rows: Rows, labels: Any, split_params: dict[str, Any]) -> list[Split]:
        """The folds as index arrays, each checked to be of use."""
        classifier = is_classifier(self)
        splits = check_splits(self.cv, rows.X, labels, rows.weight, classifier=classifier, **split_params)
        for number, (train, _) in enumerate(splits):
            self._check_fold(number, rows.y, rows.weight, train)
        return splits

    def _choose(self, rows: Rows, splits: list[Split], weigh_scores: bool, task: Task) -> None:
        """Set the chosen alpha and what led to it, on a grid that is extended where it ends too soon."""
        seed = self._seed()
        if self._races:  # half the time; the final fit keeps the precision of X
            rows = rows._replace(X=rows.X.astype(np.float32))
        alphas = alpha_grid(self.alphas)
        result = self._train_folds(alphas, rows, splits, weigh_scores, seed, task)
        for _ in range(self._max_grids - 1):
            spacing = np.log10(alphas[-1] / alphas[0]) / max(len(alphas) - 1, 1)
            n_new = max(1, round(EXTENSION_DECADES / max(spacing, 0.1)))
            new = extend_grid(alphas, pick(alphas, result.scores, self.selection), n_new)
            if not len(new):
                break
            more = self._train_folds(new, rows, splits, weigh_scores, seed, task)
            order = np.argsort(alphas := np.concatenate([alphas, new]))
            alphas = alphas[order]
            result = FoldResult(*(np.hstack(pair)[:, order] for pair in zip(result, more, strict=True)))
        self._store_choice(alphas, result)

    def _seed(self) -> int:
        """The seed of every fold; `random_state` itself if it is one."""
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _train_folds(
        self, alphas: NDArray, rows: Rows, splits: list[Split], weigh_scores: bool, seed: int, task: Task
    ) -> FoldResult:
        """Scores, epochs and norms of weights, each of shape (folds, alphas)."""
        # cv may be a generator of splits, which cannot be copied, and folds do not ask for it
        worker = type(self)(**self.get_params(deep=False) | {"cv": None})
        for name in ("classes_", "_multilabel", "_sparse_labels", "n_features_in_"):
            if hasattr(self, name):
                setattr(worker, name, getattr(self, name))
        task = task.subtask("cross-validation", len(splits), sequential=False).begin()
        # made beforehand, because a task must not change while it is sent to another process
        folds = [
            task.subtask("fold", number=number)._replace(estimator=worker, details={})
            for number in range(len(splits))
        ]
        call = delayed(_train_fold)
        results = Parallel(n_jobs=self.n_jobs)(
            # X by itself, not within a tuple: a backend on many machines then sends it to each only once
            call(worker, fold, *rows, alphas, split, seed, weigh_scores)
            for fold, split in zip(folds, splits, strict=True)
        )
        task.end()
        return FoldResult(*(np.array(part) for part in zip(*results, strict=True)))

    def _store_choice(self, alphas: NDArray, result: FoldResult) -> None:
        """Apply the rule, and keep what it was applied to."""
        chosen = pick(alphas, result.scores, self.selection)
        if len(extend_grid(alphas, chosen, 1)):
            warn_caller(
                f"The chosen alpha, {alphas[chosen]:.3g}, lies at the end of the grid: try values beyond it."
            )
        self.alphas_, self.scores_ = alphas, result.scores
        self.fold_epochs_, self.weight_norms_ = result.epochs, result.weight_norms
        self.mean_score_, self.std_error_ = summarise(result.scores)
        self.alpha_ = float(alphas[chosen])
        self.best_score_ = float(self.mean_score_[chosen])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pick has said it
            self.alpha_min_ = float(alphas[pick(alphas, result.scores)])
            one = len(result.scores) == 1
            self.alpha_1se_ = np.nan if one else float(alphas[pick(alphas, result.scores, "1se")])

    def _fold_problem(self, rows: Rows, split: Split) -> Problem:
        """The training rows of a fold, and those held out, as a plain fit would see them."""
        train, test = split
        X, y, weight = rows
        weights = [None if weight is None else weight[part] for part in split]
        self._learn_unit(y[train], weights[0])
        y = self._in_units(y)
        held_out = drop_weightless(Data(X[test], y[test], weights[1]))
        return self._problem(Data(X[train], y[train], weights[0]), held_out)

    def _train_fold(
        self, rows: Rows, alphas: NDArray, split: Split, seed: int, weigh_scores: bool
    ) -> FoldResult:
        """Train one network for each alpha on the fold's training rows; score them on the others.

        Every fold, and a plain fit with `random_state=seed`, draws the same random numbers.
        """
        problem = self._fold_problem(rows, split)
        rng = np.random.RandomState(seed)
        network = self._new_network(problem, len(alphas), rng, rows.X.dtype)
        held_out, problem = problem.validation, problem._replace(validation=None)
        assert held_out is not None
        score: Scorer | None = None
        on_epoch: OnEpoch = never_stop
        problem = self._training_problem(problem, rng)
        if stops_early(self):
            score = self._scorer(problem)
        elif self._races:
            on_epoch = Race(problem.loss, held_out, len(alphas), self.max_iter)
        with one_blas_thread():
            network, outcome = train_path(self, alphas, problem, network, rng, score=score, on_epoch=on_epoch)
        if outcome.interrupted:
            raise KeyboardInterrupt
        if not weigh_scores:
            held_out.weight = None
        scores = self._scorer(problem._replace(validation=held_out))(network)
        return FoldResult(np.where(outcome.diverged, np.nan, scores), outcome.n_iter, weight_norms(network))

    def get_metadata_routing(self) -> MetadataRouter:
        """Where metadata go: to `fit` itself, to the splitter and to the scorer.

        Returns
        -------
        routing : MetadataRouter
            The routing of this estimator.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        # splits that are given one by one ask for nothing, and may come only once
        cv = self.cv if isinstance(self.cv, Integral) or hasattr(self.cv, "split") else None
        router.add(
            splitter=check_cv(cv, classifier=is_classifier(self)),
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        )
        if score_function(self) is not None:
            router.add(
                scorer=check_scoring(self, self.scoring),
                method_mapping=MethodMapping().add(caller="fit", callee="score"),
            )
        return router


def _train_fold(
    estimator: ChosenAlpha, task: Task, X: Any, y: NDArray, weight: NDArray | None, *args: Any
) -> FoldResult:
    """`_train_fold` of an estimator, and callbacks are told of it."""
    task.begin()
    # a copy, for each fold has its own unit of y, and folds may be trained in several threads
    result = copy.copy(estimator)._train_fold(Rows(X, y, weight), *args)
    task.end()
    return result


@documented
@dataclass(eq=False, repr=False)
class MLPRegressorCV(NumberTargets, ChosenAlpha, ShortFitParameters, RegressorParameters, ChoiceParameters):
    """A multi-layer perceptron for regression whose alpha is chosen by cross-validation.

    J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ² is minimised for every alpha and fold, alpha is
    chosen by the rows held out, and the network is trained again on all rows with it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    alpha_ : float
        The chosen strength.
    alphas_ : ndarray of shape (n_alphas,)
        The strengths tried.
    scores_ : ndarray of shape (n_folds, n_alphas)
        Scores on the held-out rows, greater is better: losses are negated, in squared units of the
        spread of y in the fold's training rows.
    mean_score_, std_error_ : ndarray of shape (n_alphas,)
        Their mean over the folds, and its standard error (std with ddof=1 over √folds).
    best_score_ : float
        The mean score of the chosen alpha.
    alpha_min_, alpha_1se_ : float
        What the two rules of `selection` choose; with one fold the second is NaN.
    fold_epochs_ : ndarray of shape (n_folds, n_alphas)
        Epochs that each network was trained for.
    weight_norms_ : ndarray of shape (n_folds, n_alphas)
        ‖W‖ of each network, with y in units of its spread.
    coefs_, intercepts_ : list of ndarray
        The weights (n_in, n_out) and intercepts (n_out,) of each layer, from all rows.
    loss_curve_ : list of float
        J/Σw after each epoch of the final fit.
    n_iter_ : int
        Epochs of the final fit.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if X has any.

    See Also
    --------
    MLPRegressor : The same network for an alpha that is known.
    RidgeCV : The linear model, exactly.

    Notes
    -----
    All networks of a fold differ only in alpha. They start from the same weights, see the same
    batches, and are trained together as one stack of arrays. A network's score is that of a
    plain `MLPRegressor` with this alpha on the fold's training rows.

    With `racing` a fold's networks are compared on the held-out rows after an eighth, a quarter, a
    half and three quarters of `max_iter` epochs: those whose loss is more than 20% above the lowest
    are dropped, as in Hoeffding races and successive halving, and all stop where at the last
    comparison no loss is lower than at the one before. What has been dropped keeps the score it had
    then. The race is run in single precision. Only the loss is raced for: with another `scoring`,
    with `early_stopping` or 'lbfgs' every network is trained to its end, in the precision of X.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone (1984). Classification and Regression Trees.
    Section 3.4.3: the one-standard-error rule.

    O. Maron, A. Moore (1994). Hoeffding races: accelerating model selection search for
    classification and function approximation. NIPS 6.

    K. Jamieson, A. Talwalkar (2016). Non-stochastic best arm identification and hyperparameter
    optimization. AISTATS.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressorCV(hidden_layer_sizes=10, alphas=[1.0, 10.0, 100.0], cv=3, random_state=0)
    >>> model.fit(scale(X), scale(y)).alpha_
    10.0
    """


@documented
@dataclass(eq=False, repr=False)
class MLPClassifierCV(ClassTargets, ChosenAlpha, ShortFitParameters, ClassifierParameters, ChoiceParameters):
    """A multi-layer perceptron for classification whose alpha is chosen by cross-validation.

    J(θ) = −Σ_i w_i log p_θ(y_i | x_i) + α/2 Σ θ² is minimised for every alpha and fold, alpha is
    chosen by the rows held out, and the network is trained again on all rows with it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    alpha_ : float
        The chosen strength.
    alphas_ : ndarray of shape (n_alphas,)
        The strengths tried.
    scores_ : ndarray of shape (n_folds, n_alphas)
        Scores on the held-out rows, greater is better: losses are negated.
    mean_score_, std_error_ : ndarray of shape (n_alphas,)
        Their mean over the folds, and its standard error (std with ddof=1 over √folds).
    best_score_ : float
        The mean score of the chosen alpha.
    alpha_min_, alpha_1se_ : float
        What the two rules of `selection` choose; with one fold the second is NaN.
    fold_epochs_ : ndarray of shape (n_folds, n_alphas)
        Epochs that each network was trained for.
    weight_norms_ : ndarray of shape (n_folds, n_alphas)
        ‖W‖ of each network.
    coefs_, intercepts_ : list of ndarray
        The weights (n_in, n_out) and intercepts (n_out,) of each layer, from all rows.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    loss_curve_ : list of float
        J/Σw after each epoch of the final fit.
    n_iter_ : int
        Epochs of the final fit.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if X has any.

    See Also
    --------
    MLPClassifier : The same network for an alpha that is known.
    skl2.display.AlphaSelectionDisplay : The picture of the choice.

    Notes
    -----
    All networks of a fold differ only in alpha. They start from the same weights, see the same
    batches, and are trained together as one stack of arrays. A network's score is that of a
    plain `MLPClassifier` with this alpha on the fold's training rows.

    With `racing` a fold's networks are compared on the held-out rows after an eighth, a quarter, a
    half and three quarters of `max_iter` epochs: those whose loss is more than 20% above the lowest
    are dropped, as in Hoeffding races and successive halving, and all stop where at the last
    comparison no loss is lower than at the one before. What has been dropped keeps the score it had
    then. The race is run in single precision. Only the loss is raced for: with another `scoring`,
    with `early_stopping` or 'lbfgs' every network is trained to its end, in the precision of X.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone (1984). Classification and Regression Trees.
    Section 3.4.3: the one-standard-error rule.

    O. Maron, A. Moore (1994). Hoeffding races: accelerating model selection search for
    classification and function approximation. NIPS 6.

    K. Jamieson, A. Talwalkar (2016). Non-stochastic best arm identification and hyperparameter
    optimization. AISTATS.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = MLPClassifierCV(10, alphas=[0.01, 1.0, 100.0], cv=3, max_iter=500, random_state=0)
    >>> model.fit(scale(X), y).alpha_
    1.0
    """


def mlp_path(
    X: ArrayLike,
    y: ArrayLike,
    alphas: Any = 13,
    *,
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
    alphas : int or array-like of shape (n_alphas,), default=13
        The strengths; an int is that many from 1e-3 to 1e3, evenly spaced in log(alpha).
    estimator : MLPClassifier or MLPRegressor, default=None
        Holds all other parameters; its alpha is not used, it prints nothing, and it is not changed.
        None means a default `MLPRegressor` if y is continuous, otherwise a default `MLPClassifier`.
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
        numbers = type_of_target(y).startswith("continuous")
        estimator = MLPRegressor() if numbers else MLPClassifier()
    if not isinstance(estimator, BaseMLP):
        raise TypeError(f"estimator must be an MLPClassifier or an MLPRegressor of skl2, got {estimator!r}.")
    estimator = clone(estimator)
    check_parameters(estimator)
    grid = alpha_grid(alphas, allow_zero=True)
    rows, labels, weight = estimator._validate(X, y, sample_weight, reset=True)
    problem = estimator._problem(Data(rows, estimator._targets(labels, weight, reset=True), weight))
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
