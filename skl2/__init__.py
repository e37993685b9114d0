"""Estimators with L2 regularisation: one alpha with one meaning, at every data size."""

__version__ = "0.1.0"
__all__: list[str] = []
