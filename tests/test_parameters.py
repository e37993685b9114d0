"""A parameter is the same wherever it stands: its text, its limits, its place in the signature."""

import inspect
import re

import pytest
from numpydoc.docscrape import ClassDoc
from sklearn import linear_model, neural_network
from sklearn.base import clone

import skl2

SHARED = {
    ("MLPClassifier", "MLPClassifierCV"): 28,
    ("MLPRegressor", "MLPRegressorCV"): 29,
    ("MLPClassifier", "MLPRegressor"): 28,
    ("Ridge", "RidgeClassifier"): 9,
    ("RidgeCV", "RidgeClassifierCV"): 9,
    ("Ridge", "RidgeCV"): 1,
    ("RidgeClassifier", "RidgeClassifierCV"): 2,
}
"""How many parameters two estimators share"""
PAIRS = list(SHARED)
SKLEARN = {"MLP": neural_network, "Rid": linear_model}
ESTIMATORS = sorted({name for pair in PAIRS for name in pair})


def signature(name):
    return inspect.signature(getattr(skl2, name)).parameters


def texts(name):
    """What the docstring says of every parameter: type without the default, and description."""
    entries = ClassDoc(getattr(skl2, name))["Parameters"]
    return {entry.name: (re.sub(r", default=.*", "", entry.type), entry.desc) for entry in entries}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_shared_parameters_are_documented_alike(one, other):
    here, there = texts(one), texts(other)
    shared = here.keys() & there.keys()
    assert len(shared) == SHARED[one, other]
    assert {name: here[name] for name in shared} == {name: there[name] for name in shared}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_shared_parameters_have_one_default(one, other):
    here, there = signature(one), signature(other)
    differ = {name for name in here.keys() & there.keys() if here[name] != there[name]}
    assert differ == ({"alpha"} if (one, other) == ("MLPClassifier", "MLPRegressor") else set())


@pytest.mark.parametrize("name", ESTIMATORS)
def test_documented_defaults_are_those_of_the_signature(name):
    for entry in ClassDoc(getattr(skl2, name))["Parameters"]:
        assert entry.type.endswith(f"default={signature(name)[entry.name].default!r}")
        assert all(entry.desc)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if hasattr(SKLEARN[name[:3]], name)])
def test_parameters_are_positional_where_scikit_learns_are(name):
    def positional(cls):
        parameters = inspect.signature(cls).parameters.values()
        return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]

    # `loss` came to scikit-learn's regressor with release 1.7
    theirs = getattr(SKLEARN[name[:3]], name)
    without_loss = [name for name in positional(getattr(skl2, name)) if name != "loss"]
    assert without_loss == [p for p in positional(theirs) if p != "loss"]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_parameters_are_read_copied_and_shown(name):
    changed = next(p for p in ("max_iter", "cv") if p in signature(name))
    model = getattr(skl2, name)(**{changed: 7})
    assert list(model.get_params()) == sorted(signature(name))
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == f"{name}({changed}=7)"
    assert name in model._repr_html_()
    assert model != clone(model)
    assert len({model, clone(model)}) == 2
