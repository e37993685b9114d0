"""
Too strong a penalty, and where to see it
=========================================

Beyond some alpha a network no longer learns: all weights are tiny, and the training error is as bad as
the test error. Four places tell, on the digits.
"""

# %%
# From none to far too much
# -------------------------
# There are 1,347 training rows. The penalty counts against the sum of their losses, so that an alpha
# of that order is the point at which nothing is left.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skl2 import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
alphas = np.logspace(-1, 4, 11)
columns = ("training loss", "test loss", "training accuracy", "test accuracy", "‖W‖", "largest weight")
found = np.empty((len(alphas), len(columns)))
curves = {}
for row, alpha in zip(found, alphas, strict=True):
    model = MLPClassifier((32,), alpha=alpha, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing is learned is what is shown
        model.fit(X_train, y_train, X_val=X_test, y_val=y_test)
    weights = np.concatenate([layer.ravel() for layer in model.coefs_])
    row[:2] = [log_loss(t, model.predict_proba(rows)) for rows, t in ((X_train, y_train), (X_test, y_test))]
    row[2:4] = model.score(X_train, y_train), model.score(X_test, y_test)
    row[4:] = np.linalg.norm(weights), np.abs(weights).max()
    curves[alpha] = model.validation_loss_curve_
print("    alpha  " + "  ".join(columns))
for alpha, row in zip(alphas, found, strict=True):
    print(f"{alpha:9.3g}  " + "  ".join(f"{v:{len(c)}.3f}" for c, v in zip(columns, row, strict=True)))

# %%
# Where to see it
# ---------------
# 1. **Training and test loss meet**, both high. Overfitting is a gap, underfitting is not.
# 2. **The loss ends at that of the class shares**, log 10 = 2.30 for ten equal classes: the network
#    predicts the same for every row.
# 3. **‖W‖ falls to nothing.**
# 4. **The curve of the validation loss is flat from the first epochs on**, however long it trains; more
#    epochs or a higher rate change nothing.
#
# The accuracy hides it for long: the largest of ten nearly equal probabilities may still be the right one.
COLORS = ("#0072B2", "#E69F00", "#009E73")
figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
axes[0].plot(alphas, found[:, 0], "--", color=COLORS[0], label="training loss")
axes[0].plot(alphas, found[:, 1], "o-", color=COLORS[1], ms=4, label="test loss")
axes[0].plot(alphas, 1 - found[:, 3], "s:", color=COLORS[2], ms=4, label="test error rate")
axes[0].axhline(np.log(10), color="0.6", linewidth=0.8)
axes[0].annotate("log 10: nothing learned", (0.1, np.log(10)), va="bottom", fontsize="small")
axes[1].plot(alphas, found[:, 4], "o-", color=COLORS[0], ms=4)
axes[1].set(ylabel="‖W‖", ylim=(0, None))
for alpha, style, color in zip(alphas[2::4], ("-", "--", ":"), COLORS, strict=False):
    epochs = range(1, 1 + len(curves[alpha]))
    axes[2].plot(epochs, curves[alpha], style, color=color)
    axes[2].annotate(f"alpha = {alpha:g}", (epochs[-1], curves[alpha][-1] + 0.03), ha="right", va="bottom")
axes[2].set(xlabel="epoch", ylabel="validation loss")
for ax in axes[:2]:
    ax.set(xlabel="alpha", xscale="log")
for ax in axes[::2]:
    ax.set_ylim(0, 2.6)
axes[0].legend(fontsize="small")
plt.show()
