import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2.selection import alpha_grid, extend_grid, one_standard_error, pick, pick_summary, summarise

X, Y = load_diabetes(return_X_y=True)


@pytest.mark.parametrize("n_alphas", [2, 13])
def test_integer_is_a_number_of_log_spaced_values(n_alphas):
    grid = alpha_grid(n_alphas, 1e-2, 1e4)
    assert len(grid) == n_alphas
    np.testing.assert_allclose(grid[[0, -1]], [1e-2, 1e4])
    np.testing.assert_allclose(np.diff(np.log(grid)), np.log(1e6) / (n_alphas - 1))


def test_one_value_is_the_geometric_mean_of_the_ends():
    np.testing.assert_allclose(alpha_grid(1, 1e-2, 1e6), [100.0])


def test_grid_keeps_order_and_repeats():
    np.testing.assert_array_equal(alpha_grid((10, 0.1, 10)), [10, 0.1, 10])
    np.testing.assert_array_equal(alpha_grid(np.float32(0.5)), [0.5])


@pytest.mark.parametrize(
    ("alphas", "error", "message"),
    [
        ([], ValueError, "alphas is empty"),
        (np.array([]), ValueError, "alphas is empty"),
        ([1.0, -2.0], ValueError, r"alphas\[1\] == -2.0, must be > 0.0"),
        ([0.0, 1.0], ValueError, r"alphas\[0\] == 0.0, must be > 0.0"),
        ([1.0, np.nan], ValueError, r"alphas\[1\] == nan, must be finite"),
        ([1.0, np.inf], ValueError, r"alphas\[1\] == inf, must be finite"),
        ([[1.0, 2.0]], ValueError, r"one-dimensional, got an array of shape \(1, 2\)"),
        ([1.0, "2"], TypeError, r"alphas\[1\] must be an instance of float, not str"),
        ([True, 1.0], TypeError, r"alphas\[0\] must be an instance of float, not bool"),
        ("auto", TypeError, "must be an integer or an array of numbers, got 'auto'"),
        (None, TypeError, "must be an integer or an array of numbers, got None"),
        (True, TypeError, "must be an integer or an array of numbers, got True"),
        (0, ValueError, "alphas must be an integer in"),
        (-0.5, ValueError, "alphas == -0.5, must be > 0.0"),
    ],
)
def test_bad_grids(alphas, error, message):
    with pytest.raises(error, match=message):
        alpha_grid(alphas)


def test_zero_only_where_allowed():
    np.testing.assert_array_equal(alpha_grid([0, 1], allow_zero=True), [0, 1])
    with pytest.raises(ValueError, match=r"must be >= 0"):
        alpha_grid([-1, 1], allow_zero=True)


def test_extend_grid():
    grid = np.geomspace(1e-2, 1e2, 5)
    np.testing.assert_allclose(extend_grid(grid, 0, 2), [1e-4, 1e-3])
    np.testing.assert_allclose(extend_grid(grid[::-1], 0, 2), [1e3, 1e4])
    np.testing.assert_allclose(extend_grid([10.0, 1.0], 0, 1), [100.0])
    assert all(len(extend_grid(grid, inner, 2)) == 0 for inner in (1, 2, 3))
    assert len(extend_grid([1.0], 0, 2)) == 0


def test_a_grid_ends_where_numbers_do():
    np.testing.assert_allclose(extend_grid([1e-300, 1e-290], 0, 5), [1e-320, 1e-310], rtol=1e-3)
    np.testing.assert_allclose(extend_grid([1e290, 1e300], 1, 5), 1e300 * np.empty(0))
    np.testing.assert_allclose(extend_grid([1e280, 1e290], 1, 5), [1e300])


def test_rules_equal_their_definitions():
    rng = np.random.default_rng(0)
    alphas = rng.permutation(np.geomspace(1e-3, 1e3, 13))
    for _ in range(50):
        scores = rng.normal(size=(5, 13)) - 0.1 * np.log(alphas) ** 2
        mean = [np.mean(column) for column in scores.T]
        best = max(range(13), key=mean.__getitem__)
        assert pick(alphas, scores) == best
        error = np.sqrt(np.sum((scores[:, best] - mean[best]) ** 2) / 4) / np.sqrt(5)
        largest = max(a for a, m in zip(alphas, mean, strict=True) if m >= mean[best] - error)
        assert alphas[pick(alphas, scores, "1se")] == largest


def test_ties_go_to_the_first_value():
    assert pick([10.0, 1.0, 0.1], np.zeros((3, 3))) == 0
    assert pick([0.1, 10.0, 1.0], np.zeros((3, 3)), "1se") == 1  # but 1se takes the largest


def test_nan_scores_disqualify_with_a_warning():
    scores = np.array([[1.0, 3.0, 2.0], [1.0, np.nan, 2.0]])
    with pytest.warns(UserWarning, match=r"not finite for alpha = \[1.0\]"):
        assert pick([0.1, 1.0, 10.0], scores) == 2
    with pytest.warns(UserWarning, match="not finite"):
        assert pick([0.1, 1.0, 10.0], [[1.0, np.inf, -np.inf], [1.0, 3.0, 0.0]], "1se") == 0


@pytest.mark.parametrize("selection", ["min", "1se"])
def test_all_nan_scores_are_an_error(selection):
    with pytest.raises(ValueError, match="No alpha has a finite mean score"):
        pick([0.1, 1.0], np.full((3, 2), np.nan), selection)


def test_bad_choices():
    with pytest.raises(ValueError, match="two folds or more"):
        pick([0.1, 1.0], [[1.0, 2.0]], "1se")
    with pytest.raises(ValueError, match="selection must be one of"):
        pick([0.1, 1.0], [[1.0, 2.0]], "max")
    with pytest.raises(ValueError, match="scores has 2 columns"):
        pick([0.1, 1.0, 2.0], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="both at least 1"):
        summarise(np.empty((0, 3)))


def _by_hand(search, strength, scorer="score"):
    results, n_splits = search.cv_results_, search.n_splits_
    scores = np.array([results[f"split{i}_test_{scorer}"] for i in range(n_splits)])
    mean = scores.mean(axis=0)
    best = mean.argmax()
    eligible = mean >= mean[best] - scores[:, best].std(ddof=1) / np.sqrt(n_splits)
    return int(np.argmax(np.where(eligible, strength, -np.inf)))


def test_grid_search_in_a_pipeline():
    alphas = np.geomspace(1e-3, 1e5, 17)
    model = make_pipeline(StandardScaler(), Ridge())
    search = GridSearchCV(model, {"ridge__alpha": alphas}, refit=one_standard_error("ridge__alpha"))
    search = pickle.loads(pickle.dumps(clone(search))).fit(X, Y)
    assert search.best_index_ == _by_hand(search, alphas)
    assert (
        search.best_params_["ridge__alpha"]
        > GridSearchCV(model, search.param_grid).fit(X, Y).best_params_["ridge__alpha"]
    )


def test_grid_search_with_several_metrics_and_smaller_is_simpler():
    C = np.geomspace(1e-5, 1e2, 8)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": C},
        scoring=["neg_log_loss", "accuracy"],
        refit=one_standard_error("logisticregression__C", scorer="neg_log_loss", smaller_is_simpler=True),
        cv=4,
    ).fit(X, Y > 140)
    assert search.best_index_ == _by_hand(search, -C, "neg_log_loss")


def test_other_parameters_stay_those_of_the_best():
    results = {
        "params": [{"alpha": a, "fit_intercept": f} for f in (True, False) for a in (1, 10, 100)],
        "split0_test_score": [1.0, 0.9, 0.1, 0.95, 0.95, 0.95],
        "split1_test_score": [1.4, 1.2, 0.1, 1.20, 1.20, 1.20],
    }
    assert one_standard_error("alpha")(results) == 1  # not 5, whose other parameter differs


def test_a_score_whose_name_ends_with_another_is_not_that_one():
    scores = {"score": [[1.0, 0.9], [1.4, 1.2]], "my_test_score": [[0.0, 9.0], [0.0, 9.5]]}
    results = {f"split{k}_test_{name}": row for name, rows in scores.items() for k, row in enumerate(rows)}
    results |= {"params": [{"alpha": 1.0}, {"alpha": 0.1}], "split0_train_score": [7.0, 8.0]}
    assert one_standard_error("alpha")(results) == 0
    assert one_standard_error("alpha", scorer="my_test_score")(results) == 1


def test_grid_search_errors_name_the_remedy():
    results = {"params": [{"ridge__alpha": 1.0}, {"ridge__alpha": "2"}], "split0_test_r2": [0.0, 1.0]}
    results |= {"split0_test_my_test_score": [0.0, 1.0]}
    with pytest.raises(
        ValueError, match=r"'score' is not among .* of this search: \['my_test_score', 'r2'\]"
    ):
        one_standard_error("ridge__alpha")(results)
    with pytest.raises(ValueError, match=r"searched: \['ridge__alpha'\]"):
        one_standard_error("alpha", scorer="r2")(results)
    with pytest.raises(TypeError, match="must be numbers"):
        one_standard_error("ridge__alpha", scorer="r2")(results)


def test_pick_summary_is_the_rule_behind_pick():
    scores = np.random.default_rng(1).normal(size=(4, 6))
    mean, error = summarise(scores)
    for selection in ("min", "1se"):
        assert pick(range(6), scores, selection) == pick_summary(range(6), mean, error, selection)
