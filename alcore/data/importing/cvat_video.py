"""CVAT for video: an XML file of tracks, which say frame by frame what is seen of one object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from xml.etree import ElementTree

from alcore.data.images import SUFFIXES
from alcore.data.importing.annotation_signs import named_by
from alcore.data.importing.canvas import Canvas
from alcore.data.importing.chosen_classes import Label
from alcore.data.importing.cvat import DRAWN, parsed_xml
from alcore.data.importing.folder import Refuse
from alcore.data.importing.marked_images import Mark, MarkedImage, readable, samples_of
from alcore.data.importing.options import ImportOptions, Sample
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError

_FRAME = re.compile(r"(\d+)$")


def is_cvat_video(source: Source) -> bool:
    """Whether there is an XML file of CVAT with tracks."""
    return bool(named_by(source, "cvat-video"))


def cvat_video(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All frames, images whose names end with their number; one without a visible track is clean.

    Raises:
        DataError: two files with the same number, or a track that leaves out frames between two of its own or
            stops before the last one, which CVAT itself fills in before it exports.
    """
    images = [image for table in named_by(source, "cvat-video") for image in _frames(source, table)]
    return samples_of(images, "CVAT", source, options, refuse)


def _frames(source: Source, table: str) -> Iterator[MarkedImage]:
    with readable(table, "tracks of CVAT"):
        root = parsed_xml(source, table)
        found = {number: MarkedImage((file,), table) for number, file in _files(source).items()}
        end = max(found, default=0)
        step = int(_STEP.sub(r"\1", root.findtext("meta//frame_filter") or "") or 1)
        for track in root.iter("track"):
            for number, part in _seen(track, step, end):
                image = found.setdefault(number, MarkedImage((f"frame_{number:06d}.png",), table))
                draw = partial(_draw, part) if part.tag in DRAWN else None
                image.marks.append(Mark(Label(track.get("label", "")), part.tag, draw))
        size = root.find("meta//original_size")
        for image in found.values():
            if size is not None:
                image.size = int(size.findtext("height", "")), int(size.findtext("width", ""))
            yield image


def _seen(track: ElementTree.Element, step: int, end: int) -> Iterator[tuple[int, ElementTree.Element]]:
    """The shapes of a track by the number of their frame, without those that say that it is out of sight."""
    last = None
    shapes = [part for part in track if part.tag in (*DRAWN, *_WITHOUT_AREA)]
    for part in sorted(shapes, key=lambda shape: int(shape.attrib["frame"])):
        number = int(part.attrib["frame"])
        if last is not None and number > last + step:
            raise ValueError(f"track {track.get('id')} leaves out the frames between {last} and {number}")
        last = None if part.get("outside") == "1" else number
        if last is not None:
            yield number, part
    if last is not None and last + step <= end:
        raise ValueError(
            f"track {track.get('id')} stops at frame {last} of {end} without leaving the picture"
        )


_STEP = re.compile(r"step=(\d+)")
_WITHOUT_AREA = ("polyline", "points", "cuboid", "skeleton")


def _draw(part: ElementTree.Element, canvas: Canvas, value: int) -> None:
    DRAWN[part.tag](canvas, part, value)


def _files(source: Source) -> dict[int, str]:
    """The frames of a source by their number."""
    found: dict[int, str] = {}
    for name in source.names:
        number = _FRAME.search(PurePosixPath(name).stem)
        if number is None or suffix(name) not in SUFFIXES:
            continue
        other = found.setdefault(int(number[1]), name)
        if other != name:
            raise DataError(
                f"{shown(other)} and {shown(name)} have the same frame number; import one video at a time"
            )
    return found
