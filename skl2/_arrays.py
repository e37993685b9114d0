"""Arrays of other libraries, under scikit-learn's ``array_api_dispatch``: computed in NumPy, and given back.

scikit-learn's convention is kept: what `predict` and its like return, and the fitted attributes
that are arrays of numbers, belong to the library and the device of X. Lists of arrays and labels
that are strings stay NumPy's. The methods themselves see nothing but NumPy.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn import config_context, get_config
from sklearn.utils._array_api import _convert_to_numpy, get_namespace_and_device


class Home(NamedTuple):
    """Where an array belongs."""

    namespace: Any
    device: Any

    def take_in(self, value: Any) -> Any:
        """A NumPy array of numbers as one of this library's; anything else as it is."""
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            return value
        return self.namespace.asarray(np.require(value, requirements=["C", "W"]), device=self.device)


def takes_arrays(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a method of X, so that it may be given arrays of other libraries.

    A method that returns the estimator is a fit: it is the estimator's attributes that move.
    """

    @functools.wraps(method)
    def dispatched(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        home = _home(X) if get_config()["array_api_dispatch"] else None
        elsewhere = {name: value for name, value in vars(self).items() if _is_foreign(value)}
        if home is None and not elsewhere:
            return method(self, X, *args, **kwargs)
        worker = copy.copy(self)
        vars(worker).update({name: _in_numpy(value) for name, value in elsewhere.items()})
        result = method(
            worker,
            _in_numpy(X),
            *map(_in_numpy, args),
            **{name: _in_numpy(value) for name, value in kwargs.items()},
        )
        if result is not worker:
            return result if home is None else home.take_in(result)
        vars(self).clear()
        vars(self).update(vars(worker))
        if home is not None:
            fitted = {name: home.take_in(value) for name, value in vars(self).items() if name.endswith("_")}
            vars(self).update(fitted)
        return self

    return dispatched


def _is_foreign(value: Any) -> bool:
    """Whether it is an array of another library."""
    return hasattr(value, "__dlpack__") and not isinstance(value, np.ndarray | np.generic)


def _home(X: Any) -> Home | None:
    """Where X belongs, if it is an array of another library."""
    if not _is_foreign(X):
        return None
    namespace, _, device = get_namespace_and_device(X)
    return Home(namespace, device)


def _in_numpy(value: Any) -> Any:
    """An array of another library as NumPy's, without a copy where it lies in this memory."""
    if not _is_foreign(value):
        return value
    with config_context(array_api_dispatch=True):
        return _convert_to_numpy(value, get_namespace_and_device(value)[0])
