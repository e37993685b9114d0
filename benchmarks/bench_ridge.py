"""Ridge and RidgeCV against scikit-learn and the bare product X'X, in one run.

    python benchmarks/bench_ridge.py [--only WORD] [--repeats 5]

Every row alternates its contestants and takes the minimum of each, so that a busy moment of
the machine hits both. Before each comes a pause: the pool of a BLAS keeps spinning for about
0.1 s after a product and would take a core from whoever comes next. `ratio` is scikit-learn's
time over ours; `floor` is ours over X'X.
Where scikit-learn-intelex or himalaya are installed they get a column each.
"""

from __future__ import annotations

import argparse
import importlib
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import linear_model

import skl2

ALPHAS = np.logspace(-3, 3, 100)
PAUSE = 0.2  # seconds until idle BLAS threads sleep


@dataclass
class Case:
    """Contestants by name, how often to run them, and the bars (at least, stretch)."""

    name: str
    run: dict[str, Callable[[], Any]]
    bar: str
    repeats: int | None = None
    once: tuple[str, ...] = field(default=())  # too slow to repeat
    scale: float = 1.0  # scikit-learn's time is multiplied by it: it was given a part of the work


def dense(n: int, p: int, t: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    return X, X @ rng.normal(size=p if t is None else (p, t)) + rng.normal(size=n if t is None else (n, t))


def text_shaped(zipf: bool, n: int = 100_000, p: int = 20_000, nnz: int = 2_000_000) -> tuple[Any, Any]:
    """Counts with columns of equal frequency, or with frequencies 1/rank as words have."""
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, p + 1) if zipf else np.ones(p)
    columns = rng.choice(p, size=nnz, p=weights / weights.sum())
    X = sparse.csr_matrix((rng.uniform(0.5, 1.5, nnz), (rng.integers(0, n, nnz), columns)), shape=(n, p))
    return X, X @ rng.normal(size=p) + rng.normal(size=n)


def others(X: Any, y: Any) -> dict[str, Callable[[], Any]]:
    """Contestants that are not everywhere installed."""
    found = {}
    for column, module in (("intelex", "sklearnex.linear_model"), ("himalaya", "himalaya.ridge")):
        try:
            Ridge = importlib.import_module(module).Ridge
        except ImportError:
            continue
        found[column] = lambda Ridge=Ridge: Ridge(alpha=1.0).fit(X, y)
    return found


def ridge_cases() -> Iterator[Case]:
    bars = {
        (100_000, 100): "2.5 / 3.5",
        (20_000, 500): "1.7 / 2.5",
        (5_000, 1_000): "1.3 / 2",
        (500, 10_000): "1.3 / 2",
    }
    for (n, p), bar in bars.items():
        X, y = dense(n, p)
        run = {
            "skl2": lambda X=X, y=y: skl2.Ridge().fit(X, y),
            "sklearn": lambda X=X, y=y: linear_model.Ridge().fit(X, y),
            "product": lambda X=X: X @ X.T if len(X) < X.shape[1] else X.T @ X,
        }
        yield Case(f"Ridge {n} x {p}", run | others(X, y), f"{bar}; floor 1.6 / 1.25")
        if (n, p) == (100_000, 100):
            w = np.random.default_rng(1).uniform(0.5, 2, n)
            run = {
                "skl2": lambda X=X, y=y, w=w: skl2.Ridge().fit(X, y, w),
                "sklearn": lambda X=X, y=y, w=w: linear_model.Ridge().fit(X, y, w),
                "product": lambda X=X: X.T @ X,
            }
            yield Case(f"Ridge weights {n} x {p}", run, "3.5 / 4.5")
    X, y = dense(100, 5)
    run = {
        "skl2": lambda: [skl2.Ridge().fit(X, y) for _ in range(100)],
        "sklearn": lambda: [linear_model.Ridge().fit(X, y) for _ in range(100)],
    }
    yield Case("Ridge small 100 x 5, 100 fits", run, "1 / 2", repeats=20)


def sparse_cases() -> Iterator[Case]:
    for kind, tol, bar in (("zipf", 1e-4, "8 / 17"), ("zipf", 1e-8, ""), ("uniform", 1e-4, "0.9 / 1.3")):
        X, y = text_shaped(kind == "zipf")
        run = {
            "skl2": lambda X=X, y=y, tol=tol: skl2.Ridge(tol=tol).fit(X, y),
            "sklearn": lambda X=X, y=y, tol=tol: linear_model.Ridge(tol=tol).fit(X, y),
        }
        yield Case(f"Ridge sparse {kind} tol {tol:g}", run, bar)


def stream_cases() -> Iterator[Case]:
    X, y = dense(100_000, 100)

    def stream() -> Any:
        model = skl2.Ridge()
        for start in range(0, len(X), 10_000):
            model.partial_fit(X[start : start + 10_000], y[start : start + 10_000])
        return model

    run = {"skl2": stream, "product": lambda: skl2.Ridge().fit(X, y)}
    yield Case("partial_fit chunks of 10000 (floor: one fit)", run, "floor 1.3 / 1.1")


def cv_cases() -> Iterator[Case]:
    """Rows of RidgeCV, which is looked up when a row runs."""

    def pair(X: Any, y: Any, **options: Any) -> dict[str, Callable[[], Any]]:
        return {
            "skl2": lambda: skl2.RidgeCV(**options).fit(X, y),
            "sklearn": lambda: linear_model.RidgeCV(**options).fit(X, y),
        }

    for (n, p), bar in {
        (100_000, 100): "40 / 75",
        (20_000, 500): "40 / 65",
        (5_000, 1_000): "25 / 38",
        (2_000, 2_000): "3 / 5",
        (500, 10_000): "3 / 5",
    }.items():
        X, y = dense(n, p)
        yield Case(f"RidgeCV LOO 100 alphas {n} x {p}", pair(X, y, alphas=ALPHAS), bar, once=("sklearn",))
        bar = "2 / 4" if n > 2 * p else ""
        yield Case(f"RidgeCV LOO 3 alphas {n} x {p}", pair(X, y), bar, repeats=5)
    for (n, p), bar in {(100_000, 100): "300 / 2000", (20_000, 500): "150 / 600"}.items():
        X, y = dense(n, p)
        options = {"alphas": ALPHAS, "cv": 5}
        one = {
            "skl2": pair(X, y, **options)["skl2"],
            # All 100 take minutes. Its time grows with their number: every one is fitted to every fold.
            "sklearn": lambda X=X, y=y: linear_model.RidgeCV(alphas=ALPHAS[::4], cv=5).fit(X, y),
        }
        name = f"RidgeCV 5-fold 100 alphas {n} x {p} (sklearn: 25 alphas, time x 4)"
        yield Case(name, one, bar, once=("sklearn",), scale=4.0)
    for criterion in ("gcv", "evidence"):
        X, y = dense(20_000, 500)
        run = {
            "skl2": lambda X=X, y=y, criterion=criterion: skl2.RidgeCV(
                alphas="auto", criterion=criterion
            ).fit(X, y),
            "product": lambda X=X, y=y: skl2.Ridge().fit(X, y),
        }
        yield Case(f"RidgeCV {criterion} 20000 x 500 (floor: one fit)", run, "floor 1.8 / 1.2")


def minima(case: Case, repeats: int) -> dict[str, float]:
    """Milliseconds of each contestant, interleaved."""
    best = dict.fromkeys(case.run, np.inf)
    for repeat in range(case.repeats or repeats):
        for name, function in case.run.items():
            if repeat and name in case.once:
                continue
            time.sleep(PAUSE)
            start = time.perf_counter()
            function()
            best[name] = min(best[name], 1e3 * (time.perf_counter() - start))
    if "sklearn" in best:
        best["sklearn"] *= case.scale
    return best


def memory_rows() -> None:
    """Peak of what a fit allocates beyond X, as a share of X (n >= 50 p)."""
    for n, p in ((100_000, 100), (25_000, 500)):
        X, y = dense(n, p)
        for name, module in (("skl2", skl2), ("sklearn", linear_model)):
            tracemalloc.start()
            module.Ridge().fit(X, y)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            print(f"memory {n} x {p} {name:8} {peak / X.nbytes:6.3f} x X   (bar 0.25 / 0.05)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="run the rows whose name contains this")
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    for cases in (ridge_cases, sparse_cases, stream_cases, cv_cases):
        for case in cases():
            if args.only not in case.name:
                continue
            try:
                best = minima(case, args.repeats)
            except AttributeError as missing:
                print(f"{case.name}: not run, {missing}")
                continue
            columns = "  ".join(f"{name} {ms:9.2f} ms" for name, ms in best.items())
            ratio = f"ratio {best['sklearn'] / best['skl2']:7.2f}" if "sklearn" in best else ""
            floor = f"floor {best['skl2'] / best['product']:5.2f}" if "product" in best else ""
            print(f"{case.name:45} {columns}  {ratio}  {floor}   (bar {case.bar})", flush=True)
    if args.only in "memory":
        memory_rows()


if __name__ == "__main__":
    main()
