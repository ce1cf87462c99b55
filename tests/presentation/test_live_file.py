"""What the interactive page is made of, without a browser."""

import base64
import gzip
import json

import numpy as np
import pytest

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.presentation.live_chart.page import MOST_BYTES, PageRun, QueryPicture, live_page
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.study.interactive import interactive_page
from alcore.study.reader import StudyReader
from tests.conftest import ROOT, SMALL
from tests.following import alcore


@pytest.fixture
def one(small_run):
    records = RunRecords(RunStore(small_run))
    return PageRun("one", records.config, gather(records))


def test_images_are_left_out_where_the_file_would_grow_too_large(one):
    noise = np.random.default_rng(0).bytes(250_000)
    pictures = {("random", cycle): QueryPicture(noise, "noise") for cycle in range(1, 9)}
    run = PageRun("one", one.config, one.evidence, pictures)
    bare, full = (len(live_page("page", [each])) for each in (one, run))
    assert bare + 250_000 < full < MOST_BYTES


def test_a_run_without_a_cycle_has_no_page(tmp_path):
    RunStore.create(tmp_path / "run", make_config(SMALL))
    with pytest.raises(StoreError, match="no cycle of the run is finished"):
        interactive_page(tmp_path / "run")


def test_a_report_of_a_run_names_the_file_that_a_run_can_have(small_run):
    outcome = alcore("report", str(small_run))
    assert outcome.returncode == 2
    assert f"alcore report {small_run} --interactive\n" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_report_without_a_place_to_go_says_what_to_add():
    outcome = alcore("report", str(ROOT / "assets/recorded/synthetic"))
    assert outcome.returncode == 2
    assert outcome.stderr == "error: name the report's destination: --out FILE.html or --out DIRECTORY\n"


def test_a_recorded_study_makes_one_file_with_all_its_cells():
    directory = ROOT / "assets/recorded/synthetic"
    page = interactive_page(directory, metric="recall", test_prevalence=0.05)
    packed = page.partition('id="page-data">')[2].partition("<")[0]
    data = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert len(data["runs"]) == len(StudyReader.open(directory).plan.cells)
    for run in data["runs"]:
        assert (run["curves"]["metric"], run["curves"]["test_prevalence"]) == ("recall", 0.05)
    assert list(data["weights"]) == ["5"], "those of five repetitions travel once for all cells"
    assert data["runs"][0]["pictures"]
    assert len(page.encode()) < MOST_BYTES
