"""Reading on all cores: the same bytes with any reader, progress, and an end in the middle."""

import os
import signal
import subprocess
import sys
import time

import pytest

from alcore.data.collection import dataset_path
from alcore.data.importing.import_events import ImportPhase, ImportProgress, from_line
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.pace import Pace
from alcore.data.importing.side_by_side import in_order
from alcore.data.importing.source_files import FolderSource, stem, suffix
from alcore.errors import DataError
from alcore.server.processes import alcore_command, child_environment
from tests.data.helpers import folder_files, write_folder, write_zip
from tests.pace import pace

FILES = ("images.npy", "masks.npy", "items.parquet", "dataset.json")


def import_as_child(source, name):
    """As a user does: in a process without other threads, which may fork its workers."""
    command = alcore_command(
        "data", "import", str(source), f"--name={name}", "--patch=20x24", "--tile", "--json"
    )
    return subprocess.run(
        command, env=child_environment(), capture_output=True, text=True, check=False, timeout=120 * pace()
    )


@pytest.mark.slow
def test_processes_threads_and_one_worker_give_the_same_bytes(tmp_path):
    """Processes that read a zip, each on its own, and threads and one worker that read its folder."""
    files = folder_files(230)
    folder = write_folder(tmp_path / "mine", files)
    done = import_as_child(write_zip(tmp_path / "mine.zip", files), "processes")
    assert done.returncode == 0, done.stderr
    received = [from_line(line) for line in done.stdout.splitlines()]
    assert {event.phase for event in received[:-1]} == set(ImportPhase)
    for name, workers in (("threads", 3), ("alone", 1)):
        options = ImportOptions((20, 24), tile=True)
        import_dataset(folder, dataset_path(name), options=options, workers=workers)
        for file in FILES:
            mine, theirs = ((dataset_path(who) / file).read_bytes() for who in (name, "processes"))
            assert mine == theirs.replace(b'"processes"', f'"{name}"'.encode()), file


@pytest.mark.slow
def test_a_bad_file_in_the_middle_is_named_by_its_reader(tmp_path):
    files = folder_files(230) | {"images/117.png": b"no image", "images/118.png": b"nor this"}
    done = import_as_child(write_folder(tmp_path / "in", files), "bad")
    assert done.returncode == 2
    assert "images/117.png cannot be read as an image" in done.stderr
    assert "Traceback" not in done.stderr
    assert not dataset_path("bad").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="signals of a group as Linux sends them")
def test_ctrl_c_ends_an_import_with_a_sentence_and_leaves_nothing(tmp_path):
    source = write_folder(tmp_path / "in", folder_files(1500))
    command = alcore_command("data", "import", str(source), "--name=mine", "--json")
    child = subprocess.Popen(
        command,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background ignores Ctrl-C, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  one call, no lock
    )
    assert any('"reading"' in line for line in child.stdout), "it has begun to write"
    os.killpg(child.pid, signal.SIGINT)  # as a terminal sends it: to the workers too
    _, complaint = child.communicate(timeout=60 * pace())
    assert (child.returncode, complaint) == (130, "interrupted; nothing was imported\n")
    assert list(dataset_path("mine").parent.iterdir()) == []


def test_results_come_in_order_and_work_waits_until_they_are_taken(tmp_path):
    source = FolderSource(tmp_path)
    begun = []

    def work(number):
        begun.append(number)
        time.sleep(0.001 * (number % 5))
        return number

    results = in_order(work, range(1000), source, workers=4)
    assert next(results) == 0
    assert len(begun) <= 16 * 12 + 16
    results.close()
    assert len(begun) < 1000
    assert list(in_order(work, range(100), source, workers=4)) == list(range(100))


def test_what_goes_wrong_in_a_worker_is_raised_where_results_are_taken(tmp_path):
    def work(number):
        if number == 7:
            raise DataError("seven")
        return number

    with pytest.raises(DataError, match="seven"):
        list(in_order(work, range(50), FolderSource(tmp_path), workers=3))


def test_the_pace_says_what_is_left_once_it_is_known():
    received: list[ImportProgress] = []
    seconds = iter(range(100))
    pace = Pace(received.append, now=lambda: next(seconds))
    assert list(pace.over(ImportPhase.LOOKING, "abc", 3)) == ["a", "b", "c"]
    assert list(pace.over(ImportPhase.READING, "abcd", 4)) == ["a", "b", "c", "d"]
    assert [event.share for event in received] == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.3, 0.475, 0.65, 0.825, 1]
    )
    assert received[0].left is None
    assert received[2].left == pytest.approx(3 / 0.2 * 0.8)
    assert received[-1].left == 0
    assert (received[-1].done, received[-1].total) == (4, 4)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/b.tar.GZ", ("a/b.tar", ".gz")),
        ("a.b/c", ("a.b/c", "")),
        (".hidden", (".hidden", "")),
        ("a/x.", ("a/x.", "")),
        ("x.png", ("x", ".png")),
    ],
)
def test_names_and_their_suffixes(name, parts):
    assert (stem(name), suffix(name)) == parts
