"""
Decoupled weight decay against L2 in Adam
=========================================

In plain gradient descent a penalty and a decay of the weights by a share in each step are the same.
In Adam they are not: the gradient α·θ is divided by √v like the rest, so that weights whose gradients
are large are penalised less. ``adamw`` takes the decay out of the gradient.
"""

# %%
# The test loss against alpha
# ---------------------------
# On the digits, with pixels as they are, 0 to 16: columns of very different spread, and so gradients of
# very different size.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skl2 import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=600, stratify=y, random_state=0)
warnings.simplefilter("ignore")  # strong penalties on purpose
alphas = np.logspace(-1, 3, 9)
losses, norms = {}, {}
for solver in ("adam", "adamw"):
    losses[solver], norms[solver] = [], {}
    for alpha in alphas:
        model = MLPClassifier((32,), solver=solver, alpha=alpha, learning_rate="one_cycle", max_iter=60)
        model.set_params(random_state=0).fit(X_train, y_train)
        losses[solver].append(log_loss(y_test, model.predict_proba(X_test)))
        norms[solver][alpha] = np.linalg.norm(model.coefs_[0], axis=1)  # of each pixel's weights
    best = int(np.argmin(losses[solver]))
    print(f"{solver:5}: best test log-loss {losses[solver][best]:.3f} at alpha = {alphas[best]:.3g}")

# %%
# What each leaves of a pixel's weights
# -------------------------------------
# The weights of pixels that are nearly always empty see small gradients. L2 in Adam takes them away,
# as the optimum of J has it; the decay takes the same share of every weight, so they stay longer.
# ``adamw`` therefore minimises no J, and its alpha is not that of the other solvers.
spread = X_train.std(axis=0)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for color, style, marker, solver in zip(("#0072B2", "#E69F00"), ("o-", "s--"), "os", losses, strict=True):
    left.plot(alphas, losses[solver], style, color=color, label=solver)
    right.plot(spread, norms[solver][alphas[4]], marker, color=color, ms=4, label=solver)
left.set(xscale="log", xlabel="alpha", ylabel="test log-loss")
right.set(xlabel="standard deviation of the pixel", ylabel=f"norm of its weights at alpha = {alphas[4]:g}")
left.legend()
right.legend()
plt.show()
