"""
Rare classes
============

With few rows of a class the loss hardly notices them, and the penalty is set against what is there:
the network leans towards the frequent class. ``class_weight='balanced'`` makes both count the same in
training; what it does to recall, precision and probabilities, on the breast cancer data with one
malignant tumour in sixteen.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import precision_recall_curve, precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifier

X, y = load_breast_cancer(return_X_y=True)
X, malignant = X[:, :10], (y == 0).astype(int)  # the mean values alone, to make it harder
X_train, X_test, y_train, y_test = train_test_split(X, malignant, test_size=0.5, stratify=y, random_state=0)
rare = np.flatnonzero(y_train)[12:]
X_train, y_train = np.delete(X_train, rare, axis=0), np.delete(y_train, rare)
print(f"{len(y_train)} training rows, {y_train.sum()} of them malignant")

probabilities = {}
print("class_weight    alpha   recall  precision  mean probability")
for class_weight in (None, "balanced"):
    for alpha in (1.0, 10.0):
        network = MLPClassifier((20,), alpha=alpha, class_weight=class_weight, random_state=0)
        model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
        p = probabilities[class_weight, alpha] = model.predict_proba(X_test)[:, 1]
        recall, precision = recall_score(y_test, p > 0.5), precision_score(y_test, p > 0.5, zero_division=0)
        print(f"{class_weight!s:12} {alpha:8g}  {recall:7.2f}  {precision:9.2f}  {p.mean():16.2f}")

# %%
# Weights move the point, not the curve
# -------------------------------------
# The curves of precision against recall lie close together; the threshold of ½, the mark, is another
# point of them. A stronger penalty pulls the mark of the unweighted network further towards the frequent
# class, for intercepts are not penalised but what tells the classes apart is. Balanced probabilities are
# those of a world with as many malignant as benign tumours: where they matter, keep the weights away and
# move the threshold.
figure, ax = plt.subplots(figsize=(6.4, 4.6), layout="constrained")
styles = {1.0: ("-", "o"), 10.0: ("--", "s")}
for (class_weight, alpha), p in probabilities.items():
    color = "#0072B2" if class_weight is None else "#E69F00"
    precision, recall, _ = precision_recall_curve(y_test, p)
    label = f"{class_weight or 'unweighted'}, alpha = {alpha:g}"
    line, marker = styles[alpha]
    ax.plot(recall, precision, line, color=color)
    half = recall_score(y_test, p > 0.5), precision_score(y_test, p > 0.5)
    ax.plot(*half, marker, color=color, ms=9, label=label, linestyle=line, markevery=[0])
ax.set(xlabel="recall", ylabel="precision", xlim=(0.3, 1.01), ylim=(0.5, 1.01))
ax.legend(loc="lower left")
plt.show()
