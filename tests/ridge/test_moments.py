"""Moments: sums that add, that weights repeat, and that a large mean does not spoil."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skl2.ridge._kernel import CentredRows, Kernel, centred_data, may_densify, near_the_origin
from skl2.ridge._moments import accumulate, combined
from skl2.ridge._problem import RidgeProblem
from skl2.ridge._rows import Data, choose_shift, row_blocks, row_ranges, triangle


def make_data(n=500, p=7, t=2, offset=0.0, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.geomspace(0.1, 10, p) + offset
    Y = rng.normal(size=(n, t)) - offset
    return X.astype(dtype), Y.astype(dtype), rng.integers(0, 4, n).astype(dtype)


def explicit(X, Y, weight):
    """The centred moments of the repeated rows, in long double."""
    count = weight.astype(int)
    X, Y = (np.repeat(A, count, axis=0).astype(np.longdouble) for A in (X, Y))
    Xc, Yc = X - X.mean(axis=0), Y - Y.mean(axis=0)
    return Xc.T @ Xc, Xc.T @ Yc, (Yc**2).sum(axis=0), X.mean(axis=0), Y.mean(axis=0)


def centred(moments):
    return *moments.normal_equations(), moments.x_mean, moments.y_mean


def assert_moments_equal(actual, expected, rtol):
    for a, b in zip(actual, expected, strict=True):
        b = np.asarray(b, dtype=np.float64)
        assert np.abs(a - b).max() <= rtol * np.abs(b).max()


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e9])
def test_weights_repeat_rows_whatever_the_mean(offset):
    X, Y, weight = make_data(offset=offset)
    moments = accumulate(Data(X, Y, weight))
    assert_moments_equal(centred(moments), explicit(X, Y, weight), 1e-12)
    assert moments.weight == weight.sum()
    assert moments.n_samples == np.count_nonzero(weight)


def test_float32_is_summed_in_float64():
    X, Y, weight = make_data(n=20_000, offset=5.0, dtype=np.float32)
    assert_moments_equal(centred(accumulate(Data(X, Y, weight))), explicit(X, Y, weight), 1e-5)
    exact = accumulate(Data(X, Y, weight), dtype=np.float64)
    assert_moments_equal(centred(exact), explicit(X, Y, weight), 1e-12)


def test_zero_weight_is_removal_to_the_bit():
    X, Y, weight = make_data()
    spoiled = X.copy()
    spoiled[weight == 0] = 1e300
    keep = weight != 0
    removed = accumulate(Data(X[keep], Y[keep], weight[keep]))
    assert_array_equal(accumulate(Data(spoiled, Y, weight)).gram, removed.gram)


def test_merge_is_one_pass_and_associative():
    X, Y, weight = make_data(offset=50.0)
    a, b, c = (accumulate(Data(X[i::3], Y[i::3], weight[i::3])) for i in range(3))
    whole = centred(accumulate(Data(X, Y, weight)))
    assert_moments_equal(centred(a.merge(b).merge(c)), whole, 1e-13)
    assert_moments_equal(centred(a.merge(b.merge(c))), whole, 1e-13)
    assert a.merge(b).n_samples + c.n_samples == np.count_nonzero(weight)


def test_raw_moments_are_about_the_origin():
    X, Y, weight = make_data(offset=2.0)
    raw = accumulate(Data(X, Y, weight)).about_origin()
    G, C, yy = raw.gram, raw.cross, raw.y_squares
    assert_allclose(G, (X.T * weight) @ X, rtol=1e-10)
    assert_allclose(C, (X.T * weight) @ Y, rtol=1e-8)
    assert_allclose(yy, weight @ Y**2, rtol=1e-10)


@pytest.mark.parametrize("rows", [slice(10, 300), np.arange(499, 20, -3)])
def test_chosen_rows_are_those_rows(rows):
    X, Y, weight = make_data(offset=5.0)
    shift, y_shift = choose_shift(X), choose_shift(Y)
    chosen = accumulate(Data(X, Y, weight), rows, shift, y_shift)
    assert_moments_equal(centred(chosen), explicit(X[rows], Y[rows], weight[rows]), 1e-13)
    mask = np.zeros(len(X), dtype=bool)
    mask[rows] = True
    assert_moments_equal(
        centred(accumulate(Data(X, Y, weight), mask)), explicit(X[mask], Y[mask], weight[mask]), 1e-13
    )


def test_rows_are_shifted_only_where_the_mean_is_large():
    X, Y, _ = make_data(n=3000, p=3)
    assert_array_equal(choose_shift(X), np.zeros(3))
    far = X.copy()
    far[:, 0] += 1.0  # ten times its spread
    assert_allclose(choose_shift(far), far.mean(axis=0), atol=2)
    for data in (X, far):
        moments = accumulate(Data(data, Y))
        assert_moments_equal(centred(moments), explicit(data, Y, np.ones(3000)), 1e-13)
        assert moments.shift.any() == (data is far)
    assert choose_shift((X + 1.5 * X.std(axis=0)).astype(np.float32)).all()  # less precision to lose
    assert not choose_shift(X + 1.5 * X.std(axis=0)).any()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rows", [None, slice(5, 2900), np.arange(2900, 5, -3)])
def test_rows_used_where_they_lie(order, rows):
    X, Y, _ = make_data(n=3000, p=40)
    chosen = slice(None) if rows is None else rows
    moments = accumulate(Data(np.asarray(X, order=order), Y), rows)
    assert not moments.shift.any()
    expected = explicit(X[chosen], Y[chosen], np.ones(len(X[chosen])))
    assert_moments_equal(centred(moments), expected, 1e-13)
    assert moments.n_samples == len(X[chosen])


def test_sparse_rows_are_the_dense_ones():
    X, Y, weight = make_data()
    X[np.abs(X) < 0.5] = 0
    dense, sparsely = accumulate(Data(X, Y, weight)), accumulate(Data(sparse.csr_array(X), Y, weight))
    assert_moments_equal(centred(sparsely), centred(dense), 1e-13)


def test_a_misleading_subsample_is_noticed():
    """The rows that the shift is taken from are the only ones near 0; the rest lie at 1e7."""
    n = 512 * 40
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 2)) + 1e7
    X[np.linspace(0, n - 1, 512).astype(int)] -= 1e7 - 1e6
    weight = np.full(n, 1e6)
    weight[np.linspace(0, n - 1, 512).astype(int)] = 1e-12
    moments = accumulate(Data(X, X[:, :1].copy(), weight))
    assert moments.well_shifted()


def test_blocks_cover_the_rows_in_reused_buffers():
    X, Y, weight = make_data()
    seen = []
    for where, A, B in row_blocks(Data(X, Y, weight), None, np.ones(7), np.zeros(2), np.float64, 64):
        assert_allclose(A[:, :-1], np.sqrt(weight[where, None]) * (X[where] - 1))
        assert_allclose(A[:, -1], np.sqrt(weight[where]))
        assert_allclose(B, np.sqrt(weight[where, None]) * Y[where])
        seen.append(where)
    assert seen[0].start == 0
    assert seen[-1].stop == len(X)
    assert all(a.stop == b.start for a, b in pairwise(seen))


def test_result_does_not_depend_on_the_threads():
    from skl2._threads import one_blas_thread

    X, Y, weight = make_data(n=30_000, p=60)
    assert len(row_ranges(Data(X, Y))) > 1
    free = accumulate(Data(X, Y, weight))
    with one_blas_thread():
        serial = accumulate(Data(X, Y, weight))
    assert_allclose(free.gram, serial.gram, rtol=1e-13, atol=1e-10)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_triangle_is_the_root_of_the_moments(fit_intercept):
    X, Y, weight = make_data(n=3000)
    shift, y_shift = X.mean(axis=0), Y.mean(axis=0)
    R = triangle(Data(X, Y, weight), np.arange(100, 2900), shift, y_shift, fit_intercept)
    columns = [np.ones((2800, 1))] * fit_intercept + [X[100:2900] - shift, Y[100:2900] - y_shift]
    A = np.hstack(columns)
    assert_allclose(R.T @ R, (A.T * weight[100:2900]) @ A, rtol=1e-9, atol=1e-8)
    assert_array_equal(R, np.triu(R))


def test_parts_combine_about_their_common_mean_whatever_their_order_and_weights():
    X, Y, weight = make_data(n=300)
    X[:, 0] += np.linspace(0, 1e9, 300)  # each part far from all others
    weight[:100] = 0.0
    for pieces in ([0, 100, 200], [200, 0, 100], [100, 0, 200]):
        parts = [accumulate(Data(X, Y, weight), slice(start, start + 100)) for start in pieces]
        assert_moments_equal(centred(combined(parts)), explicit(X, Y, weight), 1e-12)
        merged = parts[0].merge(parts[1]).merge(parts[2])
        assert_allclose(merged.x_mean, combined(parts).x_mean, rtol=1e-12)
    nothing = accumulate(Data(X, Y, weight), slice(0, 100))
    assert combined([nothing, nothing]).weight == 0


# ------------------------------------------------------------------------------------ the wide twin


def dense_rows(X, weight, fit_intercept):
    """A = √w (X − μ)."""
    return np.sqrt(weight)[:, None] * (X - fit_intercept * np.average(X, axis=0, weights=weight))


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array, sparse.csc_matrix])
def test_centred_rows_are_the_operator_that_they_stand_for(kind, weighted, fit_intercept):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(7, 11)) * (rng.random((7, 11)) < 0.6) + 0.5 * (np.arange(11) == 3)
    X[:, 5] = 2.0
    weight = rng.uniform(0.2, 3, 7) if weighted else np.ones(7)
    A, rows = dense_rows(X, weight, fit_intercept), CentredRows(kind(X), weight, fit_intercept)
    R, V = rng.normal(size=(7, 3)), rng.normal(size=(11, 3))
    assert_allclose(rows @ V, A @ V, atol=1e-13)
    assert_allclose(rows.T @ R, A.T @ R, atol=1e-13)
    assert_allclose(rows.T @ R[:, 0], A.T @ R[:, 0], atol=1e-13)
    assert_allclose(rows.summed(R), A.T @ (np.sqrt(weight)[:, None] * R), atol=1e-13)
    assert_allclose(np.sqrt(weight)[:, None] * rows.centred(V), A @ V, atol=1e-13)
    assert_allclose(rows.column_squares(), (A**2).sum(axis=0), atol=1e-13)
    assert rows.column_squares()[5] == 0 or not fit_intercept
    if kind is not np.asarray:
        assert_allclose(rows.gram(), A @ A.T, atol=1e-13)


@pytest.mark.parametrize("factors", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("offset", [0.0, 0.5, 50.0])
def test_the_kernel_is_the_product_of_the_centred_rows(offset, fit_intercept, factors):
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(6, 15)) + offset, rng.uniform(0.2, 3, 6)
    d = rng.uniform(0.5, 2, 15) if factors else None
    kernel = Kernel(
        RidgeProblem(X, np.ones((6, 1)), weight, fit_intercept, alpha=np.ones(1), penalty_factor=d)
    )
    A = dense_rows(X / (1.0 if d is None else np.sqrt(d)), weight, fit_intercept)
    assert_allclose(kernel.K, A @ A.T, atol=1e-14 * 6 * 15 * (1 + offset**2))
    dual = kernel.centred(rng.normal(size=(6, 2)))
    assert_allclose(kernel.product(dual), A @ A.T @ dual, atol=1e-10)
    coef, mean_fit = kernel.primal(dual)
    assert_allclose(coef, (A.T @ dual) / (1.0 if d is None else np.sqrt(d)[:, None]), atol=1e-10)
    assert_allclose(mean_fit, fit_intercept * np.average(X, axis=0, weights=weight) @ coef, atol=1e-9)


def test_what_may_be_made_dense_and_what_cancels():
    assert may_densify(np.ones((2, 3)))
    assert may_densify(sparse.csr_array((10_000, 5_000)))
    assert not may_densify(sparse.csr_array((10_000, 5_001)))
    assert not may_densify(sparse.csr_array((5_001, 10_000)))
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    for column, near in (([0.0, 0.0, 0.0], True), ([0.0, 0.2, 0.0], True), ([0.0, 10.0, 0.0], False)):
        assert near_the_origin(sparse.csr_array(X + np.array(column))) == near
    data = centred_data(Data(X.T, np.ones((3, 1)), np.array([1.0, 2.0, 4.0]), True))
    assert_allclose(data.constant, np.sqrt([1 / 7, 2 / 7, 4 / 7]))
