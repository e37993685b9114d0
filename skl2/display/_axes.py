"""What all pictures share: how they are drawn, axes, colours and legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skl2._typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE_COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
"""Okabe and Ito's, without the yellow that is hard to see on white"""
LINE_DASHES = ("-", "--", "-.")
"""7 colours and 3 dashes have no common factor, so that the pairs repeat after 21 lines only"""
LEGEND_CHARACTERS_PER_INCH = 21
"""Of the axes' width; the margins take what is more than their width"""
SQUEEZED = 10.0
"""Losses that span more than this factor are drawn on a logarithmic axis"""


class Display:
    """A picture of the numbers that it holds."""

    ax_: Axes
    figure_: Figure

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : object
            The display itself.
        """
        self.ax_, self.figure_ = new_axes(ax)
        legend_above(self.ax_, self._draw(self.ax_))
        return self

    def _draw(self, ax: Axes) -> list[Any]:
        """Draw all but the legend, and return what belongs there."""
        raise NotImplementedError


def new_axes(ax: Axes | None) -> tuple[Axes, Figure]:
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


def alpha_axis(ax: Axes, alphas: NDArray) -> None:
    """A logarithmic axis of alpha, linear next to 0 if 0 is on it."""
    if alphas[0] > 0:
        ax.set_xscale("log")
    else:
        ax.set_xscale("symlog", linthresh=alphas[alphas > 0].min(initial=1.0))
    ax.set_xlabel("alpha, the strength of the L2 penalty")


def is_squeezed(loss: NDArray) -> bool:
    """Whether a linear axis would press the small losses flat."""
    finite = loss[np.isfinite(loss)]
    return bool(finite.size and finite.min() > 0 and finite.max() > SQUEEZED * finite.min())


def legend_above(ax: Axes, handles: Sequence[Any]) -> None:
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


def final_step(estimator: Any) -> Any:
    """What predicts within pipelines and transformed targets."""
    while True:
        if hasattr(estimator, "steps"):
            estimator = estimator[-1]
        elif hasattr(estimator, "transformer_") and hasattr(estimator, "regressor_"):
            estimator = estimator.regressor_
        else:
            return estimator
