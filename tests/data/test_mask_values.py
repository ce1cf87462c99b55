"""What was once silently misread: mask values, EXIF orientation, levels of more than 8 bits."""

import io

import numpy as np
import pytest
from PIL import Image

from alcore.data.collection import dataset_path, open_dataset
from alcore.data.images import Levels, read_mask, read_pixels
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.mask_colors import MaskColorsError
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


def palette(mask):
    image = Image.fromarray(mask.astype(np.uint8) * 3).convert("P")
    image.putpalette([0, 0, 0, 9, 9, 9, 9, 9, 9, 0, 200, 100])
    return saved(image)


def leaves(number, mask):
    """Two diseases of one brightness, and a leaf that is no defect, on black."""
    pixels = np.zeros((*mask.shape, 3), dtype=np.uint8)
    pixels[30:] = (0, 80, 0)
    pixels[mask] = (170, 0, 0) if number % 2 else (170, 170, 0)
    return encoded(pixels)


MASKS = {
    "0 and 1": (lambda _, mask: encoded(mask.astype(np.uint8)), "10 with 0 and 1", "above 0"),
    "0 to 4": (lambda _, mask: encoded(mask.astype(np.uint8) * 4), "10 with indices up to 4", "above 0"),
    "0 and 255": (lambda _, mask: encoded(mask.astype(np.uint8) * 255), "10 with 0 and 255", "above 127"),
    "0 and 1 among 0 and 255": (
        lambda number, mask: encoded(mask.astype(np.uint8) * (255 if number else 1)),
        "1 with 0 and 1",
        "above 127, above 0 in 1 mask of 0 and 1",
    ),
    "palettes among 0 and 255": (
        lambda number, mask: palette(mask) if number % 2 else encoded(mask.astype(np.uint8) * 255),
        "5 with indices up to 3 in a palette",
        "above 127, an index above 0 in 5 palettes",
    ),
    "palettes": (lambda _, mask: palette(mask), "10 with indices up to 3", "an index above 0 in 10 palettes"),
    "red on black, RGBA": (
        lambda _, mask: rgba(mask, (255, 0, 0, 255)),
        "10 with 0 and 255 in colours",
        "above 127 in the brightest channel of 255,0,0 (100 %)",
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


def test_several_colours_are_listed_with_their_shares_and_never_judged_by_brightness(tmp_path):
    source = write_folder(tmp_path / "in", with_masks(leaves))
    for foreground in (Foreground(), Foreground(threshold=200), Foreground(threshold=10)):
        options = ImportOptions(SIZE, foreground=foreground)
        with pytest.raises(MaskColorsError, match=r"0,80,0 \(25 %\).*170,170,0.*170,0,0") as caught:
            import_dataset(source, dataset_path("m"), options=options)
        assert {color[:3] for color in caught.value.colors} == {
            (0, 0, 0),
            (0, 80, 0),
            (170, 0, 0),
            (170, 170, 0),
        }
    assert not dataset_path("m").exists()


def test_several_colours_are_defective_together_and_the_rest_is_named(tmp_path):
    source = write_folder(tmp_path / "in", with_masks(leaves))
    for name, colors, rest in (
        ("both", ((170, 0, 0), (170, 170, 0)), r"0,80,0 (100 %)"),
        ("one", ((170, 0, 0),), r"0,80,0 (91.8 %), 170,170,0 (8.16 %)"),
    ):
        options = ImportOptions(SIZE, foreground=Foreground(colors=colors))
        info = import_dataset(source, dataset_path(name), options=options)
        assert info.defective == 10 if name == "both" else 5
        assert f"read as clean: the colours {rest}" in info.notes
    patches = open_dataset("both")
    assert all(np.array_equal(patches.masks(np.array([i]))[0], picture(i)[1]) for i in range(30))


def test_soft_edges_of_one_colour_are_one_colour(tmp_path):
    def soft(_, mask):
        pixels = np.zeros((*mask.shape, 3), dtype=np.uint8)
        pixels[mask, 0] = 255
        pixels[9] = pixels[9] // 2 + (pixels[10] * 0.4).astype(np.uint8)
        return encoded(pixels)

    source = write_folder(tmp_path / "in", with_masks(soft))
    assert import_dataset(source, dataset_path("soft"), options=WHOLE).defective == 10


@pytest.mark.parametrize("threshold", [40, 200])
def test_a_threshold_says_nothing_of_a_palette_of_colours(threshold):
    content = palette(picture(0)[1])
    with pytest.raises(DataError, match="has a palette of colours"):
        read_mask(content, name="m.png", foreground=Foreground(threshold=threshold))
    small = read_mask(content, name="m.png", foreground=Foreground(threshold=0))
    assert np.array_equal(small, picture(0)[1])


def test_a_threshold_counts_the_grey_levels_of_a_grey_palette():
    image = Image.fromarray(picture(0)[1].astype(np.uint8)).convert("P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    mask = read_mask(saved(image), name="m.png", foreground=Foreground(threshold=127))
    assert np.array_equal(mask, picture(0)[1])


def test_masks_that_a_threshold_leaves_clean_are_counted(tmp_path):
    files = with_masks(lambda number, mask: encoded(mask.astype(np.uint8) * (255 if number else 100)))
    options = ImportOptions(SIZE, foreground=Foreground(threshold=127))
    info = import_dataset(write_folder(tmp_path / "in", files), dataset_path("m"), options=options)
    assert "read as clean: 1 mask with marks, none of them above 127" in info.notes


def test_a_palette_of_indices_and_255_is_asked_about(tmp_path):
    def with_border(_, mask):
        image = Image.fromarray(np.where(mask, 1, 0).astype(np.uint8))
        pixels = np.asarray(image).copy()
        pixels[0] = 255
        image = Image.fromarray(pixels).convert("P")
        image.putpalette([0, 0, 0, 128, 0, 0] + [200] * 762)
        return saved(image)

    source = write_folder(tmp_path / "in", with_masks(with_border))
    with pytest.raises(DataError, match="--ignore 255"):
        import_dataset(source, dataset_path("m"), options=WHOLE)
    options = ImportOptions(SIZE, foreground=Foreground(ignored=(255,)))
    assert import_dataset(source, dataset_path("m"), options=options).defective == 10


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
