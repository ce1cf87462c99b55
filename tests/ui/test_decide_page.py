"""The Decide page by AppTest: settings in the address, an answer in money, and the way from the meter."""

from __future__ import annotations

from tests.ui.helpers import open_page, texts


def test_a_link_says_what_is_known_and_what_errors_cost():
    app = open_page("pages/decide.py", share="5", share_low="3", share_high="8", escape="200", reject="2")
    said = texts(app)
    assert "At π₁ = 5 % (3 % to 8 %)." in said
    assert "a month" in said
    assert "escapes and" in said
    assert "labelled validation patches" in said
    assert app.number_input(key="escape").value == 200
    table = app.dataframe[0].value
    assert {"threshold", "escapes_low", "false_rejects_high", "cost", "worth", "iou"} <= set(table)
    assert table.loc[table["strategy"] == "random", "worth"].isna().all()


def test_dearer_escapes_lower_the_threshold_and_the_escapes():
    frames = [open_page("pages/decide.py", escape=price).dataframe[0].value for price in ("1", "500")]
    cheap, dear = (frame[frame["labelled"] == frame["labelled"].max()] for frame in frames)
    assert (dear["threshold"].to_numpy() <= cheap["threshold"].to_numpy()).all()
    assert dear["escapes"].sum() < cheap["escapes"].sum()


def test_the_budget_can_count_the_labels_that_thresholds_were_chosen_on():
    app = open_page("pages/decide.py")
    before = app.dataframe[0].value
    app.toggle(key="charge").set_value(True).run()
    after = app.dataframe[0].value
    spent = before["validation_labels"].iloc[0]
    assert spent > 0
    assert (after["labelled"] - before["labelled"] == spent).all()


def test_what_cannot_be_is_a_sentence():
    app = open_page("pages/decide.py", share="5", share_low="6", share_high="8")
    assert "must lie between its bounds" in texts(app)
    app = open_page("pages/decide.py", escape="0", reject="0")
    assert "Say what an error costs" in texts(app)


def test_the_meter_hands_its_interval_over():
    app = open_page("pages/meter.py")
    app.button(key="meter_to_decide").click().run()
    assert not app.exception
    low, value, high = (app.number_input(key=key).value for key in ("share_low", "share", "share_high"))
    assert 0 <= low < value < high < 20
    assert "What is a model worth in use?" in texts(app)
