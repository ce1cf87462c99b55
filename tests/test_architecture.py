"""The house's own rules: imports run downwards, the core knows no screen, the dashboard no torch."""

import ast
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL
from tests.pace import pace

FLOORS = [
    {
        "errors",
        "event_lines",
        "event_log",
        "home",
        "home_files",
        "json_object",
        "machine",
        "streams",
        "wording",
    },
    {"access", "config", "metrics", "model_rules", "pools", "thresholds"},
    {"data"},
    {"acquisition"},
    {"learning", "statistics"},
    {"experiment", "presentation"},
    {"storage"},
    {"compute"},
    {"server"},
    {"logs"},
    {"study", "campaign"},
    {"ui", "commands"},
    {"__main__"},
]
"""From the ground up; a module may import from its own floor and those below."""

MODULES = sorted((ROOT / "alcore").rglob("*.py"))


def test_no_two_modules_share_a_name():
    names = Counter(
        path.stem
        for path in MODULES
        if path.stem != "__init__" and path.relative_to(ROOT / "alcore").parts[0] != "commands"
    )
    assert not [name for name, count in names.items() if count > 1]


def floor_of(name: str) -> int:
    return next(level for level, names in enumerate(FLOORS) if name in names)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def room_of(path: Path) -> tuple[str, ...]:
    """Where a module lies: ('ui', 'lab', 'charts')."""
    return path.relative_to(ROOT / "alcore").with_suffix("").parts


def imports_of(path: Path, *, at_module_level: bool = False) -> set[str]:
    tree = parsed(path)
    nodes = tree.body if at_module_level else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_imports_run_downwards():
    """Each arrow against the direction is listed, not only the first."""
    wrong = []
    for path in MODULES:
        parts = room_of(path)
        if parts == ("__init__",):
            continue
        for module in sorted(imports_of(path)):
            upward = module.startswith("alcore.") and floor_of(module.split(".")[1]) > floor_of(parts[0])
            screen = module.split(".")[0] == "streamlit"
            if upward or (screen and parts[0] != "ui" and parts != ("commands", "dashboard")):
                wrong.append(f"{'.'.join(parts)} imports {module}")
    assert not wrong


def test_no_two_rooms_import_each_other():
    """Arrows between modules of one floor must not close a circle either."""
    arrows = {
        ".".join(("alcore", *room_of(path))): {m for m in imports_of(path) if m.startswith("alcore.")}
        for path in MODULES
    }
    mutual = {
        tuple(sorted((here, there)))
        for here, found in arrows.items()
        for there in found
        if here in arrows.get(there, ())
    }
    assert not mutual


def test_what_pages_share_knows_no_page():
    """A folder in `ui/` belongs to one page: neither shared modules nor another page may import it."""
    ui = ROOT / "alcore" / "ui"
    pages = {path.name for path in ui.iterdir() if (path / "__init__.py").exists()}
    wrong = []
    for path in sorted(ui.rglob("*.py")):
        here = room_of(path)[1] if len(room_of(path)) > 2 else None
        names = {module.split(".")[2] for module in imports_of(path) if module.startswith("alcore.ui.")}
        wrong += [f"{'.'.join(room_of(path))} imports of {name}" for name in names & (pages - {here})]
    assert not wrong


CHANGING_METHODS = {
    *("submit", "resume", "command", "request_ceiling", "delete", "rename", "annotate", "set_status"),
    *("take", "cancel", "ask_to_stop", "withdraw_stop", "commit", "unlink", "rmtree"),
}
CHANGING_FUNCTIONS = {
    *("launch", "measure_plan", "delete_dataset", "make_surfaces", "import_logs", "delete_run"),
    *("rename_dataset", "note_about", "write_pool"),
    *("write_text", "write_bytes", "write_whole", "rmtree"),
}
"""What changes something in the home, as pages would call it."""
DOORS = ("acting", "acting_on_data")
PAGES = [*(ROOT / "alcore" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]


def test_pages_change_the_home_through_one_door():
    """What somebody does is allowed and noted there; nothing else in the pages changes anything."""
    found = {path.stem: changes_in(parsed(path)) for path in PAGES if path.stem not in DOORS}
    assert not {page: calls for page, calls in found.items() if calls}


def changes_in(tree: ast.Module) -> set[str]:
    """What a page calls that changes the home."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    of_tables = {  # pandas renames columns, and nothing else
        node.func
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and {word.arg for word in node.keywords} == {"columns"}
    }
    methods = {node.attr for node in calls if node not in of_tables and ast.unparse(node.value) not in DOORS}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    functions = {alias.name for node in imports for alias in node.names}
    return (methods & CHANGING_METHODS) | (functions & CHANGING_FUNCTIONS)


def test_every_page_asks_who_it_is_before_it_does_anything():
    """Streamlit may open a file of pages/ without app.py, so each goes through the entrance by itself."""
    allowed = (ast.Import, ast.ImportFrom, ast.Expr, ast.FunctionDef, ast.Assign)
    for path in sorted((ROOT / "pages").glob("*.py")):
        body = parsed(path).body
        done = [ast.unparse(node.value) for node in body if isinstance(node, ast.Expr)][1:]
        assert len(done) == 1, path
        assert done[0].startswith("entrance.show("), path
        assert all(isinstance(node, allowed) for node in body), path


def test_every_part_of_a_page_that_is_drawn_alone_asks_who_it_is():
    """Fragments and dialogs are drawn without their page, so `entrance` makes all of them."""
    alone = {"fragment", "dialog", "experimental_fragment", "experimental_dialog"}
    made = {path.stem: names_of(parsed(path), "st") & alone for path in PAGES}
    assert made.pop("entrance") == {"fragment", "dialog"}
    assert not {page: found for page, found in made.items() if found}
    from_streamlit = {path.stem for path in PAGES if "streamlit" in imported_from(parsed(path))}
    assert not from_streamlit, "`from streamlit import fragment` would not be seen"


def names_of(tree: ast.Module, module: str) -> set[str]:
    """Attributes that are taken of a module, called or not."""
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {node.attr for node in taken if ast.unparse(node.value) == module}


def imported_from(tree: ast.Module) -> set[str]:
    """Modules that names are imported from."""
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_only_learning_imports_torch_at_module_level():
    heavy = {"torch", "torchvision", "segmentation_models_pytorch", "timm"}
    found = {path: imports_of(path, at_module_level=True) for path in MODULES}
    wrong = [
        path.name
        for path, modules in found.items()
        if {module.split(".")[0] for module in modules} & heavy
        and not ("learning" in path.parts or path.name == "job_worker.py")
    ]
    assert not wrong


def test_the_dashboard_never_imports_torch(tmp_path):
    script = """
import sys
from streamlit.testing.v1 import AppTest
for page in ("samples", "compare", "meter", "decide", "study", "data", "runs", "methods", None):
    app = AppTest.from_file(f"pages/{page}.py" if page else "app.py", default_timeout=60).run()
    assert not app.exception, app.exception
heavy = {"torch", "torchvision", "segmentation_models_pytorch", "timm", "sklearn", "ray"} & set(sys.modules)
assert not heavy, heavy
import os; os._exit(0)
"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120 * pace(),
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_the_walker_of_a_run_leaves_torch_to_its_workers(tmp_path):
    script = f"""
import sys
from pathlib import Path
from alcore.config import make_config
from alcore.compute.crew import Crew
from alcore.compute.execution import execute
from alcore.storage.run_store import RunStore
if __name__ == "__main__":
    with Crew.of_processes(2) as crew:
        execute(RunStore.create(Path({str(tmp_path / "run")!r}), make_config({SMALL!r})), crew=crew)
    assert "torch" not in sys.modules
"""
    (tmp_path / "walk.py").write_text(script)
    result = subprocess.run(
        [sys.executable, str(tmp_path / "walk.py")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120 * pace(),
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_every_cache_of_a_page_is_bounded():
    """One that grows with visitors would fill the server; what takes no argument is one object."""
    unbounded = []
    for path in (ROOT / "alcore" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            caches = [one for one in node.decorator_list if "cache_" in ast.unparse(one)]
            is_one = not (node.args.args or node.args.kwonlyargs)
            if caches and not is_one and "max_entries" not in ast.unparse(caches[0]):
                unbounded.append(f"{path.name}: {node.name}")
    assert not unbounded
