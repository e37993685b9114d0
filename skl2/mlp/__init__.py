"""Multi-layer perceptrons with an L2 penalty of one meaning, trained by gradient."""

from skl2.mlp._estimators import MLPClassifier, MLPRegressor
from skl2.mlp._estimators_cv import MLPClassifierCV, MLPRegressorCV
from skl2.mlp._path import mlp_path

__all__ = ["MLPClassifier", "MLPClassifierCV", "MLPRegressor", "MLPRegressorCV", "mlp_path"]
