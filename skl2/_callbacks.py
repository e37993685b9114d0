"""scikit-learn's callbacks where this scikit-learn has them (1.9), and nothing where it has not."""

from __future__ import annotations

from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """No callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Leave the method as it is."""
        return method


class EpochCallbacks:
    """Tells an estimator's callbacks of each epoch of a fit.

    Parameters
    ----------
    estimator : estimator
        What is being fitted.
    max_iter : int
        The largest number of epochs.
    X, y : array-like
        What `fit` was given, for callbacks that ask for it.
    sample_weight : array-like or None
        Likewise.
    """

    def __init__(self, estimator: Any, max_iter: int, X: Any, y: Any, sample_weight: Any = None) -> None:
        self.estimator, self.context = estimator, None
        self.details = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        if hasattr(estimator, "_init_callback_context"):
            self.context = estimator._init_callback_context(max_subtasks=max_iter)
            self.context.call_on_fit_task_begin(estimator=estimator, **self.details)

    def epoch(self, fitted_attributes: Any) -> bool:
        """Report an epoch; `fitted_attributes()` gives what prediction needs. Return whether to stop."""
        if self.context is None:
            return False
        context = self.context.subcontext(task_name="epoch")
        context.call_on_fit_task_begin(estimator=self.estimator, **self.details)
        stop = context.call_on_fit_task_end(
            estimator=self.estimator, **self.details, reconstruction_attributes=fitted_attributes
        )
        return bool(stop)

    def end_fit(self) -> None:
        """Report the end."""
        if self.context is not None:
            self.context.call_on_fit_task_end(estimator=self.estimator, **self.details)
