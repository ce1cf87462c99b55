"""Classes of formats that name or number them: which are defective, and which mean unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from alcore.data.cutting import DEFECTIVE, IGNORED
from alcore.data.importing.options import Foreground
from alcore.data.importing.source_files import shown
from alcore.errors import DataError, did_you_mean

_MOST_LISTED = 20


class Label(NamedTuple):
    """A class of a format: its name, '' where it has none, and its number, None where it has none."""

    name: str = ""
    number: int | None = None

    def in_words(self) -> str:
        """Name and number for messages, such as 'crack (1)'."""
        if self.number is None:
            return shown(self.name)
        return f"{shown(self.name)} ({self.number})" if self.name else str(self.number)


class Labels:
    """What each class of a source means, by what the user chose.

    Args:
        chosen: classes and ignored values are numbers of classes here, or names that are digits.
        known: all classes of the source, those that are used and those that are only listed.
        title: of the format, for messages.

    Raises:
        DataError: a chosen class that the source does not have, or that is both defective and ignored.
    """

    def __init__(self, chosen: Foreground, known: Iterable[Label], title: str) -> None:
        self._title = title
        self._known = sorted(set(known), key=lambda label: (label.number or 0, label.name))
        ignored = [*map(str, chosen.ignored), *chosen.ignored_names]
        wanted = [*map(str, chosen.classes or ()), *chosen.names]
        self._ignored = {label for text in ignored for label in self._called(text)}
        self._defective = {label for text in wanted for label in self._called(text)} if wanted else None
        both = self._ignored & (self._defective or set())
        if both:
            raise DataError(f"the class {min(both).in_words()} cannot be defective and ignored at once")

    def value(self, label: Label) -> int | None:
        """DEFECTIVE or IGNORED; None for a class that was not chosen, whose marks are not drawn."""
        if label in self._ignored:
            return IGNORED
        return DEFECTIVE if self._defective is None or label in self._defective else None

    def _called(self, text: str) -> list[Label]:
        """Classes of that number, else of that name."""
        found = [label for label in self._known if str(label.number) == text]
        found = found or [label for label in self._known if label.name == text]
        if not found:
            has_numbers = any(label.number is not None for label in self._known)
            if text.isdigit() and self._known and not has_numbers:
                raise DataError(f"{self._title} has no class numbers; choose by name: {self._listed()}")
            guess = did_you_mean(text, [label.name for label in self._known])
            quote = "; put a name with a comma in double quotes" * any("," in one.name for one in self._known)
            raise DataError(
                f"{self._title} has no class {text!r} here{guess} (it has {self._listed()}{quote})"
            )
        return found

    def _listed(self) -> str:
        """The known classes for messages, such as 'crack (1), dent (2)'."""
        words = [label.in_words() for label in self._known]
        more = f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else ""
        return (", ".join(words[:_MOST_LISTED]) + more) if words else "none"
