"""Where the tests without a cluster compute."""

import dask
import pytest


@pytest.fixture
def one_thread():
    """No threads: those that catch warnings put back the filters of others."""
    with dask.config.set(scheduler="synchronous"):
        yield
