"""Ridge in 60 digits, by normal equations in Python's own decimal numbers."""

from decimal import Decimal, localcontext

import numpy as np

DIGITS = 60


def decimals(values):
    """The very numbers that are stored, to the last binary digit."""
    return np.vectorize(Decimal, otypes=[object])(np.asarray(values, float))


def solve(A, B):
    """A⁻¹ B for a matrix B, by elimination with pivots."""
    A, B = A.copy(), B.copy()
    for k in range(len(A)):
        pivot = k + np.abs(A[k:, k]).argmax()
        A[[k, pivot]], B[[k, pivot]] = A[[pivot, k]], B[[pivot, k]]
        factors = A[k + 1 :, k] / A[k, k]
        A[k + 1 :] -= np.outer(factors, A[k])
        B[k + 1 :] -= np.outer(factors, B[k])
    for k in reversed(range(len(A))):
        B[k] = (B[k] - (A[k, k + 1 :, None] * B[k + 1 :]).sum(axis=0)) / A[k, k]
    return B


def plus_diagonal(A, alpha):
    return A + Decimal(float(alpha)) * np.eye(len(A), dtype=int).astype(object)


def optimum(X, y, alpha, weight=None, fit_intercept=True):
    """Coefficients and intercept as decimal numbers, from the normal equations of the smaller side."""
    X, y = decimals(X), decimals(y)
    w = decimals(np.ones(len(y)) if weight is None else weight)
    means, mean = (w @ X / w.sum(), w @ y / w.sum()) if fit_intercept else (0 * X[0], Decimal(0))
    root = np.array([v.sqrt() for v in w])[:, None]
    A, b = root * (X - means), root * (y - mean)[:, None]
    if len(A) < A.shape[1]:
        coef = A.T @ solve(plus_diagonal(A @ A.T, alpha), b)
    else:
        coef = solve(plus_diagonal(A.T @ A, alpha), A.T @ b)
    return coef[:, 0], mean - means @ coef[:, 0]


def exact_coef(X, y, alpha, weight=None, fit_intercept=True):
    """Coefficients, rounded."""
    with localcontext(prec=DIGITS):
        return optimum(X, y, alpha, weight, fit_intercept)[0].astype(float)


def exact_squares(X, y, alpha, splits):
    """Squared errors of the rows that each split holds out, of refits to the others, rounded."""
    with localcontext(prec=DIGITS):
        squares = []
        for train, test in splits:
            coef, intercept = optimum(X[train], y[train], alpha)
            squares.append((decimals(y[test]) - decimals(X[test]) @ coef - intercept) ** 2)
        return np.array(squares).astype(float)


def exact_gcv(X, y, alpha):
    """GCV, from the residual and the trace of I − H, rounded."""
    with localcontext(prec=DIGITS):
        A, b, n = decimals(X), decimals(y), len(y)
        A, b = A - A.sum(axis=0) / n, b - b.sum() / n
        inverse = solve(plus_diagonal(A @ A.T, alpha), np.eye(n, dtype=int).astype(object))
        alpha = Decimal(float(alpha))
        residual, left = alpha * inverse @ b, alpha * inverse.trace() - 1
        return float(n * residual @ residual / left**2)
