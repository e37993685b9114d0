"""Set up every test process before NumPy is imported."""

import gc
import os
import signal
from pathlib import Path

import pytest

# Two test processes on two cores leave no core for a second BLAS thread.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# A shell's background jobs ignore the signal by which fits are interrupted here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = ["typed_script.py"]  # for type checkers, not to be run


def pytest_collection_modifyitems(items):
    """Files with long tests first: the many short ones that are left let all processes end together."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Libraries and tests stay to the end: while they are loaded, garbage is not looked for among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()


@pytest.fixture
def interrupt_at(monkeypatch):
    """A function that interrupts the n-th evaluation of the loss, from 0, and returns their counter."""
    from skl2.mlp._loss import SoftmaxCrossEntropy

    original = SoftmaxCrossEntropy.value_and_gradient_inplace

    def arrange(number):
        calls = iter(range(1000))

        def interrupt(self, *args):
            if next(calls) == number:
                raise KeyboardInterrupt
            return original(self, *args)

        monkeypatch.setattr(SoftmaxCrossEntropy, "value_and_gradient_inplace", interrupt)
        return calls

    return arrange
