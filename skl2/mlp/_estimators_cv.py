"""MLPClassifierCV and MLPRegressorCV: alpha chosen by cross-validation within one fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from skl2._arrays import takes_arrays
from skl2._base import unchanged_on_error
from skl2._choice import Extension, Scores, Stopped, check_alphas, choose
from skl2._cv import ChosenAlpha
from skl2._parameters import documented
from skl2._threads import one_blas_thread
from skl2._typing import NDArray
from skl2._validation import check_splits
from skl2.mlp._callbacks import Task, task_of_fit, with_callbacks
from skl2.mlp._estimators import ATTRIBUTES
from skl2.mlp._fitting import BaseMLP
from skl2.mlp._loss import Loss
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Features, drop_weightless, mean_loss
from skl2.mlp._parameters import (
    ChoiceParameters,
    ClassifierParameters,
    NetworkParameters,
    RegressorParameters,
    check_parameters,
    score_function,
)
from skl2.mlp._stack import expected_epochs, fit_stack, goes_by_epochs
from skl2.mlp._targets import ClassTargets, NumberTargets
from skl2.mlp._training import Epoch

FOLDS = 5
"""The folds that None stands for: shuffled, since a table may lie sorted"""
N_ALPHAS, ENDS = 13, (1e-3, 1e3)
"""How many alphas are tried by default, and from where to where"""
EXTENSION = Extension(times=2, least=0, negligible=1e-3, falling=True)
"""Each alpha costs a training for every fold, and its score has the noise of the training"""
RUNGS = (1 / 4, 1 / 2, 3 / 4, 1, 2, 4)
"""When a race compares its networks, as shares of the epochs that are expected."""
MARGIN = 0.2
"""How much above the lowest a loss may be, relatively, for a network to stay in the race."""
SINGLE_LIMIT = 1e15
"""Numbers below can be squared and summed in float32."""

Split = tuple[NDArray, NDArray]
"""The rows for training, and those held out"""


class FoldResult(NamedTuple):
    """What one fold says about every alpha; arrays of shape (S,)."""

    scores: NDArray
    epochs: NDArray
    weight_norms: NDArray
    """NaN where the network was dropped"""
    dropped: NDArray


class Race:
    """Stop the networks of a stack that cannot win any more, by their losses on held-out rows.

    At a few epochs, shares of the `n_epochs` that are expected, those are dropped whose loss is more than
    `MARGIN` above the lowest. Without such a number every network goes on.

    References
    ----------
    Maron, Moore (1994). Hoeffding races: accelerating model selection search. NIPS 6.
    Jamieson, Talwalkar (2016). Non-stochastic best arm identification and hyperparameter
    optimization. AISTATS.
    """

    def __init__(self, loss: Loss, held_out: Data, n_stack: int, n_epochs: int | None) -> None:
        self.loss, self.held_out = loss, held_out
        self.rungs = {math.ceil(share * n_epochs) for share in RUNGS if n_epochs}
        self.latest = np.full(n_stack, np.inf)
        self.dropped = np.zeros(n_stack, bool)

    def __call__(self, epoch: Epoch, network: Network) -> NDArray:
        """Which of the networks still in training are to stop."""
        if epoch.number not in self.rungs:
            return np.zeros(len(epoch.active), bool)
        losses = np.nan_to_num(mean_loss(network, self.loss, self.held_out), nan=np.inf)
        self.latest[epoch.active] = losses
        stop = losses > (1 + MARGIN) * self.latest.min()
        self.dropped[epoch.active[stop]] = True
        return stop


def weight_norms(network: Network) -> NDArray:
    """‖W‖ over all layers of each network, of shape (S,), batch normalisation folded in."""
    squares = [np.einsum("sio,sio->s", weight, weight) for weight in network.plain()[0]]
    return np.sqrt(np.sum(squares, axis=0, dtype=float))


def fits_single_precision(data: Data) -> bool:
    """Whether squares of the numbers are far from the ends of float32's range."""
    X, y, weight = data.X.all, data.y, data.weight
    numbers = [X.data if sparse.issparse(X) else X, *([y] if y.dtype.kind == "f" else [])]
    moderate = all(np.abs([part.min(), part.max()]).max() < SINGLE_LIMIT for part in numbers if part.size)
    weight = None if weight is None else weight[weight > 0]
    return moderate and (weight is None or 1 / SINGLE_LIMIT < weight.min() <= weight.max() < SINGLE_LIMIT)


def alphas_of(alphas: Any, n_alphas: Any, *, allow_zero: bool = False) -> NDArray | int:
    """The alphas given, or how many."""
    found = check_alphas(alphas, n_alphas, "auto", allow_zero=allow_zero)
    return N_ALPHAS if isinstance(found, str) else found


def line_of_fold(number: int, alphas: NDArray, result: FoldResult) -> str:
    """What `verbose` says of a fold."""
    left = f"{np.sum(~result.dropped)} of {len(alphas)} networks left"
    line = f"Fold {number}, {result.epochs.max()} epochs, {left}"
    if np.isfinite(result.scores).any():
        best = int(np.nanargmax(result.scores))
        line += f", best score = {result.scores[best]:.6f} at alpha = {alphas[best]:.3g}"
    return line


class BaseMLPCV(ChosenAlpha, BaseMLP):
    """A fit whose alpha is chosen by cross-validation first."""

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
        data, validation, labels = self._encoded(X, y, sample_weight, X_val, y_val, sample_weight_val)
        self._check_varies(data, labels)
        seed = self._seed()
        cv, classifier = self._splitter(labels, seed), is_classifier(self)
        split_params, score_params = self._routed(data.weight, sample_weight, params)
        splits = check_splits(cv, data.X.given, labels, data.weight, classifier=classifier, **split_params)
        self._check_folds(data, splits)
        weigh_scores = score_function(self) is None or "sample_weight" in score_params
        n_grids = 1 + EXTENSION.times * isinstance(self.alphas, str)
        task = task_of_fit(self, n_grids + self.refit, X, labels, sample_weight).begin()
        start = self._choose(data, splits, weigh_scores, seed, task)
        if self.refit:
            alpha, final = np.full((1, 1), self.alpha_), task.subtask("refit", self.max_iter)
            self._fit(alpha, data, validation, final, start)
            self._warn_of_strength(float(self.alphas_.min()))
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
        """Drop what an earlier fit has left and this one does not set anew."""
        for name in [*vars(self)]:
            if name.endswith("_") or name in ("_norms", "_split_state", "_weight_seen"):
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
        return self.racing and by_loss and not self.early_stopping and goes_by_epochs(self)

    def _check_varies(self, data: Data, labels: Any) -> None:
        """Refuse rows that say nothing of alpha; `labels` are the targets as they were given."""
        if data.n_rows < 2:
            raise ValueError(f"Cross-validation needs 2 rows or more, got n_samples={data.n_rows}.")
        counted = np.arange(data.n_rows) if data.weight is None else np.flatnonzero(data.weight)
        if (data.y[counted] == data.y[counted[0]]).all():
            row = labels[counted[:1]]
            value = (row.toarray() if sparse.issparse(row) else row).tolist()[0]
            raise ValueError(
                f"y is constant, with {value!r} in every row that has weight, and no alpha fits better than "
                "another: give targets that vary (a classifier needs at least 2 classes)."
            )

    def _splitter(self, labels: Any, seed: int) -> Any:
        """What splits the rows into folds."""
        if self.cv is not None:
            return self.cv
        kind = type(check_cv(FOLDS, labels, classifier=is_classifier(self)))
        return kind(FOLDS, shuffle=True, random_state=seed)

    def _choose(
        self, data: Data, splits: list[Split], weigh_scores: bool, seed: int, task: Task
    ) -> NDArray | None:
        """Set the chosen alpha and what led to it, on a grid that is extended where it ends too soon.

        Return the state of the chosen network of the last fold, if a callback has stopped that one.
        """
        # half the time; the final fit keeps the precision of X
        if self._races and fits_single_precision(data):
            data = Data(Features(data.X.all, dtype=np.float32, given=data.X.given), data.y, data.weight)
        stopped: list[NDArray | None] = []

        def evaluate(grid: NDArray) -> Scores:
            if stopped and stopped[0] is not None:
                raise Stopped
            result, states = self._train_folds(grid, data, splits, weigh_scores, seed, task)
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

    def _worker(self, seed: int) -> Self:
        """An estimator for one fold, which has its own unit of y."""
        # cv may be a generator of splits, which cannot be copied, and folds do not ask for it
        worker = type(self)(**self.get_params(deep=False) | {"cv": None, "random_state": seed})
        for name in ("classes_", "_multilabel", "_sparse_labels", "n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                setattr(worker, name, getattr(self, name))
        return worker

    def _train_folds(
        self, alphas: NDArray, data: Data, splits: list[Split], weigh_scores: bool, seed: int, task: Task
    ) -> tuple[FoldResult, NDArray | None]:
        """What the folds say, each array of shape (folds, alphas).

        If a callback stops a fold there are none after it; the states of its networks come as well.
        """
        task = task.subtask("cross-validation", len(splits), sequential=False).begin()
        # made beforehand, because a task must not change while it is sent to another process
        folds = [
            task.subtask("fold", None, number=number)._replace(estimator=self._worker(seed), details={})
            for number in range(len(splits))
        ]
        # X by itself, not within `Data`: a backend on many machines then sends it to each only once
        given = None if score_function(self) is None else data.X.given
        rows = data.X.all, given, data.X.dtype, data.y, data.weight
        results: list[FoldResult] = []
        states = None

        def calls() -> Iterator[Any]:
            for fold, split in zip(folds, splits, strict=True):
                if states is not None:
                    return
                train = fold.estimator._train_fold
                yield delayed(train)(fold, alphas, *rows, split, weigh_scores)

        # what runs already when a fold is stopped is waited for: to break it off would end the processes
        for result, found in Parallel(self.n_jobs, return_as="generator", pre_dispatch="n_jobs")(calls()):
            if states is None:
                results.append(result)
                states = found
                if self.verbose:
                    print(line_of_fold(len(results), alphas, result))
        task.end()
        return FoldResult(*(np.array(part) for part in zip(*results, strict=True))), states

    def _train_fold(
        self,
        task: Task,
        alphas: NDArray,
        X: Any,
        given: Any,
        dtype: DTypeLike,
        y: NDArray,
        weight: NDArray | None,
        split: Split,
        weigh_scores: bool,
    ) -> tuple[FoldResult, NDArray | None]:
        """Train one network for each alpha on the fold's training rows; score them on the others.

        Every fold, and a plain fit with its `random_state`, draws the same random numbers. The states of the
        networks are returned too if a callback has stopped them.
        """
        task.begin()
        train, test = split
        self._learn_unit(y[train], None if weight is None else weight[train])
        data = self._in_units(Data(Features(X, dtype=dtype, given=given), y, weight))
        held_out, problem = drop_weightless(data.part(test)), self._problem(data.part(train))
        rng = check_random_state(self.random_state)
        network = self._new_network(problem, len(alphas), rng, dtype)
        problem = self._training_problem(problem, rng)
        score = self._scorer(problem) if self._stops_early else None
        n_epochs = expected_epochs(self, problem.train.n_rows) if self._races else None
        race = Race(problem.loss, held_out, len(alphas), n_epochs)
        stopped = False

        def on_epoch(epoch: Epoch, network: Network) -> NDArray:
            nonlocal stopped
            stopped = task.subtask("fold epoch").begin().end()
            return race(epoch, network) | stopped

        with one_blas_thread():
            outcome = fit_stack(self, alphas[:, None], problem, network, rng, score=score, on_epoch=on_epoch)
        if outcome.interrupted:
            raise KeyboardInterrupt
        if not weigh_scores:
            held_out.weight = None
        scores = self._scorer(problem._replace(validation=held_out))(network)
        scores[outcome.diverged] = np.nan
        norms = np.where(race.dropped, np.nan, weight_norms(network))
        task.end()
        return FoldResult(scores, outcome.n_iter, norms, race.dropped), network.state if stopped else None


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
class MLPRegressorCV(NumberTargets, BaseMLPCV, NetworkParameters, RegressorParameters, ChoiceParameters):
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
class MLPClassifierCV(ClassTargets, BaseMLPCV, ClassifierParameters, NetworkParameters, ChoiceParameters):
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
