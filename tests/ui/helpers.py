"""Pages in tests, without a browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.pace import pace


def open_page(path: str, **parameters: str) -> AppTest:
    """A page as a new tab opens it, with query parameters."""
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60 * pace())
    if path != "pages/lab.py":
        app.switch_page(path)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    """All that a page says in words."""
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(element.value for kind in kinds for element in kind)
