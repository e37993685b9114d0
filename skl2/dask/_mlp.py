"""MLPClassifier and MLPRegressor on Dask: J and its gradient as sums over chunks, by the network wing."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_random_state

from skl2 import mlp
from skl2._typing import NDArray
from skl2._validation import check_sample_weight
from skl2.dask._base import DaskMixin, Labels, LabelsMixin, by_chunks, takes_client
from skl2.dask._chunks import Chunk, aligned, gathered, mapped, persisted, reduced
from skl2.mlp._callbacks import task_of_fit, with_callbacks
from skl2.mlp._loss import Loss
from skl2.mlp._network import Network
from skl2.mlp._objective import Data, Objective, Rows, drop_weightless
from skl2.mlp._parameters import check_parameters, checked_alpha
from skl2.mlp._penalty import L2
from skl2.mlp._stack import Problem, hidden_sizes
from skl2.mlp._training import Outcome
from skl2.ridge._moments import Moments, combined, moments_of, require_finite
from skl2.ridge._rows import Data as RidgeData


class ChunkData:
    """Encoded rows, kept by the workers in chunks; in place of `Data`.

    Parameters
    ----------
    parts : list of Delayed
        Of `Chunk`, or of None where there is no row; they are computed once and kept.
    client : Client or None
        Where they are kept.
    """

    weight = None

    def __init__(self, parts: list[Any], client: Any) -> None:
        kept = persisted(client, parts)
        sizes = gathered(client, mapped(kept, _size))
        rows = [(part, *size) for part, size in zip(kept, sizes, strict=True) if size is not None]
        self.client = client
        self.parts, counts, weights, (self.y, *_) = zip(*rows, strict=True)
        self.ends = np.cumsum(counts)
        self.n_rows, self.total_weight = int(self.ends[-1]), float(sum(weights))

    def sums(self, network: Network, loss: Loss, rows: Rows | None = None) -> NDArray:
        """Σ w ℓ and its gradient, (1 + P,), over some rows, all by default."""
        make = partial(Network, network.layer_sizes, network.activation_name, 1, network.dtype)
        found = mapped(self._found(rows), _sums, make, network.theta.copy(), loss)
        return reduced(self.client, found, sum)

    def _found(self, rows: Rows | None) -> list[tuple[Any, Any]]:
        """The chunks that hold these rows, each with their places in it."""
        if rows is None:
            return [(part, slice(None)) for part in self.parts]
        rows = np.arange(self.n_rows)[rows]
        chunks = np.searchsorted(self.ends, rows, side="right")
        starts = np.concatenate([[0], self.ends])
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


def _size(chunk: Chunk) -> tuple[int, float, NDArray]:
    """The rows of a chunk, their weight, and what y is like."""
    data = Data(*chunk[1:4])
    return data.n_rows, data.total_weight, data.y[:0]


def _sums(part: tuple[Chunk, Rows], make: Any, theta: NDArray, loss: Loss) -> NDArray:
    chunk, rows = part
    network = make()
    network.attach(theta)
    data = Data(*chunk.rows(rows)[1:4])
    with np.errstate(all="ignore"):
        penalty = L2(np.zeros((1, 1)), 0, 1.0)
        value, gradient = Objective(network, loss, penalty, data).data_value_and_grad()
    return data.total_weight * np.concatenate([value, gradient[0].astype(np.float64)])


class MLPMixin(DaskMixin):
    """A fit over chunks. What is encoded, weighed and recorded is the plain estimator's work."""

    @with_callbacks
    def _fit_chunks(self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]) -> None:
        check_parameters(self)
        alpha = checked_alpha(self)
        self._check_possible(params)
        dtype = self._learn_features(X)
        plain, _ = self._learn(y, sample_weight)
        train: Any = ChunkData(self._parts(encode, plain, X, y, sample_weight), self.client)
        sizes = (self.n_features_in_, *hidden_sizes(self), self._n_outputs(train.y))
        problem = Problem(train, self._loss(), sizes, objective=ChunkObjective)
        rng = check_random_state(self.random_state)
        network = self._start_network(problem, rng, dtype, warm=False)
        self._reset_records(warm=False, validates=False)
        task = task_of_fit(self, self.max_iter, X, y, sample_weight).begin()
        self._train(alpha, problem, network, rng, task)
        self._warn_of_strength(float(alpha.max()))

    def _check_possible(self, params: dict[str, Any]) -> None:
        """Refuse what would need other rows at once than a chunk has."""
        if params or self._stops_early:
            raise ValueError("Rows in chunks are not validated: set early_stopping=False, and pass no X_val.")
        if self.batch_norm or np.any(self.dropout) or self.warm_start:
            raise ValueError(
                f"batch_norm={self.batch_norm!r}, dropout={self.dropout!r}, warm_start={self.warm_start!r}: "
                "for rows in chunks set them to False, 0 and False."
            )

    def _warn(self, outcome: Outcome, *failure: Any) -> None:
        """All but a `failure`, which would take another pass over all chunks; an interruption is raised."""
        if outcome.interrupted:
            raise KeyboardInterrupt
        super()._warn(outcome)

    @staticmethod
    def _has_finite_loss(network: Network, problem: Problem) -> bool:
        train: Any = problem.train
        return bool(np.isfinite(train.sums(network, problem.loss)[0]))


def encode(plain: Any, X: Any, y: Any, weight: Any) -> tuple[NDArray, NDArray, NDArray | None]:
    """Rows, targets and weights of one chunk, as the loss takes them."""
    X, y, _ = plain._validate(X, y, None, reset=False)
    weight = check_sample_weight(weight, X, all_zero=True)
    data = drop_weightless(plain._in_units(Data(X, plain._encode(y, reset=False), weight)))
    data = plain._weigh_classes(data, all_zero=True)
    return data.take(slice(None))


def _unit_moments(rows: tuple[Any, Any], plain: Any) -> Moments | None:
    """The moments of y alone, where it has rows with a weight."""
    if not len(rows[0]):
        return None
    y = plain._encode(check_array(rows[0], ensure_2d=False, dtype="numeric", input_name="y"), reset=False)
    weight = check_sample_weight(rows[1], y, all_zero=True)
    moments = moments_of(RidgeData(y[:, :0], y, weight), dtype=np.float64)
    require_finite(None, 0.0, moments.y_squares)
    return moments if moments.weight else None


@takes_client
class MLPRegressor(MLPMixin, mlp.MLPRegressor):  # type: ignore[misc]  # no rows to validate on
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

    def _learn(self, y: Any, sample_weight: Any) -> tuple[Any, list[Labels]]:
        rows = mapped(aligned(self.client, y=y, sample_weight=sample_weight), _unit_moments, self._plain())
        moments = reduced(self.client, rows, combined)
        self._set_unit(moments.y_mean, moments.y_spread)
        return self._plain(), []


@takes_client
class MLPClassifier(MLPMixin, LabelsMixin, mlp.MLPClassifier):  # type: ignore[misc]
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

    predict_proba = by_chunks("predict_proba")
    predict_log_proba = by_chunks("predict_log_proba")
