"""Links that someone made by hand, or to do harm: a page opens all the same."""

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.pace import pace
from tests.ui.helpers import texts


def open_link(path: str, **parameters: str | list[str]) -> AppTest:
    """A page whose very first drawing has the parameters, as a link has it."""
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60 * pace())
    if path != "pages/lab.py":
        app.run()
        app.switch_page(path)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def test_numbers_that_no_control_holds_are_left_out():
    app = open_link(
        "pages/lab.py", pool="1e999", query="-inf", cycles="9" * 5000, steps="nan", seed="9" * 150
    )
    assert app.number_input(key="pool").value == 600
    assert app.number_input(key="query").value == 24
    assert "The link has an impossible value for pool, query, cycles, steps" in texts(app)


def test_a_run_named_many_times_is_compared_once(finished_run):
    app = open_link("pages/compare.py", runs=[finished_run] * 300)
    assert app.multiselect(key="runs").value == [finished_run]
