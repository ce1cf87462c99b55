"""Families of files in a source: images and all that may be their masks, each pair as ready patterns.

A family are files of one folder, or of folders that play the same part, whose names differ in an id alone:
'images/{id}_training.tif'. Two families belong together where they have the same ids, and one of them looks
like masks. Which of several families of masks is the truth, only people know.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from alcore.data.images import SUFFIXES, read_mask_values
from alcore.data.importing.layouts import match, own_layout
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.source_files import Source, suffix
from alcore.errors import DataError
from alcore.wording import percent, plural

_LOOKED_AT = 3
_MOST_LEVELS = 16
"""Grey levels in a mask of classes; lossy masks have hardly any between dark and bright."""
_MOST_BETWEEN = 0.02
_DARK, _BRIGHT, _HIGHEST_INDEX = 48, 208, 31
_FEWEST_IDS, _LEAST_SHARED = 2, 0.5
_MOST_FAMILIES = 200
_MOST_SHOWN = 12
_ENDING = re.compile(r"[_\-. ][^\W_]*[^\W\d_][^\W_]*$")  # the last word of a name that is no mere number
_LEAST_COMMON = 0.2
"""Share of the names in a folder that an ending needs, to be no part of their ids."""


@dataclass(frozen=True)
class Family:
    """Images and what may be their masks, as patterns of the user's own layout.

    pairs: images that have such a mask; files: of both; marked: share of the pixels that are marked, in the
    masks that were looked at.
    """

    images: str
    masks: str
    pairs: int
    files: int
    marked: float

    def as_options(self) -> str:
        """'--images 'images/{id}.png' --masks 'truth/{id}.png''."""
        return f"--images '{self.images}' --masks '{self.masks}'"

    def in_words(self) -> str:
        """The options with counts: '… (20 images with masks, 40 files; 8.8 % of the pixels marked)'."""
        return (
            f"{self.as_options()}  ({plural(self.pairs, 'image')} with masks, {plural(self.files, 'file')}; "
            f"about {percent(round(self.marked, 3))} of the pixels marked)"
        )


@dataclass(frozen=True)
class _Group:
    """Files of one folder and suffix, by their ids; a name is folder + begin + id + end."""

    folder: str
    begin: str
    end: str
    ids: dict[str, str]


def families_of(source: Source) -> list[Family]:
    """Every pair of families of which one looks like masks of the other, the fullest first."""
    groups = _groups(name for name in source.names if suffix(name) in SUFFIXES)
    if len(groups) > _MOST_FAMILIES:
        return []
    marked = {id(group): _marked(source, group) for group in groups}
    pairs: dict[tuple[str, str], list[tuple[_Group, _Group]]] = defaultdict(list)
    for one, other in combinations(groups, 2):
        if (marked[id(one)] is None) == (marked[id(other)] is None) or not _share_ids(one, other):
            continue
        image, mask = (one, other) if marked[id(one)] is None else (other, one)
        pairs[_general(image, mask)].append((image, mask))
    found = []
    for patterns, members in pairs.items():
        images, masks = patterns if len(members) > 1 else tuple(map(_literal, members[0]))
        shares = [marked[id(mask)] or 0.0 for _, mask in members]
        family = _counted(source, images, masks, float(np.mean(shares)))
        found += [family] if family else []
    return sorted(found, key=lambda family: -family.files)[:_MOST_SHOWN]


def looks_like_mask(source: Source, name: str) -> bool:
    """Whether a picture holds a few values, or dark and bright ones and nothing between."""
    return _share_marked(source, name) is not None


def _counted(source: Source, images: str, masks: str, marked: float) -> Family | None:
    """A family with what its patterns find; None where they cannot be used, as of names with braces."""
    try:
        found = match(own_layout(ImportOptions(images=images, masks=(masks,))), source.names)
    except DataError:
        return None
    used = {mask for mine in found.masks.values() for mask in mine}
    return Family(images, masks, len(found.masks), len(found.masks) + len(used), marked)


def _groups(names: Iterable[str]) -> list[_Group]:
    by_place: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        folder = name[: name.rfind("/") + 1]
        by_place[folder, name[len(name) - len(suffix(name)) :]].append(name)
    found = []
    for (folder, kind), mine in by_place.items():
        stems = {name[len(folder) : len(name) - len(kind)]: name for name in mine}
        found += [_group(folder, end, kind, part) for end, part in _by_ending(stems).items()]
    return found


def _by_ending(stems: dict[str, str]) -> dict[str, dict[str, str]]:
    """Stems by their last words: apart where one id has several, such as a first and a second rater's."""
    ends = dict.fromkeys(stems, "")
    while True:
        longer = {stem: _longer(stem, end) for stem, end in ends.items()}
        common = Counter(longer.values())
        fewest = max(_FEWEST_IDS, _LEAST_COMMON * len(stems))
        grown = {stem: end if common[end] >= fewest else ends[stem] for stem, end in longer.items()}
        if grown == ends:
            break
        ends = grown
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for stem, end in ends.items():
        parts[end][stem[: len(stem) - len(end)]] = stems[stem]
    several = Counter(stem for part in parts.values() for stem in part)
    if len(parts) > 1 and max(several.values()) == 1:  # kinds of things, not masks of one another
        return {"": stems}
    return dict(parts)


def _longer(stem: str, end: str) -> str:
    """An ending with one more word of its stem; the same where there is none."""
    hit = _ENDING.search(stem[: len(stem) - len(end)])
    return stem[hit.start() :] if hit and hit.start() else end


def _group(folder: str, end: str, kind: str, ids: dict[str, str]) -> _Group:
    """A group without the common beginning of its names, unless that is part of a number."""
    first, last = min(ids), max(ids)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    begin = (
        re.sub(r"\w$", "", first[:same]) if first[:same][-1:].isalpha() else first[:same].rstrip("0123456789")
    )
    return _Group(folder, begin, end + kind, {name[len(begin) :].lower(): file for name, file in ids.items()})


def _share_ids(one: _Group, other: _Group) -> bool:
    shared = len(one.ids.keys() & other.ids.keys())
    return shared >= max(_FEWEST_IDS, _LEAST_SHARED * min(len(one.ids), len(other.ids)))


def _literal(group: _Group) -> str:
    return f"{group.folder}{group.begin}{{id}}{group.end}"


def _general(image: _Group, mask: _Group) -> tuple[str, str]:
    """Patterns for all folders that differ as these two do: 'images' and 'masks' below any others."""
    mine, other = image.folder.split("/")[:-1], mask.folder.split("/")[:-1]
    places = [place for place, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b]
    if len(mine) != len(other) or len(places) > 1:
        return _literal(image), _literal(mask)
    before, after = "{dir/}", ""
    if places:
        before, after = "{dir/}" if places[0] else "", "{sub/}" if places[0] < len(mine) - 1 else ""
        return (
            f"{before}{mine[places[0]]}/{after}{image.begin}{{id}}{image.end}",
            f"{before}{other[places[0]]}/{after}{mask.begin}{{id}}{mask.end}",
        )
    return f"{before}{image.begin}{{id}}{image.end}", f"{before}{mask.begin}{{id}}{mask.end}"


def _marked(source: Source, group: _Group) -> float | None:
    """The share of marked pixels in some files of a group; None where they do not look like masks."""
    files = list(group.ids.values())
    chosen = [
        files[place] for place in np.linspace(0, len(files) - 1, min(_LOOKED_AT, len(files))).astype(int)
    ]
    shares = [_share_marked(source, name) for name in chosen]
    known = [share for share in shares if share is not None]
    return float(np.mean(known)) if len(known) == len(shares) else None


def _share_marked(source: Source, name: str) -> float | None:
    try:
        values = read_mask_values(source.read(name), name=name).values
    except DataError:
        return None
    levels = np.unique(values)
    between = ((values > _DARK) & (values < _BRIGHT)).mean()
    if levels.size > _MOST_LEVELS and between > _MOST_BETWEEN:
        return None
    return float((values > (0 if levels.max() <= _HIGHEST_INDEX else 127)).mean())
