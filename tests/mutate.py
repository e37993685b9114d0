"""Mutation: small faults put into the formulas, one at a time, and whether a test notices.

    python tests/mutate.py                                  # a seeded sample of every module
    python tests/mutate.py --sample 0 skl2/mlp/_loss.py     # all mutants of one

Each mutant changes one operator, number, truth value or comparison. The tests of the module's wing run once,
to learn which of them come by each line and how long they take; a mutant has to pass those that come by its
line, the quickest first. It is killed when one fails or they do not end in time; the others are printed with
their line, to be read: a test is missing there, or the change makes no difference.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = {
    "skl2/selection.py": ["tests/test_selection.py", "tests/test_choice.py", "tests/ridge", "tests/mlp"],
    "skl2/_choice.py": ["tests/test_selection.py", "tests/test_choice.py", "tests/ridge", "tests/mlp"],
    "skl2/ridge": ["tests/ridge", "tests/test_properties.py"],
    "skl2/mlp": ["tests/mlp", "tests/test_properties.py"],
}
MODULES = [
    "skl2/selection.py",
    "skl2/_choice.py",
    "skl2/mlp/_loss.py",
    "skl2/mlp/_penalty.py",
    "skl2/mlp/_optimizer.py",
    "skl2/ridge/_solvers.py",
    "skl2/ridge/_positive.py",
    "skl2/ridge/_iterative.py",
]
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
}
PATIENCE = 5
"""A mutant that takes so many times longer than its tests do without it, and 30 s, never ends."""
LOADED = ("sklearn.model_selection", "sklearn.neural_network", "scipy.stats")
"""Modules that every mutant finds imported"""
NAMES = {"maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max", "argmax": "argmin"}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of this node."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp) and type(node.op) in OPERATORS:
        yield type(node)(**{**vars(node), "op": OPERATORS[type(node.op)]()})
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        yield ast.Compare(node.left, [OPERATORS[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield ast.Attribute(node.value, NAMES[node.attr], node.ctx)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield type(node)(**{**vars(node), "test": ast.UnaryOp(ast.Not(), node.test)})


class Mutator(ast.NodeTransformer):
    """Walk the code, not the annotations, counting the changes; make the one of number `chosen`."""

    def __init__(self, chosen: int = -1) -> None:
        self.chosen, self.found, self.line, self.what = chosen, 0, 0, ""

    def visit(self, node: ast.AST) -> ast.AST:
        for change in changes(node):
            if self.found == self.chosen:
                self.line = node.lineno
                self.what = f"{ast.unparse(node).splitlines()[0]}  ->  {ast.unparse(change).splitlines()[0]}"
            self.found += 1
            if self.line and self.found == self.chosen + 1:
                return change
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns", "decorator_list"):
                self._descend(node, field, value)
        return node

    def _descend(self, node: ast.AST, field: str, value: object) -> None:
        if isinstance(value, ast.AST):
            setattr(node, field, self.visit(value))
        elif isinstance(value, list):
            value[:] = [self.visit(child) if isinstance(child, ast.AST) else child for child in value]


def mutant(module: str, number: int) -> tuple[Mutator, str]:
    """The mutator that made the change of this number, and the module's new text."""
    mutator = Mutator(number)
    tree = mutator.visit(ast.parse((ROOT / module).read_text()))
    return mutator, ast.unparse(ast.fix_missing_locations(tree))


def in_a_fork(work: Callable[[], int], seconds: float) -> int | None:
    """The exit code of this work in a process that has NumPy and pytest loaded; None if it does not end."""

    def quietly() -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os._exit(int(work()))

    process = multiprocessing.get_context("fork").Process(target=quietly)
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return None
    return process.exitcode


def run_tests(tree: Path, tests: list[str], *options: str, plugins: tuple[object, ...] = ()) -> int:
    """pytest's exit code, for this copy of the project."""
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    return pytest.main(["-q", "-p", "no:cacheprovider", *options, *tests], plugins=plugins)


class Watch:
    """Notes how long each test takes, and tells coverage which of them runs."""

    def __init__(self, cover: coverage.Coverage) -> None:
        self.cover, self.seconds = cover, {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.cover.switch_context(item.nodeid)
        start = time.perf_counter()
        yield
        self.seconds[item.nodeid] = time.perf_counter() - start


def learn(tree: Path, modules: list[str], tests: list[str]) -> tuple[dict[str, float], coverage.CoverageData]:
    """The seconds of each test, and the lines of the modules that it comes by."""

    def work() -> int:
        cover = coverage.Coverage(
            str(tree / "lines"), config_file=False, include=[str(tree / m) for m in modules]
        )
        watch = Watch(cover)
        cover.start()
        code = run_tests(tree, tests, plugins=(watch,))
        cover.stop()
        cover.save()
        (tree / "seconds.json").write_text(json.dumps(watch.seconds))
        return code

    if in_a_fork(work, 3600) != 0:
        raise SystemExit(f"The tests fail without a mutant: {tests}")
    lines = coverage.CoverageData(str(tree / "lines"))
    lines.read()
    return json.loads((tree / "seconds.json").read_text()), lines


class Judge:
    """Says of each mutant of one wing whether it survives."""

    def __init__(self, trees: SimpleQueue[Path], modules: list[str], tests: list[str]) -> None:
        self.trees, tree = trees, trees.get()
        self.seconds, lines = learn(tree, modules, tests)
        self.by_line = {module: lines.contexts_by_lineno(str(tree / module)) for module in modules}
        trees.put(tree)

    def tests_of(self, module: str, line: int) -> list[str]:
        """Tests that come by a line, or by any of the module if the line runs when it is imported."""
        by_line = self.by_line[module]
        found = {*by_line.get(line, [""])} - {""} or {test for tests in by_line.values() for test in tests}
        return sorted(found & self.seconds.keys(), key=self.seconds.__getitem__)

    def __call__(self, job: tuple[str, int]) -> str:
        """A line about the survivor; nothing of one that is killed."""
        module, number = job
        mutator, text = mutant(module, number)
        tests, tree = self.tests_of(module, mutator.line), self.trees.get()
        try:
            (tree / module).write_text(text)
            allowed = 30 + PATIENCE * sum(self.seconds[test] for test in tests)
            code = in_a_fork(lambda: run_tests(tree, tests, "-x"), allowed) if tests else 0
        finally:
            shutil.copy(ROOT / module, tree / module)
            self.trees.put(tree)
        return f"{module}:{mutator.line}  {mutator.what}  ({len(tests)} tests)" if code == 0 else ""


def sampled(module: str, sample: int) -> list[tuple[str, int]]:
    """The numbers of some of a module's mutants, or of all."""
    import numpy as np  # not before the number of its threads is set

    counter = Mutator()
    counter.visit(ast.parse((ROOT / module).read_text()))
    size = min(sample or counter.found, counter.found)
    numbers = np.random.default_rng(0).choice(counter.found, size, replace=False).tolist()
    return [(module, number) for number in sorted(numbers)]


def copies(scratch: Path, count: int) -> SimpleQueue[Path]:
    """Copies of what the tests need."""
    trees: SimpleQueue[Path] = SimpleQueue()
    for number in range(count):
        tree = scratch / str(number)
        shutil.copytree(ROOT / "skl2", tree / "skl2")
        shutil.copytree(ROOT / "tests", tree / "tests")
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, tree / name)
        trees.put(tree)
    return trees


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--sample", type=int, default=40, help="mutants of a module; 0 for all")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    wings: dict[tuple[str, ...], list[str]] = {}
    for module in args.modules:
        tests = next(tests for start, tests in TESTS.items() if module.startswith(start))
        wings.setdefault(tuple(tests), []).append(module)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(args.jobs) as pool:
        trees = copies(Path(scratch), args.jobs)
        for tests, modules in wings.items():
            judge = Judge(trees, modules, [*tests])
            for module in modules:
                jobs = sampled(module, args.sample)
                survivors = [line for line in pool.map(judge, jobs) if line]
                summary = f"{module}: {len(jobs) - len(survivors)} of {len(jobs)} killed"
                print(*survivors, summary, sep="\n", flush=True)


if __name__ == "__main__":
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    for name in LOADED:
        importlib.import_module(name)
    main()
