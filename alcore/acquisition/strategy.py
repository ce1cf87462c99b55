"""The one contract of all strategies, and the registry that finds them by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from alcore.errors import AcquisitionError, ConfigError, did_you_mean

if TYPE_CHECKING:
    from torch import Tensor


class Needs(Enum):
    """What a strategy wants the model to say about the pool before it chooses."""

    NOTHING = "nothing"
    LOGITS = "logits"
    FEATURES = "features"


@dataclass(frozen=True)
class PoolView:
    """The unlabelled pool as a strategy sees it: U candidates, L labelled patches.

    scores: (U,) float32 of `Strategy.score`, where the strategy needs logits.
    features: (U, D) float32 and labelled_features: (L, D) float32, where it needs features.
    """

    size: int
    scores: np.ndarray | None = None
    features: np.ndarray | None = None
    labelled_features: np.ndarray | None = None


@dataclass(frozen=True)
class Query:
    """What a strategy asks to have labelled.

    rows: (query_size,) int64 into the candidates, in the order of choice, none twice.
    scores: (query_size,) float32, what made each one chosen; NaN where the strategy has no score.
    candidate_scores: (U,) float32 of every candidate before the first choice; NaN likewise.
    """

    rows: np.ndarray
    scores: np.ndarray
    candidate_scores: np.ndarray


class Strategy(ABC):
    """A way to choose what is labelled next. Strategies hold no state between queries."""

    name: ClassVar[str]
    """As in configs and files."""
    needs: ClassVar[Needs]
    score_name: ClassVar[str]
    """What a score is, with its unit, for captions; '' where there is none."""
    help: ClassVar[str]
    """One sentence for a bubble: what it does and when it helps."""
    source: ClassVar[str]
    """Where it was published."""

    def score(self, logits: Tensor) -> Tensor:
        """(B, 1, H, W) logits -> (B,) scores, for strategies that need logits."""
        raise NotImplementedError(f"{self.name} does not score logits")

    @abstractmethod
    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """Choose `query_size` of the candidates.

        Raises:
            AcquisitionError: query_size outside 1..U, or numbers that are not finite.
        """


_REGISTRY: dict[str, Strategy] = {}


def register(strategy: type[Strategy]) -> type[Strategy]:
    """Class decorator: make a strategy known under its name."""
    _REGISTRY[strategy.name] = strategy()
    return strategy


def strategy_names() -> list[str]:
    """Names of all strategies, in the order in which they are shown."""
    return list(_REGISTRY)


def get_strategy(name: str) -> Strategy:
    """The strategy of that name; ConfigError with the nearest name where there is none."""
    if name not in _REGISTRY:
        raise ConfigError(
            f"unknown strategy {name!r}{did_you_mean(name, _REGISTRY)} (known: {', '.join(_REGISTRY)})"
        )
    return _REGISTRY[name]


def check_query_size(query_size: int, candidates: int) -> None:
    """Raise AcquisitionError unless 1 <= query_size <= candidates."""
    if not 1 <= query_size <= candidates:
        raise AcquisitionError(f"cannot choose {query_size} of {candidates} candidates")


def check_finite(values: np.ndarray, what: str) -> None:
    """Raise AcquisitionError if any value is NaN or infinite."""
    if not np.isfinite(values).all():
        raise AcquisitionError(f"{what} hold values that are not finite; the model may have diverged")


def highest_first(scores: np.ndarray, count: int, *, rng: np.random.Generator) -> np.ndarray:
    """(U,) scores -> (count,) int64 rows of the largest, in falling order; ties in random order."""
    tie_breaker = rng.permutation(scores.size)
    return np.lexsort((tie_breaker, -scores))[:count].astype(np.int64)
