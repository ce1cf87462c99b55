"""The Meter page by AppTest: a drawn stream, a hidden one, an upload, and π₁ taken to other pages."""

import numpy as np

from alcore.server.meter_events import MeterEnded, MeterProgress
from alcore.server.meter_queue import MeterJob
from alcore.ui import acting
from alcore.wording import percent
from tests.ui.helpers import open_page, texts


def test_a_fresh_install_measures_a_drawn_stream_and_its_prevalence_can_be_used():
    app = open_page("pages/meter.py")
    assert "Drawn at π₁ = **5 %**" in texts(app)
    box, likelihood = app.metric
    assert "BBSE" in box.label
    assert 0 < float(likelihood.value.removesuffix(" %")) < 15
    before = likelihood.value
    app.select_slider(key="meter_prevalence").set_value(0.5).run()
    assert float(app.metric[1].value.removesuffix(" %")) > 40
    app.select_slider(key="meter_prevalence").set_value(0.05).run()
    app.button(key="meter_again").click().run()
    assert app.metric[1].value != before
    words = app.button(key="meter_to_lab").label
    app.button(key="meter_to_lab").click().run()
    assert not app.exception
    assert f"π₁ = {percent(app.select_slider(key='pi1').value)} in the Lab" in words


def test_a_hidden_prevalence_is_said_when_it_is_asked_for():
    app = open_page("pages/meter.py")
    app.toggle(key="meter_hidden").set_value(True).run()
    assert "Drawn at a hidden π₁" in texts(app)
    assert not [slider for slider in app.select_slider if slider.key == "meter_prevalence"]
    app.toggle(key="meter_reveal").set_value(True).run()
    assert "Drawn at π₁ = **" in texts(app)
    app.button(key="meter_again").click().run()
    assert "Drawn at a hidden π₁" in texts(app), "the next draw is hidden again"


def test_uploaded_images_are_asked_for_followed_and_read(finished_run, monkeypatch, tmp_path):
    asked = []

    def score(queue, run_id, strategy, content, size):
        asked.append((run_id, strategy, sorted(content), size))
        return job

    job = MeterJob(run_id=finished_run, strategy="core-set", folder=tmp_path)
    monkeypatch.setattr(acting, "score_images", score)
    app = open_page("pages/meter.py", run=finished_run, meter_source="Uploaded")
    assert "Upload images from production" in texts(app)
    app.file_uploader(key="meter_files").set_value(
        [("a.png", b"12", "image/png"), ("a.png", b"345", "image/png"), ("b.png", b"6", "image/png")]
    ).run()
    app.button(key="meter_start").click().run()
    assert asked == [(finished_run, "core-set", ["1-a.png", "2-a.png", "b.png"], 6)]
    job.progress = MeterProgress("images", 1, 3)
    app.run()
    assert app.get("progress")[0].proto.text == "Scoring images: 1 of 3"
    known = np.arange(80) < 40
    rng = np.random.default_rng(0)
    scores = np.where(known, 0.8, 0.2) + 0.1 * rng.random(80)
    job.ended = MeterEnded(
        "finished",
        strategy="core-set",
        cycle=3,
        validation=scores.tolist(),
        defective=known.tolist(),
        scores=scores[20:70].tolist() + scores[41:71].tolist(),
        images=40,
        skipped={"c.png": "c.png cannot be read as an image"},
    )
    app.run()
    assert "Left out: c\\.png cannot be read" in texts(app)
    assert "80 patches were cut from 40 images" in texts(app)
    assert 20 < float(app.metric[1].value.removesuffix(" %")) < 30
    job.ended = MeterEnded("failed", "no image can be used")
    app.run()
    assert "no image can be used" in texts(app)


def test_one_zip_or_images_but_not_both(finished_run):
    app = open_page("pages/meter.py", run=finished_run, meter_source="Uploaded")
    app.file_uploader(key="meter_files").set_value(
        [("a.zip", b"12", "application/zip"), ("b.png", b"6", "image/png")]
    ).run()
    app.button(key="meter_start").click().run()
    assert "either one zip file or images" in texts(app)
