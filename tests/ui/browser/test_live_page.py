"""The interactive page in a real browser: opened from disk, and its numbers against Python's."""

import base64
import shutil

import numpy as np
import pytest
from playwright.sync_api import expect

from alcore.config import make_config
from alcore.metrics import ALL_METRICS, class_means
from alcore.presentation.live import page as live
from alcore.presentation.live.payload import Blocks, LiveRun, run_payload
from alcore.runs.evidence import gather, make_evidence
from alcore.runs.index import RunIndex
from alcore.runs.records import RunRecords
from alcore.runs.run_store import RunStore
from alcore.statistics.comparison import curve_frame
from alcore.statistics.resampling import patch_replicates
from tests.conftest import ROOT, SMALL
from tests.dashboard import SECONDS
from tests.runs.helpers import alcore

_SCRIPT = (ROOT / "alcore/presentation/live/estimands.js").read_text(encoding="utf-8")
_CYCLES = 3

_IN_BROWSER = """([run, arrays, metric, prevalence]) => {
  const buffer = Uint8Array.from(atob(arrays), (sign) => sign.charCodeAt(0)).buffer;
  return Estimands.curves(run, buffer, metric, prevalence);
}"""


def random_run(seed):
    """A run whose models predict nothing in some places, so that metrics are undefined there."""
    rng = np.random.default_rng(seed)
    repetitions, clean, bad = int(rng.integers(1, 6)), int(rng.integers(3, 40)), int(rng.integers(1, 8))
    config = make_config(SMALL | {"cycles": _CYCLES})
    shape = (repetitions, len(config.strategies), _CYCLES)
    defective = np.arange(clean + bad) >= clean
    pixels = rng.integers(1, 60, (*shape, clean + bad)) * defective
    found = rng.binomial(pixels, rng.random((*shape, 1)) * rng.integers(0, 2, (*shape, 1)))
    false = (
        rng.integers(0, 30, pixels.shape) * (rng.random(pixels.shape) < 0.3) * rng.integers(0, 2, (*shape, 1))
    )
    counts = np.stack([found, false, pixels - found, 1024 - pixels - false], axis=-1)
    means = np.array([[[class_means(c, defective) for c in row] for row in block] for block in counts])
    resampled = None
    if repetitions == 1:
        flat = counts[0].reshape(-1, *counts.shape[-2:])
        resampled = patch_replicates(flat, defective).reshape(-1, *shape[1:], 2, 5)
    evidence = make_evidence(
        config, means=means, resampled=resampled, query_share=np.zeros((repetitions, len(config.strategies)))
    )
    return LiveRun("random", config, evidence, (clean, bad))


@pytest.fixture
def engine(browser):
    tab = browser.new_page()
    tab.add_script_tag(content=_SCRIPT + "\nwindow.Estimands = Estimands;")
    return tab


def test_curves_and_bands_equal_pythons_also_where_they_are_undefined(engine):
    undefined = compared = 0
    for seed in range(24):
        run, blocks = random_run(seed), Blocks()
        payload = run_payload(run, blocks)
        arrays = base64.b64encode(blocks.bytes()).decode()
        for prevalence in (0.001, 10 ** -np.random.default_rng(seed).uniform(0, 3), 1.0):
            for metric in ALL_METRICS:
                curves = engine.evaluate(_IN_BROWSER, [payload, arrays, metric, prevalence])
                expected = curve_frame(run.evidence, metric, prevalence)
                for column in ("value", "low", "high"):
                    ours = np.concatenate([curve[column] for curve in curves]).astype(float)
                    theirs = expected[column].to_numpy(float)
                    where = f"seed {seed}, {metric} at {prevalence}, {column}"
                    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9, err_msg=where)
                    undefined += int(np.isnan(theirs).sum())
                    compared += int((~np.isnan(theirs)).sum())
    assert undefined > 100
    assert compared > 1000


def test_the_file_opens_from_disk_and_its_slider_moves_the_curves(browser, small_run, tmp_path):
    out = tmp_path / "run.html"
    assert alcore("report", str(small_run), "--interactive", "--out", str(out)).returncode == 0
    assert out.stat().st_size < live.MOST_BYTES
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    asked, faults = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(out.as_uri())
    tab.wait_for_selector("body[data-ready=yes]", timeout=30 * SECONDS)
    evidence = gather(RunRecords(RunStore(small_run)))
    shown = "() => document.getElementById('chart').data.filter((t) => t.name).flatMap((t) => t.y)"
    for exponent in (-2.5, -0.3):
        tab.get_by_label("Deployment prevalence").fill(str(exponent))
        prevalence = 10**exponent
        expected = curve_frame(evidence, "iou", prevalence)["value"].to_numpy(float)
        expect(tab.locator("#share")).to_have_text(f"{float(f'{100 * prevalence:.3g}'):g} %")
        tab.wait_for_function("() => new Promise((done) => setTimeout(() => done(true), 100))")
        np.testing.assert_allclose(np.array(tab.evaluate(shown), float), expected, rtol=0, atol=1e-9)
    assert tab.locator("#queries img").count() == len(evidence.strategies)
    assert not faults
    assert not [url for url in asked if url.startswith("http")]


def test_a_zoom_survives_a_move_of_the_slider(browser, small_run, tmp_path):
    out = tmp_path / "run.html"
    alcore("report", str(small_run), "--interactive", "--out", str(out))
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto(out.as_uri())
    tab.wait_for_selector("body[data-ready=yes]", timeout=30 * SECONDS)
    box = tab.locator("#chart .nsewdrag").bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.8, steps=5)
    tab.mouse.up()
    ranges = "() => document.getElementById('chart')._fullLayout.xaxis.range.map(Number)"
    tab.wait_for_function(f"() => ({ranges})()[0] > 0")
    zoomed = tab.evaluate(ranges)
    tab.get_by_label("Deployment prevalence").fill("-2.5")
    expect(tab.locator("#share")).to_have_text("0.316 %")
    assert tab.evaluate(ranges) == zoomed


def test_compare_hands_out_the_file_at_the_metric_that_is_shown(served, server_home, small_run, tmp_path):
    address, browser = served
    shutil.copytree(small_run, server_home / "runs" / "mailed")
    RunIndex(server_home)  # a list that is opened takes in what lies there
    tab = browser.new_page(viewport={"width": 1500, "height": 1300})
    tab.goto(f"{address}/compare?runs=mailed&view=Tables&judge=Recall")
    with tab.expect_download(timeout=60 * SECONDS) as download:
        tab.get_by_role("button", name="This run as an interactive page").click(timeout=60 * SECONDS)
    download.value.save_as(tmp_path / "mailed.html")
    page = browser.new_page()
    page.goto((tmp_path / "mailed.html").as_uri())
    page.wait_for_selector("body[data-ready=yes]", timeout=30 * SECONDS)
    expect(page.get_by_role("heading", name="Run mailed")).to_be_visible()
    expect(page.get_by_label("Metric")).to_have_value("recall")
