"""What annotations call an array: its shape and its dtype are told in the docstrings."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

NDArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]
