"""What was once read wrongly without a word: mask values, EXIF orientation, levels of more than 8 bits."""

import io

import numpy as np
import pytest
from PIL import Image

from alcore.data.collection import dataset_path, open_dataset
from alcore.data.images import Levels, read_mask, read_pixels
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.data.importing.patterns import words_of
from alcore.errors import DataError
from tests.data.helpers import SIZE, encoded, folder_files, picture, write_folder

WHOLE = ImportOptions(SIZE)
ORIENTATION = 0x0112


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_masks(change):
    """The folder of the tests, each mask as `change` writes it: number, bool mask -> file."""
    files = folder_files()
    for number in range(30):
        files[f"masks/{number:03d}.png"] = change(number, picture(number)[1])
    return files


def rgba(mask, color, *, outside=(0, 0, 0, 255)):
    pixels = np.empty((*mask.shape, 4), dtype=np.uint8)
    pixels[:], pixels[mask] = outside, color
    return encoded(pixels)


MASKS = {
    "0 and 1": (lambda _, mask: encoded(mask.astype(np.uint8)), "10 with 0 and 1", "above 0"),
    "0 to 4": (lambda _, mask: encoded(mask.astype(np.uint8) * 4), "10 with indices up to 4", "above 0"),
    "0 and 255": (lambda _, mask: encoded(mask.astype(np.uint8) * 255), "10 with 0 and 255", "above 127"),
    "0 and 1 among 0 and 255": (
        lambda number, mask: encoded(mask.astype(np.uint8) * (255 if number else 1)),
        "1 with 0 and 1",
        "above 127",
    ),
    "red on black, RGBA": (
        lambda _, mask: rgba(mask, (255, 0, 0, 255)),
        "10 with 0 and 255 in colours",
        "above 127",
    ),
    "white everywhere, opaque where defective": (
        lambda _, mask: rgba(mask, (255, 255, 255, 255), outside=(255, 255, 255, 0)),
        "10 with 0 and 255 in transparency",
        "above 127",
    ),
    "float, 0 to 1": (
        lambda _, mask: saved(Image.fromarray(mask.astype(np.float32)), "TIFF"),
        "10 with 0 and 255",
        "above 127",
    ),
    "16 bits": (
        lambda _, mask: saved(Image.fromarray(mask.astype(np.uint16) * 65535)),
        "10 with 0 and 255",
        "above 127",
    ),
}


@pytest.mark.parametrize("kind", MASKS)
def test_the_values_of_the_masks_decide_what_is_defective(tmp_path, kind):
    change, pattern, rule = MASKS[kind]
    info = import_dataset(write_folder(tmp_path / "in", with_masks(change)), dataset_path("m"), options=WHOLE)
    patches = open_dataset("m")
    for item in range(30):
        assert np.array_equal(patches.masks(np.array([item]))[0], picture(item)[1]), item
    assert pattern in info.notes[1]
    assert "20 empty" in info.notes[1]
    assert info.notes[2] == f"defective: {rule}, by the values of the masks"
    assert open_dataset("m").info.notes == list(info.notes)


def test_values_that_do_not_tell_are_asked_about_with_their_histogram(tmp_path):
    files = with_masks(lambda _, mask: encoded(mask.astype(np.uint8) * 60 + 40))
    source = write_folder(tmp_path / "in", files)
    with pytest.raises(DataError, match=r"the values 40 \(95.6 %\), 100 \(4.44 %\), which do not tell"):
        import_dataset(source, dataset_path("m"), options=WHOLE)
    chosen = ImportOptions(SIZE, foreground=Foreground(threshold=50))
    info = import_dataset(source, dataset_path("m"), options=chosen)
    assert info.defective == 10
    assert info.notes[2] == "defective: above 50, as chosen"


def test_noise_of_a_lossy_mask_is_no_defect():
    dark = np.zeros((16, 16), dtype=np.uint8)
    dark[::2] = 1
    assert not read_mask(encoded(dark, "JPEG"), name="m.jpg", foreground=Foreground()).any()


def test_a_transparent_white_mask_is_clean():
    empty = rgba(np.zeros((8, 8), dtype=bool), (0, 0, 0, 0), outside=(255, 255, 255, 0))
    assert not read_mask(empty, name="m.png", foreground=Foreground()).any()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_as_its_exif_tag_says(orientation):
    upright = np.arange(24 * 24, dtype=np.uint32).reshape(24, 24).astype(np.uint8)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    content = saved(Image.fromarray(stored), "PNG", exif=exif)
    assert np.array_equal(read_pixels(content, name="x.png", channels=1)[..., 0], upright)


def deep_files(top, dtype=np.uint16, kind="PNG"):
    """Images whose brightest level grows from one to the next, up to `top` in the last."""
    files = folder_files()
    for number in range(30):
        image = picture(number)[0].astype(float) / 255
        image[0, 0] = 1
        pixels = (image * top * (number + 1) / 30).astype(dtype)
        del files[f"images/{number:03d}.png"]
        files[f"images/{number:03d}.{'png' if kind == 'PNG' else 'tif'}"] = saved(
            Image.fromarray(pixels), kind
        )
    return files


@pytest.mark.parametrize(
    ("top", "dtype", "kind"),
    [
        (4095, np.uint16, "PNG"),
        (65535, np.uint16, "PNG"),
        (1, np.float32, "TIFF"),
        (4000, np.float32, "TIFF"),
    ],
)
def test_deep_images_are_scaled_by_the_range_of_the_set(tmp_path, top, dtype, kind):
    source = write_folder(tmp_path / "in", deep_files(top, dtype, kind))
    import_dataset(source, dataset_path("deep"), options=WHOLE)
    brightest = open_dataset("deep").images(np.arange(30)).max(axis=(1, 2, 3)).astype(int)
    assert np.allclose(brightest, 255 * np.arange(1, 31) / 30, atol=1.5), "one scale for all images"


def test_the_range_of_deep_images_can_be_stated():
    content = saved(Image.fromarray(np.full((8, 8), 1023, dtype=np.uint16)))
    stated = read_pixels(content, name="x.png", channels=1, levels=Levels(4095, 4095))
    assert (stated == 63).all()


def test_levels_that_are_no_numbers_are_refused():
    content = saved(Image.fromarray(np.full((8, 8), np.nan, dtype=np.float32)), "TIFF")
    with pytest.raises(DataError, match="levels that are not numbers"):
        read_pixels(content, name="x.tif", channels=1)


def test_indices_among_masks_of_two_levels_are_asked_about(tmp_path):
    def mixed(number, mask):
        return encoded(mask.astype(np.uint8) * (255 if number % 2 else 2))

    source = write_folder(tmp_path / "in", with_masks(mixed))
    with pytest.raises(DataError, match="no one rule fits"):
        import_dataset(source, dataset_path("mixed"), format_name="folder", options=WHOLE)
    chosen = ImportOptions(SIZE, foreground=Foreground(threshold=0))
    import_dataset(source, dataset_path("mixed"), format_name="folder", options=chosen)
    assert open_dataset("mixed").defective.sum() == 10


def test_ids_of_instances_in_16_bits_are_all_defects():
    ids = np.zeros(SIZE, dtype=np.uint16)
    ids[:4, :4], ids[20:24, 20:24] = 5, 300
    mask = read_mask(saved(Image.fromarray(ids)), name="m.png", foreground=Foreground())
    assert np.array_equal(mask, ids > 0)


def test_a_pattern_of_many_stars_is_refused_instead_of_tried_for_ever():
    with pytest.raises(DataError, match="more than 4 stars and words"):
        words_of("*a*a*a*a*a*a{id}z.png", "a" * 80 + ".png")
    assert words_of("*a*a*{id}z.png", "a" * 80 + ".png") is None
