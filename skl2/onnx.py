"""Fitted estimators as ONNX graphs, alone or within scikit-learn's pipelines, searches and ensembles.

`register` tells skl2onnx how to convert each estimator, so that its own `to_onnx` and whatever
builds on it work too; `to_onnx` does both. Both need the extra ``skl2[onnx]``.

A graph computes in the precision of the coefficients, as `predict` does, and gives a classifier's
``label`` and ``probabilities``; for ridge classifiers these are the decision values of the classes,
−s and s for two. Numbers have one column for each output.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skl2._trusted import ESTIMATORS

__all__ = ["register", "to_onnx"]

CLASSIFIER_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "nocl": [True, False],
    "output_class_labels": [False, True],
    "raw_scores": [True, False],
}
"""What skl2onnx's ensembles ask of a classifier"""
OPERATORS = {
    "relu": "Relu",
    "tanh": "Tanh",
    "logistic": "Sigmoid",
    "softmax": "Softmax",
    "exp": "Exp",
}
"""ONNX's operators of scikit-learn's activations; 'identity' needs none"""


def register() -> None:
    """Tell skl2onnx how to convert the estimators of this package.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import skl2onnx
    >>> from skl2 import Ridge
    >>> from skl2.onnx import register
    >>> register()
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> graph = skl2onnx.to_onnx(Ridge().fit(X, [0.0, 1.0, 2.0]), X)
    >>> [output.name for output in graph.graph.output]
    ['variable']
    """
    try:
        import skl2onnx
    except ImportError as error:
        raise ImportError("skl2.onnx needs skl2onnx: pip install 'skl2[onnx]'.") from error
    for estimator in ESTIMATORS:
        options = CLASSIFIER_OPTIONS if is_classifier(estimator()) else None
        skl2onnx.update_registered_converter(
            estimator, f"Skl2{estimator.__name__}", _set_output_types, _convert, options=options
        )


def to_onnx(model: Any, X: Any, **options: Any) -> Any:
    """Convert a fitted model that may hold estimators of this package.

    Parameters
    ----------
    model : estimator
        One of this package's estimators, or a pipeline, search or ensemble that skl2onnx knows.
    X : array-like of shape (n_samples, n_features) or pandas DataFrame
        Rows like those to come, of which only the types are used; integers become float64. The
        graph has one input, "X", or one for each column of a data frame.
    **options
        What else `skl2onnx.to_onnx` takes, such as ``target_opset``.

    Returns
    -------
    onnx.ModelProto
        The graph; `SerializeToString` gives what is to be stored.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    NotFittedError
        If the model is not fitted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skl2 import MLPClassifier
    >>> from skl2.onnx import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> graph = to_onnx(MLPClassifier(random_state=0).fit(X, y), X)
    >>> [output.name for output in graph.graph.output]
    ['label', 'probabilities']
    """
    register()
    import skl2onnx

    check_is_fitted(model)
    if not hasattr(X, "columns"):
        X = np.asarray(X)
        X = X.astype(np.float64) if X.dtype.kind in "biu" else X
    if is_classifier(model):
        options.setdefault("options", {id(model): {"zipmap": False}})
    return skl2onnx.to_onnx(model, X, **options)


def _set_output_types(operator: Any) -> None:
    """Tell skl2onnx the types and shapes of the outputs."""
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType, guess_tensor_type

    model = operator.raw_operator
    n_rows = operator.inputs[0].get_first_dimension()
    number = guess_tensor_type(operator.inputs[0].type).__class__
    operator.outputs[-1].set_type(number([n_rows, None]))
    if is_classifier(model):
        labels = StringTensorType if model.classes_.dtype.kind in "OUS" else Int64TensorType
        shape = [n_rows, len(model.classes_)] if _is_multilabel(model.to_sklearn()) else [n_rows]
        operator.outputs[0].set_type(labels(shape))


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Add the graph of one estimator: f of its layers, then numbers, or scores and labels."""
    model, there = operator.raw_operator, operator.raw_operator.to_sklearn()
    graph = _Graph(scope, container)
    f = graph.layers(operator.inputs, there)
    outputs = [output.full_name for output in operator.outputs]
    out_activation = getattr(there, "out_activation_", "identity")
    if not is_classifier(model):
        graph.give(graph.activation(out_activation, f), operator.outputs[0])
        return
    multilabel = _is_multilabel(there)
    binary = len(model.classes_) == 2 and not multilabel
    both = graph.node("Concat", [graph.node("Neg", [f]), f], axis=1) if binary else f
    scores = graph.activation(out_activation, both)
    if multilabel:
        threshold = graph.constant(graph.dtype.type(0.5 if out_activation == "logistic" else 0.0))
        above = graph.node("Greater", [scores, threshold])
        graph.node("Cast", [above], outputs[0], to=_tensor_type(np.dtype(np.int64)))
    else:
        nocl = container.get_options(model, {"nocl": False})["nocl"]
        labels = np.arange(len(model.classes_)) if nocl else model.classes_
        labels = labels if labels.dtype.kind in "OUS" else labels.astype(np.int64)
        best = graph.node("ArgMax", [scores], axis=1, keepdims=0)
        graph.node("Gather", [graph.constant(labels), best], outputs[0])
    raw = container.get_options(model, {"raw_scores": False})["raw_scores"]
    graph.give(f if raw and not hasattr(model, "predict_proba") else scores, operator.outputs[1])


def _is_multilabel(there: Any) -> bool:
    return there._label_binarizer.y_type_.startswith("multilabel")


class _Graph:
    """Nodes of a graph by the names of what they give."""

    dtype: np.dtype

    def __init__(self, scope: Any, container: Any) -> None:
        self.scope, self.container = scope, container

    def node(self, operator: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """Add a node, and return the name of its output."""
        name = output or self.scope.get_unique_variable_name(operator)
        node_name = self.scope.get_unique_operator_name(operator)
        self.container.add_node(operator, inputs, name, name=node_name, **attributes)
        return name

    def constant(self, values: Any) -> str:
        """Add a tensor."""
        values = np.asarray(values)
        name = self.scope.get_unique_variable_name("constant")
        content = [str(value).encode() for value in values] if values.dtype.kind in "OUS" else values.ravel()
        self.container.add_initializer(name, _tensor_type(values.dtype), values.shape, content)
        return name

    def layers(self, inputs: list[Any], model: Any) -> str:
        """f of a linear model or network, in the precision of its coefficients."""
        if hasattr(model, "coefs_"):
            weights, biases, activation = model.coefs_, model.intercepts_, model.activation
        else:
            weights, activation = [np.atleast_2d(model.coef_).T], "identity"
            biases = [np.broadcast_to(model.intercept_, weights[0].shape[1:]).astype(weights[0].dtype)]
        self.dtype = weights[0].dtype
        h = [self.node("Cast", [variable.full_name], to=_tensor_type(self.dtype)) for variable in inputs]
        f = h[0] if len(h) == 1 else self.node("Concat", h, axis=1)
        for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            f = self.activation(activation, f) if layer else f
            f = self.node("Add", [self.node("MatMul", [f, self.constant(weight)]), self.constant(bias)])
        return f

    def activation(self, name: str, f: str) -> str:
        """s(f)."""
        return f if name == "identity" else self.node(OPERATORS[name], [f])

    def give(self, result: str, output: Any) -> None:
        """Make a result an output, in the output's type."""
        from skl2onnx.common.data_types import guess_proto_type

        self.node("Cast", [result], output.full_name, to=guess_proto_type(output.type))


def _tensor_type(dtype: np.dtype) -> int:
    from onnx import TensorProto
    from onnx.helper import np_dtype_to_tensor_dtype

    return TensorProto.STRING if dtype.kind in "OUS" else np_dtype_to_tensor_dtype(dtype)
