"""One browser and one server for all that is tested in a browser; each test has tabs of its own.

Its home fills up with what the tests leave there, so that a test names the run or the study that it means.
A test that kills its server, or needs one that nobody has used, starts its own with `serving`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.dashboard import CHROMIUM, chromium, serving

Served = tuple[str, Browser]
"""A server's address, and the browser to open it in."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """All are slow, and one process runs them all, for it has the server."""
    item.add_marker(pytest.mark.browser)
    item.add_marker(pytest.mark.slow)
    item.add_marker(pytest.mark.xdist_group("browser"))
    reason = "Chromium is not installed (apt-get install chromium)"
    item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason=reason))


@pytest.fixture(scope="package")
def _browser() -> Iterator[Browser]:
    # For the package, not the session: its event loop would be in the way of others in this thread.
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(_browser: Browser) -> Iterator[Browser]:
    """The browser; the test's tabs are closed behind it."""
    yield _browser
    for context in _browser.contexts:
        context.close()


@pytest.fixture(scope="package")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    home = tmp_path_factory.mktemp("served") / "home"
    with serving(home) as (address, _):
        yield address, home


@pytest.fixture
def server_home(_server: tuple[str, Path]) -> Iterator[Path]:
    """The shared server's home, which is ALCORE_HOME for the test too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALCORE_HOME", str(_server[1]))
        yield _server[1]


@pytest.fixture
def served(_server: tuple[str, Path], server_home: Path, browser: Browser) -> Served:
    """The shared server and the browser."""
    return _server[0], browser
