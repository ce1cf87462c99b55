"""Images that belong together according to their names: cut from one image, or frames of one sequence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_CUT = re.compile(
    r"(?P<stem>.+?)(?P<mark>[_\-. ]?(?:patch|tile|crop|part|piece|window|chip|cut))[_\-]?\d+(?:[_\-x]\d+)*",
    re.IGNORECASE,
)
_GRID = re.compile(
    r"(?P<stem>.+?)(?P<mark>[_\-](?:row|col|r|c|x|y))\d+[_\-]?(?:row|col|r|c|x|y)\d+", re.IGNORECASE
)
_PAIR = re.compile(r"(?P<stem>.+)(?P<mark>[_\-])(?P<index>\d+(?P=mark)\d+)")
_SINGLE = re.compile(r"(?P<stem>.+)(?P<mark>[_\-])(?P<index>\d+)")
_NUMBERED = re.compile(r"(?P<prefix>(?:.*\D)?)(?P<number>\d+)")
_MOVING = re.compile(
    r"frame|video|clip|slice|scan|(?:^|[^a-z])(?:seq|cam|cine|z|t)(?:[^a-z]|$)", re.IGNORECASE
)
_MOST_LEFT = 0.2
"""Of all names: as many may not be of the form that the others have."""
_RECURS = 0.6
"""An index of one stem is there for as many of the stems, where all were cut alike."""
_LEAST_STEMS, _LEAST_FRAMES, _EVEN = 3, 20, 0.9
_BLOCKS, _MOST_FRAMES = (20, 40), 12
"""A sequence becomes at least the first number of blocks, and the second where these would be larger."""


@dataclass(frozen=True)
class Stems:
    """Names that share a stem. pattern: for `--group`; of: name -> its stem."""

    pattern: str
    of: dict[str, str]


@dataclass(frozen=True)
class Sequences:
    """Names that count up. pattern: for `--group`, in blocks; runs: names in the order of their numbers.

    moving: whether the names say that they are frames, slices or lines.
    """

    pattern: str
    runs: list[list[str]]
    moving: bool


def shared_stems(names: Iterable[str]) -> Stems | None:
    """Stems that names share because each was cut into several, or taken several times; None where not."""
    names = list(names)
    for form in (_CUT, _GRID, _PAIR, _SINGLE):
        matches = {name: hit for name in names if (hit := form.fullmatch(_base(name)))}
        marks = Counter(hit["mark"] for hit in matches.values())
        if not marks:
            continue
        mark = marks.most_common(1)[0][0]
        of = {name: hit["stem"] for name, hit in matches.items() if hit["mark"] == mark}
        if len(of) < (1 - _MOST_LEFT) * len(names) or not _are_several(of):
            continue
        indices = {name: matches[name]["index"] for name in of} if "index" in form.groupindex else {}
        if not indices or _recur(of, indices):
            ending = f"*{mark}*" if form is _PAIR else "*"
            return Stems(f"**/{{stem}}{mark}{ending}", of)
    return None


def sequences(names: Iterable[str]) -> Sequences | None:
    """Runs of names whose numbers count up evenly; None where that is not what most names do."""
    names = list(names)
    runs: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for name in names:
        if hit := _NUMBERED.fullmatch(_base(name)):
            runs[_folder(name), hit["prefix"]].append((int(hit["number"]), name))
    even = {key: sorted(run) for key, run in runs.items() if _is_even(sorted(run))}
    if sum(map(len, even.values())) < max((1 - _MOST_LEFT) * len(names), _LEAST_FRAMES):
        return None
    few, many = _BLOCKS
    step = min(run[1][0] - run[0][0] for run in even.values())
    block = step * max(-(-len(names) // many), min(_MOST_FRAMES, -(-len(names) // few)))
    prefixes, folders = {prefix for _, prefix in even}, {folder for folder, _ in even}
    prefix = next(iter(prefixes)) if len(prefixes) == 1 else "{stem}"
    pattern = f"{'**/' if len(folders) == 1 else '{dir/}'}{prefix}{{n//{block}}}.*"
    moving = any(_MOVING.search(folder + prefix) for folder, prefix in even)
    return Sequences(pattern, [[name for _, name in run] for run in even.values()], moving)


def in_order(names: Sequence[str]) -> list[list[str]]:
    """Names folder by folder, each folder's as people count: 2 before 10."""
    folders: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folders[_folder(name)].append(name)
    return [sorted(part, key=_as_counted) for part in folders.values()]


def _as_counted(name: str) -> list[tuple[bool, int, str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _are_several(of: dict[str, str]) -> bool:
    """Whether there are several stems, most of them of several names."""
    sizes = Counter(of.values())
    shared = sum(size for size in sizes.values() if size > 1)
    return len(sizes) >= _LEAST_STEMS and shared >= (1 - _MOST_LEFT) * len(of)


def _recur(of: dict[str, str], indices: dict[str, str]) -> bool:
    """Whether stems have the same indices, as cuts of images have, and running numbers have not."""
    stems = len(set(of.values()))
    by_index = Counter(set(zip(indices.values(), of.values(), strict=True)))
    having = Counter(index for index, _ in by_index)
    return sum(having[index] for index in indices.values()) >= _RECURS * stems * len(indices)


def _is_even(run: list[tuple[int, str]]) -> bool:
    """Whether numbers, ascending, have nearly all the same distance."""
    if len(run) < _LEAST_STEMS:
        return False
    distances = Counter(after[0] - before[0] for before, after in pairwise(run))
    step, count = distances.most_common(1)[0]
    return step > 0 and count >= _EVEN * (len(run) - 1)


def _folder(name: str) -> str:
    return name[: name.rfind("/") + 1]


def _base(name: str) -> str:
    """A name without its folders and its suffix."""
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    return base[:dot] if dot > 0 else base
