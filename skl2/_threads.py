"""Hold the BLAS pools to a number of threads, and put them back.

NumPy and SciPy each ship a BLAS with a thread pool of its own. A loop that alternates
between the two on several threads runs many times slower than on one, because the pool
that is idle keeps spinning. Small products gain little from a second thread anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

import scipy.linalg  # loads SciPy's BLAS, so that the controller sees it
from threadpoolctl import ThreadpoolController

_lock = Lock()
_holders: dict[str, int] = {"all": 0, "scipy": 0}
_limits: dict[str, object] = {}


@cache
def _controller(which: str) -> ThreadpoolController:
    """The pools of this process, looked up once: the search costs milliseconds.

    'scipy' means the pool of the BLAS that SciPy brought, if that is not NumPy's own, and 'numpy' the
    others. It is told by its folder: NumPy's has "scipy" in its name too.
    """
    blas = ThreadpoolController().select(user_api="blas")
    if which == "all":
        return blas
    package = Path(scipy.__file__).parent
    folders = [package, package.with_name("scipy.libs")]
    paths = [library["filepath"] for library in blas.info()]
    scipys = {path for path in paths if any(map(Path(path).is_relative_to, folders))}
    return blas.select(filepath=list(scipys if which == "scipy" else set(paths) - scipys))


@contextmanager
def _one_thread(which: str) -> Iterator[None]:
    """Hold pools to one thread. Limits belong to the process, so overlapping fits share one."""
    with _lock:
        _holders[which] += 1
        if _holders[which] == 1:
            _limits[which] = _controller(which).limit(limits=1)
    try:
        yield
    finally:
        with _lock:
            _holders[which] -= 1
            if _holders[which] == 0:
                _limits.pop(which).restore_original_limits()  # type: ignore[attr-defined]


def one_blas_thread() -> AbstractContextManager[None]:
    """A context in which every BLAS pool uses one thread."""
    return _one_thread("all")


def one_scipy_blas_thread() -> AbstractContextManager[None]:
    """A context in which SciPy's BLAS pool uses one thread, and NumPy's is free."""
    return _one_thread("scipy")


def n_blas_threads() -> int:
    """How many threads NumPy's BLAS may use now."""
    return min((library.num_threads for library in _controller("numpy").lib_controllers), default=1)
