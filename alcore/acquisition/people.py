"""You: the audience chooses from patches that the page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from alcore.acquisition.entropy import entropy_scores
from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    check_finite,
    check_query_size,
    get_strategy,
    register,
)
from alcore.errors import AcquisitionError, ConfigError

if TYPE_CHECKING:
    from torch import Tensor


@register
class You(Strategy):
    """What people chose, in their order; what is missing to a full query is drawn at random."""

    name = "you"
    needs = Needs.LOGITS | Needs.PEOPLE
    score_name = "mean entropy (nats)"
    help = (
        "The audience plays against the machine: before each query you click the patches that you would "
        "label."
    )
    source = "People; places that they leave open are filled at random (Settles 2009)"
    departure = "No published method: the audience chooses."

    def score(self, logits: Tensor) -> Tensor:
        """(B, 1, H, W) logits -> (B,) mean entropy in nats: how unsure the audience's own model is."""
        return entropy_scores(logits)

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """The chosen rows while there is room, then random ones."""
        check_query_size(query_size, view.size)
        if view.chosen is None:
            raise AcquisitionError("the strategy 'you' waits for people: start such a run in the Lab")
        scores = check_finite(view.scores, f"{self.name} scores")
        chosen = view.chosen[:query_size]
        others = np.setdiff1d(np.arange(view.size), chosen)
        filled = rng.choice(others, query_size - chosen.size, replace=False)
        rows = np.concatenate([chosen, filled]).astype(np.int64)
        return Query(rows, scores[rows], scores)


def asks_people(strategy: str) -> bool:
    """Whether people choose for that strategy."""
    return Needs.PEOPLE in get_strategy(strategy).needs


def refuse_people(strategies: Iterable[str]) -> None:
    """Raise ConfigError where a run without a page would wait for people for ever."""
    for name in strategies:
        if asks_people(name):
            raise ConfigError(
                f"the strategy {name!r} waits for people at a page; start such a run in the Lab"
            )
