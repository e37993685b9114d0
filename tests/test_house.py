"""Imports point one way: from the wings down to the ground floor, and never from one wing to the other."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import skl2

HOUSE = Path(skl2.__file__).parent
ROOMS = {
    ".".join(["skl2", *path.relative_to(HOUSE).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in HOUSE.rglob("*.py")
}
FOUNDATION = {
    "skl2._version",
    "skl2._typing",
    "skl2._base",
    "skl2._parameters",
    "skl2._validation",
    "skl2._threads",
}
WINGS = ("skl2.ridge", "skl2.mlp")
PICTURES = {room for room in ROOMS if room.startswith("skl2.display")}
UPSTAIRS = {"skl2", "skl2.onnx", "skl2._trusted", *PICTURES}
DASK = "skl2.dask"  # a house of its own on top of this one


def imports(room):
    """The rooms that a module imports, whether at its top or within a function."""
    for node in ast.walk(ast.parse(ROOMS[room].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{room} imports relatively in line {node.lineno}"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in ROOMS else node.module for name in inner)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


ARROWS = {room: {name for name in imports(room) if name.split(".")[0] == "skl2"} for room in ROOMS}


def wing(room):
    return next((name for name in WINGS if room == name or room.startswith(name + ".")), None)


def test_there_is_no_circle():
    order = list(graphlib.TopologicalSorter(ARROWS).static_order())
    assert set(order) >= set(ROOMS)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_arrows_point_down(room):
    for target in ARROWS[room]:
        assert target in ROOMS, f"{room} imports {target}, which does not exist"
        assert room not in FOUNDATION or target in FOUNDATION, f"the foundation imports {target}"
        assert room.startswith(DASK) or not target.startswith(DASK), f"{room} needs Dask: {target}"
        if wing(room):
            assert wing(target) in (None, wing(room)), f"{room} reaches into the other wing: {target}"
            assert target != wing(room), f"{room} imports its own wing's entrance"
            assert target != "skl2"
        elif room not in UPSTAIRS and not room.startswith(DASK):
            assert wing(target) is None, f"{room} of the ground floor imports {target}"
