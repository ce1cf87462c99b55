"""What the interactive page is made of, without a browser."""

import base64
import gzip
import json

import numpy as np
import pytest

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.metrics import PATCH_IOU
from alcore.presentation.live.page import MOST_BYTES, live_page
from alcore.presentation.live.payload import Blocks, LiveRun, QueryPicture, run_payload
from alcore.runs.evidence import gather
from alcore.runs.records import RunRecords
from alcore.runs.run_store import RunStore
from alcore.statistics.resampling import interval
from alcore.study.interactive import interactive_page
from alcore.study.reader import StudyReader
from tests.conftest import ROOT, SMALL
from tests.runs.helpers import alcore


def array_of(block, data):
    kind = {"i4": "<i4", "f8": "<f8"}[block["type"]]
    return np.frombuffer(data, kind, np.prod(block["shape"]), block["offset"]).reshape(block["shape"])


@pytest.fixture
def one(small_run):
    records = RunRecords(RunStore(small_run))
    test = records[records.committed()[0]].test_defective
    return LiveRun("one", records.config, gather(records), (int((~test).sum()), int(test.sum())))


def test_sums_over_resampled_patches_give_back_their_means_without_loss(one):
    assert one.evidence.resampled is not None
    blocks = Blocks()
    payload = run_payload(one, blocks)
    sums = np.moveaxis(array_of(payload["sums"], blocks.bytes()), -1, 0)
    means = sums / np.array(payload["sizes"])[:, None]
    np.testing.assert_allclose(means, one.evidence.resampled[..., :3], rtol=1e-12, atol=1e-12)
    bounds = interval(one.evidence.curves(PATCH_IOU, 0.5).replicates)
    np.testing.assert_array_equal(array_of(payload["patch_iou"], blocks.bytes()), bounds)


def test_equal_arrays_are_kept_once_whatever_their_shape():
    blocks = Blocks()
    first = blocks.add(np.arange(6.0))
    second = blocks.add(np.arange(6.0).reshape(2, 3))
    other = blocks.add(np.arange(3, dtype=np.int32))
    assert first["offset"] == second["offset"]
    assert second["shape"] == [2, 3]
    assert other["offset"] % 8 == 0
    assert len(blocks.bytes()) == 48 + 16


def test_images_are_left_out_where_the_file_would_grow_too_large(one):
    noise = np.random.default_rng(0).bytes(250_000)
    pictures = {("random", cycle): QueryPicture(noise, "noise") for cycle in range(1, 9)}
    run = LiveRun("one", one.config, one.evidence, one.test_sizes, pictures)
    bare, full = (len(live_page("page", [each])) for each in (one, run))
    assert bare + 250_000 < full < MOST_BYTES


def test_a_run_without_a_cycle_has_no_page(tmp_path):
    RunStore.create(tmp_path / "run", make_config(SMALL))
    with pytest.raises(StoreError, match="no cycle of the run is finished"):
        interactive_page(tmp_path / "run")


def test_a_report_without_a_place_to_go_says_what_to_add(small_run):
    outcome = alcore("report", str(small_run))
    assert outcome.returncode == 2
    assert outcome.stderr == "error: say where the report goes: --out FILE.html or --out DIRECTORY\n"


def test_a_recorded_study_makes_one_file_with_all_its_cells():
    directory = ROOT / "assets/recorded/synthetic"
    page = interactive_page(directory, metric="recall", test_prevalence=0.05)
    packed = page.partition('id="page-data">')[2].partition("<")[0]
    data = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert len(data["runs"]) == len(StudyReader.open(directory).plan.cells)
    assert (data["metric"], data["test_prevalence"]) == ("recall", 0.05)
    assert data["runs"][0]["pictures"]
    assert len(page.encode()) < MOST_BYTES
