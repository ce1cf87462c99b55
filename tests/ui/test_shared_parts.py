"""What pages share: problems, watching, clicks, and controls of settings."""

import pytest
from streamlit.testing.v1 import AppTest

from alcore.config import bounds
from alcore.ui.choices import widget_bounds
from alcore.ui.config_form import SETTINGS
from alcore.ui.lab import sidebar
from alcore.ui.study import study_form
from tests.conftest import ROOT
from tests.pace import pace
from tests.ui.helpers import open_page, texts


def run(script):
    app = AppTest.from_function(script, default_timeout=60 * pace()).run()
    assert not app.exception, app.exception
    return app


def test_an_action_that_fails_says_so_once_and_in_its_place():
    def page():
        import streamlit as st

        from alcore.errors import StoreError
        from alcore.ui import problems

        def fail(name):
            raise StoreError(f"no *room* for {name}")

        def note(action, *arguments):
            st.session_state["went_well"] = problems.attempt("here", action, *arguments)

        st.button("fails", on_click=note, args=(fail, "a_run"))
        st.button("works", on_click=note, args=(len, "abc"))
        st.button("nothing")
        problems.show("elsewhere")
        st.markdown("between")
        problems.show("here")

    app = run(page)
    assert not app.error
    app.button[0].click().run()
    assert [error.value for error in app.error] == [r"no \*room\* for a\_run"]
    assert app.session_state["went_well"] is False
    app.button[2].click().run()
    assert not app.error, "it was said once"
    app.button[1].click().run()
    assert app.session_state["went_well"] is True
    assert not app.error


def test_only_errors_of_the_user_are_made_sentences():
    def page():
        import streamlit as st

        from alcore.ui import problems

        st.button("breaks", on_click=problems.attempt, args=("here", int, "x"))

    app = run(page)
    app.button[0].click().run()
    assert app.exception
    assert not app.error


def test_a_part_that_fails_leaves_the_rest_of_the_page():
    def page():
        import streamlit as st

        from alcore.errors import DataError
        from alcore.ui import problems

        with problems.contained():
            st.markdown("before")
            raise DataError("the data set is gone")
        st.markdown("after")

    app = run(page)
    assert [element.value for element in app.markdown] == ["before", "after"]
    assert [error.value for error in app.error] == ["the data set is gone"]


def test_a_page_is_redrawn_when_something_else_is_seen():
    def page():
        import streamlit as st

        from alcore.ui.rerun import rerun_when_changed

        seen = iter([1, 2] if "drawn" not in st.session_state else [2, 2])
        st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
        rerun_when_changed(lambda: next(seen), every=None, show=lambda value: st.caption(f"seen {value}"))

    app = run(page)
    assert app.session_state["drawn"] == 2
    assert [caption.value for caption in app.caption] == ["seen 2"]


def test_a_page_stays_while_nothing_that_it_was_drawn_from_changes():
    def page():
        from dataclasses import dataclass, field

        import streamlit as st

        from alcore.ui.rerun import rerun_when_changed

        @dataclass
        class Seen:
            matters: int
            detail: int = field(compare=False)

        st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
        rerun_when_changed(
            lambda: Seen(1, 2), every=None, drawn=Seen(1, 1), show=lambda seen: st.caption(f"{seen.detail}")
        )

    app = run(page)
    assert app.session_state["drawn"] == 1
    assert [caption.value for caption in app.caption] == ["2"]


def test_a_click_is_kept_until_it_is_forgotten():
    def page():
        import streamlit as st

        from alcore.ui.click import Click, selected_points

        def select(*points):
            st.session_state["chart"] = {"selection": {"points": [dict(point) for point in points]}}

        click, said = Click("query"), []
        said.append((click.take("chart"), click.point))  # a chart that was never drawn
        select()
        said.append((click.take("chart"), click.point))
        select({"x": 1}, {"customdata": ["entropy", 1, 2]}, {"customdata": ["random", 1, 3]})
        said.append((click.take("chart"), click.point))
        said.append(click.take("chart"))  # the same point, after a redraw
        select()
        said.append((click.take("chart"), click.point))  # a redraw that loses the selection
        select({"customdata": ["entropy", 1, 2]})
        click.forget()
        said.append((click.point, click.take("chart"), Click("other").point))
        st.session_state["said"] = said
        st.session_state["points"] = selected_points("chart")

    point = ("entropy", 1, 2)
    app = run(page)
    assert app.session_state["said"] == [
        (False, None),
        (False, None),
        (True, point),
        False,
        (False, point),
        (None, True, None),
    ]
    assert app.session_state["points"] == [point]


PAGES = {
    "Lab": (sidebar.KEYS, "pages/lab.py", {}),
    "New study": (study_form.KEYS, "pages/study.py", {"study_view": "New study"}),
}


@pytest.mark.parametrize("name", list(PAGES))
def test_every_number_control_has_the_bounds_of_its_setting(name):
    keys, path, parameters = PAGES[name]
    app = open_page(path, **parameters)
    settings = {key: setting for setting, key in keys.items()}
    assert {control.key for control in app.number_input} <= set(settings)
    assert len(app.number_input) >= 6
    for control in app.number_input:
        setting = settings[control.key]
        assert (control.min, control.max) == widget_bounds(setting), setting
        assert control.label == SETTINGS[setting].label


def test_a_number_control_goes_as_far_as_a_browser_counts():
    assert widget_bounds("seed") == (0, 2**53 - 1)
    assert widget_bounds("pool_size") == bounds("pool_size")


def test_an_old_link_to_the_lab_opens_its_settings():
    """Every parameter that links were made of, before the form was shared."""
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60 * pace())
    link = {
        "pi0": "20 %",
        "pi1": "5 %",
        "pool": "400",
        "query": "10",
        "cycles": "3",
        "reps": "2",
        "net": "fpn",
        "steps": "30",
        "start": "cold",
        "seed": "2147483648",
        "device": "cpu",
    }
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert "Pool 400" in texts(app)
    assert "80 defective (20 %)" in texts(app)
    assert app.select_slider(key="pi1").value == 0.05
    assert (app.number_input(key="cycles").value, app.number_input(key="reps").value) == (3, 2)
    assert app.selectbox(key="net").value == "fpn"
    assert app.number_input(key="steps").value == 30
    assert app.button_group(key="start").value == "cold"
    assert app.number_input(key="seed").value == 2**31
    assert app.selectbox(key="device").value == "cpu"
