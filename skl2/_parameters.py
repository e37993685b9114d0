"""A parameter once: its default, what it may be, and the text that every docstring says of it.

The classes that hold parameters are dataclasses, which give the explicit `__init__` that
scikit-learn asks for. Those that share a parameter inherit it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import field, fields
from functools import partial
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from sklearn.utils import check_random_state

Check = Callable[[str, Any], Any]
"""Raises an error that names the parameter if the value is not one of its"""
Class = TypeVar("Class", bound=type)


def parameter(default: Any, kind: str, text: str, check: Check) -> Any:
    """A dataclass's field: `kind` and `text` are what the docstring says, `check` what is allowed."""
    return field(default=default, metadata={"kind": kind, "text": text, "check": check})


def check_parameters(estimator: Any) -> None:
    """Raise a TypeError or ValueError that names the first parameter with a bad value."""
    for entry in fields(estimator):
        entry.metadata["check"](entry.name, getattr(estimator, entry.name))


def documented(**texts: str) -> Callable[[Class], Class]:
    """Fill a class's docstring: the parameters where it says {parameters}, a text where it says its name."""

    def fill(cls: Class) -> Class:
        if cls.__doc__:
            said = {"parameters": _parameter_texts(cls)} | {k: inspect.cleandoc(v) for k, v in texts.items()}
            cls.__doc__ = inspect.cleandoc(cls.__doc__)
            for name, text in said.items():
                cls.__doc__ = cls.__doc__.replace(f"{{{name}}}", text)
        return cls

    return fill


def _parameter_texts(holder: Any) -> str:
    """What a docstring says of the parameters, in the order of the signature."""
    by_name, lines = {entry.name: entry for entry in fields(holder)}, []
    for name in inspect.signature(holder).parameters:
        entry = by_name[name]
        lines.append(f"{name} : {entry.metadata['kind']}, default={entry.default!r}")
        lines += [f"    {line}".rstrip() for line in inspect.cleandoc(entry.metadata["text"]).splitlines()]
    return "\n".join(lines)


def check_choice(name: str, value: Any, choices: Iterable[Any]) -> Any:
    """Return `value` if it is one of `choices`, otherwise raise a ValueError."""
    choices = list(choices)
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        raise ValueError(f"{name} must be one of {choices}, got {value!r}.")
    return value


def check_number(
    name: str,
    value: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    closed: str = "both",
    integer: bool = False,
) -> Any:
    """Return `value` if it is a finite number between `low` and `high`.

    `closed` says which ends belong to the interval: 'both', 'left', 'right' or 'neither'.
    A number of the wrong type is a TypeError, one out of range (or NaN, inf) a ValueError.
    """
    kind: Any = Integral if integer else Real
    what = "an integer" if integer else "a real number"
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} must be {what}, got {value!r} of type {type(value).__name__}.")
    number = as_float(value)
    above = number >= low if closed in ("both", "left") else number > low
    below = number <= high if closed in ("both", "right") else number < high
    if not (math.isfinite(number) and above and below):
        left = "[" if closed in ("both", "left") and low > -math.inf else "("
        right = "]" if closed in ("both", "right") and high < math.inf else ")"
        raise ValueError(f"{name} must be {what} in {left}{low:g}, {high:g}{right}, got {value!r}.")
    return value


def is_number(value: Any) -> bool:
    """Whether it is a real number, which a boolean is not meant to be."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def one_alpha(value: Any, name: str, allow_zero: bool) -> float:
    """Return one strength as a float; a TypeError or ValueError if it is none."""
    if not is_number(value):
        raise TypeError(f"{name} must be an instance of float, not {type(value).__name__}: {value!r}.")
    if not math.isfinite(as_float(value)):
        raise ValueError(f"{name} == {value}, must be finite.")
    if value < 0 or (value == 0 and not allow_zero):
        raise ValueError(f"{name} == {value}, must be {'>=' if allow_zero else '>'} 0.0.")
    return float(value)


def as_float(value: Any) -> float:
    """A real number as a float; infinite where an integer is too large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def flag(name: str, value: Any) -> None:
    """Raise a TypeError if `value` is not a boolean."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_sequence(name: str, value: Any) -> list[Any]:
    """Return the values of a sequence, or a single value, as a list; raise a TypeError without an order."""
    if not np.iterable(value) or isinstance(value, str | bytes):
        return [value]
    if isinstance(value, Set | Mapping) or not hasattr(value, "__len__"):
        raise TypeError(f"{name} must be a number or a sequence in a fixed order, got {value!r}.")
    return list(value)


def anything(name: str, value: Any) -> None:
    """The check of what is checked where it is used."""


def one_scorer(name: str, value: Any) -> None:
    """A name or a callable, which is looked up where it is used; None stands for the default."""
    if not (value is None or isinstance(value, str) or callable(value)):
        raise TypeError(f"{name} must be one name or callable, or None; got {value!r}.")


def seed(name: str, value: Any) -> None:
    """What `check_random_state` takes; a plain seed is not tried, as a generator of it takes long to make."""
    if type(value) is int and 0 <= value < 2**32:
        return
    try:
        check_random_state(value)
    except ValueError as error:
        raise ValueError(
            f"{name} must be None, an integer from 0 or a RandomState, got {value!r}."
        ) from error


def or_value(value: Any, check: Check) -> Check:
    """Either this value, or what another check allows."""

    def check_other(name: str, given: Any) -> None:
        if not (isinstance(given, type(value)) and given == value):
            check(name, given)

    return check_other


def choice(choices: Iterable[Any]) -> Check:
    """The check for one of these."""
    return partial(check_choice, choices=choices)


def number(**limits: Any) -> Check:
    """The check for a number within the limits of `check_number`."""
    return partial(check_number, **limits)
