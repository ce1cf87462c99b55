"""The command line's part about logs of the paper's code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alcore.commands.options import limits
from alcore.errors import ConfigError
from alcore.wording import percent

logs_app = typer.Typer(help="Import and export logs in the format of the paper's code.", no_args_is_help=True)


@logs_app.command("import")
def import_log_folders(
    folders: Annotated[list[Path], typer.Argument(help="Folders with dict_STRATEGY.csv, or trees of them.")],
    name: Annotated[str, typer.Option(help="Name of the imported logs.")],
    pool_prevalence: Annotated[
        list[float] | None,
        typer.Option(help="π₀ of each folder, in their order; by default read from their names."),
    ] = None,
    test_prevalence: Annotated[
        float, typer.Option(help="Deployment prevalence π₁, of the second test set.")
    ] = 0.05,
    pool_size: Annotated[int, typer.Option(help="Patches in the pool.", **limits("pool_size"))] = 4300,
    column: Annotated[
        list[str] | None, typer.Option(help="What a column means, as NAME=MEANING, such as 'miou=iou_pi0'.")
    ] = None,
) -> None:
    """Import logs into the Compare and Study pages."""
    from alcore.logs.imported import import_logs
    from alcore.logs.published import grouped, log_folders
    from alcore.logs.reading import LogSettings

    if pool_prevalence and len(pool_prevalence) != len(folders):
        raise ConfigError(f"give --pool-prevalence once for each folder: {len(folders)} times")
    pairs = [text.rpartition("=") for text in column or []]
    if not all(separator for _, separator, _ in pairs):
        raise ConfigError("--column takes NAME=MEANING, such as 'miou=iou_pi0'")
    places: list[Path | tuple[Path, ...]] = list(folders)
    settings = [LogSettings(pool_size, prevalence, test_prevalence) for prevalence in pool_prevalence or []]
    if not pool_prevalence:
        groups = grouped([folder for root in folders for folder in log_folders(root)])
        places = [group.folders for group in groups]
        settings = [LogSettings(group.pool_size, group.pool_prevalence, test_prevalence) for group in groups]
    if not settings:
        raise ConfigError(f"there is no dict_STRATEGY.csv at or below {', '.join(map(str, folders))}")
    for log in import_logs(places, name, settings, {theirs: ours for theirs, _, ours in pairs}):
        for note in log.notes:
            typer.echo(note)
        evidence = log.evidence
        typer.echo(
            f"{name} at π₀ = {percent(log.settings.pool_prevalence)}: {', '.join(evidence.strategies)}; "
            f"{evidence.repetitions} repetitions of {len(evidence.cycles)} cycles"
        )


@logs_app.command("export")
def export_log_folder(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
    out: Annotated[Path, typer.Option(help="Directory for the logs; must be new or empty.")],
) -> None:
    """Export a run in the format of the paper's code."""
    from alcore.logs.writing import export_log
    from alcore.storage.run_store import RunStore
    from alcore.storage.tables import RunTables

    export_log(RunTables(RunStore(directory)), out)
    typer.echo(f"written to {out}")
