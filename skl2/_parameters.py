"""A parameter once: its default, what it may be, and the text that every docstring says of it.

The classes that hold parameters are dataclasses, which give the explicit `__init__` that
scikit-learn asks for. Those that share a parameter inherit it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import Field, field, fields
from typing import Any, TypeVar

from sklearn.utils import check_random_state

from skl2._validation import check_choice, check_flag, check_number

Check = Callable[[str, Any], Any]
"""Raises an error that names the parameter if the value is not one of its"""
Class = TypeVar("Class", bound=type)


def parameter(default: Any, kind: str, text: str, check: Check) -> Any:
    """A dataclass's field: `kind` and `text` are what the docstring says, `check` what is allowed."""
    return field(default=default, metadata={"kind": kind, "text": text, "check": check})


def _fields(holder: Any) -> dict[str, Field[Any]]:
    """The parameters by name, in the order of the signature."""
    by_name = {entry.name: entry for entry in fields(holder)}
    return {name: by_name[name] for name in inspect.signature(holder.__init__).parameters if name in by_name}


def check_parameters(estimator: Any) -> None:
    """Raise a TypeError or ValueError that names the first parameter with a bad value."""
    for entry in fields(estimator):
        entry.metadata["check"](entry.name, getattr(estimator, entry.name))


def documented(cls: Class) -> Class:
    """Fill the parameters' texts into the docstring of a class, where it says {parameters}."""
    if cls.__doc__:
        lines = []
        for name, entry in _fields(cls).items():
            lines.append(f"{name} : {entry.metadata['kind']}, default={entry.default!r}")
            lines += [
                f"    {line}".rstrip() for line in inspect.cleandoc(entry.metadata["text"]).splitlines()
            ]
        cls.__doc__ = inspect.cleandoc(cls.__doc__).replace("{parameters}", "\n".join(lines))
    return cls


def anything(name: str, value: Any) -> None:
    """The check of what is checked where it is used."""


def choice(choices: Iterable[Any]) -> Check:
    """One of these."""
    return lambda name, value: check_choice(name, value, choices)


def flag(name: str, value: Any) -> None:
    """True or False."""
    check_flag(name, value)


def seed(name: str, value: Any) -> None:
    """What `check_random_state` takes."""
    try:
        check_random_state(value)
    except ValueError as error:
        raise ValueError(
            f"{name} must be None, an integer from 0 or a RandomState, got {value!r}."
        ) from error


def number(**limits: Any) -> Check:
    """A number within the limits of `check_number`."""
    return lambda name, value: check_number(name, value, **limits)


def or_value(value: Any, check: Check) -> Check:
    """Either this value, or what another check allows."""

    def check_other(name: str, given: Any) -> None:
        if not (isinstance(given, type(value)) and given == value):
            check(name, given)

    return check_other
