"""BLAS pools are held to one thread, each by its own name, and put back, wherever an interruption falls."""

import ast
import contextlib
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import scipy
from sklearn.datasets import make_regression
from threadpoolctl import ThreadpoolController, threadpool_limits

from skl2 import RidgeCV, _threads
from skl2._threads import n_blas_threads, one_blas_thread, one_scipy_blas_thread, thread_map


def threads_of(package):
    """Threads of the BLAS libraries that a package brought along."""
    folder = Path(package.__file__).parent
    folders = [folder, folder.with_name(f"{folder.name}.libs")]
    return [
        library["num_threads"]
        for library in ThreadpoolController().select(user_api="blas").info()
        if any(Path(library["filepath"]).is_relative_to(folder) for folder in folders)
    ]


def test_holding_scipys_blas_leaves_numpys_alone():
    with threadpool_limits(2, user_api="blas"):
        with one_scipy_blas_thread():
            assert set(threads_of(scipy)) <= {1}
            assert set(threads_of(np)) <= {2}
            assert n_blas_threads() == 2
        assert set(threads_of(scipy)) | set(threads_of(np)) <= {2}


def test_limits_that_overlap_are_put_back_by_the_last():
    with threadpool_limits(2, user_api="blas"):
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert n_blas_threads() == 1
        second.__exit__(None, None, None)
        assert n_blas_threads() == 2


def test_pools_that_overlap_are_put_back_one_by_one():
    with threadpool_limits(2, user_api="blas"):
        scipys, every = one_scipy_blas_thread(), one_blas_thread()
        scipys.__enter__()
        every.__enter__()
        scipys.__exit__(None, None, None)
        assert set(threads_of(scipy)) <= {1}
        every.__exit__(None, None, None)
        assert set(threads_of(scipy)) | set(threads_of(np)) <= {2}


def test_thread_map_keeps_the_order_and_passes_errors():
    with threadpool_limits(2, user_api="blas"):
        assert thread_map(lambda i: i * i, range(20)) == [i * i for i in range(20)]
        assert thread_map(lambda i: i * i, range(20), sum) == sum(i * i for i in range(20))

        def fail(i):
            raise RuntimeError(f"item {i}")

        with pytest.raises(RuntimeError, match="item 0"):
            thread_map(fail, range(3))
        assert n_blas_threads() == 2


def test_an_interruption_between_a_limit_and_its_block_lifts_it_at_once(monkeypatch):
    enter = contextlib._GeneratorContextManager.__enter__

    def interrupted_after(self):
        enter(self)
        if self.gen.gi_code is one_blas_thread.__wrapped__.__code__:
            raise KeyboardInterrupt

    monkeypatch.setattr(contextlib._GeneratorContextManager, "__enter__", interrupted_after)
    X, y = make_regression(30, 3, random_state=0)
    with pytest.raises(KeyboardInterrupt) as error:
        RidgeCV(cv=3).fit(X, y)
    assert error.tb is not None  # which is alive, as in a notebook
    assert _threads._held == {}


@cache
def lines_of_with(file):
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    return {node.lineno for node in ast.walk(tree) if isinstance(node, ast.With)}


def interrupted(function, number, module):
    """Run `function` with a KeyboardInterrupt at the n-th line of a module; return it, or None at the end.

    Left out is the line of a `with` on the way out of its block: between the last call of the block
    and `__exit__` the interpreter handles no signal.
    """
    file = module.__file__
    visits = Counter()
    lines = iter(range(10**6))

    def trace(frame, event, arg):
        if frame.f_code.co_filename != file:
            return None
        if event == "line":
            visits[frame, frame.f_lineno] += 1
            leaves = frame.f_lineno in lines_of_with(file) and visits[frame, frame.f_lineno] > 1
            if not leaves and next(lines) == number:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt as error:
        return error
    finally:
        sys.settrace(before)
        visits.clear()  # they would keep the frames alive
    return None


def pool_sizes():
    return [pool.num_threads for pool in _threads._pools()["all"]]


def use_in_thread_map():
    thread_map(lambda i: np.eye(3) @ np.eye(3), range(4), list)


def use_in_contexts():
    with one_scipy_blas_thread(), one_blas_thread(), one_scipy_blas_thread():
        np.eye(3) @ np.eye(3)


@pytest.mark.parametrize("use", [use_in_thread_map, use_in_contexts])
def test_an_interruption_at_any_line_leaves_no_limit(use):
    use()  # pools are looked up once
    with threadpool_limits(2, user_api="blas"):
        before, number = pool_sizes(), 0
        while error := interrupted(use, number, _threads):
            assert pool_sizes() == before, error.__traceback__  # which keeps the frames alive
            assert not _threads._lock.locked()
            number += 1
    assert number > 30


def test_an_interruption_within_contextlib_leaves_no_limit_when_it_is_over():
    with threadpool_limits(2, user_api="blas"):
        before, number = pool_sizes(), 0
        while interrupted(use_in_contexts, number, contextlib):
            assert pool_sizes() == before
            number += 1
    assert number > 10
