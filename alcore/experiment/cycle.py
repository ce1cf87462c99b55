"""One cycle of one strategy: query, label, train, evaluate.

A cycle is a pure function of the config, the data and a `CycleStart`: which cycle it is, what was labelled
before it, and the weights after the cycle before. The optimiser starts again in each cycle, and every random
number comes from a stream that is named by the cycle. So it does not matter who computes a cycle, where, in
which order, or how often: the record is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from alcore.acquisition import Query, Strategy, get_strategies, get_strategy
from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.experiment.cycle_key import CycleKey, Phase
from alcore.experiment.cycle_record import CycleRecord, Selection, ThresholdHistogram, Validation
from alcore.experiment.pool_map import Axes, map_pool, principal_axes
from alcore.experiment.pool_view import PoolSweep, asks_model, sweep_pool, view_query
from alcore.experiment.repetition import RepetitionSplit, draw_repetition
from alcore.learning.devices import compute_on_one_thread
from alcore.learning.learner import Learner, Weights
from alcore.streams import Purpose, stream

_MOST_REPETITIONS = 2
"""Repetitions whose draws and network a workbench keeps; cycles of more come one after the other."""


@dataclass(frozen=True)
class Progress:
    """Where a cycle is: `done` of `total` units of one phase."""

    key: CycleKey
    phase: Phase
    done: int
    total: int


Report = Callable[[Progress], None]
"""Called often with the state of things; it may block (pause) or raise (stop)."""


@dataclass(frozen=True)
class CycleStart:
    """What a cycle begins from.

    queries: the ids of each query before, in order; none in cycle 1.
    weights: the model after the cycle before; None in cycle 1.
    axes: of the repetition's pool maps, kept in the record of cycle 2; None up to there, and in a run that
        predates maps.
    chosen: the ids that people chose for this query, where the strategy asks them.
    judged: the (t,) ids that the model is judged on; None for those that follow from the config.
    """

    key: CycleKey
    queries: tuple[np.ndarray, ...] = ()
    weights: Weights | None = None
    axes: Axes | None = None
    chosen: np.ndarray | None = None
    judged: np.ndarray | None = None


class _Repetition:
    """What the cycles of a repetition share: its draws, a network, and the pool as the first model saw it."""

    def __init__(self, config: RunConfig, patches: Patches, number: int) -> None:
        self.split: RepetitionSplit = draw_repetition(config, patches, number)
        self.learner = initial_learner(config, patches, number)
        self.first_sweep: PoolSweep | None = None


class Workbench:
    """Computes cycles, on one CPU thread: more would neither be faster nor give the same bytes every time.

    What it keeps from one cycle to the next saves time and changes no result.
    """

    def __init__(self, config: RunConfig, patches: Patches) -> None:
        """Open nothing yet; `patches` is the config's data set."""
        compute_on_one_thread()
        self.config, self.patches = config, patches
        self._strategies = get_strategies(config.strategies)
        self._repetitions: dict[int, _Repetition] = {}

    def cycle(self, start: CycleStart, report: Report) -> CycleRecord:
        """Compute one cycle.

        In cycle 1 all strategies have the same query and train the same model: one record stands for all.

        Raises:
            AlcoreError: an input that cannot be used; the message is written for the user.
        """
        selection, axes = self.select(start, report)
        return self.learn(start, selection, axes, report)

    def select(self, start: CycleStart, report: Report) -> tuple[Selection, Axes | None]:
        """The first half of a cycle, before its labels: what is asked for, and the axes of the pool's map.

        Raises:
            AlcoreError: as `cycle`.
        """
        repetition = self._begun(start)
        if start.weights is None:
            return self._first_selection(start, repetition, report), None
        return self._query(start, repetition, report)

    def learn(
        self, start: CycleStart, selection: Selection, axes: Axes | None, report: Report
    ) -> CycleRecord:
        """The second half, once all of the selection is labelled: train on it and all before, and judge.

        Raises:
            AlcoreError: as `cycle`.
        """
        known = replace(selection, defective=self.patches.defective[selection.items])
        return self._learn(start, known, axes, self._begun(start), report)

    def _begun(self, start: CycleStart) -> _Repetition:
        """The cycle's repetition, with the weights that it begins from."""
        repetition = self._repetition(start.key.repetition)
        if start.weights is None:
            repetition.learner.start_over()
        else:
            repetition.learner.load(start.weights)
        return repetition

    def encode(self, key: CycleKey, report: Report) -> None:
        """Compute and keep what a frozen encoder gives for the patches of the key's repetition."""
        repetition = self._repetition(key.repetition)
        repetition.learner.prepare(repetition.split.seen, on_patches=_following(report, key, Phase.ENCODING))

    def unkept(self, number: int) -> tuple[int, int]:
        """How many patches of a repetition `encode` would compute, and the bytes they would take on disk."""
        repetition = self._repetition(number)
        return repetition.learner.unkept(repetition.split.seen)

    def _repetition(self, number: int) -> _Repetition:
        found = self._repetitions.pop(number, None) or _Repetition(self.config, self.patches, number)
        self._repetitions[number] = found  # the last used is the last to go
        while len(self._repetitions) > _MOST_REPETITIONS:
            del self._repetitions[next(iter(self._repetitions))]
        return found

    def _first_selection(self, start: CycleStart, repetition: _Repetition, report: Report) -> Selection:
        items = self._first_query(start.key, repetition, report)
        nothing = np.zeros(0, dtype=np.int64)
        return Selection(
            items=items,
            defective=np.zeros(items.size, dtype=bool),  # as `learn` finds it
            scores=np.full(items.size, np.nan, dtype=np.float32),  # those of a strategy are its own alone
            candidates=nothing,
            candidate_scores=nothing.astype(np.float32),
            probability=np.zeros((0, *self.patches.shape[:2]), dtype=np.uint8),
            pool_map=None,
        )

    def _first_query(self, key: CycleKey, repetition: _Repetition, report: Report) -> np.ndarray:
        """(q,) ids: drawn at random, or what a strategy chooses by the features of the pretrained encoder."""
        name, split = self.config.first_query_by, repetition.split
        if name == "random" or self.config.first_items:
            return split.first_query
        strategy, pool, nothing = get_strategy(name), np.sort(split.pool), np.zeros(0, dtype=np.int64)
        rng = stream(self.config.seed, Purpose.FIRST_QUERY, key.repetition, name)
        follow = _following(report, key, Phase.SCORING)
        sweep = sweep_pool(repetition.learner, [strategy], pool, wanted=pool, rng=rng, follow=follow)
        view = sweep.view(
            strategy,
            self.config,
            cycle=key.cycle,
            candidates=pool,
            labelled=nothing,
            defective=self.patches.defective,
        )
        return pool[strategy.query(view, query_size=self.config.chosen_in(1), rng=rng).rows]

    def _query(
        self, start: CycleStart, repetition: _Repetition, report: Report
    ) -> tuple[Selection, Axes | None]:
        """What the strategy chooses, and the axes of the pool's map."""
        key, strategy = start.key, self._strategies[start.key.strategy]
        labelled = np.concatenate(start.queries)
        candidates = np.setdiff1d(repetition.split.pool, labelled)
        sweep = self._sweep(start, strategy, labelled, repetition, report)
        axes = _fit_axes(sweep, repetition.split) if key.cycle == 2 else start.axes
        view = sweep.view(
            strategy,
            self.config,
            cycle=key.cycle,
            candidates=candidates,
            labelled=labelled,
            defective=self.patches.defective,
            chosen=start.chosen,
        )
        rng = stream(self.config.seed, Purpose.QUERY, key.repetition, key.cycle, strategy.name)
        query: Query = strategy.query(view, query_size=self.config.chosen_in(key.cycle), rng=rng)
        items = candidates[query.rows]
        probability, features = view_query(repetition.learner, items)
        seen = sweep.features.with_more(items, features)
        pool_map = None
        if axes is not None:
            pool_map = map_pool(seen.items, seen.features, axes, labelled=labelled, query=items)
        selection = Selection(
            items=items,
            defective=np.zeros(items.size, dtype=bool),  # as `learn` finds it
            scores=query.scores,
            candidates=candidates,
            candidate_scores=query.candidate_scores,
            probability=probability,
            pool_map=pool_map,
        )
        return selection, axes

    def _sweep(
        self,
        start: CycleStart,
        strategy: Strategy,
        labelled: np.ndarray,
        repetition: _Repetition,
        report: Report,
    ) -> PoolSweep:
        """Ask the model about the pool; before cycle 2, once for all strategies, which still share it."""
        split, follow = repetition.split, _following(report, start.key, Phase.SCORING)
        wanted = np.union1d(split.mapped, labelled)
        rng = stream(self.config.seed, Purpose.DROPOUT, start.key.repetition, start.key.cycle)
        if start.key.cycle > 2:
            items = np.sort(split.pool) if asks_model(strategy) else wanted
            return sweep_pool(repetition.learner, [strategy], items, wanted=wanted, rng=rng, follow=follow)
        if repetition.first_sweep is None:
            repetition.first_sweep = sweep_pool(
                repetition.learner,
                self._strategies.values(),
                np.sort(split.pool),
                wanted=wanted,
                rng=rng,
                follow=follow,
            )
        return repetition.first_sweep

    def _learn(
        self,
        start: CycleStart,
        selection: Selection,
        axes: Axes | None,
        repetition: _Repetition,
        report: Report,
    ) -> CycleRecord:
        key, split, learner = start.key, repetition.split, repetition.learner
        labelled = np.concatenate([*start.queries, selection.items])
        train_cycle(learner, key, labelled, _following(report, key, Phase.TRAINING))
        test = self._judged(start, split)
        evaluating, total = _following(report, key, Phase.EVALUATING), test.size + split.validation.size
        evaluation = learner.evaluate(test, on_patches=lambda done, _: evaluating(done, total))
        validation = self._validate(repetition, lambda left: evaluating(total - left, total))
        return CycleRecord(
            key=key,
            labelled=labelled.size + (0 if self.config.random_slice is None else test.size),
            selection=selection,
            test_items=test,
            test_defective=self.patches.defective[test],
            counts=evaluation.counts,
            max_probability=evaluation.max_probability,
            gallery_items=split.gallery,
            gallery_probability=learner.probabilities(split.gallery),
            axes=axes if key.cycle == 2 else None,
            threshold_histogram=ThresholdHistogram(evaluation.histogram, evaluation.confidence),
            validation=validation,
            weights=learner.weights(),
        )

    def _judged(self, start: CycleStart, split: RepetitionSplit) -> np.ndarray:
        """(t,) ids: the test set, or as much of the random slice as is labelled by then."""
        if start.judged is not None:
            return start.judged
        if self.config.random_slice is None:
            return split.test
        return split.test[: self.config.sliced_after(start.key.cycle)]

    def _validate(self, repetition: _Repetition, follow: Callable[[int], None]) -> Validation | None:
        """Look at the validation patches; `follow` hears how many are left."""
        items = repetition.split.validation
        if not items.size:
            return None
        found = repetition.learner.evaluate(items, on_patches=lambda done, total: follow(total - done))
        return Validation(items, self.patches.defective[items], found.max_probability, found.histogram)


def initial_learner(config: RunConfig, patches: Patches, repetition: int) -> Learner:
    """A repetition's network with its initial weights, the same for all strategies."""
    seed = stream(config.seed, Purpose.INITIAL_WEIGHTS, repetition).integers(2**62)
    return Learner(config, patches, seed=int(seed))


def train_cycle(
    learner: Learner, key: CycleKey, labelled: np.ndarray, on_step: Callable[[int, int], None]
) -> None:
    """A cycle's training on (n,) labelled ids, from what the cycle before left in the learner."""
    rng = stream(learner.config.seed, Purpose.TRAINING, key.repetition, key.cycle)
    learner.fit(labelled, rng=rng, on_step=on_step)


def _fit_axes(sweep: PoolSweep, split: RepetitionSplit) -> Axes:
    return principal_axes(sweep.features.of(np.sort(split.mapped)))


def _following(report: Report, key: CycleKey, phase: Phase) -> Callable[[int, int], None]:
    return lambda done, total: report(Progress(key, phase, done, total))
