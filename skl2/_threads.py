"""Hold the BLAS pools to a number of threads, and put them back.

NumPy and SciPy each ship a BLAS with a thread pool of its own. A loop that alternates
between the two on several threads runs many times slower than on one, because the pool
that is idle keeps spinning. Small products gain little from a second thread anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import scipy.linalg  # loads SciPy's BLAS, so that the controller sees it
from threadpoolctl import LibController, ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")

_lock = Lock()
_held: dict[object, tuple[LibController, ...]] = {}
"""The pools that each holder keeps at one thread"""
_originals: dict[LibController, int] = {}
"""How many threads each pool had before its first holder came"""


@cache
def _pools() -> dict[str, tuple[LibController, ...]]:
    """The BLAS pools of this process, looked up once: the search costs milliseconds.

    'scipy' is the pool of the BLAS that SciPy brought, if that is not NumPy's own, and 'numpy' are the
    others. It is told by its folder: NumPy's has "scipy" in its name too.
    """
    pools = tuple(ThreadpoolController().select(user_api="blas").lib_controllers)
    package = Path(scipy.__file__).parent
    folders = [package, package.with_name("scipy.libs")]
    scipys = tuple(pool for pool in pools if any(map(Path(pool.filepath).is_relative_to, folders)))
    return {"all": pools, "scipy": scipys, "numpy": tuple(pool for pool in pools if pool not in scipys)}


@contextmanager
def one_blas_thread(which: str = "all") -> Iterator[None]:
    """A context in which every BLAS pool, or those of one name in `_pools`, use one thread.

    Limits belong to the process, so overlapping fits share one. They are released twice, as an
    interruption may fall into the first time.
    """
    holder = object()
    try:
        try:
            _hold(holder, _pools()[which])
            yield
        finally:
            _release(holder)
    finally:
        _release(holder)


one_scipy_blas_thread = partial(one_blas_thread, "scipy")
"""A context in which SciPy's BLAS pool uses one thread, and NumPy's is free"""


def _hold(holder: object, pools: tuple[LibController, ...]) -> None:
    """Bring pools down to one thread; what they had is noted before."""
    with _lock:
        _held[holder] = pools
        for pool in pools:
            _originals.setdefault(pool, pool.num_threads)
            pool.set_num_threads(1)


def _release(holder: object) -> None:
    """Give back the threads of the pools that nobody else holds; a second call changes nothing."""
    with _lock:
        _held.pop(holder, None)
        still_held = {pool for pools in _held.values() for pool in pools}
        for pool in _originals.keys() - still_held:
            pool.set_num_threads(_originals[pool])
            del _originals[pool]


def n_blas_threads() -> int:
    """How many threads NumPy's BLAS may use now."""
    return min((pool.num_threads for pool in _pools()["numpy"]), default=1)


def thread_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    consume: Callable[[Iterator[Result]], Any] = list,
) -> Any:
    """What `consume` makes of the results in order; on as many threads as BLAS may use now.

    Each thread has a BLAS of one. NumPy releases the interpreter inside its loops and products, so
    plain threads over rows use the cores better than a BLAS that splits each small product. The
    pool lives as long as the call: none is left to break a later fork. Results are consumed within
    it, as they come, so that no iterator leaves with the limit in its hands.
    """
    items = list(items)
    n_threads = min(len(items), n_blas_threads()) if len(items) > 1 else 1
    if n_threads == 1:
        return consume(map(function, items))
    with one_blas_thread(), ThreadPoolExecutor(n_threads) as pool:
        # with the state of warnings about numbers that is set here
        calls = ((copy_context(), item) for item in items)
        return consume(pool.map(lambda call: call[0].run(function, call[1]), calls))
