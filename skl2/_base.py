"""What every estimator of the package shares beside scikit-learn's own base classes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class DocLinkMixin:
    """Let the HTML representation of an estimator link to this package's documentation."""

    _doc_link_module = "skl2"
    _doc_link_template = "https://skl2.readthedocs.io/en/stable/generated/skl2.{estimator_name}.html"

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"estimator_name": type(self).__name__}


def unchanged_on_error(fit: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a fitting method: where it raises, the estimator's attributes are put back."""

    @functools.wraps(fit)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            return fit(self, *args, **kwargs)
        except BaseException:  # an interruption too
            vars(self).clear()
            vars(self).update(before)
            raise

    return guarded
