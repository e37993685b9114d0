"""What every estimator of the package shares beside scikit-learn's own base classes."""

from __future__ import annotations


class DocLinkMixin:
    """Let the HTML representation of an estimator link to this package's documentation."""

    _doc_link_module = "skl2"
    _doc_link_template = "https://skl2.readthedocs.io/en/stable/generated/skl2.{estimator_name}.html"

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"estimator_name": type(self).__name__}
