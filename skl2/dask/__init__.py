"""The estimators on Dask: collections of chunks in, the same optimum out."""

try:
    import dask.array
    import dask.dataframe  # noqa: F401
except ImportError as error:
    raise ImportError("skl2.dask needs Dask: pip install 'skl2[dask]'") from error

from skl2.dask._mlp import MLPClassifier, MLPRegressor
from skl2.dask._ridge import Ridge, RidgeClassifier
from skl2.dask._ridge_cv import RidgeClassifierCV, RidgeCV

__all__ = ["MLPClassifier", "MLPRegressor", "Ridge", "RidgeCV", "RidgeClassifier", "RidgeClassifierCV"]
