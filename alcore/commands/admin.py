"""The command line's part about the home itself: its integrity, and access to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

_DAMAGED = 2


def check(
    path: Annotated[
        Path | None, typer.Argument(help="A run, a study, a data set or a home; by default ALCORE_HOME.")
    ] = None,
) -> None:
    """Read everything, name what is damaged, and rewrite tables that differ from the records."""
    from alcore.home import home
    from alcore.study.home_check import check_everything

    found = check_everything(path or home())
    for sentence in found.repaired:
        typer.echo(f"made again: {sentence}")
    for sentence in found.damaged:
        typer.echo(f"damaged: {sentence}", err=True)
    typer.echo(
        f"looked at {len(found.looked_at)}: {len(found.damaged)} damaged, {len(found.repaired)} made again"
    )
    if found.damaged:
        sys.exit(_DAMAGED)


def invite(
    role: Annotated[str, typer.Option(help="owner, member, viewer or seat (who may vote, nothing else).")],
    hours: Annotated[float, typer.Option(help="How long the link is valid.")] = 8.0,
    name: Annotated[str, typer.Option(help="The visitor's name; their runs are kept under it.")] = "",
    address: Annotated[
        str, typer.Option(help="The server's address, as visitors see it.")
    ] = "http://127.0.0.1:8501",
    withdraw: Annotated[bool, typer.Option("--withdraw-all", help="First void all earlier links.")] = False,
) -> None:
    """Print a signed link that lets somebody into a server started with `dashboard --lab`."""
    from alcore.access.invitations import make_token, withdraw_all
    from alcore.access.roles import Role
    from alcore.errors import ConfigError, did_you_mean
    from alcore.home import home

    roles = [str(one) for one in Role]
    if role not in roles:
        raise ConfigError(f"there is no role {role!r}{did_you_mean(role, roles)} ({', '.join(roles)})")
    if withdraw:
        withdraw_all(home())
    typer.echo(f"{address.rstrip('/')}/?token={make_token(home(), Role(role), hours=hours, name=name)}")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Describe a home: version, disk, devices, queue, and the server that holds it."""
    import json

    from alcore.home import home
    from alcore.study.home_archive import status_of
    from alcore.wording import plural, size_in_words

    state: dict[str, Any] = status_of(home())
    if as_json:
        typer.echo(json.dumps(state))
        return
    runs = ", ".join(f"{count} {name}" for name, count in state["runs"].items()) or "none"
    gpus = state["gpus"] or "no GPU"
    size = size_in_words(state["bytes"])
    typer.echo(f"alcore {state['version']}, home {state['home']}: {size}")
    typer.echo(f"free on its disk: {size_in_words(state['free'])}")
    typer.echo(f"server: {state['holder'] or 'none'}")
    typer.echo(f"machine: {plural(state['cores'], 'core')}, {gpus}")
    typer.echo(f"runs: {runs}")
    typer.echo(
        f"data sets: {state['data_sets']}; studies: {state['studies']} ({state['studies_running']} running)"
    )


def backup(file: Annotated[Path, typer.Argument(help="The zip file to write.")]) -> None:
    """Write all of a home, except the key of its links, into one zip file."""
    from alcore.home import home
    from alcore.study.home_archive import back_up
    from alcore.wording import plural, size_in_words

    files, size = back_up(home(), file)
    typer.echo(f"{plural(files, 'file')} of {home()} written to {file}: {size_in_words(size)}")


def restore(
    file: Annotated[Path, typer.Argument(help="A zip file that `backup` wrote.")],
    home: Annotated[Path, typer.Option(help="Where the home goes; must be new or empty.")],
    with_access: Annotated[
        bool,
        typer.Option(
            "--with-access",
            help=(
                "Restore access.json and limits.json too: who may come in, and their limits. Use this "
                "only with a backup that nobody else could change."
            ),
        ),
    ] = False,
) -> None:
    """Restore a home from a backup, comparing every file with its checksum."""
    from alcore.study.home_archive import restore as make_home
    from alcore.wording import plural

    made = make_home(file, home, with_access=with_access)
    typer.echo(f"{plural(made.files, 'file')} restored; use it with ALCORE_HOME={home}")
    if made.left:
        typer.echo(f"left in the backup: {', '.join(made.left)}; --with-access restores them too")


def export_run(
    directory: Annotated[Path, typer.Argument(help="The run's directory.")],
    out: Annotated[Path, typer.Option(help="The zip file to write.")],
) -> None:
    """Write a run with its figures and methods text into one zip file."""
    from alcore.storage.run_archive import export_run as pack
    from alcore.study.interactive import extras_of
    from alcore.wording import size_in_words

    size = pack(directory, out, extras_of(directory))
    typer.echo(f"written to {out}: {size_in_words(size)}")


def import_run(
    file: Annotated[
        Path, typer.Argument(help="A zip file written by `export-run`; it may come from anyone.")
    ],
    name: Annotated[str, typer.Option(help="The run's name here; by default it describes the config.")] = "",
) -> None:
    """Import a run into the home; everything in it is checked."""
    from alcore.home import home, runs_directory
    from alcore.server.index import RunIndex
    from alcore.server.manager import default_name
    from alcore.storage.run_archive import import_run as unpack
    from alcore.storage.run_store import RunStore

    index = RunIndex(home())
    run_id = unpack(file, runs_directory())
    RunIndex(home())  # a list that is opened takes in what lies there
    index.rename(run_id, name or f"imported: {default_name(RunStore(runs_directory() / run_id).config)}")
    typer.echo(run_id)
