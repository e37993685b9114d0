"""Data in memory and in chunks, and the comparison of two solutions."""

from __future__ import annotations

import dask.array as da
import numpy as np
from numpy.testing import assert_allclose


def rows(n=300, p=6, t=None, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + 5
    Y = X @ rng.normal(size=(p, t or 1)) + rng.normal(size=(n, t or 1))
    return X, Y if t else Y[:, 0], rng.integers(0, 3, n).astype(float)


def cut(*arrays, chunk=70):
    return [None if a is None else da.from_array(a, chunks=(chunk, *a.shape[1:])) for a in arrays]


def same(ours, theirs, rtol=1e-9):
    assert_allclose(ours.coef_, theirs.coef_, rtol=rtol, atol=rtol * np.abs(theirs.coef_).max())
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=rtol, atol=rtol)
    assert ours.coef_.dtype == theirs.coef_.dtype
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
