"""What earlier releases have stored is loaded, with a warning, and predicts what it did."""

import json
import pickle
import warnings

import numpy as np
import pytest
from make_fixtures import FIXTURES, data
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import InconsistentVersionWarning

import skl2

FILES = sorted(path for path in FIXTURES.glob("*/*") if path.suffix != ".json")


def loaded(path):
    """The estimator, and the versions of this package that a warning names."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if path.suffix == ".pkl":
            model = pickle.loads(path.read_bytes())
        else:
            from skops.io import load  # which takes seconds

            model = load(path, trusted=skl2.TRUSTED_TYPES)
    assert {warning.category for warning in caught} <= {InconsistentVersionWarning}
    ours = [warning.message for warning in caught if warning.message.estimator_name.startswith("skl2.")]
    return model, [message.original_sklearn_version for message in ours]


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_stored_by_a_release(path):
    model, warned_of = loaded(path)
    version = path.parent.name
    assert warned_of == ([] if version == skl2.__version__ else [version])
    X, y, names = data()
    expected = json.loads((path.parent / "predictions.json").read_text())[path.stem]
    predicted = model.predict(X)
    if predicted.dtype.kind == "f":
        assert_allclose(predicted, expected, rtol=1e-9, atol=1e-12)
    else:
        assert_array_equal(predicted, expected)
    assert repr(model.to_sklearn())
    if path.stem.endswith("stream"):
        model.partial_fit(X, names if predicted.dtype.kind == "U" else y)
        assert np.shape(model.predict(X)) == np.shape(expected)


def test_there_are_files_of_every_estimator():
    names = {path.stem for path in FILES}
    assert names >= set(skl2.__all__) - {"TRUSTED_TYPES", "mlp_path"}
