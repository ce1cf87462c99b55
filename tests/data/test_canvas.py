"""One convention for outlines: what is filled, how frames are fitted, and what is refused."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from alcore.data.cutting import CLEAN, DEFECTIVE, IGNORED
from alcore.data.decoding import orientation
from alcore.data.importing.canvas import Canvas
from alcore.data.importing.canvas_frame import size_of
from alcore.errors import DataError

SQUARE = [(10, 10), (20, 10), (20, 20), (10, 20)]


def canvas(shape=(40, 48), turn=1):
    return Canvas("a.png", shape, lambda: turn)


def polygon(points, holes=(), shape=(40, 48)):
    page = canvas(shape)
    page.polygon(points, holes)
    return page.drawn().truth


def test_the_line_belongs_to_a_square_so_it_has_121_pixels():
    truth = polygon(SQUARE)
    assert truth.dtype == bool
    assert truth.sum() == 121
    assert truth[10:21, 10:21].all()


@pytest.mark.parametrize("digits", [5, 6])
def test_vertices_of_a_few_decimals_fall_on_the_pixels_that_were_meant(digits):
    """What tools write: shares of the image, in text; truncated, many would fall a pixel short."""
    for width in (48, 64, 333, 1000):
        columns = np.arange(width)
        written = np.array([float(f"{column / width:.{digits}f}") for column in columns])
        for column, share in zip(columns, written, strict=True):
            truth = polygon([(share * width, 0), (share * width, 3)], shape=(4, width))
            assert truth.any(axis=0).nonzero()[0].tolist() == [column]


def test_a_hole_is_cut_out_and_its_line_stays():
    truth = polygon(SQUARE, [[(13, 13), (17, 13), (17, 17), (13, 17)]])
    expected = np.zeros((40, 48), dtype=bool)
    expected[10:21, 10:21] = True
    expected[14:17, 14:17] = False
    assert np.array_equal(truth, expected)


def test_a_hole_of_an_outline_that_leaves_the_image_is_where_it_was_drawn():
    truth = polygon([(-5, -5), (9, -5), (9, 9), (-5, 9)], [[(2, 2), (6, 2), (6, 6), (2, 6)]])
    assert not truth[3:6, 3:6].any()
    assert truth.sum() == 100 - 9


def test_an_outline_of_one_or_two_points_is_a_pixel_or_a_line():
    assert polygon([(3, 5)]).nonzero() == (np.array([5]), np.array([3]))
    assert polygon([(3, 5), (3, 9)]).sum() == 5


def test_an_outline_that_crosses_itself_follows_the_even_odd_rule():
    angles = np.pi * (2 * np.arange(5) * 2 / 5 - 0.5)
    star = np.stack([24 + 15 * np.cos(angles), 20 + 15 * np.sin(angles)], 1)
    assert not polygon(star)[20, 24]


def test_a_coordinate_that_equals_the_size_is_the_last_pixel():
    assert polygon([(0, 0), (48, 0), (48, 40), (0, 40)]).all()
    assert polygon([(48, 3), (48, 9)])[3:10, 47].all()


@pytest.mark.parametrize(
    "points",
    [
        [(49, 3), (60, 3), (60, 9)],
        [(-9, 3), (-2, 3), (-2, 9)],
        [(3, 100), (9, 100), (9, 120)],
    ],
)
def test_an_outline_wholly_outside_is_refused_with_the_likely_cause(points):
    with pytest.raises(DataError, match=r"wholly outside of its 40x48 pixels, at x .*another size"):
        polygon(points)
    with pytest.raises(DataError, match="wholly outside"):
        canvas().ellipse(points[0], (0.5, 0.5))
    with pytest.raises(DataError, match="wholly outside"):
        canvas().stroke("line", points, lambda pen, xy: pen.line(xy, fill=1))


@pytest.mark.parametrize(
    "points", [[], [(1, 2, 3)], [("a", "b")], [(1, np.nan)], [(1e9, 2)], 7, [(1, 2), (3,)]]
)
def test_what_is_no_list_of_pairs_is_refused(points):
    with pytest.raises(DataError, match="not a list of x, y pairs"):
        polygon(points)


def test_a_rotated_box_is_turned_about_its_centre_clockwise():
    page = canvas((60, 60))
    page.box((10, 26, 50, 34), rotation=90)
    expected = np.zeros((60, 60), dtype=bool)
    expected[10:51, 26:35] = True
    assert np.array_equal(page.drawn().truth, expected)
    page = canvas((60, 60))
    page.box((10, 26, 50, 34), rotation=30)
    truth = page.drawn().truth
    assert abs(int(truth.sum()) - 369) < 10
    assert truth[39, 46]  # clockwise on the screen: the right end goes down
    assert not truth[21, 46]


def test_an_ellipse_reaches_its_radii_and_turns_with_its_axes():
    page = canvas((60, 60))
    page.ellipse((30, 30), (20, 5))
    rows, columns = page.drawn().truth.nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (25, 35, 10, 50)
    turned = canvas((60, 60))
    turned.ellipse((30, 30), (20, 5), rotation=90)
    assert np.array_equal(turned.drawn().truth, page.drawn().truth.T)
    tilted = canvas((60, 60))
    tilted.ellipse((30, 30), (20, 5), rotation=45)
    assert tilted.drawn().truth[42, 42]
    for one in (page, tilted):
        assert one.drawn().truth.sum() == pytest.approx(np.pi * 20.5 * 5.5, abs=10)


def test_an_ellipse_without_a_radius_is_still_a_pixel():
    page = canvas()
    page.ellipse((7, 9), (0, 0))
    assert page.drawn().truth.nonzero() == (np.array([9]), np.array([7]))


def test_a_frame_of_the_same_shape_is_scaled():
    page = canvas((64, 64))
    page.drawn_on((128, 128))
    page.polygon([(20, 20), (60, 20), (60, 60), (20, 60)])
    assert page.drawn().truth.sum() == 21 * 21
    assert page.drawn().truth[10:31, 10:31].all()


@pytest.mark.parametrize("frame", [(2400, 4000), (4000, 2400)])
def test_a_resized_side_may_be_rounded(frame):
    shape = tuple(side * 1333 // 4000 for side in frame)  # 800 of 799.8
    page = canvas((800 if shape[0] < 1000 else 1333, 1333 if shape[0] < 1000 else 800))
    page.drawn_on(frame)
    page.polygon([(0, 0), (frame[1], 0), (frame[1], frame[0]), (0, frame[0])])
    assert page.drawn().truth.all()


@pytest.mark.parametrize("frame", [(40, 47), (41, 48), (100, 48), (64, 64), (48, 40), (96, 80)])
def test_a_frame_of_another_shape_is_refused_with_the_likely_cause(frame):
    swapped = frame in ((48, 40), (96, 80))
    with pytest.raises(DataError, match="was turned after" if swapped else "was cropped or padded after"):
        canvas().drawn_on(frame)


def test_a_frame_that_cannot_be_is_refused_and_one_that_is_not_said_is_the_images():
    for size in ((0, 5), (10**400, 10**400)):
        with pytest.raises(DataError, match="cannot be used; export it again"):
            canvas().drawn_on(size)
    for height, width in ((None, 5), ("x", 5), (1e400, 5), (float("nan"), 5), (0, 5), (1.5, 5), ([], {})):
        assert size_of(height, width) is None
    assert size_of("40", 48.0) == (40, 48)


@pytest.mark.parametrize("turn", [5, 6, 7, 8])
def test_what_was_drawn_on_the_raw_frame_turns_with_the_image(turn):
    """The image lies as 48x40 in its file and is shown as 40x48: outlines turn as Pillow turns pixels."""
    raw = np.zeros((48, 40), dtype=bool)
    raw[5:20, 3:9] = True
    image = Image.fromarray(raw.astype(np.uint8) * 255)
    exif = image.getexif()
    exif[0x0112] = turn
    file = io.BytesIO()
    image.save(file, "PNG", exif=exif)
    assert orientation(file.getvalue()) == turn
    expected = np.asarray(ImageOps.exif_transpose(Image.open(file))) > 0
    for draw in (
        lambda page: page.polygon([(3, 5), (8, 5), (8, 19), (3, 19)]),
        lambda page: page.box((3, 5, 8, 19)),
        lambda page: page.pixels(raw),
    ):
        page = canvas((40, 48), turn)
        page.drawn_on((48, 40))
        draw(page)
        assert np.array_equal(page.drawn().truth, expected)
    page = canvas((40, 48), turn)
    page.drawn_on((48, 40))
    page.ellipse((10, 20), (3, 12))
    upright = canvas((48, 40))
    upright.ellipse((10, 20), (3, 12))
    page2 = canvas((40, 48), turn)
    page2.drawn_on((48, 40))
    page2.pixels(upright.drawn().truth)
    assert np.array_equal(page.drawn().truth, page2.drawn().truth)


def test_a_mask_of_another_size_is_never_scaled():
    page = canvas((40, 48))
    page.drawn_on((80, 96))
    with pytest.raises(DataError, match=r"a mask of a\.png is 80x96, not of its size, 40x48"):
        page.pixels(np.ones((80, 96), dtype=bool))


def test_what_nobody_knows_holds_over_defects_and_a_background_erases():
    page = canvas()
    page.polygon(SQUARE, value=IGNORED)
    page.polygon(SQUARE)
    page.box((15, 15, 30, 20))
    page.box((28, 15, 30, 20), value=CLEAN, kind="background")
    found = page.drawn()
    assert found.truth.dtype == np.uint8
    assert (found.truth[10:21, 10:21] == IGNORED).all()
    assert (found.truth[15:21, 21:28] == DEFECTIVE).all()
    assert (found.truth[15:21, 28:31] == CLEAN).all()
    assert found.marks == {"polygon": 2, "box": 1, "background": 1}


def test_what_cannot_be_drawn_is_counted():
    page = canvas()
    page.leave_out("point without area")
    page.leave_out("point without area", 2)
    assert page.drawn().left_out == {"point without area": 3}
    assert not page.drawn().truth.any()
