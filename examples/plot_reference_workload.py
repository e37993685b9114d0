"""
The reference workload: how strong should L2 be?
================================================

A small network on images of digits, two hidden layers of 64 units, with and without L2: a common first
exercise. Its common answer, the strength 0.001 of Keras's ``kernel_regularizer``, is too strong. Here
on scikit-learn's small digits; the same on MNIST is measured in `benchmarks/reference_workload.py`.
"""

# %%
# Keras's strength in units of alpha
# ----------------------------------
# Keras adds c·Σw² to the *mean* loss, so its c is alpha = 2·c·n here: 2·0.001·1,000 = 2 for a thousand
# rows, 120 for MNIST's 60,000. It grows with the data, which is the wrong way round: more rows need
# less help from a prior, not the same share of it. To show the same strength against the data as on
# MNIST's 60,000 rows, look at 120.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skl2 import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_other, y_train, y_other = train_test_split(X / 16, y, train_size=1000, stratify=y, random_state=0)
X_val, X_test, y_val, y_test = train_test_split(
    X_other, y_other, test_size=0.5, stratify=y_other, random_state=0
)
alphas = [0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0, 1000.0]
print("   alpha   training  validation   test   validation loss    ‖W‖")
found = []
for alpha in alphas:
    runs = []
    for seed in range(3):
        model = MLPClassifier((64, 64), alpha=alpha, batch_size=32, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of alphas that leave nothing to learn
            model.fit(X_train, y_train)
        rows = (X_train, y_train), (X_val, y_val), (X_test, y_test)
        norm = np.sqrt(sum(np.sum(weights**2) for weights in model.coefs_))
        loss = log_loss(y_val, model.predict_proba(X_val))
        runs.append([*(model.score(*part) for part in rows), loss, norm])
    found.append(np.mean(runs, axis=0))
    train, validation, test, loss, norm = found[-1]
    print(f"{alpha:8g}  {train:9.4f}  {validation:10.4f}  {test:.4f}  {loss:15.3f}  {norm:6.1f}")

# %%
# The U of the validation loss
# ----------------------------
# The first point is no penalty at all. On these small and clean images it does little harm, and what a
# penalty can gain is small; what one that is too strong can lose is everything.
found = np.array(found)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
positions = np.arange(len(alphas))
for column, (style, color, name) in enumerate(
    (("--", "#0072B2", "training"), ("o-", "#E69F00", "validation"), ("s:", "#009E73", "test"))
):
    left.plot(positions, found[:, column], style, color=color, ms=4, label=name)
right.plot(positions, found[:, 3], "o-", color="#E69F00")
right.annotate("Keras's 0.001\non 60,000 rows", (6, found[6, 3]), (3.2, 1.4), arrowprops={"arrowstyle": "->"})
for ax, label in ((left, "accuracy"), (right, "validation log-loss")):
    ax.set(xticks=positions, xticklabels=[f"{alpha:g}" for alpha in alphas], xlabel="alpha", ylabel=label)
left.legend()
plt.show()
