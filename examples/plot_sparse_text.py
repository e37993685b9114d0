"""
Sparse text: what a penalty does to rare words
==============================================

In text a few words are everywhere and most are rare. A rare word's column has little to say against
the penalty, so its coefficient is small whatever it means. Documents are drawn here, with words as
frequent as in real text (Zipf's law), so that the true meaning of each word is known.
"""

# %%
# Documents
# ---------
# 2,000 documents of about 60 words from a vocabulary of 3,000. One word in ten, frequent or rare, makes
# a document positive or negative.
import matplotlib.pyplot as plt
import numpy as np
import scipy.sparse as sp
from sklearn.model_selection import train_test_split

from skl2 import Ridge, RidgeClassifierCV

rng = np.random.default_rng(0)
n_documents, n_words = 2_000, 3_000
frequency = 1 / np.arange(1, n_words + 1)
drawn = rng.choice(n_words, (n_documents, 60), p=frequency / frequency.sum())
rows = np.repeat(np.arange(n_documents), 60)
X = sp.csr_array((np.ones(drawn.size), (rows, drawn.ravel())), shape=(n_documents, n_words))
X.data[:] = 1.0  # whether a word is there, not how often
meaning = np.where(np.arange(n_words) % 10 == 3, rng.choice([-1.0, 1.0], n_words), 0.0)
score = X @ meaning
y = (rng.random(n_documents) < 1 / (1 + np.exp(-2 * (score - score.mean())))).astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(
    f"{X.nnz / n_documents:.0f} different words a document, {X.nnz / (n_documents * n_words):.2%} of X not 0"
)

# %%
# A model that takes it as it is
# ------------------------------
# X stays sparse. No scaling: dividing by the spread would make the rarest words the loudest. That is
# also what ``penalty_factor=p·(1 − p)`` does, the variance of a word's column: every word
# then keeps the same share of its coefficient, and the rare ones, most of them noise, spoil the model.
share = np.asarray(X_train.mean(axis=0)).ravel()
model = RidgeClassifierCV(np.logspace(0, 4, 9)).fit(X_train, y_train)
print(f"one penalty for all: alpha = {model.alpha_:.3g}, accuracy {model.score(X_test, y_test):.3f}")
factor = np.maximum(share * (1 - share), 1e-4)
for alpha in (10.0, 100.0, 1000.0):
    scaled = Ridge(alpha, penalty_factor=factor).fit(X_train, 2.0 * y_train - 1)
    accuracy = np.mean((scaled.predict(X_test) > 0) == y_test)
    print(f"p·(1 − p) times alpha = {alpha:6g}: accuracy {accuracy:.3f}")

# %%
# The coefficient that a word keeps
# ---------------------------------
# All words with a meaning have the same one, ±1. With a weak penalty the coefficients of rare words are
# mostly noise; with a stronger one they go towards 0 long before those of frequent words: the data
# hold n·p·(1 − p) against alpha, for a word in a share p of the documents.
alphas = (1.0, 30.0, 300.0)
coefs = {}
for alpha in alphas:
    coefs[alpha] = np.abs(Ridge(alpha).fit(X_train, 2.0 * y_train - 1).coef_)
groups = np.geomspace(share[share > 0].min(), 1, 9)
group = np.digitize(share, groups)
meant = meaning != 0
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
for ax, words, title in ((left, meant, "words with a meaning"), (right, ~meant, "words without")):
    for color, style, alpha in zip(
        ("#0072B2", "#E69F00", "#009E73"), ("o-", "s--", "^:"), alphas, strict=True
    ):
        middle = [coefs[alpha][words & (group == g)].mean() for g in range(1, 9)]
        ax.plot(np.sqrt(groups[1:] * groups[:-1]), middle, style, color=color, label=f"alpha = {alpha:g}")
    ax.set(xscale="log", xlabel="share of the documents that hold the word", title=title)
left.set_ylabel("mean |coefficient|")
left.legend()
plt.show()
