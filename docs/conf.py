"""Configuration of the documentation. Build it with: python -m sphinx -W docs docs/_build"""

import sys
from pathlib import Path

import skl2

sys.path.append(str(Path(__file__).parent / "_extensions"))

from inventories import FOLDER, PROJECTS

REPOSITORY = "https://github.com/skl2-developers/skl2"
"""Address of the repository, for the links to it and to its issues"""

project = "skl2"
author = "the skl2 developers"
copyright = "2026, the skl2 developers"
version = release = skl2.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "names",
    "results",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = [
    "_build",
    "auto_examples/*.py",
    "auto_examples/*.ipynb",
    "generated/backreferences",
    "_results",
]
default_role = "py:obj"
html_math_renderer = "mathml"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

intersphinx_mapping = {
    name: (address, str(FOLDER / f"{name}.inv")) for name, (address, _, _) in PROJECTS.items()
}

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
    "within_subsection_order": "ExampleTitleSortKey",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skl2",),
    "reference_url": {"skl2": None},
}

copybutton_prompt_text = ">>> |\\.\\.\\. "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "pydata_sphinx_theme"
html_title = "skl2"
html_logo = html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["skl2.css"]
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "migration", "benchmarks", "changelog")}
html_theme_options = {
    "logo": {"text": f"skl2 {release}"},
    "navbar_persistent": ["search-button"],
    "navigation_with_keys": False,
    "show_prev_next": False,
    "header_links_before_dropdown": 5,
    "external_links": [{"name": "Issues", "url": f"{REPOSITORY}/issues"}],
    "github_url": REPOSITORY,
}
html_context = {"default_mode": "auto"}


def skip_inherited(app, what, name, obj, skip, options):
    """Leave the text of scikit-learn's methods to its own pages; the templates list them, without options."""
    if not options:
        return None
    module = getattr(obj, "__module__", None) or ""
    return True if module.startswith("sklearn") or name.endswith("_request") else None


def setup(app):
    app.connect("autodoc-skip-member", skip_inherited)
