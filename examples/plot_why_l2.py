"""
Why penalised fits generalise
=============================

The penalty makes the fit to the training rows worse on purpose. What that buys depends on how many
rows there are and how strong it is: the errors on training rows and on new ones, against both, for
ridge regression on the diabetes data with all squares and products of the measurements.
"""

# %%
# Sixty-five coefficients, from 40 to 300 rows
# --------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from skl2 import Ridge

X, y = load_diabetes(return_X_y=True)
y = (y - y.mean()) / y.std()  # an error of 1 is that of the mean


def errors(n, alpha):
    """Mean squared error on the training rows and on 142 others, over 12 random draws."""
    found = []
    for seed in range(12):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=142, random_state=seed)
        products = PolynomialFeatures(2, include_bias=False)
        model = make_pipeline(StandardScaler(), products, StandardScaler(), Ridge(alpha))
        model.fit(X_train[:n], y_train[:n])
        rows = (X_train[:n], y_train[:n]), (X_test, y_test)
        found.append([np.mean((y_rows - model.predict(X_rows)) ** 2) for X_rows, y_rows in rows])
    return np.median(found, axis=0)


sizes = [40, 60, 80, 100, 150, 200, 300]
alphas = np.logspace(-2, 5, 15)
by_size = {alpha: np.array([errors(n, alpha) for n in sizes]) for alpha in (1e-8, 1.0, 100.0)}
by_alpha = {n: np.array([errors(n, alpha) for alpha in alphas]) for n in (100, 300)}
for alpha, (train, test) in zip(alphas, by_alpha[100], strict=True):
    print(f"n = 100, alpha = {alpha:9.3g}: training error {train:.3f}, test error {test:.3f}")

# %%
# The picture
# -----------
# Left: near as many rows as coefficients the unpenalised fit has no error on the rows it knows and a
# huge one on all others. With the right penalty the two errors lie close together from the start, and
# with more rows the difference between penalties goes away: the sum of the losses grows, the penalty
# is counted once.
#
# Right: as alpha rises, the training error does too, always. The test error first falls, because less
# noise is learned, and rises when the signal is shrunk as well. The gap between the two lines is the
# overfitting; the lowest point of the test line is where alpha belongs.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
colors = ("#0072B2", "#E69F00", "#009E73")
for color, marker, (alpha, found) in zip(colors, "os^", by_size.items(), strict=True):
    left.plot(sizes, found[:, 1], f"{marker}-", color=color, ms=4, label=f"alpha = {alpha:g}, test")
    left.plot(sizes, found[:, 0], "--", color=color, label="training")
for color, marker, (n, found) in zip(colors, "os", by_alpha.items(), strict=False):
    right.plot(alphas, found[:, 1], f"{marker}-", color=color, ms=4, label=f"n = {n}, test")
    right.plot(alphas, found[:, 0], "--", color=color, label="training")
left.set(xlabel="training rows", ylabel="mean squared error, in variances of y", ylim=(0, 2.4))
right.set(xlabel="alpha", xscale="log")
left.legend(fontsize="small", loc="upper right")
right.legend(fontsize="small", loc="upper right")
plt.show()
