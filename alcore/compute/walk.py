"""Walking the graph of a run: hand its cycles to a crew, keep what comes back, obey.

Page, command line and study walk with this code; it keeps the very records that the plain loop gives.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict

import numpy as np

from alcore.compute import rounds
from alcore.compute.clock import Clock
from alcore.compute.crew import Crew, Lost
from alcore.compute.events import Emit, Note, RunProgress
from alcore.compute.jobs import (
    CeilingJob,
    CheckJob,
    CycleJob,
    EncodeJob,
    Failed,
    FinishedCeiling,
    FinishedCycle,
    Job,
    JobProgress,
    Result,
    cycles_before,
)
from alcore.compute.run_control import RunControl, Stopped
from alcore.errors import StoreError
from alcore.experiment.cycle_graph import CycleGraph, Stage
from alcore.experiment.cycle_key import CycleKey, Phase
from alcore.experiment.pool_map import Axes
from alcore.storage.run_store import RunStore

_SECONDS_BETWEEN_LOOKS = 0.05  # at the control, while workers are silent
_MOST_DEATHS = 3


class Walk:
    """One attempt at the cycles of a run, or of some of its repetitions."""

    def __init__(
        self,
        store: RunStore,
        crew: Crew,
        *,
        control: RunControl,
        clock: Clock,
        emit: Emit,
        on_record: Callable[[CycleKey], None] = lambda _: None,
        on_stage: Callable[[], None] = lambda: None,
        repetitions: Collection[int] | None = None,
    ) -> None:
        """Take stock of what is finished.

        Args:
            store: the caller owns it.
            emit: hears the progress; on_record: called after each commit, on_stage: when all strategies have
                finished a cycle. Both may raise to leave.
            repetitions: which of them to walk, by default all.
        Raises:
            StoreError: a record is missing that later ones were made from, or is damaged.
        """
        self._store, self._config, self._crew = store, store.config, crew
        self._control, self._clock, self._emit = control, clock, emit
        self._on_record, self._on_stage = on_record, on_stage
        finished = [key for key in store.committed() if repetitions is None or key.repetition in repetitions]
        self._graph = CycleGraph(self._config, finished, repetitions)
        self._queries = {key: store.record(key).items for key in finished}
        self._deaths: Counter[CycleKey | int] = Counter()
        self._until: Stage | None = None
        self._paused_at: float | None = None
        self._waiting_since: float | None = None
        self._encoding_since: tuple[float, int] | None = None

    def cycles(self) -> None:
        """Walk to the end.

        Raises:
            Stopped: the control says so.
            AlcoreError: an input of the run cannot be used.
        """
        while (stage := self._graph.stage) is not None:
            self._obey(stage)
            while self._crew.has_room and self._paused_at is None:
                work = self._graph.begin(self._until, waits=self._waits)
                if work is None:
                    break
                self._crew.begin(self._job(work))
            self._note_waiting()
            self._listen()

    def _waits(self, key: CycleKey) -> bool:
        return rounds.is_open(self._store, key)

    def _note_waiting(self) -> None:
        """Tell once that people are waited for, and leave that time out of all estimates."""
        key = rounds.round_to_play(self._store) if self._crew.is_idle and self._paused_at is None else None
        now = time.monotonic()
        if key is not None and self._waiting_since is None:
            self._waiting_since = now
            self._emit(self._progress_event(JobProgress(key, Phase.WAITING, 0, 1)))
        elif key is None and self._waiting_since is not None:
            self._clock.held(now - self._waiting_since)
            self._waiting_since = None

    def encode(self) -> None:
        """Let all workers together compute what a frozen encoder gives, before the first cycle that is left.

        What other repetitions need besides is computed when their cycles ask for it.
        """
        stage = self._graph.stage
        if stage is None:
            return
        begun = time.monotonic()
        key = CycleKey(stage.repetition, stage.cycle, self._config.strategies[0])
        waiting = self._crew.size
        while waiting or not self._crew.is_idle:
            self._obey(None)
            while waiting and self._crew.has_room and self._paused_at is None:
                self._crew.begin(EncodeJob(self._config, key))
                waiting -= 1
            self._listen()
        self._clock.held(time.monotonic() - begun)

    def ceilings(self) -> None:
        """Train those of all repetitions that lack one."""
        finished = self._store.ceilings()
        missing = [n for n in range(1, self._config.repetitions + 1) if n not in finished]
        self._clock.ceilings_begun(len(finished))
        while missing or not self._crew.is_idle:
            self._obey(None)
            while missing and self._crew.has_room and self._paused_at is None:
                self._crew.begin(CeilingJob(self._config, missing.pop(0)))
            self._listen()

    def _obey(self, stage: Stage | None) -> None:
        """Hold and release workers as the control says; `stage` is the first unfinished one."""
        command = self._control.command
        if command == "stop":
            raise Stopped
        if command == "step" and stage is not None:
            self._until = self._until or stage
            if stage > self._until:
                self._control.cycle_finished()
                command = self._control.command
        if command != "step":
            self._until = None
        self._crew.hold(lambda job: command == "pause" or self._is_behind(job))
        self._note_pause(command == "pause")

    def _is_behind(self, job: Job) -> bool:
        """Whether a job's cycle comes after the one that a step shall finish."""
        if self._until is None or not isinstance(job, CycleJob):
            return False
        return Stage(job.key.repetition, job.key.cycle) > self._until

    def _note_pause(self, is_paused: bool) -> None:
        now = time.monotonic()
        if is_paused and self._paused_at is None:
            self._paused_at = now
        elif not is_paused and self._paused_at is not None:
            self._clock.held(now - self._paused_at)
            self._paused_at = None
        self._control.note(is_paused=is_paused)

    def _job(self, work: CycleKey) -> CycleJob:
        before = cycles_before(work)
        return CycleJob(
            config=self._config,
            key=work,
            queries=tuple(self._queries[key] for key in before),
            weights=self._store.weights(before[-1]) if before else None,
            axes=self._axes(before[1]) if len(before) > 1 else None,
            chosen=rounds.chosen_in(self._store, work),
        )

    def _axes(self, key: CycleKey) -> Axes | None:
        return self._store.record(key).axes  # None where an earlier version began this run

    def _listen(self) -> None:
        for job, heard in self._crew.listen(_SECONDS_BETWEEN_LOOKS):
            match heard:
                case JobProgress():
                    if not isinstance(job, EncodeJob):
                        self._clock.tick(heard.key, heard.phase, heard.done / max(heard.total, 1))
                    self._emit(self._progress_event(heard))
                case Failed(error):
                    raise error
                case Lost(stood_still) if not isinstance(job, CheckJob):
                    self._begin_again(job, stood_still=stood_still)
                case _:
                    self._keep(job, heard)

    def _begin_again(self, job: CycleJob | CeilingJob | EncodeJob, *, stood_still: bool) -> None:
        """A worker is lost. Its job is given to another, unless it seems to be the job that kills."""
        name = job.repetition if isinstance(job, CeilingJob) else job.key
        if stood_still:
            self._emit(Note("a worker hung, so it was ended; another one repeats its work"))
        else:
            self._deaths[name] += 1
        if self._deaths[name] >= _MOST_DEATHS:
            raise StoreError(
                f"its worker died {_MOST_DEATHS} times at the same place, perhaps because memory ran out; "
                "lower threads (parallel workers), training.batch_size or the network, then resume"
            )
        if isinstance(job, CycleJob):
            self._graph.give_back(job.key)
        else:
            self._crew.begin(job)

    def _keep(self, job: Job, result: Result | Lost) -> None:
        if isinstance(job, CycleJob) and isinstance(result, FinishedCycle):
            self._keep_cycle(job.key, result)
        elif isinstance(job, CeilingJob) and isinstance(result, FinishedCeiling):
            self._store.commit_ceiling(job.repetition, result.record)
            self._clock.ceiling_finished(job.repetition)

    def _keep_cycle(self, work: CycleKey, result: FinishedCycle) -> None:
        before = self._graph.stage
        for key in self._graph.keys_of(work):
            self._store.commit(key, result.record, weights=result.weights)
            self._queries[key] = np.array(result.items)
            self._clock.finish(key)
            self._on_record(key)
        self._graph.finish(work)
        if self._graph.stage != before:
            self._on_stage()

    def _encoding_left(self, progress: JobProgress) -> float | None:
        """Seconds until all patches are encoded, at the pace since the first that was heard of."""
        now = time.monotonic()
        then, done_then = self._encoding_since = self._encoding_since or (now, progress.done)
        done = progress.done - done_then
        return (progress.total - progress.done) * (now - then) / done if done > 0 else None

    def _progress_event(self, progress: JobProgress) -> RunProgress:
        return RunProgress(
            **asdict(progress.key),
            phase=progress.phase,
            done=progress.done,
            total=progress.total,
            finished=self._clock.finished,
            records=self._clock.records,
            share=self._clock.share,
            elapsed=self._clock.elapsed,
            left=self._encoding_left(progress) if progress.phase == Phase.ENCODING else self._clock.left,
            pace=self._clock.pace,
        )
