"""The choice of alpha."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skl2._cv import scorer_name
from skl2._typing import NDArray
from skl2.display._axes import (
    LINE_COLORS,
    SQUEEZED,
    Display,
    alpha_axis,
    final_step,
    is_squeezed,
    new_axes,
)
from skl2.selection import fold_scores, pick_summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class AlphaSelectionDisplay(Display):
    """Cross-validated score against alpha, with the best value and the one-standard-error value.

    Shown are the mean score over the folds ± its standard error s/√folds, the alpha of the best
    mean m* (least loss), the strongest alpha whose mean is at least m* − SE*, and, where known,
    the norm of the weights ‖W‖ on a second axis and the score on the training rows. To the left of
    the best alpha the model overfits, to the right it underfits.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,)
        The values tried, in any order. With 0 among them the axis is linear next to 0.
    mean_score, std_error : array-like of shape (n_alphas,)
        Mean score, greater is better, and its standard error. Values whose mean score is not
        finite are left out.
    weight_norm : array-like of shape (n_alphas,), default=None
        Norm ‖W‖ of the weights, mean over the folds; NaN is left out.
    train_score : array-like of shape (n_alphas,), default=None
        Mean score on the training rows.
    dropped : array-like of bool of shape (n_alphas,), default=None
        Alphas whose networks were not trained to their end; they are drawn hollow.
    score_name : str, default="score"
        What the scores are, for the label of the axis.
    kind : str, default="mean over the folds"
        Over what they are taken, for the legend.

    Attributes
    ----------
    alphas, mean_score, std_error, weight_norm, train_score, dropped : ndarrays of shape (n_alphas,)
        The parameters in ascending order of alpha; those that were not given are None.
    score_name, kind : str
        The parameters.
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
        train_score: ArrayLike | None = None,
        dropped: ArrayLike | None = None,
        score_name: str = "score",
        kind: str = "mean over the folds",
    ) -> None:
        mean = np.asarray(mean_score, dtype=float)
        order = np.argsort(np.asarray(alphas, dtype=float), kind="stable")
        order = order[np.isfinite(mean[order])]
        self.alphas = np.asarray(alphas, dtype=float)[order]
        self.mean_score = mean[order]
        self.std_error = np.asarray(std_error, dtype=float)[order]
        self.weight_norm = None if weight_norm is None else np.asarray(weight_norm, dtype=float)[order]
        self.train_score = None if train_score is None else np.asarray(train_score, dtype=float)[order]
        self.dropped = None if dropped is None else np.asarray(dropped, dtype=bool)[order]
        self.score_name, self.kind = score_name, kind
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
            `GridSearchCV` over alpha or around one of these, with its training scores if it has them,
            or a pipeline or a `TransformedTargetRegressor` that ends in one of these.
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
        final = final_step(estimator)
        if hasattr(final, "mean_score_"):
            return cls._of_choice(final, score_name).plot(ax)
        results = getattr(final, "cv_results_", None)
        if isinstance(results, Mapping) and "params" in results:
            return cls._of_search(final, score_name, ax)
        if results is None or final.scoring is not None:
            raise TypeError(
                f"{type(final).__name__} keeps no scores of its alphas. Give an estimator whose name ends in "
                "CV, with store_cv_results=True and scoring=None if it is a RidgeCV of scikit-learn, or a "
                "GridSearchCV."
            )
        errors = np.asarray(results, dtype=float)
        errors = errors.reshape(len(errors), -1, errors.shape[-1]).mean(axis=1)
        alphas = getattr(final, "alphas_", final.alphas)
        name = score_name or "−squared error"
        return cls(alphas, *summarise(-errors), score_name=name, kind="leave-one-out").plot(ax)

    @classmethod
    def _of_search(cls, search: Any, name: str | None, ax: Axes | None) -> AlphaSelectionDisplay:
        """A search over alpha, or the choice within its best estimator."""
        searched = {key for candidate in search.cv_results_["params"] for key in candidate}
        best = final_step(getattr(search, "best_estimator_", None))
        if not any(key.split("__")[-1] == "alpha" for key in searched) and hasattr(best, "mean_score_"):
            return cls._of_choice(best, name).plot(ax)
        if isinstance(search.refit, str):  # which of several metrics it chose by
            return cls.from_cv_results(search.cv_results_, metric=search.refit, ax=ax, score_name=name)
        if search.scoring is not None:
            default = scorer_name(search.scoring)
        else:
            default = "accuracy" if is_classifier(search) else "R²"
        return cls.from_cv_results(search.cv_results_, ax=ax, score_name=name or default)

    @classmethod
    def _of_choice(cls, model: Any, name: str | None) -> AlphaSelectionDisplay:
        """What an estimator of this package chose by."""
        if np.ndim(model.mean_score_) > 1:
            raise ValueError(
                f"{type(model).__name__} chose an alpha for each of {model.mean_score_.shape[1]} "
                "targets. Show that of target k with AlphaSelectionDisplay(model.alphas_, "
                "model.mean_score_[:, k], model.std_error_[:, k]).plot()."
            )
        norms, dropped = getattr(model, "weight_norms_", None), getattr(model, "dropped_", None)
        if norms is not None:  # NaN where a network was dropped
            norms = np.ma.masked_invalid(norms).mean(axis=0).filled(np.nan)
        display = cls(
            model.alphas_,
            model.mean_score_,
            model.std_error_,
            weight_norm=norms,
            dropped=None if dropped is None else dropped.any(axis=0),
            score_name=name or model._score_name,
            kind=model._score_kind,
        )
        # what it chose itself: where a score lies on the rule's limit, rounding decides
        display.alpha_min = model.alpha_min_
        display.alpha_1se = None if np.isnan(model.alpha_1se_) else model.alpha_1se_
        return display

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
        scores_by = partial(fold_scores, cv_results, parameter="metric", among="metrics of the search")
        return cls(
            _searched_alphas(cv_results["params"], param),
            *summarise(scores_by(metric)),
            weight_norm=None if norm_metric is None else scores_by(norm_metric).mean(axis=0),
            train_score=cv_results.get(f"mean_train_{metric}"),
            score_name=score_name or metric,
        ).plot(ax)

    def plot(self, ax: Axes | None = None, *, yscale: str = "auto") -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        yscale : {"auto", "linear", "log"}, default="auto"
            The axis of the scores. "log" is that of negated losses; "auto" takes it where losses span
            more than a factor of ten and the best would be pressed flat.

        Returns
        -------
        display : AlphaSelectionDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `yscale` is another word, or "log" and a score is not negative.
        """
        if yscale not in ("auto", "linear", "log"):
            raise ValueError(f"yscale must be 'auto', 'linear' or 'log', got {yscale!r}.")
        if yscale == "log" and self.mean_score.max() >= 0:
            raise ValueError("yscale='log' needs negated losses, all scores below 0: take 'linear'.")
        ax, _ = new_axes(ax)
        if yscale == "log" or (yscale == "auto" and is_squeezed(-self.mean_score)):
            ax.set_yscale("function", functions=(_log_of_loss, _loss_of_log))
        return super().plot(ax)

    def _draw(self, ax: Axes) -> list[Any]:
        self.norm_ax_ = None
        handles = [*self._draw_scores(ax), *self._draw_choices(ax)]
        if self.weight_norm is not None:
            self.norm_ax_ = ax.twinx()
            handles += self.norm_ax_.plot(self.alphas, self.weight_norm, ":", color="0.5", label="‖W‖")
            self.norm_ax_.set_ylabel("‖W‖, norm of the weights", color="0.4")
            self.norm_ax_.set_ylim(bottom=0)
        alpha_axis(ax, self.alphas)
        if ax.get_yscale() == "function":
            low, high = ax.get_ylim()
            ticks = -np.outer(10.0 ** np.arange(-9, 10), [1, 2, 5]).ravel()
            ax.set_yticks(ticks[(low <= ticks) & (ticks <= high)])
        ax.set_ylabel(f"{self.score_name} (greater is better)")
        return handles

    def _draw_scores(self, ax: Axes) -> list[Any]:
        color, with_error = LINE_COLORS[0], bool(np.isfinite(self.std_error).any())
        label = self.kind + (" ± standard error" if with_error else "")
        handles = ax.plot(self.alphas, self.mean_score, "o-", ms=4, color=color, label=label)
        if self.dropped is not None and self.dropped.any():
            hollow = np.where(self.dropped, self.mean_score, np.nan)
            handles += ax.plot(
                self.alphas, hollow, "o", ms=4, color=color, mfc="white", label="dropped early"
            )
        if self.train_score is not None:
            handles += ax.plot(self.alphas, self.train_score, "--", color="0.4", label="training rows")
        low, high = self.mean_score - self.std_error, self.mean_score + self.std_error
        if ax.get_yscale() == "function":
            high = np.minimum(high, self.mean_score / SQUEEZED)  # a loss stays above 0
        ax.fill_between(self.alphas, low, high, color=color, alpha=0.2, linewidth=0)
        return handles

    def _draw_choices(self, ax: Axes) -> list[Any]:
        lines = [ax.axvline(self.alpha_min, color="0.3", label=f"best: {self.alpha_min:.3g}")]
        if self.alpha_1se is not None:
            label = f"one standard error: {self.alpha_1se:.3g}"
            lines.append(ax.axvline(self.alpha_1se, color=LINE_COLORS[1], linestyle="--", label=label))
            best = int(np.flatnonzero(self.alphas == self.alpha_min)[0])
            ax.axhline(self.mean_score[best] - self.std_error[best], color="0.7", linewidth=0.8, zorder=0)
        return lines


def _searched_alphas(params: Sequence[Mapping[str, Any]], param: str) -> NDArray:
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


def _log_of_loss(score: Any) -> NDArray:
    """Where a negated loss lies on an axis of the loss's logarithm."""
    return -np.log(np.maximum(-np.asarray(score, dtype=float), np.finfo(float).tiny))


def _loss_of_log(position: Any) -> NDArray:
    return -np.exp(-np.asarray(position, dtype=float))
