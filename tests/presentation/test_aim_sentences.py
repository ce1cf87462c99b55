"""A strategy that chose by one π₁ and is judged at another: every page says so."""

import gzip
import json
from base64 import b64decode

from alcore.config import make_config
from alcore.presentation.aim_sentences import aim
from alcore.presentation.live_chart.page import PageRun, live_page
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL

LOOKING = make_config(SMALL | {"strategies": ["random", "malls"], "test_prevalence": 0.02})


def test_it_is_said_where_a_prevalence_is_another():
    assert aim(LOOKING, [0.02, 0.5]).startswith("malls chose patches for the run's own π₁ = 2 %")
    assert aim(LOOKING, [0.02]) == ""
    assert aim(make_config(SMALL), [0.5]) == ""


def test_the_mailed_page_whose_slider_goes_anywhere_says_it(small_run):
    page = live_page("page", [PageRun("one", LOOKING, gather(RunRecords(RunStore(small_run))))])
    data = json.loads(gzip.decompress(b64decode(page.partition('id="page-data">')[2].partition("<")[0])))
    assert "malls chose patches for the run's own π₁ = 2 %" in data["runs"][0]["basis"]
