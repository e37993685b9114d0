"""Mutation: small faults put into the formulas, one at a time, and whether a test notices.

    python tests/mutate.py                                  # a seeded sample of every module
    python tests/mutate.py --sample 0 skl2/mlp/_loss.py     # all mutants of one

Each mutant changes one operator, number, truth value or comparison. It is killed when a test of the module's
wing fails or does not end in time; the others are printed with their line, to be read: a test is missing
there, or the change makes no difference.
"""

from __future__ import annotations

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
TESTS = {
    "skl2/selection.py": ["tests/test_selection.py", "skl2/selection.py", "tests/ridge", "tests/mlp"],
    "skl2/_choice.py": ["tests/test_choice.py", "tests/ridge", "tests/mlp"],
    "skl2/ridge": ["tests/ridge", "skl2/ridge", "tests/test_properties.py"],
    "skl2/mlp": ["tests/mlp", "skl2/mlp", "tests/test_properties.py"],
}
MODULES = [
    "skl2/selection.py",
    "skl2/_choice.py",
    "skl2/mlp/_loss.py",
    "skl2/mlp/_penalty.py",
    "skl2/mlp/_optimizer.py",
    "skl2/ridge/_solvers.py",
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
NAMES = {"maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max", "argmax": "argmin"}
SECONDS = 300  # a mutant that takes longer never ends


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


def survives(tree: Path, module: str, text: str) -> bool:
    """Whether all tests pass in this copy of the project with the module changed."""
    (tree / module).write_text(text)
    tests = next(tests for start, tests in TESTS.items() if module.startswith(start))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(command, cwd=tree, capture_output=True, timeout=SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        shutil.copy(ROOT / module, tree / module)


def judge(job: tuple[str, int], trees: SimpleQueue[Path]) -> str:
    """A line about the survivor; nothing of one that is killed."""
    module, number = job
    mutator, text = mutant(module, number)
    tree = trees.get()
    try:
        return f"{module}:{mutator.line}  {mutator.what}" if survives(tree, module, text) else ""
    finally:
        trees.put(tree)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", default=[m for m in MODULES if (ROOT / m).exists()])
    parser.add_argument("--sample", type=int, default=20, help="mutants of a module; 0 for all")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    jobs = []
    for module in args.modules:
        counter = Mutator()
        counter.visit(ast.parse((ROOT / module).read_text()))
        size = min(args.sample or counter.found, counter.found)
        numbers = np.random.default_rng(0).choice(counter.found, size, replace=False).tolist()
        jobs += [(module, number) for number in sorted(numbers)]
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(args.jobs) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(args.jobs):
            for part in ("skl2", "tests", "pyproject.toml", "README.md"):
                copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
                (Path(scratch) / str(number)).mkdir(exist_ok=True)
                copy(ROOT / part, Path(scratch) / str(number) / part)
            trees.put(Path(scratch) / str(number))
        survivors = []
        for line in pool.map(lambda job: judge(job, trees), jobs):
            survivors += [line] if line else []
            print(line or ".", end="\n" if line else "", flush=True)
    print(f"\n{len(jobs) - len(survivors)} of {len(jobs)} mutants killed")


if __name__ == "__main__":
    main()
