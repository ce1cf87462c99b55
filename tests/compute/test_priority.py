"""Who computes for the pages lets these come first."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from alcore.home import PACKAGE
from alcore.machine import NICENESS, give_way, load_per_core

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.mark.parametrize("leads", [True, False])
def test_a_child_gives_way_once_and_so_do_its_children(leads):
    with subprocess.Popen(SLEEPS, start_new_session=leads) as child:
        try:
            group = Path("/proc/self/autogroup")
            before = group.read_text() if group.exists() else ""
            give_way(child.pid)
            give_way(child.pid)
            assert os.getpriority(os.PRIO_PROCESS, child.pid) == NICENESS
            theirs = Path(f"/proc/{child.pid}/autogroup")
            if leads and before:
                assert theirs.read_text().split()[-1] == str(NICENESS)
            if before:
                assert group.read_text() == before, "the caller's session stays as it was"
        finally:
            child.kill()


def test_a_child_that_has_gone_is_no_error_and_load_is_counted():
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    give_way(child.pid)
    load = load_per_core()
    assert load is None or load >= 0


def test_whatever_starts_a_child_has_it_give_way():
    starting = {
        path
        for path in PACKAGE.rglob("*.py")
        if re.search(r"subprocess\.(Popen|run)\(", path.read_text(encoding="utf-8"))
    }
    assert {path.name for path in starting} == {"worker_process.py", "processes.py", "launch.py"}
    for path in starting - {PACKAGE / "server" / "worker_process.py"}:
        text = path.read_text(encoding="utf-8")
        assert text.count("subprocess.Popen(") == text.count("give_way("), path
    worker = (PACKAGE / "compute" / "worker.py").read_text(encoding="utf-8")
    assert "    give_way()\n" in worker, "a worker does so itself, before it has threads"
