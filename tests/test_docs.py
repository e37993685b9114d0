"""Docstrings agree with signatures, the reference lists every public name, the README runs."""

import importlib
import inspect
import re
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpydoc.docscrape import FunctionDoc, get_doc_object

from skl2.mlp import _stack

ROOT = Path(__file__).parents[1]
MODULES = ["skl2", "skl2.display", "skl2.selection"]


def public_objects():
    """Every public class and function, by its qualified name."""
    things = {
        f"{module}.{name}": getattr(importlib.import_module(module), name)
        for module in MODULES
        for name in importlib.import_module(module).__all__
    }
    return {name: thing for name, thing in things.items() if callable(thing)}


def public_methods():
    """The public methods that this package itself defines on its public classes."""
    methods = {}
    for qualified, cls in public_objects().items():
        if not inspect.isclass(cls):
            continue
        for name, method in inspect.getmembers(cls, callable):
            own = (getattr(method, "__module__", None) or "").startswith("skl2")
            if own and not name.startswith("_") and not inspect.isclass(method):
                methods[f"{qualified}.{name}"] = method
    return methods


OBJECTS, METHODS = public_objects(), public_methods()
FUNCTIONS = {name: f for name, f in OBJECTS.items() if not inspect.isclass(f)} | METHODS


def documented(doc):
    """Names in the Parameters section; `a, b : type` documents both."""
    return [name.strip(" *") for entry in doc["Parameters"] for name in entry.name.split(",")]


def accepted(function):
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.mark.parametrize("name", OBJECTS)
def test_parameters_are_documented_in_the_order_of_the_signature(name):
    assert documented(get_doc_object(OBJECTS[name])) == accepted(OBJECTS[name])


@pytest.mark.parametrize("name", METHODS)
def test_parameters_of_methods_are_documented(name):
    assert documented(FunctionDoc(METHODS[name])) == accepted(METHODS[name])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_say_what_they_return(name):
    doc = FunctionDoc(FUNCTIONS[name])
    assert doc["Returns"] or doc["Yields"]
    assert "".join(doc["Summary"])


@pytest.mark.parametrize("name", OBJECTS)
def test_every_public_object_has_an_example(name):
    assert ">>>" in "\n".join(get_doc_object(OBJECTS[name])["Examples"])


@pytest.mark.parametrize("name", [name for name, cls in OBJECTS.items() if inspect.isclass(cls)])
def test_classes_document_their_attributes(name):
    assert get_doc_object(OBJECTS[name])["Attributes"]


ESTIMATORS = [name for name, thing in OBJECTS.items() if hasattr(thing, "get_params")]


@pytest.mark.filterwarnings("ignore")  # three epochs are few
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_fitted_attribute_is_documented_and_those_alone(name, three_epochs):
    model = OBJECTS[name]().fit(pd.DataFrame(np.eye(30, 2), columns=["a", "b"]), np.arange(30) % 2)
    fitted = {attribute for attribute in dir(model) if attribute.endswith("_") and attribute[0] != "_"}
    entries = get_doc_object(OBJECTS[name])["Attributes"]
    documented = {part.strip() for entry in entries for part in entry.name.split(",")}
    assert fitted - documented == set()
    assert documented - fitted <= {"cv_results_", "sigma_"}  # not of every choice


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_state_the_formula_and_its_source(name):
    doc = get_doc_object(OBJECTS[name])
    text = "\n".join(doc["Summary"] + doc["Extended Summary"])
    assert re.search("alpha|α", text)
    assert doc["References"]


@pytest.mark.parametrize("name", OBJECTS)
def test_the_reference_lists_every_public_name(name):
    listed = (ROOT / "docs" / "api.md").read_text().split()
    assert name.rpartition(".")[2] in listed


def test_the_example_of_the_readme_prints_what_it_says(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    ((code, said),) = re.findall(r"```python\n(.*?)```.*?```text\n(.*?)```", text, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 12
    exec(compile(code, "README.md", "exec"), {})
    printed, said = (
        [float(number) for number in re.fullmatch(r"alpha = (\S+), accuracy (\S+)\n", line).groups()]
        for line in (capsys.readouterr().out, said)
    )
    assert abs(np.log10(printed[0] / said[0])) < 0.51  # the next value of the grid where rounding differs
    assert abs(printed[1] - said[1]) < 0.005


def test_the_landing_page_prints_what_it_says(capsys):
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    ((code, said),) = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    exec(compile(code, "index.md", "exec"), {})
    assert capsys.readouterr().out == said


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:The chosen alpha")
@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_code_of_a_page_runs_from_top_to_bottom(page, three_epochs):
    """Later blocks use the names of earlier ones, as a reader would."""
    namespace = {}
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        exec(compile(code, page.name, "exec"), namespace)
    plt.close("all")


def in_fast_settings(code):
    """An example with two repetitions, three epochs and five alphas where it asks for many."""
    code = re.sub(r"for (\w+) in range\(\d+\)", r"for \1 in range(2)", code)
    code = re.sub(r"logspace\(([^,()]+), ([^,()]+), \d\d+\)", r"logspace(\1, \2, 5)", code)
    return re.sub(r"max_iter=\d+", "max_iter=3", code)


@pytest.fixture
def three_epochs(monkeypatch):
    """What a network takes by itself: a page or an example needs no good fit to run."""
    monkeypatch.setattr(_stack, "HORIZON_EPOCHS", 3)
    monkeypatch.setattr(_stack, "HORIZON_STEPS", 3)


@pytest.mark.filterwarnings("default")  # three epochs are few
@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs_and_draws(example, tmp_path, monkeypatch, three_epochs):
    monkeypatch.chdir(tmp_path)
    figures = []
    monkeypatch.setattr(plt, "show", lambda: figures.extend(plt.get_fignums()))
    code = compile(in_fast_settings(example.read_text(encoding="utf-8")), example, "exec")
    try:
        exec(code, {"__name__": "__main__"})
    except ModuleNotFoundError as error:
        if error.name != "sklearn.callback":
            raise
        pytest.skip("callbacks came with scikit-learn 1.9")
    finally:
        plt.close("all")
    assert figures or list(tmp_path.glob("*.png"))


def test_every_page_is_in_a_table_of_contents():
    pages = list((ROOT / "docs").glob("*.md"))
    tables = [re.findall(r"```{toctree}\n(.*?)```", page.read_text(), re.DOTALL) for page in pages]
    listed = {entry for table in tables for contents in table for entry in contents.split()}
    assert {page.stem for page in pages} - {"index"} <= listed


def repository():
    """The address of the repository, from the documentation's settings."""
    settings = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    return re.search(r'^REPOSITORY = "(.*)"$', settings, re.MULTILINE)[1]


def test_one_address_of_the_repository():
    with open(ROOT / "pyproject.toml", "rb") as file:
        urls = tomllib.load(file)["project"]["urls"]
    assert urls["Repository"] == repository()
    assert urls["Issues"] == f"{repository()}/issues"


def test_links_of_the_readme_are_absolute_for_a_package_index():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(link.startswith("https://") for link in re.findall(r"\]\(([^)]*)\)", readme))


def local_target(link):
    """The file that an address of the site or of the repository stands for."""
    link = re.sub(rf"^{re.escape(repository())}/(blob|tree|raw)/main/", "", link)
    return re.sub(r"^https://skl2\.readthedocs\.io/en/latest/(\w+)\.html", r"docs/\1.md", link)


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_between_files_and_headings_resolve(path):
    links = re.findall(r"\]\(([^)]*)\)", (ROOT / path).read_text(encoding="utf-8"))
    own = [link for link in map(local_target, links) if not link.startswith("http")]
    for link in own:
        target, _, heading = link.partition("#")
        assert (ROOT / target).exists(), link
        if heading:
            text = (ROOT / target).read_text(encoding="utf-8")
            titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
            assert heading in slugs, link


def test_readme_and_documentation_hold_the_same_table():
    tables = [
        [line for line in (ROOT / path).read_text().splitlines() if line.startswith("| ")]
        for path in ("README.md", "docs/objective.md")
    ]
    assert len(tables[1]) == 9
    assert [line for line in tables[0] if line in tables[1]] == tables[1]
