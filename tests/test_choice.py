"""One search and one set of attributes for all four estimators that choose alpha."""

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import make_scorer
from sklearn.model_selection import GroupKFold

from skl2 import MLPClassifierCV, MLPRegressorCV, RidgeClassifierCV, RidgeCV
from skl2._choice import CHEAP, Extension, Scores, Stopped, check_alphas, choose, picks, unit_of

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


def test_a_grid_of_two_has_ends_and_one_of_one_has_none():
    assert len(choose(around(5), 2, ends, "min").scores.alphas) == 4
    assert len(choose(around(5), 1, ends, "min").scores.alphas) == 1


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

    def level_below(alphas):
        return Scores.of_folds(alphas, -1.0 - 0.02 * alphas + [[-1.0], [1.0]])

    assert len(choose(level_below, 7, ends, "min", CHEAP).scores.alphas) > 7
    assert len(choose(level_below, 7, ends, "min", NOISY).scores.alphas) == 7

    def flat(alphas):
        return Scores.of_folds(alphas, np.ones((2, len(alphas))))

    assert len(choose(flat, 7, ends, "min", CHEAP).scores.alphas) == 7
    assert choose(flat, np.array([0.1, 10.0, 1.0]), ends, "1se").alpha == 10.0

    def falling(alphas):
        return Scores.of_folds(alphas, -1.0 - 0.1 * np.log10(alphas) + [[-9.0], [9.0]])

    cheap = choose(falling, 7, ends, "1se", CHEAP).scores.alphas
    assert cheap.max() == pytest.approx(1e3)
    assert cheap.min() == pytest.approx(1e-9)  # scores rise to this end
    assert len(choose(falling, 7, ends, "1se", NOISY).scores.alphas) == 11


@pytest.mark.parametrize("alphas", [13, "auto"])
@pytest.mark.parametrize(("height", "best"), [(2.0, -6.0), (0.5, 1.0)])
def test_beyond_an_end_to_which_scores_rise_there_may_be_the_best(alphas, height, best):
    def evaluate(alphas):
        line = np.log10(alphas)
        mean = np.exp(-((line - 1) ** 2)) + height * np.exp(-(((line + 6) / 3) ** 2))
        return Scores(alphas, mean[:, None], np.full((len(alphas), 1), np.nan))

    chosen = choose(evaluate, alphas, ends, "min")
    assert np.log10(chosen.alpha) == pytest.approx(best, abs=0.3)
    assert not chosen.at_end


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


def over_the_line(*curves, error=0.5):
    """Scores that are these curves of log(alpha), a column each, with this standard error."""

    def evaluate(alphas):
        mean = np.column_stack([curve(np.log(alphas)) for curve in curves])
        return Scores(alphas, mean, np.full(mean.shape, error))

    return evaluate


def parabola(optimum):
    return lambda x: -((x - optimum) ** 2)


@pytest.mark.parametrize("decades", [0.0, -2.3, 2.9, -7.0, 10.5])
def test_the_optimum_of_a_continuum_and_a_standard_error_above_it(decades):
    optimum = decades * np.log(10)
    chosen = choose(over_the_line(parabola(optimum)), "auto", ends, "1se")
    np.testing.assert_allclose(np.log(chosen.by_rule["min"]), optimum, atol=1e-6)
    np.testing.assert_allclose(np.log(chosen.alpha), optimum + np.sqrt(0.5), atol=1e-9)
    np.testing.assert_allclose(chosen.score, -0.5, rtol=1e-9)
    assert not chosen.at_end
    assert (np.diff(chosen.scores.alphas) >= 0).all()
    np.testing.assert_allclose(
        chosen.scores.mean[:, 0], parabola(optimum)(np.log(chosen.scores.alphas)), atol=1e-12
    )


def test_each_column_of_a_continuum_has_its_optimum():
    optima = np.array([-3.0, 0.5, 12.0])
    chosen = choose(over_the_line(*map(parabola, -optima)), "auto", ends, "min")
    np.testing.assert_allclose(np.log(chosen.alpha), -optima, atol=1e-6)
    both = choose(over_the_line(parabola(1.0), waves, parabola(-1.0), error=0.03), "auto", ends, "min")
    alone = choose(over_the_line(waves, error=0.03), "auto", ends, "min")
    np.testing.assert_allclose(np.log(both.alpha), [1.0, np.log(alone.alpha[0]), -1.0], atol=1e-6)
    chosen = choose(over_the_line(*map(parabola, optima)), "auto", ends, "min")
    np.testing.assert_allclose(np.log(chosen.alpha), optima, atol=1e-6)
    np.testing.assert_allclose(np.log(chosen.by_rule["1se"]), optima + np.sqrt(0.5), atol=1e-9)
    np.testing.assert_allclose(chosen.score, 0.0, atol=1e-11)


def waves(x):
    """Five optima between 1e-3 and 1e3, the best of them near 0; to the ends it falls."""
    return np.cos(2.5 * x) - 0.005 * (x - 0.6) ** 2 - 5.0 * np.maximum(np.abs(x) - 6.2, 0.0) ** 2


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1, 0.15])  # which of them seems best from the nodes changes
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_best_of_many_optima_and_the_last_alpha_that_is_good_enough(sign, shift):
    def curve(x):
        return waves(sign * x + shift)

    error = 0.03
    chosen = choose(over_the_line(curve, error=error), "auto", ends, "1se")
    line = np.linspace(np.log(1e-3), np.log(1e3), 2_000_001)
    scores = curve(line)
    np.testing.assert_allclose(np.log(chosen.by_rule["min"]), line[scores.argmax()], atol=1e-5)
    last = line[np.flatnonzero(scores >= scores.max() - error)[-1]]
    np.testing.assert_allclose(np.log(chosen.alpha), last, atol=1e-5)


def test_a_continuum_is_followed_three_times_by_a_factor_of_a_thousand():
    for sign in (-1, 1):
        chosen = choose(over_the_line(lambda x, sign=sign: sign * x, error=0.0), "auto", ends, "min")
        np.testing.assert_allclose(chosen.alpha, 1e12**sign, rtol=1e-6)
    beyond = choose(over_the_line(parabola(np.log(1e12) - 0.3)), "auto", ends, "1se")
    np.testing.assert_allclose(beyond.alpha, 1e12, rtol=2e-3)  # not 0.4 further
    far = choose(over_the_line(parabola(0.0), error=np.log(1e5) ** 2), "auto", ends, "1se")
    np.testing.assert_allclose(far.alpha, 1e5, rtol=1e-8)  # beyond the ends, where the best is not
    np.testing.assert_allclose(far.by_rule["min"], 1.0, atol=1e-6)


def test_no_alpha_is_beyond_what_numbers_can_say():
    for sign, limit in ((-1, np.finfo(float).tiny), (1, np.finfo(float).max)):
        evaluate = over_the_line(lambda x, sign=sign: sign * x, error=np.nan)
        chosen = choose(evaluate, "auto", lambda: (1e-300, 1e305), "min")
        assert np.isfinite(chosen.scores.alphas).all()
        np.testing.assert_allclose(np.log(chosen.alpha), np.log(limit), atol=1.1)
        assert np.isnan(chosen.by_rule["1se"]).all()


def test_scores_that_are_not_finite_leave_the_choice_to_the_others():
    for worst, optimum, close in ((-4.0, 2.0, 1e-6), (2.0, 2.01, 0.5)):  # in the second no curve comes by it
        curve = over_the_line(lambda x, worst=worst, at=optimum: np.where(x < worst, np.nan, parabola(at)(x)))
        chosen = choose(curve, "auto", ends, "min")
        np.testing.assert_allclose(np.log(chosen.alpha), optimum, atol=close)
        assert chosen.score >= -(close**2)
    scores = Scores(np.array([1.0, 2.0, 3.0]), np.array([[np.nan, -np.inf, 1.0]]).T, np.zeros((3, 1)))
    np.testing.assert_array_equal(picks(scores, "1se"), [2])
    scores.mean[2] = np.nan
    with pytest.raises(ValueError, match="No alpha has a finite mean score"):
        picks(scores, "min")


def test_scores_join_in_the_order_of_their_alphas():
    one, other = (
        Scores(np.array(a), np.array(a)[:, None], -np.array(a)[:, None], (np.tile(a, (2, 3, 1)),))
        for a in ([3.0, 1.0], [4.0, 2.0, 0.5])
    )
    joined = one.join(other)
    expected = [0.5, 1.0, 2.0, 3.0, 4.0]
    np.testing.assert_array_equal(joined.alphas, expected)
    np.testing.assert_array_equal(joined.mean[:, 0], expected)
    np.testing.assert_array_equal(-joined.std_error[:, 0], expected)
    np.testing.assert_array_equal(joined.detail[0], np.tile(expected, (2, 3, 1)))


@pytest.mark.parametrize(("largest", "unit"), [(1.0, 1.0), (-5.0, 4.0), (7.0, 8.0), (1e200, 2.0**664)])
def test_the_unit_is_the_power_of_two_next_to_the_largest_finite_value(largest, unit):
    assert unit_of(np.array([[0.1, largest, np.nan, np.inf]])) == unit
    assert 0 < unit_of(np.zeros(3)) < 1e-100


def test_what_alphas_and_their_number_ask_for():
    default = (0.1, 1.0)
    assert check_alphas("auto", None, default) == "auto"
    assert check_alphas("auto", 5, default) == check_alphas(default, 5, default) == 5
    assert check_alphas(default, 1, default) == 1
    for number in (3, np.int64(3), 3.0):  # as in scikit-learn one value, not that many
        np.testing.assert_array_equal(check_alphas(number, None, default), [3.0])
    np.testing.assert_array_equal(check_alphas([0, 2], None, default, allow_zero=True), [0.0, 2.0])
    for alphas, number, error, said in (
        ("best", None, ValueError, "or 'auto', got 'best'"),
        ([1.0], 5, ValueError, r"n_alphas=5 asks for a grid in place of alphas=\[1.0\]"),
        (default, 0, ValueError, "n_alphas must be an integer in"),
        ([0, 2], None, ValueError, r"alphas\[0\] == 0"),
        (True, None, TypeError, "alphas must be .*True"),
    ):
        with pytest.raises(error, match=said):
            check_alphas(alphas, number, default)


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

    (message,) = said([10.0, 1e4, 1e3])
    assert "at the end of alphas, 10 to 10000" in message
    assert not said([10.0, 1e3])


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


def test_routed_weights_weigh_the_accuracy_that_a_classifier_scores_by():
    weight, params = np.linspace(0.1, 3.0, len(Y)), {"alphas": GRID, "cv": 3}
    plain = RidgeClassifierCV(**params).fit(X, Y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        routed = RidgeClassifierCV(**params).set_fit_request(sample_weight=True)
        routed.fit(X, Y, sample_weight=weight)
        unweighted = RidgeClassifierCV(**params).fit(X, Y)
    np.testing.assert_array_equal(routed.mean_score_, plain.mean_score_)
    assert np.abs(routed.mean_score_ - unweighted.mean_score_).max() > 1e-3
