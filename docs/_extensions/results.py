"""Pages from stored results: what benchmark scripts wrote as JSON, as tables and pictures in _results."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

DOCS = Path(__file__).parents[1]
RESULTS = DOCS / "_results"
SETTINGS = {"full": "all of it", "fast": "the fast setting on one thread"}
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
    axes[0].set_ylim(0.92, 1.004)
    axes[0].legend()
    figure.savefig(RESULTS / "reference_workload.png", dpi=100)
    plt.close(figure)
    picture = "```{image} _results/reference_workload.png\n:alt: Accuracy and log-loss against alpha\n```\n"
    note = f"Mean of {seeds} starts. {machine_line(content['machine'])}"
    (RESULTS / "reference_workload.md").write_text("\n".join([*lines, "", picture, note]), encoding="utf-8")


def write_benchmarks():
    """A table and a picture for each benchmark of the baseline."""
    baseline = json.loads((DOCS.parent / "benchmarks" / "baseline.json").read_text(encoding="utf-8"))
    parts = []
    for setting, results in baseline.items():
        for name, found in results.items():
            parts += [f"### {name}, {SETTINGS[setting]}", "", machine_line(found["machine"])]
            parts += ["| case | against | ratio |", "| --- | --- | --- |"]
            parts += [
                f"| {case['case']} | {case['against']} | {case['ratio']:.2g} |" for case in found["cases"]
            ]
            picture = f"benchmark_{name}_{setting}.png"
            draw_ratios(found["cases"], RESULTS / picture)
            parts += ["", f"```{{image}} _results/{picture}\n:alt: Ratios of {name}\n```", ""]
    (RESULTS / "benchmarks.md").write_text("\n".join(parts), encoding="utf-8")


def draw_ratios(cases, path):
    """A bar for each case, on a logarithmic axis."""
    figure, ax = plt.subplots(figsize=(9, 1 + 0.3 * len(cases)), layout="constrained")
    names = [f"{case['case']} / {case['against']}".replace("`", "") for case in cases]
    ax.barh(names, [case["ratio"] for case in cases])
    ax.axvline(1, color="0.3", linewidth=0.8)
    ax.set(xscale="log", xlabel="ratio: above 1 skl2 is better")
    ax.tick_params(axis="y", labelsize="small")
    ax.invert_yaxis()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def write(app, config):
    """Write all of them."""
    RESULTS.mkdir(exist_ok=True)
    with plt.rc_context({"backend": "Agg"}):
        write_workload()
        write_benchmarks()


def setup(app):
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
