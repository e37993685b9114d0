"""The version of the package, for its build and for what it stores."""

__version__ = "0.2.0"
