"""
Rows in chunks, with Dask
=========================

``skl2.dask.Ridge`` reads each chunk once and adds up its moments: the optimum is that of all rows in one
array, to rounding, however they were cut, and a chunk is all that has to fit into memory.
"""

# %%
# 200,000 rows in 20 chunks, none of which exists before it is asked for.
import dask.array as da
import matplotlib.pyplot as plt
import numpy as np

import skl2
import skl2.dask

n_features = 20
coef = np.linspace(-1, 1, n_features)
random = da.random.default_rng(0)
X = random.normal(size=(200_000, n_features), chunks=(10_000, n_features))
y = X @ coef + 3 * random.normal(size=200_000, chunks=10_000)
model = skl2.dask.Ridge(alpha=100.0).fit(X, y)
whole = skl2.Ridge(alpha=100.0).fit(np.asarray(X), np.asarray(y))
print(f"largest difference from one array: {np.abs(model.coef_ - whole.coef_).max():.1e}")

# %%
# The same alpha for any number of chunks
# ---------------------------------------
# The loss is a sum over rows, so the penalty is counted once, not once for each chunk. With more rows the
# coefficients come closer to the true ones.
figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for style, n in zip(("^:", "s--", "o-"), (1_000, 10_000, 200_000), strict=True):
    fitted = skl2.dask.Ridge(alpha=100.0).fit(X[:n], y[:n])
    error = np.abs(fitted.coef_ - coef)
    print(f"{n:7,} rows in {X[:n].numblocks[0]:2d} chunks: mean error of a coefficient {error.mean():.4f}")
    ax.plot(coef, fitted.coef_ - coef, style, ms=4, label=f"{n:,} rows")
ax.axhline(0, color="0.7", linewidth=0.8)
ax.set(xlabel="true coefficient", ylabel="estimate − truth")
ax.legend()
plt.show()
