"""The types of this package that a stored estimator may hold, for skops."""

from __future__ import annotations

from skl2.mlp import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV
from skl2.mlp._optimizer import SGD, Adam, Average
from skl2.mlp._schedule import Adaptive, Anneal, Constant, InverseScaling, OneCycle
from skl2.mlp._stack import Session
from skl2.ridge import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV
from skl2.ridge._moments import Moments
from skl2.ridge._path import DualPath, PrimalPath
from skl2.ridge._problem import SolutionReport
from skl2.ridge._rows import Centre

ESTIMATORS = (
    MLPClassifier,
    MLPClassifierCV,
    MLPRegressor,
    MLPRegressorCV,
    Ridge,
    RidgeCV,
    RidgeClassifier,
    RidgeClassifierCV,
)
OF_A_STREAM = (Session, SGD, Adam, Average, Constant, InverseScaling, Adaptive, Anneal, OneCycle, Moments)
OF_A_SOLUTION = (SolutionReport, Centre, DualPath, PrimalPath)

TRUSTED_TYPES = [
    "numpy.dtype",
    *(f"{kind.__module__}.{kind.__qualname__}" for kind in ESTIMATORS + OF_A_STREAM + OF_A_SOLUTION),
]
"""What `skops.io.load(file, trusted=skl2.TRUSTED_TYPES)` may make: numbers and arrays, no code that runs."""
