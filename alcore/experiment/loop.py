"""The experiment: a generator of records, one per cycle of each strategy.

It reads like the paper: draw a pool; then train, evaluate, query and label, cycle after cycle. It knows
nothing of files, threads or screens. Strategies advance together, so that their curves grow side by side, and
within a repetition they share the pool, the first query, the test set, the initial weights and the batches'
random numbers. What differs between them is what they chose.

Counting: cycle c of C first queries (cycle 1 draws its query at random, for all strategies alike), then
trains on the c · query_size labels bought so far and evaluates. Repetitions and cycles count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np

from alcore.acquisition import Query, Strategy, get_strategy
from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.cycle_record import CycleRecord, Selection
from alcore.experiment.pool_map import Axes, PoolMap, map_pool, principal_axes
from alcore.experiment.pool_view import PoolFeatures, view_pool, view_query
from alcore.experiment.repetition import draw_repetition
from alcore.learning.learner import Learner, Weights
from alcore.streams import Purpose, stream


@dataclass(frozen=True)
class Progress:
    """Where the experiment is: one phase of one cycle of one strategy, `done` of `total` units."""

    key: CycleKey
    phase: str
    done: int
    total: int


def _nothing_kept(key: CycleKey) -> NoReturn:
    raise KeyError(key)


@dataclass(frozen=True)
class ResumeState:
    """What finished cycles left: the queries of each, the weights to continue from, and the maps' axes.

    An empty state starts at the beginning. `weights_after` is only asked for keys in `queries`, `axes_of`
    only for those of cycle 2 among them; where it returns None, the repetition continues without maps.
    """

    queries: Mapping[CycleKey, np.ndarray] = field(default_factory=dict)
    weights_after: Callable[[CycleKey], Weights] = _nothing_kept
    axes_of: Callable[[CycleKey], Axes | None] = _nothing_kept


Report = Callable[[Progress], None]
"""Called often with the state of things; it may block (pause) or raise (stop)."""


def run(
    config: RunConfig,
    patches: Patches,
    *,
    report: Report = lambda _: None,
    resume: ResumeState | None = None,
    repetitions: Iterable[int] | None = None,
) -> Iterator[CycleRecord]:
    """Run the experiment from where `resume` ends.

    Args:
        report: follows the phases.
        resume: finished cycles, whose records are not made again.
        repetitions: which of them to run, by default all. Run by itself, a repetition gives the same records.
    Yields:
        One record per key of `keys_in_order`, in that order.
    Raises:
        AlcoreError: an input that cannot be used; the message is written for the user.
    """
    resume = resume or ResumeState()
    for repetition in repetitions or range(1, config.repetitions + 1):
        last = CycleKey(repetition, config.cycles, config.strategies[-1])
        if last not in resume.queries:
            yield from _Repetition(config, patches, repetition, report, resume).records()


class _Repetition:
    """One repetition: the strategies' learners and labelled sets, side by side."""

    def __init__(
        self, config: RunConfig, patches: Patches, repetition: int, report: Report, resume: ResumeState
    ) -> None:
        self.config, self.patches, self.report, self.resume = config, patches, report, resume
        self.repetition = repetition
        self.strategies = [get_strategy(name) for name in config.strategies]
        self.split = draw_repetition(config, patches, repetition)
        seed = stream(config.seed, Purpose.INITIAL_WEIGHTS, repetition).integers(2**62)
        self.learners = {s.name: Learner(config, patches, seed=int(seed)) for s in self.strategies}
        self.labelled: dict[str, list[np.ndarray]] = {s.name: [] for s in self.strategies}
        self.first_record: CycleRecord | None = None
        self.axes: Axes | None = None

    def records(self) -> Iterator[CycleRecord]:
        """Cycle by cycle, strategy by strategy; what the resume state holds is replayed without a record."""
        for cycle in range(1, self.config.cycles + 1):
            for strategy in self.strategies:
                key = CycleKey(self.repetition, cycle, strategy.name)
                if key in self.resume.queries:
                    self._replay(key)
                else:
                    yield self._cycle(key, strategy)

    def _replay(self, key: CycleKey) -> None:
        self.labelled[key.strategy].append(self.resume.queries[key])
        if key.cycle == 2:
            self.axes = self.resume.axes_of(key)
        following = replace(key, cycle=key.cycle + 1)
        if following not in self.resume.queries and key.cycle < self.config.cycles:
            self.learners[key.strategy].load(self.resume.weights_after(key))

    def _cycle(self, key: CycleKey, strategy: Strategy) -> CycleRecord:
        if key.cycle == 1:
            return self._shared_first_cycle(key)
        selection = self._query(key, strategy)
        return self._learn(key, selection)

    def _shared_first_cycle(self, key: CycleKey) -> CycleRecord:
        """All strategies start from equal weights, labels and batches: one training serves them all."""
        if self.first_record is None:
            items = self.split.first_query
            nothing = np.zeros(0, dtype=np.int64)
            selection = Selection(
                items=items,
                defective=self.patches.defective[items],
                scores=np.full(items.size, np.nan, dtype=np.float32),
                candidates=nothing,
                candidate_scores=nothing.astype(np.float32),
                probability=np.zeros((0, *self.patches.shape[:2]), dtype=np.uint8),
                pool_map=None,
            )
            self.first_record = self._learn(key, selection)
        else:
            self.learners[key.strategy].load(self.first_record.weights)
            self.labelled[key.strategy].append(self.split.first_query)
        return replace(self.first_record, key=key)

    def _query(self, key: CycleKey, strategy: Strategy) -> Selection:
        learner = self.learners[key.strategy]
        labelled = np.concatenate(self.labelled[key.strategy])
        candidates = np.setdiff1d(self.split.pool, labelled)
        view, pool_features = view_pool(
            learner,
            strategy,
            candidates=candidates,
            labelled=labelled,
            mapped=self.split.mapped,
            follow=self._following(key, "scoring"),
        )
        rng = stream(self.config.seed, Purpose.QUERY, key.repetition, key.cycle, strategy.name)
        query: Query = strategy.query(view, query_size=self.config.query_count, rng=rng)
        items = candidates[query.rows]
        probability, features = view_query(learner, items)
        if key.cycle == 2 and self.axes is None:  # all strategies still have one model, and so one cloud
            self.axes = principal_axes(
                pool_features.features[np.isin(pool_features.items, self.split.mapped)]
            )
        pool_features = pool_features.with_more(items, features)
        return Selection(
            items=items,
            defective=self.patches.defective[items],
            scores=query.scores,
            candidates=candidates,
            candidate_scores=query.candidate_scores,
            probability=probability,
            pool_map=self._map(pool_features, labelled, items),
        )

    def _map(self, features: PoolFeatures, labelled: np.ndarray, query: np.ndarray) -> PoolMap | None:
        if self.axes is None:
            return None
        return map_pool(features.items, features.features, self.axes, labelled=labelled, query=query)

    def _learn(self, key: CycleKey, selection: Selection) -> CycleRecord:
        learner = self.learners[key.strategy]
        self.labelled[key.strategy].append(selection.items)
        labelled = np.concatenate(self.labelled[key.strategy])
        rng = stream(self.config.seed, Purpose.TRAINING, key.repetition, key.cycle)
        learner.fit(labelled, rng=rng, on_step=self._following(key, "training"))
        evaluation = learner.evaluate(self.split.test, on_patches=self._following(key, "evaluating"))
        return CycleRecord(
            key=key,
            labelled=labelled.size,
            selection=selection,
            test_items=self.split.test,
            test_defective=self.patches.defective[self.split.test],
            counts=evaluation.counts,
            max_probability=evaluation.max_probability,
            gallery_items=self.split.gallery,
            gallery_probability=learner.probabilities(self.split.gallery),
            axes=self.axes if key.cycle == 2 else None,
            weights=learner.weights(),
        )

    def _following(self, key: CycleKey, phase: str) -> Callable[[int, int], None]:
        return lambda done, total: self.report(Progress(key, phase, done, total))
