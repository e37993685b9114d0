"""Pages from stored results: what benchmark scripts wrote as JSON, as tables and pictures in _results."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

DOCS = Path(__file__).parents[1]
RESULTS = DOCS / "_results"
COLORS = ("#0072B2", "#E69F00", "#009E73")


def machine_line(machine):
    """Where and when something was measured."""
    versions = ", ".join(f"{package} {number}" for package, number in machine["versions"].items())
    return (
        f"Measured on {machine['date']}, {machine['processor']}, {machine['cores']} cores, "
        f"Python {machine['python']}, {versions}.\n"
    )


def write_workload():
    """The table and the picture of the reference workload."""
    content = json.loads((DOCS / "_data" / "reference_workload.json").read_text(encoding="utf-8"))
    rows = content["results"]
    lines = [
        "| alpha | training | validation | test | test log-loss | ‖W‖ | epochs |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        mean = {name: np.mean(values) for name, values in row.items()}
        lines.append(
            f"| {row['alpha']:g} | {mean['train']:.4f} | {mean['validation']:.4f} | {mean['test']:.4f} "
            f"| {mean['test_loss']:.3f} | {mean['norm']:.1f} | {mean['epochs']:.0f} |"
        )
    seeds = len(rows[0]["test"])
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for color, style, name in zip(COLORS, ("--", "o-", "s:"), ("train", "validation", "test"), strict=True):
        axes[0].plot([np.mean(row[name]) for row in rows], style, color=color, ms=4, label=name)
    axes[1].plot([np.mean(row["test_loss"]) for row in rows], "o-", color=COLORS[1])
    for ax, label in zip(axes, ("accuracy", "test log-loss"), strict=True):
        ax.set(xticks=range(len(rows)), xticklabels=[f"{row['alpha']:g}" for row in rows])
        ax.set(xlabel="alpha", ylabel=label)
    axes[0].set_ylim(0.94, 1.002)
    axes[0].legend()
    figure.savefig(RESULTS / "reference_workload.png", dpi=100)
    plt.close(figure)
    picture = "```{image} _results/reference_workload.png\n:alt: Accuracy and log-loss against alpha\n```\n"
    note = f"Mean of {seeds} starts. {machine_line(content['machine'])}"
    (RESULTS / "reference_workload.md").write_text("\n".join([*lines, "", picture, note]), encoding="utf-8")


def write_benchmarks():
    """A table and a picture for each benchmark of the baseline."""
    baseline = DOCS.parent / "benchmarks" / "baseline.json"
    results = json.loads(baseline.read_text(encoding="utf-8")) if baseline.exists() else {}
    parts = []
    for name, found in results.items():
        cases = found["cases"]
        parts += [f"### {name}", "", machine_line(found["machine"])]
        parts += ["| case | against | ratio |", "| --- | --- | --- |"]
        parts += [f"| {case['case']} | {case['against']} | {case['ratio']:.2g} |" for case in cases]
        figure, ax = plt.subplots(figsize=(9, 1 + 0.3 * len(cases)), layout="constrained")
        ax.barh([f"{case['case']} / {case['against']}" for case in cases], [case["ratio"] for case in cases])
        ax.axvline(1, color="0.3", linewidth=0.8)
        ax.set(xscale="log", xlabel="ratio: above 1 skl2 is better")
        ax.tick_params(axis="y", labelsize="small")
        ax.invert_yaxis()
        figure.savefig(RESULTS / f"benchmark_{name}.png", dpi=100)
        plt.close(figure)
        parts += ["", f"```{{image}} _results/benchmark_{name}.png\n:alt: Ratios of {name}\n```", ""]
    (RESULTS / "benchmarks.md").write_text("\n".join(parts), encoding="utf-8")


def write(app, config):
    """Write all of them."""
    RESULTS.mkdir(exist_ok=True)
    with plt.rc_context({"backend": "Agg"}):
        write_workload()
        write_benchmarks()


def setup(app):
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
