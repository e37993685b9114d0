"""A user's script as type checkers see it: a fit returns the estimator's own type, parameters have theirs."""

from typing import assert_type

import numpy as np

import skl2
from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, Ridge, RidgeClassifier, RidgeCV

X = np.random.default_rng(0).normal(size=(30, 4))
y, labels = X[:, 0], X[:, 1] > 0

ridge: Ridge = Ridge(alpha=2.0).fit(X, y)
classifier: RidgeClassifier = RidgeClassifier().fit(X, labels)
chosen: RidgeCV = RidgeCV(alphas="auto").fit(X, y)
network: MLPRegressor = MLPRegressor("poisson", (10,), alpha=0.1, max_iter=5).fit(X, y**2)
stream: MLPClassifier = MLPClassifier(10).partial_fit(X, labels, classes=[False, True])
several: list[MLPRegressorCV | MLPClassifierCV] = [MLPRegressorCV(cv=3), MLPClassifierCV(selection="1se")]
name: str = network.solver
display = skl2.display.AlphaSelectionDisplay.from_estimator
assert_type(Ridge().fit(X, y), Ridge)
assert_type(MLPClassifierCV().fit(X, labels), MLPClassifierCV)
assert_type(MLPRegressor().partial_fit(X, y), MLPRegressor)
