"""
Dropout and batch normalisation beside L2
=========================================

Dropout is another brake on overfitting, and the two can share the work. Batch normalisation is not:
where the next layer divides by the spread of its input, the size of the weights before it does not
matter, and a penalty on them shrinks nothing but the steps.
"""

# %%
# Dropout
# -------
# The test log-loss on the digits against alpha, without dropout and with it, mean of two starts.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skl2 import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, train_size=400, stratify=y, random_state=0)
warnings.simplefilter("ignore")  # strong penalties on purpose


def loss(alpha, **params):
    """Test log-loss of a network with these settings, mean of two starts."""
    found = []
    for seed in range(2):
        model = MLPClassifier((64,), alpha=alpha, learning_rate="one_cycle", max_iter=40, random_state=seed)
        model.set_params(**params).fit(X_train, y_train)
        found.append(log_loss(y_test, model.predict_proba(X_test)))
    return np.mean(found)


alphas = np.logspace(-2, 2, 5)
dropout = {rate: [loss(alpha, dropout=rate) for alpha in alphas] for rate in (0.0, 0.3)}
for rate, losses in dropout.items():
    best = int(np.argmin(losses))
    print(f"dropout {rate}: best test log-loss {losses[best]:.3f} at alpha = {alphas[best]:.3g}")

# %%
# A penalty on the weights before batch normalisation
# ---------------------------------------------------
# ``alpha`` may be one number for each layer. Here only the first layer is penalised. Without batch
# normalisation that decides the model, from overfitting to nothing at all. With it the curve stays
# nearly level over five decades: what the penalty takes from the weights, the division gives back.
strong = np.logspace(-1, 4, 6)
before = {norm: [loss([alpha, 0.0], batch_norm=norm) for alpha in strong] for norm in (False, True)}
for norm, losses in before.items():
    print(f"batch_norm={norm!s:5}: test log-loss " + " ".join(f"{value:.3f}" for value in losses))

# %%
# So with batch normalisation L2 before it sets the effective learning rate, and the strength belongs on
# the last layer (van Laarhoven 2017, *L2 regularization versus batch and weight normalization*).
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for color, style, (rate, losses) in zip(("#0072B2", "#E69F00"), ("o-", "s--"), dropout.items(), strict=True):
    left.plot(alphas, losses, style, color=color, label=f"dropout {rate:g}")
left.set(xscale="log", yscale="log", xlabel="alpha", ylabel="test log-loss", title="L2 and dropout")
for color, style, (norm, losses) in zip(("#0072B2", "#E69F00"), ("o-", "s--"), before.items(), strict=True):
    right.plot(strong, losses, style, color=color, label=f"batch normalisation: {'yes' if norm else 'no'}")
right.set(
    xscale="log",
    yscale="log",
    xlabel="alpha of the first layer alone",
    ylabel="test log-loss",
    title="L2 before the normalisation",
)
left.legend()
right.legend()
plt.show()
