"""Ridge and RidgeCV against scikit-learn: time, and memory where it counts.

    python benchmarks/bench_ridge.py [--only WORD] [--repeats 5] [--rounds 2] [--fast] [--json FILE]

Every contestant has a process of its own, so that no other's threads spin while it runs; the
processes of a case take turns, and the minimum of each counts. A ratio is scikit-learn's time over
ours, printed with the bar that it should reach. Give OMP_NUM_THREADS=1 on a busy machine: then there
are no other threads, and processor time is what is compared; the bars are for all threads.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from record import Record, clock, from_process, one_thread
from scipy import sparse

CONTESTANTS = {"skl2": "skl2", "sklearn": "sklearn.linear_model"}
ALPHAS = np.logspace(-3, 3, 100)
SLOW = ("`RidgeCV`, leave-one-out, 100 alphas", "`RidgeCV`, 5 folds, 100 alphas", "text, `RidgeC")
"""How cases begin in which scikit-learn takes more than ten seconds"""


@dataclass
class Case:
    """Data, what is run on them with a module's classes, and how many times faster it has to be.

    `their_share` of the work is given to scikit-learn where all of it would take minutes, and its
    time is divided by it.
    """

    data: Callable[[], tuple]
    run: Callable[..., Any]
    bar: float
    stretch: float
    memory: bool = False
    their_share: float = 1.0
    headline: bool = False


def dense(n: int, p: int, t: int | None = None) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    return X, X @ rng.normal(size=p if t is None else (p, t)) + rng.normal(size=n if t is None else (n, t))


def weighted(n: int, p: int) -> tuple[Any, ...]:
    return *dense(n, p), np.random.default_rng(1).uniform(0.5, 2, n)


def few_nonzeros(n: int, p: int, per_row: int = 30) -> tuple[Any, Any]:
    """Columns of equal frequency."""
    rng = np.random.default_rng(0)
    columns = rng.integers(0, p, n * per_row)
    rows = np.repeat(np.arange(n), per_row)
    X = sparse.csr_matrix((rng.normal(size=n * per_row), (rows, columns)), shape=(n, p))
    return X, X @ rng.normal(size=p) + rng.normal(size=n)


def text(n: int = 2278, p: int = 16_819, per_row: int = 120) -> tuple[Any, Any, Any]:
    """Rows of unit length with frequencies 1/rank as TF-IDF has, numbers, and four labels."""
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, p + 1)
    columns = rng.choice(p, size=n * per_row, p=weights / weights.sum())
    rows = np.repeat(np.arange(n), per_row)
    X = sparse.csr_matrix((np.log1p(-np.log(weights))[columns], (rows, columns)), shape=(n, p))
    X = sparse.csr_matrix(X.multiply(1 / np.sqrt(X.multiply(X).sum(axis=1))))
    y = X @ rng.normal(size=p) + 0.1 * rng.normal(size=n)
    return X, y, np.digitize(y, np.quantile(y, [0.25, 0.5, 0.75]))


def fit(name: str, **options: Any) -> Callable[..., Any]:
    return lambda module, X, y, *rest: getattr(module, name)(**options).fit(X, y, *rest)


def fit_labels(name: str, **options: Any) -> Callable[..., Any]:
    return lambda module, X, y, labels: getattr(module, name)(**options).fit(X, labels)


def fit_numbers(name: str, **options: Any) -> Callable[..., Any]:
    return lambda module, X, y, labels: getattr(module, name)(**options).fit(X, y)


def often(times: int, **options: Any) -> Callable[..., Any]:
    return lambda module, X, y: [module.Ridge(**options).fit(X, y) for _ in range(times)]


def folds(n_alphas: int, share: int = 1) -> Callable[..., Any]:
    """Five folds; scikit-learn gets every `share`-th alpha: each costs it as much as the others."""
    grid = np.logspace(-3, 3, n_alphas) if n_alphas > 3 else np.array([0.1, 1.0, 10.0])

    def run(module: Any, X: Any, y: Any) -> Any:
        step = share if module.__name__.startswith("sklearn") else 1
        return module.RidgeCV(alphas=grid[::step], cv=5).fit(X, y)

    return run


def cases() -> dict[str, Case]:
    loo, folds_too, many = (lambda: dense(100_000, 100)), folds(100, share=25), "100 alphas, 100,000 × 100"
    found = {
        "`Ridge`, 60,000 × 150": Case(lambda: dense(60_000, 150), fit("Ridge"), 2.2, 3, headline=True),
        "`Ridge`, weights, 60,000 × 150": Case(lambda: weighted(60_000, 150), fit("Ridge"), 2.8, 4),
        "`Ridge`, 20,000 × 500": Case(lambda: dense(20_000, 500), fit("Ridge"), 1.6, 2, headline=True),
        "`Ridge`, 5,000 × 1,000": Case(lambda: dense(5_000, 1_000), fit("Ridge"), 1.4, 2),
        "`Ridge`, 400 × 6,000": Case(lambda: dense(400, 6_000), fit("Ridge"), 1.3, 2),
        "`Ridge`, 500 × 10,000": Case(lambda: dense(500, 10_000), fit("Ridge"), 1.3, 2),
        "`Ridge`, 100 × 5, 100 fits": Case(lambda: dense(100, 5), often(100), 1.4, 2),
        "text, `Ridge`": Case(text, fit_numbers("Ridge"), 1, 2),
        "text, `RidgeClassifier`": Case(text, fit_labels("RidgeClassifier"), 1, 2),
        "text, `RidgeCV`": Case(text, fit_numbers("RidgeCV"), 2, 5),
        "text, `RidgeClassifierCV`": Case(text, fit_labels("RidgeClassifierCV"), 2, 5),
        f"`RidgeCV`, leave-one-out, {many}": Case(loo, fit("RidgeCV", alphas=ALPHAS), 45, 75, headline=True),
        f"`RidgeCV`, 5 folds, {many}": Case(loo, folds_too, 900, 2_000, their_share=0.04, headline=True),
        "`RidgeCV`, leave-one-out, 20 alphas, 200 × 400, 10,000 targets": Case(
            lambda: dense(200, 400, 10_000), fit("RidgeCV", alphas=ALPHAS[::5]), 1, 3, memory=True
        ),
    }
    for n, p in ((2_000, 6_000), (3_000, 6_000), (20_000, 1_500)):
        for n_alphas, bar, stretch in ((3, 1, 3), (30, 3, 10)):
            found[f"`RidgeCV`, 5 folds, {n_alphas} alphas, sparse, {n:,} × {p:,}"] = Case(
                lambda n=n, p=p: few_nonzeros(n, p),
                folds(n_alphas),
                bar,
                stretch,
                headline=(n, n_alphas) == (2_000, 30),
            )
    return found


def contest(name: str, contestant: str, repeats: int) -> dict[str, float]:
    """The least seconds, and the peak of what a fit holds, of one contestant of one case."""
    case, module = cases()[name], importlib.import_module(CONTESTANTS[contestant])
    data = case.data()
    now, best = clock(), np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(repeats):
            start = now()
            case.run(module, *data)
            best = min(best, now() - start)
            if best > 10:
                break
        peak = 0
        if case.memory:
            tracemalloc.start()
            case.run(module, *data)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    share = case.their_share if contestant == "sklearn" else 1.0
    return {"seconds": best / share, "peak": peak}


def measured(name: str, contestant: str, repeats: int) -> dict[str, float]:
    """What `contest` finds, in a process of its own unless there are no threads that could spin."""
    if one_thread():
        return contest(name, contestant, repeats)
    return from_process(__file__, "--contest", name, contestant, "--repeats", str(repeats))


def compare(record: Record, name: str, case: Case, repeats: int, rounds: int) -> None:
    """The processes take turns; the least seconds of each count, the pairs give the spread."""
    pairs = [[measured(name, contestant, repeats) for contestant in CONTESTANTS] for _ in range(rounds)]
    ours, theirs = (min(pair[k]["seconds"] for pair in pairs) for k in (0, 1))
    ratios = [pair[1]["seconds"] / pair[0]["seconds"] for pair in pairs]
    spread = min(ratios), max(ratios)
    bar = None if one_thread() else case.bar
    record.add(name, theirs / ours, "scikit-learn's", bar, spread, headline=case.headline)
    if case.memory:
        record.add(f"{name}, memory", pairs[0][1]["peak"] / pairs[0][0]["peak"], "scikit-learn's", 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--fast", action="store_true", help="each case once, without the slowest")
    parser.add_argument("--json", help="where the ratios are written")
    parser.add_argument("--contest", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.contest:
        print(json.dumps(contest(*args.contest, args.repeats)))
        return
    record = Record("ridge")
    for name, case in cases().items():
        if args.only in name and not (args.fast and name.startswith(SLOW)):
            compare(record, name, case, 2 if args.fast else args.repeats, 1 if args.fast else args.rounds)
    record.write(args.json)


if __name__ == "__main__":
    main()
