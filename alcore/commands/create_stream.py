"""The command line's part about production lines: python -m alcore data create-stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from alcore.data.keep_rules import Kept
    from alcore.data.production_line import ProductionLine


def create_stream(
    name: Annotated[str, typer.Argument(help="The new data set's name: its pool is what the rule keeps.")],
    source: Annotated[
        str, typer.Option("--from", help="Data set that supplies the line's images.")
    ] = "synthetic",
    rule: Annotated[
        str, typer.Option(help="all, every-nth, anomalous, operator, ring-buffer or balanced.")
    ] = "all",
    defect_rate: Annotated[float, typer.Option(help="π₁, the line's share of defective images.")] = 0.02,
    images_per_hour: Annotated[int, typer.Option(help="Images that the line makes in an hour.")] = 1200,
    hours: Annotated[float, typer.Option(help="How long the shift lasts.")] = 8.0,
    storage: Annotated[int, typer.Option(help="Images that can be kept.")] = 600,
    every: Annotated[int, typer.Option(help="The n of the rule every-nth.")] = 5,
    sees: Annotated[
        float, typer.Option(help="Chance that a very large defect is seen (operator, ring-buffer).")
    ] = 0.9,
    false_press: Annotated[
        float, typer.Option(help="Chance that a clean image is mistaken for a defective one.")
    ] = 0.01,
    before: Annotated[int, typer.Option(help="Images kept before an alarm (ring-buffer).")] = 5,
    after: Annotated[int, typer.Option(help="Images kept after an alarm (ring-buffer).")] = 5,
    seed: Annotated[int, typer.Option(help="The same seed gives the same line.", min=0)] = 0,
) -> None:
    """Simulate a production line, and make a data set whose pool is the images that a rule keeps."""
    from alcore.data.collection import dataset_path, open_dataset
    from alcore.data.keep_rules import keep
    from alcore.data.line_pool import write_pool
    from alcore.data.production_line import LineSettings, ProductionLine

    target = dataset_path(name)
    settings = LineSettings(
        defect_rate=defect_rate,
        images_per_hour=images_per_hour,
        hours=hours,
        storage=storage,
        every=every,
        sees=sees,
        false_press=false_press,
        before=before,
        after=after,
        seed=seed,
    )
    line = ProductionLine(open_dataset(source), settings)
    kept = keep(line, rule)
    write_pool(target, line, kept)
    _print(line, kept)


def _print(line: ProductionLine, kept: Kept) -> None:
    from alcore.data.keep_rules import represented
    from alcore.data.line_pool import notes_of
    from alcore.statistics.frames import each_row
    from alcore.wording import percent

    typer.echo("\n".join(notes_of(line, kept)))
    for row in each_row(represented(line, kept)):
        typer.echo(
            f"{row.group}: {percent(row.line)} of the line's defects, {percent(row.kept)} of those kept"
        )
