"""Backups of a home in which a run is made, each restored and resumed: the run must end as it does alone.

    make bench-backups
    python -m tests.benchmarks.backups --backups 6

One run after the other is made by a process of its own while backups are taken without a pause. The last line
is a row for docs/reliability.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from alcore.compute.execution import execute
from alcore.config import make_config
from alcore.storage.run_store import RunStore
from alcore.study.home_archive import back_up, restore
from tests.conftest import ROOT, SMALL, train
from tests.following import bytes_of, wait_for

_CONFIG = SMALL | {"cycles": 4, "repetitions": 2, "strategies": ["random", "entropy"]}


def main() -> None:
    """Back up, restore, resume, compare, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backups", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alcore-backups-") as folder:
        scratch = Path(folder)
        train(scratch / "alone", _CONFIG)
        expected = bytes_of(scratch / "alone")
        (scratch / "config.json").write_text(make_config(_CONFIG).to_json(), encoding="utf-8")
        seen, number = Counter[str](), 0
        while seen["backups"] < options.backups:
            number += 1
            for file in _backups_of_a_run(scratch, number, options.backups - seen["backups"]):
                seen["backups"] += 1
                records, is_equal = _resumed(file, scratch / f"again-{file.stem}", expected)
                seen.update({"unfinished": records < _records(), "other": not is_equal})
                words = "the same bytes" if is_equal else "OTHER BYTES"
                print(f"{seen['backups']:4}: {records} of {_records()} records, {words}", flush=True)
    print(
        f"| a home backed up while a run is made in it, restored, and the run resumed | {seen['backups']} | "
        f"{seen['unfinished']} in the middle of the run; {seen['other']} ended with other bytes than a run "
        f"that is left alone | `python -m tests.benchmarks.backups --backups {options.backups}` |"
    )


def _records() -> int:
    return make_config(_CONFIG).records


def _backups_of_a_run(scratch: Path, number: int, most: int) -> list[Path]:
    """Backups that were taken while a run was made, evenly over it, at most so many."""
    home = scratch / f"home-{number}"
    run = home / "runs" / "one"
    command = ["run", str(scratch / "config.json"), "--out", str(run)]
    process = subprocess.Popen(
        [sys.executable, "-m", "alcore", *command],
        cwd=ROOT,
        env=os.environ | {"ALCORE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    files: list[Path] = []
    try:
        wait_for((run / "environment.json").exists, "the run to begin", 300)
        while process.poll() is None:
            files.append(scratch / f"{number}-{len(files)}.zip")
            back_up(home, files[-1])
    finally:
        process.kill()
        process.wait()
    kept = files[:: max(1, len(files) // most)][:most]
    for file in set(files) - set(kept):
        file.unlink()
    return kept


def _resumed(file: Path, home: Path, expected: dict[str, bytes]) -> tuple[int, bool]:
    """How many records a backup holds, and whether its run ends as it should."""
    restore(file, home)
    file.unlink()
    store = RunStore(home / "runs" / "one")
    records = len(store.committed())
    execute(store)
    return records, bytes_of(store.directory) == expected


if __name__ == "__main__":
    main()
