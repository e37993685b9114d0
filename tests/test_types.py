"""What type checkers see of a user's script; the lint step checks it too, with NumPy's own types."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MYPY = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--follow-imports=silent"]
# the types of other packages take long to read
ALONE = ["--no-site-packages", "--ignore-missing-imports"]
CHECKERS = {"mypy": [*MYPY, *ALONE, "--cache-dir={scratch}"]}
if (pyright := Path(sys.executable).with_name("pyright")).exists():
    CHECKERS["pyright"] = [str(pyright)]


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_script_is_typed(checker, tmp_path):
    command = [part.format(scratch=tmp_path) for part in CHECKERS[checker]]
    script = ROOT / "tests" / "typed_script.py"
    result = subprocess.run([*command, str(script)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
