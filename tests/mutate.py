"""Mutation: small faults put into the formulas, one at a time, and whether a test notices.

    python tests/mutate.py                                       # a seeded sample of every module
    python tests/mutate.py --sample 0 skl2/mlp/_loss.py          # all mutants of one
    python tests/mutate.py skl2/_choice.py --tests tests/test_choice.py --seconds 20

Each mutant changes one operator, number, truth value or comparison. The tests are collected once and run
once, to learn which of them come by each line and how long they take. Then every mutant has a fork of this
process, where its code takes the place of the module's and the tests of its line run, the quickest first. It
is killed when one fails or they do not end in time; the others are printed, to be read: a test is missing
there, or the change makes no difference.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[1]
SELECTION = ["tests/test_selection.py", "tests/test_choice.py", "skl2/selection.py"]
RIDGE = ["tests/ridge", "tests/test_properties.py", "skl2/ridge"]
MLP = ["tests/mlp", "tests/test_properties.py", "skl2/mlp"]
TESTS = {
    "skl2/selection.py": [*SELECTION, *RIDGE, "tests/mlp/test_mlp_cv.py"],
    "skl2/_choice.py": [*SELECTION, *RIDGE, "tests/mlp/test_mlp_cv.py"],
    "skl2/mlp/_loss.py": MLP,
    "skl2/mlp/_penalty.py": MLP,
    "skl2/mlp/_optimizer.py": MLP,
    "skl2/ridge/_solvers.py": RIDGE,
    "skl2/ridge/_iterative.py": RIDGE,
    "skl2/ridge/_positive.py": RIDGE,
    "skl2/ridge/_folds.py": RIDGE,
    "skl2/ridge/_kernel.py": RIDGE,
    "skl2/ridge/_loo.py": RIDGE,
}
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
"""A mutant that takes so many times the processor's time of its tests without it, and 10 s, never ends."""
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
                return ast.copy_location(change, node)
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns", "decorator_list"):
                self._descend(node, field, value)
        return node

    def _descend(self, node: ast.AST, field: str, value: object) -> None:
        if isinstance(value, ast.AST):
            setattr(node, field, self.visit(value))
        elif isinstance(value, list):
            value[:] = [self.visit(child) if isinstance(child, ast.AST) else child for child in value]


def mutant(module: str, number: int) -> tuple[Mutator, ast.AST]:
    """The mutator that made the change of this number, and the module's new syntax tree."""
    mutator = Mutator(number)
    tree = mutator.visit(ast.parse((ROOT / module).read_text()))
    return mutator, ast.fix_missing_locations(tree)


def sampled(module: str, sample: int) -> list[int]:
    """The numbers of some of a module's mutants, or of all."""
    count = mutant(module, -1)[0].found
    return sorted(random.Random(0).sample(range(count), min(sample or count, count)))  # noqa: S311


def graft(old: Any, new: Any, name: str) -> None:
    """Give what is imported already the code, the defaults and the constants of its mutant."""
    if isinstance(old, classmethod | staticmethod):
        graft(old.__func__, new.__func__, name)
    elif isinstance(old, property):
        graft(old.fget, new.fget, name)
    elif isinstance(old, FunctionType):
        if hasattr(old, "__wrapped__"):
            graft(old.__wrapped__, new.__wrapped__, name)
        for part in ("__code__", "__defaults__", "__kwdefaults__"):
            setattr(old, part, getattr(new, part))
    elif isinstance(old, type) and old.__module__.startswith("skl2."):
        for key, value in vars(new).items():
            if isinstance(value, int | float):
                setattr(old, key, value)
            elif key in vars(old):
                graft(vars(old)[key], value, key)
    elif isinstance(old, int | float | tuple) or type(old).__module__.startswith("skl2."):
        for module in list(sys.modules.values()):  # of the tests too
            if vars(module).get(name) is old:
                setattr(module, name, new)


def put_in_place(module: str, tree: ast.AST) -> None:
    """Make the imported module the mutant."""
    imported = sys.modules[module.removesuffix(".py").replace("/", ".")]
    mutated = {"__name__": imported.__name__, "__file__": imported.__file__}
    exec(compile(tree, str(imported.__file__), "exec"), mutated)
    for name, new in mutated.items():
        if getattr(new, "__module__", imported.__name__) == imported.__name__ and not name.startswith("__"):
            graft(vars(imported)[name], new, name)


def in_a_fork(work: Callable[[], int], seconds: float) -> int | None:
    """The exit code of this work in a fork of this process; not 0 where the processor's time is up."""

    def quietly() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os._exit(int(work()))

    process = multiprocessing.get_context("fork").Process(target=quietly)
    process.start()
    process.join(60 * seconds)
    if process.is_alive():  # waits for nothing
        process.kill()
        process.join()
    return process.exitcode


class Mutation:
    """A plugin of pytest that runs the collected tests for each mutant, in place of once."""

    def __init__(self, modules: list[str], sample: int, seconds: float) -> None:
        self.modules, self.sample, self.most_seconds = modules, sample, seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        with tempfile.TemporaryDirectory() as folder:
            self.learn(Path(folder))
        for module in self.modules:
            numbers, killed = sampled(module, self.sample), 0
            for number in numbers:
                survivor = self.judge(module, number)
                killed += not survivor
                print(survivor, end="\n" if survivor else "", flush=True)
            print(f"{module}: {killed} of {len(numbers)} killed", flush=True)
        return True

    def run(self, item: pytest.Item) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

    def learn(self, folder: Path) -> None:
        """The seconds of each test that passes, and the lines of the modules that it comes by."""

        def work() -> int:
            files = [str(ROOT / module) for module in self.modules]
            cover = coverage.Coverage(str(folder / "lines"), config_file=False, include=files)
            seconds, failed = {}, 0
            for module in self.modules:
                put_in_place(module, mutant(module, -1)[1])  # as a mutant is, which changes nothing here
            cover.start()
            for name, item in self.items.items():
                cover.switch_context(name)
                start = time.process_time()
                self.run(item)
                seconds[name] = time.process_time() - start
                if self.session.testsfailed > failed:
                    failed, _ = self.session.testsfailed, seconds.pop(name)
            cover.stop()
            cover.save()
            (folder / "seconds.json").write_text(json.dumps(seconds))
            return failed

        failed = in_a_fork(work, 3600)
        print(f"{len(self.items)} tests; left out are {failed} that fail without a mutant", flush=True)
        self.seconds = json.loads((folder / "seconds.json").read_text())
        lines = coverage.CoverageData(str(folder / "lines"))
        lines.read()
        self.by_line = {module: lines.contexts_by_lineno(str(ROOT / module)) for module in self.modules}

    def tests_of(self, module: str, line: int) -> list[str]:
        """Tests that come by a line, or by any of the module if the line runs when it is imported."""
        by_line = self.by_line[module]
        found = set(by_line.get(line, ())) or {test for tests in by_line.values() for test in tests}
        return sorted(found & self.seconds.keys(), key=self.seconds.__getitem__)

    def judge(self, module: str, number: int) -> str:
        """A line about the survivor; nothing of one that is killed."""
        mutator, tree = mutant(module, number)
        tests, total = self.tests_of(module, mutator.line), 0.0
        for count, test in enumerate(tests):
            total += self.seconds[test]
            if total > self.most_seconds:
                tests = tests[: count + 1]
                break

        def work() -> int:
            put_in_place(module, tree)
            for test in tests:
                self.run(self.items[test])
                if self.session.testsfailed:
                    return 1
            return 0

        code = in_a_fork(work, 10 + PATIENCE * total)
        line = f"{module}:{mutator.line}  #{number}  {mutator.what}  ({len(tests)} tests)"
        return line if code == 0 else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", default=[*TESTS])
    parser.add_argument("--sample", type=int, default=40, help="mutants of a module; 0 for all")
    parser.add_argument("--tests", nargs="+", help="in place of those of the module's wing")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="of the processor, for a mutant's tests"
    )
    args = parser.parse_args()
    wings: dict[tuple[str, ...], list[str]] = {}
    for module in args.modules:
        wings.setdefault(tuple(args.tests or TESTS[module]), []).append(module)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for tests, modules in wings.items():
        mutation = Mutation(modules, args.sample, args.seconds)
        pytest.main(["-qs", "-p", "no:cacheprovider", "-p", "no:xdist", *tests], plugins=[mutation])


if __name__ == "__main__":
    main()
