"""What type checkers see: a fit returns the estimator's own type, parameters have theirs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """
import numpy as np

import skl2
from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, Ridge, RidgeClassifier, RidgeCV

X = np.random.default_rng(0).normal(size=(30, 4))
y, labels = X[:, 0], X[:, 1] > 0

ridge: Ridge = Ridge(alpha=2.0).fit(X, y)
classifier: RidgeClassifier = RidgeClassifier().fit(X, labels)
chosen: RidgeCV = RidgeCV(alphas="auto").fit(X, y)
network: MLPRegressor = MLPRegressor("poisson", (10,), alpha=0.1, max_iter=5).fit(X, y**2)
stream: MLPClassifier = MLPClassifier(10).partial_fit(X, labels, classes=[False, True])
several: list[MLPRegressorCV | MLPClassifierCV] = [MLPRegressorCV(cv=3), MLPClassifierCV(selection="1se")]
name: str = network.solver
display = skl2.display.AlphaSelectionDisplay.from_estimator
reveal_type(Ridge().fit(X, y))
reveal_type(MLPClassifierCV().fit(X, labels))
reveal_type(MLPRegressor().partial_fit(X, y))
"""


def checked(path, command):
    path.write_text(SCRIPT)
    result = subprocess.run([*command, str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    for kind in ("Ridge", "MLPClassifierCV", "MLPRegressor"):
        assert f'"{kind}"' in result.stdout.replace("skl2.ridge._estimators.", "").replace(
            "skl2.mlp._estimators_cv.", ""
        ).replace("skl2.mlp._estimators.", "")


def test_a_script_is_typed_for_mypy(tmp_path):
    pytest.importorskip("mypy")
    options = ["--strict", "--follow-imports=silent", "--ignore-missing-imports", "--config-file="]
    checked(tmp_path / "script.py", [sys.executable, "-m", "mypy", *options, f"--cache-dir={tmp_path}"])


def test_a_script_is_typed_for_pyright(tmp_path):
    if shutil.which("pyright", path=Path(sys.executable).parent) is None:
        pytest.skip("pyright is not installed")
    checked(tmp_path / "script.py", [str(Path(sys.executable).parent / "pyright")])


def test_pictures_are_there_after_import():
    code = "import sys, skl2; assert 'skl2.display' not in sys.modules; skl2.display.AlphaSelectionDisplay"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        __import__("skl2").nonsense  # noqa: B018
