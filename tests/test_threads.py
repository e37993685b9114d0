"""BLAS pools are held to one thread, each by its own name, and put back."""

from pathlib import Path

import numpy as np
import scipy
from threadpoolctl import ThreadpoolController, threadpool_limits

from skl2._threads import n_blas_threads, one_blas_thread, one_scipy_blas_thread


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
