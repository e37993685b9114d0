"""
What choosing alpha pays
========================

The diabetes data are noisy and few: 442 patients, ten measurements, the progression of the disease
a year later. Without a penalty a model learns the noise; at the default it still learns some
of it. Here alpha is chosen for a network that tells three grades of progression apart,
and for ridge regression on the measurements, their squares and products. Each choice is made in one
fit, beside the same choice by ``GridSearchCV``, and judged on patients kept apart.

The objective is J(θ) = L(θ) + (α/2)·Σθ², with L the sum of the losses over the rows.
"""

# %%
# Two tasks
# ---------
# The scaler belongs into the pipeline: a penalty compares weights, and weights depend on units.
import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from skl2 import MLPClassifier, MLPClassifierCV, Ridge, RidgeCV
from skl2.display import AlphaSelectionDisplay

X, progression = load_diabetes(return_X_y=True)
grade = np.digitize(progression, np.quantile(progression, [1 / 3, 2 / 3]))
ALPHAS = {"network": np.logspace(-3, 2, 11), "ridge": np.logspace(-3, 5, 25)}


def network(model):
    return make_pipeline(StandardScaler(), model)


def ridge(model):
    return make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler(), model)


def network_loss(model, X, y):
    return log_loss(y, model.predict_proba(X))


def ridge_r2(model, X, y):
    return r2_score(y, model.predict(X))


def halves(y, seed, stratify=None):
    return train_test_split(X, y, test_size=0.5, random_state=seed, stratify=stratify)


# %%
# One fit beside a grid search
# ----------------------------
# The same grid and five folds on both sides; the estimators that choose need no other tool.
searches = {
    "network": {
        "MLPClassifierCV": network(MLPClassifierCV(alphas=ALPHAS["network"], cv=5, random_state=0)),
        "GridSearchCV": GridSearchCV(
            network(MLPClassifier(random_state=0)),
            {"mlpclassifier__alpha": ALPHAS["network"]},
            scoring="neg_log_loss",
            cv=5,
        ),
    },
    "ridge": {
        "RidgeCV": ridge(RidgeCV(alphas=ALPHAS["ridge"], cv=5)),
        "GridSearchCV": GridSearchCV(ridge(Ridge()), {"ridge__alpha": ALPHAS["ridge"]}, cv=5),
    },
}
parts = {"network": halves(grade, 0, stratify=grade), "ridge": halves(progression, 0)}
scores = {"network": network_loss, "ridge": ridge_r2}
print("Choosing alpha, 5 folds                 time    alpha   test score")
for task, models in searches.items():
    X_train, X_test, y_train, y_test = parts[task]
    for name, model in models.items():
        start = time.perf_counter()
        model.fit(X_train, y_train)
        seconds = time.perf_counter() - start
        grid = isinstance(model, GridSearchCV)
        alpha = next(iter(model.best_params_.values())) if grid else model[-1].alpha_
        score = scores[task](model, X_test, y_test)
        print(f"{task:8} {len(ALPHAS[task])} alphas  {name:15} {seconds:6.2f} s  {alpha:6.3g}   {score:.3f}")

# %%
# What the choice is worth
# ------------------------
# Eight random halves to train, the other halves to test. A split that is hard for one model is hard
# for all, so the last column is the one to look at: the mean gain over no penalty within the same
# split, and its standard error.
choices = {
    "no penalty": (MLPClassifier(alpha=0, random_state=0), Ridge(alpha=0)),
    "default": (MLPClassifier(random_state=0), Ridge()),
    "chosen": (
        MLPClassifierCV(alphas=ALPHAS["network"], random_state=0),
        RidgeCV(alphas=ALPHAS["ridge"], cv=5),
    ),
    "1-SE": (
        MLPClassifierCV(alphas=ALPHAS["network"], selection="1se", random_state=0),
        RidgeCV(alphas=ALPHAS["ridge"], cv=5, selection="1se"),
    ),
}
found = {"network": np.empty((8, 4)), "ridge": np.empty((8, 4))}
for seed in range(8):
    for column, (classifier, regressor) in enumerate(choices.values()):
        X_train, X_test, y_train, y_test = halves(grade, seed, stratify=grade)
        model = network(classifier).fit(X_train, y_train)
        found["network"][seed, column] = network_loss(model, X_test, y_test)
        X_train, X_test, y_train, y_test = halves(progression, seed)
        model = ridge(regressor).fit(X_train, y_train)
        found["ridge"][seed, column] = ridge_r2(model, X_test, y_test)

units = {"network": "log-loss, lower is better", "ridge": "R², higher is better"}
for task, values in found.items():
    print(f"\n{task}, test {units[task]:26}  mean ± spread   gain over no penalty")
    gains = (values - values[:, :1]) * (1 if task == "ridge" else -1)
    for column, name in enumerate(choices):
        mean, spread = values[:, column].mean(), values[:, column].std(ddof=1)
        gain, error = gains[:, column].mean(), gains[:, column].std(ddof=1) / np.sqrt(len(gains))
        print(f"{name:>42}  {mean:.3f} ± {spread:.3f}   {gain:+6.3f} ± {error:.3f}")

# %%
# The picture
# -----------
# On the left the folds' scores on one half: too weak a penalty overfits, too strong a one
# underfits. On the right the test scores of the eight splits, a grey line for each, and their mean.
folds = {"network": "−log-loss of the folds", "ridge": "R² of the folds"}
figure, axes = plt.subplots(2, 2, figsize=(9, 7.5), layout="constrained")
for (left, right), (task, values) in zip(axes, found.items(), strict=True):
    chooser = next(iter(searches[task].values()))
    AlphaSelectionDisplay.from_estimator(chooser, ax=left, score_name=folds[task])
    right.plot(list(choices), values.T, color="0.75", linewidth=0.9)
    right.plot(list(choices), values.mean(axis=0), "o-", color="#0072B2", linewidth=2)
    right.set(title=f"{task}: eight splits and their mean", ylabel=f"test {units[task]}")
figure.savefig("choose_alpha.png", dpi=100)
print("\nThe picture is saved in choose_alpha.png, in the directory where this was started.")
