"""Arrays of other libraries, in a process of its own: SciPy reads an environment variable at its import."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn

HERE = Path(__file__).parent


def test_arrays_of_other_libraries():
    if sklearn.__version__.startswith("1.6."):  # later ones bring their own
        pytest.importorskip("array_api_compat")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            HERE / "arrays_of_other_libraries.py",
        ],
        cwd=HERE.parent,
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
