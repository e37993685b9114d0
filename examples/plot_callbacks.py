"""
Callbacks: a progress bar, a record and an early stop
=====================================================

From version 1.9 on scikit-learn has callbacks, and the networks of this package call them after each
epoch: its own ``ProgressBar`` and ``ScoringMonitor``, and any class with the same four methods.
"""

# %%
# A rule of one's own
# -------------------
# Stop when the accuracy on rows kept apart has not risen for five epochs. ``fitted_estimator`` is the
# network as it stands after the epoch; the answer True ends the fit.
import matplotlib.pyplot as plt
from sklearn.callback import ProgressBar
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skl2 import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, train_size=600, stratify=y, random_state=0)


class StopWhenLevel:
    """Record the accuracy on validation rows after each epoch, and stop when it no longer rises."""

    def __init__(self, X_val, y_val, patience):
        self.X_val, self.y_val, self.patience = X_val, y_val, patience

    def setup(self, estimator, context):
        self.accuracies = []

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name != "epoch":
            return False
        self.accuracies.append(fitted_estimator.score(self.X_val, self.y_val))
        best = self.accuracies.index(max(self.accuracies))
        return len(self.accuracies) - 1 - best >= self.patience


# %%
# Two alphas, watched
# -------------------
records = {}
for alpha in (1.0, 30.0):
    watch = StopWhenLevel(X_val, y_val, patience=5)
    model = MLPClassifier((32,), alpha=alpha, learning_rate="constant", random_state=0)
    model.set_callbacks(ProgressBar(), watch).fit(X_train, y_train)
    records[alpha] = watch.accuracies
    print(f"alpha = {alpha:g}: stopped after {model.n_iter_} of at most {model.max_iter} epochs")

# %%
figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for style, (alpha, accuracies) in zip(("o-", "s--"), records.items(), strict=True):
    ax.plot(range(1, len(accuracies) + 1), accuracies, style, ms=4, label=f"alpha = {alpha:g}")
ax.set(xlabel="epoch", ylabel="accuracy on the validation rows")
ax.legend(loc="lower right")
plt.show()
