"""The package as it is installed: metadata, public names, lazy imports."""

import subprocess
import sys
from importlib.metadata import metadata, requires
from importlib.resources import files
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import skl2

ROOT = Path(__file__).parents[1]


def test_version_is_the_installed_one_and_has_an_entry_in_the_changelog():
    assert metadata("skl2")["Version"] == skl2.__version__
    assert f"## [{skl2.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
    assert f"\nversion: {skl2.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_the_licence_is_bsd():
    assert metadata("skl2")["License-Expression"] == "BSD-3-Clause"


def test_typing_marker_is_part_of_the_package():
    assert files("skl2").joinpath("py.typed").is_file()


def test_only_numpy_scipy_and_scikit_learn_are_required():
    required = {r.name for r in map(Requirement, requires("skl2")) if r.marker is None}
    assert required == {"numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl"}


def test_every_requirement_has_a_lower_bound():
    for requirement in map(Requirement, requires("skl2")):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert requirement.name == "skl2" or ">=" in operators, requirement


def test_public_names_are_listed_once_and_exist():
    assert len(set(skl2.__all__)) == len(skl2.__all__) > 0
    for name in skl2.__all__:
        if name != "TRUSTED_TYPES":  # a list
            assert getattr(skl2, name).__module__.startswith("skl2.")


def test_import_loads_nothing_optional_and_pictures_when_asked_for():
    optional = {"matplotlib", "polars", "torch", "dask", "skl2onnx", "skops"}
    code = f"""
import sys
import skl2
assert "skl2.display" not in sys.modules
import skl2.display, skl2.onnx, skl2.selection
assert not {optional} & sys.modules.keys(), sys.modules.keys()
assert skl2.display.AlphaSelectionDisplay
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        __import__("skl2").nonsense  # noqa: B018
