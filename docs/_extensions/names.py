"""Names in code style lead to their documentation: this package's, scikit-learn's, NumPy's and SciPy's."""

from importlib import import_module

from docutils import nodes
from inventories import short_names
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

MODULES = ("skl2.dask", "skl2.onnx", "skl2.display", "skl2.selection", "skl2")


def known_names():
    """What each name in code style may mean; this package's meaning comes first."""
    names = short_names("sklearn")
    for module in MODULES:
        names[module] = module
        for name in import_module(module).__all__:
            names[name] = names[f"{module}.{name}"] = f"{module}.{name}"
    return names


NAMES = known_names()


class LinkNames(SphinxTransform):
    """Make a reference of each known name in code style that is neither a title nor a link already."""

    default_priority = 400

    def apply(self, **kwargs):
        for literal in list(self.document.findall(nodes.literal)):
            target = NAMES.get(literal.astext())
            ancestors = (nodes.title, nodes.reference, pending_xref, nodes.caption)
            if target is None or any(isinstance(node, ancestors) for node in parents(literal)):
                continue
            reference = pending_xref(
                "", refdomain="py", reftype="obj", reftarget=target, refexplicit=True, refwarn=False
            )
            literal.replace_self(reference)
            reference += literal


def parents(node):
    while node.parent is not None:
        node = node.parent
        yield node


def setup(app):
    app.add_transform(LinkNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
