"""The command line: python -m alcore COMMAND. Exit code 0 on success, 2 on input that cannot be used."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from alcore.errors import AlcoreError, ConfigError, DataError, did_you_mean

app = typer.Typer(
    help="Active learning for binary segmentation under class imbalance and label shift.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Import, make, list, show and delete data sets.", no_args_is_help=True)
app.add_typer(data_app, name="data")
logs_app = typer.Typer(
    help="Logs as the paper's code writes them: read theirs, write ours.", no_args_is_help=True
)
app.add_typer(logs_app, name="logs")

_UNUSABLE_INPUT = 2
_INTERRUPTED = 130


@app.command()
def run(
    config: Annotated[str, typer.Argument(help="CONFIG.json, or a preset's name: demo, paper.")],
    out: Annotated[Path, typer.Option(help="Directory for the run; must be new or empty.")],
) -> None:
    """Run one experiment."""
    from alcore.config import load_config
    from alcore.runs.store import RunStore

    parsed = load_config(config)
    from alcore.runs.console import run_with_progress  # seconds of torch, which bad input need not wait for
    from alcore.runs.execution import check

    check(parsed)
    run_with_progress(RunStore.create(out, parsed))


@app.command()
def resume(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
) -> None:
    """Go on with a run where it stopped."""
    from alcore.runs.store import RunStore

    store = RunStore(directory)
    from alcore.runs.console import run_with_progress  # as above

    run_with_progress(store)


@app.command()
def ceiling(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
) -> None:
    """Train a run's network on its full pools too, and on all cycles before that it still lacks."""
    from alcore.runs.store import RunStore

    store = RunStore(directory)
    from alcore.runs.console import run_with_progress  # as above

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
        int | None, typer.Option(help="Repetitions a cell, in place of the study's.", min=1)
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
    from alcore.study.console import conduct_with_progress, print_plan
    from alcore.study.estimate import check_cells
    from alcore.study.store import StudyStore

    check_cells(parsed)
    if plan:
        print_plan(parsed, performer)
    elif not conduct_with_progress(StudyStore.create(out, parsed), performer, rehearsal=rehearsal):
        sys.exit(_INTERRUPTED)


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(help="The study's directory.")],
    out: Annotated[Path, typer.Option(help="A file ending in .html, or a directory for Markdown and PNGs.")],
    metric: Annotated[str, typer.Option(help="iou, dice, precision, recall or patch_iou.")] = "iou",
    prevalence: Annotated[
        float | None, typer.Option(help="π₁ of strong shift; by default the config's.", min=0, max=1)
    ] = None,
) -> None:
    """Write a study's report: figures, tables, settings, methods text and citation."""
    from alcore.comparison import Question
    from alcore.metrics import ALL_METRICS
    from alcore.runs.files import write_text
    from alcore.study.reading import StudyReader
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
    from alcore.serving import serve

    serve(context.args)


@app.command(hidden=True)
def worker(directory: str) -> None:
    """Work for a dashboard: commands on stdin, events on stdout."""
    from alcore.runs.worker import work

    work(directory)


@data_app.command("import")
def import_data(
    source: Annotated[Path, typer.Argument(help="The folder or zip file with images and masks.")],
    name: Annotated[str, typer.Option(help="The data set's name from now on.")],
    format: Annotated[
        str, typer.Option(help="auto, folder, magnetic-tile, severstal, roboflow or reference.")
    ] = "auto",
    patch: Annotated[str, typer.Option(help="Patch size, HEIGHTxWIDTH in pixels.")] = "64x64",
    tile: Annotated[bool, typer.Option("--tile", help="Cut tiles instead of resizing whole images.")] = False,
    overlap: Annotated[int, typer.Option(help="Pixels that neighbouring tiles share.", min=0)] = 0,
    resize: Annotated[str, typer.Option(help="With --tile: shrink images to HEIGHTxWIDTH first.")] = "",
    rgb: Annotated[bool, typer.Option("--rgb", help="Keep colours; else grey.")] = False,
    threshold: Annotated[int, typer.Option(help="Mask values above it are defective.", min=0, max=254)] = 127,
    classes: Annotated[str, typer.Option(help="Mask values that are defective, such as 1,3.")] = "",
    color: Annotated[str, typer.Option(help="Mask colour that is defective, R,G,B.")] = "",
    tolerance: Annotated[
        int, typer.Option(help="How far a channel may be from --color.", min=0, max=255)
    ] = 10,
    min_area: Annotated[int, typer.Option(help="Foreground pixels that make a patch defective.", min=1)] = 1,
    drop_black_border: Annotated[
        bool, typer.Option("--drop-black-border", help="Leave out images with a black border, as the paper.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out unusable files and list them.")
    ] = False,
    missing_mask_is_clean: Annotated[
        bool, typer.Option("--missing-mask-is-clean", help="An image without mask has no defect.")
    ] = False,
) -> None:
    """Import a folder or a zip file as a data set."""
    from alcore.data.collection import dataset_path
    from alcore.data.importing.importer import import_dataset
    from alcore.data.importing.options import Foreground, ImportOptions

    options = ImportOptions(
        patch=_parse_size(patch, "patch size"),
        tile=tile,
        overlap=overlap,
        resize_to=_parse_size(resize, "size to resize to") if resize else None,
        channels=3 if rgb else 1,
        foreground=Foreground(
            threshold=threshold,
            classes=_parse_numbers(classes, "classes") or None,
            color=_parse_color(color),
            tolerance=tolerance,
        ),
        min_area=min_area,
        drop_black_border=drop_black_border,
        skip_bad=skip_bad,
        missing_mask_is_clean=missing_mask_is_clean,
    )
    info = import_dataset(source, dataset_path(name), format_name=format, options=options)
    typer.echo(
        f"{name}: {info.patches} patches, {info.defective} defective ({info.defective / info.patches:.1%})"
    )
    if info.vanished:
        typer.echo(
            f"defects too small for a pixel at this size, so counted as clean: {len(info.vanished)} images"
        )
    for file, reason in info.skipped.items():
        typer.echo(f"skipped {file}: {reason}")


@data_app.command("create")
def create_data(
    name: Annotated[str, typer.Argument(help="The data set's name from now on.")],
    family: Annotated[
        str, typer.Option(help="Material: brushed, cast, woven, leather, x-ray or tuber.")
    ] = "brushed",
    size: Annotated[int, typer.Option(help="Side of a patch in pixels, 64 to 512.")] = 64,
    count: Annotated[int, typer.Option(help="Patches; half of them are defective.")] = 12_000,
    contrast: Annotated[float, typer.Option(help="Of defects; 1 is the built-in set's.")] = 1.0,
    defect_size: Annotated[float, typer.Option(help="Length of defects; 1 is the built-in set's.")] = 1.0,
    rarity: Annotated[float, typer.Option(help="0: all kinds alike; more: rare ones rarer.")] = 1.0,
    look_alikes: Annotated[float, typer.Option(help="Harmless marks on a patch, on average.")] = 0.6,
    color: Annotated[bool, typer.Option("--color", help="RGB instead of grey.")] = False,
    seed: Annotated[int, typer.Option(help="One seed, one data set.", min=0)] = 2601,
) -> None:
    """Make a data set of procedural surfaces."""
    from alcore.data.collection import make_surfaces
    from alcore.data.synthetic import SurfaceSettings

    settings = SurfaceSettings(
        family=family,
        size=size,
        count=count,
        contrast=contrast,
        defect_size=defect_size,
        rarity=rarity,
        look_alikes=look_alikes,
        color=color,
        seed=seed,
    )
    make_surfaces(name, settings)
    typer.echo(f"{name}: {count} surfaces of {size}x{size}, {count // 2} defective")


@data_app.command("list")
def list_data() -> None:
    """List all data sets."""
    from alcore.data.collection import dataset_names, open_dataset

    for name in dataset_names():
        patches = open_dataset(name)
        height, width, channels = patches.shape
        defective = int(patches.defective.sum())
        colours = "grey" if channels == 1 else "RGB"
        typer.echo(
            f"{name}: {patches.defective.size} patches of {height}x{width} {colours}, {defective} defective"
        )


@data_app.command("show")
def show_data(name: str) -> None:
    """Say what a data set holds, and what one should know before a run."""
    from alcore.data.collection import open_dataset
    from alcore.overview import describe

    overview = describe(open_dataset(name))
    typer.echo(
        f"{name}: {overview.patches} patches, {overview.defective} defective ({overview.prevalence:.1%})"
    )
    for row in overview.splits.itertuples():
        typer.echo(f"{row.split}: {row.patches} patches, {row.defective} defective ({row.prevalence:.1%})")
    for warning in overview.warnings:
        typer.echo(warning)


@data_app.command("delete")
def delete_data(name: str) -> None:
    """Delete an imported data set."""
    from alcore.data.collection import delete_dataset

    delete_dataset(name)


@logs_app.command("import")
def import_log_folders(
    folders: Annotated[list[Path], typer.Argument(help="Folders with dict_STRATEGY.csv, one a π₀.")],
    name: Annotated[str, typer.Option(help="What they are called from now on.")],
    pool_prevalence: Annotated[list[float], typer.Option(help="π₀ of each folder, in their order.")],
    test_prevalence: Annotated[float, typer.Option(help="π₁, of the second test set.")] = 0.05,
    pool_size: Annotated[int, typer.Option(help="Patches in the pool.", min=2)] = 4300,
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
    from alcore.runs.store import RunStore
    from alcore.runs.tables import RunTables

    export_log(RunTables(RunStore(directory)), out)
    typer.echo(f"written to {out}")


def _parse_size(text: str, what: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,4})[xX](\d{1,4})", text)
    if not match or not min(int(match[1]), int(match[2])) >= 16:
        raise DataError(f"the {what} must be HEIGHTxWIDTH with sides from 16 to 9999 px, got {text!r}")
    return int(match[1]), int(match[2])


def _parse_numbers(text: str, what: str) -> tuple[int, ...]:
    if not re.fullmatch(r"(\d{1,3}(,\d{1,3})*)?", text):
        raise DataError(f"the {what} must be whole numbers with commas between them, got {text!r}")
    return tuple(int(number) for number in text.split(",") if number)


def _parse_color(text: str) -> tuple[int, int, int] | None:
    numbers = _parse_numbers(text, "colour")
    if numbers and (len(numbers) != 3 or max(numbers) > 255):
        raise DataError(f"the colour must be R,G,B with values from 0 to 255, got {text!r}")
    return numbers or None


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
