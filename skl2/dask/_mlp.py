"""MLPClassifier and MLPRegressor on Dask: J and its gradient as sums over chunks, by the network wing."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, Self

import dask
import numpy as np
from sklearn.utils import check_random_state

from skl2 import mlp
from skl2._base import unchanged_on_error
from skl2._typing import NDArray
from skl2._validation import balanced_weights
from skl2.dask._base import DaskMixin, labels_by_chunk, takes_client
from skl2.dask._chunks import Chunk, added, is_collection, scheduler, summed
from skl2.mlp._build import Problem, hidden_sizes
from skl2.mlp._callbacks import begin_fit, with_callbacks
from skl2.mlp._loss import Loss
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Objective, Rows
from skl2.mlp._parameters import check_parameters, stops_early
from skl2.mlp._penalty import L2
from skl2.mlp._targets import drop_weightless


class _Shape(NamedTuple):
    """What the workers need to build the network again, beside θ."""

    layer_sizes: tuple[int, ...]
    activation: str
    dtype: np.dtype
    loss: Loss


class ChunkData:
    """Encoded rows, kept by the workers in chunks; in place of `Data`.

    Parameters
    ----------
    parts : list of Delayed
        Of `Chunk`; they are computed once and kept.
    client : Client or None
        Where they are kept.
    """

    weight = None

    def __init__(self, parts: list[Any], client: Any) -> None:
        with scheduler(client):
            self.parts, self.client = list(dask.persist(*parts)), client  # type: ignore[no-untyped-call]
        self.sizes = np.array(summed(client, self.parts, _size, added))
        self.ends = self.sizes[:, 0].cumsum().astype(int)
        self.n_rows, self.total_weight = int(self.ends[-1]), float(self.sizes[:, 1].sum())
        if not self.n_rows:
            raise ValueError(
                "X or sample_weight leaves no row; at least one with a positive weight is needed."
            )

    def sums(self, network: Network, loss: Loss, rows: Rows | None = None) -> NDArray:
        """Σ w ℓ and its gradient, (1 + P,), over some rows, all by default."""
        shape = _Shape(network.layer_sizes, network.activation_name, network.dtype, loss)
        parts = [(part, None) for part in self.parts] if rows is None else self._found(rows)
        return summed(self.client, parts, _chunk_sums, added, shape, network.theta.copy())

    def _found(self, rows: Rows) -> list[tuple[Any, NDArray]]:
        """The chunks that hold these rows, each with their places in it."""
        rows = np.arange(self.n_rows)[rows] if isinstance(rows, slice) else rows
        chunks = np.searchsorted(self.ends, rows, side="right")
        starts = self.ends - self.sizes[:, 0].astype(int)
        return [(self.parts[k], rows[chunks == k] - starts[k]) for k in np.unique(chunks)]


class ChunkObjective(Objective):
    """J of rows in chunks: the client adds the penalty, and knows θ alone."""

    data: Any

    def data_value_and_grad(self) -> tuple[NDArray, NDArray]:
        """L/W (1,) on all rows and its gradient (1, P)."""
        value, gradient = np.split(self.data.sums(self.network, self.loss) / self.data.total_weight, [1])
        return value, gradient[None]

    def part_value_and_grad(self, rows: Rows, n_rows: int, scale: float) -> NDArray:
        """n/W · Σ_{i in rows} w_i ℓ_i; `scale` times its gradient overwrites network.grad."""
        unit = self.data.n_rows / self.data.total_weight
        value, gradient = np.split(unit * self.data.sums(self.network, self.loss, rows), [1])
        self.network.grad[0] = scale * gradient
        return value


def _chunk_sums(part: tuple[Chunk, NDArray | None], shape: _Shape, theta: NDArray) -> NDArray:
    chunk, rows = part
    network = Network(shape.layer_sizes, shape.activation, 1, shape.dtype)
    if not len(chunk.X):
        return np.zeros(1 + network.n_parameters)
    network.theta[...] = theta
    data = Data(*chunk[:3])
    objective = Objective(network, shape.loss, L2(np.zeros((1, 1)), 0, 1.0), data)
    with np.errstate(all="ignore"):
        if rows is None:
            value, gradient = objective.data_value_and_grad()
        else:
            value = objective.part_value_and_grad(rows, len(rows), 1 / data.n_rows) / data.n_rows
            gradient = network.grad
    return data.total_weight * np.concatenate([value, gradient[0].astype(np.float64)])


def _size(chunk: Chunk) -> list[tuple[int, float]]:
    data = Data(*chunk[:3])
    return [(data.n_rows, data.total_weight)]


class MLPMixin(DaskMixin):
    """A fit over chunks. What is encoded, weighed and recorded is the plain estimator's work."""

    @unchanged_on_error
    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Minimise J(θ) on the rows of X.

        Parameters
        ----------
        X : dask.array.Array or dask.dataframe.DataFrame of shape (n_samples, n_features)
            Training data.
        y : collection of shape (n_samples,) or (n_samples, n_outputs)
            Targets in chunks like X's: class labels, an indicator matrix of labels, or numbers.
        sample_weight : collection of shape (n_samples,), default=None
            Weights w_i >= 0; an integer is that many copies of the row.
        X_val, y_val, sample_weight_val : array-like, default=None
            For arrays in memory, as for the plain estimator.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            For invalid data, with the chunk's number; the estimator is left as it was.
        """
        if not is_collection(X):
            return super().fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        return self._fit_chunks(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    def _fit_chunks(self, X: Any, y: Any, sample_weight: Any, others: tuple[Any, ...]) -> Self:
        check_parameters(self)
        self._check_possible(others)
        example = self._example(y)
        plain = self._plain()
        parts, dtype = self._parts(X, y, sample_weight, partial(_encoded, plain, example), reset=True)
        parts = self._weighed(self._measured(parts, plain), plain)
        train: Any = ChunkData(parts, self.client)
        n_outputs = self._n_outputs(plain._encode(example, reset=False))
        sizes = (self.n_features_in_, *hidden_sizes(self), n_outputs)
        problem = Problem(train, self._loss(), sizes, objective=ChunkObjective)
        rng = check_random_state(self.random_state)
        network = self._start_network(problem, rng, dtype, warm=False)
        self._reset_records(warm=False, validates=False)
        task = begin_fit(self, self.max_iter, X, y, sample_weight)
        self._train(problem, network, rng, task)
        return self

    def _check_possible(self, others: tuple[Any, ...]) -> None:
        """Refuse what would need other rows at once than a chunk has."""
        if any(value is not None for value in others) or stops_early(self):
            raise ValueError("Rows in chunks are not validated: set early_stopping=False, and pass no X_val.")
        if self.batch_norm or np.any(self.dropout) or self.warm_start:
            raise ValueError(
                f"batch_norm={self.batch_norm!r}, dropout={self.dropout!r}, warm_start={self.warm_start!r}: "
                "for rows in chunks set them to False, 0 and False."
            )

    def _measured(self, parts: list[Any], plain: Any) -> list[Any]:
        """The chunks with y in its unit; classes have none."""
        if not hasattr(plain, "_set_unit"):
            return parts
        statistics = summed(self.client, parts, _mean_and_variance, added)
        if not statistics:
            return parts
        weight, means, variances, low, high = (np.array(column) for column in zip(*statistics, strict=True))
        mean = np.average(means, axis=0, weights=weight)
        variance = np.average(variances + (means - mean) ** 2, axis=0, weights=weight)
        varies = (low.min(axis=0) < high.max(axis=0)) & (variance > 0)
        for estimator in (self, plain):
            estimator._set_unit(mean, np.sqrt(np.where(varies, variance, 1.0)))
        measure, shared = dask.delayed(_in_units, pure=False), dask.delayed(plain, pure=False)
        return [measure(part, shared) for part in parts]

    def _weighed(self, parts: list[Any], plain: Any) -> list[Any]:
        """The chunks with the weights of their classes."""
        if getattr(plain, "class_weight", None) == "balanced":
            totals = summed(self.client, parts, _class_totals, added, plain)
            tables = [_balanced(column) for column in totals]
            if not plain._multilabel:
                tables = [{plain.classes_[code]: factor for code, factor in tables[0].items()}]
            plain.class_weight = tables if plain._multilabel else tables[0]
        weigh, shared = dask.delayed(_weighed_chunk, pure=False), dask.delayed(plain, pure=False)
        return [weigh(part, shared) for part in parts]

    @staticmethod
    def _failure(network: Network, problem: Problem, alpha: float) -> None:
        """Nothing: it would take another pass over all chunks."""

    @staticmethod
    def _has_finite_loss(network: Network, problem: Problem) -> bool:
        train: Any = problem.train
        return bool(np.isfinite(train.sums(network, problem.loss)[0]))


def _encoded(plain: Any, example: NDArray, X: NDArray, y: NDArray, weight: Any) -> tuple[NDArray, Any]:
    """Targets as the loss takes them; of no rows too, which no encoder takes."""
    y = y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y
    return plain._encode(y if len(y) else example, reset=False)[: len(y)], weight


def _mean_and_variance(chunk: Chunk) -> list[tuple[float, NDArray, NDArray, NDArray, NDArray]]:
    """Σ w, the mean, variance, smallest and largest of y; nothing if no row counts."""
    weight = np.ones(len(chunk.Y)) if chunk.weight is None else chunk.weight.astype(np.float64)
    y, weight = chunk.Y[weight > 0].astype(np.float64), weight[weight > 0]
    if not len(y):
        return []
    mean = np.average(y, axis=0, weights=weight)
    variance = np.average((y - mean) ** 2, axis=0, weights=weight)
    return [(weight.sum(), mean, variance, y.min(axis=0), y.max(axis=0))]


def _in_units(chunk: Chunk, plain: Any) -> Chunk:
    return chunk._replace(Y=plain._in_units(chunk.Y))


def _weighed_chunk(chunk: Chunk, plain: Any) -> Chunk:
    data = drop_weightless(Data(*chunk[:3]))
    data = plain._weigh_classes(data) if data.n_rows else data
    return Chunk(*data.take(slice(None)))


def _class_totals(chunk: Chunk, plain: Any) -> NDArray:
    """Σ w of each class, (n_labels, n_classes)."""
    n_classes = 2 if plain._multilabel else len(plain.classes_)
    columns = np.atleast_2d(chunk.Y.T).astype(int)
    return np.array([np.bincount(codes, chunk.weight, n_classes) for codes in columns])


def _balanced(totals: NDArray) -> dict[int, float]:
    """The weight of each class that has rows."""
    seen = np.flatnonzero(totals)
    return dict(zip(seen.tolist(), balanced_weights(seen, totals[seen]).tolist(), strict=True))


@takes_client
class MLPRegressor(MLPMixin, mlp.MLPRegressor):
    """`skl2.MLPRegressor` of rows in chunks: the same J, the same steps.

    J(θ) = Σ_chunks Σ_i w_i ℓ(y_i, f_θ(x_i)) + α/2 Σ θ². The workers keep the encoded chunks, and each
    evaluation sends them θ and brings back the sums of a loss and its gradient.

    - ``solver="lbfgs"``: an evaluation is a sum over all rows.
    - 'adam', 'adamw' and 'sgd': a step is a sum over the chunks that hold rows of its batch, the same rows
      as in memory. It takes a message to the workers and back, so batches should be large, and chunks not
      many more than workers. The order of the rows lies on the client, 24 bytes each.

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, max_iter, ...
        As those of `skl2.MLPRegressor`; without `early_stopping`, `dropout`, `batch_norm`, `warm_start`.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    coefs_, intercepts_, loss_, loss_curve_, n_iter_, n_features_in_, feature_names_in_
        As those of `skl2.MLPRegressor`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import MLPRegressor
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", alpha=0.0).fit(X, 2 * X[:, 0] + 1)
    >>> model.predict(X).compute().round(2)
    array([1., 3., 5., 7.])
    """

    def _example(self, y: Any) -> NDArray:
        return np.ones((1, *y.shape[1:]))


@takes_client
class MLPClassifier(MLPMixin, mlp.MLPClassifier):
    """`skl2.MLPClassifier` of rows in chunks: the same J, the same steps; see `MLPRegressor`.

    A first pass over y finds the classes.

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, max_iter, class_weight, ...
        As those of `skl2.MLPClassifier`; without `early_stopping`, `dropout`, `batch_norm`, `warm_start`.
    client : distributed.Client, default=None
        Where to compute; None is the current client, or Dask's threads without one. It is not pickled.

    Attributes
    ----------
    coefs_, intercepts_, classes_, loss_, loss_curve_, n_iter_, n_features_in_, feature_names_in_
        As those of `skl2.MLPClassifier`.

    Examples
    --------
    >>> import dask.array as da
    >>> from skl2.dask import MLPClassifier
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> model = MLPClassifier(hidden_layer_sizes=(), solver="lbfgs").fit(X, X[:, 0] > 1)
    >>> model.predict(X).compute()
    array([False, False,  True,  True])
    """

    def _example(self, y: Any) -> NDArray:
        """A row of y, once the classes are known."""
        if y.ndim == 2 and y.shape[1] > 1:
            self._learn_classes(np.eye(y.shape[1], dtype=int))
            return np.eye(y.shape[1], dtype=int)[:1]
        self._learn_classes(np.array(sorted(set().union(*labels_by_chunk(self.client, y)))))
        return self.classes_[:1]

    def predict_proba(self, X: Any) -> Any:
        """As `skl2.MLPClassifier`; for a Dask collection lazily, chunk by chunk.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame or array-like of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        collection of X's kind, or ndarray
            Probabilities of shape (n_samples, n_classes).
        """
        return self._lazily("predict_proba", X) if is_collection(X) else super().predict_proba(X)

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithm of `predict_proba`, as lazily.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame or array-like of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        collection of X's kind, or ndarray
            Of shape (n_samples, n_classes).
        """
        return self._lazily("predict_log_proba", X) if is_collection(X) else super().predict_log_proba(X)
