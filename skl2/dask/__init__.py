"""The ridge estimators on Dask: collections of chunks in, the same optimum out."""

try:
    import dask.array
    import dask.dataframe  # noqa: F401
except ImportError as error:
    raise ImportError("skl2.dask needs Dask: pip install 'skl2[dask]'") from error

from skl2.dask._ridge import Ridge, RidgeClassifier

__all__ = ["Ridge", "RidgeClassifier"]
