"""Files of more than 8 bits a channel are read in full, or refused: never silently narrowed."""

import io
import struct
import zlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from alcore.data import decoding
from alcore.data.collection import dataset_path, open_dataset
from alcore.data.decoding import decoded, size_of
from alcore.data.images import Levels, read_levels, read_mask, read_pixels
from alcore.data.importing.importer import Import, import_dataset
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.errors import DataError
from tests.data.helpers import SIZE, folder_files, picture, write_folder

ORIENTATION = 274


def png(pixels):
    """(H, W, 2..4) uint16 -> a PNG of 16 bits a channel, each row with another filter."""
    height, width, channels = pixels.shape
    rows, before = [], np.zeros(width * channels * 2, dtype=np.uint8)
    for number, row in enumerate(pixels.astype(">u2")):
        line = np.frombuffer(row.tobytes(), dtype=np.uint8)
        if number % 2:
            rows.append(b"\x02" + (line - before).astype(np.uint8).tobytes())  # to the row above
        else:
            left = np.concatenate([np.zeros(channels * 2, dtype=np.uint8), line[: -channels * 2]])
            rows.append(b"\x01" + (line - left).astype(np.uint8).tobytes())
        before = line
    kind = {2: 4, 3: 2, 4: 6}[channels]
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(rows))),
        (b"IEND", b""),
    ]
    chunks = [struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff(pixels, *, photometric, order="<", packed=False, planes=1, tags=()):
    """(H, W) or (H, W, C) of any number type -> a TIFF of one strip, or of one for each plane."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    height, width = pixels.shape[:2]
    stored = pixels.astype(pixels.dtype.newbyteorder(order))
    strips = [stored] if planes == 1 else [stored[..., c] for c in range(channels)]
    data = [zlib.compress(s.tobytes()) if packed else s.tobytes() for s in strips]
    kinds = {"u": 1, "i": 2, "f": 3}
    bits = [pixels.dtype.itemsize * 8] * channels
    offsets = list(np.cumsum([8, *map(len, data)])[:-1])
    entries = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, bits),
        259: (3, [8 if packed else 1]),
        262: (3, [photometric]),
        273: (4, offsets),
        277: (3, [channels]),
        278: (4, [height]),
        279: (4, [len(d) for d in data]),
        284: (3, [planes]),
        339: (3, [kinds[pixels.dtype.kind]] * channels),
        **dict(tags),
    }
    if channels == 4:
        entries[338] = (3, [2])  # opacity that is not multiplied in
    body = b"".join(data)
    at = 8 + len(body)
    table_end = at + 2 + 12 * len(entries) + 4
    table, more = struct.pack(order + "H", len(entries)), b""
    for tag, (kind, values) in sorted(entries.items()):
        packed_values = struct.pack(order + f"{len(values)}{'IH'[kind == 3]}", *map(int, values))
        if len(packed_values) <= 4:
            field = packed_values.ljust(4, b"\0")
        else:
            field = struct.pack(order + "I", table_end + len(more))
            more += packed_values
        table += struct.pack(order + "HHI", tag, kind, len(values)) + field
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at)
    return start + body + table + struct.pack(order + "I", 0) + more


COLOURS = np.random.default_rng(0).integers(0, 4096, (7, 9, 3)).astype(np.uint16)
OPACITY = np.full((7, 9, 1), 65535, dtype=np.uint16)
FILES = {
    "png": png(COLOURS),
    "png, opacity": png(np.concatenate([COLOURS, OPACITY], axis=2)),
    "tiff, opacity": tiff(np.concatenate([COLOURS, OPACITY], axis=2), photometric=2),
    **{
        f"tiff {order} {packed}": tiff(COLOURS, photometric=2, order=order, packed=packed)
        for order in "<>"
        for packed in (False, True)
    },
}


@pytest.mark.parametrize("kind", FILES)
def test_colours_of_16_bits_are_read_in_full(kind):
    with decoded(FILES[kind], "x") as found:
        assert np.array_equal(found.deep[..., :3], COLOURS)
    assert read_levels(FILES[kind], name="x") == Levels(int(COLOURS.max()), 0)
    pixels = read_pixels(FILES[kind], name="x", channels=3, levels=Levels(4095, 0))
    assert np.array_equal(pixels, COLOURS >> 4)
    halved = read_pixels(FILES[kind], name="x", channels=3, levels=Levels(8191, 0))
    assert np.array_equal(halved, COLOURS >> 5)


def test_grey_of_16_bits_with_opacity_is_read_in_full():
    grey = np.arange(60, dtype=np.uint16).reshape(6, 10) * 69
    content = png(np.stack([grey, np.full_like(grey, 65535)], axis=2))
    pixels = read_pixels(content, name="x", channels=1, levels=Levels(4095, 0))
    assert np.array_equal(pixels[..., 0], grey >> 4)


def test_colours_of_16_bits_are_turned_as_their_tag_says():
    content = tiff(COLOURS, photometric=2, tags={ORIENTATION: (3, [3])}.items())
    pixels = read_pixels(content, name="x", channels=3, levels=Levels(4095, 0))
    assert np.array_equal(pixels, COLOURS[::-1, ::-1] >> 4)


@pytest.mark.parametrize("packed", [False, True])
def test_planes_of_16_bits_that_lie_apart_are_refused(packed):
    content = tiff(COLOURS, photometric=2, planes=2, packed=packed)
    with pytest.raises(DataError, match="16-bit planes are stored separately"):
        read_pixels(content, name="x.tif", channels=3)


def test_colours_of_print_in_16_bits_are_refused():
    content = tiff(np.concatenate([COLOURS, OPACITY], axis=2), photometric=5, tags={338: (3, [0])}.items())
    with pytest.raises(DataError, match=r"x\.tif cannot be read as an image"):
        read_pixels(content, name="x.tif", channels=3)


@pytest.mark.parametrize("stated", [None, 8191])
def test_a_set_of_12_bit_colours_has_one_scale_and_all_its_grey_levels(tmp_path, stated):
    files = folder_files()
    for number in range(30):
        image = picture(number)[0].astype(np.uint16) * 16
        image[0, :16] = np.arange(16) + 4080
        files[f"images/{number:03d}.png"] = png(np.stack([image] * 3, axis=2))
    options = ImportOptions(SIZE, channels=3, levels=stated)
    import_dataset(write_folder(tmp_path / "in", files), dataset_path("deep"), options=options)
    image = open_dataset("deep").images(np.array([1]))[0]
    halved = 1 if stated else 0
    assert np.array_equal(image[1:, :, 0], picture(1)[0][1:] >> halved)
    assert len(np.unique(image)) > 25


def test_a_mask_in_colours_of_16_bits_keeps_its_small_values():
    marks = np.zeros((7, 9, 4), dtype=np.uint16)
    marks[..., 3] = 65535
    marks[2:4, 2:4, :3] = 1
    mask = read_mask(png(marks), name="m.png", foreground=Foreground())
    assert np.array_equal(mask, marks[..., 0] > 0)


DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("kind", "white"), DEPTHS)
def test_a_tiff_whose_zero_is_white_is_turned_round_at_every_depth(kind, white, packed):
    marks = picture(0)[1]
    stored = np.where(marks, 0, white).astype(kind)
    content = tiff(stored, photometric=0, packed=packed)
    assert np.array_equal(read_mask(content, name="m.tif", foreground=Foreground()), marks)
    pixels = read_pixels(content, name="m.tif", channels=1)
    assert np.array_equal(pixels[..., 0] == 255, marks)


def test_a_tiff_of_32_bits_without_signs_is_not_taken_for_negative():
    levels = np.array([[0, 2**31, 2**32 - 1]] * 3, dtype=np.uint32)
    pixels = read_pixels(tiff(levels, photometric=1), name="x.tif", channels=1)
    assert pixels[0, :, 0].tolist() == [0, 128, 255]


def test_a_floating_point_tiff_whose_white_is_unknown_is_refused():
    content = tiff(np.full((4, 4), 300, dtype=np.float32), photometric=0)
    with pytest.raises(DataError, match="black is unknown"):
        read_pixels(content, name="x.tif", channels=1)


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_header_tells_the_size_that_an_image_has_upright(turned):
    tags = Image.Exif()
    tags[274] = turned
    buffer = io.BytesIO()
    Image.new("L", (30, 20)).save(buffer, "JPEG", exif=tags)
    with decoded(buffer.getvalue(), "a.jpg") as found:
        assert size_of(buffer.getvalue(), "a.jpg") == (found.image.height, found.image.width)


def test_a_preview_that_chooses_and_offers_sizes_decodes_each_file_once(tmp_path, monkeypatch):
    files, seen = folder_files(), Counter()
    decode = decoding._decode

    def counted(image, content):
        seen[content] += 1
        return decode(image, content)

    monkeypatch.setattr(decoding, "_decode", counted)
    options = ImportOptions(patch=(24, 24), tile=None)
    reading = Import(write_folder(tmp_path / "in", files), options=options, workers=1)
    reading.write(tmp_path / "set")
    assert reading.patch_sizes()[0]
    assert seen == Counter(files.values())
