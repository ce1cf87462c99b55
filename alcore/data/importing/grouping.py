"""Which images stay on one side of the split, as a pattern of the user's says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alcore.data.importing.options import Sample
from alcore.data.importing.patterns import words_in, words_of
from alcore.data.importing.source_files import shown
from alcore.errors import DataError
from alcore.wording import plural


def grouped(samples: Sequence[Sample], pattern: str) -> tuple[list[Sample], str]:
    """Samples whose names have the same words as one group each, instead of a layout's own; and a sentence.

    Raises:
        DataError: a pattern without a word, or one that no image has.
    """
    if not words_in(pattern):
        raise DataError(
            f"the group pattern {pattern!r} names nothing; write {{stem}} for what a group shares"
        )
    found = []
    groups, alone = set(), []
    for sample in samples:
        words = words_of(pattern, sample.image)
        if words is None:
            alone.append(sample.image)
            found.append(replace(sample, group=""))
        else:
            group = "\n".join(words[word] for word in sorted(words))  # no name has a line's end in it
            groups.add(group)
            found.append(replace(sample, group=group))
    if not groups:
        raise DataError(
            f"no image has the group pattern {pattern!r}; the first is {shown(samples[0].image)}"
            if samples
            else "there is no image to group"
        )
    rest = f", and {plural(len(alone), 'image')} by themselves, such as {shown(alone[0])}" if alone else ""
    many = len(samples) - len(alone)
    return found, f"kept together: {plural(many, 'image')} in {plural(len(groups), 'group')}{rest}"
