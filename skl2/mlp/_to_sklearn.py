"""The scikit-learn object that predicts as a fitted network does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from scipy import sparse
from sklearn import neural_network
from sklearn.base import is_classifier
from sklearn.neural_network._base import ACTIVATIONS
from sklearn.preprocessing import LabelBinarizer

from skl2._base import carry_over
from skl2._typing import NDArray

FITTED = (
    "coefs_",
    "intercepts_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "classes_",
    "n_features_in_",
    "feature_names_in_",
    "n_iter_",
    "t_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
)
"""What scikit-learn's networks predict with, and what describes their fit"""


class MLPToSklearnMixin:
    """`to_sklearn` for networks whose layers are scikit-learn's."""

    activation: str
    loss: str
    classes_: NDArray
    n_outputs_: int
    out_activation_: str
    _multilabel: bool
    _sparse_labels: bool
    _check_fitted: Callable[[], None]

    def to_sklearn(self) -> Any:
        """The fitted scikit-learn estimator with the same predictions, to rounding.

        It is for tools that know scikit-learn's own classes only. `hidden_layer_sizes` and
        `activation` carry over (`loss` too); the parameters of training are scikit-learn's
        defaults, as its alpha has another meaning. Batch normalisation is in the weights already.

        Returns
        -------
        sklearn.neural_network.MLPClassifier or sklearn.neural_network.MLPRegressor
            An object of its own: later fits of either do not touch the other.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If scikit-learn's networks cannot predict so: it names what they do not have.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skl2 import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> MLPClassifier(10, "tanh", random_state=0).fit(X, y).to_sklearn()
        MLPClassifier(activation='tanh', hidden_layer_sizes=10)
        """
        self._check_fitted()
        self._check_carries_over()
        names = ["hidden_layer_sizes", "activation"]
        if not is_classifier(self) and self.loss != "squared_error":  # a parameter since scikit-learn 1.7
            names.append("loss")
        parameters = {name: getattr(self, name) for name in names}
        kind = neural_network.MLPClassifier if is_classifier(self) else neural_network.MLPRegressor
        network = carry_over(self, kind(**parameters), FITTED)
        if is_classifier(self):
            network._label_binarizer = self._fitted_binarizer()
        return network

    def _check_carries_over(self) -> None:
        """Raise a ValueError that names what scikit-learn's networks cannot do."""
        name, here = type(self).__name__, f"scikit-learn {sklearn.__version__}"
        if self.activation not in ACTIVATIONS:
            known = sorted(set(ACTIVATIONS) - {"exp", "softmax"})
            raise ValueError(
                f"{name}(activation={self.activation!r}) has no counterpart in {here}, whose networks know "
                f"{known}: fit with one of them."
            )
        if self.out_activation_ not in ACTIVATIONS:
            raise ValueError(
                f"{name}(loss={self.loss!r}) has no counterpart in {here}: install scikit-learn 1.7 or "
                "later, or fit with loss='squared_error'."
            )
        if is_classifier(self) and len(self.classes_) == 1:
            raise ValueError(
                f"{name} was fitted to the single class {self.classes_[0]!r}, to which scikit-learn's "
                "networks give no probability: fit with two classes or more."
            )

    def _fitted_binarizer(self) -> LabelBinarizer:
        """What turns probabilities into labels there."""
        if not self._multilabel:
            return LabelBinarizer().fit(self.classes_)
        labels = np.array([[0], [1]]).repeat(self.n_outputs_, axis=1)
        return LabelBinarizer().fit(sparse.csr_matrix(labels) if self._sparse_labels else labels)
