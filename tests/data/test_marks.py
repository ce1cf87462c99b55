"""Marks of annotation files: each is drawn, or refused, or left out and counted; none is passed over."""

import io
import json
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.data.collection import dataset_path, open_dataset
from alcore.data.importing import rle
from alcore.data.importing.import_events import ImportEnded
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.errors import DataError
from tests.data.helpers import encoded, write_folder

SHAPE = (60, 64)
CLEAN = [f"clean{number}.png" for number in range(4)]
WHOLE = ImportOptions(SHAPE)
SQUARE = [[10, 10], [20, 10], [20, 20], [10, 20]]


def picture(seed, shape=SHAPE):
    return np.random.default_rng(seed).integers(60, 120, size=shape, dtype=np.uint8)


def images(*names, shape=SHAPE):
    return {name: encoded(picture(seed, shape)) for seed, name in enumerate([*names, *CLEAN])}


def turned(pixels, orientation=6):
    """A PNG whose EXIF tag turns it."""
    image, file = Image.fromarray(pixels), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(file, "PNG", exif=exif)
    return file.getvalue()


def drawn(draw):
    """What Pillow draws, as a mask."""
    page = Image.new("L", SHAPE[::-1])
    draw(ImageDraw.Draw(page))
    return np.asarray(page) > 0


def block(top, left, bottom, right):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[top : bottom + 1, left : right + 1] = True
    return mask


@pytest.fixture(autouse=True)
def whatever_the_split(monkeypatch):
    """One defective image is enough here: which side it is on is tested elsewhere."""
    monkeypatch.setattr(
        "alcore.data.dataset_writer.grouped_split", lambda defective, *_, **__: np.zeros(defective.size)
    )


class Read:
    """An import, by the names of its images."""

    def __init__(self, tmp_path, files, options=WHOLE, name="mine", **kind):
        self.info = import_dataset(
            write_folder(tmp_path / name, files), dataset_path(name), options=options, **kind
        )
        self.patches = open_dataset(name)
        self.notes = " | ".join(self.info.notes)

    def _item(self, image):
        return np.flatnonzero(self.patches.items["source"].str.endswith(image))

    def mask(self, image):
        return self.patches.masks(self._item(image))[0]

    def ignored(self, image):
        return self.patches.ignored(self._item(image))[0]

    @property
    def names(self):
        return sorted(self.patches.items["source"])


# LabelMe


def labelme(shapes, size=SHAPE, name="a"):
    table = {"version": "6.3.1", "imagePath": f"{name}.png", "imageHeight": size[0], "imageWidth": size[1]}
    files = {file.replace("png", "json"): json.dumps(table | {"shapes": []}).encode() for file in CLEAN}
    return files | {f"{name}.json": json.dumps(table | {"shapes": shapes}).encode()}


def shape(points, kind="polygon", label="crack"):
    return {"label": label, "points": points, "shape_type": kind, "flags": {}, "group_id": None}


RADIUS = 50**0.5
TILTED = [[10, 30], [30, 10], [40, 20], [20, 40]]
STRIP = [[10, 10], [30, 12], [40, 40]]


def disc(x, y, radius):
    return lambda pen: pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=1, outline=1)


def as_tuples(points):
    return [tuple(point) for point in points]


@pytest.mark.parametrize(
    ("points", "kind", "draw"),
    [
        ([[30, 30], [35, 35]], "circle", disc(30, 30, RADIUS)),
        (TILTED, "oriented_rectangle", lambda pen: pen.polygon(as_tuples(TILTED), fill=1, outline=1)),
        (STRIP, "linestrip", lambda pen: pen.line(as_tuples(STRIP), fill=1, width=10)),
        (STRIP[:2], "line", lambda pen: pen.line(as_tuples(STRIP[:2]), fill=1, width=10)),
        ([[30, 20]], "point", disc(30, 20, 5)),
        ([[20, 20], [10, 10]], "rectangle", lambda pen: pen.rectangle([10, 10, 20, 20], fill=1)),
        (SQUARE, "polygon", lambda pen: pen.rectangle([10, 10, 20, 20], fill=1)),
    ],
)
def test_labelme_shapes_are_drawn_as_labelme_draws_them(tmp_path, points, kind, draw):
    read = Read(tmp_path, images("a.png") | labelme([shape(points, kind)]))
    assert np.array_equal(read.mask("a.png"), drawn(draw))
    assert f"marks: 1 {kind}" in read.notes


def test_labelme_labels_that_mean_ignore_and_background(tmp_path):
    shapes = [
        shape(SQUARE),
        shape([[15, 15], [20, 20]], "rectangle", "_background_"),
        shape([[30, 30], [40, 40]], "rectangle", "__ignore__"),
    ]
    read = Read(tmp_path, images("a.png") | labelme(shapes))
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20) & ~block(15, 15, 20, 20))
    assert np.array_equal(read.ignored("a.png"), block(30, 30, 40, 40))


def test_labelme_marks_without_area_are_counted_and_do_not_end_the_import(tmp_path):
    shapes = [shape(SQUARE), shape([[1, 1], [2, 2]]), shape([[3, 3], [2, 2]])]
    read = Read(tmp_path, images("a.png") | labelme(shapes))
    assert read.mask("a.png").sum() == 121
    assert "marks left out: 2 polygon of 2 points, which has no area, in a.png" in read.notes


def test_an_image_with_nothing_but_marks_that_cannot_be_drawn_is_not_clean(tmp_path):
    files = images("a.png", "b.png") | labelme([shape(SQUARE)]) | labelme([shape([[1, 1], [2, 2]])], name="b")
    read = Read(tmp_path, files)
    assert "b.png" not in read.names
    assert "only 1 polygon of 2 points" in read.info.skipped["b.png"]


def test_labelme_made_on_another_size_is_scaled_turned_or_refused(tmp_path):
    double = shape([[x * 2, y * 2] for x, y in SQUARE])
    read = Read(tmp_path, images("a.png") | labelme([double], (120, 128)))
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))
    with pytest.raises(DataError, match="cropped or padded after it was outlined"):
        Read(tmp_path, images("a.png") | labelme([double], (120, 100)), name="other")


def test_labelme_classes_by_name(tmp_path):
    shapes = [
        shape(SQUARE),
        shape([[30, 30], [40, 40]], "rectangle", "dent"),
        shape([[1, 1], [4, 4]], "rectangle", "dirt"),
    ]
    files = images("a.png") | labelme(shapes)
    chosen = Foreground(names=("dent",), ignored_names=("dirt",))
    read = Read(tmp_path, files, ImportOptions(SHAPE, foreground=chosen))
    assert np.array_equal(read.mask("a.png"), block(30, 30, 40, 40))
    assert np.array_equal(read.ignored("a.png"), block(1, 1, 4, 4))
    assert "1 of classes that were not chosen" in read.notes
    assert "defective: the class dent, as chosen" in read.notes
    assert "unknown, neither clean nor defective: the class dirt, as chosen" in read.notes
    for wrong, words in (
        (Foreground(classes=(1,)), "LabelMe has no class numbers; choose by name: crack, dent, dirt"),
        (Foreground(names=("dend",)), "no class 'dend' here; did you mean 'dent'"),
        (Foreground(ignored_names=("x",)), "no class 'x' here"),
        (Foreground(threshold=3), "--threshold has no effect here: LabelMe has classes"),
        (Foreground(colors=((1, 2, 3),)), "--color has no effect here"),
        (Foreground(names=("dent",), ignored_names=("dent",)), "cannot be defective and ignored at once"),
    ):
        with pytest.raises(DataError, match=words):
            Read(tmp_path, files, ImportOptions(SHAPE, foreground=wrong), name="wrong")


# YOLO


def yolo(*lines, names=b"names:\n  0: crack\n  1: dent\n"):
    files = {f"images/{name}": content for name, content in images("a.png").items()}
    return files | {"labels/a.txt": "\n".join(lines).encode(), "data.yaml": names}


def line(number, points, digits=6):
    shares = [f"{v / size:.{digits}f}" for xy in points for v, size in zip(xy, SHAPE[::-1], strict=True)]
    return f"{number} " + " ".join(shares)


@pytest.mark.parametrize("digits", [5, 6])
def test_yolo_outlines_fall_on_the_pixels_that_were_written(tmp_path, digits):
    read = Read(tmp_path, yolo(line(0, [[7, 11], [41, 11], [41, 29], [7, 29]], digits)))
    assert np.array_equal(read.mask("a.png"), block(11, 7, 29, 41))


def test_yolo_in_pixels_is_refused_with_the_cause(tmp_path):
    with pytest.raises(DataError, match=r"a\.txt cannot be read as outlines .*probably in pixels"):
        Read(tmp_path, yolo("0 10 10 20 10 20 20 10 20"))


def test_yolo_boxes_are_masks_if_the_user_says_so(tmp_path):
    box = line(0, [[15, 15], [10, 10]])
    with pytest.raises(DataError, match="holds a box and not an outline"):
        Read(tmp_path, yolo(box))
    read = Read(tmp_path, yolo(box), ImportOptions(SHAPE, boxes_are_masks=True), name="boxes")
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))


@pytest.mark.parametrize(
    "names", [b"names: [crack, dent]", b"names:\n- crack\n- dent", b"names: {0: crack, 1: dent}"]
)
def test_yolo_classes_by_number_and_name(tmp_path, names):
    files = yolo(line(0, SQUARE), line(1, [[30, 30], [40, 30], [40, 40], [30, 40]]), names=names)
    for place, chosen in enumerate((Foreground(classes=(1,)), Foreground(names=("dent",)))):
        read = Read(tmp_path, files, ImportOptions(SHAPE, foreground=chosen), name=f"chosen{place}")
        assert np.array_equal(read.mask("a.png"), block(30, 30, 40, 40))
    read = Read(tmp_path, files, ImportOptions(SHAPE, foreground=Foreground(ignored=(1,))), name="ignored")
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))
    assert np.array_equal(read.ignored("a.png"), block(30, 30, 40, 40))
    with pytest.raises(DataError, match=r"YOLO has no class '7' here \(it has crack \(0\), dent \(1\)\)"):
        Read(tmp_path, files, ImportOptions(SHAPE, foreground=Foreground(classes=(7,))), name="none")


# CVAT


def cvat(*shapes, subset="", file="annotations.xml", size=SHAPE, name="a.png"):
    rows = "".join(f'<image id="{n}" name="{clean}"/>' for n, clean in enumerate(CLEAN))
    part = f" subset={quoteattr(subset)}" if subset else ""
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
        f'<image id="9" name="{name}"{part} height="{size[0]}" width="{size[1]}">{"".join(shapes)}</image>'
        f"{rows}</annotations>"
    )
    return {file: text.encode()}


POLYGON = '<polygon label="crack" points="10.0,10.0;20.0,10.0;20.0,20.0;10.0,20.0"/>'
BOX = '<box label="crack" xtl="10" ytl="26" xbr="50" ybr="34"{}/>'
POLYLINE = '<polyline label="dent" points="1,1;9,9"/>'


def test_cvat_ellipses_are_drawn_and_boxes_rotated(tmp_path):
    ellipse = '<ellipse label="crack" cx="30" cy="30" rx="20" ry="5" rotation="{}"/>'
    read = Read(tmp_path, images("a.png") | cvat(ellipse.format(0)), name="flat")
    flat = read.mask("a.png")
    assert flat.sum() == pytest.approx(np.pi * 20.5 * 5.5, abs=10)
    assert "marks: 1 ellipse" in read.notes
    upright = Read(tmp_path, images("a.png") | cvat(ellipse.format(90)), name="upright").mask("a.png")
    assert np.array_equal(upright[:, :60], flat[:, :60].T)
    boxes = {
        turn: Read(tmp_path, images("a.png") | cvat(BOX.format(f' rotation="{turn}"')), name=f"b{turn}")
        for turn in (0, 45, 90)
    }
    assert np.array_equal(boxes[0].mask("a.png"), block(26, 10, 34, 50))
    assert np.array_equal(boxes[90].mask("a.png"), block(10, 26, 50, 34))
    tilted = boxes[45].mask("a.png")
    assert tilted.sum() == pytest.approx(369, abs=15)
    assert tilted[42, 42]
    assert not tilted[30, 45]


def test_cvat_marks_without_area_are_refused_by_kind_with_a_count(tmp_path):
    shapes = [POLYGON, POLYLINE, '<points label="dent" points="1,1"/>', '<cuboid label="dent"/>', POLYLINE]
    skeleton = '<skeleton label="person"><points label="knee" points="3,3"/></skeleton>'
    with pytest.raises(DataError, match="2 polylines, 1 points mark, 1 cuboid, 1 skeleton; draw them as"):
        Read(tmp_path, images("a.png") | cvat(*shapes, skeleton))


def test_cvat_images_with_such_marks_are_left_out_and_said_if_bad_ones_are_skipped(tmp_path):
    text = cvat(POLYGON, POLYLINE)["annotations.xml"].decode()
    more = text.replace(
        "</annotations>", f'<image name="b.png">{POLYGON}<tag label="seen"/></image></annotations>'
    )
    files = images("a.png", "b.png") | {"annotations.xml": more.encode()}
    read = Read(tmp_path, files, ImportOptions(SHAPE, skip_bad=True))
    assert read.names == ["b.png", *CLEAN]
    assert read.info.skipped["a.png"] == "a.png has marks that have no area: 1 polyline"
    report = "\n".join(ImportEnded.of("mine", read.info, []).sentences())
    assert "1 polyline" in report
    chosen = ImportOptions(SHAPE, foreground=Foreground(names=("crack",)))
    assert "a.png" in Read(tmp_path, files, chosen, name="chosen").names, "its polyline is of another class"


@pytest.mark.parametrize(
    ("place", "subset", "file"),
    [
        ("images/{}", "", "annotations.xml"),
        ("{}", "", "annotations.xml"),
        ("images/train/{}", "train", "annotations.xml"),
        ("train/{}", "train", "annotations.xml"),
        ("images/{}", "train", "annotations.xml"),
        ("images/train/{}", "", "train.xml"),
        ("images/{}", "", "train.xml"),
    ],
)
def test_cvat_images_are_found_by_subset_and_whatever_the_file_is_called(tmp_path, place, subset, file):
    files = {place.format(name): content for name, content in images("a.png").items()}
    read = Read(tmp_path, files | cvat(POLYGON, subset=subset, file=file))
    assert read.info.format == "cvat"
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))


def test_cvat_images_of_one_name_in_two_subsets_are_kept_apart(tmp_path):
    files = {f"images/{part}/{n}": c for part in ("train", "val") for n, c in images("a.png").items()}
    files |= cvat(POLYGON, file="train.xml") | cvat(BOX.format(""), file="val.xml")
    read = Read(tmp_path, files)
    assert np.array_equal(read.mask("train/a.png"), block(10, 10, 20, 20))
    assert np.array_equal(read.mask("val/a.png"), block(26, 10, 34, 50))


def test_two_cvat_files_over_the_same_images_are_joined(tmp_path):
    files = images("a.png") | cvat(POLYGON, file="one.xml") | cvat(BOX.format(""), file="two.xml")
    assert np.array_equal(Read(tmp_path, files).mask("a.png"), block(10, 10, 20, 20) | block(26, 10, 34, 50))


def test_cvat_classes_by_name(tmp_path):
    files = images("a.png") | cvat(POLYGON, BOX.format("").replace("crack", "dirt"))
    options = ImportOptions(SHAPE, foreground=Foreground(ignored_names=("dirt",)))
    read = Read(tmp_path, files, options)
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))
    assert np.array_equal(read.ignored("a.png"), block(26, 10, 34, 50))
    for wrong, words in (
        (Foreground(classes=(1,)), "CVAT has no class numbers; choose by name: crack, dirt"),
        (Foreground(threshold=1), "--threshold has no effect here"),
    ):
        with pytest.raises(DataError, match=words):
            Read(tmp_path, files, ImportOptions(SHAPE, foreground=wrong), name="wrong")


# COCO


def coco(*annotations, rows=None, size=SHAPE, file="instances.json"):
    rows = rows or [{"id": 1, "file_name": "a.png", "height": size[0], "width": size[1]}]
    rows += [
        {"id": 100 + n, "file_name": name, "height": SHAPE[0], "width": SHAPE[1]}
        for n, name in enumerate(CLEAN)
    ]
    categories = [{"id": 3, "name": "crack"}, {"id": 4, "name": "dent"}]
    table = {"images": rows, "annotations": list(annotations), "categories": categories}
    return {file: json.dumps(table).encode()}


def outline(top=10, left=10, bottom=20, right=20, image=1, category=3):
    polygon = [left, top, right, top, right, bottom, left, bottom]
    return {"image_id": image, "category_id": category, "segmentation": [polygon], "iscrowd": 0}


def boxed(segmentation="missing"):
    row = {"image_id": 1, "category_id": 3, "bbox": [10, 10, 10, 10]}
    return row if segmentation == "missing" else row | {"segmentation": segmentation}


@pytest.mark.parametrize("segmentation", ["missing", None, [], [[]]])
def test_coco_boxes_are_masks_if_the_user_says_so_and_else_refused_with_a_count(tmp_path, segmentation):
    files = images("a.png", "b.png") | coco(outline(), boxed(segmentation), boxed(segmentation))
    with pytest.raises(DataError, match=r"2 of 3 annotations in instances\.json are boxes .*--boxes-are"):
        Read(tmp_path, files)
    boxes = ImportOptions(SHAPE, boxes_are_masks=True)
    read = Read(tmp_path, images("a.png") | coco(boxed(segmentation)), boxes, name="boxes")
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))
    assert "marks: 1 box" in read.notes


def test_coco_images_that_share_an_id_are_left_out_if_bad_ones_are_skipped(tmp_path):
    rows = [{"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "b.png"}, {"id": 2, "file_name": "c.png"}]
    files = images("a.png", "b.png", "c.png") | coco(outline(image=1), outline(image=2), rows=rows)
    read = Read(tmp_path, files, ImportOptions(SHAPE, skip_bad=True))
    assert not {"a.png", "b.png"} & set(read.names), "either may have the defect"
    assert read.info.skipped["b.png"] == "b.png shares its id with others"


def test_coco_images_with_boxes_alone_are_left_out_if_bad_ones_are_skipped(tmp_path):
    rows = [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}]
    files = images("a.png", "b.png") | coco(boxed(), outline(image=2), rows=rows)
    read = Read(tmp_path, files, ImportOptions(SHAPE, skip_bad=True))
    assert "a.png" not in read.names
    assert "b.png" in read.names
    assert read.info.skipped["a.png"] == "a.png has a box without an outline"
    assert set(read.info.skipped) == {"a.png"}, "one entry for each file left out"


def test_coco_without_outline_and_box_is_refused(tmp_path):
    row = {"image_id": 1, "category_id": 3}
    with pytest.raises(DataError, match="neither an outline nor a box"):
        Read(tmp_path, images("a.png") | coco(row), ImportOptions(SHAPE, boxes_are_masks=True))


@pytest.mark.parametrize("image", ["1", 1.0, " 1", "001"])
def test_coco_image_ids_are_matched_where_that_is_unambiguous(tmp_path, image):
    read = Read(tmp_path, images("a.png") | coco(outline(image=image)))
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))


@pytest.mark.parametrize("image", [77, "a.png", None, [1], {}])
def test_coco_annotations_of_no_image_are_refused_with_a_count(tmp_path, image):
    files = images("a.png") | coco(outline(), outline(image=image), outline(image=image))
    with pytest.raises(DataError, match=r"2 of 3 annotations in instances\.json belong to none"):
        Read(tmp_path, files)
    read = Read(tmp_path, files, ImportOptions(SHAPE, skip_bad=True), name="skipped")
    assert "2 of 3 annotations" in read.info.skipped["instances.json"]


def test_coco_annotations_of_an_id_that_two_images_share_are_refused(tmp_path):
    rows = [{"id": 1, "file_name": "a.png"}, {"id": "1", "file_name": "b.png"}]
    with pytest.raises(DataError, match="1 of 1 annotation in"):
        Read(tmp_path, images("a.png", "b.png") | coco(outline(), rows=rows))


def test_several_coco_tables_over_the_same_images_are_joined(tmp_path):
    tables = coco(outline(), file="one.json") | coco(outline(30, 30, 40, 40), file="two.json")
    read = Read(tmp_path, images("a.png") | tables | coco(file="none.json"))
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20) | block(30, 30, 40, 40))
    assert read.info.patches == 5


def test_one_file_twice_in_a_coco_table_has_all_its_marks(tmp_path):
    rows = [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "a.png"}]
    read = Read(tmp_path, images("a.png") | coco(outline(), outline(30, 30, 40, 40, image=2), rows=rows))
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20) | block(30, 30, 40, 40))


def test_coco_made_on_another_size_is_scaled_or_refused(tmp_path):
    files = images("a.png") | coco(outline(20, 20, 40, 40), size=(120, 128))
    assert np.array_equal(Read(tmp_path, files).mask("a.png"), block(10, 10, 20, 20))
    with pytest.raises(DataError, match="cropped or padded"):
        Read(tmp_path, images("a.png") | coco(outline(), size=(120, 100)), name="cropped")
    with pytest.raises(DataError, match="wholly outside of its 60x64 pixels"):
        Read(tmp_path, images("a.png") | coco(outline(100, 100, 110, 110)), name="outside")


def test_coco_drawn_on_the_raw_frame_turns_with_the_image(tmp_path):
    raw = picture(1, SHAPE[::-1])  # 64x60 in the file, 60x64 as it is shown
    mask = np.zeros(raw.shape, dtype=np.uint8)
    mask[5:21, 3:9] = 1
    expected = np.rot90(mask, -1).astype(bool)
    lengths = [int(n) for n in np.diff(np.flatnonzero(np.diff(np.r_[0, mask.T.ravel(), 0])), prepend=-1 + 1)]
    runs = {"size": list(raw.shape), "counts": [*lengths, mask.size - sum(lengths)]}
    for place, row in enumerate((outline(5, 3, 20, 8), outline() | {"segmentation": runs})):
        files = images("a.png") | {"a.png": turned(raw)} | coco(row, size=raw.shape)
        assert np.array_equal(Read(tmp_path, files, name=f"turned{place}").mask("a.png"), expected)
    with pytest.raises(DataError, match="was turned after it was outlined"):
        Read(tmp_path, images("a.png") | coco(outline(5, 3, 20, 8), size=raw.shape), name="not")


def test_coco_classes_by_number_and_name(tmp_path):
    files = images("a.png") | coco(outline(), outline(30, 30, 40, 40, category=4))
    for place, chosen in enumerate((Foreground(classes=(4,)), Foreground(names=("dent",)))):
        read = Read(tmp_path, files, ImportOptions(SHAPE, foreground=chosen), name=f"chosen{place}")
        assert np.array_equal(read.mask("a.png"), block(30, 30, 40, 40))
    read = Read(tmp_path, files, ImportOptions(SHAPE, foreground=Foreground(ignored=(4,))), name="ignored")
    assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20))
    assert np.array_equal(read.ignored("a.png"), block(30, 30, 40, 40))
    with pytest.raises(DataError, match=r"COCO has no class '9' here \(it has crack \(3\), dent \(4\)\)"):
        Read(tmp_path, files, ImportOptions(SHAPE, foreground=Foreground(classes=(9,))), name="none")


# Other formats with classes


@pytest.mark.parametrize("chosen", [{"ignored": (2,)}, {"ignored_names": ("dirt",)}])
def test_classes_of_roboflow_can_be_ignored_by_number_and_name(tmp_path, chosen):
    options = ImportOptions(SHAPE, foreground=Foreground(**chosen))
    mask = block(10, 10, 20, 20) + 2 * block(30, 30, 40, 40).astype(np.uint8)
    files = {"train/a.png": encoded(picture(0)), "train/a_mask.png": encoded(mask.astype(np.uint8))}
    for name in CLEAN:
        files[f"train/{name}"] = images()[name]
        files[f"train/{name.replace('.png', '_mask.png')}"] = encoded(np.zeros(SHAPE, dtype=np.uint8))
    files["train/_classes.csv"] = b"Pixel Value, Class\n0, background\n1, crack\n2, dirt\n"
    table = coco(outline(), outline(30, 30, 40, 40, category=4))["instances.json"].replace(b"dent", b"dirt")
    table = table.replace(b'"id": 4', b'"id": 2').replace(b'"category_id": 4', b'"category_id": 2')
    tables = {f"train/{name}": content for name, content in images("a.png").items()}
    tables["train/_annotations.coco.json"] = table
    for name, some in {"masks": files, "coco": tables}.items():
        read = Read(tmp_path, some, options, name=name)
        assert read.info.format == "roboflow"
        assert np.array_equal(read.mask("a.png"), block(10, 10, 20, 20)), name
        assert np.array_equal(read.ignored("a.png"), block(30, 30, 40, 40)), name


def test_classes_of_severstal_can_be_ignored(tmp_path):
    rows = [("a.jpg", 1, block(10, 10, 20, 20)), ("a.jpg", 3, block(30, 30, 40, 40))]
    table = "\n".join(["ImageId,ClassId,EncodedPixels", *(f"{f},{k},{rle.encode(m)}" for f, k, m in rows)])
    files = {
        f"train_images/{name[:-4]}.jpg": encoded(picture(n), "JPEG")
        for n, name in enumerate(["a.png", *CLEAN])
    }
    files["train.csv"] = table.encode()
    read = Read(tmp_path, files, ImportOptions(SHAPE, foreground=Foreground(ignored=(3,))))
    assert np.array_equal(read.mask("a.jpg"), block(10, 10, 20, 20))
    assert np.array_equal(read.ignored("a.jpg"), block(30, 30, 40, 40))
    with pytest.raises(DataError, match=r"Severstal's table has no class '9' here \(it has 1, 3\)"):
        Read(tmp_path, files, ImportOptions(SHAPE, foreground=Foreground(classes=(9,))), name="none")


def test_pixel_masks_without_names_refuse_a_name_and_matlab_has_one_kind(tmp_path):
    files = {f"{folder}/{n}.png": encoded(picture(n)) for n in range(3) for folder in ("images", "masks")}
    options = ImportOptions(SHAPE, foreground=Foreground(names=("crack",)))
    with pytest.raises(DataError, match="images and masks has no class names, such as 'crack'"):
        Read(tmp_path, files, options, name="folder")
    mats = {f"image/{n}.jpg": encoded(picture(n), "JPEG") for n in range(3)} | {"groundTruth/0.mat": b""}
    options = ImportOptions(SHAPE, foreground=Foreground(classes=(1,)))
    with pytest.raises(DataError, match="--classes has no effect here: CrackForest has one kind of mark"):
        Read(tmp_path, mats, options, name="crackforest")


# All of them


def test_the_command_line_takes_names_and_boxes_and_says_what_was_read(tmp_path):
    files = images("a.png") | coco(outline(), boxed() | {"category_id": 4, "bbox": [30, 30, 9, 9]})
    source = write_folder(tmp_path / "in", files)

    def run(*options):
        command = ["data", "import", str(source), "--name", "mine", "--patch", "60x64", "--dry-run"]
        return CliRunner().invoke(app, [*command, *options])

    report = run("--boxes-are-masks", "--ignore", "dent")
    assert report.exit_code == 0
    assert "marks: 1 polygon, 1 box" in report.stdout
    assert "unknown, neither clean nor defective: the class dent, as chosen" in report.stdout
    for options, words in {
        ("--threshold", "3"): "--threshold has no effect here: COCO has classes",
        ("--classes", "dend"): "did you mean 'dent'",
        (): "1 of 2 annotations in instances.json are boxes without an outline",
    }.items():
        refused = run(*options).exception
        assert isinstance(refused, DataError)
        assert words in str(refused)


def test_one_square_has_the_same_pixels_in_every_format(tmp_path):
    square = block(10, 10, 13, 13)
    points = [[10, 10], [13, 10], [13, 13], [10, 13]]
    rectangle = '<box label="crack" xtl="10" ytl="10" xbr="13" ybr="13"/>'
    for name, files in {
        "coco": images("a.png") | coco(outline(10, 10, 13, 13)),
        "yolo": yolo(line(0, points)),
        "cvat": images("a.png") | cvat(rectangle),
        "labelme": images("a.png") | labelme([shape(points)]),
    }.items():
        assert np.array_equal(Read(tmp_path, files, name=name).mask("a.png"), square), name
