"""Names of files as patterns: 'kos{item}/{id}.jpg' with 'kos{item}/{id}_label.bmp'.

In a pattern `{word}` stands for characters of one name and is captured, `{word:a|b}` for one of those words,
`{word/}` for any folders with their last slash (or none), `{word//12}` for a number, of which twelve
successive ones are the same, `*` for characters of one name, `**/` for any
folders. Case does not matter. Two patterns are joined on the words that both hold.
"""

from __future__ import annotations

import re
from functools import lru_cache

from alcore.errors import DataError

Words = dict[str, str]
"""What the words of a pattern stood for in one name."""

_TOKEN = re.compile(r"\{(\w+)(//[1-9]\d*|/|:[^{}/]+)?\}|(\*\*/)|(\*)")
_BLOCK = re.compile(r"\{(\w+)//(\d+)\}")


_MOST_OPEN = 4
"""Stars and free words in one name: each more multiplies the ways in which a long name may be tried."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for whole names.

    Raises:
        DataError: a brace that is not closed, a word that is none, or too many stars and words in one name.
    """
    for name in _BLOCK.sub(r"{\1}", pattern).split("/"):
        if sum(not (kind or folders) for _, kind, folders, _ in _TOKEN.findall(name)) > _MOST_OPEN:
            raise DataError(f"the pattern {pattern!r} has more than {_MOST_OPEN} stars and words in one name")
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for token in _TOKEN.finditer(pattern):
        parts.append(_literal(pattern[end : token.start()], pattern))
        parts.append(_expression(token, seen))
        end = token.end()
    parts.append(_literal(pattern[end:], pattern))
    try:
        return re.compile("".join(parts), re.IGNORECASE)
    except re.error as error:
        raise DataError(f"the pattern {pattern!r} cannot be used ({error}); see docs/importers.md") from None


def words_of(pattern: str, name: str) -> Words | None:
    """What a pattern's words stand for in a name, in lower case; None where the name does not match."""
    match = compiled(pattern).fullmatch(name)
    if match is None:
        return None
    found = {word: value.lower() for word, value in match.groupdict().items()}
    return found | {word: str(int(found[word]) // int(size)) for word, size in _BLOCK.findall(pattern)}


def words_in(pattern: str) -> set[str]:
    """The words that a pattern captures."""
    return set(compiled(pattern).groupindex)


def _literal(text: str, pattern: str) -> str:
    if "{" in text or "}" in text:
        raise DataError(f"the pattern {pattern!r} has an unmatched brace; write words as {{id}}")
    return re.escape(text)


def _expression(token: re.Match[str], seen: set[str]) -> str:
    word, kind, folders, _star = token.groups()
    if word is None:
        return "(?:[^/]+/)*" if folders else "[^/]*"
    if word in seen:
        return f"(?P={word})"
    seen.add(word)
    if kind and kind.startswith("//"):
        return rf"(?<!\d)(?P<{word}>\d+)"  # from its first digit on
    if kind == "/":
        return f"(?P<{word}>(?:[^/]+/)*)"
    if kind:
        return f"(?P<{word}>{'|'.join(re.escape(choice) for choice in kind[1:].split('|'))})"
    return f"(?P<{word}>[^/]+)"
