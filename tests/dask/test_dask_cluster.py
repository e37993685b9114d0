"""The same results from a real cluster of worker processes, also when one of them dies."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from contextlib import suppress

import dask
import dask.array as da
import distributed
import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

import skl2
from skl2.dask import MLPClassifier, MLPRegressor, Ridge, RidgeClassifier, RidgeCV
from skl2.dask._mlp import ChunkData
from skl2.mlp._loss import SquaredError

pytestmark = pytest.mark.filterwarnings("ignore")  # of the cluster, about ports and restarts


@pytest.fixture(scope="module")
def client():
    method = "forkserver" if os.name == "posix" else "spawn"
    if method == "forkserver":  # imports once for all workers, also for those that restart
        from multiprocessing import forkserver

        forkserver.set_forkserver_preload(["distributed", "skl2.dask"])
        forkserver.ensure_running()
    with dask.config.set({"distributed.worker.multiprocessing-method": method}):
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        )
        with distributed.Client(cluster) as client:
            yield client
        with suppress(TimeoutError):  # releases of 2024 do not end once a worker was killed
            cluster.close(timeout=20)


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
    with pytest.raises(ValueError, match="Chunk 2: Input X contains infinity"):
        Ridge(client=client).fit(da.from_array(X, chunks=(50, 5)), da.from_array(y, chunks=50))


def n_tasks(client):
    """Tasks that the scheduler knows."""
    return client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))


def test_choices_and_networks_equal_those_in_memory(client):
    X, y = data()
    dX, dy = da.from_array(X, chunks=(150, 5)), da.from_array(y, chunks=150)
    for params in ({"criterion": "loo"}, {"cv": 3}):
        assert_allclose(
            RidgeCV(**params).fit(dX, dy).coef_, skl2.RidgeCV(**params).fit(X, y).coef_, rtol=1e-9
        )
    params = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-8}
    ours, plain = MLPClassifier(**params).fit(dX, dy > 1), skl2.MLPClassifier(**params).fit(X, y > 1)
    assert_allclose(ours.loss_, plain.loss_, rtol=1e-6)
    params = {"hidden_layer_sizes": (3,), "batch_size": 100, "max_iter": 2, "random_state": 0}
    ours, plain = MLPRegressor(**params).fit(dX, dy), skl2.MLPRegressor(**params).fit(X, y)
    assert_allclose(ours.loss_curve_, plain.loss_curve_, rtol=1e-9)


def test_search_over_folds_runs_on_the_cluster(client):
    X, y = data()
    model = skl2.MLPClassifierCV(
        hidden_layer_sizes=(3,), n_alphas=3, cv=2, max_iter=3, random_state=0, n_jobs=2
    )
    alone = clone(model).set_params(n_jobs=1).fit(X, y > 1)
    with joblib.parallel_config(backend="dask"):
        model.fit(X, y > 1)
    log = client.run_on_scheduler(
        lambda dask_scheduler: [str(entry[0]) for entry in dask_scheduler.transition_log]
    )
    assert any("train_fold" in key for key in log)
    assert_allclose(model.mean_score_, alone.mean_score_)
    assert model.alpha_ == alone.alpha_


def keys_so_far(dask_scheduler):
    """Names of all tasks that the scheduler has seen lately."""
    return [str(entry[0]) for entry in dask_scheduler.transition_log]


def interrupt():
    """Send what a terminal sends, to the thread that waits: in the caller's it would not wake that one."""
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def interrupt_at_work(client):
    """As soon as a worker computes."""
    while not any(client.processing().values()):
        time.sleep(0.02)
    interrupt()


def assert_nothing_is_left(client):
    started = time.time()
    while n_tasks(client) and time.time() < started + 300:
        time.sleep(0.1)
    assert n_tasks(client) == 0


def test_interruption_cancels_what_it_started(client):
    X, y = data()
    slow = da.from_array(X, chunks=(50, 5)).map_blocks(pause, dtype=float, meta=np.empty((0, 0)))
    model = Ridge(client=client)
    threading.Thread(target=interrupt_at_work, args=[client], daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(slow, da.from_array(y, chunks=50))
    assert not hasattr(model, "coef_")
    assert_nothing_is_left(client)


def pause(block):
    """A chunk that takes long to read."""
    time.sleep(0.5 if len(block) else 0)
    return block


NETWORKS = {"lbfgs": {}, "adam": {"batch_size": 100}}


class SlowLoss(SquaredError):
    """A loss that leaves time to do something meanwhile."""

    def value_and_gradient_inplace(self, f, y, weight):
        time.sleep(0.3)
        return super().value_and_gradient_inplace(f, y, weight)


@pytest.fixture
def in_training(monkeypatch):
    """A function that arranges for a call as the fit begins to wait for its third evaluation of the loss."""

    def arrange(call):
        calls = iter(range(1000))

        def sums(self, network, loss, *rows):
            if next(calls) == 2:
                loss = SlowLoss()
                call()
            return original(self, network, loss, *rows)

        original = ChunkData.sums
        monkeypatch.setattr(ChunkData, "sums", sums)

    return arrange


@pytest.mark.parametrize("solver", NETWORKS)
def test_an_interrupted_network_is_as_it_was_and_the_cluster_goes_on(
    client, in_training, monkeypatch, solver
):
    X, y = data()
    dX, dy = da.from_array(X, chunks=(200, 5)), da.from_array(y, chunks=200)
    params = {"hidden_layer_sizes": (3,), "random_state": 0, "max_iter": 3, "solver": solver} | NETWORKS[
        solver
    ]
    model = MLPRegressor(client=client, **params).fit(dX, dy)
    before = pickle.dumps(model)
    in_training(threading.Timer(0.1, interrupt).start)
    with pytest.raises(KeyboardInterrupt):
        model.fit(dX, 2 * dy)
    assert pickle.dumps(model) == before
    assert_nothing_is_left(client)
    monkeypatch.undo()
    plain = skl2.MLPRegressor(**params).fit(X, 2 * y)
    assert_allclose(model.fit(dX, 2 * dy).loss_, plain.loss_, rtol=1e-6)


MODELS = [Ridge(), *(MLPRegressor(solver=solver, **params) for solver, params in NETWORKS.items())]


@pytest.mark.parametrize("model", MODELS)
def test_a_client_that_is_gone_is_an_error(client, model):
    gone = distributed.Client(client.scheduler.address, set_as_default=False)
    gone.close()
    X, y = data()
    with pytest.raises(ValueError, match="client is closed"):
        clone(model).set_params(client=gone).fit(
            da.from_array(X, chunks=(50, 5)), da.from_array(y, chunks=50)
        )


GONE = (ValueError, distributed.client.FutureCancelledError, OSError)


@pytest.mark.parametrize("model", MODELS)
def test_a_cluster_that_is_gone_is_an_error(model):
    X, y = data()
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        client = distributed.Client(cluster, set_as_default=False)
    with pytest.raises(GONE):
        clone(model).set_params(client=client).fit(
            da.from_array(X, chunks=(50, 5)), da.from_array(y, chunks=50)
        )
    client.close()


@pytest.mark.parametrize("solver", NETWORKS)
def test_a_cluster_that_goes_in_the_middle_is_an_error(in_training, solver):
    X, y = data()
    cluster = distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None)
    client = distributed.Client(cluster, set_as_default=False)
    model = MLPRegressor(solver=solver, client=client, **NETWORKS[solver])
    in_training(threading.Timer(0.1, cluster.close).start)
    with pytest.raises(GONE):
        model.fit(da.from_array(X, chunks=(200, 5)), da.from_array(y, chunks=200))
    assert not hasattr(model, "coefs_")
    client.close()


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
    assert_allclose(model.coef_, skl2.Ridge().fit(X, y).coef_, rtol=1e-9)
