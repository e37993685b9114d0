"""
Columns of a table by their names
=================================

A DataFrame goes through a pipeline with its columns' names, and they come back in pictures. A penalty
factor for each column leaves those alone that are known to matter.
"""

# %%
# Names from the table to the picture
# -----------------------------------
# Diabetes data with the blood measurements as they come, in their own units, and sex as a category.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skl2 import Ridge, RidgeCV
from skl2.display import CoefficientPathDisplay

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X["sex"] = X["sex"].astype(int).astype("category")
columns = make_column_transformer(
    (OneHotEncoder(drop="first", sparse_output=False), make_column_selector(dtype_include="category")),
    (StandardScaler(), make_column_selector(dtype_include="number")),
    verbose_feature_names_out=False,
).set_output(transform="pandas")
model = make_pipeline(columns, RidgeCV("auto", store_path=True)).fit(X, y)
print(f"alpha = {model[-1].alpha_:.3g}")
for name, coefficient in zip(model[-1].feature_names_in_, model[-1].coef_, strict=True):
    print(f"{name:10} {coefficient:7.1f}")

# %%
# Age and sex are to be accounted for in full, whatever the penalty: factor 0 for them, 1 for the rest.
table = columns.transform(X)
factor = np.where(table.columns.isin(["age", "sex_2"]), 0.0, 1.0)
alphas = np.logspace(-1, 5, 40)
left, right = plt.figure(figsize=(12, 5.4), layout="constrained").subfigures(1, 2)
left.suptitle("the same penalty for all")
same = CoefficientPathDisplay.from_estimator(model, alphas=alphas, ax=left.subplots())
right.suptitle("none for age and sex")
none = right.subplots(sharey=same.ax_)
CoefficientPathDisplay.from_estimator(Ridge(penalty_factor=factor), table, y, alphas=alphas, ax=none)
plt.show()
