"""The Compare page by AppTest; its charts are seen in the browser test."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from alcore.errors import StoreError
from alcore.statistics.stopping import HINDSIGHT, RULES
from alcore.thresholds import HALF
from alcore.ui.compare.compare_views import TABS
from alcore.ui.session import manager
from tests.conftest import ROOT
from tests.following import silence
from tests.pace import pace
from tests.ui.helpers import open_page, texts

VIEWS = [view for tab in TABS.values() for view in tab.parts]
"""Each was a tab once, so that links name it."""


def open_compare(*runs, **parameters):
    app = open_page("pages/compare.py", **parameters)
    app.multiselect(key="runs").set_value(list(runs)).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_one_run_and_of_two(finished_runs, view):
    one, three = finished_runs
    app = open_compare(one, view=view)
    assert "resampled test patches" in texts(app)
    app.multiselect(key="runs").set_value([one, three]).run()
    assert not app.exception
    assert "**A**: One repetition" in texts(app)
    assert "**B**: 95 % intervals over 3 repetitions" in texts(app)


def test_every_metric_prevalence_and_baseline(finished_runs):
    app = open_compare(*finished_runs, view="Gain")
    for metric in ("dice", "precision", "recall", "patch_iou"):
        app.button_group(key="judge").set_value(metric).run()
        assert not app.exception, metric
    for prevalence in (0.001, 1.0):
        app.select_slider(key="pi1").set_value(prevalence).run()
        assert not app.exception, prevalence
    app.button_group(key="judge").set_value("iou").run()
    app.selectbox(key="against").set_value("oracle-random").run()
    assert "oracle-random" in texts(app)
    app.button_group(key="along").set_value("share").run()
    app.number_input(key="target").set_value(0.9).run()
    assert not app.exception


def test_an_old_link_s_prevalence_is_moved_to_where_it_is_now(finished_runs):
    app = AppTest.from_file(ROOT / "pages" / "compare.py", default_timeout=60 * pace())
    app.query_params["runs"], app.query_params["use"] = finished_runs[0], "5 %"
    app.run()
    assert app.select_slider(key="pi1").value == 0.05
    assert "use" not in app.query_params
    assert "5 %" in app.query_params["pi1"]
    assert not app.warning
    app.run()
    assert app.select_slider(key="pi1").value == 0.05
    app.select_slider(key="pi1").set_value(0.1).run()
    assert app.select_slider(key="pi1").value == 0.1


def test_an_old_link_s_prevalence_that_is_none_is_left_out(finished_runs):
    app = open_page("pages/compare.py", runs=finished_runs[0], use="often")
    assert app.select_slider(key="pi1").value == 0.02
    assert "use" not in app.query_params


def test_a_ceiling_that_cannot_be_asked_for_is_said_once(finished_runs, monkeypatch):
    def refuse(self, run_id):
        raise StoreError("the disk is full")

    app = open_compare(finished_runs[0], view="Curves")
    monkeypatch.setattr(type(manager()), "request_ceiling", refuse)
    app.button(key=f"ceiling-{finished_runs[0]}").click().run()
    assert [error.value for error in app.error] == ["the disk is full"]
    app.run()
    assert not app.error


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_can_be_narrowed_to_some_strategies(finished_runs, view):
    app = open_compare(finished_runs[1], view=view)
    app.button_group(key="only").set_value(["entropy"]).run()
    assert not app.exception
    if view == "Tables":
        assert set(app.dataframe[0].value["strategy"]) == {"random", "entropy"}, "the baseline stays"


def test_the_difference_that_repetitions_can_tell_is_said(finished_runs):
    app = open_compare(finished_runs[1], view="Significance")
    shown = texts(app)
    assert "With 3 repetitions, a true difference in AUBC from random is found" in shown
    assert "share" in shown, "what repetitions have in common"
    assert "count as" in shown, "the effective number of test patches"
    assert "Who beats whom" in texts(app)


@pytest.mark.parametrize("view", ["Gain", "Label shift", "Significance"])
def test_a_baseline_that_a_run_lacks_is_said(finished_runs, view):
    app = open_compare(*finished_runs, view=view)
    app.selectbox(key="against").set_value("oracle-random").run()
    assert "**Run A.** This run has no oracle-random baseline to compare with." in texts(app)


def test_an_undefined_metric_is_said_to_be(finished_runs, home):
    silence(home / "runs" / "demo-run")
    app = open_compare(finished_runs[0], view="Gain")
    app.button_group(key="judge").set_value("precision").run()
    assert "Precision is undefined at some budget" in texts(app)


def test_the_table_holds_what_the_views_show(finished_runs):
    app = open_compare(*finished_runs, view="Tables")
    summary, budgets = (element.value for element in app.dataframe)
    assert list(summary["run"]) == ["A"] * 3 + ["B"] * 3
    assert {"aubc", "aubc_low", "aubc_high", "advantage", "shift", "saved", "enrichment"} <= set(summary)
    assert len(budgets) == 3 * 3 + 3 * 2
    downloads = [button.label for button in app.get("download_button")]
    of_runs = [
        words.format(name)
        for name in "AB"
        for words in ("Logs of run {} as the paper's code writes them", "Run {} as an interactive page")
    ]
    assert downloads == ["CSV", "Parquet"] * 2 + of_runs


def test_the_methods_text_is_the_runs_own(finished_runs):
    app = open_compare(finished_runs[1], view="Methods text")
    text, bibtex = (element.value for element in app.code)
    for words in ("random, entropy and oracle-random", "pool of 80", "20 %", "3 optimiser steps", "π₁ = 2 %"):
        assert words in text, words
    assert "2601.06209" in bibtex


def test_images_are_inspected_at_a_threshold(finished_runs):
    app = open_compare(*finished_runs, view="Image inspection")
    before = app.dataframe[0].value
    app.select_slider(key="threshold").set_value(0.01).run()
    after = app.dataframe[0].value
    column = "defective patches flagged"
    assert (after[column] >= before[column]).all()
    assert len(after) == 6


def test_a_ceiling_is_asked_for_once(finished_runs, monkeypatch):
    asked = []
    app = open_compare(finished_runs[0], view="Curves")
    monkeypatch.setattr(type(manager()), "request_ceiling", lambda self, run_id: asked.append(run_id))
    app.button(key=f"ceiling-{finished_runs[0]}").click().run()
    assert not app.exception
    assert asked == [finished_runs[0]]


def test_no_run_chosen_is_no_error(finished_runs):
    app = open_compare()
    assert "Choose at least one run" in texts(app)


@pytest.fixture
def imported_log(home, finished_runs, tmp_path):
    from alcore.logs.imported import import_logs
    from alcore.logs.reading import LogSettings
    from alcore.logs.writing import export_log
    from alcore.ui.session import run_tables

    tables = run_tables(finished_runs[1])
    export_log(tables, tmp_path / "logs")
    config = tables.store.config
    settings = LogSettings(config.pool_size, config.pool_prevalence, config.test_prevalence)
    import_logs([tmp_path / "logs"], "theirs", [settings])
    return "log/theirs/001"


@pytest.mark.parametrize("view", VIEWS)
def test_imported_logs_stand_beside_runs_in_every_view(finished_runs, imported_log, view):
    app = open_compare(imported_log, view=view)
    assert "Logs hold no counts: their metrics are known only at π₁ = 2 % and 20 %," in texts(app)
    app.select_slider(key="pi1").set_value(0.5).run()
    assert not app.exception
    app.multiselect(key="runs").set_value([imported_log, finished_runs[0]]).run()
    assert not app.exception
    if view == "Gain":
        app.select_slider(key="pi1").set_value(0.02).run()
        assert "**entropy**" in texts(app)


@pytest.mark.parametrize("view", ["Map", "Imbalance", "Shift", "Labels", "Ranks", "Report", "Progress"])
def test_imported_logs_are_a_study_too(imported_log, view):
    app = open_page("pages/study.py", study="logs: theirs", study_view=view)
    assert not app.error
    assert "Imported logs" in texts(app)


def test_logs_are_uploaded_on_the_data_page(finished_runs):
    from alcore.logs.imported import imported_logs
    from alcore.logs.zipped import zip_log
    from alcore.ui.session import run_tables

    content = zip_log(run_tables(finished_runs[1]))
    app = open_page("pages/data.py", data_view="Logs")
    assert "Imported so far: none" in texts(app)
    app.file_uploader(key="logs_files").set_value([("mine.zip", content, "application/zip")]).run()
    app.text_input(key="logs_name").set_value("mine").run()
    next(button for button in app.button if button.label == "Import logs").click().run()
    assert not app.exception
    assert list(imported_logs()) == ["mine"]
    assert "mine (1)" in texts(app)
    app.text_input(key="logs_name").set_value("mine").run()
    next(button for button in app.button if button.label == "Import logs").click().run()
    assert "exist; choose another name" in texts(app)


def test_thresholds_follow_their_sliders_and_say_what_a_threshold_is_worth(finished_runs):
    _, three = finished_runs
    app = open_compare(three, view="Thresholds")
    assert "**Only a threshold?** The share of the loss of AUBC (IoU)" in texts(app)
    assert "calibrated logits" in texts(app), "what the prior's correction assumes and is not so"
    assert "**entropy** at ½ loses" in texts(app)
    slider = app.select_slider(key="pixel_threshold")
    assert slider.value == HALF
    slider.set_value(HALF + 4).run()
    assert not app.exception
    app.slider(key="threshold_cycle").set_value(1).run()
    assert "after cycle 1" in texts(app)
    app.select_slider(key="false_alarm_rate").set_value(0.1).run()
    assert "**Images found at 10 % false alarms.**" in texts(app)
    app.button_group(key="reliability_of").set_value("images").run()
    for metric in ("precision", "recall", "patch_iou"):
        app.button_group(key="judge").set_value(metric).run()
        assert not app.exception, metric
    app.button_group(key="only").set_value(["entropy"]).run()
    assert not app.exception


def test_a_run_from_before_thresholds_says_that_it_has_none(finished_runs, home):
    one, _ = finished_runs
    for file in (home / "runs" / one / "records").glob("*.npz"):
        with np.load(file) as arrays:
            old = {name: arrays[name] for name in arrays if not name.startswith("validation_")}
        np.savez_compressed(file, **old)
    app = open_compare(one, view="Thresholds")
    assert "keeps no counts at thresholds other than ½" in texts(app)
    assert not app.exception


def test_the_papers_protocol_stands_beside_the_reweighted_numbers_on_demand(finished_runs):
    app = open_compare(*finished_runs, view="Drawn test sets")
    assert len(app.dataframe) == 1
    assert "10 defective patches of 500" in texts(app)
    assert list(app.dataframe[-1].value["strategy"])[:2] == ["A · random", "A · entropy"]


def test_a_run_that_goes_on_says_what_holds_at_any_moment_and_calls_nobody_ahead(three_of_fifteen):
    shown = texts(open_compare(three_of_fifteen, view="Gain"))
    assert "minus random: " in shown
    assert "after 3 of 15 repetitions, fixed interval" in shown
    assert "valid at any moment unbounded so far, without a distribution " in shown
    assert ": too early to say which is better" in shown
    assert " is above " not in shown
    assert "ahead" not in shown
    shown = texts(open_compare(three_of_fifteen, view="Repetitions"))
    assert "valid at any moment unbounded so far" in shown


def test_a_pilot_plans_repetitions_and_opens_the_lab_with_them(finished_runs):
    app = open_compare(finished_runs[1], view="Planning")
    table = app.dataframe[0].value
    assert set(table["strategy"]) == {"entropy", "oracle-random (cheats)"}
    assert "From 3 repetitions: a true difference of 0.020" in texts(app)
    before = table["repetitions"].iloc[0]
    app.number_input(key="wanted").set_value(0.5).run()
    after = app.dataframe[0].value["repetitions"].iloc[0]
    assert after != before
    button = app.button(key="run_planned")
    assert button.label == f"Run with {after.partition(' ')[0]} repetitions …"
    button.click().run()
    assert not app.exception
    assert app.number_input(key="reps").value == int(after.partition(" ")[0])
    assert app.number_input(key="cycles").value == 2


def test_one_repetition_is_no_pilot(finished_runs):
    assert "from the second one on" in texts(open_compare(finished_runs[0], view="Repetitions"))


def test_the_budget_is_counted_in_what_labelling_takes(finished_runs):
    app = open_compare(finished_runs[1], view="Costs")
    assert "a click every 4 pixels of outline" in texts(app)
    assert "per minute of labelling" in texts(app)
    app.selectbox(key="coin").set_value("defective").run()
    assert not app.exception
    assert "per defective image outlined" in texts(app)
    app.number_input(key="takes_spacing").set_value(8.0).run()
    assert "a click every 8 pixels of outline" in texts(app)


def test_without_the_data_set_nobody_knows_what_labels_took(finished_runs, home):
    file = home / "runs" / finished_runs[0] / "environment.json"
    file.write_text(re.sub(r'"data": "\w+"', '"data": "of another set"', file.read_text()))
    assert "follows from the true masks of the data set, which is not available" in texts(
        open_compare(finished_runs[0], view="Costs")
    )


def test_rules_that_stop_are_replayed_at_any_price_of_labels(finished_runs):
    app = open_compare(finished_runs[1], view="Stopping")
    table = app.dataframe[0].value
    assert len(table) == len(RULES) + 1
    assert table.set_index("rule").loc[HINDSIGHT, "regret"] == "0.000 (0.000 to 0.000)"
    assert "loses least: it stops after" in texts(app)
    app.number_input(key="label_price").set_value(1.0).run()
    assert not app.exception
    assert "minus 1 per 100 labels" in texts(app)
    assert app.dataframe[0].value.set_index("rule").loc[HINDSIGHT, "labels"] == "6", "the first cycle"
