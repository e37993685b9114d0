"""
What a penalty does to the weights
==================================

The gradient of J = L + (α/2)·Σθ² is ∂L/∂θ + α·θ, so that a step of gradient descent with the rate η
is θ ← (1 − ηα)·θ − η·∂L/∂θ: every weight first loses a share of itself, and what the data insist on
comes back. Where that ends is exact for ridge regression, and can be seen for a network.
"""

# %%
# Ridge: the directions with little data are shrunk most
# ------------------------------------------------------
# In the coordinates of the right singular vectors of X each coefficient is that of least squares
# times s²/(s² + α). Directions along which the data hardly vary (small s) hold the noise.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifier, Ridge

X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
singular_values, directions = np.linalg.svd(X, full_matrices=False)[1:]
least_squares = directions @ Ridge(0).fit(X, y).coef_
alphas = (1.0, 30.0, 1000.0)
kept = {alpha: (directions @ Ridge(alpha).fit(X, y).coef_) / least_squares for alpha in alphas}
for alpha, shares in kept.items():
    formula = singular_values**2 / (singular_values**2 + alpha)
    print(f"alpha = {alpha:6g}: largest difference from s²/(s² + α) {np.abs(shares - formula).max():.1e}")

# %%
# Network: step by step
# ---------------------
# The same start and the same batches, without penalty and with alpha = 30: after each epoch, a fit that
# goes on from the weights before, the norm of all weights, and at the end how they are distributed.
X_digits, y_digits = load_digits(return_X_y=True)
X_digits = X_digits / 16
warnings.simplefilter("ignore")  # one epoch is few on purpose
norms, weights = {}, {}
for alpha in (0.0, 30.0):
    model = MLPClassifier((32,), alpha=alpha, warm_start=True, max_iter=1, random_state=0)
    model.set_params(learning_rate="constant", learning_rate_init=0.003)
    norms[alpha] = []
    for _ in range(40):
        model.fit(X_digits, y_digits)
        weights[alpha] = np.concatenate([layer.ravel() for layer in model.coefs_])
        norms[alpha].append(np.linalg.norm(weights[alpha]))
    small = np.mean(np.abs(weights[alpha]) < 0.01)
    accuracy = model.score(X_digits, y_digits)
    print(
        f"alpha = {alpha:4g}: ‖W‖ = {norms[alpha][-1]:.1f}, {small:.0%} below 0.01, accuracy {accuracy:.3f}"
    )

# %%
# The picture
# -----------
# Without penalty the norm grows for as long as training goes on; with it, it settles where the pull of
# the data and that of the penalty are equal. Most weights end near 0, few exactly there.
figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
colors = ("#0072B2", "#E69F00", "#009E73")
for color, marker, (alpha, shares) in zip(colors, "os^", kept.items(), strict=True):
    grid = np.geomspace(singular_values[-1], singular_values[0])
    axes[0].plot(grid**2, grid**2 / (grid**2 + alpha), color=color)
    axes[0].plot(singular_values**2, shares, marker, color=color, label=f"alpha = {alpha:g}")
axes[0].set(xscale="log", xlabel="s² of the direction", ylabel="share of the coefficient that is kept")
for color, style, alpha in zip(colors, ("-", "--"), norms, strict=False):
    axes[1].plot(
        range(1, 1 + len(norms[alpha])), norms[alpha], style, color=color, label=f"alpha = {alpha:g}"
    )
    bins = np.linspace(-0.6, 0.6, 61)
    axes[2].hist(
        weights[alpha], bins, histtype="step", linestyle=style, color=color, label=f"alpha = {alpha:g}"
    )
axes[1].set(xlabel="epoch", ylabel="‖W‖", ylim=(0, None))
axes[2].set(xlabel="weight", ylabel="number of weights", yscale="log")
for ax, title in zip(axes, ("ridge: formula and fits", "network: norm", "network: weights"), strict=True):
    ax.set_title(title)
    ax.legend(fontsize="small")
axes[0].set_ylim(-0.05, 1.3)
axes[0].legend(fontsize="small", ncols=2, loc="upper left")
plt.show()
