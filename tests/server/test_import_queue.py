import io
import signal
import subprocess
import sys

import pytest

from alcore.data.collection import dataset_names, open_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.stored import StoredPatches
from alcore.errors import DataError
from alcore.server.import_queue import ImportQueue
from alcore.server.manager import RunManager
from alcore.server.uploads import drop_folder, open_folder
from tests.conftest import ROOT
from tests.data.helpers import folder_files, write_folder, write_zip
from tests.following import wait_for


@pytest.fixture
def queue(home):
    queue = ImportQueue(home)
    yield queue
    queue.close()


def test_an_upload_becomes_a_data_set_and_leaves_nothing_else(queue, home, tmp_path):
    with write_zip(tmp_path / "in.zip", folder_files()).open("rb") as file:
        job = queue.take("mine", file, ImportOptions(patch=(40, 48), tile=None))
    wait_for(lambda: job.state != "running", "the import")
    assert (job.state, job.message.split(":")[0]) == ("finished", "mine"), job.message
    assert "mine" in dataset_names()
    assert list((home / "uploads").iterdir()) == []


def test_an_upload_that_cannot_be_used_is_one_sentence(queue, home, tmp_path):
    (tmp_path / "in.zip").write_bytes(b"PK\x03\x04 and then the line broke")
    with (tmp_path / "in.zip").open("rb") as file:
        job = queue.take("mine", file, ImportOptions(tile=None))
    wait_for(lambda: job.state != "running", "the refusal")
    assert job.state == "failed"
    assert "\n" not in job.message
    assert "Traceback" not in job.message
    assert dataset_names() == ["synthetic"]
    assert list((home / "uploads").iterdir()) == []


def test_an_import_ends_where_it_takes_more_room_than_its_owner_has(queue, home, tmp_path):
    with write_zip(tmp_path / "in.zip", folder_files()).open("rb") as file:
        job = queue.take("mine", file, ImportOptions(patch=(40, 48), tile=None), owner="ben", room=1000)
    wait_for(lambda: job.state != "running", "its end")
    assert (job.state, job.owner) == ("failed", "ben")
    assert "left in the home of this server; delete runs" in job.message
    assert dataset_names() == ["synthetic"]
    assert list((home / "uploads").iterdir()) == []


def test_a_server_that_ends_leaves_no_half_import(queue, home, tmp_path):
    with write_zip(tmp_path / "in.zip", folder_files(300)).open("rb") as file:
        job = queue.take("mine", file, ImportOptions(tile=None))
    wait_for(lambda: job.child or job.state != "running", "the child")
    queue.close()
    wait_for(lambda: job.state != "running", "its end")
    if job.state == "failed":
        assert dataset_names() == ["synthetic"]


@pytest.mark.slow
def test_cancelling_ends_the_import_under_way_and_the_one_that_waits(queue, home, tmp_path):
    archive = write_zip(tmp_path / "in.zip", folder_files(3000))
    jobs = []
    for name in ("first", "second"):
        with archive.open("rb") as file:
            jobs.append(queue.take(name, file, ImportOptions(tile=None)))
    first, second = jobs
    wait_for(lambda: first.progress is not None and first.progress.done > 0, "progress")
    assert 0 < first.progress.total <= 3000
    queue.cancel(second)
    queue.cancel(first)
    queue.cancel(first)
    wait_for(lambda: list((home / "uploads").iterdir()) == [], "both to be cleared away")
    assert [(job.state, job.message) for job in jobs] == [
        ("cancelled", "cancelled; nothing was imported")
    ] * 2
    assert dataset_names() == ["synthetic"]
    assert not list((home / "datasets").glob(".*"))


def preview(queue, tmp_path, files):
    with write_zip(tmp_path / "in.zip", files).open("rb") as file:
        job = queue.take("mine", file, ImportOptions(patch=(40, 48), tile=None), is_preview=True)
    wait_for(lambda: job.state != "running", "the preview")
    return job


@pytest.mark.slow
def test_a_preview_is_kept_or_dropped_whole(queue, home, tmp_path):
    files = folder_files() | {"images/007.png": b"no image"}
    job = preview(queue, tmp_path, files)
    assert job.state == "previewed", job.message
    assert dataset_names() == ["synthetic"]
    assert (job.ended.patches, list(job.ended.skipped)) == (29, ["images/007.png"])
    assert job.ended.warnings
    assert job.ended.patch_sizes()
    assert StoredPatches(job.place).defective.sum() == 10
    queue.keep(job)
    queue.keep(job)
    assert job.state == "finished"
    assert open_dataset("mine").info.patches == 29
    with pytest.raises(DataError, match="exists"):
        queue.take("mine", tmp_path, ImportOptions(), is_preview=True)
    assert list((home / "uploads").iterdir()) == []


@pytest.mark.slow
def test_a_folder_is_uploaded_as_its_files_and_dropped_after_a_preview(queue, home):
    files = {f"my export/{name}": io.BytesIO(content) for name, content in folder_files().items()}
    job = queue.take("mine", files, ImportOptions(patch=(40, 48), tile=None), is_preview=True)
    wait_for(lambda: job.state != "running", "the preview")
    assert job.state == "previewed", job.message
    assert StoredPatches(job.place).info.patches == 30
    queue.cancel(job)
    assert job.state == "cancelled"
    assert dataset_names() == ["synthetic"]
    assert list((home / "uploads").iterdir()) == []


@pytest.mark.slow
def test_a_folder_on_this_machine_is_read_where_it_lies_and_names_of_uploads_are_checked(queue, tmp_path):
    source = write_folder(tmp_path / "in", folder_files())
    job = queue.take("mine", source, ImportOptions(patch=(40, 48), tile=None))
    bad = queue.take("bad", {"../../evil.png": io.BytesIO(b"x")}, ImportOptions())
    wait_for(lambda: job.state != "running" and bad.state != "running", "both")
    assert job.state == "finished", job.message
    assert len(list(source.rglob("*.png"))) == 60
    assert "a path that leaves it" in bad.message


def test_what_a_killed_server_left_is_swept_and_what_a_living_one_works_on_is_not(queue, home, tmp_path):
    left = home / "uploads" / "left"
    (left / "home" / "datasets" / "half").mkdir(parents=True)
    (left / "upload.zip").write_bytes(b"half of it")
    mine = home / "uploads" / "mine"
    open_folder(mine)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(home / "uploads" / "killed")], cwd=ROOT, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert (home / "uploads" / "killed" / ".lock").exists()
    elsewhere = tmp_path / "other home" / "uploads" / "theirs"
    elsewhere.mkdir(parents=True)
    RunManager(home).close()
    assert [path.name for path in (home / "uploads").iterdir()] == ["mine"]
    assert elsewhere.exists()
    drop_folder(mine)
    assert list((home / "uploads").iterdir()) == []


KILLED = """
import os, pathlib, signal, sys
from alcore.server.uploads import open_folder
open_folder(pathlib.Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_that_looks_on_sweeps_nothing(home):
    holder = RunManager(home)
    try:
        (home / "uploads" / "theirs").mkdir(parents=True)
        RunManager(home).close()
        assert (home / "uploads" / "theirs").exists()
    finally:
        holder.close()
