"""Texts that others chose: nothing in them is hidden, and none is endless."""

import re

import pytest

from alcore.compute.execution import missing_class
from alcore.config import make_config
from alcore.errors import ConfigError, StoreError
from alcore.server.index import RunIndex
from alcore.wording import as_plain_markdown, odd_character, shortened
from tests.conftest import SMALL


@pytest.mark.parametrize("sign", ["\x00", "\n", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200f"])
def test_control_and_direction_characters_are_refused_in_names(home, sign):
    name = f"steel{sign}gnp"
    assert odd_character(name) == f"U+{ord(sign):04X}"
    with pytest.raises(ConfigError, match=r"contains the character U\+"):
        make_config(SMALL | {"dataset": name})
    with pytest.raises(StoreError, match=r"cannot hold the character U\+"):
        RunIndex(home).rename("any", name)


@pytest.mark.parametrize("name", ["surface π₀ → π₁", "é", "漢字", "👩‍🔬", "ab-c_d.e"])
def test_names_of_all_languages_are_names(name):
    assert odd_character(name) == ""


def test_endless_texts_end():
    assert shortened("x" * 10, 10) == "x" * 10
    assert shortened("x" * 11, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(("prevalence", "word"), [(1.0, "clean"), (0.005, "defective"), (0.2, "")])
def test_a_pool_of_one_class_says_what_to_change(prevalence, word):
    advice = missing_class(make_config(SMALL | {"pool_prevalence": prevalence}))
    assert (f"no {word} patch" in advice) == bool(word)


@pytest.mark.parametrize(
    "name", ["see http://evil.example/x", "HTTPS://evil.example", "(www.evil.example)", "me@evil.example"]
)
def test_an_address_in_a_name_is_no_link(name):
    """The page looks for addresses in what is left when the escapes are read, by GitHub's rules."""
    read = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", as_plain_markdown(name))
    assert not re.search(r"(https?://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+(\.[-\w]+)+", read, re.IGNORECASE)
    assert read.replace("\u2060", "") == name
