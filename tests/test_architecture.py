"""The house's own rules: imports run downwards, the core knows no screen, the dashboard no torch."""

import ast
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL

FLOORS = [
    {"errors", "home", "json_object", "streams", "wording"},
    {"config", "metrics", "pools"},
    {"data"},
    {"acquisition"},
    {"learning", "statistics"},
    {"experiment", "presentation"},
    {"runs"},
    {"logs"},
    {"study"},
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


def imports_of(path: Path, *, at_module_level: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if at_module_level else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_downwards(path):
    parts = path.relative_to(ROOT / "alcore").with_suffix("").parts
    if parts == ("__init__",):
        return
    for module in imports_of(path):
        if module.startswith("alcore."):
            assert floor_of(module.split(".")[1]) <= floor_of(parts[0]), f"{path} imports {module}"
        if module.split(".")[0] == "streamlit":
            assert parts[0] == "ui" or parts == ("commands", "dashboard"), f"{path} imports streamlit"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_learning_imports_torch_at_module_level(path):
    heavy = {"torch", "torchvision", "segmentation_models_pytorch", "timm"}
    found = {module.split(".")[0] for module in imports_of(path, at_module_level=True)} & heavy
    may = "learning" in path.parts or path.name == "job_worker.py"
    assert not found or may, f"{path} imports {found}"


def test_the_dashboard_never_imports_torch(tmp_path):
    script = """
import sys
from streamlit.testing.v1 import AppTest
for page in ("samples", "compare", "study", "data", "runs", "methods", None):
    app = AppTest.from_file(f"pages/{page}.py" if page else "app.py", default_timeout=60).run()
    assert not app.exception, app.exception
heavy = {"torch", "torchvision", "segmentation_models_pytorch", "timm", "sklearn", "ray"} & set(sys.modules)
assert not heavy, heavy
import os; os._exit(0)
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_whoever_walks_a_run_leaves_torch_to_its_workers(tmp_path):
    script = f"""
import sys
from pathlib import Path
from alcore.config import make_config
from alcore.runs.crew import Crew
from alcore.runs.execution import execute
from alcore.runs.run_store import RunStore
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
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
