"""The same results from a real cluster of worker processes, also when one of them dies."""

from __future__ import annotations

import os
import pickle
import signal
import time

import dask.array as da
import distributed
import numpy as np
import pytest
from numpy.testing import assert_allclose

import skl2
from skl2.dask import Ridge, RidgeClassifier

pytestmark = pytest.mark.filterwarnings("ignore")  # of the cluster, about ports and restarts


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def data():
    X = np.random.default_rng(0).normal(size=(400, 5))
    return X, X @ np.arange(5.0) + 1


def test_equal_and_client_is_not_pickled(client):
    X, y = data()
    dX, dy = da.from_array(X, chunks=(50, 5)), da.from_array(y, chunks=50)
    model = Ridge(client=client).fit(dX, dy)
    assert_allclose(model.coef_, skl2.Ridge().fit(X, y).coef_, rtol=1e-9)
    assert pickle.loads(pickle.dumps(model)).client is None
    assert_allclose(model.score(dX, dy), model.to_local().score(X, y))
    one = Ridge(client=client).fit(dX.rechunk((400, 5)), dy.rechunk(400))  # more workers than chunks
    assert_allclose(one.coef_, model.coef_, rtol=1e-9)
    labels = RidgeClassifier(client=client).fit(dX, dy > 1)
    assert_allclose(labels.coef_, skl2.RidgeClassifier().fit(X, y > 1).coef_, rtol=1e-9)


def test_an_error_of_a_worker_reaches_the_caller(client):
    X, y = data()
    X[120, 0] = np.inf
    with pytest.raises(ValueError, match="Chunk 2 of X"):
        Ridge(client=client).fit(da.from_array(X, chunks=(50, 5)), da.from_array(y, chunks=50))


def test_a_worker_killed_in_the_middle_changes_nothing(client, tmp_path):
    X, y = data()
    mark = str(tmp_path / "killed")

    def kill_once(block, block_info=None):
        if block_info[0]["chunk-location"][0] == 3:
            try:
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return block
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    dX = da.from_array(X, chunks=(50, 5)).map_blocks(kill_once, dtype=float, meta=np.empty((0, 0)))
    model = Ridge(client=client).fit(dX, da.from_array(y, chunks=50))
    assert os.path.exists(mark)
    client.wait_for_workers(2, timeout=60)  # a cluster that is closed before does not end
    assert_allclose(model.coef_, skl2.Ridge().fit(X, y).coef_, rtol=1e-9)


def test_a_client_that_is_gone_is_an_error(client):
    gone = distributed.Client(client.scheduler.address, set_as_default=False)
    gone.close()
    X, y = data()
    with pytest.raises(ValueError, match="client is closed"):
        Ridge(client=gone).fit(da.from_array(X, chunks=(50, 5)), da.from_array(y, chunks=50))
