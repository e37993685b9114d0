"""The parameters of the networks: each one's default, limits and documentation, once for all estimators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring, get_scorer

from skl2._parameters import (
    anything,
    check_number,
    check_sequence,
    choice,
    flag,
    number,
    one_scorer,
    or_value,
    parameter,
    seed,
)
from skl2._parameters import check_parameters as check_each
from skl2._typing import NDArray
from skl2.mlp._activation import ACTIVATIONS
from skl2.mlp._loss import REGRESSION_LOSSES
from skl2.mlp._penalty import DecoupledL2
from skl2.mlp._stack import SCHEDULES, SOLVERS, hidden_sizes
from skl2.selection import SELECTIONS


def _layer_sizes(name: str, value: Any) -> None:
    for size in check_sequence(name, value):
        check_number(name, size, integer=True)
        if size < 1:
            raise ValueError(f"{name} must be > 0, got {value!r}.")


def _patience(name: str, value: Any) -> None:
    if not (isinstance(value, Real) and value == np.inf):
        check_number(name, value, low=1, integer=True)


def _level(name: str, value: Any) -> None:
    if not isinstance(value, bool | np.bool_):
        check_number(name, value, low=0, integer=True)


def _rates(name: str, value: Any) -> None:
    for rate in check_sequence(name, value):
        check_number(name, rate, low=0, high=1, closed="left")


share = number(low=0, high=1)
decay = number(low=0, high=1, closed="left")


@dataclass(eq=False, repr=False)
class NetworkParameters:
    """What every network has."""

    hidden_layer_sizes: Any = parameter(
        (100,), "int or sequence of int", "Units of each hidden layer; () is the linear model.", _layer_sizes
    )
    activation: str = parameter(
        "relu",
        "{'identity', 'logistic', 'tanh', 'relu'}",
        "The hidden layers' activation.",
        choice(ACTIVATIONS),
    )
    _: KW_ONLY
    solver: str = parameter(
        "adam",
        "{'adam', 'adamw', 'sgd', 'lbfgs'}",
        """
        'adam': Adam (Kingma & Ba 2015); 'adamw': Adam with the penalty as a decoupled decay of the
        weights, which is not the gradient of any J (Loshchilov & Hutter 2019); 'sgd': gradient
        descent with momentum, plain with ``batch_size=n_samples`` and ``momentum=0``; 'lbfgs': a
        quasi-Newton method on all rows at once, the most exact where n_samples is small. A path over
        alpha goes, with 'lbfgs', from the strongest penalty to the weakest, each network started
        from where the stronger penalty's ended. Without hidden layer J is convex, and 'lbfgs' takes the
        place of 'adam' as long as the parameters of its steps are all 'auto'.
        """,
        choice(SOLVERS),
    )
    batch_size: Any = parameter(
        "auto",
        "int or 'auto'",
        """
        Rows of a mini-batch; the meaning of alpha does not depend on it. 'auto': all rows up to 64 of
        them, else a fiftieth of the rows, at least 32 and at most 200. With one cycle a twentieth, at
        least 64.
        """,
        or_value("auto", number(low=1, integer=True)),
    )
    learning_rate: str = parameter(
        "auto",
        "{'auto', 'constant', 'invscaling', 'adaptive', 'anneal', 'one_cycle'}",
        """
        'constant'; 'invscaling': divided by t^power_t after t rows; 'adaptive': divided by 5 at
        every plateau, both for sgd only as in scikit-learn, where adam and adamw stay constant;
        'anneal': constant for 10 epochs or 100 steps, whichever takes longer, then as long a linear
        decay to half the rate; with `tol`, `n_iter_no_change` or early stopping constant until their
        plateau, then a decay to 0 over half as many epochs again (at least 10); 'one_cycle': up and down
        again over exactly `max_iter` epochs. With these two the iterates are averaged,
        θ̄ ← θ̄ + 4w/(W + 3w) (θ − θ̄) after a step on rows of weight w, all until then having the weight
        W, and in `partial_fit`, which has no end, the rate stays. 'auto' is 'anneal' for adam and adamw,
        'constant' for sgd.
        """,
        choice(SCHEDULES),
    )
    learning_rate_init: Any = parameter(
        "auto",
        "float or 'auto'",
        """
        The learning rate. 'auto' is 0.01 for adam and adamw where it decays ('anneal', 'one_cycle'),
        else 0.001. In `partial_fit` it is then lower for batches of b < 32 rows, 0.01·√(b/32), and,
        with W₀ of the weight W seen so far in a `fit` before, 1 − W₀/W times as high.
        """,
        or_value("auto", number(low=0, closed="neither")),
    )
    power_t: float = parameter(0.5, "float", "The exponent of 'invscaling'.", number(low=0))
    max_iter: int = parameter(
        200,
        "int",
        """
        The largest number of epochs (of iterations for lbfgs), in every fit; with 'one_cycle' exactly
        as many.
        """,
        number(low=1, integer=True),
    )
    shuffle: bool = parameter(True, "bool", "Whether to shuffle the rows before each epoch.", flag)
    random_state: Any = parameter(
        None,
        "int, RandomState instance or None",
        """
        Where initial weights, validation rows and the rows' order come from. All folds and alphas share
        the same initial weights.
        """,
        seed,
    )
    tol: Any = parameter(
        "auto",
        "float or 'auto'",
        """
        An epoch improves if the loss (or validation score) gains more than this; for lbfgs, the largest
        gradient of J/Σw at the solution, or 1.5e-8 if that is more (3.5e-4 in single precision), since a
        loss with rounded digits tells no more. 'auto' is 1e-4; where the learning rate anneals there
        is then no plateau to look for.
        """,
        or_value("auto", number(low=0)),
    )
    verbose: bool | int = parameter(
        False,
        "bool or int",
        "Whether to print a line for each fold, and each epoch of a fit to all rows.",
        _level,
    )
    warm_start: bool = parameter(False, "bool", "Whether `fit` starts from the previous fit's weights.", flag)
    momentum: float = parameter(0.9, "float in [0, 1]", "Momentum of sgd.", share)
    nesterovs_momentum: bool = parameter(True, "bool", "Whether it is Nesterov's.", flag)
    early_stopping: bool = parameter(
        False,
        "bool",
        """
        Whether each fit watches a score on validation rows instead of the training loss, and keeps the
        weights that did best on them. lbfgs does not.
        """,
        flag,
    )
    validation_fraction: float = parameter(
        0.1,
        "float in [0, 1)",
        """
        The share of rows set aside for it, at least 2 (of two classes one each), unless `fit` is given
        some.
        """,
        decay,
    )
    beta_1: float = parameter(0.9, "float in [0, 1)", "Decay of Adam's first moment.", decay)
    beta_2: float = parameter(0.999, "float in [0, 1)", "Decay of Adam's second moment.", decay)
    epsilon: float = parameter(1e-8, "float", "Adam's stabiliser.", number(low=0, closed="neither"))
    n_iter_no_change: Any = parameter(
        "auto",
        "int, inf or 'auto'",
        "Epochs without improvement before the plateau. 'auto' is 10.",
        or_value("auto", _patience),
    )
    max_fun: int = parameter(
        15000, "int", "The largest number of evaluations of J for lbfgs.", number(low=1, integer=True)
    )
    scoring: Any = parameter(
        None,
        "str, callable or None",
        """
        A scorer, greater is better, or 'loss', the mean loss on rows held out, negated. Early stopping
        watches it, and cross-validation chooses alpha by it. None means the loss: unlike accuracy it tells
        epochs apart that classify the same few rows right.
        """,
        one_scorer,
    )
    l1_ratio: float = parameter(
        0.0,
        "float in [0, 1]",
        """
        ρ of the elastic net ``α Σ [(1 − ρ)/2 · θ² + ρ |θ|]``; weights become exactly 0 through its
        proximal operator. Not with adamw.
        """,
        share,
    )
    dropout: Any = parameter(
        0.0,
        "float in [0, 1) or sequence of float",
        """
        The rate at which hidden units are left out of a step, or one for each hidden layer; the
        others are scaled by 1/(1 − rate), so that prediction needs no change. Not with lbfgs.
        """,
        _rates,
    )
    batch_norm: bool = parameter(
        False,
        "bool",
        """
        Whether each hidden layer is normalised over the batch, of 2 rows at least, before its activation.
        It is folded into `coefs_` and `intercepts_` in the end. L2 on the weights before it changes the
        effective learning rate only, as their scale cancels (van Laarhoven 2017).
        """,
        flag,
    )
    penalize_intercept: bool = parameter(
        False, "bool", "Whether intercepts are penalised too (and the scales of batch normalisation).", flag
    )


@dataclass(eq=False, repr=False)
class RegressorParameters:
    """What only regressors have, before the others."""

    loss: str = parameter(
        "squared_error",
        "{'squared_error', 'poisson'}",
        """
        ℓ: ½‖y − f‖², summed over the outputs; or half the Poisson deviance with mean exp(f), for
        y >= 0.
        """,
        choice(REGRESSION_LOSSES),
    )
    _: KW_ONLY
    normalize_y: bool = parameter(
        True,
        "bool",
        """
        Whether y's unit and origin do not matter. The squared error of output k is then measured in
        units of y's spread, ℓ = ½ Σ_k ((y_k − f_k)/s_k)² with f = mean + s · network: mean and s_k
        are the weighted mean and standard deviation, 1 where y is constant, of the rows of the first
        fit, which warm starts keep, or of all rows of `partial_fit` so far. With the Poisson loss the
        intercepts start at the logarithm of the mean. `coefs_` and `intercepts_` are in y's own unit in
        any case.
        """,
        flag,
    )


@dataclass(eq=False, repr=False)
class ClassifierParameters:
    """What only classifiers have."""

    _: KW_ONLY
    class_weight: Mapping[Any, float] | str | None = parameter(
        None,
        "dict, 'balanced' or None",
        """
        Weights of the classes, multiplied into `sample_weight`; 'balanced' makes all classes count
        the same. They act in training, not on validation rows.
        """,
        anything,
    )


def _alpha(default: float) -> Any:
    return parameter(
        default,
        "float or array-like of shape (n_layers - 1,)",
        """
        λ, the strength of the penalty, or one for each layer's weights. It means the same for
        every solver, batch size and number of rows.
        """,
        anything,
    )


@dataclass(eq=False, repr=False)
class AlphaParameters:
    """How alpha is got where it is given: by default the formula's own scale, as for ridge."""

    _: KW_ONLY
    alpha: Any = _alpha(1.0)


@dataclass(eq=False, repr=False)
class ClassAlphaParameters(AlphaParameters):
    """The same for classifiers: the log-loss asks for more, since it punishes what is too sure."""

    _: KW_ONLY
    alpha: Any = _alpha(3.0)


@dataclass(eq=False, repr=False)
class ChoiceParameters:
    """How alpha is got where it is chosen."""

    _: KW_ONLY
    alphas: Any = parameter(
        "auto",
        "'auto', float or array-like of shape (n_alphas,)",
        """
        The strengths to try; a number is the only one. 'auto' is 13 values, evenly spaced in log(alpha)
        from 1e-3 to 1e3; where the choice lies at the end of this grid, it is extended by itself.
        """,
        anything,
    )
    n_alphas: int | None = parameter(
        None, "int or None", "How many values 'auto' begins with; None means 13.", anything
    )
    cv: Any = parameter(
        None,
        "int, splitter or iterable of (train, test)",
        """
        The folds, stratified by class if y has classes: None means 5 of shuffled rows, an int so many
        of rows as they come.
        """,
        anything,
    )
    selection: str = parameter(
        "min",
        "{'min', '1se'}",
        """
        The alpha of the best mean score, or the largest whose mean score is at least the best one
        minus its standard error.
        """,
        choice(SELECTIONS),
    )
    n_jobs: int | None = parameter(
        None,
        "int or None",
        "How many folds are trained at the same time, by joblib. The result does not depend on it.",
        anything,
    )
    refit: bool = parameter(
        True,
        "bool",
        """
        Whether to train on all rows with the chosen alpha; without it there is nothing to predict
        with.
        """,
        flag,
    )
    racing: bool = parameter(
        True,
        "bool",
        """
        Whether networks that cannot win any more are dropped from a fold's stack before they have
        converged; see Notes.
        """,
        flag,
    )


def score_function(params: Any) -> Any:
    """The scorer that `scoring` names; None where it is the loss."""
    by_loss = params.scoring is None or (isinstance(params.scoring, str) and params.scoring == "loss")
    return None if by_loss else get_scorer(params.scoring)


def check_parameters(params: Any) -> None:
    """Raise a TypeError or ValueError that names the first bad parameter, or two that do not agree."""
    check_each(params)
    if score_function(params) is not None:
        check_scoring(params, score_function(params))
    n_hidden, dropout = len(hidden_sizes(params)), params.dropout
    if np.iterable(dropout) and len(list(dropout)) != n_hidden:
        raise ValueError(f"dropout must have one rate for each of {n_hidden} hidden layers, got {dropout!r}.")
    solver = SOLVERS[params.solver]
    if np.any(dropout) and not solver.has_epochs:
        raise ValueError(
            f"dropout={dropout!r} needs a stochastic solver: use solver='adam', 'adamw' or 'sgd', "
            f"got solver={params.solver!r}."
        )
    if params.l1_ratio and solver.penalty is DecoupledL2:
        raise ValueError(
            f"l1_ratio={params.l1_ratio!r} needs an objective, which solver={params.solver!r} does not have: "
            "use solver='adam', 'sgd' or 'lbfgs'."
        )


def checked_alpha(params: Any) -> NDArray:
    """`alpha` as an array of shape (1, 1), or (1, n_layers) if there is one for each layer."""
    values, n_layers = check_sequence("alpha", params.alpha), len(hidden_sizes(params)) + 1
    for value in values:
        check_number("alpha", value, low=0)
    if np.iterable(params.alpha) and len(values) != n_layers:
        raise ValueError(
            f"alpha must be one number, or one for each of {n_layers} layers, got {params.alpha!r}."
        )
    return np.array([values], dtype=np.float64)
