"""
Several outputs: the lower half of a digit from the upper
=========================================================

The targets are the 32 pixels of the lower half of an image. Ridge may have an alpha for each of them,
a network shares its hidden units among all.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skl2 import MLPRegressor, RidgeCV

images = load_digits().images / 16
X, Y = images[:, :4].reshape(-1, 32), images[:, 4:].reshape(-1, 32)
X_train, X_test, Y_train, Y_test = train_test_split(X, Y, random_state=0)
alphas = np.logspace(-1, 5, 25)
models = {
    "ridge, one alpha": RidgeCV(alphas),
    "ridge, an alpha each": RidgeCV(alphas, alpha_per_target=True),
    "network": MLPRegressor(hidden_layer_sizes=(100,), random_state=0),
}
predictions = {name: model.fit(X_train, Y_train).predict(X_test) for name, model in models.items()}
for name, predicted in predictions.items():
    print(f"{name:21} mean squared error {np.mean((predicted - Y_test) ** 2):.4f}")
each = models["ridge, an alpha each"].alpha_.reshape(4, 8)
print(
    f"alpha from {each.min():.3g} to {each.max():.3g}; for all pixels {models['ridge, one alpha'].alpha_:.3g}"
)

# %%
# Six test digits
# ---------------
# Upper half given, lower half predicted. Of the pixels at the edge, which hardly vary, some get the
# strongest penalty of the grid and some the weakest, of which the fit warns: the last column.
figure, axes = plt.subplots(4, 7, figsize=(10, 6), layout="constrained")
rows = {"truth": Y_test} | {name: predictions[name] for name in models}
for row, (name, lower) in zip(axes, rows.items(), strict=True):
    for k, ax in enumerate(row[:6]):
        ax.imshow(np.r_[X_test[k], lower[k]].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.axhline(3.5, color="#E69F00", linewidth=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name, fontsize="small")
    row[6].axis("off")
picture = axes[2, 6].imshow(np.log10(each), cmap="cividis")
axes[2, 6].set_title("log₁₀ alpha", fontsize="small")
figure.colorbar(picture, ax=axes[2, 6])
plt.show()
