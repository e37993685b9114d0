"""One search and one set of attributes for all four estimators that choose alpha."""

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import make_scorer
from sklearn.model_selection import GroupKFold

from skl2 import MLPClassifierCV, MLPRegressorCV, RidgeClassifierCV, RidgeCV
from skl2._choice import CHEAP, Extension, Scores, Stopped, choose

X, Y = load_breast_cancer(return_X_y=True)
X, Y = (X - X.mean(axis=0))[:90] / X.std(axis=0), Y[:90]
GRID = [0.1, 1.0, 10.0, 100.0]
SMALL = {"hidden_layer_sizes": (), "solver": "lbfgs", "random_state": 0}
FOUR = [RidgeCV(cv=3), RidgeClassifierCV(cv=3), MLPClassifierCV(cv=3, **SMALL), MLPRegressorCV(cv=3, **SMALL)]
NOISY = Extension(times=2, least=0, negligible=1e-3, falling=True)


def around(optimum, asked=None):
    """Scores of two folds, a parabola in log10(alpha) each, and what was asked for."""

    def evaluate(alphas):
        if asked is not None:
            asked.append(alphas)
        scores = -((np.log10(alphas) - optimum) ** 2) + np.array([[-0.5], [0.5]])
        return Scores.of_folds(alphas, scores, np.array(2 * [np.log10(alphas)]))

    return evaluate


def ends():
    return 1e-3, 1e3


@pytest.mark.parametrize("extension", [CHEAP, NOISY])
@pytest.mark.parametrize(("optimum", "rounds"), [(0, 0), (-3, 1), (4, 1), (6, 2)])
def test_a_grid_of_numbers_follows_the_optimum(extension, optimum, rounds):
    asked = []
    chosen = choose(around(optimum, asked), 7, ends, "min", extension)
    np.testing.assert_allclose(chosen.alpha, 10.0**optimum)
    assert [len(alphas) for alphas in asked] == [7] + rounds * [2]
    assert not chosen.at_end
    np.testing.assert_allclose(chosen.scores.detail[1][0], np.log10(chosen.scores.alphas))
    np.testing.assert_allclose(chosen.scores.detail[0].mean(axis=0), chosen.scores.mean[:, 0])


def test_the_extension_ends_after_its_times():
    for extension in (CHEAP, NOISY):
        chosen = choose(around(90), 7, ends, "min", extension)
        assert chosen.at_end
        np.testing.assert_allclose(chosen.alpha, 10.0 ** (3 + 2 * extension.times))


def test_an_array_is_left_as_it_is():
    chosen = choose(around(5), np.array([10.0, 1000.0, 100.0]), ends, "min")
    assert chosen.at_end
    np.testing.assert_array_equal(chosen.scores.alphas, [10.0, 1000.0, 100.0])
    assert not choose(around(5), np.array([10.0, 1000.0]), ends, "min").at_end


def test_scores_that_have_levelled_off_or_fall_end_a_grid_or_not():
    def level(alphas):
        return Scores.of_folds(alphas, -1.0 - 0.01 / alphas + [[-1.0], [1.0]])

    assert len(choose(level, 7, ends, "min", CHEAP).scores.alphas) > 7
    assert len(choose(level, 7, ends, "min", NOISY).scores.alphas) == 7

    def falling(alphas):
        return Scores.of_folds(alphas, -1.0 - 0.1 * np.log10(alphas) + [[-9.0], [9.0]])

    assert len(choose(falling, 7, ends, "1se", CHEAP).scores.alphas) == 7
    assert len(choose(falling, 7, ends, "1se", NOISY).scores.alphas) == 11


def test_a_search_that_is_stopped_goes_by_what_it_has():
    evaluate, asked = around(7), []

    def stopping(alphas):
        asked.append(alphas)
        if len(asked) == 2:
            raise Stopped
        return evaluate(alphas)

    chosen = choose(stopping, 7, ends, "min", NOISY)
    assert len(asked) == 2
    np.testing.assert_allclose(chosen.alpha, 1e3)
    assert len(chosen.scores.alphas) == 7


@pytest.mark.parametrize("model", FOUR, ids=lambda model: type(model).__name__)
def test_attributes_agree_with_each_other(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = type(model)(**{**model.get_params(), "alphas": GRID, "selection": "1se"}).fit(X, Y)
    np.testing.assert_array_equal(model.alphas_, GRID)
    assert model.mean_score_.shape == model.std_error_.shape == (4,)
    best = int(np.argmax(model.mean_score_))
    assert model.alpha_min_ == GRID[best]
    within = model.mean_score_ >= model.mean_score_[best] - model.std_error_[best]
    assert model.alpha_ == model.alpha_1se_ == np.max(np.array(GRID)[within])
    assert model.best_score_ == model.mean_score_[GRID.index(model.alpha_)]
    assert {type(value) for value in (model.alpha_, model.alpha_min_, model.alpha_1se_)} == {float}
    assert isinstance(model._score_name, str)
    assert model._score_kind == "mean over the folds"


@pytest.mark.parametrize("model", FOUR, ids=lambda model: type(model).__name__)
def test_the_end_of_a_grid_is_said_in_the_same_words(model):
    def said(alphas):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.set_params(alphas=alphas, selection="min").fit(X, Y)
        return [str(warning.message) for warning in caught]

    (message,) = said([100.0, 1e4, 1e3])
    assert "at the end of alphas, 100 to 10000" in message
    assert not said([100.0, 1e3])


@pytest.mark.parametrize("model", FOUR, ids=lambda model: type(model).__name__)
def test_what_the_splitter_and_the_scorer_get(model):
    groups, weight = np.arange(len(Y)) % 9, np.linspace(0.5, 2.0, len(Y))
    given = []

    def score(y_true, y_pred, sample_weight=None):
        given.append(sample_weight)
        return -np.average((y_true - y_pred) ** 2, weights=sample_weight)

    with config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for asks in (True, False):
            scorer = make_scorer(score).set_score_request(sample_weight=asks)
            params = {"alphas": [1.0, 10.0], "cv": GroupKFold(3), "scoring": scorer}
            routed = type(model)(**{**model.get_params(), **params})
            routed.fit(X, Y, sample_weight=weight, groups=groups)
            assert len(given) == 6
            expected = [weight[test] for _, test in GroupKFold(3).split(X, Y, groups) for _ in range(2)]
            for found, wanted in zip(given, expected, strict=True):
                assert (found is not None) == asks
                if asks:
                    np.testing.assert_allclose(found, wanted)
            given.clear()
