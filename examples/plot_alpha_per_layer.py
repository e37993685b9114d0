"""
A penalty for each layer
========================

``alpha`` may be a sequence: one strength for the weights into the hidden units, another for those out
of them. The test log-loss over both, on 300 digits, shows that one number for both is not far off.
"""

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skl2 import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, train_size=300, stratify=y, random_state=0)
warnings.simplefilter("ignore")  # strong penalties on purpose
alphas = np.logspace(-2, 2, 5)
losses = np.empty((5, 5))
for i, first in enumerate(alphas):
    for j, second in enumerate(alphas):
        model = MLPClassifier((32,), alpha=[first, second], learning_rate="one_cycle", max_iter=40)
        model.set_params(random_state=0).fit(X_train, y_train)
        losses[i, j] = log_loss(y_test, model.predict_proba(X_test))
i, j = np.unravel_index(losses.argmin(), losses.shape)
print(f"best: {losses.min():.3f} at alpha = ({alphas[i]:g}, {alphas[j]:g})")
print(f"best with one number: {losses.diagonal().min():.3f} at {alphas[losses.diagonal().argmin()]:g}")

# %%
# What too strong a penalty takes from one layer the other cannot make good; below that the valley is
# wide, and one number for both lies in it.
figure, ax = plt.subplots(figsize=(6.4, 5), layout="constrained")
picture = ax.imshow(np.log10(losses), cmap="cividis_r", origin="lower")
for (row, column), value in np.ndenumerate(losses):
    dark = np.log10(value) > np.log10(losses).mean()
    ax.text(column, row, f"{value:.3f}", ha="center", va="center", color="white" if dark else "black")
labels = [f"{alpha:g}" for alpha in alphas]
ax.set(xticks=range(5), xticklabels=labels, yticks=range(5), yticklabels=labels)
ax.set(xlabel="alpha of the output layer", ylabel="alpha of the hidden layer", title="test log-loss")
plt.show()
