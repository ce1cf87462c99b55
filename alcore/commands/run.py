"""The command line's part about single runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alcore.commands.options import AsJson
from alcore.errors import AlcoreError

if TYPE_CHECKING:
    from alcore.runs.run_store import RunStore

Directory = Annotated[Path, typer.Argument(help="The run's directory.")]


def run(
    config: Annotated[str, typer.Argument(help="CONFIG.json, or a preset's name: demo, paper.")],
    out: Annotated[Path, typer.Option(help="Directory for the run; must be new or empty.")],
    as_json: AsJson = False,
) -> None:
    """Run one experiment."""
    from alcore.config import load_config
    from alcore.runs.run_store import RunStore

    with _failure_told(as_json=as_json):
        parsed = load_config(config)
        from alcore.runs.execution import check  # seconds of torch, which bad input need not wait for

        check(parsed)
        _execute(RunStore.create(out, parsed), as_json=as_json)


def resume(directory: Directory, as_json: AsJson = False) -> None:
    """Continue a run where it stopped."""
    from alcore.runs.run_store import RunStore

    with _failure_told(as_json=as_json):
        _execute(RunStore(directory), as_json=as_json)


def ceiling(directory: Directory, as_json: AsJson = False) -> None:
    """Also train a run's network on its full pools, after any cycles that it still lacks."""
    from alcore.runs.run_store import RunStore

    with _failure_told(as_json=as_json):
        store = RunStore(directory)
        store.request_ceiling()
        _execute(store, as_json=as_json)


def worker(directory: str) -> None:
    """Work for a dashboard: commands on stdin, events on stdout."""
    from alcore.runs.worker import work

    work(directory)


def _execute(store: RunStore, *, as_json: bool) -> None:
    from alcore.commands.run_bar import run_with_json, run_with_progress  # imports torch

    (run_with_json if as_json else run_with_progress)(store)


@contextmanager
def _failure_told(*, as_json: bool) -> Iterator[None]:
    """A script finds on stdout why a run failed; people find it on stderr."""
    from alcore.runs.events import Ended, to_line

    try:
        yield
    except (AlcoreError, OSError) as error:
        if as_json:
            print(to_line(Ended("failed", str(error))), flush=True)
        raise
