"""Outlines -> pixels: one canvas, and one convention, for every format that holds outlines.

A vertex names a pixel: its coordinates are rounded to the nearest whole ones, halves up, and one that equals
the image's size is the last pixel. The line of an outline belongs to what it encloses, the line around a hole
too. So a square from 10 to 20 has 121 pixels, as Pillow, OpenCV, scikit-image and LabelMe fill it;
pycocotools gives 100. Tools turn masks into outlines by following the outermost pixels (`cv2.findContours`),
and filling with the line gives exactly those masks back, down to lines and points of one pixel, which
pycocotools empties. Where an outline crosses itself, the even-odd rule holds. docs/importers.md has the
counts of each decoder.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from alcore.data.cutting import CLEAN, DEFECTIVE, IGNORED
from alcore.data.decoding import orientation
from alcore.data.importing.canvas_frame import LARGEST, TURNS, Frame, Points, Size, frame_of
from alcore.data.importing.options import Drawn
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError

Stroke = Callable[[ImageDraw.ImageDraw, list[tuple[float, float]]], None]
"""Draws something at points, in pixels of the image, with a fill of 1."""


class Canvas:
    """The pixels of one image while its marks are drawn; `drawn` is what came of them.

    Every mark takes a `value`: DEFECTIVE; IGNORED, which holds wherever it is drawn, over defects too; or
    CLEAN, which erases what was drawn before. Coordinates are those of the frame that `drawn_on` names.

    Args:
        name: of the image; `name` is how messages show it.
        shape: (height, width) of the image, upright.
        orientation: the image's EXIF orientation, asked for only where a frame has its sides swapped.
    """

    def __init__(self, name: str, shape: Size, orientation: Callable[[], int] = lambda: 1) -> None:
        self.name, self._shape, self._orientation = shown(name), shape, orientation
        self._layers = {value: Image.new("L", shape[::-1]) for value in (DEFECTIVE, IGNORED)}
        self._frame = Frame(shape)
        self._marks: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def drawn_on(self, size: Size | None) -> None:
        """Say on which size the next marks were drawn; None for that of the image.

        A frame of the image's own shape, to the rounding of one side, is scaled; one with its sides swapped
        is turned where EXIF says so.

        Raises:
            DataError: the frame is neither; the sentence has the likely cause.
        """
        self._frame = frame_of(size or self._shape, self._shape, self.name, self._orientation)

    @property
    def frame(self) -> Size:
        """(height, width) of what marks are drawn on now."""
        return self._frame.size

    def polygon(
        self, points: Points, holes: Sequence[Points] = (), *, value: int = DEFECTIVE, kind: str = "polygon"
    ) -> None:
        """An outline with holes in it; of one point a pixel, of two a line.

        Raises:
            DataError: no x, y pairs, or an outline wholly outside of the image.
        """
        self._fill(self._placed(points), [self._placed(hole) for hole in holes], value, kind)

    def box(
        self,
        corners: tuple[float, float, float, float],
        *,
        rotation: float = 0.0,
        value: int = DEFECTIVE,
        kind: str = "box",
    ) -> None:
        """A rectangle from (left, top) to (right, bottom), turned about its centre by degrees clockwise."""
        left, top, right, bottom = corners
        if not rotation:
            self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], value=value, kind=kind)
            return
        centre, radii = (
            ((left + right) / 2, (top + bottom) / 2),
            (abs(right - left) / 2, abs(bottom - top) / 2),
        )
        self._oblong(centre, radii, rotation, lambda along: np.abs(along).max(axis=0), value)
        self._marks[kind] += 1

    def ellipse(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        *,
        rotation: float = 0.0,
        value: int = DEFECTIVE,
        kind: str = "ellipse",
    ) -> None:
        """An ellipse with radii along x and y, turned about its centre by degrees clockwise.

        Its line belongs to it like any other, and that of a turned box: a pixel counts up to half a pixel
        beyond the radius. Nothing is rounded here, as there are no vertices.
        """
        self._oblong(centre, radii, rotation, lambda along: np.hypot(*along), value)
        self._marks[kind] += 1

    def stroke(self, kind: str, points: Points, how: Stroke, *, value: int = DEFECTIVE) -> None:
        """Anything else, as another tool draws it: `how` gets a pen, and the points in pixels, not rounded.

        Raises:
            DataError: as for a polygon.
        """
        placed = [(float(x), float(y)) for x, y in self._placed(points, is_rounded=False)]
        part = Image.new("L", self._shape[::-1])
        how(ImageDraw.Draw(part), placed)
        if part.getbbox() is None:
            self._refuse_outside(np.array(placed), nothing=True)
        self._paste(np.asarray(part) > 0, (0, 0), value)
        self._marks[kind] += 1

    def pixels(self, mask: np.ndarray, *, value: int = DEFECTIVE, kind: str = "mask") -> None:
        """A mask, (height, width) bool; turned as EXIF says where its sides are swapped, but never scaled.

        Raises:
            DataError: it is not of the image's size.
        """
        self.refuse_other_mask(mask.shape)
        turned = mask if mask.shape == self._shape else TURNS[self._orientation()][1](mask)
        self._paste(turned, (0, 0), value)
        self._marks[kind] += 1

    def refuse_other_mask(self, size: Size) -> None:
        """Refuse a mask by its size, before it is decoded, that `pixels` could not use.

        Raises:
            DataError: it is neither of the image's size, nor turned against it by EXIF.
        """
        is_turned = size == self._shape[::-1] and self._orientation() in TURNS
        if size != self._shape and not is_turned:
            raise DataError(
                f"a mask of {self.name} is {size[0]}x{size[1]}, not of its size, "
                f"{self._shape[0]}x{self._shape[1]}; export both again"
            )

    def pass_over(self, count: int = 1) -> None:
        """Note marks of classes that were not chosen."""
        self._marks["of classes that were not chosen"] += count

    def leave_out(self, what: str, count: int = 1) -> None:
        """Note marks that cannot be drawn, so that the import says so: 'polygon without area'."""
        self._left_out[what] += count

    def drawn(self) -> Drawn:
        """The pixels that the marks cover, and how many marks of each kind there were."""
        defective, ignored = (np.asarray(self._layers[value]) > 0 for value in (DEFECTIVE, IGNORED))
        truth = defective
        if ignored.any():
            truth = np.where(ignored, np.uint8(IGNORED), defective.astype(np.uint8))
        return Drawn(truth, dict(self._marks), dict(self._left_out))

    def _fill(self, outer: np.ndarray, holes: list[np.ndarray], value: int, kind: str) -> None:
        self._refuse_outside(outer)
        if not holes:
            for layer, fill in self._layers_of(value):
                _polygon(ImageDraw.Draw(layer), outer, fill, fill)
        else:
            low = np.maximum(outer.min(axis=0), 0)
            size = np.minimum(outer.max(axis=0), np.array(self._shape[::-1]) - 1) - low + 1
            part = Image.new("L", (int(size[0]), int(size[1])))
            _polygon(ImageDraw.Draw(part), outer - low, 1, 1)
            for hole in holes:
                inside = Image.new("L", part.size)
                pen = ImageDraw.Draw(inside)
                _polygon(pen, hole - low, 1, 1)
                _polygon(pen, hole - low, None, 0)
                part.paste(0, (0, 0), inside.point(_FULL))
            self._paste(np.asarray(part) > 0, (int(low[0]), int(low[1])), value)
        self._marks[kind] += 1

    def _oblong(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        rotation: float,
        distance: Callable[[np.ndarray], np.ndarray],
        value: int,
    ) -> None:
        """Fill where the distance is at most 1; it takes (2, h, w) coordinates along the two half axes."""
        if not 0 <= min(radii) <= max(radii) <= LARGEST or not abs(rotation) <= LARGEST:
            raise DataError(f"a mark of {self.name} has no size or angle that can be used; export it again")
        tips = _turned(rotation) * (np.array(radii) + 0.5 / np.array(self._frame.scale))  # columns
        placed = self._placed(np.array([centre, *(np.array(centre) + tips.T)]), is_rounded=False)
        middle, axes = placed[0], (placed[1:] - placed[0]).T  # (2, 2): columns, in pixels of the image
        reach = np.abs(axes).sum(axis=1)
        self._refuse_outside(np.array([middle - reach, middle + reach]))
        low = np.maximum(np.floor(middle - reach), 0).astype(int)
        high = np.minimum(np.ceil(middle + reach), np.array(self._shape[::-1]) - 1).astype(int)
        x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        along = np.tensordot(np.linalg.inv(axes), np.stack([x - middle[0], y - middle[1]]), 1)
        self._paste(distance(along) <= 1 + 1e-9, (low[0], low[1]), value)

    def _placed(self, points: Points, *, is_rounded: bool = True) -> np.ndarray:
        """(n, 2) points of the frame in pixels of the image, rounded to whole ones."""
        return self._frame.placed(points, self._shape, self.name, is_rounded=is_rounded)

    def _refuse_outside(self, placed: np.ndarray, *, nothing: bool = False) -> None:
        """Refuse an outline of which no pixel is in the image, or of which `nothing` was drawn."""
        low, high = placed.min(axis=0), placed.max(axis=0)
        if nothing or (high < 0).any() or (low > np.array(self._shape[::-1]) - 1).any():
            raise DataError(
                f"an outline of {self.name} lies wholly outside of its {self._shape[0]}x{self._shape[1]} "
                f"pixels, at x {low[0]:.0f} to {high[0]:.0f} and y {low[1]:.0f} to {high[1]:.0f}: it was "
                "probably drawn on an image of another size; export both again"
            )

    def _paste(self, mask: np.ndarray, corner: tuple[int, int], value: int) -> None:
        stencil = Image.fromarray(mask.astype(np.uint8) * 255)
        for layer, fill in self._layers_of(value):
            layer.paste(fill, (int(corner[0]), int(corner[1])), stencil)

    def _layers_of(self, value: int) -> list[tuple[Image.Image, int]]:
        if value == CLEAN:
            return [(layer, 0) for layer in self._layers.values()]
        return [(self._layers[value], 1)]


_FULL = [0] + [255] * 255
"""A look-up table: every mark covers wholly."""


def _turned(degrees: float) -> np.ndarray:
    """(2, 2) matrix of a turn clockwise as seen on the screen, where y grows downwards."""
    angle = math.radians(degrees)
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _polygon(pen: ImageDraw.ImageDraw, points: np.ndarray, fill: int | None, line: int) -> None:
    corners = [(int(x), int(y)) for x, y in points]
    pen.polygon(corners if len(corners) > 2 else corners * 3, fill=fill, outline=line)


def canvas_of(source: Source, image: str, shape: Size) -> Canvas:
    """A canvas for an image of a source, of which (height, width) is known already."""
    return Canvas(image, shape, lambda: orientation(source.read(image)))
