"""Sources with more than one kind of masks, regions of interest, and truth in files that are not read."""

import io

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.data.collection import dataset_path, open_dataset
from alcore.data.images import read_mask
from alcore.data.importing.file_families import families_of
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.layout_doubt import LayoutDoubtError
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.errors import DataError
from tests.data.helpers import SIZE, encoded, folder_files, picture, write_folder
from tests.data.trees import halves, levels, parts

WHOLE = ImportOptions(SIZE)
FIELD = np.zeros(SIZE, dtype=bool)
FIELD[4:36, 2:46] = True
FIELD[:, 20:24] = False  # a bar across the field of view, over the defect


def gif(pixels):
    """A GIF whose palette puts white before black, as a writer may."""
    image = Image.fromarray((pixels == 0).astype(np.uint8), mode="P")
    image.putpalette([255, 255, 255, 0, 0, 0, 255, 0, 0])
    buffer = io.BytesIO()
    image.save(buffer, "GIF")
    return buffer.getvalue()


def retina(kind="gif"):
    """Vessels, and the field of view as a second family of files that look like masks."""
    files = {}
    write = gif if kind == "gif" else encoded
    for part in parts():
        n = f"{part.number + 21:02d}"
        files[f"images/{n}_training.tif"] = encoded(part.image, "TIFF")
        files[f"1st_manual/{n}_manual1.{kind}"] = write(levels(part.mask))
        files[f"mask/{n}_training_mask.{kind}"] = write(levels(FIELD))
    return files


def two_raters():
    files = {}
    for part in parts():
        files[f"{part.number:03d}.jpg"] = encoded(part.image, "JPEG")
        files[f"{part.number:03d}_rater1.png"] = encoded(levels(part.mask))
        files[f"{part.number:03d}_rater2.png"] = encoded(levels(halves(part.mask)[0]))
    return files


def in_splits():
    """Both families in each split's own folders."""
    files = {}
    for part in parts():
        side = ("train", "test")[part.number % 2]
        files[f"{side}/images/{part.number}.png"] = encoded(part.image)
        files[f"{side}/masks/{part.number}.png"] = encoded(levels(FIELD))
        files[f"{side}/truth/{part.number}.png"] = encoded(levels(part.mask))
    return files


@pytest.mark.parametrize(
    ("make", "images", "masks"),
    [
        (retina, "images/{id}_training.tif", "1st_manual/{id}_manual1.gif"),
        (two_raters, "{id}.jpg", "{id}_rater1.png"),
        (in_splits, "{dir/}images/{id}.png", "{dir/}truth/{id}.png"),
    ],
)
def test_with_a_second_family_nothing_is_taken_without_a_yes_and_each_has_a_ready_line(
    tmp_path, make, images, masks
):
    source = write_folder(tmp_path / "in", make())
    with pytest.raises(LayoutDoubtError) as caught:
        import_dataset(source, dataset_path("no"), options=WHOLE)
    families = caught.value.families
    assert len(families) == 2
    assert "\n" not in str(caught.value)
    assert "--images" in str(caught.value)
    (right,) = [family for family in families if family.masks == masks]
    assert (right.images, right.pairs, right.files) == (images, 30, 60)
    info = import_dataset(
        source, dataset_path("yes"), options=ImportOptions(SIZE, images=images, masks=(masks,))
    )
    assert (info.patches, info.defective) == (30, 10)
    patches = open_dataset("yes")
    assert all((mask == picture(0)[1]).all() for mask in patches.masks(np.flatnonzero(patches.defective)))


def test_families_are_listed_on_the_command_line_with_the_share_that_they_mark(tmp_path):
    source = write_folder(tmp_path / "in", retina())
    done = CliRunner().invoke(app, ["data", "import", str(source), "--name", "mine"])
    line = "--images 'images/{id}_training.tif' --masks 'mask/{id}_training_mask.gif'"
    assert f"{line}  (30 images with masks, 60 files; about 66.7 % of the pixels marked)" in done.output


def test_naming_the_format_is_a_yes(tmp_path):
    source = write_folder(tmp_path / "in", in_splits())
    with pytest.raises(DataError, match="every patch is defective"):
        import_dataset(source, dataset_path("fov"), format_name="folders", options=WHOLE)


def test_outside_of_a_region_of_interest_nothing_is_known(tmp_path):
    source = write_folder(tmp_path / "in", retina())
    options = ImportOptions(
        SIZE,
        images="images/{id}_training.tif",
        masks=("1st_manual/{id}_manual1.gif",),
        roi="mask/{id}_training_mask.gif",
    )
    info = import_dataset(source, dataset_path("mine"), options=options)
    patches = open_dataset("mine")
    everything = np.arange(30)
    assert (patches.ignored(everything) == ~FIELD).all()
    truth = np.array([picture(number)[1] & FIELD for number in range(30)])
    assert (patches.masks(everything) == truth).all()
    assert any("unknown outside of the regions of interest" in note for note in info.notes)


def test_regions_hide_their_files_from_detection(tmp_path):
    files = folder_files() | {f"fov/{number:03d}.png": encoded(levels(FIELD)) for number in range(30)}
    source = write_folder(tmp_path / "in", files)
    info = import_dataset(source, dataset_path("mine"), options=ImportOptions(SIZE, roi="fov/{id}.png"))
    assert (info.format, info.patches) == ("folder", 30)
    assert (open_dataset("mine").ignored(np.arange(30)) == ~FIELD).all()


@pytest.mark.parametrize(
    ("roi", "words"),
    [
        ("nowhere/{id}.png", "fits no picture"),
        ("fov/*.png", "shares no word"),
        ("fov{n:|2}/{id}.png", "has 2 regions"),
        ("fov/0{id}.png", "has no region"),
    ],
)
def test_regions_that_cannot_be_used_are_one_sentence(tmp_path, roi, words):
    files = folder_files(9) | {f"fov/{n:03d}.png": encoded(levels(FIELD)) for n in range(9)}
    files |= {f"fov2/{n:03d}.png": encoded(levels(FIELD)) for n in range(9)} if "2" in words else {}
    with pytest.raises(DataError, match=words):
        import_dataset(
            write_folder(tmp_path / "in", files), dataset_path("no"), options=ImportOptions(SIZE, roi=roi)
        )


def test_gif_is_read_by_its_colours_and_an_animation_refused(tmp_path):
    files = {}
    for part in parts():
        files[f"images/{part.number}.png"] = encoded(part.image)
        files[f"masks/{part.number}.gif"] = gif(levels(part.mask))
    source = write_folder(tmp_path / "in", files)
    import_dataset(source, dataset_path("mine"), options=WHOLE)
    patches = open_dataset("mine")
    assert all((mask == picture(0)[1]).all() for mask in patches.masks(np.flatnonzero(patches.defective)))
    frames = [Image.fromarray(levels(mask)) for mask in halves(picture(0)[1])]
    frames[0].save(source / "masks" / "0.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match="animation of 2 frames"):
        import_dataset(source, dataset_path("no"), options=WHOLE)


def test_class_indices_of_a_grey_gif_are_its_levels_whatever_its_palette_numbers_them():
    values = np.zeros(SIZE, dtype=np.uint8)
    values[:9], values[9:12] = 2, 5
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "GIF")
    found = read_mask(buffer.getvalue(), name="a.gif", foreground=Foreground(classes=(5,)))
    assert (found == (values == 5)).all()


def test_truth_in_files_that_are_not_read_is_named_with_counts(tmp_path):
    """Images alone, with arrays and tables beside them: nothing is said of clean images without that."""
    files = {name: content for name, content in folder_files().items() if name.startswith("images/")}
    files |= {f"truth/{number:03d}.npy": b"\x93NUMPY" for number in range(30)}
    files |= {"a.json": b"{}", "b.json": b"{}", "README.md": b""}
    with pytest.raises(DataError, match=r"files that are not read \(30 \.npy, 2 \.json\)"):
        import_dataset(write_folder(tmp_path / "in", files), dataset_path("no"), options=WHOLE)


def test_files_that_look_like_masks_are_never_clean_images(tmp_path):
    """In a layout that no row knows, where a missing mask is said to mean clean."""
    files = {}
    for part in parts():
        files[f"JPEGImages/{part.number}.png"] = encoded(part.image)
        files[f"Segmentation/{part.number}.png"] = encoded(levels(part.mask))
    options = ImportOptions(SIZE, missing_mask_is_clean=True)
    source = write_folder(tmp_path / "in", files)
    with pytest.raises(LayoutDoubtError, match=r"JPEGImages/\{id\}\.png' --masks 'Segmentation/\{id\}\.png"):
        import_dataset(source, dataset_path("no"), options=options)


def test_a_few_files_without_a_place_are_refused_by_name_or_skipped_and_listed(tmp_path):
    files = folder_files() | {"overview/sheet.png": encoded(picture(1)[0])}
    source = write_folder(tmp_path / "in", files)
    with pytest.raises(DataError, match=r"overview/sheet\.png"):
        import_dataset(source, dataset_path("no"), options=WHOLE)
    info = import_dataset(source, dataset_path("some"), options=ImportOptions(SIZE, skip_bad=True))
    assert (info.patches, list(info.skipped)) == (30, ["overview/sheet.png"])


def test_a_plain_source_has_one_family(tmp_path):
    (family,) = families_of(open_source(write_folder(tmp_path / "in", folder_files())))
    assert (family.images, family.masks, family.pairs) == ("images/{id}.png", "masks/{id}.png", 30)
