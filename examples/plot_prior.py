"""
Why a sum: one prior, however many rows
=======================================

J is the negative logarithm of a posterior: each row adds its likelihood, and the prior, a normal
distribution of precision α for each weight, is counted once. If the loss is a mean instead, the best
strength falls with the number of rows; with the sum it stays.
"""

# %%
# The best alpha of samples of every size
# ---------------------------------------
# Diabetes data, standardised; alpha chosen on the continuum by the evidence.
# Twenty samples of each size.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from skl2 import RidgeCV

X, y = load_diabetes(return_X_y=True)
X = PolynomialFeatures(2, include_bias=False).fit_transform(StandardScaler().fit_transform(X))
X = StandardScaler().fit_transform(X)
rng = np.random.default_rng(0)
sizes = [50, 75, 100, 150, 200, 300, 442]
best = []
for n in sizes:
    best.append([])
    for _ in range(20):
        kept = rng.permutation(len(y))[:n]
        best[-1].append(RidgeCV("auto", criterion="evidence").fit(X[kept], y[kept]).alpha_)
best = np.array(best)
middle = np.median(best, axis=1)
for n, alpha in zip(sizes, middle, strict=True):
    print(f"n = {n:3d}: best alpha {alpha:6.1f} for the sum, {alpha / n:6.3f} for the mean loss")

# %%
# With nine times the rows the best strength moves little if the loss is a sum; for a mean loss it has to
# be divided by about as much. So an alpha that was found on a fold, or on a sample, can be kept.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, values, name in (
    (left, best, "alpha, sum of the losses"),
    (right, best / np.array(sizes)[:, None], "alpha / n, mean of the losses"),
):
    ax.fill_between(sizes, *np.quantile(values, [0.1, 0.9], axis=1), color="#0072B2", alpha=0.2, linewidth=0)
    ax.plot(sizes, np.median(values, axis=1), "o-", color="#0072B2")
    ax.set(xscale="log", yscale="log", xlabel="rows", ylabel=f"best {name}")
    ax.set_xticks(sizes, labels=sizes)
    ax.set_xticks([], minor=True)
    centre = np.median(values)
    ax.set_ylim(centre / 12, centre * 12)
plt.show()
