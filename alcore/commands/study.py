"""The command line's part about studies and their reports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from alcore.commands.options import MetricName, limits
from alcore.errors import AlcoreError, ConfigError

INTERRUPTED = 130
"""Exit code of work that was stopped and can continue."""


def study(
    study: Annotated[Path, typer.Argument(help="STUDY.json: base, grid and test_prevalences.")],
    out: Annotated[Path, typer.Option(help="Directory for the study; a study already there is continued.")],
    engine: Annotated[str, typer.Option(help="The engine that computes the runs: local or ray.")] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="Address of a Ray cluster, or auto; by default Ray starts on this machine."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Parallel runs; by default as many as cores, memory and GPUs allow.", min=1),
    ] = None,
    gpu_share: Annotated[
        float, typer.Option(help="Share of a GPU per run, such as 0.25; 0 for none.", min=0, max=1)
    ] = 1.0,
    repetitions: Annotated[
        int | None,
        typer.Option(help="Repetitions per cell, instead of the study's.", **limits("repetitions")),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only estimate the study's runs, time and disk space.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object per line on stdout instead of a progress bar."),
    ] = False,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Go through all runs without training, to try out an engine.")
    ] = False,
) -> None:
    """Run a grid of experiments, or continue it; finished runs are found and kept."""
    from alcore.study.engines import make_engine
    from alcore.study.plan import load_study

    with _failure_reported(out, as_json=as_json):
        parsed = load_study(study)
        if repetitions is not None:
            parsed = parsed.with_repetitions(repetitions)
        performer = make_engine(engine, address=address, workers=workers, gpu_share=gpu_share)
        from alcore.commands.study_bar import show_plan, show_study
        from alcore.study.estimate import check_cells
        from alcore.study.study_store import StudyStore

        check_cells(parsed)
        if plan:
            show_plan(parsed, performer, out, as_json=as_json)
            return
        ended = show_study(StudyStore.create(out, parsed), performer, rehearsal=rehearsal, as_json=as_json)
    if ended.status == "stopped":
        sys.exit(INTERRUPTED)


@contextmanager
def _failure_reported(out: Path, *, as_json: bool) -> Iterator[None]:
    """Report a failure in the study's directory, for the page that launched it, and on stdout for scripts."""
    from alcore.study.study_events import StudyEnded, to_line
    from alcore.study.study_store import StudyStore

    try:
        yield
    except (AlcoreError, OSError) as error:
        ended = StudyEnded("failed", str(error))
        with suppress(AlcoreError):  # such as a directory that holds no study, or a full disk
            StudyStore(out).note_outcome(ended)
        if as_json:
            print(to_line(ended), flush=True)
        raise


def report(
    directory: Annotated[
        Path, typer.Argument(help="The study's directory; with --interactive also a run's.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="A file ending in .html, or a directory for Markdown and PNGs; "
            "with --interactive by default interactive.html in DIRECTORY."
        ),
    ] = None,
    metric: MetricName = "iou",
    prevalence: Annotated[
        float | None,
        typer.Option(help="Deployment prevalence π₁; by default the config's.", **limits("test_prevalence")),
    ] = None,
    interactive: Annotated[
        bool,
        typer.Option("--interactive", help="One HTML file whose curves follow π₁, with images of queries."),
    ] = False,
) -> None:
    """Write a study's report: figures, tables, settings, methods text and citation."""
    from alcore.statistics.comparison import Question
    from alcore.storage.files import write_text
    from alcore.study.reader import StudyReader
    from alcore.study.report import as_html, write_markdown
    from alcore.study.summary import BASELINE

    if interactive:
        _write_interactive(directory, out or directory / "interactive.html", metric, prevalence)
        return
    if (directory / "config.json").is_file() and not (directory / "study.json").is_file():
        raise ConfigError(
            f"{directory} is one run, and a report is of a study; for a run, --interactive writes one HTML "
            f"file whose curves follow π₁: alcore report {directory} --interactive"
        )
    if out is None:
        raise ConfigError("name the report's destination: --out FILE.html or --out DIRECTORY")
    reader = StudyReader.open(directory)
    test_prevalence = prevalence or reader.plan.cells[0].config.test_prevalence
    question = Question(metric, test_prevalence, BASELINE)
    if out.suffix == ".html":
        write_text(out, as_html(reader, question))
    else:
        write_markdown(reader, question, out)
    typer.echo(f"written to {out}")


def _write_interactive(directory: Path, out: Path, metric: str, prevalence: float | None) -> None:
    from alcore.storage.files import write_text
    from alcore.study.interactive import interactive_page

    write_text(out, interactive_page(directory, metric=metric, test_prevalence=prevalence))
    typer.echo(f"written to {out}")
