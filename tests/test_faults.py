"""A fit that is interrupted, forked, run eight times at once or repeated does nothing but its work."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.testing import assert_array_equal
from sklearn.base import clone

import skl2

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 6)), RNG.normal(size=60)
LABELS = (Y > 0).astype(int)
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
MODELS = [
    skl2.Ridge(),
    skl2.RidgeClassifier(),
    skl2.RidgeCV("auto"),
    skl2.RidgeClassifierCV((0.1, 10.0), cv=2),
    skl2.MLPRegressor(**SMALL),
    skl2.MLPClassifier(**SMALL),
    skl2.MLPRegressorCV(alphas=[0.1, 10.0], cv=2, **SMALL),
    skl2.MLPClassifierCV(alphas=[0.1, 10.0], cv=2, **SMALL),
]
pytestmark = pytest.mark.filterwarnings("ignore")  # few epochs, random targets


def fit(model):
    """A new estimator of the kind, fitted to the data above."""
    return type(model)(**model.get_params()).fit(X, LABELS if "Classifier" in type(model).__name__ else Y)


def name(model):
    return type(model).__name__


INTERRUPTED = """
import sys, warnings
import numpy as np
import skl2
from skl2._threads import _held

rng = np.random.default_rng(0)
X = rng.normal(size=(20_000, 40))
y = (X[:, 0] + rng.normal(size=len(X)) > 0).astype(int)
for line in sys.stdin:
    model = eval(line, vars(skl2))
    with warnings.catch_warnings():
        for message in ("Maximum iterations", "The chosen alpha", "A worker stopped"):
            warnings.filterwarnings("ignore", message)
        model.fit(X[:200], y[:200])
        print("ready", flush=True)
        try:
            while True:
                model.set_params(**{"max_iter": 100_000} if "MLP" in line else {}).fit(X, y)
        except KeyboardInterrupt:
            print("interrupted", "still held" if _held else "", flush=True)
        except Warning as warning:  # the weights so far are kept
            print("interrupted" if "interrupted by user" in str(warning) else warning, flush=True)
"""
LONG_FITS = [
    "Ridge()",
    "RidgeClassifier()",
    "RidgeCV('auto')",
    "RidgeClassifierCV(cv=5)",
    "MLPClassifier((20,), max_iter=2, tol=0.0)",
    "MLPRegressor(hidden_layer_sizes=(20,), max_iter=2, tol=0.0)",
    "MLPClassifierCV((20,), cv=2, max_iter=2)",
    "MLPRegressorCV(hidden_layer_sizes=(20,), cv=2, max_iter=2)",
    "MLPClassifierCV((20,), cv=2, max_iter=2, n_jobs=2)",
]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_signal_ends_any_fit_and_frees_the_threads():
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", INTERRUPTED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        for model in LONG_FITS:  # in one process: what one has left behind would disturb the next
            process.stdin.write(model + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "ready\n", model
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline().strip() == "interrupted", model
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_no_fit_opens_a_file_or_a_socket_or_runs_a_program(model):
    fit(model)  # what is imported lazily is there now
    seen = []
    active = [True]
    # threads that are not the fit's, such as a cluster's
    others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}

    def hook(event, args):
        if active[0] and event in WATCHED and threading.get_ident() not in others:
            seen.append((event, args))

    sys.addaudithook(hook)
    try:
        fit(model)
    finally:
        active[0] = False
    assert seen == []


WATCHED = {"open", "socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "exec"}


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_eight_threads_at_once_find_what_one_finds(model):
    alone = fit(model).predict(X)
    with ThreadPoolExecutor(8) as pool:
        for together in pool.map(lambda _: fit(model).predict(X), range(8)):
            assert_array_equal(together, alone)


def predict_to(queue, model):
    queue.put(fit(model).predict(X))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that fork")
@pytest.mark.parametrize("model", [MODELS[2], MODELS[7]], ids=name)
def test_a_process_forked_after_a_fit_can_fit(model):
    here = fit(model).predict(X)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=predict_to, args=(queue, model))
    child.start()
    there = queue.get(timeout=60)
    child.join(60)
    assert_array_equal(there, here)


def kills_its_process(estimator, X, y):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_worker_is_an_error_and_changes_nothing():
    model = fit(MODELS[7])
    before = dict(vars(model))
    with pytest.raises(TerminatedWorkerError):
        model.set_params(scoring=kills_its_process, n_jobs=2).fit(X, LABELS)
    assert {**vars(model), "scoring": None, "n_jobs": None} == {**before, "scoring": None, "n_jobs": None}
    expected = fit(MODELS[7]).predict(X)
    assert_array_equal(model.set_params(scoring=None, n_jobs=1).fit(X, LABELS).predict(X), expected)


def fit_in_little_memory(queue, model):
    """Put what a fit raises that needs too much memory, whether it changed anything, and a next fit."""
    import resource  # of POSIX

    model, rng, raised = fit(model), np.random.default_rng(0), None
    # arrays of more than 32 MB never come from what an earlier test has freed
    large, y = rng.normal(size=(2300, 2200)), rng.integers(0, 2, 2300)
    before = dict(vars(model))
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (in_use + 2**22, hard))
    try:
        model.fit(large, y)
    except BaseException as error:
        raised = type(error)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    unchanged = [vars(model).get(key) is value for key, value in before.items()]
    queue.put((raised, all(unchanged) and len(vars(model)) == len(before)))
    queue.put(fit(model).predict(X))


@pytest.mark.skipif(sys.platform != "linux", reason="limits and sizes of Linux")
@pytest.mark.parametrize("model", MODELS, ids=name)
def test_too_little_memory_is_an_error_and_changes_nothing(model):
    if "hidden_layer_sizes" in model.get_params():
        model = clone(model).set_params(hidden_layer_sizes=(2000,))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=fit_in_little_memory, args=(queue, model))
    child.start()
    raised, unchanged = queue.get(timeout=60)
    there = queue.get(timeout=60)
    child.join(60)
    assert issubclass(raised, MemoryError)
    assert unchanged
    assert_array_equal(there, fit(model).predict(X))


@pytest.fixture
def growth():
    """A function that counts the objects which each call of the second half of many has left behind."""

    def count(work, times):
        for _ in range(times // 2):
            work()
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(times // 2):
            work()
        gc.collect()
        return (sys.getallocatedblocks() - before) / (times // 2)

    gc.freeze()  # garbage is looked for among what comes from now on: all else takes long to go through
    yield count
    gc.unfreeze()


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_hundred_fits_leave_nothing_behind(model, growth):
    # a fit that stayed would be dozens of objects; caches of libraries grow by a few, once
    assert growth(lambda: fit(model), 100) < 10


@pytest.mark.parametrize("model", [MODELS[0], MODELS[5]], ids=name)
def test_a_thousand_chunks_leave_nothing_behind(model, growth):
    stream = type(model)(**model.get_params())
    y = LABELS if "Classifier" in name(model) else Y
    classes = {"classes": [0, 1]} if "Classifier" in name(model) else {}
    stream.partial_fit(X[:20], y[:20], **classes)
    # the numbers of curves are all that may grow
    assert growth(lambda: stream.partial_fit(X[:20], y[:20]), 1000) < 5
