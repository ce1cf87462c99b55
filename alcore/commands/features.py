"""The command line's part about kept features: python -m alcore data features COMMAND."""

from __future__ import annotations

from typing import Annotated

import typer

features_app = typer.Typer(
    help="List and remove the kept features of frozen encoders. A run that needs them computes them again.",
    no_args_is_help=True,
)


@features_app.command("list")
def list_features() -> None:
    """List all stores of kept features, the last used first."""
    from alcore.data.feature_shelf import bytes_allowed, kept_stores
    from alcore.wording import plural, size_in_words

    stores = kept_stores()
    for store in stores:
        use = ", in use" if store.in_use else ""
        typer.echo(
            f"{store.name}: {store.dataset}, {store.encoder}, {plural(store.views, 'patch')}, "
            f"{size_in_words(store.size)}{use}"
        )
    total = size_in_words(sum(store.size for store in stores))
    typer.echo(f"together {total} of at most {size_in_words(bytes_allowed())} (feature_bytes in limits.json)")


@features_app.command("remove")
def remove_features(
    name: Annotated[
        str, typer.Argument(help="A name shown by `list`; by default all that are not in use.")
    ] = "",
) -> None:
    """Remove kept features."""
    from alcore.data.feature_shelf import kept_stores, remove_store
    from alcore.wording import size_in_words

    freed = 0
    for store in kept_stores():
        if store.name == name or (not name and not store.in_use):
            freed += store.size
            remove_store(store.name)
    if name and not freed:
        remove_store(name)  # which says what there is
    typer.echo(f"{size_in_words(freed)} are free again")
