"""Bad input gives an error that names the parameter and changes nothing; odd input gives the right answer."""

import copy
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, make_scorer, max_error
from sklearn.preprocessing import StandardScaler, scale

from skl2 import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, mlp_path

X, Y = scale(load_iris().data), load_iris().target
LABELS = np.column_stack([Y == 0, Y == 1, Y == 2]).astype(int)
BOTH = pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def small(estimator, **params):
    return estimator(**({"hidden_layer_sizes": (5,), "max_iter": 4, "random_state": 0} | params))


def state_of(model):
    return copy.deepcopy(vars(model))


def assert_unchanged(model, before):
    assert vars(model).keys() == before.keys()
    for name, value in vars(model).items():
        np.testing.assert_equal(value, before[name], err_msg=name)


def assert_refused(model, match, *args, error=(ValueError, TypeError), method="fit", **kwargs):
    """The call raises, and leaves no trace on the estimator, fitted or not."""
    before = state_of(model)
    with pytest.raises(error, match=match):
        getattr(model, method)(*args, **kwargs)
    assert_unchanged(model, before)


# ----------------------------------------------------------------------------------------- parameters

BAD_PARAMETERS = [
    ("alpha", -1.0, ValueError),
    ("alpha", np.nan, ValueError),
    ("alpha", np.inf, ValueError),
    ("alpha", "strong", TypeError),
    ("alpha", None, TypeError),
    ("alpha", True, TypeError),
    ("alpha", [1.0, 2.0, 3.0], ValueError),
    ("alpha", [1.0, -1.0], ValueError),
    ("alpha", [1.0, "x"], TypeError),
    ("solver", "newton", ValueError),
    ("solver", None, ValueError),
    ("activation", "gelu", ValueError),
    ("learning_rate", "cosine", ValueError),
    ("learning_rate_init", 0.0, ValueError),
    ("learning_rate_init", "fast", TypeError),
    ("hidden_layer_sizes", (5, 0), ValueError),
    ("hidden_layer_sizes", (-1,), ValueError),
    ("hidden_layer_sizes", (2.5,), TypeError),
    ("hidden_layer_sizes", "big", TypeError),
    ("batch_size", 0, ValueError),
    ("batch_size", 2.5, TypeError),
    ("batch_size", "all", TypeError),
    ("max_iter", 0, ValueError),
    ("max_iter", 1.5, TypeError),
    ("max_fun", -3, ValueError),
    ("tol", -1e-3, ValueError),
    ("n_iter_no_change", 0, ValueError),
    ("momentum", 1.5, ValueError),
    ("power_t", -0.5, ValueError),
    ("power_t", 10**309, ValueError),
    ("max_iter", 10**309, ValueError),
    ("beta_1", 1.0, ValueError),
    ("beta_2", -0.1, ValueError),
    ("epsilon", 0.0, ValueError),
    ("validation_fraction", 1.0, ValueError),
    ("dropout", 1.0, ValueError),
    ("dropout", -0.1, ValueError),
    ("dropout", [0.1, 0.2], ValueError),
    ("dropout", "much", TypeError),
    ("l1_ratio", 1.5, ValueError),
    ("l1_ratio", None, TypeError),
    ("batch_norm", "yes", TypeError),
    ("shuffle", 1, TypeError),
    ("warm_start", None, TypeError),
    ("nesterovs_momentum", 0.9, TypeError),
    ("early_stopping", "auto", TypeError),
    ("penalize_intercept", 2, TypeError),
    ("verbose", "yes", TypeError),
    ("verbose", None, TypeError),
    ("verbose", -1, ValueError),
    ("random_state", "abc", ValueError),
    ("random_state", -1, ValueError),
    ("hidden_layer_sizes", {3, 4}, TypeError),
    ("hidden_layer_sizes", {3: 4}, TypeError),
    ("hidden_layer_sizes", b"a", TypeError),
    ("batch_size", np.array([1, 2]), TypeError),
    ("learning_rate_init", np.array([]), TypeError),
    ("tol", np.array([1, 2]), TypeError),
    ("n_iter_no_change", np.array([1, 2]), TypeError),
    ("dropout", {0.1}, TypeError),
    ("alpha", {1.0, 2.0}, TypeError),
    ("alpha", {1: 2.0, 3: 4.0}, TypeError),
    ("scoring", "nonsense", ValueError),
    ("scoring", accuracy_score, ValueError),
]


@pytest.mark.parametrize(("name", "value", "error"), BAD_PARAMETERS, ids=lambda v: str(v)[:20])
@BOTH
def test_bad_parameters_are_named(estimator, name, value, error):
    assert_refused(small(estimator, **{name: value}), name, X, Y, error=error)


@quiet
@BOTH
def test_bad_parameters_leave_a_fitted_estimator_as_it_was(estimator):
    model = small(estimator).fit(X, Y)
    for name, value, error in BAD_PARAMETERS:
        good = getattr(model, name)
        model.set_params(**{name: value})
        assert_refused(model, name, X, Y, error=error)
        model.set_params(**{name: good})
    assert_array_equal(model.predict(X), small(estimator).fit(X, Y).predict(X))


@pytest.mark.parametrize("name", ["hidden_layer_sizes", "dropout", "alpha"])
def test_iterators_which_serve_only_once_are_refused(name):
    with pytest.raises(TypeError, match=f"{name} must be a number or a sequence in a fixed order"):
        small(MLPClassifier, **{name: iter([2])}).fit(X, Y)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"solver": "lbfgs", "dropout": 0.5}, "dropout=0.5 needs a stochastic solver"),
        ({"solver": "adamw", "l1_ratio": 0.5}, "l1_ratio=0.5 needs an objective"),
    ],
    ids=["dropout with lbfgs", "l1 with adamw"],
)
@BOTH
def test_combinations_that_make_no_sense(estimator, params, match):
    assert_refused(small(estimator, **params), match, X, Y)


def test_bad_parameters_of_one_estimator_only():
    assert_refused(small(MLPRegressor, loss="huber"), "loss", X, Y)
    assert_refused(small(MLPRegressor, loss="poisson"), "y >= 0", X, Y - 1.0)
    assert_refused(small(MLPClassifier, class_weight="even"), "class_weight", X, Y)
    assert_refused(small(MLPClassifier, early_stopping=True, scoring="nonsense"), "scoring|nonsense", X, Y)


# ----------------------------------------------------------------------------------------------- data


def spoiled(value):
    bad = X.copy()
    bad[3, 1] = value
    return bad


BAD_DATA = {
    "NaN in X": ((spoiled(np.nan), Y), "NaN"),
    "inf in X": ((spoiled(np.inf), Y), "infinity"),
    "NaN in sparse X": ((sparse.csr_array(spoiled(np.nan)), Y), "NaN"),
    "strings in X": ((np.array([["a", "b"]] * 4), Y[:4]), "could not convert|dtype"),
    "one-dimensional X": ((X[:, 0], Y), "Expected 2D array, got 1D array"),
    "three-dimensional X": ((X[None], Y), "dim"),
    "empty X": ((X[:0], Y[:0]), "0 sample"),
    "no features": ((X[:, :0], Y), "0 feature"),
    "other lengths": ((X, Y[:-1]), "inconsistent numbers of samples"),
    "no y": ((X, None), "y"),
    "complex X": ((X + 1j, Y), "Complex data"),
}


@pytest.mark.parametrize("case", BAD_DATA)
@BOTH
def test_bad_data_are_refused(estimator, case):
    args, match = BAD_DATA[case]
    assert_refused(small(estimator), match, *args)


@quiet
@pytest.mark.parametrize("case", BAD_DATA)
@BOTH
def test_bad_data_leave_a_fitted_estimator_as_it_was(estimator, case):
    args, match = BAD_DATA[case]
    for warm_start in (False, True):
        assert_refused(small(estimator, warm_start=warm_start).fit(X, Y), match, *args)


def test_bad_targets():
    for bad in (np.where(Y == 1, np.nan, Y), np.where(Y == 1, np.inf, Y)):
        assert_refused(small(MLPRegressor), "NaN|infinity", X, bad)
        assert_refused(small(MLPClassifier), "NaN|infinity", X, bad)
    assert_refused(small(MLPRegressor), "could not convert string|dtype", X, np.array(["a", "b", "c"])[Y])
    assert_refused(small(MLPClassifier), "Unknown label type", X, Y + 0.5)
    assert_refused(small(MLPRegressor), "NaN", X, np.where(Y == 1, "nan", "1.5"))
    assert_refused(small(MLPRegressor), "Input y contains NaN", X, [None, 1.0, 2.0] * 50)
    match = r"y must hold one class for each row, or .* got multiclass-multioutput in shape \(150, 2\)"
    assert_refused(small(MLPClassifier), match, X, np.column_stack([Y, Y]))


@quiet
def test_numbers_as_text_are_numbers():
    model = small(MLPRegressor, max_iter=1).fit(X, Y)
    assert_array_equal(small(MLPRegressor, max_iter=1).fit(X, Y.astype(str)).predict(X), model.predict(X))


@quiet
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_one_class_and_several_labels_do_not_mix(method):
    # batches of 3 rows, so that arrays for 3 labels would broadcast against them
    model = small(MLPClassifier, warm_start=True, batch_size=3)
    by_label, by_class = copy.deepcopy(model).fit(X, LABELS), model.fit(X, Y)
    assert_refused(
        by_label, "y must hold an indicator matrix of labels, as y did before", X, Y, method=method
    )
    assert_refused(by_class, "y must hold one class for each row, as y did before", X, LABELS, method=method)
    several = np.column_stack([Y, Y])
    assert_refused(by_class, "y must hold one class .* multiclass-multioutput", X, several, method=method)


BAD_WEIGHTS = [
    (np.zeros(150), "zero for every row"),
    (np.where(Y == 1, -1.0, 1.0), "sample_weight must not be negative"),
    (np.full(150, np.nan), "sample_weight contains NaN"),
    (np.full(150, np.inf), "sample_weight contains infinity"),
    (np.ones(149), "X and sample_weight have inconsistent numbers of samples: 150 rows, 149 weights"),
    (np.ones((150, 2)), "1D array or scalar"),
    (np.array(["heavy"] * 150), "could not convert|dtype"),
]


@pytest.mark.parametrize(("weight", "match"), BAD_WEIGHTS, ids=[match for _, match in BAD_WEIGHTS])
@BOTH
def test_bad_weights(estimator, weight, match):
    assert_refused(small(estimator), match, X, Y, sample_weight=weight)
    classes = {"classes": [0, 1, 2]} if estimator is MLPClassifier else {}
    assert_refused(small(estimator), match, X, Y, sample_weight=weight, method="partial_fit", **classes)


def test_targets_of_numbers_must_be_dense():
    assert_refused(small(MLPRegressor), "y must be a dense array", X, sparse.csr_matrix(np.eye(3)[Y]))


@BOTH
def test_bad_validation_data(estimator):
    model = small(estimator)
    assert_refused(model, "X_val and y_val go together", X, Y, X_val=X)
    assert_refused(model, "X_val and y_val go together", X, Y, y_val=Y)
    assert_refused(model, "3 features", X, Y, X_val=X[:, :3], y_val=Y)
    assert_refused(model, "inconsistent numbers", X, Y, X_val=X, y_val=Y[:-1])
    assert_refused(model, "In the validation rows.*NaN", X, Y, X_val=spoiled(np.nan), y_val=Y)
    for weight, match in ((np.full(150, -1.0), "not be negative"), (np.zeros(150), "is zero for every row")):
        weights = {"X_val": X, "y_val": Y, "sample_weight_val": weight}
        assert_refused(model, f"sample_weight_val {match}|sample_weight_val must {match}", X, Y, **weights)
    assert_refused(model, "sample_weight_val", X, Y, sample_weight_val=np.ones(150))


def test_other_outputs_among_the_validation_rows():
    two = np.column_stack([Y, Y])
    assert_refused(small(MLPRegressor), "as many columns as y", X, two, X_val=X, y_val=Y)
    assert_refused(small(MLPRegressor), "as many columns as y", X, Y, X_val=X, y_val=two)
    assert_refused(small(MLPClassifier), "as many columns", X, LABELS, X_val=X, y_val=LABELS[:, :2])
    assert_refused(small(MLPClassifier), "y_val must hold an indicator", X, LABELS, X_val=X, y_val=Y)
    assert_refused(small(MLPClassifier), "y_val must hold one class", X, Y, X_val=X, y_val=LABELS)


@pytest.mark.parametrize(
    ("class_weight", "match"),
    [
        ({0: 0, 1: 0, 2: 0}, "class_weight is zero for every row"),
        ({0: -1.0}, "class_weight must be a real number"),
        ({1: np.nan}, "class_weight must be a real number"),
        ({1: "high"}, "class_weight must be a real number"),
        ({"one": 2.0}, r"class_weight has weights for \['one'\], but the classes are \[0, 1, 2\]"),
        ([1.0, 2.0, 3.0], "class_weight must be a dict, 'balanced' or None"),
        ([{0: 1.0}], "class_weight must be a dict, 'balanced' or None"),
    ],
    ids=str,
)
def test_bad_class_weights(class_weight, match):
    assert_refused(small(MLPClassifier, class_weight=class_weight), match, X, Y)


@pytest.mark.parametrize("class_weight", [{0: 1.0}, [{0: 1.0}, {1: 2.0}], [1.0, 2.0, 3.0]], ids=str)
def test_bad_class_weights_of_labels(class_weight):
    match = "class_weight must (be a list with|have) a dict for each"
    assert_refused(small(MLPClassifier, class_weight=class_weight), match, X, LABELS)


@quiet
def test_folds_hold_rows_that_are_there():
    model = MLPClassifierCV(hidden_layer_sizes=3, alphas=[1.0], max_iter=2, random_state=0)
    rows = np.arange(150)
    for train, test in ((rows, rows + 1), (rows[:10] > 3, rows), (rows / 2, rows)):
        assert_refused(model.set_params(cv=[(train, test)]), "Fold 0 of cv has rows that X, of 150", X, Y)
    scores = model.set_params(cv=[(rows, rows[:50])]).fit(X, Y).scores_
    assert_array_equal(model.set_params(cv=[(rows, rows[:50] - 150)]).fit(X, Y).scores_, scores)


def test_unknown_classes_among_the_validation_rows():
    match = r"`y_val` has classes not in `self.classes_`.*'y_val' has \[2\]"
    assert_refused(small(MLPClassifier), match, X[:100], Y[:100], X_val=X[100:], y_val=Y[100:])


@quiet
def test_too_few_rows_for_early_stopping():
    match = "validation set is too small.*n_samples="
    assert_refused(small(MLPRegressor, early_stopping=True), match, X[:2], Y[:2])
    assert_refused(small(MLPClassifier, early_stopping=True), match, X[::50], Y[::50] > 0)


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c"]])
def test_a_class_of_one_row_cannot_be_trained_on_and_set_aside(labels):
    y = np.array(labels)[np.minimum(Y, len(labels) - 1)]
    rows = np.r_[:51, 100:150] if len(labels) == 3 else np.r_[:51]
    match = r"have only 1 member.* the labels \['b'\]: .*X_val"
    assert_refused(small(MLPClassifier, early_stopping=True), match, X[rows], y[rows])


@pytest.mark.parametrize("params", [{"early_stopping": True}, {"solver": "sgd"}, {"solver": "lbfgs"}])
def test_one_class_alone_has_no_minimum_to_miss(params):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MLPClassifier(3, random_state=0, **params).fit(X[:12], np.full(12, "a"))
    assert (model.predict(X[:12]) == "a").all()


@quiet
def test_early_stopping_sets_two_rows_and_one_of_each_class_aside():
    model = small(MLPRegressor, early_stopping=True).fit(X[::30], Y[::30])
    assert model.t_ == 3 * model.n_iter_
    two = Y > 0
    model = small(MLPClassifier, early_stopping=True).fit(X[::25], two[::25])
    assert model.t_ == 4 * model.n_iter_
    assert {len(model.validation_scores_), len(model.loss_curve_)} == {model.n_iter_}


@pytest.mark.parametrize("scoring", [lambda model, X, y: {"a": 1.0}, lambda model, X, y: "good"])
def test_scorers_must_give_a_number(scoring):
    model = small(MLPClassifier, early_stopping=True, scoring=scoring)
    assert_refused(model, r"scoring=<.* must give one number, got", X, Y, error=TypeError)


@quiet
@pytest.mark.parametrize("scoring", ["neg_max_error", lambda model, X, y: -max_error(y, model.predict(X))])
def test_scorers_that_take_no_weights_count_rows_alike_and_this_is_said(scoring):
    weight = np.random.default_rng(0).uniform(0.5, 2, 150)
    ours = small(MLPRegressor, early_stopping=True, scoring=scoring)
    choice = MLPRegressorCV(hidden_layer_sizes=3, alphas=[1.0], cv=2, max_iter=4, scoring=scoring)
    with pytest.warns(UserWarning, match=r"scoring=.* takes no sample_weight"):
        ours.fit(X, Y, X_val=X, y_val=Y, sample_weight_val=weight)
    with pytest.warns(UserWarning, match=r"scoring=.* takes no sample_weight"):
        choice.fit(X, Y, weight)
    with pytest.warns(UserWarning, match=r"scoring=.* takes no sample_weight"):
        mlp_path(X, Y, [1.0], estimator=ours, sample_weight=weight)
    # a scorer that takes them gets them, be it by name or not
    asked = []
    for scorer in (make_scorer(asking(asked)), lambda model, X, y, **weights: asked.append(weights) or 1.0):
        small(MLPRegressor, early_stopping=True, scoring=scorer).fit(X, Y, weight)
        assert asked.pop()["sample_weight"].shape == (15,)


def asking(asked):
    def score(y, prediction, sample_weight=None):
        asked.append({"sample_weight": sample_weight})
        return 1.0

    return score


@BOTH
def test_prediction_needs_a_fit_and_the_same_features(estimator):
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        small(estimator).predict(X)


@quiet
@BOTH
def test_prediction_refuses_bad_rows(estimator):
    model = small(estimator).fit(X, Y)
    for bad, match in [
        (X[:, :3], "4 features"),
        (spoiled(np.nan), "NaN"),
        (X[0], "Expected 2D"),
        (X[:0], "0 sample"),
    ]:
        assert_refused(model, match, bad, method="predict")


@quiet
@BOTH
def test_partial_fit_refuses_bad_rows_and_goes_on(estimator):
    classes = {"classes": [0, 1, 2]} if estimator is MLPClassifier else {}
    model = small(estimator).partial_fit(X, Y, **classes)
    for bad in (X[:, :3], spoiled(np.nan)):
        before = [part.copy() for part in model.coefs_]
        with pytest.raises(ValueError, match=r"features|NaN"):
            model.partial_fit(bad, Y)
        for part, old in zip(model.coefs_, before, strict=True):
            assert_array_equal(part, old)
    model.partial_fit(X, Y)
    assert len(model.loss_curve_) == 2


# ------------------------------------------------------------------------------ odd but right input


def memory_map(tmp_path, array):
    file = tmp_path / f"{array.ndim}.npy"
    np.save(file, array)
    return np.load(file, mmap_mode="r")


def read_only(array):
    array = array.copy()
    array.setflags(write=False)
    return array


ODD = {
    "memory map": (lambda tmp: memory_map(tmp, X), lambda tmp: memory_map(tmp, Y)),
    "read only": (lambda tmp: read_only(X), lambda tmp: read_only(Y)),
    "Fortran order": (lambda tmp: np.asfortranarray(X), lambda tmp: Y),
    "strided": (lambda tmp: np.repeat(X, 2, axis=1)[:, ::2], lambda tmp: np.repeat(Y, 2)[::2]),
    "lists": (lambda tmp: X.tolist(), lambda tmp: Y.tolist()),
    "pandas": (
        lambda tmp: pd.DataFrame(X, columns=list("abcd")),
        lambda tmp: pd.Series(Y, index=range(9, 159)),
    ),
    "polars": (lambda tmp: pl.DataFrame(X, schema=list("abcd")), lambda tmp: pl.Series(Y)),
    "column of y": (lambda tmp: X, lambda tmp: Y.astype(float)),
    "big endian": (lambda tmp: X.astype(">f8"), lambda tmp: Y),
    "CSC": (lambda tmp: sparse.csc_array(X), lambda tmp: Y),
    "COO": (lambda tmp: sparse.coo_matrix(X), lambda tmp: Y),
}


@quiet
@pytest.mark.parametrize("kind", ODD)
@BOTH
def test_every_kind_of_array_gives_the_same_fit(estimator, kind, tmp_path):
    make_x, make_y = ODD[kind]
    odd_x, odd_y = make_x(tmp_path), make_y(tmp_path)
    expected = small(estimator).fit(X, Y)
    model = small(estimator).fit(odd_x, odd_y)
    for mine, other in zip(model.coefs_, expected.coefs_, strict=True):
        assert_allclose(mine, other, rtol=1e-10, atol=1e-13)
    assert_allclose(model.predict(odd_x).astype(float), expected.predict(X), rtol=1e-9)


def frames_with_names():
    """The kinds of data frame whose column names this scikit-learn reads."""
    frames = [pd.DataFrame, pl.DataFrame]
    return [f for f in frames if hasattr(StandardScaler().fit(f({"a": [1.0, 2.0]})), "feature_names_in_")]


@quiet
@pytest.mark.parametrize("frame", frames_with_names())
@BOTH
def test_names_of_features_are_kept_and_checked(estimator, frame):
    names = ["a", "b", "c", "d"]
    rows = frame({name: X[:, j] for j, name in enumerate(names)})
    model = small(estimator).fit(rows, Y, X_val=rows, y_val=Y)
    assert_array_equal(model.feature_names_in_, names)
    assert model.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(rows[["b", "a", "c", "d"]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)


@quiet
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16, bool])
@BOTH
def test_whole_numbers_are_computed_with_as_float64(estimator, dtype):
    rows = (X > 0).astype(dtype)
    model = small(estimator).fit(rows, Y)
    assert model.coefs_[0].dtype == np.float64
    assert_array_equal(model.predict(rows), small(estimator).fit(rows.astype(float), Y).predict(rows))


@quiet
def test_targets_of_strings_objects_and_booleans():
    names = np.array(["setosa", "versicolor", "virginica"])
    plain = small(MLPClassifier).fit(X, Y)
    for labels in (names, names.astype(object), np.array([-5, 0, 17]), np.array([0.0, 1.0, 2.0])):
        model = small(MLPClassifier).fit(X, labels[Y])
        assert_array_equal(model.classes_, np.unique(labels))
        assert_array_equal(model.predict(X), labels[plain.predict(X)])
    series = pd.Series(names[Y], dtype="category")
    assert_array_equal(small(MLPClassifier).fit(X, series).predict(X), names[plain.predict(X)])


@quiet
@BOTH
def test_input_is_never_written_to(estimator):
    rows, y, weight = X.copy(), Y.copy(), np.linspace(0, 1, 150)
    small(estimator, dropout=0.2, batch_norm=True).fit(
        rows, y, sample_weight=weight, X_val=rows, y_val=y, sample_weight_val=weight
    )
    assert_array_equal(rows, X)
    assert_array_equal(y, Y)
    assert_array_equal(weight, np.linspace(0, 1, 150))


@quiet
@BOTH
def test_a_number_as_weight_counts_for_every_row(estimator):
    one, two = small(estimator, alpha=1.0), small(estimator, alpha=2.0)
    one.fit(X, Y)
    two.fit(X, Y, sample_weight=2.0)
    assert_allclose(two.coefs_[0], one.coefs_[0], rtol=1e-9, atol=1e-12)


@quiet
@BOTH
def test_a_single_row_and_a_single_feature(estimator):
    model = small(estimator).fit(X[:1], Y[:1])
    assert model.predict(X[:3]).shape == (3,)
    model = small(estimator).fit(X[:, :1], Y)
    assert model.coefs_[0].shape == (1, 5)


@quiet
@BOTH
def test_a_column_of_targets_is_flattened_with_a_warning(estimator):
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        model = small(estimator).fit(X, Y[:, None])
    assert model.predict(X).shape == (150,)


@quiet
@BOTH
def test_a_batch_larger_than_the_data_is_clipped_with_a_warning(estimator):
    with pytest.warns(UserWarning, match="batch_size=1000 is larger than the 150 rows"):
        clipped = small(estimator, batch_size=1000).fit(X, Y)
    whole = small(estimator, batch_size=150).fit(X, Y)
    assert_array_equal(clipped.coefs_[0], whole.coefs_[0])


@quiet
@pytest.mark.parametrize("sizes", [5, (5,), [5], np.array([5]), np.int64(5)], ids=repr)
def test_hidden_layers_as_number_or_sequence(sizes):
    model = small(MLPClassifier, hidden_layer_sizes=sizes).fit(X, Y)
    assert [coef.shape for coef in model.coefs_] == [(4, 5), (5, 3)]
