"""MLPClassifier and MLPRegressor: multi-layer perceptrons with an L2 penalty of one meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import type_of_target, unique_labels

from skl2._arrays import takes_arrays
from skl2._base import available_if, unchanged_on_error
from skl2._parameters import documented
from skl2.mlp._parameters import (
    AlphaParameters,
    ClassAlphaParameters,
    ClassifierParameters,
    RegressorParameters,
    check_parameters,
)
from skl2.mlp._stream import GivenAlpha
from skl2.mlp._targets import ClassTargets, NumberTargets

ATTRIBUTES = """
coefs_ : list of ndarray of shape (n_in, n_out)
    The weights of each layer.
intercepts_ : list of ndarray of shape (n_out,)
    The intercepts of each layer.
loss_ : float
    J/Σw after the last epoch; of numbers in squared units of y's spread, as all losses here.
loss_curve_ : list of float
    J/Σw: the mean over each epoch's batches, plus the penalty at its end.
train_loss_curve_ : list of float
    The same without the penalty, to be compared with `validation_loss_curve_`.
validation_loss_curve_ : list of float or None
    The mean loss on the validation rows after each epoch, without penalty or class weights. After a warm
    start it may hold the last epochs alone.
validation_scores_ : list of float or None
    With `early_stopping`, the score after each epoch.
best_loss_ : float or None
    The smallest of `loss_curve_`; None with `early_stopping`.
best_validation_score_ : float or None
    The largest of `validation_scores_`.
best_epoch_ : int
    The epoch whose weights were kept: its place in `loss_curve_`, from 1; 0 means the initial weights.
n_iter_ : int
    The number of epochs.
t_ : int
    Rows seen in training.
sparsity_ : float
    The share of weights that are exactly 0.
n_layers_ : int
    The number of layers, input and output included.
n_outputs_ : int
    The number of outputs.
out_activation_ : str
    What maps raw predictions to means, 'identity' or 'exp', or to probabilities, 'softmax' or 'logistic'.
n_features_in_ : int
    The number of features.
feature_names_in_ : ndarray of shape (n_features,)
    Their names, if X has any.
"""
REFERENCES = """
C. Bishop (2006). Pattern Recognition and Machine Learning. Chapter 5.

D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. ICLR.

I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. ICLR.

N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple
way to prevent neural networks from overfitting. JMLR 15.

S. Ioffe, C. Szegedy (2015). Batch normalization. ICML.

T. van Laarhoven (2017). L2 regularization versus batch and weight normalization.
"""


@documented(attributes=ATTRIBUTES, references=REFERENCES)
@dataclass(eq=False, repr=False)
class MLPRegressor(NumberTargets, GivenAlpha, RegressorParameters, AlphaParameters):
    """A multi-layer perceptron for regression, with an L2 penalty.

    J(θ) = Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ² is minimised, with f_θ a network of fully connected
    layers. The penalty takes in all weights, not the intercepts. Optimisers work on J/Σw.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    y_mean_, y_scale_ : ndarray of shape (n_outputs,)
        The origin and the unit of each output: y's mean and spread, or 0 and 1.
    {attributes}

    See Also
    --------
    MLPClassifier : The same for classes.
    MLPRegressorCV : The same with alpha chosen by cross-validation.
    Ridge : The exact solution where there is no hidden layer.

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressor(hidden_layer_sizes=20, random_state=0).fit(scale(X), y)
    >>> model.score(scale(X), y) > 0.5
    True
    """

    @available_if(GivenAlpha._has_partial_fit)
    @unchanged_on_error
    @takes_arrays
    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Go through these rows once, on from where the previous call ended.

        Steps are for J/W with W the weight of all rows so far, so that alpha counts once for them all.
        Where the learning rate would anneal it stays, and after a step on rows of weight w
        θ̄ ← θ̄ + 4w/(W + 3w) (θ − θ̄): the average θ̄ of the iterates θ is what predicts.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            The rows' weights.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not as described.
        """
        check_parameters(self)
        first = not hasattr(self, "coefs_")
        X, y, weight = self._validate(X, y, sample_weight, reset=first)
        self._partial_fit(X, y, weight, first)
        return self


@documented(attributes=ATTRIBUTES, references=REFERENCES)
@dataclass(eq=False, repr=False)
class MLPClassifier(ClassTargets, GivenAlpha, ClassifierParameters, ClassAlphaParameters):
    """A multi-layer perceptron for classification, with an L2 penalty.

    J(θ) = −Σ_i w_i log p_θ(y_i | x_i) + α/2 Σ θ² is minimised, with p_θ a network of fully connected
    layers and softmax (several classes) or logistic (two classes, or several labels for a row)
    output. The penalty takes in all weights, not the intercepts. Optimisers work on J/Σw.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    {attributes}

    See Also
    --------
    MLPRegressor : The same for numbers.
    MLPClassifierCV : The same with alpha chosen by cross-validation.

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from skl2 import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(hidden_layer_sizes=20, random_state=0).fit(scale(X), y)
    >>> model.score(scale(X), y) > 0.9
    True
    >>> model.predict_proba(scale(X)[:2]).shape
    (2, 3)
    """

    @available_if(GivenAlpha._has_partial_fit)
    @unchanged_on_error
    @takes_arrays
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Go through these rows once, on from where the previous call ended.

        Steps are for J/W with W the weight of all rows so far, so that alpha counts once for them all.
        Where the learning rate would anneal it stays, and after a step on rows of weight w
        θ̄ ← θ̄ + 4w/(W + 3w) (θ − θ̄): the average θ̄ of the iterates θ is what predicts.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            The rows' weights.
        classes : array-like of shape (n_classes,), default=None
            All the labels that will ever come; the first call needs them.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not as described.
        """
        check_parameters(self)
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all rows at once, which partial_fit does not see: pass "
                "a dict, such as compute_class_weight gives for a large enough sample."
            )
        first = not hasattr(self, "classes_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if not first and classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on the last call to partial_fit, "
                f"was: {self.classes_!r}"
            )
        X, y, weight = self._validate(X, y, sample_weight, reset=first)
        if first:
            self._learn_classes(y if type_of_target(y).startswith("multilabel") else classes)
        self._partial_fit(X, y, weight, first)
        return self
