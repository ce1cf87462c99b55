"""Tables for spreadsheets: text never becomes a formula, and numbers stay numbers."""

import io

import pandas as pd
import pytest

from alcore.storage.files import csv_text, inert


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        *(("=1+1", "'=1+1"), ("@x", "'@x"), ("+x", "'+x"), ("-x", "'-x"), ("\t=x", "'\t=x")),
        *((-1.0, -1.0), ("-1.5", "-1.5"), ("+3", "+3"), ("a=b", "a=b"), (None, None)),
    ],
)
def test_no_cell_of_text_is_a_formula(cell, written):
    assert inert(cell) == written


def test_headers_too_and_the_rest_as_it_was():
    link = '=HYPERLINK("http://a.b")'
    frame = pd.DataFrame({"value": [-0.5, float("nan")], "=name": [link, "plain"], "mixed": [-2, "-2x"]})
    text = csv_text(frame)
    assert text.splitlines()[0] == "value,'=name,mixed"
    again = pd.read_csv(io.StringIO(text))
    assert again["'=name"].tolist() == ["'" + link, "plain"]
    assert again["value"].iloc[0] == -0.5
    assert again["mixed"].tolist() == ["-2", "'-2x"]


def test_a_table_without_text_is_written_as_pandas_does():
    frame = pd.DataFrame({"a": [1, -2], "b": [0.1, -1e-9], "c": ["x", "y"]})
    assert csv_text(frame) == frame.to_csv(index=False, lineterminator="\n")
