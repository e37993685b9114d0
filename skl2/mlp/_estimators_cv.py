"""MLPClassifierCV and MLPRegressorCV: alpha chosen by cross-validation within one fit."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
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
from skl2._threads import one_blas_thread
from skl2._validation import check_choice, check_flag, check_no_metadata, check_splits
from skl2.mlp._callbacks import Task, begin_fit, with_callbacks
from skl2.mlp._estimators import (
    PRIVATE_ATTRIBUTES,
    BaseMLP,
    MLPClassifier,
    MLPRegressor,
    _drop_weightless,
    check_parameters,
)
from skl2.mlp._objective import Data, mean_loss
from skl2.mlp._path import FoldResult, Rows, Split, train_fold, train_path
from skl2.mlp._stack import Problem, build_network
from skl2.mlp._training import Outcome
from skl2.selection import SELECTIONS, alpha_grid, extend_grid, pick, summarise

EXTENSION_DECADES, MAX_EXTENSIONS = 2, 2
"""How far a grid is extended when the choice lies at its end, and how often."""


class BaseMLPCV(BaseMLP):
    """The choice of alpha by cross-validation, on top of an MLP: what both estimators share."""

    _default_scoring = "loss"

    @property
    def alpha(self) -> float:
        """The chosen strength, where the plain estimator has its parameter."""
        return self.alpha_

    @property
    def partial_fit(self) -> Any:
        """Not there: alpha is chosen from all rows."""
        raise AttributeError(
            f"{type(self).__name__} has no partial_fit, because alpha is chosen from all rows; go on "
            "with the plain estimator and the chosen alpha_."
        )

    # ------------------------------------------------------------------------------------ fitting

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
        self._check_parameters()
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

    def _check_parameters(self) -> None:
        """Raise an error that names the first parameter with a bad value."""
        check_parameters(self)
        alpha_grid(self.alphas)
        check_choice("selection", self.selection, SELECTIONS)
        check_flag("refit", self.refit)
        check_flag("racing", self.racing)

    def _routed(self, sample_weight: Any, params: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """What the splitter gets, and whether the scorer gets the weights."""
        if get_config()["enable_metadata_routing"]:
            if sample_weight is not None:
                params = {**params, "sample_weight": sample_weight}
            routed = process_routing(self, "fit", **params)
            weigh = self._score_function is None or "sample_weight" in routed.scorer.score
            return routed.splitter.split, weigh
        check_no_metadata(params)
        return {}, True

    @property
    def _races(self) -> bool:
        """Whether networks are dropped on the way."""
        by_loss = self._score_function is None
        return self.racing and by_loss and not self.early_stopping and self.solver != "lbfgs"

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
        if warm and is_classifier(self):
            self._check_same_classes(y)
        codes = self._encode(y, reset=not warm)
        counted = codes if weight is None else codes[weight > 0]
        if (counted == counted[0]).all():
            value = self._decode(counted[:1]).tolist()[0]
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
            self._check_fold(number, rows, train)
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
            call(fold, worker, alphas, rows, split, seed, weigh_scores)
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
        held_out = _drop_weightless(Data(X[test], y[test], weights[1]))
        return self._problem(Data(X[train], y[train], weights[0]), held_out)

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
        if self._score_function is not None:
            router.add(
                scorer=check_scoring(self, self.scoring),
                method_mapping=MethodMapping().add(caller="fit", callee="score"),
            )
        return router

    # -------------------------------------------------------------------- what the subclasses say

    def _check_fold(self, number: int, rows: Rows, train: NDArray) -> None:
        """Raise a ValueError if a fold's training rows lack something."""


def _train_fold(task: Task, *args: Any) -> FoldResult:
    """`train_fold`, and callbacks are told of it."""
    task.begin()
    result = train_fold(*args)
    task.end()
    return result


class MLPRegressorCV(BaseMLPCV, MLPRegressor):
    """A multi-layer perceptron for regression whose alpha is chosen by cross-validation.

    J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ² is minimised for every alpha and fold, alpha is
    chosen by the rows held out, and the network is trained again on all rows with it.

    Parameters
    ----------
    loss : {'squared_error', 'poisson'}, default='squared_error'
        ℓ: half the squared error, or half the Poisson deviance with f the logarithm of the mean.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units in each hidden layer; () is the linear model.
    activation : {'relu', 'tanh', 'logistic', 'identity'}, default='relu'
        The hidden layers' activation.
    alphas : int or array-like of shape (n_alphas,), default=13
        The strengths to try. An int is that many values, evenly spaced in log(alpha) from 1e-3 to
        1e3; where the choice lies at the end of this grid, it is extended by itself.
    cv : int, splitter or iterable of (train, test), default=None
        The folds: None means 5, `KFold` without shuffling; an int another number of them.
    scoring : str or callable, default=None
        What alpha is chosen by, greater is better. None means the held-out rows' mean loss itself,
        negated: half the squared error or half the Poisson deviance. With `early_stopping` it is
        also what that watches.
    selection : {'min', '1se'}, default='min'
        The alpha of the best mean score, or the largest whose mean score is at least the best one
        minus its standard error.
    n_jobs : int, default=None
        How many folds are trained at the same time, by joblib. The result does not depend on it.
    refit : bool, default=True
        Whether to train on all rows with the chosen alpha; without it there is nothing to predict
        with.
    racing : bool, default=True
        Whether networks that cannot win any more are dropped from a fold's stack before they have
        converged; see Notes.
    solver : {'adam', 'adamw', 'sgd', 'lbfgs'}, default='adam'
        The optimiser. With 'lbfgs' the path goes from the strongest penalty to the weakest, each
        network started from where the stronger penalty's ended.
    batch_size : int or 'auto', default='auto'
        Rows in a mini-batch. The meaning of alpha does not depend on it.
    learning_rate : {'one_cycle', 'auto', 'constant', 'invscaling', 'adaptive', 'anneal'}, default='one_cycle'
        The schedule of the learning rate. One cycle takes all networks through the same `max_iter`
        epochs, which makes their scores comparable and the cost known.
    learning_rate_init : float or 'auto', default='auto'
        The learning rate that the schedule begins with.
    power_t : float, default=0.5
        The exponent of 'invscaling'.
    max_iter : int, default=30
        Epochs in a fold and in the final fit: exactly as many with 'one_cycle', at most with the
        other schedules and with 'lbfgs', which need more.
    shuffle : bool, default=True
        Whether the rows are shuffled before each epoch.
    random_state : int, RandomState or None, default=None
        Initial weights and the order of the rows; an int makes the result reproducible. All folds
        and alphas share the same initial weights.
    tol : float or 'auto', default='auto'
        What counts as an improvement of the training loss, for schedules that end at a plateau.
    verbose : bool or int, default=False
        Whether to print a line for each epoch of the final fit.
    warm_start : bool, default=False
        Whether the final fit starts from the previous one's weights.
    momentum : float, default=0.9
        Momentum of 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether it is Nesterov's.
    early_stopping : bool, default=False
        Whether each fit sets rows of its own aside, and stops and keeps its weights by their score.
    validation_fraction : float, default=0.1
        The share of these rows.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay rates of Adam's moments.
    epsilon : float, default=1e-8
        Adam's numerical stabiliser.
    n_iter_no_change : int or 'auto', default='auto'
        Epochs without improvement that make a plateau, for such schedules.
    max_fun : int, default=15000
        The largest number of function calls of 'lbfgs'.
    l1_ratio : float, default=0.0
        The share of the L1 norm in the penalty.
    dropout : float or sequence of float, default=0.0
        The rate at which hidden units are dropped in training.
    batch_norm : bool, default=False
        Whether hidden layers are normalised over the batch.
    penalize_intercept : bool, default=False
        Whether intercepts are penalised too.

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

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        alphas: Any = 13,
        cv: Any = None,
        scoring: Any = None,
        selection: str = "min",
        n_jobs: int | None = None,
        refit: bool = True,
        racing: bool = True,
        solver: str = "adam",
        batch_size: Any = "auto",
        learning_rate: str = "one_cycle",
        learning_rate_init: Any = "auto",
        power_t: float = 0.5,
        max_iter: int = 30,
        shuffle: bool = True,
        random_state: Any = None,
        tol: Any = "auto",
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = "auto",
        max_fun: int = 15000,
        l1_ratio: float = 0.0,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        penalize_intercept: bool = False,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alphas = alphas
        self.cv = cv
        self.scoring = scoring
        self.selection = selection
        self.n_jobs = n_jobs
        self.refit = refit
        self.racing = racing
        self.solver = solver
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.l1_ratio = l1_ratio
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.penalize_intercept = penalize_intercept


class MLPClassifierCV(BaseMLPCV, MLPClassifier):
    """A multi-layer perceptron for classification whose alpha is chosen by cross-validation.

    J(θ) = −Σ_i w_i log p_θ(y_i | x_i) + α/2 Σ θ² is minimised for every alpha and fold, alpha is
    chosen by the rows held out, and the network is trained again on all rows with it.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units in each hidden layer; () is the linear model.
    activation : {'relu', 'tanh', 'logistic', 'identity'}, default='relu'
        The hidden layers' activation.
    alphas : int or array-like of shape (n_alphas,), default=13
        The strengths to try. An int is that many values, evenly spaced in log(alpha) from 1e-3 to
        1e3; where the choice lies at the end of this grid, it is extended by itself.
    cv : int, splitter or iterable of (train, test), default=None
        The folds: None means 5, stratified by class, without shuffling; an int another number of them.
    scoring : str or callable, default=None
        What alpha is chosen by, greater is better. None means the held-out rows' mean loss itself,
        negated: the log-loss. With `early_stopping` it is also what that watches.
    selection : {'min', '1se'}, default='min'
        The alpha of the best mean score, or the largest whose mean score is at least the best one
        minus its standard error.
    n_jobs : int, default=None
        How many folds are trained at the same time, by joblib. The result does not depend on it.
    refit : bool, default=True
        Whether to train on all rows with the chosen alpha; without it there is nothing to predict
        with.
    racing : bool, default=True
        Whether networks that cannot win any more are dropped from a fold's stack before they have
        converged; see Notes.
    solver : {'adam', 'adamw', 'sgd', 'lbfgs'}, default='adam'
        The optimiser. With 'lbfgs' the path goes from the strongest penalty to the weakest, each
        network started from where the stronger penalty's ended.
    batch_size : int or 'auto', default='auto'
        Rows in a mini-batch. The meaning of alpha does not depend on it.
    learning_rate : {'one_cycle', 'auto', 'constant', 'invscaling', 'adaptive', 'anneal'}, default='one_cycle'
        The schedule of the learning rate. One cycle takes all networks through the same `max_iter`
        epochs, which makes their scores comparable and the cost known.
    learning_rate_init : float or 'auto', default='auto'
        The learning rate that the schedule begins with.
    power_t : float, default=0.5
        The exponent of 'invscaling'.
    max_iter : int, default=30
        Epochs in a fold and in the final fit: exactly as many with 'one_cycle', at most with the
        other schedules and with 'lbfgs', which need more.
    shuffle : bool, default=True
        Whether the rows are shuffled before each epoch.
    random_state : int, RandomState or None, default=None
        Initial weights and the order of the rows; an int makes the result reproducible. All folds
        and alphas share the same initial weights.
    tol : float or 'auto', default='auto'
        What counts as an improvement of the training loss, for schedules that end at a plateau.
    verbose : bool or int, default=False
        Whether to print a line for each epoch of the final fit.
    warm_start : bool, default=False
        Whether the final fit starts from the previous one's weights.
    momentum : float, default=0.9
        Momentum of 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether it is Nesterov's.
    early_stopping : bool, default=False
        Whether each fit sets rows of its own aside, and stops and keeps its weights by their score.
    validation_fraction : float, default=0.1
        The share of these rows.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay rates of Adam's moments.
    epsilon : float, default=1e-8
        Adam's numerical stabiliser.
    n_iter_no_change : int or 'auto', default='auto'
        Epochs without improvement that make a plateau, for such schedules.
    max_fun : int, default=15000
        The largest number of function calls of 'lbfgs'.
    l1_ratio : float, default=0.0
        The share of the L1 norm in the penalty.
    dropout : float or sequence of float, default=0.0
        The rate at which hidden units are dropped in training.
    batch_norm : bool, default=False
        Whether hidden layers are normalised over the batch.
    penalize_intercept : bool, default=False
        Whether intercepts are penalised too.
    class_weight : dict or 'balanced', default=None
        Weights of the classes in training; 'balanced' makes all classes count the same.

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

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        alphas: Any = 13,
        cv: Any = None,
        scoring: Any = None,
        selection: str = "min",
        n_jobs: int | None = None,
        refit: bool = True,
        racing: bool = True,
        solver: str = "adam",
        batch_size: Any = "auto",
        learning_rate: str = "one_cycle",
        learning_rate_init: Any = "auto",
        power_t: float = 0.5,
        max_iter: int = 30,
        shuffle: bool = True,
        random_state: Any = None,
        tol: Any = "auto",
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = "auto",
        max_fun: int = 15000,
        l1_ratio: float = 0.0,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        penalize_intercept: bool = False,
        class_weight: Mapping[Any, float] | str | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alphas = alphas
        self.cv = cv
        self.scoring = scoring
        self.selection = selection
        self.n_jobs = n_jobs
        self.refit = refit
        self.racing = racing
        self.solver = solver
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.l1_ratio = l1_ratio
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.penalize_intercept = penalize_intercept
        self.class_weight = class_weight

    def _check_fold(self, number: int, rows: Rows, train: NDArray) -> None:
        if self._multilabel:
            return
        counted = np.ones(len(rows.y), bool) if rows.weight is None else rows.weight > 0
        missing = np.setdiff1d(rows.y[counted], rows.y[train][counted[train]])
        if len(missing):
            missing = self.classes_[missing.astype(int)]
            raise ValueError(
                f"The training rows of fold {number} of cv hold no row of class {missing.tolist()}: use "
                "fewer folds, a stratified splitter, or drop classes of too few members."
            )


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
    problem = estimator._problem(Data(rows, estimator._encode(labels, reset=True), weight))
    rng = check_random_state(estimator.random_state)
    network = build_network(estimator, problem, len(grid), rows.dtype)
    network.initialise(rng)
    problem = estimator._training_problem(problem, rng)
    score = estimator._stopping_score(problem)
    with one_blas_thread():
        network, outcome = train_path(estimator, grid, problem, network, rng, score=score)
    _warn_of_path(estimator, grid, outcome)
    losses = mean_loss(network, problem.loss, problem.train)
    weights, biases = network.plain()
    coefs = [[weight[place] for weight in weights] for place in range(len(grid))]
    intercepts = [[bias[place, 0] for bias in biases] for place in range(len(grid))]
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
