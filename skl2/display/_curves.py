"""Curves of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skl2.display._axes import LINE_COLORS, Display, final_step, is_squeezed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class LossCurveDisplay(Display):
    """Training and validation loss after each epoch, with the restored epoch marked.

    Where the validation loss rises while the training loss falls, the network overfits.

    Parameters
    ----------
    loss : array-like of shape (n_epochs,)
        Training loss of each epoch.
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
            An estimator with `loss_curve_`, such as `MLPClassifier` or, for the fit with the alpha it
            chose, `MLPClassifierCV`; or a pipeline, a `TransformedTargetRegressor` or a search that ends
            in one. The validation curve is there if it was fitted with validation data.
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
        final = final_step(getattr(estimator, "best_estimator_", estimator))
        if not hasattr(final, "loss_curve_"):
            raise TypeError(f"{type(final).__name__} has no loss_curve_: give a network, and refit=True.")
        return cls(
            getattr(final, "train_loss_curve_", final.loss_curve_),
            getattr(final, "validation_loss_curve_", None),
            best_epoch=getattr(final, "best_epoch_", None),
        ).plot(ax)

    def _draw(self, ax: Axes) -> list[Any]:
        epochs = np.arange(1, len(self.loss) + 1)
        handles = ax.plot(epochs, self.loss, color=LINE_COLORS[0], label="training")
        if self.validation_loss is not None:
            epochs = np.arange(1, len(self.validation_loss) + 1)
            handles += ax.plot(epochs, self.validation_loss, "--", color=LINE_COLORS[1], label="validation")
        if self.best_epoch is not None:
            label = f"restored: epoch {self.best_epoch}"
            handles.append(ax.axvline(self.best_epoch, color="0.3", linestyle=":", label=label))
        ax.set(xlabel="epoch", ylabel="loss, mean over the rows")
        if is_squeezed(self.loss):
            ax.set_yscale("log")
        ax.locator_params(axis="x", integer=True)
        return handles
