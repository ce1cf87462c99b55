"""The command line's prevalence meter: how many of these images are defective?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alcore.commands.options import AsJson
from alcore.compute.events import ScoringPhase

if TYPE_CHECKING:
    from alcore.server.meter_events import MeterEnded

_NICENESS = 10
_WORDS = {
    ScoringPhase.TRAINING: "training the model again",
    ScoringPhase.VALIDATION: "scoring validation",
    ScoringPhase.IMAGES: "scoring images",
}


def meter(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
    images: Annotated[list[Path], typer.Argument(help="Image files, folders or zip files, without masks.")],
    strategy: Annotated[
        str, typer.Option(help="The strategy whose last model scores them; by default the run's last one.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Estimate π₁, the share of defective patches, from images without labels."""
    from alcore.errors import AlcoreError
    from alcore.event_lines import said_to_scripts
    from alcore.server.meter_events import MeterEnded, to_line
    from alcore.storage.run_store import RunStore

    say = said_to_scripts() if as_json else None
    try:
        store = RunStore(directory)
        from alcore.compute.scoring import score_images  # seconds of torch, once the run is known to be one

        if as_json and hasattr(os, "nice"):
            os.nice(_NICENESS)  # a page follows, and comes first
        with _following(say) as follow:
            found = score_images(store, strategy or store.config.strategies[-1], images, follow)
    except (AlcoreError, OSError) as error:
        if say is not None:
            say(to_line(MeterEnded("failed", str(error))))
        raise
    ended = MeterEnded.of(found)
    if say is not None:
        say(to_line(ended))
    else:
        _print(ended)


def _print(ended: MeterEnded) -> None:
    from alcore.presentation.meter_sentences import doubts, in_words, skipped_in_words
    from alcore.statistics.metering import read_meter

    reading = read_meter(*ended.parts())
    for sentence in [*ended.notes, *skipped_in_words(ended.skipped)]:
        typer.echo(sentence, err=True)
    for line in in_words(reading, ended.strategy, ended.cycle):
        typer.echo(line)
    for sentence in doubts(reading, images=ended.images):
        typer.echo(f"doubtful: {sentence}")


@contextmanager
def _following(say: Callable[[str], None] | None) -> Iterator[Callable[[ScoringPhase, int, int], None]]:
    """What scoring reports to: lines for scripts, a bar for people."""
    if say is not None:
        yield _json_lines(say)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("opening", total=None)
        yield lambda phase, done, total: bar.update(
            task, description=_WORDS[phase], completed=done, total=total
        )


def _json_lines(say: Callable[[str], None]) -> Callable[[ScoringPhase, int, int], None]:
    """Prints progress: of each phase about a hundred lines at most."""
    from alcore.server.meter_events import MeterProgress, to_line

    last_printed: tuple[ScoringPhase, int] | None = None

    def follow(phase: ScoringPhase, done: int, total: int) -> None:
        nonlocal last_printed
        now = (phase, 100 * done // max(total, 1))
        if now != last_printed:
            last_printed = now
            say(to_line(MeterProgress(phase, done, total)))

    return follow
