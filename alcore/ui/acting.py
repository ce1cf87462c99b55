"""Everything that a visitor of a page can do to runs and studies: requested, permitted and recorded here.

`acting_on_data` has the same for data sets and logs. No other module of the pages calls anything that
changes the home; a test checks that. Each function raises AlcoreError with one sentence if the action is not
permitted or fails.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from alcore.access import audit
from alcore.access.admission import RAY_ADDRESS
from alcore.access.limits import Allowance, work_of
from alcore.access.roles import Action, Visitor, check
from alcore.compute import rounds
from alcore.config import RunConfig
from alcore.errors import AlcoreError, ConfigError, LimitError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.home import home
from alcore.server.manager import default_name
from alcore.server.meter_queue import MeterJob, MeterQueue
from alcore.server.uploads import Content
from alcore.server.votes import Votes
from alcore.study.launch import launch, measure_plan
from alcore.study.plan import StudyPlan
from alcore.study.reader import known_studies, studies_directory
from alcore.study.study_events import PlanReport
from alcore.study.study_store import StudyStore
from alcore.ui.run_names import distinct_name
from alcore.ui.session import manager, run_dataset, run_records, run_store
from alcore.ui.visitor import visitor
from alcore.wording import odd_character

Result = TypeVar("Result")

_measuring = threading.Lock()


def do(
    action: Action,
    what: str,
    call: Callable[[Visitor, Allowance], Result],
    *,
    owner: Callable[[], str] | None = None,
) -> Result:
    """The one door: who it is, whether they may, what they may have; and a line that says so.

    Args:
        what: it is done to, for that line.
        owner: says whose that is; None for the actions of `WITHOUT_OWNER`.
    """
    who: Visitor | None = None
    outcome = "broke off"
    try:
        who = visitor()
        allowed_one = check(who, action, owner=None if owner is None else owner())
        result = call(allowed_one, Allowance(allowed_one, home()))
        outcome = "done"
        return result
    except AlcoreError as error:
        outcome = str(error)
        raise
    finally:
        audit.note(home(), who, action.name.lower(), what, outcome)


def start_run(config: RunConfig, name: str = "") -> str:
    """Put a new run in the queue; returns its id.

    Args:
        name: as its user wants it called; by default one that says what is new about it.
    """
    if odd := odd_character(name):
        raise StoreError(f"a run's name cannot hold the character {odd}")

    def start(who: Visitor, allowance: Allowance) -> str:
        theirs = [row for row in manager().index.rows() if row.is_active and row.owner == who.name]
        allowance.run(config, have=len(theirs))
        return manager().submit(config, name.strip()[:120] or distinct_name(config), owner=who.name)

    return do(Action.START_RUN, config.dataset, start)


def start_live(config: RunConfig, seat: str) -> str:
    """Begin a live run in the place of the one that a tab has; returns its id."""

    def start(who: Visitor, allowance: Allowance) -> str:
        allowance.run(config, have=0)  # the one before is dropped
        return manager().live.start(config, default_name(config), seat=seat, owner=who.name)

    return do(Action.START_RUN, f"{config.dataset} live", start)


def keep_live(run_id: str) -> str:
    """Make a live run permanent; returns its new id."""

    def keep(who: Visitor, allowance: Allowance) -> str:
        theirs = [row for row in manager().index.rows() if row.is_active and row.owner == who.name]
        allowance.run(run_store(run_id).config, have=len(theirs))
        return manager().live.keep(run_id)

    return do(Action.COMMAND_RUN, f"{run_id} keep", keep, owner=lambda: _owner_of(run_id))


def command_run(run_id: str, command: str) -> None:
    """Send a run, pause, step or stop command to a run."""
    _to_run(Action.COMMAND_RUN, run_id, lambda: manager().command(run_id, command), command)


def resume_run(run_id: str) -> None:
    """Continue a run where it stopped."""
    _to_run(Action.COMMAND_RUN, run_id, lambda: manager().resume(run_id), "resume")


def delete_run(run_id: str) -> None:
    """Remove it, with all that it holds; for a day it can be brought back."""
    _to_run(Action.DELETE_RUN, run_id, lambda: manager().delete(run_id))


def undo_delete(run_id: str) -> None:
    """Bring back a run that was deleted."""
    _to_run(Action.DELETE_RUN, run_id, lambda: manager().undo_delete(run_id), "undo")


def annotate_run(run_id: str, note: str, tags: str) -> None:
    """Change a run's note and tags."""
    _to_run(Action.ANNOTATE_RUN, run_id, lambda: manager().index.annotate(run_id, note=note, tags=tags))


def rename_run(run_id: str, name: str) -> None:
    """Rename a run."""
    _to_run(Action.ANNOTATE_RUN, run_id, lambda: manager().index.rename(run_id, name))


def request_ceiling(run_id: str) -> None:
    """Train its network on its full pools too."""
    _to_run(Action.REQUEST_CEILING, run_id, lambda: manager().request_ceiling(run_id))


def score_images(queue: MeterQueue, run_id: str, strategy: str, content: Content, size: int) -> MeterJob:
    """Have images, of so many bytes uploaded, scored by the last model of a run's strategy."""

    def start(who: Visitor, allowance: Allowance) -> MeterJob:
        allowance.upload(size)
        return queue.take(run_id, run_store(run_id).directory, strategy, content, owner=who.name)

    return do(Action.SCORE_IMAGES, f"{run_id} {strategy}", start)


def cancel_scoring(queue: MeterQueue, job: MeterJob) -> None:
    """End the scoring of images."""
    do(Action.COMMAND_UPLOAD, f"{job.run_id} cancel", lambda *_: queue.cancel(job), owner=lambda: job.owner)


def vote(votes: Votes, run_id: str, key: CycleKey, seat: str, items: Sequence[int]) -> None:
    """Vote for these items, in the place of what that seat voted for before."""
    who = visitor()
    check(who, Action.VOTE)  # no line in the audit log: a room of people clicks all the time
    votes.cast(run_id, key, seat, items)


def close_round(run_id: str, key: CycleKey, chosen: Sequence[int]) -> None:
    """Let a run continue with the patches that people chose."""

    def close() -> None:
        rounds.close_round(run_records(run_id), run_dataset(run_id), key, chosen)

    _to_run(Action.COMMAND_RUN, run_id, close, f"round {key.cycle}")


def _to_run(action: Action, run_id: str, call: Callable[[], object], detail: str = "") -> None:
    what = f"{run_id} {detail}".strip()
    do(action, what, lambda *_: call(), owner=lambda: _owner_of(run_id))


def _owner_of(run_id: str) -> str:
    live = manager().live.get(run_id)
    return manager().index.owner_of(run_id) if live is None else live.owner


def start_study(name: str, plan: StudyPlan, engine: str) -> None:
    """Start a new study of that name."""

    def start(who: Visitor, allowance: Allowance) -> None:
        if name in known_studies():
            raise ConfigError(f"a study called {name!r} exists; choose another name, or extend that one")
        _allow(plan, allowance)
        address = os.environ.get(RAY_ADDRESS, "") if engine == "ray" else ""
        launch(name, plan, engine=engine, address=address, owner=who.name)

    do(Action.START_STUDY, name, start)


def go_on_with_study(directory: Path, plan: StudyPlan) -> None:
    """Resume a study, or extend it to this plan."""

    def go_on(_: Visitor, allowance: Allowance) -> None:
        _allow(plan, allowance)
        launch(directory.name, plan)

    do(Action.COMMAND_STUDY, directory.name, go_on, owner=lambda: owner_of_study(directory))


def pause_study(directory: Path) -> None:
    """Let a study end after the current cycles."""
    store = StudyStore(directory)
    owner = partial(owner_of_study, directory)
    do(Action.COMMAND_STUDY, f"{directory.name} pause", lambda *_: store.ask_to_stop(), owner=owner)


def measure_study(plan: StudyPlan) -> PlanReport:
    """Measure a study's cost; this takes as long as two cycles, and one study is measured at a time."""

    def measure(_: Visitor, allowance: Allowance) -> PlanReport:
        _allow(plan, allowance)
        if not _measuring.acquire(blocking=False):
            raise LimitError("another study is being measured; try again in a moment")
        try:
            return measure_plan(plan)
        finally:
            _measuring.release()

    return do(Action.ESTIMATE_STUDY, f"{len(plan.cells)} cells", measure)


def _allow(plan: StudyPlan, allowance: Allowance) -> None:
    running = sum(StudyStore(path.parent).is_being_run() for path in studies_directory().glob("*/study.json"))
    allowance.study(sum(work_of(cell.config) for cell in plan.cells), running=running)


def owner_of_study(directory: Path) -> str:
    """Who started a study; '' where nobody's name was noted."""
    return StudyStore(directory).ledger().notes().get("owner", "")
