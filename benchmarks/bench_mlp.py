"""The MLP against scikit-learn, PyTorch and the bare matrix products.

    python benchmarks/bench_mlp.py [CASE ...] [--data mnist.npz] [--fast] [--json FILE]

Every contestant has a process of its own, so that no other's threads spin while it runs; the processes take
turns, twice, and the lesser median of `--repeats` runs counts. A ratio above 1 means that skl2 is faster.
`mnist` uses the file given with --data (arrays X_train, y_train), or else fetches it. With OMP_NUM_THREADS=1
all of it is one process, and processor time is what is compared.
"""

from __future__ import annotations

import argparse
import json
import sys
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import numpy as np
import sklearn.neural_network as peer
from record import Record, clock, from_process, one_thread
from sklearn.datasets import fetch_openml, load_digits

from skl2 import MLPClassifier

Competitors = dict[str, Callable[[], object]]
RECORD = Record("mlp")
BARS = {
    ("MNIST, 784-64-64-10, Adam, float32, batch 32", "scikit-learn's in float32"): 3.0,
    ("MNIST, 784-64-64-10, Adam, float32, batch 256", "scikit-learn's in float32"): 1.7,
}


def median(run: Callable[[], object], repeats: int) -> float:
    """Median seconds."""
    now, times = clock(), []
    for _ in range(repeats):
        start = now()
        run()
        times.append(now() - start)
    return float(np.median(times))


def measured(case: str, title: str, name: str, args: argparse.Namespace) -> float:
    """The seconds of one contestant, in a process of its own unless there are no threads that could spin."""
    if one_thread():
        return contest(case, title, name, args)
    data = ["--data", args.data] if args.data else []
    words = ["--contest", case, title, name, "--repeats", str(args.repeats), *data]
    return float(from_process(__file__, *words))


def contest(case: str, title: str, name: str, args: argparse.Namespace) -> float:
    """The median seconds of one contestant."""
    return median(dict(CONTESTS[case](args))[title][name], args.repeats)


def compare(case: str, args: argparse.Namespace) -> None:
    """Let the contestants of a case take turns, and report each."""
    for title, competitors in CONTESTS[case](args):
        rounds = [{name: measured(case, title, name, args) for name in competitors} for _ in range(2)]
        report(title, {name: min(turn[name] for turn in rounds) for name in competitors})


def repeat(run: Callable[[], object], times: int) -> None:
    """Call it several times."""
    for _ in range(times):
        run()


def report(title: str, seconds: dict[str, float], ours: str = "skl2") -> None:
    """The others' times as multiples of ours."""
    for name, theirs in seconds.items():
        if name != ours:
            headline = title.startswith("MNIST") and name != "the products alone"
            RECORD.add(title, theirs / seconds[ours], name, BARS.get((title, name)), headline=headline)


def products(X: np.ndarray, sizes: tuple[int, ...], batch_size: int, epochs: int) -> None:
    """The matrix products of a fit, and nothing else."""
    layers = list(pairwise(sizes))
    weights = [np.ones((n_in, n_out), X.dtype) for n_in, n_out in layers]
    gradients = [np.empty_like(weight) for weight in weights]
    outputs = [np.empty((batch_size, size), X.dtype) for size in sizes]
    for _ in range(epochs):
        for start in range(0, len(X) - batch_size + 1, batch_size):
            batch = X[start : start + batch_size]
            np.matmul(batch, weights[0], out=outputs[1])
            for layer in range(1, len(layers)):
                np.matmul(outputs[layer], weights[layer], out=outputs[layer + 1])
            for layer in range(len(layers) - 1, 0, -1):
                np.matmul(outputs[layer].T, outputs[layer + 1], out=gradients[layer])
                np.matmul(outputs[layer + 1], weights[layer].T, out=outputs[layer])
            np.matmul(batch.T, outputs[1], out=gradients[0])


def torch_fit(
    X: np.ndarray, y: np.ndarray, batch_size: int, epochs: int, decay: float
) -> Callable[[], object]:
    """The same network in eager PyTorch with fused Adam."""
    import torch

    X_all, y_all = torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))

    def run() -> object:
        model = torch.nn.Sequential(
            torch.nn.Linear(784, 64),
            torch.nn.ReLU(),
            torch.nn.Linear(64, 64),
            torch.nn.ReLU(),
            torch.nn.Linear(64, 10),
        )
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=decay, fused=True)
        loss = torch.nn.CrossEntropyLoss()
        for _ in range(epochs):
            order = torch.randperm(len(X_all))
            for start in range(0, len(X_all), batch_size):
                rows = order[start : start + batch_size]
                optimizer.zero_grad()
                loss(model(X_all[rows]), y_all[rows]).backward()
                optimizer.step()
        return model

    return run


def mnist(args: argparse.Namespace) -> Iterator[tuple[str, Competitors]]:
    """784-64-64-10, Adam, 5 epochs, L2 of the same strength, at batch 32 and 256."""
    if args.data:
        file = np.load(args.data)
        X, y = file["X_train"], file["y_train"]
    else:
        X, y = fetch_openml("mnist_784", return_X_y=True, as_frame=False)
        X, y = X[:60_000], y[:60_000].astype(int)
    X = (X.reshape(len(X), -1) / 255).astype(np.float32)
    for batch_size in (32, 256):
        common = {"hidden_layer_sizes": (64, 64), "batch_size": batch_size, "max_iter": 5, "random_state": 0}
        alpha = 2 * 1e-3 * len(X)
        ours = MLPClassifier(alpha=alpha, learning_rate="constant", learning_rate_init=1e-3, **common)
        theirs = peer.MLPClassifier(alpha=alpha * batch_size / len(X), **common)
        competitors: Competitors = {
            "skl2": partial(ours.fit, X, y),
            "the products alone": partial(products, X, (784, 64, 64, 10), batch_size, 5),
            "scikit-learn's in float32": partial(theirs.fit, X, y),
        }
        if batch_size == 256:
            competitors["scikit-learn's in float64"] = partial(theirs.fit, X.astype(np.float64), y)
        try:
            competitors["PyTorch"] = torch_fit(X, y, batch_size, 5, 2e-3)
        except ImportError:
            print("PyTorch is not installed: pip install torch", file=sys.stderr)
        yield f"MNIST, 784-64-64-10, Adam, float32, batch {batch_size}", competitors


def digits(args: argparse.Namespace) -> Iterator[tuple[str, Competitors]]:
    """100 units, time per epoch: at each package's default batch, and at the same one."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    fixed = {"max_iter": 20, "tol": 0.0, "n_iter_no_change": 100, "random_state": 0}
    for title, batch in (("default batches", {}), ("batch 200 in both", {"batch_size": 200})):
        ours = MLPClassifier(learning_rate="constant", learning_rate_init=1e-3, **fixed, **batch)
        theirs = peer.MLPClassifier(**fixed, **batch)
        competitors: Competitors = {
            "skl2": partial(ours.fit, X, y),
            "scikit-learn's": partial(theirs.fit, X, y),
        }
        yield f"digits, 20 epochs, {title}", competitors


def predict(args: argparse.Namespace) -> Iterator[tuple[str, Competitors]]:
    """predict_proba of 1 row and of 10,000."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10_000, 50)), rng.integers(0, 5, 10_000)
    ours = MLPClassifier(max_iter=1).fit(X, y)
    theirs = peer.MLPClassifier(max_iter=1).fit(X, y)
    for n_rows, loops in ((1, 500), (10_000, 10)):
        competitors: Competitors = {
            "skl2": partial(repeat, partial(ours.predict_proba, X[:n_rows]), loops),
            "scikit-learn's": partial(repeat, partial(theirs.predict_proba, X[:n_rows]), loops),
        }
        yield f"predict_proba, {n_rows} rows", competitors


def memory(args: argparse.Namespace) -> None:
    """Peak of a fit beyond X and y, in numbers of the network's parameters."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(4_000, 500)).astype(np.float32), rng.integers(0, 10, 4_000)
    MLPClassifier(1, max_iter=1).fit(X, y)  # what a first fit loads is none of the network's
    for solver, state in (("sgd", 2), ("adam", 3)):
        model = MLPClassifier(1000, solver=solver, max_iter=2, batch_size=200)
        tracemalloc.start()
        model.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        parameters = 4 * sum(array.size for array in model.coefs_ + model.intercepts_)
        batch = 4 * 200 * (500 + 2 * 1000 + 2 * 10)
        rows = 3 * y.nbytes
        beyond = (peak - batch - rows) / parameters
        print(f"peak of {solver}: {beyond:.2f} x parameters beyond a batch, {state} the optimiser's")


def rows(args: argparse.Namespace) -> None:
    """Time per row of 2,000,000 x 50 against 200,000 x 50."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000_000, 50)).astype(np.float32)
    y = (X[:, 0] + rng.normal(size=len(X)) > 0).astype(int)
    model = MLPClassifier(max_iter=1, batch_size=200, random_state=0)
    few = 200_000
    of_few = median(lambda: model.fit(X[:few], y[:few]), args.repeats)
    of_many = median(lambda: model.fit(X, y), args.repeats)
    RECORD.add("2,000,000 rows, time per row", 10 * of_few / of_many, "200,000 rows")


CONTESTS = {"mnist": mnist, "digits": digits, "predict": predict}
CASES = {name: partial(compare, name) for name in CONTESTS} | {"memory": memory, "rows": rows}
FAST = ("digits", "predict")


def main() -> None:
    """Run the chosen cases."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(CASES)}; default: all")
    parser.add_argument("--data", help="a local copy of MNIST (.npz)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--fast", action="store_true", help=f"only {' and '.join(FAST)}")
    parser.add_argument("--json", help="where the ratios are written")
    parser.add_argument("--contest", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    if args.contest:
        print(json.dumps(contest(*args.contest, args)))
        return
    for case in args.cases or (FAST if args.fast else CASES):
        CASES[case](args)
    RECORD.write(args.json)


if __name__ == "__main__":
    main()
