"""
Five ways to choose alpha
=========================

Folds, leave-one-out, generalised cross-validation, the evidence of the Bayesian model and the
one-standard-error rule, on the same data: what each looks at, where its best alpha lies, what that is
worth on rows kept apart, and what it costs.
"""

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from skl2 import RidgeCV
from skl2.display import AlphaSelectionDisplay

X, y = load_diabetes(return_X_y=True)
alphas = np.logspace(-2, 5, 36)
ways = {
    "five folds": RidgeCV(alphas, cv=5, scoring="neg_mean_squared_error"),
    "leave one out": RidgeCV(alphas),
    "GCV": RidgeCV(alphas, criterion="gcv"),
    "evidence": RidgeCV(alphas, criterion="evidence"),
    "leave one out, 1-SE": RidgeCV(alphas, selection="1se"),
}


def fit(way, seed):
    """The fitted model, its R² on the other half of the data, and the processor's seconds of the choice."""
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=seed)
    products = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler())
    X_train = products.fit_transform(X_train)
    start = time.process_time()
    model = clone(way).fit(X_train, y_train)
    return model, model.score(products.transform(X_test), y_test), time.process_time() - start


# %%
# Ten random halves
# -----------------
# On average they choose much alike; one half of the data does not tell more. All but the folds decompose
# the data once, which is most of their time. Beyond that GCV and evidence need the eigenvalues alone,
# and leave-one-out one product for each alpha.
print(f"{'':20}    alpha (10 % to 90 %)    test R²   milliseconds")
for name, way in ways.items():
    runs = [fit(way, seed) for seed in range(10)]
    low, middle, high = np.quantile([model.alpha_ for model, _, _ in runs], [0.1, 0.5, 0.9])
    r2, seconds = np.mean([score for _, score, _ in runs]), np.median([time for _, _, time in runs])
    print(f"{name:20} {middle:8.3g} ({low:.3g} to {high:.3g})".ljust(48), f"{r2:.3f}  {1e3 * seconds:10.1f}")

# %%
# The pictures
# ------------
# Four scores of one half. The evidence has no standard error: it is one number for all rows.
parts = plt.figure(figsize=(10, 9), layout="constrained").subfigures(2, 2)
for part, (name, way) in zip(parts.flat, ways.items(), strict=False):
    model, score, _ = fit(way, 0)
    AlphaSelectionDisplay.from_estimator(model, ax=part.subplots())
    part.suptitle(f"{name}: test R² {score:.2f}")
plt.show()
