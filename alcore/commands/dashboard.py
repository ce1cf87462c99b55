"""Starting the dashboard's server, with the pages' libraries loading while the browser opens."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from pathlib import Path

import typer

from alcore.home import DASHBOARD, runs_directory
from alcore.runs.files import make_directory

_LIBRARIES = (
    "pandas",
    "scipy.special",
    "PIL.Image",
    "alcore.runs.tables",
    "alcore.presentation.figures.learning_curves",
    "alcore.runs.evidence",
    "alcore.runs.manager",
)
_SECONDS_TO_LISTEN = 0.3  # imports any sooner would only make the server's own wait


def dashboard(context: typer.Context) -> None:
    """Serve the dashboard; takes the options of `streamlit run`, such as --server.port 8600."""
    serve(context.args)


def serve(options: list[str]) -> None:
    """Run `streamlit run app.py` in this process with further `options`; does not return.

    The first tab would otherwise wait a second for imports that can be done before it connects.
    """
    home = os.environ.get("ALCORE_HOME") or ".alcore"
    os.environ["ALCORE_HOME"] = str(Path(home).absolute())  # since streamlit's settings are found in the root
    make_directory(runs_directory())  # else every page would fail on a home that cannot be written
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
    sys.argv = ["streamlit", "run", "app.py", *options]
    main()


def _import_libraries() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
