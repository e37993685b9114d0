"""Hold the BLAS pools to a number of threads, and put them back.

NumPy and SciPy each ship a BLAS with a thread pool of its own. A loop that alternates
between the two on several threads runs many times slower than on one, because the pool
that is idle keeps spinning. Small products gain little from a second thread anyway.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import scipy.linalg  # noqa: F401  (loads SciPy's BLAS, so that the controller sees it)
from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """The pools of this process, looked up once: the search costs milliseconds."""
    return ThreadpoolController().select(user_api="blas")


def blas_threads(n_threads: int = 1) -> AbstractContextManager[Any]:
    """A context in which every BLAS pool uses at most `n_threads` threads."""
    return _controller().limit(limits=n_threads)


@cache
def _scipy_controller() -> ThreadpoolController:
    """The pool of the BLAS that SciPy brought, if it is not NumPy's own."""
    paths = [library["filepath"] for library in _controller().info()]
    return _controller().select(filepath=[path for path in paths if "scipy" in path.lower()])


def scipy_blas_threads(n_threads: int = 1) -> AbstractContextManager[Any]:
    """A context in which SciPy's BLAS pool is held to `n_threads` threads, and NumPy's is free."""
    return _scipy_controller().limit(limits=n_threads)
