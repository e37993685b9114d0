"""Ridge and the networks on Dask: what a pass over rows in chunks costs, and how it grows.

    python benchmarks/bench_dask.py [--fast] [--json FILE]

5,000,000 × 100 float64, 4 GB, are made in chunks by seeded generators on two worker processes of 1 GiB
each. The measure is the time of making X and summing it, which reads every number once and keeps nothing.
With OMP_NUM_THREADS=1, for a machine that has other work, the processor time of the client and its workers
is what is compared. Where dask-ml is installed, its LinearRegression by its default solver, 'admm', and by
'lbfgs' fits a tenth of the rows too.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster
from record import Record, one_thread

import skl2
from skl2.dask import MLPRegressor, Ridge, RidgeCV
from skl2.dask import _mlp as chunked

P, CHUNK = 100, 62_500


def made(block_info: Any = None) -> np.ndarray:
    """One chunk of [X y]: columns of unequal spread, and a linear y."""
    number = block_info[None]["chunk-location"][0]
    rng = np.random.default_rng(number)
    rows = rng.standard_normal(block_info[None]["chunk-shape"])
    rows[:, -1] += rows[:, :-1].sum(axis=1)
    return rows


def data(n_rows: int) -> tuple[da.Array, da.Array]:
    chunks = ((CHUNK,) * (n_rows // CHUNK), (P + 1,))
    rows = da.map_blocks(made, chunks=chunks, dtype=float, meta=np.empty((0, 0)))
    return rows[:, :P], rows[:, P]


def processor_seconds(client: Client) -> float:
    return time.process_time() + sum(client.run(time.process_time).values())


def largest_worker(client: Client) -> float:
    """GiB of the worker that has held most."""
    used = client.run(lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return max(used.values()) / 2**20


def clock_of(client: Client) -> Callable[[], float]:
    return partial(processor_seconds, client) if one_thread() else time.perf_counter


def timed(client: Client, work: Callable[[], Any]) -> float:
    clock = clock_of(client)
    start = clock()
    work()
    return clock() - start


def ridge(record: Record, client: Client, n_rows: int, repeats: int) -> None:
    """The fit against the sum, and rows doubled; the contestants take turns."""
    X, y = data(n_rows)
    contestants = {
        "sum": lambda: X.sum().compute(),
        "half": lambda: Ridge().fit(X[: n_rows // 2], y[: n_rows // 2]),
        "whole": lambda: Ridge().fit(X, y),
        "gcv": lambda: RidgeCV(criterion="gcv", alphas="auto").fit(X, y),
        "folds": lambda: RidgeCV(cv=5).fit(X, y),
    }
    Ridge().fit(X[: 2 * CHUNK], y[: 2 * CHUNK])  # the workers import
    took: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, work in contestants.items():
            took[name].append(timed(client, work))
    best = {name: min(times) for name, times in took.items()}
    for name, seconds in best.items():
        print(f"{name:>8}: {seconds:7.2f} s")
    size = f"{n_rows:,} × {P}"
    name, rival = f"`skl2.dask.Ridge`, {size}, two workers of 1 GiB", "making X in chunks and summing it"
    record.add(name, best["sum"] / best["whole"], rival, 1 / 2.5, headline=True)
    record.add(f"{name}, twice the rows", 2 * best["half"] / best["whole"], "linear growth", 2 / 2.2)
    record.add(f"`skl2.dask.RidgeCV` by GCV, {size}", best["whole"] / best["gcv"], "`skl2.dask.Ridge`")
    record.add(f"`skl2.dask.RidgeCV` of 5 folds, {size}", best["whole"] / best["folds"], "`skl2.dask.Ridge`")
    print(f"    the larger worker held {largest_worker(client):.2f} GiB of {8 * n_rows * P / 2**30:.2f} GiB")


def network(record: Record, client: Client, n_rows: int) -> None:
    """L-BFGS: seconds and bytes of an evaluation, and J against that of a fit in memory."""
    X, y = data(n_rows)
    calls, clock = [], clock_of(client)
    sums = chunked.ChunkData.sums

    def counted(self: Any, net: Any, loss: Any, rows: Any = None) -> np.ndarray:
        start = clock()
        found = sums(self, net, loss, rows)
        calls.append((clock() - start, net.theta.nbytes + found.nbytes))
        return found

    chunked.ChunkData.sums = counted  # type: ignore[method-assign]
    params = {"hidden_layer_sizes": (50,), "solver": "lbfgs", "max_iter": 10, "random_state": 0}
    ours = MLPRegressor(**params).fit(X, y)
    chunked.ChunkData.sums = sums  # type: ignore[method-assign]
    local = dask.compute(X, y, optimize_graph=False)  # as the fit has read them: the same tasks
    start = clock()
    plain = skl2.MLPRegressor(**params).fit(*local)
    seconds, size = np.median(calls, axis=0)
    in_memory = (clock() - start) / max(1, len(calls))
    print(
        f"    an evaluation: {seconds:.3f} s, {size / 1e3:.0f} kB there and back, X {X.nbytes / 1e6:.0f} MB"
    )
    record.add(f"L-BFGS, {n_rows:,} × {P}, 50 units, J", plain.loss_ / ours.loss_, "the fit in memory")
    record.add(f"L-BFGS, {n_rows:,} × {P}, an evaluation", in_memory / seconds, "the fit in memory")


def rivals(record: Record, client: Client, n_rows: int) -> None:
    """The time of dask-ml's least squares, and how far coefficients are from those of a fit in memory."""
    try:
        from dask_ml.linear_model import LinearRegression
    except ImportError:
        print("    dask-ml is not installed: no comparison")
        return
    X, y = data(n_rows)
    exact = skl2.Ridge(alpha=0.0).fit(*dask.compute(X, y, scheduler="threads")).coef_
    models = {"skl2": Ridge(alpha=0.0)}
    models |= {solver: LinearRegression(solver=solver, C=1e10) for solver in ("admm", "lbfgs")}
    seconds = {name: timed(client, partial(model.fit, X, y)) for name, model in models.items()}
    for name, model in models.items():
        error = np.abs(model.coef_ - exact).max() / np.abs(exact).max()
        print(f"{name:>8}: {seconds[name]:7.2f} s, coefficients off by {error:.0e} of the largest")
    for solver in ("admm", "lbfgs"):
        against = f"dask_ml's LinearRegression, {solver!r}"
        record.add(f"`skl2.dask.Ridge(0)`, {n_rows:,} × {P}", seconds[solver] / seconds["skl2"], against)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="a tenth of the rows, once")
    parser.add_argument("--json", help="where the ratios are written")
    args = parser.parse_args()
    warnings.filterwarnings("ignore", "Maximum iterations")
    record = Record("dask")
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, memory_limit="1GiB", dashboard_address=None)
    with cluster, Client(cluster) as client:
        ridge(record, client, 500_000 if args.fast else 5_000_000, 1 if args.fast else 2)
        network(record, client, 125_000)
        rivals(record, client, 500_000)
    record.write(args.json)


if __name__ == "__main__":
    main()
