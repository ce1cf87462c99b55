"""The command line's part about single runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alcore.commands.options import AsJson
from alcore.errors import AlcoreError

if TYPE_CHECKING:
    from alcore.compute.crew import Crew
    from alcore.storage.run_store import RunStore

Directory = Annotated[Path, typer.Argument(help="The run's directory.")]


def run(
    config: Annotated[
        str, typer.Argument(help="CONFIG.json, or a preset: demo, demo-scratch, paper, paper-frozen.")
    ],
    out: Annotated[Path, typer.Option(help="Directory for the run; must be new or empty.")],
    as_json: AsJson = False,
) -> None:
    """Run one experiment."""
    from alcore.compute.crew import crew_for
    from alcore.config import load_config

    with _failure_reported(as_json=as_json):
        parsed = load_config(config, prepare=lambda values: _with_first_labels(values, Path(config).parent))
        with crew_for(parsed) as crew:  # which begins to load its libraries; so do we
            from alcore.acquisition import refuse_people
            from alcore.compute.execution import check_with
            from alcore.storage.run_store import RunStore

            refuse_people(parsed.strategies)
            check_with(crew, parsed)
            _execute(RunStore.create(out, parsed), crew, as_json=as_json)


def _with_first_labels(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Labels that exist already, where a config names a file of them; opening its data set takes a while."""
    if not isinstance(values.get("first_query"), str):
        return values
    from alcore.experiment.first_labels import with_first_labels

    return with_first_labels(values, folder=folder)


def resume(directory: Directory, as_json: AsJson = False) -> None:
    """Continue a run where it stopped."""
    from alcore.storage.run_store import RunStore

    with _failure_reported(as_json=as_json):
        _resume(RunStore(directory), as_json=as_json)


def ceiling(directory: Directory, as_json: AsJson = False) -> None:
    """Also train a run's network on its full pools, after any unfinished cycles."""
    from alcore.storage.run_store import RunStore

    with _failure_reported(as_json=as_json):
        store = RunStore(directory)
        store.request_ceiling()
        _resume(store, as_json=as_json)


def worker(directory: str) -> None:
    """Work for a dashboard: commands on stdin, events on stdout."""
    from alcore.compute.worker import work

    work(directory)


def _resume(store: RunStore, *, as_json: bool) -> None:
    from alcore.acquisition import refuse_people
    from alcore.compute.crew import crew_for

    refuse_people(store.config.strategies)

    with crew_for(store.config) as crew:
        _execute(store, crew, as_json=as_json)


def _execute(store: RunStore, crew: Crew, *, as_json: bool) -> None:
    from alcore.commands.run_bar import run_with_json, run_with_progress

    (run_with_json if as_json else run_with_progress)(store, crew)


@contextmanager
def _failure_reported(*, as_json: bool) -> Iterator[None]:
    """A script finds on stdout why a run failed; people find it on stderr."""
    from alcore.compute.events import Ended, to_line

    try:
        yield
    except (AlcoreError, OSError) as error:
        if as_json:
            print(to_line(Ended("failed", str(error))), flush=True)
        raise
