"""Runs and homes as zip files: they come back as they were, and what was tampered with does not come in."""

import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.access.invitations import make_token
from alcore.access.roles import Role
from alcore.compute.execution import execute
from alcore.errors import AlcoreError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.server.index import RunIndex
from alcore.storage.records import npz_of
from alcore.storage.run_archive import export_run, import_run
from alcore.storage.run_store import RunStore
from alcore.study import home_archive
from alcore.study.home_archive import back_up, restore, status_of
from alcore.study.home_check import check_everything
from alcore.study.interactive import extras_of
from tests.conftest import ROOT, train
from tests.following import bytes_of

FIXTURES = ROOT / "tests" / "fixtures"


@pytest.fixture(scope="module")
def packed(tmp_path_factory, small_run):
    file = tmp_path_factory.mktemp("packed") / "run.zip"
    export_run(small_run, file, {"methods.md": b"text"})
    return file


def members_of(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(file, members, **attributes):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = attributes.get(name.rpartition("/")[2], 0o100644) << 16
            archive.writestr(info, content)
    return file


def test_a_run_comes_back_as_it_was(home, small_run, packed):
    run_id = import_run(packed, home / "runs")
    again = home / "runs" / run_id
    for path in [*(small_run / "records").iterdir(), small_run / "config.json", small_run / "metrics.csv"]:
        assert (again / path.relative_to(small_run)).read_bytes() == path.read_bytes()
    assert not (again / "methods.md").exists(), "what could say anything is left"
    assert [row.status for row in RunIndex(home).rows()] == ["finished"]
    assert check_everything(again).damaged == []


def test_what_goes_with_a_run(small_run):
    extras = extras_of(small_run)
    assert (
        "random sampling" in extras["methods.md"].decode() or "sampling on" in extras["methods.md"].decode()
    )
    assert extras["figures.html"].startswith(b"<!")


RECORD = "records/r00001-c00002-entropy.npz"


def _other_record(members):
    return dict(np.load(io.BytesIO(members[RECORD])))


def _changed(members, **changes):
    return members | {RECORD: npz_of(_other_record(members) | changes)}


TAMPERED = {
    "an absolute name": lambda m: m | {"/etc/x": b"1"},
    "a name above": lambda m: m | {"../x": b"1"},
    "a name above in a folder": lambda m: m | {"records/../../x": b"1"},
    "a name of Windows": lambda m: m | {"C:\\x": b"1"},
    "no config": lambda m: {name: value for name, value in m.items() if name != "config.json"},
    "a config that cannot be": lambda m: m | {"config.json": b'{"dataset": "synthetic", "cycles": 1e9}'},
    "a config of a longer name": lambda m: m | {"config.json": b"[" * 99_999},
    "a flipped record": lambda m: m | {RECORD: m[RECORD][:400] + b"\x00" + m[RECORD][401:]},
    "a record of nobody": lambda m: m | {"records/r00001-c00001-nobody.npz": m[RECORD]},
    "a record of no cycle": lambda m: m | {"records/r00001-c00009-entropy.npz": m[RECORD]},
    "a gap": lambda m: {name: value for name, value in m.items() if name != RECORD},
    "counts below zero": lambda m: _changed(m, counts=-_other_record(m)["counts"]),
    "counts of another shape": lambda m: _changed(m, counts=_other_record(m)["counts"][:3]),
    "counts that are texts": lambda m: _changed(m, counts=_other_record(m)["counts"].astype(str)),
    "a query of another size": lambda m: _changed(
        m, **{name: _other_record(m)[name][:2] for name in ("items", "defective", "scores")}
    ),
    "a test set of one class": lambda m: _changed(
        m, test_defective=np.ones_like(_other_record(m)["test_defective"])
    ),
    "an environment with code": lambda m: m | {"environment.json": b'{"data": {"a": 1}}'},
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_run_that_was_tampered_with_does_not_come_in(home, tmp_path, packed, how):
    file = write(tmp_path / "other.zip", TAMPERED[how](members_of(packed)))
    with pytest.raises(AlcoreError) as answer:
        import_run(file, home / "runs")
    assert "\n" not in str(answer.value)
    assert list((home / "runs").glob("*")) == []
    assert not (tmp_path / "x").exists()


def test_links_and_bombs_do_not_come_in(home, tmp_path, packed):
    link = write(tmp_path / "link.zip", members_of(packed) | {"records/link": b"/etc/passwd"}, link=0o120777)
    with pytest.raises(StoreError, match="no plain file"):
        import_run(link, home / "runs")
    bomb = write(tmp_path / "bomb.zip", members_of(packed))
    content = bytearray(bomb.read_bytes())
    at = content.index(b"PK\x01\x02") + 24  # the size that the archive's list claims for its first file
    content[at : at + 4] = (2**32 - 2).to_bytes(4, "little")
    bomb.write_bytes(content)
    with pytest.raises(AlcoreError, match=r"absurd sizes|damaged"):
        import_run(bomb, home / "runs")
    (tmp_path / "none.zip").write_bytes(b"PK")
    with pytest.raises(AlcoreError, match="damaged"):
        import_run(tmp_path / "none.zip", home / "runs")


def test_a_home_is_backed_up_without_its_key_and_restored(home, tmp_path, small_run):
    shutil.copytree(small_run, home / "runs" / "one")
    RunIndex(home).rename("one", "my run")
    make_token(home, Role.OWNER, hours=1)
    files, size = back_up(home, tmp_path / "home.zip")
    assert size == (tmp_path / "home.zip").stat().st_size
    assert "access.key" not in members_of(tmp_path / "home.zip")
    assert restore(tmp_path / "home.zip", tmp_path / "again") == (files, [])
    assert [row.name for row in RunIndex(tmp_path / "again").rows()] == ["my run"]
    assert len(RunStore(tmp_path / "again" / "runs" / "one").committed()) == 9
    with pytest.raises(StoreError, match="not empty"):
        restore(tmp_path / "home.zip", tmp_path / "again")


def test_a_backup_leaves_out_what_goes_while_it_reads(home, tmp_path, monkeypatch):
    (home / "runs").mkdir(parents=True)
    (home / "logs").mkdir()
    for name in ("a.log", "b.log", "c.log"):
        (home / "logs" / name).write_text(name)
    written = home_archive.write_zip

    def write_slowly(file, members):
        def slowly():
            for name, content in members:
                yield name, content
                (home / "logs" / "b.log").unlink(missing_ok=True)

        return written(file, slowly())

    monkeypatch.setattr(home_archive, "write_zip", write_slowly)
    back_up(home, tmp_path / "home.zip")
    assert set(members_of(tmp_path / "home.zip")) == {"logs/a.log", "logs/c.log", "manifest.json"}
    assert restore(tmp_path / "home.zip", tmp_path / "again").files == 2
    assert {path.name for path in home.iterdir()} == {"runs", "logs"}, "nothing is left behind"


def test_a_backup_takes_no_more_memory_for_a_large_file(home, tmp_path):
    (home / "datasets" / "large").mkdir(parents=True)
    (home / "runs").mkdir()
    with (home / "datasets" / "large" / "images.npy").open("wb") as file:
        file.truncate(64 * 2**20)
    tracemalloc.start()
    try:
        back_up(home, tmp_path / "home.zip")
        restore(tmp_path / "home.zip", tmp_path / "again")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 * 2**20
    assert (tmp_path / "again" / "datasets" / "large" / "images.npy").stat().st_size == 64 * 2**20


def test_a_run_that_had_only_begun_can_be_resumed_from_a_backup(home, tmp_path, small):
    RunStore.create(home / "runs" / "one", small)
    back_up(home, tmp_path / "home.zip")
    restore(tmp_path / "home.zip", tmp_path / "again")
    store = RunStore(tmp_path / "again" / "runs" / "one")
    store.commit(CycleKey(1, 1, "random"), b"record", weights=b"weights")
    assert len(store.committed()) == 1


def test_what_a_killed_backup_left_goes_with_the_next_one(home, tmp_path):
    (home / "runs").mkdir(parents=True)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    living, left = (home / f".partial-backup-{process}-x" for process in (os.getpid(), dead.pid))
    living.mkdir()
    left.mkdir()
    assert back_up(home, tmp_path / "home.zip")[0] == 0
    assert living.exists()
    assert not left.exists()


@pytest.mark.slow
def test_backups_of_a_run_that_goes_on_end_with_the_same_bytes(home, tmp_path, small, small_run):
    """Three, at moments of the run's own choosing; `make bench-backups` makes hundreds."""
    backups = []
    with pytest.MonkeyPatch.context() as patched:
        commit = RunStore.commit

        def commit_and_back_up(store, key, record, *, weights=b""):
            commit(store, key, record, weights=weights)
            if (key.cycle, key.strategy) in ((1, "random"), (2, "entropy"), (3, "random")):
                backups.append(tmp_path / f"{key.stem}.zip")
                back_up(home, backups[-1])

        patched.setattr(RunStore, "commit", commit_and_back_up)
        train(home / "runs" / "one", small)
    assert len(backups) == 3
    for file in backups:
        restore(file, tmp_path / file.stem)
        run = tmp_path / file.stem / "runs" / "one"
        assert len(RunStore(run).committed()) < 9
        execute(RunStore(run))
        assert bytes_of(run) == bytes_of(small_run)


def test_a_backup_that_was_changed_is_not_restored(home, tmp_path, small_run):
    shutil.copytree(small_run, home / "runs" / "one")
    back_up(home, tmp_path / "home.zip")
    members = members_of(tmp_path / "home.zip")
    other = write(tmp_path / "other.zip", members | {"runs/one/config.json": b"{}"})
    with pytest.raises(StoreError, match=r"runs/one/config\.json is not what was backed up"):
        restore(other, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    with pytest.raises(StoreError, match="no backup"):
        restore(write(tmp_path / "bare.zip", {"a": b""}), tmp_path / "again")


def forged(home, tmp_path, **extra):
    """A backup to which files were added, with their checksums."""
    (home / "runs").mkdir(parents=True, exist_ok=True)
    back_up(home, tmp_path / "home.zip")
    members = members_of(tmp_path / "home.zip")
    manifest = json.loads(members["manifest.json"])
    manifest["files"] |= {name: hashlib.sha256(content).hexdigest() for name, content in extra.items()}
    return write(tmp_path / "forged.zip", members | extra | {"manifest.json": json.dumps(manifest).encode()})


@pytest.mark.parametrize(
    "name", ["access.key", "./access.key", "Access.Key", "server.json", "live/a/config.json"]
)
def test_a_forged_backup_brings_in_nothing_that_a_backup_leaves_out(home, tmp_path, name):
    restored = restore(forged(home, tmp_path, **{name: b"k" * 32}), tmp_path / "again", with_access=True)
    assert restored == (0, [])
    assert {path.name for path in (tmp_path / "again").iterdir()} == {"runs", "datasets", "studies"}


def test_who_may_come_in_is_restored_only_where_that_is_asked_for(home, tmp_path):
    home.mkdir(parents=True)
    for name in ("access.json", "limits.json", "audit.jsonl"):
        (home / name).write_text("{}")
    file = forged(home, tmp_path)
    answer = CliRunner().invoke(app, ["restore", str(file), "--home", str(tmp_path / "again")])
    assert "left in the backup: access.json, limits.json; --with-access" in answer.output
    assert not list((tmp_path / "again").glob("*s.json"))
    umask = os.umask(0)
    try:
        answer = CliRunner().invoke(
            app, ["restore", str(file), "--home", str(tmp_path / "all"), "--with-access"]
        )
    finally:
        os.umask(umask)
    assert "3 files restored" in answer.output
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "all").iterdir()
        if path.is_file()
    }
    assert modes == dict.fromkeys(("access.json", "limits.json", "audit.jsonl"), 0o600)
    assert stat.S_IMODE((tmp_path / "all" / "runs").stat().st_mode) == 0o755


def test_status_says_what_there_is(home, small_run):
    shutil.copytree(small_run, home / "runs" / "one")
    answer = status_of(home)
    assert answer["runs"] == {"finished": 1}
    assert answer["holder"] is None
    assert answer["bytes"] > 10_000
    printed = CliRunner().invoke(app, ["status", "--json"]).output
    assert json.loads(printed)["runs"] == {"finished": 1}
    assert "runs: 1 finished" in CliRunner().invoke(app, ["status"]).output


def test_the_command_line_packs_and_unpacks(home, tmp_path, small_run):
    out = tmp_path / "run.zip"
    assert CliRunner().invoke(app, ["export-run", str(small_run), "--out", str(out)]).exit_code == 0
    assert {"figures.html", "methods.md"} <= set(members_of(out))
    answer = CliRunner().invoke(app, ["import-run", str(out), "--name", "theirs"])
    assert answer.exit_code == 0
    (row,) = RunIndex(home).rows()
    assert (row.id, row.name) == (answer.output.strip(), "theirs")


def test_a_home_of_this_version_opens_for_ever(tmp_path, monkeypatch):
    """The fixture is never made again: every later version reads it, or says which version it needs."""
    from tests.test_damaged_home import read_all

    home = tmp_path / "old"
    restore(FIXTURES / "home-0.1.zip", home)
    monkeypatch.setenv("ALCORE_HOME", str(home))
    answer = read_all(home)
    assert {
        "run",
        "data/tiles",
        "data/mine",
        "study/grid",
        "results/grid",
        "study/logs: theirs",
    } <= answer.keys()
    assert not [value for value in answer.values() if isinstance(value, AlcoreError)]
    assert answer["list"] == ["my run"]
    assert len([name for name in answer if name.startswith("record/")]) == 9
