"""What people look at: the choice of alpha, paths of coefficients, curves of the loss.

The classes follow scikit-learn's displays: made by a class method, drawn by `plot`, and what
was drawn stays within reach as `ax_` and `figure_`. They need matplotlib.
"""

from skl2.display._curves import LossCurveDisplay
from skl2.display._paths import CoefficientPathDisplay
from skl2.display._selection import AlphaSelectionDisplay

__all__ = ["AlphaSelectionDisplay", "CoefficientPathDisplay", "LossCurveDisplay"]
