"""Zips and folders that mean harm, or were cut short: one sentence each, and nothing left behind."""

import io
import itertools
import json
import os
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from alcore.data.collection import dataset_names, dataset_path, open_dataset
from alcore.data.images import read_pixels
from alcore.data.importing import source_files as sources
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.opened_source import open_source, store_folder
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.source_files import FolderSource, ZipSource, shown
from alcore.errors import DataError
from alcore.home import datasets_directory
from tests.data.helpers import (
    SIZE,
    folder_files,
    roboflow_coco_files,
    roboflow_mask_files,
    severstal_files,
    write_folder,
    write_zip,
)
from tests.data.trees import TREES
from tests.following import start_alcore, wait_for

_NUMBERS = itertools.count()
"""For names that no other example has: two may draw the same bytes."""


def zipped(*members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for member, content in members:
            archive.writestr(member, content)
    buffer.seek(0)
    return buffer


def link():
    info = zipfile.ZipInfo("images/1.png")
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("../../etc/passwd", "a path that leaves it"),
        ("/etc/passwd", "a path that leaves it"),
        ("images\\..\\..\\x.png", "a path that leaves it"),
        ("C:/windows/x.png", "a path that leaves it"),
        ("images/more.zip", "the zip holds another one"),
        (link(), "a link"),
    ],
)
def test_a_zip_with_such_a_member_is_refused(member, words):
    with pytest.raises(DataError, match=words):
        ZipSource(zipped((member, b"x")), "bad.zip")


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = zipped(("images/1.png", bytes(50_000_000)), compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match="may be a zip bomb"):
        ZipSource(bomb, "bomb.zip")


def test_a_member_that_lies_about_its_size_is_not_unpacked_further():
    honest = zipped(("a.png", bytes(10) + os.urandom(1000)), compression=zipfile.ZIP_DEFLATED).getvalue()
    size = struct.pack("<I", 1010)
    lying = honest.replace(size, struct.pack("<I", 10))
    source = ZipSource(io.BytesIO(lying), "liar.zip")
    with pytest.raises(DataError, match=r"not as large as the zip says|cannot be unpacked"):
        source.read("a.png")


@pytest.mark.parametrize("limit", ["MOST_FILES", "MOST_BYTES"])
def test_too_much_is_refused(monkeypatch, limit):
    monkeypatch.setattr(sources, limit, 1)
    with pytest.raises(DataError, match="more than"):
        ZipSource(zipped(("a.png", b"12"), ("b.png", b"34")), "much.zip")


def test_names_that_differ_in_case_only(tmp_path):
    with pytest.raises(DataError, match="differ in case only"):
        ZipSource(zipped(("A.png", b"1"), ("a.png", b"2")), "case.zip")
    for name in ("A.png", "a.png"):
        (tmp_path / name).write_bytes(b"1")
    if len(list(tmp_path.iterdir())) == 2:
        with pytest.raises(DataError, match="differ in case only"):
            FolderSource(tmp_path)


def test_links_in_a_folder_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.png").write_bytes(b"x")
    folder = write_folder(tmp_path / "in", {"images/a.png": b"1", "masks/b.png": b"2"})
    (folder / "images" / "link.png").symlink_to(secret / "key.png")
    (folder / "more").symlink_to(secret)
    assert FolderSource(folder).names == ["images/a.png", "masks/b.png"]


def test_encrypted_members_are_refused():
    content = bytearray(zipped(("a.png", b"123")).getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + offset] |= 1
    with pytest.raises(DataError, match="encrypted"):
        ZipSource(io.BytesIO(bytes(content)), "secret.zip")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.99])
def test_an_upload_that_was_cut_off(tmp_path, share):
    content = write_zip(tmp_path / "in.zip", folder_files()).read_bytes()
    with pytest.raises(DataError, match="cannot be opened as a zip"):
        ZipSource(io.BytesIO(content[: int(share * len(content))]), "part.zip")


def test_what_is_neither_folder_nor_zip_is_said(tmp_path):
    (tmp_path / "x.txt").write_text("hello")
    for path in (tmp_path / "x.txt", tmp_path / "nowhere"):
        with pytest.raises(DataError, match="not a folder or a zip file"):
            open_source(path)


def uploaded(place, *names):
    place.mkdir()
    return store_folder({name: io.BytesIO(name.encode()) for name in names}, place)


def test_an_uploaded_folder_is_one_file_and_read_by_its_names(tmp_path):
    table = uploaded(tmp_path / "up", "set/b/é.png", "set\\a.png", "set/b/Thumbs.db", f"set/{'n' * 300}.png")
    source = open_source(table)
    assert source.names == ["a.png", "b/é.png", f"{'n' * 300}.png"]
    assert source.read("b/é.png") == "set/b/é.png".encode()
    assert source.head(source.names[2]) == b"set/" + b"n" * 60
    assert len(list(table.parent.iterdir())) == 2
    table.with_suffix(".bin").unlink()
    with pytest.raises(DataError, match=r"a\.png cannot be read"):
        source.read("a.png")


@pytest.mark.parametrize("name", ["../../evil.png", "/evil.png", "C:/evil.png", "a/../../evil.png"])
def test_a_name_that_leaves_an_uploaded_folder_is_refused(tmp_path, name):
    table = uploaded(tmp_path / "up", "good.png", name)
    with pytest.raises(DataError, match="a path that leaves it"):
        open_source(table)
    assert [path.name for path in tmp_path.iterdir()] == ["up"]


def test_an_uploaded_folder_with_a_damaged_table_or_equal_names_is_refused(tmp_path):
    table = uploaded(tmp_path / "up", "a//b.png", "a/b.png")
    with pytest.raises(DataError, match="the same name"):
        open_source(table)
    for content in ("", "{", "[1, 2]", "3", '[["a.png", "0", 1]]', '[["a.png", 0]]', "[[1, 0, 1]]"):
        table.write_text(content)
        with pytest.raises(DataError, match="upload the folder again"):
            open_source(table)


def test_messages_hold_no_control_characters():
    assert shown("a\x1b[31m\n<b>.png") == "a?[31m?<b>.png"
    assert len(shown("x" * 500)) < 130


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_zips_are_imported_or_refused_and_leave_nothing(data, tmp_path):
    """Whatever bytes change, there is a data set or one sentence; never a traceback, never half of one."""
    make = data.draw(st.sampled_from([lambda: folder_files(9), lambda: severstal_files(9, size=SIZE)]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in make().items():
            archive.writestr(name, content)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    name = f"fuzz-{next(_NUMBERS)}"
    try:
        import_dataset(
            ZipSource(io.BytesIO(bytes(content)), "fuzz.zip"), dataset_path(name), options=ImportOptions(SIZE)
        )
    except DataError as error:
        assert "\n" not in str(error)
        assert name not in dataset_names()
    assert not list(datasets_directory().glob(".partial-*"))


def test_an_image_of_more_than_100_megapixels_is_refused(tmp_path):
    buffer = io.BytesIO()
    Image.new("1", (20_000, 6_000)).save(buffer, "PNG")
    files = folder_files(9) | {"images/000.png": buffer.getvalue()}
    with pytest.raises(DataError, match=r"images/000.png has more than 100 megapixels"):
        import_dataset(write_folder(tmp_path / "in", files), dataset_path("huge"))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_of_less_than_100_megapixels_is_read_where_pillow_only_warns(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    buffer = io.BytesIO()
    Image.new("L", (8, 6), 7).save(buffer, "PNG")
    assert (read_pixels(buffer.getvalue(), name="a.png", channels=1) == 7).all()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/b.PNG", ("b.PNG", ".png", "a/b")),
        ("a.b/c", ("c", "", "a.b/c")),
        ("a/.png", (".png", "", "a/.png")),
        (".png", (".png", "", ".png")),
        ("a/b.", ("b.", "", "a/b.")),
        ("a..png", ("a..png", ".png", "a.")),
        ("", ("", "", "")),
    ],
)
def test_parts_of_a_name(name, parts):
    assert (sources.base(name), sources.suffix(name), sources.stem(name)) == parts


@pytest.mark.parametrize(
    "content", [b"<svg onload='alert(1)'/>", b"%PDF-1.7 ...", b"GIF89a" + bytes(40), b""]
)
def test_what_only_calls_itself_an_image_is_refused(tmp_path, content):
    """And so is a format that Pillow could read but no importer promises: fewer decoders, fewer holes."""
    files = folder_files(9) | {"images/000.png": content}
    with pytest.raises(DataError, match=r"images/000.png cannot be read as an image"):
        import_dataset(write_folder(tmp_path / "in", files), dataset_path("polyglot"))


def test_a_zip_that_is_a_picture_too_is_read_as_a_zip_or_refused(tmp_path):
    both = tmp_path / "both.zip"
    both.write_bytes(
        folder_files(9)["images/000.png"] + write_zip(tmp_path / "in.zip", folder_files(9)).read_bytes()
    )
    info = import_dataset(both, dataset_path("both"), options=ImportOptions(SIZE))
    assert info.patches == 9


def test_names_with_any_characters(tmp_path):
    files = folder_files(9)
    odd = "ü ø 日本 'quote\" $(x) ; <b>#%.png"
    files[f"images/{odd}"], files[f"masks/{odd}"] = files.pop("images/000.png"), files.pop("masks/000.png")
    import_dataset(write_zip(tmp_path / "odd.zip", files), dataset_path("odd"), options=ImportOptions(SIZE))
    assert f"images/{odd}" in set(open_dataset("odd").items["source"])


def test_thirty_thousand_files_in_one_folder(tmp_path):
    for number in range(30_000):
        (tmp_path / f"{number}.txt").touch()
    assert len(FolderSource(tmp_path).names) == 30_000


def test_no_masks_at_all(tmp_path):
    files = {name: content for name, content in folder_files(9).items() if name.startswith("images/")}
    with pytest.raises(DataError, match="has no mask"):
        import_dataset(write_folder(tmp_path / "in", files), dataset_path("none"))
    options = ImportOptions(missing_mask_is_clean=True)
    with pytest.raises(DataError, match="no patch is defective"):
        import_dataset(tmp_path / "in", dataset_path("none"), options=options)


def test_coco_that_names_images_which_are_not_there(tmp_path):
    files = roboflow_coco_files()
    del files["train/0.jpg"]
    with pytest.raises(DataError, match=r"names train/0.jpg, which is not there"):
        import_dataset(write_folder(tmp_path / "in", files), dataset_path("gone"))


@pytest.mark.parametrize(
    ("segmentation", "words"),
    [
        ([[1, 2, 3]], "three points or more"),
        ([["a"] * 6], "three points or more"),
        ({"size": [1, 2], "counts": [2]}, "not of its size"),
        ({"size": list(SIZE), "counts": [1, 2]}, "do not add up"),
        ({"size": list(SIZE), "counts": "\x00zzz"}, "do not add up"),
        ({"size": list(SIZE), "counts": None}, "do not add up"),
    ],
)
def test_broken_coco_masks(tmp_path, segmentation, words):
    files = roboflow_coco_files()
    table = json.loads(files["train/_annotations.coco.json"])
    table["annotations"][0]["segmentation"] = segmentation
    files["train/_annotations.coco.json"] = json.dumps(table).encode()
    with pytest.raises(DataError, match=words):
        import_dataset(
            write_folder(tmp_path / "in", files), dataset_path("broken"), options=ImportOptions(SIZE)
        )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_imported_or_refused(data, tmp_path):
    """As above, but the bytes change inside the files: images, masks, tables, annotations."""
    makers = [
        lambda: folder_files(9),
        lambda: severstal_files(9, size=SIZE),
        lambda: roboflow_coco_files(9),
        lambda: roboflow_coco_files(9, kind="compressed"),
        lambda: roboflow_mask_files(9),
        *[TREES[name][1] for name in ("COCO", "CVAT", "LabelMe", "YOLO")],
    ]
    files = data.draw(st.sampled_from(makers))()
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(files)))
        content = bytearray(files[name]) or bytearray(b"x")
        for _ in range(data.draw(st.integers(1, 6))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        files[name] = bytes(content[: data.draw(st.integers(1, len(content)))])
    name = f"fuzz-{next(_NUMBERS)}"
    source = write_folder(tmp_path / name, files)
    try:
        import_dataset(source, dataset_path(name), options=ImportOptions(SIZE))
    except DataError as error:
        assert "\n" not in str(error)
        assert name not in dataset_names()
    assert not list(datasets_directory().glob(".partial-*"))


def test_a_killed_import_is_swept_up_by_the_next(tmp_path):
    source = write_folder(tmp_path / "in", folder_files(600))
    process = start_alcore("data", "import", str(source), "--name", "killed", "--patch", "512x512")
    wait_for(lambda: list(datasets_directory().glob(".partial-*/images.raw")), "the import to be under way")
    process.kill()
    process.wait(10)
    assert dataset_names() == ["synthetic"]
    small = write_folder(tmp_path / "small", folder_files(9))
    import_dataset(small, dataset_path("next"), options=ImportOptions(SIZE))
    assert not list(datasets_directory().glob(".partial-*"))
    assert dataset_names() == ["synthetic", "next"]
