"""A data set deleted and imported again under its name is the new one, in every cache of the pages."""

import ast
import shutil

import pytest

from alcore.config import make_config
from alcore.data.collection import dataset_path, delete_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.experiment.repetition import draw_repetition
from alcore.server.index import RunIndex
from tests.conftest import ROOT
from tests.data.helpers import folder_files, write_folder
from tests.ui.helpers import open_page, texts

Functions = dict[str, list[ast.FunctionDef]]

_OPENING = {"dataset", "run_dataset", "open_dataset", "data_of_run"}
"""What gives a page a data set, or what is made of one."""
_KEYED_BY_FILES = {"_dataset"}
"""The one cache of open data sets, by when the set's description was written; all others build on it."""


def functions() -> Functions:
    """All functions of the pages by name."""
    found: Functions = {}
    for path in (ROOT / "alcore" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                node.place = f"{path.relative_to(ROOT)}:{node.name}"
                node.module = path
                found.setdefault(node.name, []).append(node)
    return found


def is_cached(function: ast.FunctionDef) -> bool:
    return any("cache" in ast.unparse(decorator) for decorator in function.decorator_list)


def looks_into_data(function: ast.FunctionDef, known: Functions, seen: set[str]) -> bool:
    """Whether it opens a data set, or calls something of its own module, or shared, that does."""
    called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    if called & _OPENING:
        return True
    for name in called - seen:
        seen.add(name)
        own = [other for other in known.get(name, []) if other.module == function.module]
        if any(looks_into_data(other, known, seen) for other in own or known.get(name, [])):
            return True
    return False


def test_every_cache_of_what_a_data_set_holds_is_keyed_by_its_fingerprint():
    known = functions()
    cached = [one for all_of_a_name in known.values() for one in all_of_a_name if is_cached(one)]
    cached = [one for one in cached if one.name not in _KEYED_BY_FILES]
    looking = [one for one in cached if looks_into_data(one, known, set())]
    assert len(looking) >= 12
    without = [one.place for one in looking if "fingerprint" not in {arg.arg for arg in one.args.args}]
    assert not without, f"{without} would show a data set that is gone"


@pytest.fixture
def again(tmp_path):
    """Import a data set called mine, with other pixels each time."""

    def import_one(count: int) -> None:
        folder = write_folder(tmp_path / str(count), folder_files(count))
        import_dataset(folder, dataset_path("mine"), options=ImportOptions((32, 32)))

    return import_one


def test_the_mosaic_of_a_pool_is_that_of_the_set_that_is_there(home, again):
    from alcore.ui.lab.preview import _pool_mosaic
    from alcore.ui.session import dataset

    config = make_config({"dataset": "mine", "pool_size": 8, "query_size": 2, "cycles": 2, "test_size": 4})

    def mosaic() -> bytes:
        patches = dataset("mine")
        drawn = draw_repetition(config.model_copy(update={"pool_prevalence": 0.5}), patches, 1)
        return _pool_mosaic("mine", patches.fingerprint, 8, 0.5, 0, _drawn=drawn)[0]

    again(40)
    before = mosaic()
    delete_dataset("mine")
    again(60)
    assert mosaic() != before


def test_images_of_a_run_whose_set_was_replaced_are_gone_from_every_view(home, small_run):
    directory = home / "runs" / "mine-run"
    shutil.copytree(small_run, directory)
    RunIndex(home)
    views = ("Chosen patches", "Watch the model learn")
    for view in views:
        assert "replaced" not in texts(open_page("pages/samples.py", run="mine-run", samples_view=view))
    file = directory / "environment.json"
    file.write_text(file.read_text().replace('"data": "', '"data": "other'))
    for view in views:
        app = open_page("pages/samples.py", run="mine-run", samples_view=view)
        assert "has been replaced since this run" in texts(app), view
