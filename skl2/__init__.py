"""Estimators with L2 regularisation: one alpha with one meaning, at every data size."""

import importlib
from typing import TYPE_CHECKING, Any

from skl2._trusted import TRUSTED_TYPES
from skl2._version import __version__ as __version__
from skl2.mlp import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, mlp_path
from skl2.ridge import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV

if TYPE_CHECKING:
    from skl2 import display as display

__all__ = [
    "TRUSTED_TYPES",
    "MLPClassifier",
    "MLPClassifierCV",
    "MLPRegressor",
    "MLPRegressorCV",
    "Ridge",
    "RidgeCV",
    "RidgeClassifier",
    "RidgeClassifierCV",
    "mlp_path",
]


def __getattr__(name: str) -> Any:
    """`skl2.display`, which is imported when it is asked for, since it needs matplotlib."""
    if name == "display":
        return importlib.import_module("skl2.display")
    raise AttributeError(f"module 'skl2' has no attribute {name!r}")
