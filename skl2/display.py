"""What people look at: the choice of alpha, paths of coefficients, curves of the loss.

The classes follow scikit-learn's displays: made by a class method, drawn by `plot`, and what
was drawn stays within reach as `ax_` and `figure_`. They need matplotlib.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skl2.mlp._estimators_cv import mlp_path
from skl2.mlp._fitting import BaseMLP
from skl2.selection import pick_summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["AlphaSelectionDisplay", "CoefficientPathDisplay", "LossCurveDisplay"]

CRITERION_NAMES = {"gcv": "−GCV", "evidence": "log evidence"}
ALPHA_LABEL = "alpha, the strength of the L2 penalty"
# Okabe and Ito's colours, without the yellow that is hard to see on white. 7 and 3 have no common
# factor, so that the pairs repeat after 21 lines only.
LINE_COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
LINE_DASHES = ("-", "--", "-.")
LEGEND_CHARACTERS_PER_INCH = 21  # of the axes' width; the margins take what is more than their width
MAX_NAMED_LINES = 20  # more than that and a legend says nothing


# ------------------------------------------------------------------------------ choice of alpha
class AlphaSelectionDisplay:
    """Cross-validated score against alpha, with the best value and the one-standard-error value.

    Shown are the mean score over the folds ± its standard error s/√folds, the alpha of the best
    mean m* (least loss), the strongest alpha whose mean is at least m* − SE*, and, where known,
    the norm of the weights ‖W‖ on a second axis. To the left of the best alpha the model
    overfits, to the right it underfits.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,)
        The values tried, in any order. With 0 among them the axis is linear next to 0.
    mean_score, std_error : array-like of shape (n_alphas,)
        Mean score, greater is better, and its standard error. Values whose mean score is not
        finite are left out.
    weight_norm : array-like of shape (n_alphas,), default=None
        Norm ‖W‖ of the weights, mean over the folds.
    score_name : str, default="score"
        What the scores are, for the label of the axis.

    Attributes
    ----------
    alphas, mean_score, std_error, weight_norm : ndarrays of shape (n_alphas,)
        The parameters in ascending order of alpha; `weight_norm` may be None.
    score_name : str
        The parameter.
    alpha_min, alpha_1se : float
        The alpha of the best mean score and the one of the one-standard-error rule
        (None if there is no standard error).
    ax_ : matplotlib Axes
        The axes of the scores.
    norm_ax_ : matplotlib Axes or None
        The axes of ‖W‖.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    skl2.selection.one_standard_error : The rule for scikit-learn's searches.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone (1984), Classification and Regression Trees,
    section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skl2.display import AlphaSelectionDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = GridSearchCV(Ridge(), {"alpha": [0.01, 0.1, 1, 10]}).fit(X, y)
    >>> display = AlphaSelectionDisplay.from_estimator(search)
    >>> display.alpha_min, display.alpha_1se
    (0.01, 0.1)
    """

    def __init__(
        self,
        alphas: ArrayLike,
        mean_score: ArrayLike,
        std_error: ArrayLike,
        *,
        weight_norm: ArrayLike | None = None,
        score_name: str = "score",
    ) -> None:
        mean = np.asarray(mean_score, dtype=float)
        order = np.argsort(np.asarray(alphas, dtype=float), kind="stable")
        order = order[np.isfinite(mean[order])]
        self.alphas = np.asarray(alphas, dtype=float)[order]
        self.mean_score = mean[order]
        self.std_error = np.asarray(std_error, dtype=float)[order]
        self.weight_norm = None if weight_norm is None else np.asarray(weight_norm, dtype=float)[order]
        self.score_name = score_name
        best = pick_summary(self.alphas, self.mean_score, self.std_error)
        self.alpha_min = float(self.alphas[best])
        self.alpha_1se: float | None = None
        if np.isfinite(self.std_error[best]):
            index = pick_summary(self.alphas, self.mean_score, self.std_error, "1se")
            self.alpha_1se = float(self.alphas[index])

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Axes | None = None, score_name: str | None = None
    ) -> AlphaSelectionDisplay:
        """Show how a fitted estimator chose its alpha.

        Parameters
        ----------
        estimator : fitted estimator
            One that has cross-validated alpha: `MLPClassifierCV`, `MLPRegressorCV`, `RidgeCV`,
            `RidgeClassifierCV`, scikit-learn's `RidgeCV(store_cv_results=True)`, a search such as
            `GridSearchCV`, or a pipeline that ends in one of these.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        score_name : str, default=None
            What the scores are; None takes it from the estimator's `scoring`.

        Returns
        -------
        display : AlphaSelectionDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it keeps no scores of its alphas.
        ValueError
            If it chose one alpha for each target.
        """
        check_is_fitted(estimator)
        final = _final_step(estimator)
        results = getattr(final, "cv_results_", None)
        if isinstance(results, Mapping) and "params" in results:
            return cls.from_cv_results(results, ax=ax, score_name=score_name)
        name = score_name or _score_name(final)
        if hasattr(final, "mean_score_"):
            if np.ndim(final.mean_score_) > 1:
                raise ValueError(
                    f"{type(final).__name__} chose an alpha for each of {final.mean_score_.shape[1]} "
                    "targets. Show that of target k with AlphaSelectionDisplay(model.alphas_, "
                    "model.mean_score_[:, k], model.std_error_[:, k]).plot()."
                )
            norms = getattr(final, "weight_norms_", None)
            display = cls(
                final.alphas_,
                final.mean_score_,
                final.std_error_,
                weight_norm=None if norms is None else np.mean(norms, axis=0),
                score_name=name,
            )
            # what it chose itself: where a score lies on the rule's limit, rounding decides
            display.alpha_min = final.alpha_min_
            display.alpha_1se = None if np.isnan(final.alpha_1se_) else final.alpha_1se_
        elif results is not None and final.scoring is None:
            errors = np.asarray(results, dtype=float)
            errors = errors.reshape(len(errors), -1, errors.shape[-1]).mean(axis=1)
            display = cls(getattr(final, "alphas_", final.alphas), *summarise(-errors), score_name=name)
        else:
            raise TypeError(
                f"{type(final).__name__} keeps no scores of its alphas. Give an estimator whose name ends in "
                "CV, with store_cv_results=True and scoring=None if it is a RidgeCV of scikit-learn, or a "
                "GridSearchCV."
            )
        return display.plot(ax)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        *,
        param: str = "alpha",
        metric: str = "score",
        norm_metric: str | None = None,
        ax: Axes | None = None,
        score_name: str | None = None,
    ) -> AlphaSelectionDisplay:
        """Show the results of a search of scikit-learn over alpha.

        Parameters
        ----------
        cv_results : mapping
            The `cv_results_` of `GridSearchCV` or its like.
        param : str, default="alpha"
            Name of the searched parameter. The prefix of a pipeline's step may be left out.
        metric : str, default="score"
            Which of the metrics to show, in a search with several.
        norm_metric : str, default=None
            Which of the metrics holds ‖W‖, if any does.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        score_name : str, default=None
            What the scores are; None takes `metric`.

        Returns
        -------
        display : AlphaSelectionDisplay

        Raises
        ------
        ValueError
            If the parameter or the metric was not searched, or several candidates share an alpha.
        """
        alphas = _searched_alphas(cv_results["params"], param)
        mean, std_error = summarise(_test_scores(cv_results, metric).T)
        norm = None if norm_metric is None else _test_scores(cv_results, norm_metric).mean(axis=1)
        return cls(alphas, mean, std_error, weight_norm=norm, score_name=score_name or metric).plot(ax)

    def plot(self, ax: Axes | None = None) -> AlphaSelectionDisplay:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : AlphaSelectionDisplay
            The display itself.
        """
        self.ax_, self.figure_ = _axes(ax)
        self.norm_ax_ = None
        handles = [self._draw_scores(self.ax_), *self._draw_choices(self.ax_)]
        if self.weight_norm is not None:
            self.norm_ax_ = self.ax_.twinx()
            handles += self.norm_ax_.plot(self.alphas, self.weight_norm, ":", color="0.5", label="‖W‖")
            self.norm_ax_.set_ylabel("‖W‖, norm of the weights", color="0.4")
            self.norm_ax_.set_ylim(bottom=0)
        _alpha_axis(self.ax_, self.alphas)
        self.ax_.set_ylabel(f"{self.score_name} (greater is better)")
        _legend_above(self.ax_, handles)
        return self

    def _draw_scores(self, ax: Axes) -> Any:
        (line,) = ax.plot(
            self.alphas, self.mean_score, "o-", ms=4, color="C0", label="mean over the folds ± standard error"
        )
        low, high = self.mean_score - self.std_error, self.mean_score + self.std_error
        ax.fill_between(self.alphas, low, high, color="C0", alpha=0.2, linewidth=0)
        return line

    def _draw_choices(self, ax: Axes) -> list[Any]:
        lines = [ax.axvline(self.alpha_min, color="0.3", label=f"best: {self.alpha_min:.3g}")]
        if self.alpha_1se is not None:
            label = f"one standard error: {self.alpha_1se:.3g}"
            lines.append(ax.axvline(self.alpha_1se, color="C1", linestyle="--", label=label))
            best = int(np.flatnonzero(self.alphas == self.alpha_min)[0])
            ax.axhline(self.mean_score[best] - self.std_error[best], color="0.7", linewidth=0.8, zorder=0)
        return lines


# -------------------------------------------------------------------------------------- paths
class CoefficientPathDisplay:
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
        Name of each line, for the legend; more than 20 are not listed.
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
            pipeline that ends in one of these.
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
            If the estimator has no `coef_path` and there are no data to fit it to.
        TypeError
            If it has no parameter `alpha` or `alphas`.
        """
        final = _final_step(estimator)
        if X is not None and final is not estimator:
            X = clone(estimator[:-1]).fit_transform(X, y)
        if alphas is None:
            alphas = getattr(final, "alphas_", np.logspace(-3, 3, 25))
        grid = np.unique(np.asarray(alphas, dtype=float))
        if X is None and not hasattr(final, "coef_path"):
            raise ValueError(
                f"{type(final).__name__} has no coef_path: give X and y, to fit it for every alpha."
            )
        if hasattr(final, "coef_path"):
            final = final if X is None else clone(final).set_params(store_path=True).fit(X, y)
            return cls._ridge_trace(grid, np.asarray(final.coef_path(grid)), final).plot(ax)
        if isinstance(final, BaseMLP):
            chosen = getattr(final, "alpha_", None)
            return cls.from_layers(grid, mlp_path(X, y, grid, estimator=final)[1], alpha_chosen=chosen, ax=ax)
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
    def _ridge_trace(
        cls, alphas: NDArray[np.float64], coefs: NDArray[Any], estimator: Any
    ) -> CoefficientPathDisplay:
        features = getattr(estimator, "feature_names_in_", [f"x{j}" for j in range(coefs.shape[-1])])
        n_targets = coefs[0].size // coefs.shape[-1]
        names = [str(f) if n_targets == 1 else f"{f}, output {k}" for k in range(n_targets) for f in features]
        chosen = getattr(estimator, "alpha_", None)
        chosen = float(chosen) if chosen is not None and np.ndim(chosen) == 0 else None
        return cls(alphas, coefs.reshape(len(alphas), -1), names=names, alpha_chosen=chosen)

    def plot(self, ax: Axes | None = None) -> CoefficientPathDisplay:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : CoefficientPathDisplay
            The display itself.
        """
        self.ax_, self.figure_ = _axes(ax)
        self.sparsity_ax_ = None
        self.ax_.axhline(0, color="0.7", linewidth=0.8, zorder=0)
        lines = self.ax_.plot(self.alphas, self.values)
        if self.names is not None and len(lines) <= MAX_NAMED_LINES:
            self._name(lines)
        if self.alpha_chosen is not None:
            label = f"chosen: {self.alpha_chosen:.3g}"
            self.ax_.axvline(self.alpha_chosen, color="0.3", linestyle="--", label=label)
        if self.sparsity is not None:
            self.sparsity_ax_ = self.ax_.twinx()
            self.sparsity_ax_.plot(self.alphas, 100 * self.sparsity, ":", color="0.5")
            self.sparsity_ax_.set_ylabel("weights that are exactly 0, % (dotted)", color="0.4")
            self.sparsity_ax_.set_ylim(0, 100)
        _alpha_axis(self.ax_, self.alphas)
        self.ax_.set_ylabel(self.ylabel)
        handles = [line for line in self.ax_.get_lines() if not str(line.get_label()).startswith("_")]
        _legend_above(self.ax_, handles)
        return self

    def _name(self, lines: Sequence[Any]) -> None:
        """Name the lines; neighbours differ in colour and dashes, for those who tell few colours apart."""
        for i, (line, name) in enumerate(zip(lines, self.names or (), strict=True)):
            color, dashes = LINE_COLORS[i % len(LINE_COLORS)], LINE_DASHES[i % len(LINE_DASHES)]
            line.set(label=name, color=color, linestyle=dashes)


# ------------------------------------------------------------------------------------- losses
class LossCurveDisplay:
    """Training and validation loss after each epoch, with the restored epoch marked.

    Where the validation loss rises while the training loss falls, the network overfits.

    Parameters
    ----------
    loss : array-like of shape (n_epochs,)
        Training loss J/Σw of each epoch, penalty included.
    validation_loss : array-like of shape (n_epochs,), default=None
        Validation loss L/Σw of each epoch; a shorter one is that of the last epochs.
    best_epoch : int, default=None
        The epoch whose weights were kept, counted from 1.

    Attributes
    ----------
    loss, validation_loss, best_epoch
        The parameters; `validation_loss` begins with NaN if it was shorter.
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    Examples
    --------
    >>> from skl2.display import LossCurveDisplay
    >>> display = LossCurveDisplay([0.9, 0.5, 0.3], [1.0, 0.7, 0.8], best_epoch=2).plot()
    >>> display.ax_.get_xlabel()
    'epoch'
    """

    def __init__(
        self,
        loss: ArrayLike,
        validation_loss: ArrayLike | None = None,
        *,
        best_epoch: int | None = None,
    ) -> None:
        self.loss = np.asarray(loss, dtype=float)
        self.validation_loss = None
        if validation_loss is not None:
            n_missing = max(len(self.loss) - len(np.atleast_1d(validation_loss)), 0)
            self.validation_loss = np.r_[np.full(n_missing, np.nan), validation_loss]
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> LossCurveDisplay:
        """Show how a network was trained.

        Parameters
        ----------
        estimator : fitted estimator
            An estimator with `loss_curve_`, such as `MLPClassifier`, or a pipeline that ends in
            one. The validation curve is there if it was fitted with validation data.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : LossCurveDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no `loss_curve_`.
        """
        check_is_fitted(estimator)
        final = _final_step(estimator)
        if not hasattr(final, "loss_curve_"):
            raise TypeError(
                f"{type(final).__name__} has no loss_curve_: "
                "give a network fitted with solver='adam' or 'sgd'."
            )
        return cls(
            final.loss_curve_,
            getattr(final, "validation_loss_curve_", None),
            best_epoch=getattr(final, "best_epoch_", None),
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> LossCurveDisplay:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : LossCurveDisplay
            The display itself.
        """
        self.ax_, self.figure_ = _axes(ax)
        curves = {"training, J / n": self.loss, "validation, L / n": self.validation_loss}
        handles = []
        for label, curve in curves.items():
            if curve is not None:
                handles += self.ax_.plot(np.arange(1, len(curve) + 1), curve, label=label)
        if self.best_epoch is not None:
            label = f"restored: epoch {self.best_epoch}"
            handles.append(self.ax_.axvline(self.best_epoch, color="0.3", linestyle="--", label=label))
        self.ax_.set(xlabel="epoch", ylabel="loss, mean over the rows")
        self.ax_.locator_params(axis="x", integer=True)
        _legend_above(self.ax_, handles)
        return self


# ------------------------------------------------------------------------------------ helpers
def _axes(ax: Axes | None) -> tuple[Axes, Figure]:
    """The axes to draw in and their figure, both new if there are none."""
    if ax is not None:
        figure = ax.get_figure(root=True)
        assert figure is not None  # axes that were removed from their figure cannot be drawn in
        return ax, figure
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "The displays need matplotlib. Install it with: pip install 'skl2[plot]'"
        ) from error
    figure, ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    return ax, figure


def _alpha_axis(ax: Axes, alphas: NDArray[np.float64]) -> None:
    """A logarithmic axis of alpha, linear next to 0 if 0 is on it."""
    if alphas[0] > 0:
        ax.set_xscale("log")
    else:
        ax.set_xscale("symlog", linthresh=alphas[alphas > 0].min(initial=1.0))
    ax.set_xlabel(ALPHA_LABEL)


def _legend_above(ax: Axes, handles: Sequence[Any]) -> None:
    """A legend that covers no data, in as many columns as its longest name leaves room for."""
    if handles:
        width = ax.get_window_extent().width / ax.figure.dpi  # inches
        name = max(len(str(handle.get_label())) for handle in handles) + 10  # the line and a space
        room = max(1, int(LEGEND_CHARACTERS_PER_INCH * width) // name)
        columns = min(len(handles), 5 if len(handles) > 4 else 2, room)
        ax.legend(
            handles=handles,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=columns,
            frameon=False,
            fontsize="small",
        )


def _final_step(estimator: Any) -> Any:
    return estimator[-1] if hasattr(estimator, "steps") else estimator


def _score_name(estimator: Any) -> str:
    """What the estimator's scores are; `scoring=None` means the loss itself, negated."""
    criterion = getattr(estimator, "criterion", "loo")
    if criterion in CRITERION_NAMES and estimator.cv is None:
        return CRITERION_NAMES[criterion]
    scoring = getattr(estimator, "scoring", None)
    if scoring is None or (isinstance(scoring, str) and scoring == "loss"):
        if isinstance(estimator, BaseMLP):
            return f"−{estimator._loss().label}"
        return "−log-loss" if hasattr(estimator, "predict_proba") else "−squared error"
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")


def _with_alpha(estimator: Any, alpha: float) -> Any:
    """A copy of an estimator that has one alpha, or chooses among several, with this one."""
    params = estimator.get_params()
    if not {"alpha", "alphas"} & set(params):
        raise TypeError(f"{type(estimator).__name__} has no parameter alpha: give an estimator that has.")
    return clone(estimator).set_params(**({"alpha": alpha} if "alpha" in params else {"alphas": [alpha]}))


def _searched_alphas(params: Sequence[Mapping[str, Any]], param: str) -> NDArray[np.float64]:
    """The value of `param` of every candidate, under its own name or that of a pipeline's step."""
    searched = sorted({name for candidate in params for name in candidate})
    names = [name for name in searched if name == param or name.endswith(f"__{param}")]
    if len(names) != 1 or any(names[0] not in candidate for candidate in params):
        raise ValueError(f"param={param!r} must name one parameter of every candidate; searched: {searched}.")
    alphas = np.array([candidate[names[0]] for candidate in params], dtype=float)
    if len(np.unique(alphas)) < len(alphas):
        raise ValueError(
            f"Several candidates share a value of {names[0]!r}, because more was searched ({searched}); "
            "keep the candidates of one setting of the rest."
        )
    return alphas


def _test_scores(cv_results: Mapping[str, Any], metric: str) -> NDArray[np.float64]:
    """Scores of every candidate and fold, shape (n_candidates, n_folds)."""
    suffix = f"_test_{metric}"
    keys = [key for key in cv_results if key.startswith("split") and key.endswith(suffix)]
    if not keys:
        known = sorted(
            key.removeprefix("split0_test_") for key in cv_results if key.startswith("split0_test_")
        )
        raise ValueError(f"metric={metric!r} is not among the metrics of the search: {known}.")
    return np.array([cv_results[key] for key in keys], dtype=float).T
