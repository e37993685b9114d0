"""
Reading the choice of alpha
===========================

`MLPClassifierCV` trains a network for every alpha and fold, keeps the scores, and picks. Here is
the picture of such a choice on the breast cancer data, how to read it, and what the
one-standard-error rule buys.
"""

# %%
# One fit
# -------
# Thirteen values of alpha, five folds, and the final network on all training rows. `racing=False` is there
# for the picture's sake: it trains every network to its end, those that have no chance too.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifierCV
from skl2.display import AlphaSelectionDisplay

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
model = make_pipeline(StandardScaler(), MLPClassifierCV(racing=False, random_state=0))
model.fit(X_train, y_train)
chooser = model[-1]
print(
    f"best mean score at alpha = {chooser.alpha_min_:.3g}, one-standard-error rule {chooser.alpha_1se_:.3g}"
)

# %%
# The picture
# -----------
# The score is the negated log-loss of the rows held out.
#
# - On the left, weak penalties: ‖W‖ is large, the training rows are fitted ever more closely, and
#   the score of rows not seen falls below that at the maximum. The network overfits.
# - On the right, strong penalties: ‖W‖ goes to 0 and so does what the network has learned. It
#   underfits, and the score falls towards that of a constant prediction, −log-loss ≈ −0.66.
# - In between the curve is flat, compared with its standard error, the shaded band: the folds do
#   not tell these alphas apart. The horizontal line is the best mean less its standard error.
#
# The one-standard-error rule takes the largest alpha above that line: the simplest network whose
# score cannot be told from the best.
AlphaSelectionDisplay.from_estimator(model)
plt.show()

# %%
# What the rule buys
# ------------------
# Repeated on six random halves of the data: the rule halves ‖W‖, and the log-loss of the other halves
# becomes no worse. Both choices vary alike from one half to the next.
found = {"min": [], "1se": []}
for seed in range(6):
    parts = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
    scaler = StandardScaler().fit(parts[0])
    rows, rows_test = scaler.transform(parts[0]), scaler.transform(parts[1])
    for selection in found:
        chosen = MLPClassifierCV(selection=selection, random_state=0).fit(rows, parts[2])
        norm = np.sqrt(sum(np.sum(np.square(weights)) for weights in chosen.coefs_))
        loss = log_loss(parts[3], chosen.predict_proba(rows_test))
        found[selection].append((np.log10(chosen.alpha_), norm, loss, chosen.score(rows_test, parts[3])))

print("rule  typical alpha  spread (decades)   ‖W‖  test log-loss  accuracy")
for selection, values in found.items():
    log_alpha, norm, loss, accuracy = np.mean(values, axis=0)
    spread = np.std(values, axis=0, ddof=1)[0]
    print(
        f"{selection:>4}  {10**log_alpha:13.3g}  {spread:16.2f}  {norm:4.1f}  {loss:13.4f}  {accuracy:8.4f}"
    )
