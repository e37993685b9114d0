"""What carries a fitted estimator's attributes over to another object."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, TypeVar

Estimator = TypeVar("Estimator")


def carry_over(source: Any, target: Estimator, names: Iterable[str]) -> Estimator:
    """Give `target` copies of those of the named attributes that `source` has, and return it."""
    for name in names:
        if hasattr(source, name) and not hasattr(type(target), name):  # which would be a property
            setattr(target, name, deepcopy(getattr(source, name)))
    return target
