"""Estimators with L2 regularisation: one alpha with one meaning, at every data size."""

from skl2._trusted import TRUSTED_TYPES
from skl2._version import __version__ as __version__
from skl2.mlp import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, mlp_path
from skl2.ridge import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV

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
