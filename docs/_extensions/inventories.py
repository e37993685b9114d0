"""Write the inventories of what scikit-learn, NumPy and SciPy document, so that no build has to fetch them.

Their pages' addresses follow from the public names by a rule. Run after an upgrade:
python docs/_extensions/inventories.py
"""

import zlib
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "_inventories"
PROJECTS = {
    "sklearn": (
        "https://scikit-learn.org/stable/",
        "modules/generated/{0}.html#{0}",
        "base calibration compose cross_decomposition datasets decomposition ensemble exceptions "
        "feature_extraction.text feature_selection frozen gaussian_process impute inspection kernel_ridge "
        "linear_model metrics model_selection multiclass multioutput neural_network pipeline preprocessing "
        "svm tree utils",
    ),
    "numpy": ("https://numpy.org/doc/stable/", "reference/generated/{0}.html#{0}", "linalg"),
    "scipy": (
        "https://docs.scipy.org/doc/scipy/",
        "reference/generated/{0}.html#{0}",
        "linalg optimize sparse special stats",
    ),
}
"""Address of the documentation, the rule of a page's address, public modules"""
LABELS = {
    "sklearn": {
        "accuracy_score": "modules/model_evaluation.html#accuracy-score",
        "r2_score": "modules/model_evaluation.html#r2-score",
    }
}
"""Places to which the docstrings of inherited methods refer"""
HEADER = """\
# Sphinx inventory version 2
# Project: {}
# Version: {}
# The remainder of this file is compressed using zlib.
"""


def public_names(path):
    """Each public class and function of a module, with its kind."""
    module = import_module(path)
    own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == path]
    for name in sorted(getattr(module, "__all__", own)):
        thing = vars(module).get(name)
        if callable(thing) and not name.startswith("_"):
            yield f"{path}.{name}", "class" if isinstance(thing, type) else "function"


def write(project, rule, modules):
    """Write the inventory of one project."""
    package = import_module(project)
    paths = [project] if project == "numpy" else []
    paths += [f"{project}.{module}" for module in modules.split()]
    lines = [
        f"{name} py:{kind} 1 {rule.format(name)} -\n" for path in paths for name, kind in public_names(path)
    ]
    lines += [f"{name} std:label -1 {place} {name}\n" for name, place in LABELS.get(project, {}).items()]
    header = HEADER.format(project, package.__version__)
    body = zlib.compress("".join(lines).encode(), 9)
    (FOLDER / f"{project}.inv").write_bytes(header.encode() + body)


def short_names(project):
    """Each name of a written inventory by its last part: `Ridge` for `sklearn.linear_model.Ridge`."""
    data = (FOLDER / f"{project}.inv").read_bytes().split(b"\n", 4)[4]
    names = [line.split(" py:")[0] for line in zlib.decompress(data).decode().splitlines() if " py:" in line]
    return {name.rpartition(".")[2]: name for name in names}


if __name__ == "__main__":
    for project, (_, rule, modules) in PROJECTS.items():
        write(project, rule, modules)
