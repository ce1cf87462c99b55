"""The command line's part about what is known of a data set: its card, notes and name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alcore.errors import DataError


def card(
    name: str,
    out: Annotated[
        Path | None, typer.Option(help="A Markdown file to write, with a PNG of some patches beside it.")
    ] = None,
) -> None:
    """Describe a data set on one page: counts, sizes, splits, groups, what to know before a run. Markdown."""
    from alcore.data.collection import open_dataset, read_about
    from alcore.presentation.data_card import card_mosaic, make_card, to_markdown

    patches = open_dataset(name)
    made = make_card(patches, read_about(name))
    if out is None:
        typer.echo(to_markdown(made), nl=False)
        return
    picture = out.with_suffix(".png")
    try:
        out.write_text(to_markdown(made, picture=picture.name), encoding="utf-8")
        picture.write_bytes(card_mosaic(patches))
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror or error}") from None
    typer.echo(f"written to {out} and {picture}")


def note(
    name: str,
    source: Annotated[str | None, typer.Option(help="Where it is from.")] = None,
    licence: Annotated[str | None, typer.Option(help="The licence under which it may be used.")] = None,
    text: Annotated[str | None, typer.Option("--note", help="Anything else.")] = None,
) -> None:
    """Note a data set's source and licence, and anything else. Omitted options stay as they were."""
    from alcore.data.collection import note_about, read_about

    known = read_about(name)
    note_about(
        name,
        source=known.source if source is None else source,
        licence=known.licence if licence is None else licence,
        note=known.note if text is None else text,
    )


def rename(old: str, new: str) -> None:
    """Rename a data set. Runs and studies that use the old name still find it."""
    from alcore.data.collection import rename_dataset

    rename_dataset(old, new)
