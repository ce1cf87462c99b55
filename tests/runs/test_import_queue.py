import pytest

from alcore.data.collection import dataset_names
from alcore.runs.import_queue import ImportQueue
from tests.data.helpers import folder_files, write_zip
from tests.runs.helpers import wait_for


@pytest.fixture
def queue(home):
    queue = ImportQueue(home)
    yield queue
    queue.close()


def test_an_upload_becomes_a_data_set_and_leaves_nothing_else(queue, home, tmp_path):
    with write_zip(tmp_path / "in.zip", folder_files()).open("rb") as file:
        job = queue.upload("mine", file, ["--patch=40x48"])
    wait_for(lambda: job.state != "running", "the import")
    assert (job.state, job.message.split(":")[0]) == ("finished", "mine"), job.message
    assert "mine" in dataset_names()
    assert list((home / "uploads").iterdir()) == []


def test_an_upload_that_cannot_be_used_is_one_sentence(queue, home, tmp_path):
    (tmp_path / "in.zip").write_bytes(b"PK\x03\x04 and then the line broke")
    with (tmp_path / "in.zip").open("rb") as file:
        job = queue.upload("mine", file, [])
    wait_for(lambda: job.state != "running", "the refusal")
    assert job.state == "failed"
    assert "\n" not in job.message
    assert "Traceback" not in job.message
    assert dataset_names() == ["synthetic"]
    assert list((home / "uploads").iterdir()) == []


def test_a_server_that_ends_leaves_no_half_import(queue, home, tmp_path):
    with write_zip(tmp_path / "in.zip", folder_files(300)).open("rb") as file:
        job = queue.upload("mine", file, [])
    wait_for(lambda: queue._children or job.state != "running", "the child")
    queue.close()
    wait_for(lambda: job.state != "running", "its end")
    if job.state == "failed":
        assert dataset_names() == ["synthetic"]
