"""What every estimator of the package shares beside scikit-learn's own base classes."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from traceback import clear_frames
from types import FrameType
from typing import Any, TypeVar, cast

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils import metaestimators

from skl2._version import __version__

Estimator = TypeVar("Estimator")
Method = TypeVar("Method", bound=Callable[..., Any])
"""What a decorator takes and gives back with its type"""


class PackageMixin:
    """Links an estimator to this package: to its documentation in HTML, to its version where it is stored.

    Where another version loads it, that is said.
    """

    _doc_link_module = "skl2"
    _doc_link_template = "https://skl2.readthedocs.io/en/stable/generated/skl2.{estimator_name}.html"

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"estimator_name": type(self).__name__}

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_skl2_version": __version__}  # type: ignore[dict-item]

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        stored_by = state.pop("_skl2_version", "0.1.0 or earlier")
        if stored_by != __version__:
            warn_caller(
                InconsistentVersionWarning(
                    estimator_name=f"skl2.{type(self).__name__}",
                    current_sklearn_version=__version__,
                    original_sklearn_version=stored_by,
                )
            )
        super().__setstate__(state)  # type: ignore[misc]


def unchanged_on_error(fit: Method) -> Method:
    """Decorate a fitting method: where it raises, the estimator's attributes are put back.

    Lists among them, which are curves, may have grown, and generators have been drawn from. After an
    interruption nothing is held by the frames that it went through.
    """

    @functools.wraps(fit)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        lengths = [(value, len(value)) for value in before.values() if isinstance(value, list)]
        drawn = [(rng, rng.get_state()) for rng in _generators(before.values())]
        try:
            return fit(self, *args, **kwargs)
        except BaseException as error:  # an interruption too
            for curve, length in lengths:
                del curve[length:]
            for rng, state in drawn:
                rng.set_state(state)
            vars(self).clear()
            vars(self).update(before)
            if isinstance(error, KeyboardInterrupt):  # it may have fallen between a limit and its `with`
                clear_frames(error.__traceback__)
            raise

    return cast(Method, guarded)


def _generators(values: Iterable[Any]) -> Iterator[np.random.RandomState]:
    """Those among values, or one level below, in a tuple."""
    for value in values:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, np.random.RandomState):
                yield one


def carry_over(source: Any, target: Estimator, names: Iterable[str]) -> Estimator:
    """Give `target` copies of those of the named attributes that `source` has, and return it."""
    for name in names:
        if hasattr(source, name) and not hasattr(type(target), name):  # which would be a property
            setattr(target, name, deepcopy(getattr(source, name)))
    return target


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """scikit-learn's decorator of the same name, which keeps the method's type here."""
    return cast(Callable[[Method], Method], metaestimators.available_if(check))


def warn_caller(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that led here, outside this package and what wraps our methods.

    What is said twice within one call from there, such as in each fit of a search, is said once:
    the outermost call remembers it as long as it runs.
    """
    frame, level = sys._getframe(), 1
    outermost = frame
    while frame.f_back is not None and _package(frame) in ("skl2", "sklearn", "joblib"):
        outermost, frame, level = frame, frame.f_back, level + 1
    said = outermost.f_locals.setdefault("__skl2_said__", set())
    if (message, category) not in said:
        said.add((message, category))
        warnings.warn(message, category, stacklevel=level)


def _package(frame: FrameType) -> str:
    return frame.f_globals.get("__name__", "").partition(".")[0]
