"""The ratchet of the benchmarks, and that the README says what the baseline holds."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BASELINE = json.loads((ROOT / "benchmarks" / "baseline.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def run():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import run

        yield run
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
        sys.modules.pop("run", None), sys.modules.pop("record", None)


def results(**ratios):
    cases = [{"case": name, "against": "another", "ratio": ratio} for name, ratio in ratios.items()]
    return {"ridge": {"cases": cases}}


def test_the_readme_holds_the_headlines_of_the_baseline(run):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert run.with_results(readme, BASELINE) == readme
    assert run.readme_part(BASELINE) in readme
    assert run.readme_part(BASELINE).count("\n") > 8


def test_the_baseline_holds_every_benchmark(run):
    assert set(BASELINE["fast"]) == set(run.NEEDS)


def test_what_fell_by_more_than_a_fifth_is_named(run):
    lines = run.fallen(results(a=0.79, b=0.81, new=0.1), results(a=1.0, b=1.0, gone=1.0))
    assert lines == ["ridge: a: 0.79 × another, was 1"]


def test_a_row_of_the_table(run):
    case = {"case": "`Ridge`", "against": "another", "ratio": 948.7, "spread": None, "note": ""}
    assert run.row(case) == "| `Ridge` | another | 950 |"
    case |= {"spread": [1.04, 2.96], "note": "0.9 for 0.8"}
    assert run.row(case) == "| `Ridge` (0.9 for 0.8) | another | 1 to 3 |"
    assert run.row(case | {"spread": [1.04, 1.01]}).endswith("| 1 |")


def test_a_record_is_written_and_says_where_it_was_measured(run, tmp_path, capsys):
    from record import Record

    record = Record("ridge")
    record.add("a case", 2.0, "another", bar=3.0, headline=True)
    record.write(tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["cases"][0]["ratio"] == 2.0
    assert found["machine"]["versions"]["skl2"]
    assert "MISSED" in capsys.readouterr().out
