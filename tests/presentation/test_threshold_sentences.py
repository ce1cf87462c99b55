"""What is said of a loss and what a threshold regains of it."""

import pandas as pd
import pytest

from alcore.presentation.figures.by_threshold import recovery_forest
from alcore.presentation.threshold_sentences import recovery_claims, remedies_in_words
from alcore.statistics.operating import CORRECTED, HERE, HOME, REMEDIES
from alcore.statistics.threshold_frames import RecoveryRow

NAN = float("nan")


def rows(**here):
    plain = {
        "gain": 0.1,
        "gain_low": 0.05,
        "gain_high": 0.15,
        "tuned_loss": 0.1,
        "tuned_loss_low": 0.05,
        "tuned_loss_high": 0.15,
        "share": 0.5,
        "share_low": 0.2,
        "share_high": 0.9,
    }
    loss = {"loss": 0.2, "loss_low": 0.1, "loss_high": 0.3}
    return pd.DataFrame(
        [{"strategy": "entropy", "rule": rule} | loss | plain | here for rule in REMEDIES],
        columns=RecoveryRow._fields,
    )


def said(**here):
    (sentence,) = recovery_claims(rows(**here), "iou", 0.5, 0.01)
    return sentence


def test_a_clear_gain_is_a_bold_share_with_its_interval():
    sentence = said()
    assert sentence.startswith(
        "**entropy** at ½ loses 0.200 (0.100 to 0.300) IoU from π₀ = 50 % to π₁ = 1 %; with thresholds tuned "
        "on validation at both, 0.100 (0.050 to 0.150), so **50 %** (20 to 90 %) of the loss is only a "
        "threshold. At π₁ the tuned threshold gives +0.100 (+0.050 to +0.150);"
    )


@pytest.mark.parametrize(
    ("here", "words", "not_words"),
    [
        ({"share_low": -0.2}, "so 50 % (-20 to 90 %) of the loss", "**50 %**"),
        ({"share": NAN}, "the loss is not clear of zero", "of the loss is only"),
        ({"gain": NAN}, "IoU is undefined somewhere", "gives"),
        (
            {
                name: NAN
                for part in ("gain", "tuned_loss", "share")
                for name in (f"{part}_low", f"{part}_high")
            },
            "0.100, so 50 % of",
            "nan",
        ),
    ],
)
def test_what_is_not_clear_is_not_claimed(here, words, not_words):
    sentence = said(**here)
    assert words in sentence
    assert not_words not in sentence


def test_where_a_remedy_helps_and_where_it_hurts_is_said_by_name():
    frame = pd.concat([rows().assign(strategy=name) for name in ("random", "entropy", "core-set")])
    hurt = (frame["rule"] == HOME) & (frame["strategy"] == "core-set")
    frame.loc[hurt, ["gain_low", "gain_high"]] = -0.2, -0.1
    frame.loc[(frame["rule"] == HOME) & ~hurt, "gain_low"] = -0.01
    frame.loc[frame["rule"] == CORRECTED, "gain_low"] = -0.01
    here, home, corrected, *_ = remedies_in_words(frame)
    assert here == f"**{HERE}** helps random, entropy, core-set."
    assert home == f"**{HOME}** hurts core-set and is not clear for 2 others."
    assert corrected == f"**{CORRECTED}** neither helps nor hurts any strategy clearly."


def test_the_figure_shows_shares_and_where_there_are_none_what_is_regained():
    (trace,) = recovery_forest(rows(), title="AUBC (IoU)").data
    assert list(trace.x) == [0.5] * len(REMEDIES)
    assert trace.error_x.array[0] == pytest.approx(0.4)
    unclear = rows(share=NAN, share_low=NAN, share_high=NAN)
    figure = recovery_forest(unclear, title="AUBC (IoU)")
    assert list(figure.data[0].x) == [0.1] * len(REMEDIES)
    assert figure.layout.xaxis.title.text == "AUBC (IoU) gained at π₁"
