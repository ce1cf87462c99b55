"""A run as a graph of cycles: one shared first cycle per repetition, then a chain of cycles per strategy.

The walker asks for the next cycle that may begin, hands it to a worker, and reports when it is finished.
Nothing here computes or keeps anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from alcore.config import RunConfig
from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey

_MOST_AHEAD = 2
"""How far past the last cycle that all have finished a strategy may work: one ahead of the others."""


@dataclass(frozen=True, order=True)
class Stage:
    """One cycle of all strategies."""

    repetition: int
    cycle: int


class CycleGraph:
    """Which cycles of a run are finished, which are in progress, and which may begin next.

    A piece of work is named by the key of its record. The shared first cycle goes by the first strategy's key
    and gives a record for each strategy, see `keys_of`.
    """

    def __init__(
        self, config: RunConfig, finished: Iterable[CycleKey], repetitions: Collection[int] | None = None
    ) -> None:
        """Take stock.

        Args:
            finished: keys of the records that are there.
            repetitions: which are walked, in this order; by default all.
        Raises:
            StoreError: a record is missing that a finished one was made from.
        """
        self._config = config
        self._repetitions = list(repetitions or range(1, config.repetitions + 1))
        self._done = {number: dict.fromkeys(config.strategies, 0) for number in self._repetitions}
        self._in_hand: set[CycleKey] = set()
        for key in sorted(finished, key=lambda key: key.cycle):
            if key.repetition in self._done:
                self._count(key)

    def _count(self, key: CycleKey) -> None:
        done = self._done[key.repetition]
        is_next = key.cycle == done[key.strategy] + 1
        if not is_next or (key.cycle > 1 and min(done.values()) == 0):
            raise StoreError(f"the record before {key.stem} is missing; start a new run")
        done[key.strategy] += 1

    @property
    def stage(self) -> Stage | None:
        """The first cycle that some strategy has not finished; None once all is done."""
        for number in self._repetitions:
            finished = min(self._done[number].values())
            if finished < self._config.cycles:
                return Stage(number, finished + 1)
        return None

    def keys_of(self, work: CycleKey) -> list[CycleKey]:
        """Keys of the records that a piece of work gives and that are not finished."""
        if work.cycle > 1:
            return [work]
        done = self._done[work.repetition]
        return [replace(work, strategy=name) for name in self._config.strategies if not done[name]]

    def begin(
        self, until: Stage | None = None, *, waits: Callable[[CycleKey], bool] = lambda _: False
    ) -> CycleKey | None:
        """Start the next piece of work; None where nothing can begin before something is finished.

        Earlier repetitions come first, then earlier cycles, then strategies in the config's order. A later
        repetition only begins where no work is left to begin in the one before.

        Args:
            until: begin nothing behind this stage.
            waits: whether a cycle, which could begin, waits for something else.
        """
        for number in self._repetitions:
            able = (key for key in self._ready(number) if not waits(key))
            ready = min(able, key=lambda key: key.cycle, default=None)
            if ready is not None:
                if until is not None and Stage(number, ready.cycle) > until:
                    return None
                self._in_hand.add(ready)
                return ready
        return None

    def _ready(self, number: int) -> Iterator[CycleKey]:
        done = self._done[number]
        if min(done.values()) == 0:
            first = CycleKey(number, 1, self._config.strategies[0])
            if first not in self._in_hand:
                yield first
            return
        last = min(self._config.cycles, min(done.values()) + _MOST_AHEAD)
        for name in self._config.strategies:
            key = CycleKey(number, done[name] + 1, name)
            if key.cycle <= last and key not in self._in_hand:
                yield key

    def finish(self, work: CycleKey) -> None:
        """A piece of work is done, and its records are kept."""
        for key in self.keys_of(work):
            self._done[key.repetition][key.strategy] = key.cycle
        self._in_hand.discard(work)

    def give_back(self, work: CycleKey) -> None:
        """A piece of work is not done after all, and may begin again."""
        self._in_hand.discard(work)
