"""
Choose alpha on real data
=========================

How strong should the penalty be? For a network on the digits data, 13 values of alpha are
cross-validated with scikit-learn's own tools; for ridge on the diabetes data, the coefficients
are followed from no penalty to a strong one.

The objective is J(θ) = L(θ) + (α/2)·Σθ², with L the sum of the losses over the rows.
"""

# %%
# A pipeline in a grid search
# ---------------------------
# `MLPClassifier` is a scikit-learn estimator like any other. The scaler belongs into the
# pipeline, because a penalty compares weights and weights depend on the units of the inputs.
# The norm of the weights is recorded as if it were a score.
import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifier, Ridge
from skl2.display import CoefficientPathDisplay


def weight_norm(pipeline, X, y):
    """The norm ‖W‖ of all weights of the network at the end of the pipeline."""
    return np.sqrt(sum(np.sum(np.square(weights)) for weights in pipeline[-1].coefs_))


alphas = np.logspace(-3, 3, 13)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
network = make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
search = GridSearchCV(
    network,
    {"mlpclassifier__alpha": alphas},
    scoring={"log_loss": "neg_log_loss", "accuracy": "accuracy", "norm": weight_norm},
    refit="log_loss",
    cv=5,
    n_jobs=2,
    return_train_score=True,
)
search.fit(X_train, y_train)

# %%
# The table
# ---------
# Small alphas fit the training rows best; a larger one does better on rows not seen.
results = search.cv_results_
print("             log-loss              accuracy")
print("   alpha   train  validation    train  validation    ‖W‖")
for i, alpha in enumerate(alphas):
    losses = -results["mean_train_log_loss"][i], -results["mean_test_log_loss"][i]
    hits = results["mean_train_accuracy"][i], results["mean_test_accuracy"][i]
    print(
        f"{alpha:8.3g}  {losses[0]:6.3f}  {losses[1]:10.3f}   {hits[0]:6.3f}  {hits[1]:10.3f}"
        f" {results['mean_test_norm'][i]:6.1f}"
    )

# %%
# What the choice is worth on rows kept apart
# -------------------------------------------
chosen = search.best_params_["mlpclassifier__alpha"]
print(f"\nTest set, {len(y_test)} rows      log-loss  accuracy")
for name, alpha in {"no penalty": 0.0, "default": 1.0, "chosen": chosen}.items():
    model = network.set_params(mlpclassifier__alpha=alpha).fit(X_train, y_train)
    loss = log_loss(y_test, model.predict_proba(X_test))
    print(f"{name:>10}, alpha = {alpha:<8.3g}  {loss:6.3f}    {model.score(X_test, y_test):6.3f}")

# %%
# The picture
# -----------
# On the left of the minimum the curves part: the network overfits. On the right both rise: the
# penalty leaves too little freedom and the network underfits.
import matplotlib.pyplot as plt  # noqa: E402

figure, (loss_ax, accuracy_ax) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained", sharex=True)
for ax, metric, sign in [(loss_ax, "log_loss", -1), (accuracy_ax, "accuracy", 1)]:
    for part, label in {"train": "training", "test": "validation"}.items():
        mean = sign * results[f"mean_{part}_{metric}"]
        error = results[f"std_{part}_{metric}"] / np.sqrt(search.n_splits_ - 1)
        ax.plot(alphas, mean, "o-", ms=3.5, label=label)
        ax.fill_between(alphas, mean - error, mean + error, alpha=0.2, linewidth=0)
    ax.axvline(chosen, color="0.3", linestyle="--", label=f"chosen: {chosen:.3g}")
    ax.set(xscale="log", xlabel="alpha, the strength of the L2 penalty")
loss_ax.set(ylabel="log-loss per row (mean ± standard error)", yscale="log")
loss_ax.text(0.03, 0.95, "← overfits", transform=loss_ax.transAxes)
loss_ax.text(0.97, 0.05, "underfits →", transform=loss_ax.transAxes, ha="right")
accuracy_ax.set(ylabel="accuracy (mean ± standard error)", ylim=(0.9, 1.005))
figure.legend(*loss_ax.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
figure.savefig("choose_alpha.png", dpi=100)

# %%
# Ridge: coefficients against alpha
# ---------------------------------
# The penalty first draws together the coefficients of features that say nearly the same (the
# blood values s1 to s6), then all of them towards 0.
X, y = load_diabetes(return_X_y=True, as_frame=False)
names = load_diabetes().feature_names
X = StandardScaler().fit_transform(X)
path_alphas = np.logspace(-2, 5, 60)
coefs = [Ridge(alpha=alpha).fit(X, y).coef_ for alpha in path_alphas]
display = CoefficientPathDisplay(
    path_alphas, coefs, names=names, ylabel="coefficient per standard deviation of the feature"
).plot()
display.figure_.savefig("ridge_path.png", dpi=100)
print("\nsaved choose_alpha.png and ridge_path.png")
