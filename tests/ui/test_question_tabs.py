"""Tabs that answer a question: what is folded costs nothing, and links find it under its former name."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from alcore.ui.compare.compare_views import TABS as COMPARE
from alcore.ui.study.study_views import TABS as STUDY

PAGES = {"view": COMPARE, "study_view": STUDY}
FORMER = {
    "view": (
        *("Curves", "Gain", "Label shift", "Thresholds", "Significance", "Repetitions", "Costs", "Stopping"),
        *("Image inspection", "Tables", "Methods text"),
    ),
    "study_view": ("Map", "Imbalance", "Shift", "Thresholds", "Labels", "Ranks", "Report"),
}
"""Tabs as they were before they became parts, by the parameter that names them in addresses."""


def _page():
    import streamlit as st

    from alcore.errors import DataError
    from alcore.ui import address
    from alcore.ui.question_tabs import Part, QuestionTab, take_former_views
    from alcore.ui.tabs import show_tabs

    def drawing(name):
        return lambda of: st.session_state.setdefault("drawn", []).append(f"{name} of {of}")

    def fail(of):
        raise DataError("the file is gone")

    st.session_state["drawn"] = []
    tabs = {
        "First?": QuestionTab(
            {"One": Part(fail), "Two": Part(drawing("two"), "more"), "Three": Part(drawing("three"), "rest")},
            drawing("answer"),
        ),
        "Second?": QuestionTab({"Four": Part(drawing("four")), "Which five?": Part(drawing("five"), "rest")}),
    }
    said = take_former_views("view", tabs)
    show_tabs({title: lambda tab=tab: tab.show("it") for title, tab in tabs.items()}, "view")
    address.settle("", {}, said=said)


def opened(**parameters):
    app = AppTest.from_function(_page)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_only_the_open_tab_s_answer_and_picture_are_drawn():
    app = opened()
    assert app.session_state["drawn"] == ["answer of it"]
    assert [error.value for error in app.error] == ["the file is gone"], "which stops nothing else"
    assert opened(view="Second?").session_state["drawn"] == ["four of it"]


def test_a_part_is_drawn_once_it_is_open():
    assert opened(open_two="true").session_state["drawn"] == ["answer of it", "two of it"]
    five = opened(view="Second?", open_which_five="true")
    assert five.session_state["drawn"] == ["four of it", "five of it"], "a key of words alone, for the style"


@pytest.mark.parametrize(
    ("former", "tab", "drawn"),
    [
        ("One", "First?", ["answer of it"]),
        ("Three", "First?", ["answer of it", "three of it"]),
        ("Four", "Second?", ["four of it"]),
        ("Which five?", "Second?", ["four of it", "five of it"]),
        ("Never was", "First?", ["answer of it"]),
    ],
)
def test_a_link_to_a_former_tab_opens_its_question_and_its_part(former, tab, drawn):
    app = opened(view=former)
    assert app.session_state["view"] == tab
    assert app.session_state["drawn"] == drawn
    app.run()
    assert app.session_state["drawn"] == drawn, "and stays so"


@pytest.mark.parametrize("parameter", PAGES)
def test_every_former_tab_is_a_part_of_one_of_at_most_five(parameter):
    tabs = PAGES[parameter]
    assert len(tabs) <= 5
    parts = [name for tab in tabs.values() for name in tab.parts]
    assert len(parts) == len(set(parts)), "a link says which one is meant"
    assert set(FORMER[parameter]) <= set(parts)
    assert not set(parts) & set(tabs), "a tab and a part of another are not taken for each other"
    assert all(part.about for tab in tabs.values() for part in list(tab.parts.values())[1:])
