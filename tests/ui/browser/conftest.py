"""One browser and one server for all that is tested in a browser; each test has tabs of its own.

Its home fills up with what the tests leave there, so that a test names the run or the study that it means.
A test that kills its server, or needs one that nobody has used, starts its own with `serving`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from tests.dashboard import CHROMIUM, LITTLE, chromium, serving
from tests.data.helpers import folder_files, write_folder
from tests.shared import made_once

PROJECTOR = {"width": 1280, "height": 720}
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


@pytest.fixture(scope="session")
def little_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the data set `LITTLE` and nothing else; to be copied."""
    return made_once(tmp_path_factory, "little-home", _make_little_home)


def _make_little_home(home: Path) -> None:
    folder = write_folder(home / "images", folder_files(600))
    import_dataset(folder, home / "datasets" / LITTLE, options=ImportOptions((32, 32)))
    shutil.rmtree(folder)


@pytest.fixture(scope="package")
def _server(tmp_path_factory: pytest.TempPathFactory, little_home: Path) -> Iterator[tuple[str, Path]]:
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(little_home, home)
    with serving(home) as (address, _):
        yield address, home


@pytest.fixture
def server_home(_server: tuple[str, Path]) -> Iterator[Path]:
    """The shared server's home, which is ALCORE_HOME for the test too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALCORE_HOME", str(_server[1]))
        yield _server[1]


@pytest.fixture
def own(tmp_path: Path, little_home: Path, browser: Browser) -> Iterator[tuple[str, Page]]:
    """A server that nobody has used, and a tab as large as a projector's picture.

    Its runs compute until it ends, and which run a page shows at first depends on those that there are.
    """
    shutil.copytree(little_home, tmp_path / "served")
    with serving(tmp_path / "served") as (address, _):
        yield address, browser.new_page(viewport=PROJECTOR)


@pytest.fixture
def served(_server: tuple[str, Path], server_home: Path, browser: Browser) -> Served:
    """The shared server and the browser."""
    return _server[0], browser
