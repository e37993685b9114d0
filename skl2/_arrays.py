"""Arrays of other libraries, under scikit-learn's ``array_api_dispatch``: computed in NumPy, and given back.

scikit-learn's convention is kept: what `predict` and its like return, and the fitted attributes
that are arrays of numbers or lists of them, belong to the library and the device of X. Labels that
are strings stay NumPy's. The methods themselves see nothing but NumPy.
"""

from __future__ import annotations

import copy
import functools
from typing import Any, NamedTuple, cast

import numpy as np
from sklearn import config_context, get_config
from sklearn.utils._array_api import _convert_to_numpy, get_namespace_and_device

from skl2._base import Method


class Home(NamedTuple):
    """Where an array belongs."""

    namespace: Any
    device: Any


def takes_arrays(method: Method) -> Method:
    """Decorate a method of X, so that it may be given arrays of other libraries.

    Under the names `fit` and `partial_fit` it is the estimator's attributes that move.
    """
    fits = method.__name__ in ("fit", "partial_fit")

    @functools.wraps(method)
    def dispatched(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        dispatches = get_config()["array_api_dispatch"]
        home = _home(X) if dispatches else None
        elsewhere = {name: value for name, value in vars(self).items() if _is_foreign(value)}
        if home is None and not elsewhere:
            return method(self, X, *args, **kwargs)
        if dispatches and elsewhere and not fits:
            _check_same_home(self, method.__name__, home, _home(next(iter(elsewhere.values()))))
        worker = copy.copy(self)
        vars(worker).update({name: _in_numpy(value) for name, value in elsewhere.items()})
        named = {name: _in_numpy(value) for name, value in kwargs.items()}
        result = method(worker, _in_numpy(X), *map(_in_numpy, args), **named)
        if not fits:
            return _given_back(result, home)
        vars(self).clear()
        for name, value in vars(worker).items():
            vars(self)[name] = _given_back(value, home) if name.endswith("_") else value
        return self

    return cast(Method, dispatched)


def _given_back(value: Any, home: Home | None) -> Any:
    """A NumPy array of numbers, or a list of them, where it belongs; anything else as it is."""
    if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
        return [_given_back(one, home) for one in value]
    if home is None or not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return value
    return home.namespace.asarray(np.require(value, requirements=["C", "W"]), device=home.device)


def _is_foreign(value: Any) -> bool:
    """Whether it is an array of another library, or a list of them."""
    if isinstance(value, list):
        return bool(value) and _is_foreign(value[0])
    return hasattr(value, "__dlpack__") and not isinstance(value, np.ndarray | np.generic)


def _home(value: Any) -> Home | None:
    """Where a value belongs, if it is an array of another library."""
    if not _is_foreign(value):
        return None
    namespace, _, device = get_namespace_and_device(value[0] if isinstance(value, list) else value)
    return Home(namespace, device)


def _check_same_home(estimator: Any, method: str, given: Home | None, fitted: Home | None) -> None:
    """Raise a ValueError where X comes from elsewhere than the rows of the fit, as scikit-learn's do."""
    if given != fitted:
        here, there = ("NumPy" if home is None else home.namespace.__name__ for home in (given, fitted))
        raise ValueError(
            f"{type(estimator).__name__}.{method}() must use the same namespace and device as fit, which got "
            f"{there}: convert X, of {here}, or fit to such arrays."
        )


def _in_numpy(value: Any) -> Any:
    """An array of another library as NumPy's, without a copy where it lies in this memory."""
    if not _is_foreign(value):
        return value
    if isinstance(value, list):
        return [_in_numpy(one) for one in value]
    with config_context(array_api_dispatch=True):
        return _convert_to_numpy(value, get_namespace_and_device(value)[0])
