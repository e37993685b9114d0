"""MLPClassifierCV against grid searches, on the same folds and cores, in one run.

    python benchmarks/bench_selection.py [--sets N] [--quick] [--mnist FILE.npz] [--fast] [--json FILE]

On each of the 20 public sets: 13 values of alpha, 5 folds, and the fit to all training rows.

- `grid`: scikit-learn's `GridSearchCV(MLPClassifier())`, `n_jobs=2` (`--quick` leaves it out);
- `ours in a grid`: `GridSearchCV(skl2.MLPClassifier())`, and `same in a grid` with the parameters that
  the CV estimator has, so that only the stack and the race differ;
- `default`: one default fit of scikit-learn's `MLPClassifier`.

With OMP_NUM_THREADS=1 all of it is one process, and processor time is what is compared.
The race is judged as well: what it picks against what is picked when every network is trained to
its end. `--mnist` measures the peak memory of 10,000 rows in a 784-64-64-10 network.
"""

from __future__ import annotations

import argparse
import resource
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from record import Record, clock, one_thread
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from tables import KEEL, load, short

import skl2
from skl2.selection import pick

ALPHAS = np.logspace(-3, 3, 13)
CV = StratifiedKFold(5)
JOBS = 1 if one_thread() else 2
OWN = ("alphas", "n_alphas", "cv", "selection", "n_jobs", "refit", "racing", "scoring")


def timed(estimator: Any, X: np.ndarray, y: np.ndarray) -> tuple[Any, float]:
    now = clock()
    start = now()
    return estimator.fit(X, y), now() - start


def warm_up() -> None:
    """Start the worker processes, which all contestants share."""
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2
    skl2.MLPClassifierCV(4, max_iter=1, n_jobs=JOBS).fit(X, y)


def contestants(quick: bool) -> dict[str, Any]:
    ours = skl2.MLPClassifierCV(alphas=ALPHAS, cv=CV, n_jobs=JOBS, random_state=0)
    params = {name: value for name, value in ours.get_params().items() if name not in OWN}
    search = {"param_grid": {"alpha": ALPHAS}, "scoring": "neg_log_loss", "cv": CV, "n_jobs": JOBS}
    default = MLPClassifier(random_state=0)
    found = {
        "ours": ours,
        "default": default,
        "ours in a grid": GridSearchCV(skl2.MLPClassifier(random_state=0), **search),
        "same in a grid": GridSearchCV(skl2.MLPClassifier(**params), **search),
    }
    return found if quick else found | {"grid": GridSearchCV(default, **search)}


def compare_race(raced: Any, X: np.ndarray, y: np.ndarray) -> tuple[bool, bool]:
    """Whether the race picks the same alpha, and one within a standard error of the best."""
    full = skl2.MLPClassifierCV(alphas=ALPHAS, cv=CV, n_jobs=JOBS, random_state=0, racing=False, refit=False)
    full.fit(X, y)
    best, chosen = pick(ALPHAS, full.scores_), int(np.flatnonzero(full.alphas_ == raced.alpha_)[0])
    return best == chosen, full.mean_score_[chosen] >= full.mean_score_[best] - full.std_error_[best]


def run_sets(names: list[str], quick: bool) -> Record:
    total: dict[str, float] = {}
    losses: dict[str, list[float]] = {}
    same = within = 0
    for name in names:
        X, y, X_test, y_test = load(name, seed=0)
        for label, estimator in contestants(quick).items():
            model, seconds = timed(estimator, X, y)
            total[label] = total.get(label, 0.0) + seconds
            losses.setdefault(label, []).append(log_loss(y_test, model.predict_proba(X_test)))
            if label == "ours":
                equal, near = compare_race(model, X, y)
                same, within = same + equal, within + near
        row = "  ".join(f"{label} {values[-1]:.3f}" for label, values in losses.items())
        print(f"{short(name):<16} test log-loss: {row}", flush=True)
    record = report(total, losses)
    print(f"race: the same alpha on {same} of {len(names)}, within a standard error on {within}")
    return record


def report(total: dict[str, float], losses: dict[str, list[float]]) -> Record:
    for label, seconds in total.items():
        print(f"{label:<16} {seconds:8.1f} s   mean test log-loss {np.mean(losses[label]):.4f}")
    ours = total["ours"]
    record, name = Record("selection"), "`MLPClassifierCV`, 13 alphas × 5 folds and the final fit"
    if "grid" in total:
        lower = np.mean(np.array(losses["ours"]) < losses["grid"])
        record.add(name, total["grid"] / ours, "scikit-learn's grid search", 12, headline=True)
        record.add("share of the sets with a lower log-loss", lower, "scikit-learn's grid search", 0.7)
    record.add(name, total["default"] / ours, "a default fit of scikit-learn's", 1 / 2.5)
    record.add(name, total["ours in a grid"] / ours, "a grid search of ours", 4)
    record.add(name, total["same in a grid"] / ours, "a grid search of the same network")
    return record


def resident_kilobytes() -> int:
    """Memory that the process holds now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def run_mnist(path: str) -> None:
    """Peak memory beyond the data's own, in this process: `n_jobs=1`."""
    with np.load(path) as file:
        X = file["X_train"][:10_000].reshape(10_000, -1).astype(np.float32) / 255
        y = file["y_train"][:10_000]
    before = resident_kilobytes()
    model, seconds = timed(skl2.MLPClassifierCV((64, 64), alphas=ALPHAS, cv=CV, random_state=0), X, y)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"784-64-64-10, 10,000 rows: {seconds:.0f} s, {peak:.0f} MB above the data's {X.nbytes >> 20} MB")
    print(f"alpha {model.alpha_:.3g}, score {model.best_score_:.4f} (bar 1,000 MB, stretch 300)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", type=int, default=len(KEEL), help="only the first N sets")
    parser.add_argument("--quick", action="store_true", help="without scikit-learn's grid search")
    parser.add_argument("--mnist", metavar="FILE", help="measure memory on this file instead")
    parser.add_argument("--fast", action="store_true", help="--sets 3 --quick")
    parser.add_argument("--json", help="where the ratios are written")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    if args.mnist:
        run_mnist(args.mnist)
        return
    warm_up()
    record = run_sets(KEEL[: 3 if args.fast else args.sets], args.quick or args.fast)
    record.write(args.json)


if __name__ == "__main__":
    main()
