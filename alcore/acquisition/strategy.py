"""The one contract of all strategies, and the registry that finds them by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from alcore.errors import AcquisitionError, ConfigError, did_you_mean

if TYPE_CHECKING:
    from torch import Tensor

_T = TypeVar("_T")


class Needs(Flag):
    """What a strategy wants to know of the pool before it chooses; wishes add up with `|`."""

    NOTHING = 0
    LOGITS = auto()
    """A score for each patch, by `Strategy.score` of its logits."""
    VIEWS = auto()
    """A score for each patch, by `Strategy.score` of the logits of several flips of it."""
    FEATURES = auto()
    """The encoder's pooled features, of labelled patches too."""
    GRADIENTS = auto()
    """Gradient embeddings of the output layer."""
    ORACLE = auto()
    """Which candidates are defective. That is cheating: for baselines only."""
    PEOPLE = auto()
    """What people chose, who have to be waited for."""
    DROPOUT = auto()
    """A score for each patch, by `Strategy.score` of the logits of several networks with dropped channels."""
    PEAKS = auto()
    """The largest logit of each patch: how likely the model finds it defective."""
    LABELLED_PEAKS = auto()
    """The same of the labelled patches."""
    TARGETS = auto()
    """Which labelled patches turned out defective. No cheating: these labels were bought."""
    CYCLE = auto()
    """Which cycle the query belongs to, and how many there are."""
    PREVALENCE = auto()
    """The deployment prevalence π₁ that the run is set to."""


@dataclass(frozen=True)
class PoolView:
    """The unlabelled pool as a strategy sees it: U candidates, L labelled patches.

    Only what the strategy needs is there:
    scores: (U,) float32 of `Strategy.score`.
    features: (U, D) float32 and labelled_features: (L, D) float32, of unit length.
    gradients: (U, E) float32, see `alcore.learning.networks.gradient_embeddings`.
    defective: (U,) bool, the ground truth.
    chosen: (k,) int64 rows that people chose, in their order, none twice.
    peaks: (U,) float32 and labelled_peaks: (L,) float32, the largest logit of a pixel. It orders patches as
        the largest defect probability does, of which it is the logit, without that one's ties near 0 and 1.
    labelled_defective: (L,) bool, what the bought labels say.
    cycle: whose query this is, 2 or more; cycles: of the run.
    test_prevalence: π₁.
    """

    size: int
    scores: np.ndarray | None = None
    features: np.ndarray | None = None
    labelled_features: np.ndarray | None = None
    gradients: np.ndarray | None = None
    defective: np.ndarray | None = None
    chosen: np.ndarray | None = None
    peaks: np.ndarray | None = None
    labelled_peaks: np.ndarray | None = None
    labelled_defective: np.ndarray | None = None
    cycle: int | None = None
    cycles: int | None = None
    test_prevalence: float | None = None


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
    former_names: ClassVar[tuple[str, ...]] = ()
    """What it was called once: configs, runs and logs with these names still mean it."""
    needs: ClassVar[Needs]
    score_name: ClassVar[str]
    """What a score is, with its unit, for captions; '' where there is none."""
    help: ClassVar[str]
    """One sentence for a bubble: what it does and when it helps."""
    source: ClassVar[str]
    """Where it was published, with authors and year."""
    departure: ClassVar[str]
    """One sentence: how this differs from what was published; "None known." only where that is so."""

    def score(self, logits: Tensor) -> Tensor:
        """(B, 1, H, W) logits -> (B,) scores; with `Needs.VIEWS` or `DROPOUT` they are (V, B, 1, H, W)."""
        raise NotImplementedError(f"{self.name} does not score logits")

    @abstractmethod
    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """Choose `query_size` of the candidates.

        Raises:
            AcquisitionError: query_size outside 1..U, or numbers that are not finite.
        """


_REGISTRY: dict[str, Strategy] = {}


def register(strategy: type[Strategy]) -> type[Strategy]:
    """Class decorator: make a strategy known under its name.

    Raises:
        TypeError: it does not say what it does, where that was published, or how it departs from that.
    """
    for text in ("help", "source", "departure"):
        if not getattr(strategy, text, ""):
            raise TypeError(f"the strategy {strategy.name!r} lacks its {text}")
    _REGISTRY[strategy.name] = strategy()
    return strategy


def strategy_names() -> list[str]:
    """Names of all strategies, in the order in which they are shown."""
    return list(_REGISTRY)


def current_name(name: str) -> str:
    """What a strategy is called today; the name itself where it is no former one."""
    renamed = (known for known, one in _REGISTRY.items() if name in one.former_names)
    return next(renamed, name)


def get_strategy(name: str) -> Strategy:
    """The strategy of that name; ConfigError with the nearest name where there is none."""
    name = current_name(name)
    if name not in _REGISTRY:
        raise ConfigError(
            f"unknown strategy {name!r}{did_you_mean(name, _REGISTRY)} (known: {', '.join(_REGISTRY)})"
        )
    return _REGISTRY[name]


def get_strategies(names: Iterable[str]) -> dict[str, Strategy]:
    """The strategies of these names, by the names as given.

    Raises:
        ConfigError: as `get_strategy`, or two names are one strategy's, today's and a former one.
    """
    found = {name: get_strategy(name) for name in names}
    said: dict[str, str] = {}
    for name, strategy in found.items():
        other = said.setdefault(strategy.name, name)
        if other != name:
            raise ConfigError(f"strategies names {other!r} and {name!r}, which are one strategy; keep one")
    return found


def asking_prevalence(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the strategies that look at π₁: where it is another, they choose other patches.

    A name that is not known, as a run of other times may hold, stands for a strategy that does not.
    """
    return tuple(
        name
        for name in names
        if (strategy := _REGISTRY.get(current_name(name))) and Needs.PREVALENCE in strategy.needs
    )


def check_query_size(query_size: int, candidates: int) -> None:
    """Raise AcquisitionError unless 1 <= query_size <= candidates."""
    if not 1 <= query_size <= candidates:
        raise AcquisitionError(f"cannot choose {query_size} of {candidates} candidates")


def check_finite(values: np.ndarray | None, what: str) -> np.ndarray:
    """The values of a `PoolView` that a strategy needs.

    Raises:
        AcquisitionError: a value is NaN or infinite, or the strategy did not declare this need.
    """
    if values is None:
        raise AcquisitionError(f"{what} are not available; the strategy must declare that it needs them")
    if not np.isfinite(values).all():
        raise AcquisitionError(
            f"{what} hold values that are not finite: the model has diverged; lower the learning rate"
        )
    return values


def need(value: _T | None, what: str) -> _T:
    """A value of a `PoolView` that a strategy needs; AcquisitionError where it did not declare this need."""
    if value is None:
        raise AcquisitionError(f"{what} is not available; the strategy must declare that it needs it")
    return value


class HighestScore(Strategy):
    """Strategies that ask for the patches with the highest `score`; a subclass says what the score is."""

    needs = Needs.LOGITS

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """The `query_size` highest scores; equal ones in random order."""
        check_query_size(query_size, view.size)
        scores = check_finite(view.scores, f"{self.name} scores")
        rows = highest_first(scores, query_size, rng=rng)
        return Query(rows, scores[rows], scores)


def highest_first(scores: np.ndarray, count: int, *, rng: np.random.Generator) -> np.ndarray:
    """(U,) scores -> (count,) int64 rows of the largest, in falling order; ties in random order."""
    tie_breaker = rng.permutation(scores.size)
    return np.lexsort((tie_breaker, -scores))[:count].astype(np.int64)
