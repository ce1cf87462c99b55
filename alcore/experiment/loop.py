"""The experiment: a generator of records, one per cycle of each strategy.

It reads like the paper: draw a pool; then query, label, train and evaluate, cycle after cycle. It knows
nothing of files, threads or screens. Strategies advance together, so that their curves grow side by side, and
within a repetition they share the pool, the first query, the test set, the initial weights and the batches'
random numbers. What differs between them is what they chose.

This is the plain definition of a run. `alcore.compute.walk` goes through the same cycles with several workers
side by side, and keeps the same records.

Counting: cycle c of C first queries (cycle 1's query is the same for all strategies: drawn at random, unless
`first_query_by` says otherwise), then trains on the labels bought so far, first_query + (c − 1) · query_size,
and evaluates. Repetitions and cycles count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np

from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.experiment.cycle import CycleStart, Progress, Report, Workbench
from alcore.experiment.cycle_graph import CycleGraph
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.cycle_record import CycleRecord
from alcore.experiment.pool_map import Axes
from alcore.learning.learner import Weights

__all__ = ["CycleRecord", "Progress", "Report", "ResumeState", "run"]


def _nothing_kept(key: CycleKey) -> NoReturn:
    raise KeyError(key)


@dataclass(frozen=True)
class ResumeState:
    """What finished cycles left: the queries of each, the weights to continue from, and the maps' axes.

    An empty state starts at the beginning. `weights_after` is only asked for keys in `queries`, `axes_of`
    only for those of cycle 2 among them; where it returns None, the strategy continues without maps.
    """

    queries: Mapping[CycleKey, np.ndarray] = field(default_factory=dict)
    weights_after: Callable[[CycleKey], Weights] = _nothing_kept
    axes_of: Callable[[CycleKey], Axes | None] = _nothing_kept


def run(
    config: RunConfig,
    patches: Patches,
    *,
    report: Report = lambda _: None,
    resume: ResumeState | None = None,
    repetitions: Sequence[int] | None = None,
) -> Iterator[CycleRecord]:
    """Run the experiment from where `resume` ends.

    Args:
        report: follows the phases.
        resume: finished cycles, whose records are not made again.
        repetitions: which of them to run, by default all. Run by itself, a repetition gives the same records.
    Yields:
        One record per repetition, cycle and strategy, in that order.
    Raises:
        AlcoreError: an input that cannot be used; the message is written for the user.
    """
    memory = _Memory(resume or ResumeState())
    graph = CycleGraph(config, memory.queries, repetitions)
    bench = Workbench(config, patches)
    while (work := graph.begin()) is not None:
        record = bench.cycle(memory.start_of(work), report)
        for key in graph.keys_of(work):
            own = replace(record, key=key)
            memory.keep(own)
            yield own
        graph.finish(work)


class _Memory:
    """What later cycles need of earlier ones: those of this run, and those that it resumes from."""

    def __init__(self, resume: ResumeState) -> None:
        self._resume = resume
        self.queries = dict(resume.queries)
        self._latest: dict[str, CycleRecord] = {}
        self._axes: dict[CycleKey, Axes | None] = {}

    def start_of(self, key: CycleKey) -> CycleStart:
        """What a cycle begins from; those before it must be kept, or resumed from."""
        before = [replace(key, cycle=cycle) for cycle in range(1, key.cycle)]
        if not before:
            return CycleStart(key)
        axes = self._axes_of(before[1]) if len(before) > 1 else None
        queries = tuple(self.queries[earlier] for earlier in before)
        return CycleStart(key, queries, self._weights_after(before[-1]), axes)

    def _weights_after(self, key: CycleKey) -> Weights:
        latest = self._latest.get(key.strategy)
        is_it = latest is not None and latest.key == key
        return latest.weights if latest is not None and is_it else self._resume.weights_after(key)

    def _axes_of(self, key: CycleKey) -> Axes | None:
        return self._axes[key] if key in self._axes else self._resume.axes_of(key)

    def keep(self, record: CycleRecord) -> None:
        """Remember what later cycles need: the query, the strategy's latest weights, the axes of cycle 2."""
        key = record.key
        self.queries[key] = record.selection.items
        self._latest[key.strategy] = record
        if key.cycle == 2:
            self._axes[key] = record.axes
