"""The command line: python -m alcore COMMAND. Exit code 0 on success, 2 on input that cannot be used."""

from __future__ import annotations

import sys

import typer

from alcore.commands import admin, run, study
from alcore.commands.campaign import campaign_app
from alcore.commands.dashboard import dashboard
from alcore.commands.data import data_app
from alcore.commands.logs import logs_app
from alcore.commands.meter import meter
from alcore.commands.plan import plan
from alcore.errors import AlcoreError

_UNUSABLE_INPUT = 2

app = typer.Typer(
    help="Active learning for binary segmentation under class imbalance and label shift.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command()(run.resume)
app.command()(run.ceiling)
app.command()(meter)
app.command()(plan)
app.command()(study.study)
app.command()(study.report)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(dashboard)
app.command()(admin.check)
app.command()(admin.invite)
app.command()(admin.status)
app.command()(admin.backup)
app.command()(admin.restore)
app.command()(admin.export_run)
app.command()(admin.import_run)
app.command(hidden=True)(run.worker)
app.add_typer(data_app, name="data")
app.add_typer(campaign_app, name="campaign")
app.add_typer(logs_app, name="logs")


def main() -> None:
    """Run the command line; a user error is one line on stderr."""
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
        sys.exit(study.INTERRUPTED)


if __name__ == "__main__":
    main()
