"""
L1 against L2: zeros, or small numbers
======================================

L2 makes every weight small and hardly any exactly 0; L1 sets most to exactly 0 and leaves the rest
larger. Both in the same network, on the digits: the share of zeros along the path of alpha, and what
the first layer looks at.
"""

# %%
# Two paths
# ---------
# ``l1_ratio`` is the share ρ of L1 in the penalty ``α·Σ[(1 − ρ)/2·θ² + ρ·|θ|]``.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skl2 import MLPClassifier, mlp_path
from skl2.display import CoefficientPathDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
alphas = np.logspace(-1, 2, 7)
paths = {}
for name, ratio in {"L2": 0.0, "L1": 1.0}.items():
    network = MLPClassifier((16,), l1_ratio=ratio, learning_rate="one_cycle", max_iter=40, random_state=0)
    paths[name] = mlp_path(X_train, y_train, alphas, estimator=network)[1]
    for alpha, (first, second) in zip(alphas, paths[name], strict=True):
        zeros = np.mean(np.r_[first.ravel(), second.ravel()] == 0)
        print(f"{name}, alpha = {alpha:5.3g}: {zeros:4.0%} of the weights are exactly 0")

# %%
# The picture
# -----------
# The zeros on the left are weights that no data hold up, as those of pixels that are always empty: they
# decay until they are 0.
figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for ax, (name, coefs) in zip(axes, paths.items(), strict=True):
    CoefficientPathDisplay.from_layers(alphas, coefs, ax=ax)
    ax.set(title=name, xlabel="alpha")
plt.show()

# %%
# What the first layer looks at
# -----------------------------
# The weights of eight hidden units as images, at alpha = 3.2: white is 0, blue positive, red with a minus
# negative. With L1 the border pixels, which are nearly always empty, are gone, and so are whole units.
figure, rows = plt.subplots(2, 8, figsize=(10, 3), layout="constrained")
for axes, (name, coefs) in zip(rows, paths.items(), strict=True):
    first = coefs[3][0]
    largest = np.abs(first).max()
    units = np.argsort(-np.linalg.norm(first, axis=0))[:8]
    print(f"{name}: {np.sum(~first.any(axis=0))} of 16 units have no weight at all")
    for ax, unit in zip(axes, units, strict=True):
        image = first[:, unit].reshape(8, 8) / largest
        ax.imshow(image, cmap="RdBu", vmin=-1, vmax=1)
        row, column = np.nonzero(image < -0.05)
        ink = np.where(image[row, column] < -0.6, "white", "black")
        ax.scatter(column, row, s=12, c=ink, marker="_", linewidths=1)
        ax.set(xticks=[], yticks=[])
    axes[0].set_ylabel(name)
plt.show()
