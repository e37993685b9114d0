"""Configuration of the documentation. Build it with: python -m sphinx -W docs docs/_build"""

import skl2

project = "skl2"
author = "the skl2 developers"
copyright = "2026, the skl2 developers"
version = release = skl2.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_build", "auto_examples/*.py", "auto_examples/*.ipynb"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say more
numpydoc_show_class_members = False  # the templates list them
templates_path = ["_templates"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "/plot_",
    "ignore_pattern": "/_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skl2"
html_static_path = ["_static"]
html_theme_options = {"navigation_with_keys": False, "show_prev_next": False}
html_show_sourcelink = False


def skip_inherited(app, what, name, obj, skip, options):
    """Leave out what scikit-learn documents: its mixins' methods and the routing requests."""
    module = getattr(obj, "__module__", None) or ""
    return True if module.startswith("sklearn") or name.endswith("_request") else None


def setup(app):
    app.connect("autodoc-skip-member", skip_inherited)
