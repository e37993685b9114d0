"""
What one standard error buys
============================

`MLPClassifierCV` trains the networks of all alphas together and chooses among them in one fit.
The best mean score is itself uncertain: its standard error over the folds says by how much. The
one-standard-error rule takes the strongest penalty that is not worse than the best by more than that.
"""

# %%
# One fit
# -------
# The breast cancer data: 569 tumours, 30 measurements of each, a third of them kept apart.
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifierCV
from skl2.display import AlphaSelectionDisplay

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=1 / 3, stratify=y, random_state=0)
models = {
    selection: make_pipeline(StandardScaler(), MLPClassifierCV(selection=selection, random_state=0))
    for selection in ("min", "1se")
}
for model in models.values():
    model.fit(X_train, y_train)

# %%
# The picture
# -----------
# On the left the networks overfit: their weights are large, they are sure of themselves, and the
# rows of the held-out fold on which they are wrong cost them dearly. On the right they underfit:
# ‖W‖ goes to 0 and what is left is the share of each class. Between the two the curve is flat
# compared with its standard error, so that the data hardly tell these alphas apart.
display = AlphaSelectionDisplay.from_estimator(models["min"])
display.figure_.savefig("one_standard_error.png", dpi=100)

# %%
# What it buys
# ------------
# The stronger penalty gives smaller weights, so a smoother and steadier prediction, at a cost in
# log-loss that is within the noise of the choice.
print("selection   alpha    ‖W‖   test log-loss  test accuracy")
for selection, model in models.items():
    network = model[-1]
    norm = sum((weights**2).sum() for weights in network.coefs_) ** 0.5
    loss, accuracy = log_loss(y_test, model.predict_proba(X_test)), model.score(X_test, y_test)
    print(f"{selection:>9}  {network.alpha_:6.3g}  {norm:5.2f}  {loss:14.4f}  {accuracy:13.3f}")
