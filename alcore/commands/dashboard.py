"""Starting the dashboard's server, with the pages' libraries loading while the browser opens."""

from __future__ import annotations

import atexit
import importlib
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from alcore import __version__
from alcore.access.admission import (
    ADMISSION,
    LOOPBACK_HOSTS,
    RAY_ADDRESS,
    Admission,
    admission,
    is_loopback,
    own_hosts,
)
from alcore.data.importing import data_roots
from alcore.errors import ConfigError, DataError
from alcore.event_log import LogFormat, LogLevel, tell, write_log
from alcore.home import DASHBOARD, PACKAGE, runs_directory
from alcore.machine import share_heaps
from alcore.server.processes import SPARE
from alcore.storage.files import make_directory

_LIBRARIES = (
    "pandas",
    "scipy.special",
    "PIL.Image",
    "alcore.storage.tables",
    "alcore.presentation.figures.learning_curves",
    "alcore.storage.evidence",
    "alcore.server.manager",
)
_SECONDS_TO_LISTEN = 0.3  # imports any sooner would only make the server's own wait


def dashboard(
    context: typer.Context,
    data_root: Annotated[
        list[Path] | None,
        typer.Option(help="A folder whose contents pages may list and import; repeat for more."),
    ] = None,
    lab: Annotated[
        bool, typer.Option("--lab", help="Open it to the network, for people with links or a sign-in.")
    ] = False,
    host: Annotated[
        list[str] | None,
        typer.Option(help="A host name of the server, such as lab.example.org; repeat for more."),
    ] = None,
    ray_address: Annotated[str, typer.Option(help="Address of the Ray cluster for studies, or auto.")] = "",
    log_level: Annotated[
        LogLevel, typer.Option(envvar="ALCORE_LOG_LEVEL", help="The lowest level to log.")
    ] = LogLevel.INFO,
    log_format: Annotated[
        LogFormat,
        typer.Option(envvar="ALCORE_LOG_FORMAT", help="Log lines as text, or as one JSON object each."),
    ] = LogFormat.TEXT,
    spare: Annotated[
        bool,
        typer.Option(
            "--spare/--no-spare",
            envvar=SPARE,
            help="Start a worker before a run asks for one. Without it, a server that computes nothing takes "
            "less memory, and its first run begins some seconds later.",
        ),
    ] = True,
    anyone: Annotated[
        bool,
        typer.Option(
            "--i-know-that-anyone-can-use-it",
            help="Serve other machines, and treat every visitor as an owner.",
        ),
    ] = False,
) -> None:
    """Serve the dashboard; takes the options of `streamlit run`, such as --server.port 8600."""
    if lab and anyone:
        raise ConfigError(
            "choose --lab or --i-know-that-anyone-can-use-it: the first asks visitors who they are, the "
            "second does not"
        )
    way = Admission.LAB if lab else Admission.OPEN if anyone else Admission.LOCAL
    os.environ[ADMISSION] = way
    if data_root is not None:
        os.environ[data_roots.VARIABLE] = os.pathsep.join(str(_folder(root)) for root in data_root)
    if ray_address:
        os.environ[RAY_ADDRESS] = ray_address
    os.environ[SPARE] = "yes" if spare else "no"
    options = [*reach(context.args, way, host or []), *context.args]
    write_log(log_level, log_format)
    serve(options)


def reach(options: list[str], way: Admission, hosts: list[str]) -> list[str]:
    """Options that say where the server listens, and under which names it answers.

    Args:
        options: those that were given, of `streamlit run`.
        hosts: names beside this machine's own.
    Raises:
        ConfigError: it would be open to other machines without asking who people are.
    """
    address, added = _address_in(options), []
    if way == Admission.LOCAL:
        if address is not None and not is_loopback(address):
            raise ConfigError(
                f"listening on {address} lets other machines in; add --lab, with links from `alcore invite`, "
                "or --i-know-that-anyone-can-use-it"
            )
        names = [*LOOPBACK_HOSTS, *hosts]
    else:
        if address is None:
            added.append("--server.address=0.0.0.0")
        names = [*own_hosts(), *hosts]
    if not any(option.startswith("--server.allowedHosts") for option in options):
        added += [f"--server.allowedHosts={name}" for name in dict.fromkeys(names)]
    return added


def _address_in(options: list[str]) -> str | None:
    """The last address among options, else the environment's; None where none is said."""
    found = os.environ.get("STREAMLIT_SERVER_ADDRESS")
    for position, option in enumerate(options):
        name, _, value = option.partition("=")
        if name == "--server.address":
            found = value or (options[position + 1] if position + 1 < len(options) else "")
    return found


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise DataError(f"{path} is not a folder; --data-root names one that exists")
    return path.resolve()


def serve(options: list[str]) -> None:
    """Run `streamlit run alcore/ui/asgi/serve.py` in this process with further `options`; does not return.

    The first tab would otherwise wait a second for imports that can be done before it connects.
    """
    home = os.environ.get("ALCORE_HOME") or ".alcore"
    os.environ["ALCORE_HOME"] = str(Path(home).absolute())  # since streamlit's settings are found in the root
    make_directory(runs_directory())  # else every page would fail on a home that cannot be written
    tell("server_started", version=__version__, process=os.getpid(), admission=str(admission()))
    atexit.register(tell, "server_stopped", process=os.getpid())
    share_heaps()
    for ending in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again once it has served to the end,
        signal.signal(ending, _leave)  # and by default they would end the process before runs are put back
    os.chdir(DASHBOARD)
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web.cli import main

    # Not before streamlit is there: its plotly breaks on a numpy that another thread is just loading.
    early = threading.Timer(_SECONDS_TO_LISTEN, _import_libraries)
    early.daemon = True
    early.start()
    # Streamlit learns of st.navigation only when app.py has run once; until then a link straight to another
    # page would show the bare file from pages/.
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(PACKAGE / "ui/asgi/serve.py"), *options]
    main()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _import_libraries() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
