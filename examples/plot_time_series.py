"""
Folds for time series
=====================

Rows that follow each other in time are alike. Leave-one-out and shuffled folds then look at the
neighbours of each row they leave out: they choose too weak a penalty, and promise a smaller error than
comes. Folds that only look ahead do not.
"""

# %%
# A forecast three weeks ahead
# ----------------------------
# A series with a weekly pattern and noise that lasts; the features are the 60 days that are known.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2 import RidgeCV
from skl2.display import AlphaSelectionDisplay

AHEAD, PAST = 21, 60


def series(seed, n_days=880):
    """Lagged values and the value three weeks later."""
    rng = np.random.default_rng(seed)
    days = np.arange(n_days)
    noise = rng.normal(size=n_days)
    for day in range(1, n_days):
        noise[day] += 0.9 * noise[day - 1]
    values = np.sin(2 * np.pi * days / 7) + noise
    X = np.lib.stride_tricks.sliding_window_view(values, PAST)[:-AHEAD]
    return X, values[PAST + AHEAD - 1 :]


alphas = np.logspace(-1, 7, 33)
folds = {
    "leave one out": None,
    "shuffled folds": KFold(5, shuffle=True, random_state=0),
    "TimeSeriesSplit": TimeSeriesSplit(5, gap=AHEAD),
}
errors = {name: [] for name in folds}
for seed in range(8):
    X, y = series(seed)
    n_train = 400
    for name, cv in folds.items():
        model = make_pipeline(StandardScaler(), RidgeCV(alphas, cv=cv, scoring="neg_mean_squared_error"))
        model.fit(X[:n_train], y[:n_train])
        later = slice(n_train + AHEAD, None)
        error = np.mean((model.predict(X[later]) - y[later]) ** 2)
        errors[name].append((model[-1].alpha_, error, -model[-1].best_score_))
print("folds             alpha   error promised   error later")
for name, found in errors.items():
    alpha = np.exp(np.mean(np.log([alpha for alpha, _, _ in found])))
    _, error, promised = np.mean(found, axis=0)
    print(f"{name:15} {alpha:7.3g}   {promised:14.2f}   {error:11.2f}")

# %%
# The gap between training and test rows is as long as the forecast reaches: without it the last targets
# of the training rows overlap the first features of the others.
parts = plt.figure(figsize=(12, 4.4), layout="constrained").subfigures(1, 3)
X, y = series(0)
for part, (name, cv) in zip(parts, folds.items(), strict=True):
    model = RidgeCV(alphas, cv=cv, scoring="neg_mean_squared_error")
    model.fit(StandardScaler().fit_transform(X[:400]), y[:400])
    AlphaSelectionDisplay.from_estimator(model, ax=part.subplots(), score_name="−squared error")
    part.suptitle(name)
plt.show()
