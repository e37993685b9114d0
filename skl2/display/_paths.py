"""Paths of coefficients and of layers' norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from skl2._typing import NDArray
from skl2.display._axes import LINE_COLORS, LINE_DASHES, Display, alpha_axis, final_step

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_NAMED_LINES, N_NAMED_OF_MANY = 12, 8
"""Up to the first number of lines each has its name at its end; of more the second number, the largest"""
NAME_HEIGHT, CHARACTER_INCHES = 0.05, 0.09
"""Of a line of text, as a share of the axes' height; of a character's width"""


class CoefficientPathDisplay(Display):
    """Coefficients, or the norms of a network's layers, against alpha.

    For a linear model the lines are the coefficients w_j(alpha), the ridge trace. For a network
    they are ‖W_l(alpha)‖, one for each layer, with the share of weights that are exactly 0 on a
    second axis if any is.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,)
        The values of alpha, in any order.
    values : array-like of shape (n_alphas, n_lines)
        What is drawn, one line for each column.
    names : sequence of str, default=None
        Name of each line, written at its end; of more than 12 the largest 8 are named.
    sparsity : array-like of shape (n_alphas,), default=None
        Share of the weights that are exactly 0, between 0 and 1.
    alpha_chosen : float, default=None
        A value to mark.
    ylabel : str, default="coefficient"
        Label of the axis.

    Attributes
    ----------
    alphas, values, names, sparsity, alpha_chosen, ylabel
        The parameters, arrays in ascending order of alpha.
    ax_ : matplotlib Axes
        The axes of the lines.
    sparsity_ax_ : matplotlib Axes or None
        The axes of the sparsity.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    References
    ----------
    A. Hoerl, R. Kennard (1970), Ridge regression: biased estimation for nonorthogonal problems,
    Technometrics 12(1), 55-67.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from skl2.display import CoefficientPathDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> display = CoefficientPathDisplay.from_estimator(Ridge(), X, y, alphas=np.logspace(-3, 3, 13))
    >>> display.values.shape
    (13, 10)
    """

    def __init__(
        self,
        alphas: ArrayLike,
        values: ArrayLike,
        *,
        names: Sequence[str] | None = None,
        sparsity: ArrayLike | None = None,
        alpha_chosen: float | None = None,
        ylabel: str = "coefficient",
    ) -> None:
        order = np.argsort(np.asarray(alphas, dtype=float), kind="stable")
        self.alphas = np.asarray(alphas, dtype=float)[order]
        self.values = np.asarray(values, dtype=float)[order]
        self.names = None if names is None else list(names)
        self.sparsity = None if sparsity is None else np.asarray(sparsity, dtype=float)[order]
        self.alpha_chosen = alpha_chosen
        self.ylabel = ylabel

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        y: Any = None,
        *,
        alphas: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> CoefficientPathDisplay:
        """Show the path of an estimator.

        Parameters
        ----------
        estimator : estimator
            One fitted with `coef_path`, `RidgeCV(store_path=True)`, which needs no data; or any
            one with a parameter `alpha` or `alphas` and `coef_` or `coefs_` after `fit`, which is
            cloned and fitted for every alpha (a network of this package by `mlp_path`); or a
            pipeline, a fitted search or `TransformedTargetRegressor` that ends in one of these.
        X : array-like of shape (n_samples, n_features), default=None
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Target.
        alphas : array-like of shape (n_alphas,), default=None
            The values to show. None takes the `alphas_` of a fitted estimator, else 25 from 1e-3
            to 1e3.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : CoefficientPathDisplay

        Raises
        ------
        ValueError
            If the estimator has no `coef_path`, or alpha 0 is asked for, and there are no data.
        TypeError
            If it has no parameter `alpha` or `alphas`.
        """
        estimator = getattr(estimator, "best_estimator_", estimator)
        final = final_step(estimator)
        if X is not None and hasattr(estimator, "steps"):
            X = clone(estimator[:-1]).fit_transform(X, y)
        if alphas is None:
            alphas = getattr(final, "alphas_", np.logspace(-3, 3, 25))
        grid = np.unique(np.asarray(alphas, dtype=float))
        if hasattr(final, "coef_path"):
            return cls._of_choice(grid, final, X, y).plot(ax)
        if X is None:
            raise ValueError(
                f"{type(final).__name__} has no coef_path: give X and y, to fit it for every alpha."
            )
        if hasattr(final, "_layers_by_alpha"):
            chosen = getattr(final, "alpha_", None)
            return cls.from_layers(grid, final._layers_by_alpha(grid, X, y)[0], alpha_chosen=chosen, ax=ax)
        models = [_with_alpha(final, alpha).fit(X, y) for alpha in grid]
        if hasattr(models[0], "coefs_"):
            return cls.from_layers(grid, [model.coefs_ for model in models], ax=ax)
        return cls._ridge_trace(grid, np.array([model.coef_ for model in models]), models[0]).plot(ax)

    @classmethod
    def from_layers(
        cls,
        alphas: ArrayLike,
        coefs: Sequence[Sequence[ArrayLike]],
        *,
        alpha_chosen: float | None = None,
        ax: Axes | None = None,
    ) -> CoefficientPathDisplay:
        """Show the norm of each layer and the sparsity of networks that differ in alpha.

        Parameters
        ----------
        alphas : array-like of shape (n_alphas,)
            The values of alpha.
        coefs : sequence of length n_alphas of the weights of one network, a list of matrices
            The weights, as `coefs_` holds them.
        alpha_chosen : float, default=None
            A value to mark.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : CoefficientPathDisplay
        """
        norms = np.array([[np.linalg.norm(weights) for weights in layers] for layers in coefs])
        zeros = np.array([np.mean(np.concatenate([np.ravel(w) for w in layers]) == 0) for layers in coefs])
        return cls(
            alphas,
            norms,
            names=[f"layer {i + 1}" for i in range(norms.shape[1])],
            sparsity=zeros if zeros.any() else None,
            alpha_chosen=alpha_chosen,
            ylabel="‖W‖, norm of the layer's weights",
        ).plot(ax)

    @classmethod
    def _of_choice(cls, grid: NDArray, model: Any, X: Any, y: Any) -> CoefficientPathDisplay:
        """The path of a ridge that chooses; what it cannot read off, at alpha 0, is fitted."""
        if X is not None:
            model = clone(model).set_params(store_path=True).fit(X, y)
        coefs = np.asarray(model.coef_path(grid[grid > 0]))
        if grid[0] == 0:
            if X is None:
                raise ValueError("alphas has a 0, which coef_path does not reach: give X and y to fit it.")
            limit = model._of_one_alpha(alpha=0, fit_intercept=model.fit_intercept).fit(X, y).coef_
            coefs = np.concatenate([np.reshape(limit, (1, *coefs.shape[1:])), coefs])
        return cls._ridge_trace(grid, coefs, model)

    @classmethod
    def _ridge_trace(cls, alphas: NDArray, coefs: NDArray, estimator: Any) -> CoefficientPathDisplay:
        features = getattr(estimator, "feature_names_in_", [f"x{j}" for j in range(coefs.shape[-1])])
        n_targets = coefs[0].size // coefs.shape[-1]
        names = [str(f) if n_targets == 1 else f"{f}, output {k}" for k in range(n_targets) for f in features]
        chosen = getattr(estimator, "alpha_", None)
        chosen = float(chosen) if chosen is not None and np.ndim(chosen) == 0 else None
        return cls(alphas, coefs.reshape(len(alphas), -1), names=names, alpha_chosen=chosen)

    def _draw(self, ax: Axes) -> list[Any]:
        self.sparsity_ax_ = None
        ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
        lines = ax.plot(self.alphas, self.values)
        for i, line in enumerate(lines):
            line.set(
                color=LINE_COLORS[i % len(LINE_COLORS)],
                linestyle=LINE_DASHES[i % len(LINE_DASHES)],
                label=f"_{i}" if self.names is None else self.names[i],
            )
        handles = []
        if self.alpha_chosen is not None:
            label = f"chosen: {self.alpha_chosen:.3g}"
            handles = [ax.axvline(self.alpha_chosen, color="0.3", linestyle="--", label=label)]
        if self.sparsity is not None:
            self.sparsity_ax_ = ax.twinx()
            self.sparsity_ax_.plot(self.alphas, 100 * self.sparsity, ":", color="0.5")
            self.sparsity_ax_.set_ylabel("weights that are exactly 0, % (dotted)", color="0.4")
            self.sparsity_ax_.set_ylim(0, 100)
        alpha_axis(ax, self.alphas)
        if self.names is not None:
            self._name(lines)
        ax.set_ylabel(self.ylabel)
        return handles

    def _name(self, lines: Sequence[Any]) -> None:
        """Write the names to the left of the lines, of many the largest alone, and none over another."""
        ends = self.values[0]
        n_named = len(lines) if len(lines) <= MAX_NAMED_LINES else N_NAMED_OF_MANY
        named = np.argsort(-np.abs(ends), kind="stable")[:n_named]
        named = named[np.argsort(ends[named], kind="stable")]
        low, high = self.ax_.get_ylim()
        places = _apart(ends[named], NAME_HEIGHT * (high - low))
        self.ax_.set_ylim(min(low, places[0]), max(high, places[-1]))
        longest = max(len(lines[j].get_label()) for j in named)
        inches = self.ax_.get_window_extent().width / self.figure_.dpi
        _make_room(self.ax_, min(CHARACTER_INCHES * (longest + 1) / inches, 1.0))
        for j, place in zip(named, places, strict=True):
            self.ax_.annotate(
                lines[j].get_label(),
                (self.alphas[0], place),
                xytext=(-4, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize="small",
                color=lines[j].get_color(),
            )


def _with_alpha(estimator: Any, alpha: float) -> Any:
    """A copy of an estimator that has one alpha, or chooses among several, with this one."""
    params = estimator.get_params()
    if not {"alpha", "alphas"} & set(params):
        raise TypeError(f"{type(estimator).__name__} has no parameter alpha: give an estimator that has.")
    return clone(estimator).set_params(**({"alpha": alpha} if "alpha" in params else {"alphas": [alpha]}))


def _make_room(ax: Axes, share: float) -> None:
    """Widen the axis of alpha to the left by a share of its length, whatever its scale."""
    scale = ax.xaxis.get_transform()
    low, high = scale.transform(np.array(ax.get_xlim()))
    ax.set_xlim(left=float(scale.inverted().transform(np.array([low - share * (high - low)]))[0]))


def _apart(places: NDArray, distance: float) -> NDArray:
    """Ascending places moved as little as a sweep can, so that neighbours are a distance apart."""
    least = distance * np.arange(len(places))
    apart = least + np.maximum.accumulate(places - least)
    return apart - np.mean(apart - places)
