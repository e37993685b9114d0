"""Ridge regression and classification, solved in closed form, with the choice of alpha in one fit."""

from skl2.ridge._estimators import Ridge, RidgeClassifier
from skl2.ridge._estimators_cv import RidgeClassifierCV, RidgeCV

__all__ = ["Ridge", "RidgeCV", "RidgeClassifier", "RidgeClassifierCV"]
