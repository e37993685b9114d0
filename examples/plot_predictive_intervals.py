"""
Predictive intervals
====================

Ridge is also a Bayesian model: weights of prior precision alpha, and noise. Chosen by the evidence, it
tells how far a new observation may lie from the prediction, and how much of that is the noise.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from skl2 import RidgeCV

X, y = load_diabetes(return_X_y=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
splines = make_pipeline(SplineTransformer(6), StandardScaler())
model = RidgeCV("auto", criterion="evidence", store_path=True).fit(splines.fit_transform(X_train), y_train)
mean, std = model.predict(splines.transform(X_test), return_std=True)
print(f"alpha = {model.alpha_:.3g}, noise {model.sigma_:.1f}, spread of y {y_train.std():.1f}")
print("interval   share of the test rows within")
for level in (0.5, 0.8, 0.9, 0.95):
    inside = np.abs(y_test - mean) <= norm.ppf((1 + level) / 2) * std
    print(f"{level:8.0%}   {inside.mean():.0%}")

# %%
# One feature, few rows
# ---------------------
# The same with forty rows and the body mass index alone: between and beyond the rows the weights are
# uncertain and the band widens; where there are many it is the noise.
rng = np.random.default_rng(1)
few = rng.choice(np.flatnonzero(X[:, 2] < 36), 40, replace=False)
curve = SplineTransformer(8, extrapolation="linear")
model = RidgeCV("auto", criterion="evidence", store_path=True).fit(curve.fit_transform(X[few, 2:3]), y[few])
grid = np.linspace(15, 44, 200)[:, None]
mean, std = model.predict(curve.transform(grid), return_std=True)

figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
ax.plot(X[:, 2], y, ".", color="0.8", label="all patients")
ax.plot(X[few, 2], y[few], "o", color="#0072B2", label="the forty")
ax.plot(grid, mean, color="#E69F00", label="prediction")
ax.fill_between(grid[:, 0], mean - 1.64 * std, mean + 1.64 * std, color="#E69F00", alpha=0.25, label="90 %")
ax.set(xlabel="body mass index", ylabel="progression of the disease", ylim=(-50, 400))
ax.legend(fontsize="small", ncols=2)
plt.show()
