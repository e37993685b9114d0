"""Singular values that are right for columns of every size, and the one rule of what is rounding error.

With d the norms of the columns, A = B D, D = diag(d), so that the columns of B are alike:

    B = Q T                    QR with the columns in order of what they add; T has rank rows
    T D = U diag(s) V'         by Jacobi's rotations, which heed the size of every row and column

and A = (Q U) diag(s) V'. The usual SVD is right to a part of the *largest* singular value: beside a
column of 50,000 it takes one of 0.05 for rounding error sooner or later.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg
from scipy.linalg import lapack

from skl2._threads import one_scipy_blas_thread
from skl2._typing import NDArray
from skl2.ridge._rows import Data, largest_first, triangle

EPS = float(np.finfo(np.float64).eps)
MENDED = 1e5 * EPS  # change of a singular vector up to which it is taken for its rounding error


def column_norms(A: NDArray) -> NDArray:
    """The norms of the columns, 1 for columns of zeros; no square overflows."""
    largest = np.abs(A).max(axis=0, initial=0.0)
    unit = A / np.where(largest > 0, largest, 1.0)
    return np.where(largest > 0, largest * np.sqrt(np.einsum("ij,ij->j", unit, unit)), 1.0)


def above_rounding(values: NDArray, n: int) -> NDArray:
    """Which are more than rounding error, of singular values, eigenvalues or pivots of sums of n numbers."""
    return values > EPS * n * values.max(initial=0.0)


def roots(eigenvalues: NDArray) -> NDArray:
    """The singular values √λ; infinite where λ is rounding error, so that dividing by them leaves nothing."""
    return np.sqrt(np.where(above_rounding(eigenvalues, len(eigenvalues)), eigenvalues, np.inf))


def ranked(A: NDArray, n_rows: int, most: int | None = None) -> tuple[NDArray, NDArray]:
    """Q (n, n) and rows (p, rank) with A = Q[:, :rank] rows'; the rank is that of columns of norm 1."""
    size = column_norms(A)
    Q, T, order = linalg.qr(A / size, pivoting=True)
    rank = int(np.count_nonzero(above_rounding(np.abs(T.diagonal()), max(n_rows, A.shape[1]))))
    rank = rank if most is None else min(rank, most)
    rows = np.empty((A.shape[1], rank))
    rows[order] = T[:rank].T
    return Q, size[:, None] * rows


def graded_svd(A: NDArray, n_rows: int, most: int | None = None) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """U (n, rank), s (rank,) descending, V (p, rank) of A (n, p), and the rest (n, n − rank) of U's basis.

    The rank is that of the columns scaled to a norm of 1, and at most `most`. A stands for data of `n_rows`
    rows: more of them make more rounding error. Z. Drmač, K. Veselić (2008), New fast and accurate Jacobi
    SVD algorithm.
    """
    with one_scipy_blas_thread():
        Q, rows = ranked(A, n_rows, most)
        rank = rows.shape[1]
        if not rank:
            return Q[:, :0], np.empty(0), np.empty((A.shape[1], 0)), Q
        V, s, U = _jacobi(rows)
        return Q[:, :rank] @ U, s, _mended(V, rows, U * s, s), Q[:, rank:]


def _mended(V: NDArray, rows: NDArray, left: NDArray, s: NDArray) -> NDArray:
    """V with rows'V = U diag(s) to the last digits, which the rounding of V loses where sizes differ."""
    order, change = largest_first(rows), np.empty_like(V)
    Q, L, pivots = linalg.qr(rows[order], mode="economic", pivoting=True)
    rank = int(np.count_nonzero(L.diagonal()))
    gap = (left - rows.T @ V)[pivots[:rank]]
    change[order] = Q[:, :rank] @ linalg.solve_triangular(L[:rank, :rank], gap, trans=1)
    lost = (s < column_norms(rows.T)[:, None]) & (np.linalg.norm(change, axis=0) < MENDED)
    return V + np.where(lost, change, 0.0)


def _jacobi(A: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """U, s and V of a tall A of full rank; rows in falling order keep their own precision."""
    unit = float(np.abs(A).max())
    order = largest_first(A)
    sva, U, V, work, _, info = lapack.dgejsv(
        np.asfortranarray(A[order] / unit), joba=3, jobu=0, jobv=0, jobr=0, jobp=0
    )
    if info != 0:  # not seen to happen: the rotations have not settled
        U, s, Vt = np.linalg.svd(A, full_matrices=False)
        return U, s, Vt.T
    left = np.empty(A.shape)
    left[order] = U[:, : A.shape[1]]
    return left, unit * sva * (work[0] / work[1]), V


def centred_triangle(
    data: Data, rows: Any, shift: NDArray, y_shift: NDArray
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """QR of √w [1, x, y]: R, Q'Y, what is left of Y below, and the first row, that of the intercept.

    What is left of a constant column is rounding error: zero in R.
    """
    p, first = data.X.shape[1], int(data.fit_intercept)
    whole = triangle(data, rows, shift, y_shift, data.fit_intercept)
    R, Q_Y = whole[first : first + p, first : first + p], whole[first : first + p, first + p :]
    if data.fit_intercept:
        size = np.abs(whole[:, 1 : 1 + p]).max(axis=0) + np.abs(whole[0, 0] * shift)
        R[:, np.abs(R).max(axis=0, initial=0.0) <= 4 * EPS * size] = 0.0
    return R, Q_Y, whole[first + p :, first + p :], whole[0]
