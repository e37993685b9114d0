"""Store every estimator of this version under tests/fixtures, once for a release: tests/make_fixtures.py.

The oldest supported releases of NumPy and scikit-learn should run it, so that files are loaded by
the same or later ones.
"""

import json
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np

import skl2

FIXTURES = Path(__file__).with_name("fixtures")
NETWORK = {"hidden_layer_sizes": (4, 3), "max_iter": 5, "random_state": 0}
GRID = {"alphas": (0.1, 1.0), "cv": 2}


def data():
    """Rows, numbers and names that are the same on every machine."""
    X = np.sin(np.arange(1.0, 121.0)).reshape(40, 3)
    names = np.array(["ant", "bee", "cat"])[np.arange(40) % 3]
    return X, X @ [1.0, -2.0, 0.5] + 0.1 * np.cos(np.arange(40.0)), names


def models():
    """Fitted estimators by name."""
    X, y, names = data()
    regressors = {
        "Ridge": skl2.Ridge(),
        "RidgeCV": skl2.RidgeCV(store_path=True),
        "MLPRegressor": skl2.MLPRegressor(**NETWORK),
        "MLPRegressorCV": skl2.MLPRegressorCV(**GRID, **NETWORK),
    }
    classifiers = {
        "RidgeClassifier": skl2.RidgeClassifier(),
        "RidgeClassifierCV": skl2.RidgeClassifierCV(),
        "MLPClassifier": skl2.MLPClassifier(batch_norm=True, **NETWORK),
        "MLPClassifierCV": skl2.MLPClassifierCV(**GRID, **NETWORK),
    }
    streams = {
        "Ridge-stream": skl2.Ridge().partial_fit(X, y),
        "RidgeClassifier-stream": skl2.RidgeClassifier().partial_fit(X, names, classes=np.unique(names)),
        "MLPRegressor-stream": skl2.MLPRegressor(**NETWORK).partial_fit(X, y),
    }
    return {
        **{name: model.fit(X, y) for name, model in regressors.items()},
        **{name: model.fit(X, names) for name, model in classifiers.items()},
        **streams,
    }


def main():
    """Write a folder of this version."""
    from skops.io import dump  # which takes seconds, and tests take the data above alone

    folder = FIXTURES / skl2.__version__
    folder.mkdir(parents=True, exist_ok=True)
    X, _, _ = data()
    expected = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in models().items():
            (folder / f"{name}.pkl").write_bytes(pickle.dumps(model))
            dump(model, folder / f"{name}.skops", compression=zipfile.ZIP_DEFLATED)
            expected[name] = model.predict(X).tolist()
    (folder / "predictions.json").write_text(json.dumps(expected, indent=0))


if __name__ == "__main__":
    main()
