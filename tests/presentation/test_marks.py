"""What figures mark: the band of chance, and cells of a map that are clear of zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alcore.config import make_config
from alcore.presentation.figures.learning_curves import query_shares
from alcore.presentation.figures.repetitions import watched_difference
from alcore.presentation.figures.study_maps import advantage_map, progress_map, rank_map
from alcore.presentation.palette import LOSES, PALE, WINS, mixed, readable_on
from alcore.statistics.anytime import as_repetitions_finish
from alcore.statistics.chance import chance_band
from alcore.statistics.frames import GridRow
from alcore.statistics.sample import Sample
from tests.conftest import SMALL


@pytest.mark.parametrize("finished", [1, 2, 5])
def test_the_band_of_chance_is_that_of_the_repetitions_there_are_not_of_those_to_come(finished):
    config = make_config(SMALL | {"repetitions": 5})
    selections = pd.DataFrame(
        [
            {"strategy": "random", "repetition": repetition, "cycle": 1, "defective": item < 2}
            for repetition in range(1, finished + 1)
            for item in range(6)
        ]
    )
    figure = query_shares(selections, config)
    band = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    low, high = chance_band(80, 16, 6, repetitions=finished)
    assert (band.y0, band.y1) == (low / (6 * finished), high / (6 * finished))


def test_without_a_query_the_band_is_that_of_one_repetition():
    nothing = pd.DataFrame(columns=["strategy", "repetition", "cycle", "defective"])
    figure = query_shares(nothing, make_config(SMALL | {"repetitions": 5}))
    band = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (band.y0, band.y1) == tuple(np.array(chance_band(80, 16, 6)) / 6)


def cell(prevalence, **changes):
    plain = {"pool_prevalence": 0.1, "strategy": "entropy", "prevalence": prevalence, "advantage": 0.1}
    bounds = {"low": 0.01, "high": 0.2, "p_value": 0.03, "is_collapsed": False, "repetitions": 6}
    judged = {"p_adjusted": 0.2, "is_clear": False, "is_clear_alone": True}
    return GridRow(**plain | bounds | judged | changes)


def test_the_switch_judges_each_cell_alone():
    frame = pd.DataFrame([cell(0.1), cell(0.2, is_clear=True, p_adjusted=0.01), cell(0.5, is_collapsed=True)])
    texts = {}
    for marks_alone in (False, True):
        figure = advantage_map(frame, "entropy", title="", limit=1, marks_alone=marks_alone)
        texts[marks_alone] = list(figure.data[-1].text)
    assert texts[False] == ["<i>+0.100</i><br>○", "<b>+0.100</b>", "collapse"]
    assert texts[True] == ["<b>+0.100</b>", "<b>+0.100</b>", "collapse"]


@pytest.mark.parametrize("end", [WINS, LOSES])
def test_numbers_are_readable_on_every_colour_of_a_map(end):
    grounds = [mixed(PALE, end, step / 50) for step in range(51)]
    assert (grounds[0], grounds[-1]) == (PALE, end)
    assert min(contrast(readable_on(ground), ground) for ground in grounds) >= 4.5, "what AA asks for"
    assert readable_on(end) == "#FFFFFF"
    assert readable_on(grounds[0]) == "#000000"


def contrast(one, other):
    def light(color):
        shares = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05

    return max(light(one), light(other)) / min(light(one), light(other))


def test_ranks_and_progress_have_ink_for_each_cell():
    ranks = pd.DataFrame({0.1: [1.0, 2.0]}, index=["entropy", "random"])
    inks = rank_map(ranks).data[-1].textfont.color
    assert list(inks) == ["#FFFFFF", "#000000"]
    shares = progress_map(np.array([[1.0, 0.0, np.nan]]), ["row"], ["a", "b", "c"], axis="")
    assert list(shares.data[-1].text) == ["100%", "0%", ""]
    assert list(shares.data[-1].textfont.color)[:2] == ["#FFFFFF", "#000000"]


def test_both_intervals_that_hold_at_any_moment_are_drawn():
    rng = np.random.default_rng(0)
    sample = Sample(rng.normal([0, 0.4], 0.02, (12, 2)), np.zeros((4, 2)))
    rows = as_repetitions_finish(sample, ("random", "entropy"))
    figure = watched_difference(rows[rows["strategy"] == "entropy"], title="")
    drawn = {trace.name: trace for trace in figure.data if trace.showlegend}
    assert drawn["valid at any moment"].line.dash != drawn["… without a distribution"].line.dash
    free = [trace for trace in figure.data if trace.legendgroup == "free"]
    assert (np.array(free[0].y) < np.array(free[1].y)).all()


def test_what_no_exact_test_of_so_few_repetitions_could_say_is_not_bold():
    frame = pd.DataFrame([cell(0.1, is_clear=True, repetitions=5), cell(0.2, is_clear=True, repetitions=6)])
    figure = advantage_map(frame, "entropy", title="", limit=1)
    assert list(figure.data[-1].text) == ["+0.100 †", "<b>+0.100</b>"]
    assert "clear of zero by a t test of 5 numbers" in figure.data[-1].hovertext[0]
