"""The command line: python -m alcore COMMAND. Exit code 0 on success, 2 on input that cannot be used."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from alcore.commands.data import data_app
from alcore.config import bounds
from alcore.errors import AlcoreError, ConfigError, did_you_mean

app = typer.Typer(
    help="Active learning for binary segmentation under class imbalance and label shift.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
logs_app = typer.Typer(
    help="Logs as the paper's code writes them: read theirs, write ours.", no_args_is_help=True
)
app.add_typer(logs_app, name="logs")


def _limits(setting: str) -> dict[str, float]:
    """An option's range, where it mirrors a setting of a config."""
    low, high = bounds(setting)
    return {"min": low, "max": high}


_UNUSABLE_INPUT = 2
_INTERRUPTED = 130


@app.command()
def run(
    config: Annotated[str, typer.Argument(help="CONFIG.json, or a preset's name: demo, paper.")],
    out: Annotated[Path, typer.Option(help="Directory for the run; must be new or empty.")],
) -> None:
    """Run one experiment."""
    from alcore.config import load_config
    from alcore.runs.run_store import RunStore

    parsed = load_config(config)
    from alcore.commands.run import run_with_progress  # seconds of torch, which bad input need not wait for
    from alcore.runs.execution import check

    check(parsed)
    run_with_progress(RunStore.create(out, parsed))


@app.command()
def resume(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
) -> None:
    """Go on with a run where it stopped."""
    from alcore.runs.run_store import RunStore

    store = RunStore(directory)
    from alcore.commands.run import run_with_progress  # as above

    run_with_progress(store)


@app.command()
def ceiling(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
) -> None:
    """Train a run's network on its full pools too, and on all cycles before that it still lacks."""
    from alcore.runs.run_store import RunStore

    store = RunStore(directory)
    from alcore.commands.run import run_with_progress  # as above

    store.request_ceiling()
    run_with_progress(store)


@app.command()
def study(
    study: Annotated[Path, typer.Argument(help="STUDY.json: base, grid and test_prevalences.")],
    out: Annotated[Path, typer.Option(help="Directory for the study; one that holds a study goes on.")],
    engine: Annotated[str, typer.Option(help="Where runs run: local or ray.")] = "local",
    address: Annotated[
        str | None, typer.Option(help="Of a Ray cluster, or auto; by default Ray starts on this machine.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Runs side by side; by default what cores, memory and GPUs allow.", min=1),
    ] = None,
    gpu_share: Annotated[
        float, typer.Option(help="Part of a GPU that a run takes, such as 0.25; 0 for none.", min=0, max=1)
    ] = 1.0,
    repetitions: Annotated[
        int | None,
        typer.Option(help="Repetitions per cell, in place of the study's.", **_limits("repetitions")),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what the study would take.")] = False,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Go through all runs without training, to try an engine.")
    ] = False,
) -> None:
    """Run a grid of experiments, or go on with it; finished runs are found and kept."""
    from alcore.study.engines import make_engine
    from alcore.study.plan import load_study

    parsed = load_study(study)
    if repetitions is not None:
        parsed = parsed.with_repetitions(repetitions)
    performer = make_engine(engine, address=address, workers=workers, gpu_share=gpu_share)
    from alcore.commands.study import print_plan, run_study_with_progress
    from alcore.study.estimate import check_cells
    from alcore.study.study_store import StudyStore

    check_cells(parsed)
    if plan:
        print_plan(parsed, performer)
    elif not run_study_with_progress(StudyStore.create(out, parsed), performer, rehearsal=rehearsal):
        sys.exit(_INTERRUPTED)


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(help="The study's directory.")],
    out: Annotated[Path, typer.Option(help="A file ending in .html, or a directory for Markdown and PNGs.")],
    metric: Annotated[str, typer.Option(help="iou, dice, precision, recall or patch_iou.")] = "iou",
    prevalence: Annotated[
        float | None,
        typer.Option(help="π₁ of strong shift; by default the config's.", **_limits("test_prevalence")),
    ] = None,
) -> None:
    """Write a study's report: figures, tables, settings, methods text and citation."""
    from alcore.metrics import ALL_METRICS
    from alcore.runs.files import write_text
    from alcore.statistics.comparison import Question
    from alcore.study.reader import StudyReader
    from alcore.study.report import as_html, write_markdown
    from alcore.study.summary import BASELINE

    if metric not in ALL_METRICS:
        raise ConfigError(f"unknown metric {metric!r}{did_you_mean(metric, ALL_METRICS)}")
    reader = StudyReader.open(directory)
    used = prevalence or reader.plan.cells[0].config.test_prevalence
    question = Question(metric, used, BASELINE)
    if out.suffix == ".html":
        write_text(out, as_html(reader, question))
    else:
        write_markdown(reader, question, out)
    typer.echo(f"written to {out}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def dashboard(context: typer.Context) -> None:
    """Serve the dashboard; takes the options of `streamlit run`, such as --server.port 8600."""
    from alcore.commands.dashboard import serve

    serve(context.args)


@app.command(hidden=True)
def worker(directory: str) -> None:
    """Work for a dashboard: commands on stdin, events on stdout."""
    from alcore.runs.worker import work

    work(directory)


@logs_app.command("import")
def import_log_folders(
    folders: Annotated[list[Path], typer.Argument(help="Folders with dict_STRATEGY.csv, one a π₀.")],
    name: Annotated[str, typer.Option(help="What they are called from now on.")],
    pool_prevalence: Annotated[list[float], typer.Option(help="π₀ of each folder, in their order.")],
    test_prevalence: Annotated[float, typer.Option(help="π₁, of the second test set.")] = 0.05,
    pool_size: Annotated[int, typer.Option(help="Patches in the pool.", **_limits("pool_size"))] = 4300,
    column: Annotated[
        list[str] | None, typer.Option(help="What a column means, as NAME=MEANING, such as 'miou=iou_pi0'.")
    ] = None,
) -> None:
    """Import logs into the Compare and Study pages."""
    from alcore.logs.reading import LogSettings, import_logs

    if len(pool_prevalence) != len(folders):
        raise ConfigError(f"give --pool-prevalence once for each folder: {len(folders)} times")
    pairs = [text.rpartition("=") for text in column or []]
    if not all(separator for _, separator, _ in pairs):
        raise ConfigError("--column takes NAME=MEANING, such as 'miou=iou_pi0'")
    settings = [LogSettings(pool_size, prevalence, test_prevalence) for prevalence in pool_prevalence]
    for log in import_logs(folders, name, settings, {theirs: ours for theirs, _, ours in pairs}):
        evidence = log.evidence
        typer.echo(
            f"{name} at π₀ = {log.settings.pool_prevalence:g}: {', '.join(evidence.strategies)}; "
            f"{evidence.repetitions} repetitions of {len(evidence.cycles)} cycles"
        )


@logs_app.command("export")
def export_log_folder(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
    out: Annotated[Path, typer.Option(help="Directory for the logs; must be new or empty.")],
) -> None:
    """Write a run in that form."""
    from alcore.logs.writing import export_log
    from alcore.runs.run_store import RunStore
    from alcore.runs.tables import RunTables

    export_log(RunTables(RunStore(directory)), out)
    typer.echo(f"written to {out}")


def main() -> None:
    """Run the command line; an error of the user's is one line on stderr."""
    try:
        app()
    except AlcoreError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(_UNUSABLE_INPUT)
    except OSError as error:
        print(f"error: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        sys.exit(_UNUSABLE_INPUT)
    except KeyboardInterrupt:
        print("interrupted; finished cycles are kept: resume DIR, or the same study again", file=sys.stderr)
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
