"""MLPClassifierCV and MLPRegressorCV: alpha chosen by cross-validation within one fit."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from skl2._arrays import takes_arrays
from skl2._base import unchanged_on_error
from skl2._choice import Extension, Scores, Stopped, choose
from skl2._cv import ChosenAlpha
from skl2._parameters import documented
from skl2._threads import one_blas_thread
from skl2._typing import NDArray
from skl2._validation import check_splits
from skl2.mlp._build import Problem, expected_epochs
from skl2.mlp._callbacks import Task, begin_fit, with_callbacks
from skl2.mlp._estimators import ATTRIBUTES
from skl2.mlp._fitting import PRIVATE_ATTRIBUTES, BaseMLP
from skl2.mlp._network import Network
from skl2.mlp._parameters import (
    ChoiceParameters,
    ClassifierParameters,
    RegressorParameters,
    check_parameters,
    score_function,
    stops_early,
)
from skl2.mlp._path import (
    ENDS,
    FoldResult,
    Race,
    Rows,
    Split,
    alphas_of,
    fits_single_precision,
    line_of_fold,
    never_stop,
    train_path,
    weight_norms,
)
from skl2.mlp._targets import ClassTargets, NumberTargets, drop_weightless
from skl2.mlp._training import Epoch

FOLDS = 5
"""The folds that None stands for: shuffled, since a table may lie sorted"""
EXTENSION = Extension(times=2, least=0, negligible=1e-3, falling=True)
"""Each alpha costs a training for every fold, and its score has the noise of the training"""


class BaseMLPCV(ChosenAlpha, BaseMLP):
    """A fit whose alpha is chosen by cross-validation first."""

    @property
    def _strength(self) -> float:
        return self.alpha_

    @property
    def _least_strength(self) -> float:
        return float(self.alphas_.min())

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
            Numbers; for a classifier labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            w, in training and in the held-out rows' score; None means 1 for every row.
        X_val, y_val : array-like, default=None
            Rows whose loss is recorded after every epoch of the final fit to all rows
            (`validation_loss_curve_`). With `early_stopping=True` they take the place of a part of X there.
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

        Warns
        -----
        UserWarning
            Where the best alpha may lie beyond `alphas`.
        ConvergenceWarning
            Where the final fit ended before its end, diverged, or fits no better than a constant.
        """
        check_parameters(self)
        if not self.refit:
            self._forget()
        rows, labels = self._encoded_rows(X, y, sample_weight)
        self._validation_data(rows.y, X_val, y_val, sample_weight_val)  # errors come before the training
        split_params, score_params = self._routed(rows.weight, sample_weight, params)
        weigh_scores = score_function(self) is None or "sample_weight" in score_params
        seed = self._seed()
        splits = self._splits(rows, labels, split_params, seed)
        task = begin_fit(self, self._max_grids + self.refit, X, labels, sample_weight)
        start = self._choose(rows, splits, weigh_scores, seed, task)
        if self.refit:
            final = task.subtask("refit", self.max_iter).begin()
            self._fit(X, labels, sample_weight, X_val, y_val, sample_weight_val, final, start)
            self._warn_of_strength()
        task.end({} if self.refit else None)
        return self

    def _check_fitted(self) -> None:
        if hasattr(self, "alpha_") and not hasattr(self, "coefs_"):
            raise NotFittedError(
                f"This {type(self).__name__} was fitted with refit=False: it has chosen "
                f"alpha_={self.alpha_:.4g}, and has no network. Fit it with refit=True, or its like without "
                "CV with that alpha."
            )
        super()._check_fitted()

    def _forget(self) -> None:
        """Drop all that an earlier fit has left."""
        for name in [*vars(self)]:
            if name.endswith("_") or name in PRIVATE_ATTRIBUTES:
                delattr(self, name)

    def _prediction_scorer(self) -> Any:
        scorer = score_function(self)
        return None if scorer is None else check_scoring(self, scorer)

    @property
    def _loss_name(self) -> str:
        return f"−{self._loss().label}"

    @property
    def _races(self) -> bool:
        """Whether networks are dropped on the way."""
        by_loss = score_function(self) is None
        return self.racing and by_loss and not self.early_stopping and self._has_epochs

    @property
    def _max_grids(self) -> int:
        """How many grids may be trained: the first, and those that extend it."""
        return 1 + EXTENSION.times * isinstance(self.alphas, str)

    def _encoded_rows(self, X: Any, y: Any, sample_weight: Any) -> tuple[Rows, Any]:
        """X, encoded targets and weights, all checked; and the targets as they were given."""
        warm, given = self._is_warm, X
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
        return Rows(X, codes, weight, given, X.dtype), y

    def _splits(self, rows: Rows, labels: Any, split_params: dict[str, Any], seed: int) -> list[Split]:
        """The folds as index arrays, each checked to be of use."""
        classifier, cv = is_classifier(self), self.cv
        if cv is None:
            kind = type(check_cv(FOLDS, labels, classifier=classifier))
            cv = kind(FOLDS, shuffle=True, random_state=seed)
        splits = check_splits(cv, rows.given, labels, rows.weight, classifier=classifier, **split_params)
        for number, (train, _) in enumerate(splits):
            self._check_fold(number, rows.y, rows.weight, train)
        return splits

    def _choose(
        self, rows: Rows, splits: list[Split], weigh_scores: bool, seed: int, task: Task
    ) -> NDArray | None:
        """Set the chosen alpha and what led to it, on a grid that is extended where it ends too soon.

        Return the state of the chosen network of the last fold, if a callback has stopped that one.
        """
        # half the time; the final fit keeps the precision of X
        if self._races and fits_single_precision(rows):
            rows = rows._replace(dtype=np.float32)
        stopped: list[NDArray | None] = []

        def evaluate(grid: NDArray) -> Scores:
            if stopped and stopped[0] is not None:
                raise Stopped
            result, states = self._train_folds(grid, rows, splits, weigh_scores, seed, task)
            stopped.append(states)
            if states is not None and len(stopped) > 1:  # fewer folds than those of the first grid
                raise Stopped
            return Scores.of_folds(grid, *result)

        alphas = alphas_of(self.alphas, self.n_alphas)
        chosen = choose(evaluate, alphas, lambda: ENDS, self.selection, EXTENSION)
        self._set_choice(alphas, chosen)
        self.scores_, self.fold_epochs_, self.weight_norms_, self.dropped_ = chosen.scores.detail
        place = np.flatnonzero(self.alphas_ == self.alpha_)[:1]
        return None if stopped[0] is None else stopped[0][place]

    def _seed(self) -> int:
        """The seed of every fold; `random_state` itself if it is one."""
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _train_folds(
        self, alphas: NDArray, rows: Rows, splits: list[Split], weigh_scores: bool, seed: int, task: Task
    ) -> tuple[FoldResult, NDArray | None]:
        """What the folds say, each array of shape (folds, alphas).

        If a callback stops a fold there are none after it; the states of its networks come as well.
        """
        # cv may be a generator of splits, which cannot be copied, and folds do not ask for it
        worker = type(self)(**self.get_params(deep=False) | {"cv": None})
        if score_function(self) is None:
            rows = rows._replace(given=None)
        for name in ("classes_", "_multilabel", "_sparse_labels", "n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                setattr(worker, name, getattr(self, name))
        task = task.subtask("cross-validation", len(splits), sequential=False).begin()
        # made beforehand, because a task must not change while it is sent to another process
        folds = [
            task.subtask("fold", None, number=number)._replace(estimator=worker, details={})
            for number in range(len(splits))
        ]
        results: list[FoldResult] = []
        states = None

        def calls() -> Iterator[Any]:
            for fold, split in zip(folds, splits, strict=True):
                if states is not None:
                    return
                # X by itself, not within a tuple: a backend on many machines then sends it to each only once
                yield delayed(_train_fold)(worker, fold, *rows, alphas, split, seed, weigh_scores)

        # what runs already when a fold is stopped is waited for: to break it off would end the processes
        for result, found in Parallel(self.n_jobs, return_as="generator", pre_dispatch="n_jobs")(calls()):
            if states is None:
                results.append(result)
                states = found
                if self.verbose:
                    print(line_of_fold(len(results), alphas, result))
        task.end()
        return FoldResult(*(np.array(part) for part in zip(*results, strict=True))), states

    def _fold_problem(self, rows: Rows, split: Split) -> Problem:
        """The training rows of a fold, and those held out, as a plain fit would see them."""
        train, test = split
        self._learn_unit(rows.y[train], None if rows.weight is None else rows.weight[train])
        data = rows._replace(y=self._in_units(rows.y)).data
        return self._problem(data.part(train), drop_weightless(data.part(test)))

    def _train_fold(
        self, task: Task, rows: Rows, alphas: NDArray, split: Split, seed: int, weigh_scores: bool
    ) -> tuple[FoldResult, NDArray | None]:
        """Train one network for each alpha on the fold's training rows; score them on the others.

        Every fold, and a plain fit with `random_state=seed`, draws the same random numbers. The states of the
        networks are returned too if a callback has stopped them.
        """
        problem = self._fold_problem(rows, split)
        rng = np.random.RandomState(seed)
        network = self._new_network(problem, len(alphas), rng, rows.dtype)
        held_out, problem = problem.validation, problem._replace(validation=None)
        assert held_out is not None
        problem = self._training_problem(problem, rng)
        score = self._scorer(problem) if stops_early(self) else None
        race = Race(problem.loss, held_out, len(alphas), expected_epochs(self, problem.train.n_rows))
        stopped = False

        def on_epoch(epoch: Epoch, network: Network) -> NDArray:
            nonlocal stopped
            stopped = task.subtask("fold epoch").begin().end()
            return (race if self._races else never_stop)(epoch, network) | stopped

        with one_blas_thread():
            network, outcome = train_path(self, alphas, problem, network, rng, score=score, on_epoch=on_epoch)
        if outcome.interrupted:
            raise KeyboardInterrupt
        if not weigh_scores:
            held_out.weight = None
        scores = self._scorer(problem._replace(validation=held_out))(network)
        scores[outcome.diverged] = np.nan
        norms = np.where(race.dropped, np.nan, weight_norms(network))
        return FoldResult(scores, outcome.n_iter, norms, race.dropped), network.state if stopped else None


def _train_fold(
    estimator: BaseMLPCV, task: Task, X: Any, y: NDArray, weight: Any, given: Any, dtype: Any, *args: Any
) -> tuple[FoldResult, NDArray | None]:
    """`_train_fold` of an estimator, and callbacks are told of it."""
    task.begin()
    # a copy, for each fold has its own unit of y, and folds may be trained in several threads
    result = copy.copy(estimator)._train_fold(task, Rows(X, y, weight, given, dtype), *args)
    task.end()
    return result


CHOICE = """
alpha_ : float
    The chosen strength.
alphas_ : ndarray of shape (n_alphas,)
    The strengths tried.
scores_ : ndarray of shape (n_folds, n_alphas)
    Scores on the held-out rows, greater is better: losses are negated, of numbers in squared units of the
    spread of y in the fold's training rows.
mean_score_, std_error_ : ndarray of shape (n_alphas,)
    Their mean over the folds, and its standard error (std with ddof=1 over √folds).
best_score_ : float
    The mean score of the chosen alpha.
alpha_min_, alpha_1se_ : float
    What the two rules of `selection` choose; with one fold the second is NaN.
fold_epochs_ : ndarray of shape (n_folds, n_alphas)
    Epochs that each network was trained for.
dropped_ : ndarray of shape (n_folds, n_alphas)
    Which networks the race has dropped.
weight_norms_ : ndarray of shape (n_folds, n_alphas)
    ‖W‖ of each network that was trained to its end, else NaN; numbers y count in units of their spread.
"""
NOTES = """
All networks of a fold differ only in alpha. They start from the same weights, see the same batches, and
are trained together as one stack of arrays. A network's score is that of a plain estimator with this
alpha on the fold's training rows.

With `racing` a fold's networks are compared on the held-out rows after a quarter, a half and three
quarters of the epochs that are expected: those whose loss is more than 20% above the lowest are
dropped, as in Hoeffding races and successive halving. What has been dropped is marked in `dropped_`,
keeps the score it had then, and has no ‖W‖. The race is run in single precision where X and y allow
it. Only the loss is raced for: with another `scoring`, with `early_stopping` or 'lbfgs' every network
is trained to its end, in the precision of X.

A callback may stop the folds at any moment. Alpha is then chosen by the folds that there are, and the
final fit starts from the last one's network.
"""
REFERENCES = """
L. Breiman, J. Friedman, R. Olshen, C. Stone (1984). Classification and Regression Trees.
Section 3.4.3: the one-standard-error rule.

O. Maron, A. Moore (1994). Hoeffding races: accelerating model selection search for
classification and function approximation. NIPS 6.

K. Jamieson, A. Talwalkar (2016). Non-stochastic best arm identification and hyperparameter
optimization. AISTATS.
"""


@documented(choice=CHOICE, attributes=ATTRIBUTES, notes=NOTES, references=REFERENCES)
@dataclass(eq=False, repr=False)
class MLPRegressorCV(NumberTargets, BaseMLPCV, RegressorParameters, ChoiceParameters):
    """A multi-layer perceptron for regression whose alpha is chosen by cross-validation.

    J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ² is minimised for every alpha and fold, alpha is
    chosen by the rows held out, and the network is trained again on all rows with it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {choice}
    y_mean_, y_scale_ : ndarray of shape (n_outputs,)
        The origin and the unit of each output: y's mean and spread, or 0 and 1.
    {attributes}

    See Also
    --------
    MLPRegressor : The same network for an alpha that is known.
    RidgeCV : The linear model, exactly.

    Notes
    -----
    {notes}

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressorCV(hidden_layer_sizes=10, alphas=[1.0, 10.0, 100.0], cv=3, random_state=0)
    >>> model.fit(scale(X), y).alpha_
    10.0
    """


@documented(choice=CHOICE, attributes=ATTRIBUTES, notes=NOTES, references=REFERENCES)
@dataclass(eq=False, repr=False)
class MLPClassifierCV(ClassTargets, BaseMLPCV, ClassifierParameters, ChoiceParameters):
    """A multi-layer perceptron for classification whose alpha is chosen by cross-validation.

    J(θ) = −Σ_i w_i log p_θ(y_i | x_i) + α/2 Σ θ² is minimised for every alpha and fold, alpha is
    chosen by the rows held out, and the network is trained again on all rows with it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {choice}
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    {attributes}

    See Also
    --------
    MLPClassifier : The same network for an alpha that is known.
    skl2.display.AlphaSelectionDisplay : The picture of the choice.

    Notes
    -----
    {notes}

    References
    ----------
    {references}

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
