"""scikit-learn's callbacks where this scikit-learn has them (1.9), and nothing where it has not."""

from __future__ import annotations

from typing import Any, NamedTuple, Self, cast

from skl2._base import Method

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin
    from sklearn.callback import with_callbacks as reports_callbacks
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """No callbacks."""

    def reports_callbacks(method: Any) -> Any:
        """The method itself."""
        return method


def with_callbacks(method: Method) -> Method:
    """scikit-learn's decorator of the same name, which keeps the method's type here."""
    return cast(Method, reports_callbacks(method))


class Task(NamedTuple):
    """A fit, an epoch or a fold: what an estimator's callbacks hear the beginning and the end of."""

    estimator: Any
    """What is being fitted"""
    context: Any
    """scikit-learn's context of the task; None where it has no callbacks"""
    details: dict[str, Any]
    """X, y and metadata of the fit, for callbacks that ask for them"""

    def begin(self) -> Self:
        """Report the beginning."""
        if self.context is not None:
            self.context.call_on_fit_task_begin(estimator=self.estimator, **self.details)
        return self

    def end(self, fitted_attributes: Any = None) -> bool:
        """Report the end; return whether a callback asks to stop.

        `fitted_attributes`, a dict or what returns one, is what prediction needs beside the
        estimator's own attributes; None if there is nothing to predict with.
        """
        if self.context is None:
            return False
        stop = self.context.call_on_fit_task_end(
            estimator=self.estimator, **self.details, reconstruction_attributes=fitted_attributes
        )
        return bool(stop)

    def subtask(
        self, name: str, max_subtasks: int | None = 0, *, sequential: bool = True, number: int | None = None
    ) -> Task:
        """A part of this task, with at most so many parts of its own (None: unknown); it has not begun yet.

        `sequential` tells whether its parts come one after the other; otherwise each has a `number`.
        """
        context = self.context
        if context is not None:
            context = context.subcontext(
                task_name=name, task_id=number, max_subtasks=max_subtasks, sequential_subtasks=sequential
            )
        return self._replace(context=context)


def task_of_fit(estimator: Any, max_subtasks: int, X: Any, y: Any, sample_weight: Any) -> Task:
    """A fit to these data, which has not begun yet."""
    context = None
    if hasattr(estimator, "_init_callback_context"):
        context = estimator._init_callback_context(max_subtasks=max_subtasks)
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return Task(estimator, context, {"X": X, "y": y, "metadata": metadata})
