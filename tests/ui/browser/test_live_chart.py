"""What a live chart computes and keeps, in a real browser."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import expect

from alcore.home import PACKAGE
from alcore.metrics import ALL_METRICS, RATIOS, Ratio, class_means
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.live_chart.curves import live_curves, live_run
from alcore.presentation.live_chart.page import one_module
from alcore.statistics.comparison import curve_frame
from alcore.statistics.estimands import Evidence
from alcore.statistics.resampling import patch_replicates
from tests.dashboard import click_point, curve_points, curves, serving
from tests.following import wait_for

STRATEGIES, CYCLES = ("random", "entropy"), np.arange(1, 4)


def random_counts(rng, *shape, patches, defective, silent):
    """(..., patches, 4); in a share `silent` of the evaluations the model predicts no defect at all."""
    defects = rng.integers(1, 400, size=(*shape, patches)) * defective
    tp = rng.binomial(defects, rng.beta(1, 2, size=(*shape, 1)))
    fp = rng.poisson(rng.gamma(0.3, 4, size=(*shape, 1)), size=(*shape, patches))
    speaks = rng.random((*shape, 1)) >= silent
    tp, fp = tp * speaks, fp * speaks
    return np.stack([tp, fp, defects - tp, 4096 - defects - fp], axis=-1)


def random_evidence(seed, repetitions, silent):
    rng = np.random.default_rng(seed)
    defective = np.arange(40) < rng.integers(1, 39)
    shape = (repetitions, len(STRATEGIES), len(CYCLES))
    counts = random_counts(rng, *shape, patches=40, defective=defective, silent=silent)
    means = np.array([class_means(one, defective) for one in counts.reshape(-1, 40, 4)]).reshape(*shape, 2, 5)
    resampled = None
    if repetitions == 1:
        flat = patch_replicates(counts.reshape(-1, 40, 4), defective)
        resampled = flat.reshape(-1, *shape[1:], 2, 5)
    sizes = int((~defective).sum()), int(defective.sum())
    share = np.zeros((repetitions, len(STRATEGIES)))
    return Evidence(STRATEGIES, CYCLES, 10 * CYCLES, 100, 0.1, means, resampled, share, test_sizes=sizes)


@pytest.fixture
def estimating(browser):
    """A page that computes curves as charts do."""
    page = browser.new_page()
    expose = "\nwindow.curvesOf = (payload, metric, prevalence) => estimated(payload, metric, prevalence);"
    page.set_content("<p>")
    page.add_script_tag(type="module", content=one_module() + expose + COMPUTE)
    page.wait_for_function("() => Boolean(window.curvesOf)")
    return page


COMPUTE = """
function estimated(payload, metric, prevalence) {
  const run = readRun(payload.runs[0]), weights = payload.weights[run.repetitions];
  const found = estimate(run, weights && unpack(weights), payload.metrics[metric], prevalence);
  const plain = (values) => [...values].map((one) => (Number.isNaN(one) ? null : one));
  return ["value", "low", "high"].map((name) => plain(found[name]));
}
"""


@pytest.mark.parametrize("silent", [0, 0.2, 1])
@pytest.mark.parametrize("repetitions", [1, 2, 15])
def test_the_browser_computes_what_python_computes(estimating, repetitions, silent):
    for seed in range(3):
        evidence = random_evidence(seed, repetitions, silent)
        curves = live_curves([live_run(evidence)], test_prevalence=0.02, steps=[0.02])
        payload = json.loads(json.dumps(curves.payload()))
        for metric in ALL_METRICS:
            for prevalence in (0.001, 0.02, 0.37, 1.0):
                wanted = curve_frame(evidence, metric, prevalence)[["value", "low", "high"]].to_numpy().T
                found = estimating.evaluate("all => curvesOf(...all)", [payload, metric, prevalence])
                found = np.array(found, dtype=float)
                np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)


def test_the_browser_computes_a_metric_that_stands_in_the_table_alone(estimating, monkeypatch):
    """Specificity takes tn, which no metric so far does."""
    monkeypatch.setitem(RATIOS, "specificity", Ratio((0, 0, 0, 1), (0, 1, 0, 1)))
    monkeypatch.setitem(METRIC_TITLES, "specificity", "Specificity")
    for repetitions in (1, 3):
        evidence = random_evidence(1, repetitions, 0)
        metrics = (*ALL_METRICS, "specificity")
        curves = live_curves([live_run(evidence)], test_prevalence=0.02, steps=[0.02], metrics=metrics)
        payload = json.loads(json.dumps(curves.payload()))
        for metric in metrics:
            wanted = curve_frame(evidence, metric, 0.02)[["value", "low", "high"]].to_numpy().T
            found = estimating.evaluate("all => curvesOf(...all)", [payload, metric, 0.02])
            np.testing.assert_allclose(
                np.array(found, dtype=float), wanted, rtol=0, atol=1e-9, err_msg=metric
            )


COMPARE = """
window.restOf = (payload, metric, prevalence) => {
  const state = { metric, at: "deployment", prevalence };
  const chart = { payload, state, runs: payload.runs.map(readRun), weights: {} };
  const form = payload.metrics[metric];
  const earlier = earlierLines(payload.earlier.map(readRun), form, prevalence, payload.reach);
  return remaining(earlier, lines(chart)).map(({ id, x, value, isJoined }) => [id, x, value, isJoined]);
};
"""


def test_curves_of_earlier_settings_stay_where_newer_ones_have_not_come(browser):
    page = browser.new_page()
    page.set_content("<p>")
    page.add_script_tag(type="module", content=one_module() + COMPARE)
    page.wait_for_function("() => Boolean(window.restOf)")
    whole, half = random_evidence(1, 1, 0), cut(random_evidence(2, 1, 0), 2)

    def rest(run, reach=0):
        earlier = [live_run(half), live_run(whole)]
        curves = live_curves([run], test_prevalence=0.02, steps=[0.02], earlier=earlier, reach=reach)
        return page.evaluate("all => restOf(...all)", [json.loads(json.dumps(curves.payload())), "iou", 0.02])

    def values(evidence):
        frame = curve_frame(evidence, "iou", 0.02)
        return [frame[frame["strategy"] == name]["value"].to_list() for name in STRATEGIES]

    of_half, of_whole = values(half), values(whole)
    nothing = live_run(None, strategies=STRATEGIES, pool_prevalence=0.1, pool_size=100)
    for found, x, at, is_joined, wanted in zip(
        rest(nothing),
        [[10, 20], [10, 20], [20, 30], [20, 30]],
        (0, 1, 0, 1),
        (False, False, True, True),
        [*of_half, *(line[1:] for line in of_whole)],
        strict=True,
    ):
        assert (found[0].endswith(STRATEGIES[at]), found[1], found[3]) == (True, x, is_joined)
        np.testing.assert_allclose(found[2], wanted, rtol=0, atol=1e-9)
    after_one = rest(live_run(cut(random_evidence(3, 1, 0), 1)))
    assert [line[1] for line in after_one] == [[10, 20], [10, 20], [20, 30], [20, 30]]
    assert all(line[3] for line in after_one), "they join on to the point that was replaced"
    assert [line[1] for line in rest(live_run(half))] == [[20, 30]] * 2
    assert rest(live_run(whole)) == []
    assert [line[1] for line in rest(nothing, reach=20.8)] == [[10, 20]] * 2, (
        "no farther than the new run goes"
    )


def cut(evidence, cycles):
    """The first cycles of it."""
    return replace(
        evidence,
        cycles=evidence.cycles[:cycles],
        labelled=evidence.labelled[:cycles],
        means=evidence.means[:, :, :cycles],
        resampled=evidence.resampled[:, :, :cycles],
    )


GROWING = ("zoomed", "judged", "slid", "clicked")
"""Runs of which one cycle is there, and the rest comes when a test says so; one for each test."""


@pytest.fixture(scope="module")
def growing_runs(tmp_path_factory, small_run):
    """A server's address, its runs, and what they wait for."""
    home, held = tmp_path_factory.mktemp("growing"), tmp_path_factory.mktemp("held")
    for name in GROWING:
        records = home / "runs" / name / "records"
        shutil.copytree(small_run, records.parent)
        (held / name).mkdir()
        for path in [path for path in records.iterdir() if "c00001" not in path.name]:
            shutil.move(path, held / name / path.name)
    with serving(home) as (address, _):
        yield address, home / "runs", held


@pytest.fixture
def open_growing(growing_runs, browser):
    """Opens a run in the Lab; returns the page and a function that lets its other cycles come."""
    address, runs, held = growing_runs

    def opened(name):
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.said = []  # to the server

        def keep(frame):  # Playwright cannot listen with a list's own method
            page.said.append(frame)

        page.on("websocket", lambda socket: socket.on("framesent", keep))
        page.goto(f"{address}/?run={name}")
        expect(curves(page)).to_have_count(3)

        def grow(curves_shown=3):
            for path in (held / name).iterdir():
                shutil.move(path, runs / name / "records" / path.name)
            wait_for(lambda: curve_points(page) == [3] * curves_shown, "all points", 30)
            page.wait_for_timeout(600)  # until they have grown to their places

        return page, grow

    return opened


def messages(page, event):
    """How often the browser sent the server that event."""
    return sum(f'"{event}"'.encode() in frame for frame in page.said if isinstance(frame, bytes))


def x_range(page):
    return page.locator(".st-key-curves .js-plotly-plot").evaluate("plot => plot._fullLayout.xaxis.range")


def heard(page):
    """What the chart says aloud."""
    return page.locator(".st-key-curves .live-heard").inner_text()


def test_a_zoom_survives_new_points(open_growing):
    page, grow = open_growing("zoomed")
    plot = page.locator(".st-key-curves .js-plotly-plot")
    plot.evaluate("plot => { plot.marked = true; }")
    page.locator(".st-key-curves .legendtoggle").nth(1).click()
    expect(curves(page)).to_have_count(2)
    box = page.locator(".st-key-curves .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=8)
    page.mouse.up()
    wait_for(lambda: x_range(page)[0] > 1, "the zoom", 10)
    zoomed, before = x_range(page), heard(page)
    grow(curves_shown=2)
    assert x_range(page) == zoomed
    assert plot.evaluate("plot => plot.marked"), "the chart is mounted once"
    assert heard(page) != before, "the new ends are sent"


def test_what_acts_in_the_browser_asks_no_server(open_growing):
    page, grow = open_growing("judged")
    grow()
    chart = page.locator(".st-key-curves")
    before = heard(page)
    chart.get_by_label("Metric of the defect class").select_option("recall")
    wait_for(lambda: heard(page).startswith("Recall at π₁"), "another metric")
    chart.get_by_role("button", name="π₀").click()
    wait_for(lambda: heard(page).startswith("Recall at π₀ = 20 %"), "π₀")
    assert heard(page) != before
    assert messages(page, "prevalence") == messages(page, "point") == 0


def test_the_slider_tells_the_server_once_it_is_let_go(open_growing):
    page, _ = open_growing("slid")
    slider = page.locator(".st-key-curves").get_by_role("slider")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2, steps=6)
    expect(page.locator(".st-key-curves .ytitle")).to_contain_text("π₁ = 100 %")
    assert messages(page, "prevalence") == 0
    page.mouse.up()
    expect(page).to_have_url(re.compile("pi1=(1|100)"))
    expect(page.locator(".st-key-pi1")).to_contain_text("100 %")
    assert messages(page, "prevalence") == 1


def test_a_click_on_a_point_reaches_the_server_once(open_growing):
    page, grow = open_growing("clicked")
    grow()
    click_point(page, curves(page).nth(1).locator(".point").nth(1))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("6 patches chosen")).to_be_visible()
    assert messages(page, "point") == 1
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.wait_for_timeout(300)
    click_point(page, curves(page).nth(1).locator(".point").nth(1))  # the same one again
    expect(dialog.get_by_text("6 patches chosen")).to_be_visible()
    assert messages(page, "point") == 2


def test_a_chart_whose_code_does_not_load_says_so_and_is_drawn_when_it_comes(browser):
    page, asked = browser.new_page(), []
    scripts = PACKAGE / "presentation" / "live_chart"

    def serve(route):
        name = route.request.url.rpartition("/")[2]
        if name == "plotly.min.js":
            asked.append(name)
            stub = "window.Plotly = { react: async (at) => { at.dataset.drawn = 'yes'; }, purge() {} };"
            return (
                route.abort() if len(asked) < 3 else route.fulfill(body=stub, content_type="text/javascript")
            )
        if name == "chart":
            return route.fulfill(body='<div class="live-chart"></div>', content_type="text/html")
        return route.fulfill(path=scripts / name, content_type="text/javascript")

    page.route("**/*", serve)
    page.goto("http://charts.test/alcore.live_chart/chart")
    page.evaluate(
        """async () => {
          const { default: draw } = await import("/alcore.live_chart/component.js");
          const figure = { data: [], layout: {} };
          const data = { kind: "figure", content: { figure, words: "none" }, hears: [], config: {} };
          draw({ data, key: "one", parentElement: document.body, setTriggerValue() {} });
        }"""
    )
    expect(page.get_by_text("did not load")).to_be_visible()
    expect(page.locator("[data-drawn=yes]")).to_have_count(1, timeout=30_000)
    expect(page.locator(".live-wait")).to_have_count(0)
    assert len(asked) == 3


def test_a_band_grows_with_its_line_and_never_runs_ahead(browser):
    page = browser.new_page()
    scripts = PACKAGE / "presentation" / "live_chart"

    def serve(route):
        name = route.request.url.rpartition("/")[2]
        if name == "chart":
            return route.fulfill(body="", content_type="text/html")
        return route.fulfill(path=scripts / name, content_type="text/javascript")

    page.route("**/*", serve)
    page.goto("http://charts.test/chart")
    line, band = page.evaluate(
        """async () => {
          const { trace } = await import("/traces.js");
          const look = { color: "#000000", name: "a", symbol: "circle" };
          const numbers = { value: [0.1, 0.2, 0.4], low: [0, 0.1, 0.2], high: [0.2, 0.3, 0.6] };
          const line = { id: "a", look, run: 0, repetition: 0, ...numbers };
          Object.assign(line, { x: [10, 20, 30], cycles: [1, 2, 3] });
          const growth = { before: new Map([["a", 2], ["a-band", 2]]), part: 0.25 };
          return [line, { ...line, id: "a-band", isBand: true }].map((one) => trace(one, "IoU", growth));
        }"""
    )
    assert line["x"] == [10, 20, 22.5]
    assert line["y"] == pytest.approx([0.1, 0.2, 0.25])
    assert band["x"] == [10, 20, 22.5, 22.5, 20, 10]
    assert band["y"] == pytest.approx([0.2, 0.3, 0.375, 0.125, 0.1, 0])
