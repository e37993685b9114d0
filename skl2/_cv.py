"""What the estimators that choose alpha have in common: what splitter and scorer get, and what is fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from skl2._base import warn_caller
from skl2._choice import Choice
from skl2._typing import NDArray
from skl2._validation import check_no_metadata, weighs_rows


class ChosenAlpha(BaseEstimator):
    """The parts of an estimator that are told by its choice of alpha."""

    alphas: Any
    cv: Any
    scoring: Any

    def _prediction_scorer(self) -> Callable[..., Any] | None:
        """The scorer to call on predictions; None where sums of losses do."""
        raise NotImplementedError

    @property
    def _loss_name(self) -> str:
        """What pictures call the scores where no scorer was named."""
        raise NotImplementedError

    @property
    def _score_name(self) -> str:
        """What pictures call the scores."""
        named = self.scoring is not None and self._prediction_scorer() is not None
        return scorer_name(self.scoring) if named else self._loss_name

    @property
    def _score_kind(self) -> str:
        """Over what the scores are means."""
        return "mean over the folds"

    def get_metadata_routing(self) -> MetadataRouter:
        """Which parameters of `fit` go to the splitter, and which to the scorer.

        Returns
        -------
        MetadataRouter
            The routing of this estimator.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
        scorer: Any = self._prediction_scorer()
        if scorer is None:
            return router
        if self.scoring is None:
            scorer = scorer.set_score_request(sample_weight=True)
        return router.add(scorer=scorer, method_mapping=MethodMapping().add(caller="fit", callee="score"))

    def _routed(
        self, weight: NDArray | None, sample_weight: Any, params: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Parameters for the splitter and for the scorer; `weight` is what came of `sample_weight`."""
        scorer = self._prediction_scorer()
        if get_config()["enable_metadata_routing"]:
            if sample_weight is not None:
                params = {**params, "sample_weight": weight}
            routed = process_routing(self, "fit", **params)
            return routed.splitter.split, {} if scorer is None else routed.scorer.score
        check_no_metadata(params)
        return {}, {"sample_weight": weight} if weighs_rows(scorer, self.scoring, weight) else {}

    def _set_choice(self, alphas: Any, chosen: Choice, several: bool = False) -> None:
        """Say what is doubtful about a choice among `alphas`, and set what it was made by.

        `several` choices, one for each target, are arrays, otherwise there is one number.
        """
        scores = chosen.scores
        finite: NDArray = np.all(np.isfinite(scores.mean), axis=1)
        if finite.any() and not finite.all():
            ends = scores.alphas[~finite].min(), scores.alphas[~finite].max()
            warn_caller(
                f"The mean score is not finite for alphas from {ends[0]:g} to {ends[1]:g}, "
                f"{np.sum(~finite)} of {len(finite)}; these are passed over."
            )
        self._warn_at_end(alphas, chosen)
        self.alphas_ = scores.alphas
        self.mean_score_ = scores.mean if several else scores.mean[:, 0]
        self.std_error_ = scores.std_error if several else scores.std_error[:, 0]
        numbers = {
            "alpha_": chosen.alpha,
            "alpha_min_": chosen.by_rule["min"],
            "alpha_1se_": chosen.by_rule["1se"],
            "best_score_": chosen.score,
        }
        for name, values in numbers.items():
            setattr(self, name, values if several else float(values[0]))

    def _warn_at_end(self, alphas: Any, chosen: Choice) -> None:
        """Say that a grid may be too narrow, unless it is the default."""
        if not chosen.at_end or np.array_equal(alphas, type(self).alphas):
            return
        tried, given = chosen.scores.alphas, isinstance(alphas, np.ndarray)
        # the same words for every fold of a search around this fit: said once
        warn_caller(
            f"The chosen alpha is at the end of alphas, {tried.min():g} to {tried.max():g}: the best may lie "
            f"beyond. Give a wider array{', or n_alphas for a grid that extends itself' if given else ''}."
        )


def scorer_name(scoring: Any) -> str:
    """The name of a scorer: a string, a function, or what `make_scorer` gives."""
    if isinstance(scoring, str):
        return scoring
    function = getattr(scoring, "_score_func", scoring)
    sign = "−" if getattr(scoring, "_sign", 1) < 0 else ""
    return sign + getattr(function, "__name__", "score")
