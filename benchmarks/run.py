"""All benchmarks in one run: their ratios as JSON, and what fell since the committed ones.

    python benchmarks/run.py --fast             # a few cases of each, in less than three minutes
    python benchmarks/run.py                    # everything
    python benchmarks/run.py --write            # and keep it as the new baseline
    python benchmarks/run.py --table            # the README's table, from the baseline

Times of one machine say little about another; the ratios travel better, and a ratio that is lower than
the baseline's by more than a fifth is printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
BASELINE = FOLDER / "baseline.json"
SCRIPTS = {
    "ridge": "bench_ridge.py",
    "mlp": "bench_mlp.py",
    "selection": "bench_selection.py",
    "tables": "bench_tables.py",
    "dask": "bench_dask.py",
}
FELL = 0.8
"""Share of the baseline's ratio below which a case has fallen."""

Results = dict[str, dict[str, object]]


def measured(name: str, fast: bool) -> dict[str, object]:
    """What one script found, in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "found.json"
        command = [sys.executable, str(FOLDER / SCRIPTS[name]), "--json", str(path)]
        subprocess.run(command + ["--fast"] * fast, check=True)
        return json.loads(path.read_text())


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


def table(results: Results) -> str:
    """Markdown: case, rival, ratio."""
    lines = ["| case | against | ratio |", "| --- | --- | --- |"]
    lines += [
        f"| {case} | {against} | {ratio:.2g} |" for (_, case, against), ratio in ratios(results).items()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=SCRIPTS, action="append", help="run this one; may be repeated")
    parser.add_argument("--fast", action="store_true", help="a few cases of each")
    parser.add_argument("--write", action="store_true", help="keep the results as the new baseline")
    parser.add_argument("--table", action="store_true", help="print the baseline as Markdown, run nothing")
    args = parser.parse_args()
    baseline: Results = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if args.table:
        print(table(baseline))
        return
    now = {name: measured(name, args.fast) for name in args.only or SCRIPTS}
    lines = fallen(now, baseline)
    print("\n".join(["Fallen by more than a fifth:", *lines] if lines else ["Nothing fell."]))
    if args.write:
        BASELINE.write_text(json.dumps(baseline | now, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
