"""The command line's part about data sets: python -m alcore data COMMAND."""

from __future__ import annotations

from typing import Annotated

import typer

from alcore.commands import dataset_notes
from alcore.commands.create_stream import create_stream
from alcore.commands.data_import import import_data, import_order
from alcore.commands.features import features_app
from alcore.wording import class_counts, percent

data_app = typer.Typer(help="Import, make, list, show and delete data sets.", no_args_is_help=True)


data_app.command("import")(import_data)
data_app.command("import-order", hidden=True)(import_order)


@data_app.command("create")
def create_data(
    name: Annotated[str, typer.Argument(help="Name of the new data set.")],
    family: Annotated[
        str, typer.Option(help="Material: brushed, cast, woven, leather, x-ray or tuber.")
    ] = "brushed",
    size: Annotated[int, typer.Option(help="Side of a patch in pixels, 64 to 512.")] = 64,
    count: Annotated[int, typer.Option(help="Patches; half of them are defective.")] = 12_000,
    contrast: Annotated[
        float, typer.Option(help="Contrast of defects; 1 is that of the built-in set.")
    ] = 1.0,
    defect_size: Annotated[
        float, typer.Option(help="Length of defects; 1 is that of the built-in set.")
    ] = 1.0,
    rarity: Annotated[float, typer.Option(help="0: all kinds equally often; higher: rare ones rarer.")] = 1.0,
    look_alikes: Annotated[float, typer.Option(help="Harmless marks on a patch, on average.")] = 0.6,
    color: Annotated[bool, typer.Option("--color", help="RGB instead of grey.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data set.", min=0)] = 2601,
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


data_app.command("create-stream")(create_stream)


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
    """Describe a data set, and what to know before a run."""
    from alcore.data.cautions import data_set_report
    from alcore.data.collection import open_dataset
    from alcore.data.overview import describe
    from alcore.data.stored import StoredPatches
    from alcore.statistics.frames import each_row

    patches = open_dataset(name)
    overview = describe(patches)
    typer.echo(f"{name}: {class_counts(overview.patches, overview.defective, overview.unlabelled)}")
    if isinstance(patches, StoredPatches):
        typer.echo("\n".join([*patches.info.notes, *data_set_report(patches)]))
        return
    for row in each_row(overview.splits):
        typer.echo(
            f"{row.split}: {row.patches} patches, {row.defective} defective ({percent(row.prevalence)})"
        )


data_app.add_typer(features_app, name="features")
data_app.command("card")(dataset_notes.card)
data_app.command("note")(dataset_notes.note)
data_app.command("rename")(dataset_notes.rename)


@data_app.command("delete")
def delete_data(name: str) -> None:
    """Delete an imported data set."""
    from alcore.data.collection import delete_dataset

    delete_dataset(name)
