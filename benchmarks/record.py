"""What a benchmark found: a ratio a case, printed as it comes and written as JSON with the machine's name.

Each script makes one `Record`, adds its cases and writes it where `--json` says:

    record = Record("ridge")
    record.add("Ridge, 60,000 × 150", 2.9, against="scikit-learn's", bar=2.2, spread=(2.7, 3.1))
    record.write(args.json)

A ratio above 1 means that skl2 is better: faster, smaller, or closer to the data. A `headline` is a
line of the README.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("skl2", "numpy", "scipy", "scikit-learn", "torch", "dask")


@dataclass
class Case:
    """One line of the table; `spread` are the smallest and the largest of repeated ratios."""

    case: str
    ratio: float
    against: str
    bar: float | None = None
    spread: tuple[float, float] | None = None
    note: str = ""
    headline: bool = False


def installed(package: str) -> str | None:
    """Its version, if it is there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def one_thread() -> bool:
    """Whether the libraries were told to use a single thread."""
    return os.environ.get("OMP_NUM_THREADS") == "1"


def clock() -> Callable[[], float]:
    """The processor's seconds, which no other work on the machine changes, if one thread uses them all."""
    return time.process_time if one_thread() else time.perf_counter


def from_process(script: str, *words: str) -> Any:
    """What the script prints, as JSON, when it is called with these words."""
    command = [sys.executable, script, *words]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def machine() -> dict[str, object]:
    """What the figures depend on."""
    found = {package: installed(package) for package in PACKAGES}
    return {
        "date": date.today().isoformat(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {package: number for package, number in found.items() if number},
    }


@dataclass
class Record:
    """The cases of one benchmark."""

    benchmark: str
    cases: list[Case] = field(default_factory=list)

    def add(
        self,
        case: str,
        ratio: float,
        against: str,
        bar: float | None = None,
        spread: tuple[float, float] | None = None,
        *,
        note: str = "",
        headline: bool = False,
    ) -> None:
        """Keep a case, and print it."""
        self.cases.append(Case(case, float(ratio), against, bar, spread, note, headline))
        bar_text = "" if bar is None else f"   bar {bar:g}: {'met' if ratio >= bar else 'MISSED'}"
        print(f"{case:<58} {ratio:9.3g} × {against}{bar_text}", flush=True)

    def write(self, path: str | Path | None) -> None:
        """As JSON, or nowhere."""
        if path is not None:
            cases = [asdict(case) for case in self.cases]
            content = {"benchmark": self.benchmark, "machine": machine(), "cases": cases}
            Path(path).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
