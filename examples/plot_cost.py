"""
What a penalty costs, and what it saves
=======================================

An L2 penalty is one multiplication and one addition for each weight and step. It also makes J better
conditioned, so that a fit to the optimum needs fewer steps. Both measured.
"""

# %%
# Time of a step
# --------------
# A network 64-128-128-10 on the digits, batches of 32; processor time of three epochs relative to those
# without penalty, median of seven rounds in turn.
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifier, Ridge

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
warnings.simplefilter("ignore")  # fits that are cut short on purpose
settings = {
    "none": {"alpha": 0.0},
    "L2": {"alpha": 1.0},
    "decoupled": {"alpha": 1.0, "solver": "adamw"},
    "L1": {"alpha": 1.0, "l1_ratio": 1.0},
    "dropout": {"alpha": 0.0, "dropout": 0.3},
    "batch norm": {"alpha": 0.0, "batch_norm": True},
}
seconds = {name: [] for name in settings}
for _ in range(7):
    for name, params in settings.items():
        model = MLPClassifier(
            (128, 128), batch_size=32, learning_rate="one_cycle", max_iter=3, random_state=0
        )
        start = time.process_time()
        model.set_params(**params).fit(X, y)
        seconds[name].append(time.process_time() - start)
relative = {name: np.median(times) / np.median(seconds["none"]) for name, times in seconds.items()}
for name, ratio in relative.items():
    print(f"{name:10}: {ratio:.2f} of the time without penalty")

# %%
# Steps to the optimum
# --------------------
# L-BFGS on the breast cancer data, to a gradient of 1e-5: with next to no penalty the classes can be
# separated, the weights grow without end, and so do the steps. The dashed line is the condition of
# ridge's matrix X'X + α·I on the same data, (λ_max + α)/(λ_min + α).
X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
alphas = np.logspace(-3, 3, 7)
steps, condition = [], []
for alpha in alphas:
    model = MLPClassifier((), solver="lbfgs", alpha=alpha, tol=1e-5, max_iter=5000, random_state=0)
    steps.append(model.fit(X, y).n_iter_)
    condition.append(Ridge(alpha).fit(X, y).solution_.condition)
    print(f"alpha = {alpha:6g}: {steps[-1]:4d} steps, condition {condition[-1]:.1e}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
left.barh(list(relative), list(relative.values()), color="#0072B2")
left.axvline(1, color="0.3", linewidth=0.8)
left.invert_yaxis()
left.set_xlabel("time of a step, relative to none")
right.plot(alphas, steps, "o-", color="#0072B2", label="steps of L-BFGS, logistic regression")
right.plot(alphas, condition, "s--", color="#E69F00", label="condition of ridge")
right.set(xscale="log", yscale="log", xlabel="alpha", ylim=(5, 5e6))
right.legend()
plt.show()
