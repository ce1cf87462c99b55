import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alcore.data import stored
from alcore.data.collection import dataset_names, dataset_path, delete_dataset, open_dataset
from alcore.data.cutting import cut
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.splits import SHARES
from alcore.errors import DataError
from alcore.server.import_queue import ImportQueue
from tests.following import wait_for


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def make_folder(root: Path, count: int = 30, size: tuple[int, int] = (40, 48)) -> Path:
    """images/ and masks/; every third image has a bright square with its mask."""
    rng = np.random.default_rng(0)
    for number in range(count):
        image = rng.integers(60, 120, size=size, dtype=np.uint8)
        mask = np.zeros(size, dtype=np.uint8)
        if number % 3 == 0:
            image[10:26, 12:28] += 90
            mask[10:26, 12:28] = 255
        save(root / "images" / f"{number:03d}.png", image)
        save(root / "masks" / f"{number:03d}.png", mask)
    return root


def files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_folder_becomes_a_data_set(tmp_path):
    info = import_dataset(make_folder(tmp_path / "in"), dataset_path("mine"), options=ImportOptions((32, 32)))
    assert (info.patches, info.defective, info.format) == (30, 10, "folder")
    assert dataset_names() == ["synthetic", "mine"]
    patches = open_dataset("mine")
    assert patches.shape == (32, 32, 1)
    items = np.arange(30)
    assert np.array_equal(patches.masks(items).any(axis=(1, 2)), patches.defective)
    assert np.array_equal(np.flatnonzero(patches.defective), np.arange(0, 30, 3))
    bright = patches.images(items)[..., 0][patches.masks(items)].mean()
    assert bright > 150
    assert patches.describe(4) == "images/004.png"


def test_the_same_source_gives_the_same_bytes_in_any_listing_order(tmp_path, monkeypatch):
    folder = make_folder(tmp_path / "in")
    import_dataset(folder, dataset_path("a"))
    scandir = os.scandir

    class Reversed:
        def __init__(self, path):
            self.entries = list(scandir(path))[::-1]

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            return None

        def __iter__(self):
            return self

        def __next__(self):
            if not self.entries:
                raise StopIteration
            return self.entries.pop(0)

        def close(self):
            self.entries = []

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", Reversed)
        patch.setattr(os, "listdir", lambda path, listdir=os.listdir: sorted(listdir(path), reverse=True))
        import_dataset(folder, dataset_path("b"))
    one, other = files_of(dataset_path("a")), files_of(dataset_path("b"))
    del one["dataset.json"], other["dataset.json"]  # they carry the name
    assert one == other


def test_tiles_cover_every_pixel_and_remember_their_place():
    image = np.arange(70 * 50, dtype=np.uint32).reshape(70, 50, 1)
    mask = np.zeros((70, 50), dtype=bool)
    covered = np.zeros((70, 50), dtype=bool)
    for patch in cut(image, mask, source="x", size=(32, 32), tile=True):
        window = slice(patch.row, patch.row + 32), slice(patch.column, patch.column + 32)
        assert np.array_equal(patch.image, image[window])
        covered[window] = True
    assert covered.all()


def test_tiles_of_one_source_stay_on_one_side(tmp_path):
    import_dataset(
        make_folder(tmp_path / "in"), dataset_path("tiled"), options=ImportOptions((20, 20), tile=True)
    )
    items = open_dataset("tiled").items
    assert len(items) == 30 * 2 * 3
    assert (items.groupby("source")["split"].nunique() == 1).all()


def test_identical_images_stay_on_one_side(tmp_path):
    folder = make_folder(tmp_path / "in")
    for number in range(10):
        pixels = np.asarray(Image.open(folder / "images" / "000.png"))
        save(folder / "images" / f"copy{number}.png", pixels)
        save(folder / "masks" / f"copy{number}.png", np.asarray(Image.open(folder / "masks" / "000.png")))
    import_dataset(folder, dataset_path("copies"))
    items = open_dataset("copies").items
    copies = items[items["source"].str.contains("copy|000")]
    assert len(copies) == 11
    assert copies["split"].nunique() == 1


def test_mask_edges_that_are_not_clean_are_thresholded(tmp_path):
    folder = make_folder(tmp_path / "in")
    save(folder / "masks" / "001.png", np.full((40, 48), 13, dtype=np.uint8))
    info = import_dataset(folder, dataset_path("edges"))
    assert info.defective == 10


def orphan_image(folder):
    (folder / "masks" / "004.png").unlink()


def orphan_mask(folder):
    (folder / "images" / "004.png").unlink()


def other_size(folder):
    save(folder / "masks" / "004.png", np.zeros((10, 10), dtype=np.uint8))


def truncated(folder):
    path = folder / "images" / "004.png"
    path.write_bytes(path.read_bytes()[:200])


def not_an_image(folder):
    (folder / "images" / "004.png").write_text("hello")


FAULTS = {
    orphan_image: "004.png has no mask",
    orphan_mask: "mask masks/004.png has no image",
    other_size: "004.png is 40x48 but its mask",
    truncated: "004.png cannot be read",
    not_an_image: "004.png cannot be read",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_bad_file_is_named_and_nothing_is_left(tmp_path, home, fault):
    folder = make_folder(tmp_path / "in")
    fault(folder)
    with pytest.raises(DataError) as caught:
        import_dataset(folder, dataset_path("bad"))
    assert FAULTS[fault] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list((home / "datasets").iterdir()) if (home / "datasets").exists() else True


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_bad_file_is_skipped_on_request_and_listed(tmp_path, fault):
    folder = make_folder(tmp_path / "in")
    fault(folder)
    info = import_dataset(folder, dataset_path("skipped"), options=ImportOptions(skip_bad=True))
    assert info.patches == 29
    assert [Path(name).name for name in info.skipped] == ["004.png"]
    assert open_dataset("skipped").info.skipped == info.skipped


def test_a_missing_mask_can_mean_clean(tmp_path):
    folder = make_folder(tmp_path / "in")
    orphan_image(folder)
    info = import_dataset(folder, dataset_path("clean"), options=ImportOptions(missing_mask_is_clean=True))
    assert (info.patches, info.defective) == (30, 10)


@pytest.mark.parametrize(
    ("level", "words"), [(0, "no patch is defective"), (255, "every patch is defective")]
)
def test_a_set_of_one_class_is_refused(tmp_path, level, words):
    folder = make_folder(tmp_path / "in")
    for path in (folder / "masks").iterdir():
        save(path, np.full((40, 48), level, dtype=np.uint8))
    with pytest.raises(DataError, match=words):
        import_dataset(folder, dataset_path("one-class"))


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no image"):
        import_dataset(tmp_path / "empty", dataset_path("empty"))
    with pytest.raises(DataError, match="not a folder"):
        import_dataset(tmp_path / "absent", dataset_path("absent"))


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "x" * 65, "synthetic"])
def test_a_name_cannot_leave_the_home(name):
    with pytest.raises(DataError):
        dataset_path(name)


def test_a_taken_name_is_refused_until_it_is_deleted(tmp_path):
    folder = make_folder(tmp_path / "in")
    import_dataset(folder, dataset_path("mine"))
    with pytest.raises(DataError, match="exists"):
        import_dataset(folder, dataset_path("mine"))
    delete_dataset("mine")
    with pytest.raises(DataError, match="unknown data set"):
        open_dataset("mine")
    import_dataset(folder, dataset_path("mine"))


def test_sixteen_bit_and_colour_images_are_read(tmp_path):
    folder = make_folder(tmp_path / "in")
    save(folder / "images" / "001.png", np.full((40, 48), 32768, dtype=np.uint16))
    save(folder / "images" / "002.png", np.full((40, 48, 3), (10, 200, 10), dtype=np.uint8))
    import_dataset(folder, dataset_path("rgb"), options=ImportOptions(channels=3))
    images = open_dataset("rgb").images(np.array([1, 2]))
    assert images.shape == (2, 64, 64, 3)
    assert (images[0] == 128).all()
    assert images[1, 0, 0].tolist() == [10, 200, 10]


def test_the_real_data_set(magnetic_tile):
    info = import_dataset(magnetic_tile, dataset_path("magnetic-tile"))
    assert (info.format, info.cutting, info.patches) == ("magnetic-tile", "resized", 1344 - 6)
    assert info.defective + len(info.lost) == 388  # of 392; four masks are empty below the threshold
    assert info.lost == info.vanished
    patches = open_dataset("magnetic-tile")
    shares = [patches.defective[patches.split == side].mean() for side in SHARES]
    assert np.allclose(shares, patches.defective.mean(), atol=0.03)
    assert "MT_" in patches.describe(0)


def test_the_real_data_set_is_the_same_from_a_folder_a_zip_and_an_upload(magnetic_tile, tmp_path, home):
    archive = tmp_path / "tiles.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(magnetic_tile.rglob("*")):
            if path.is_file():
                file.write(path, Path("magnetic-tile") / path.relative_to(magnetic_tile))
    import_dataset(magnetic_tile, dataset_path("folder"))
    import_dataset(archive, dataset_path("zip"))
    desk = ImportQueue(home)
    with archive.open("rb") as upload:
        job = desk.take("upload", upload, ImportOptions(tile=None))
    wait_for(lambda: job.state != "running", "the upload")
    assert job.state == "finished", job.message
    for name in ("images.npy", "masks.npy", "items.parquet"):
        one = (dataset_path("folder") / name).read_bytes()
        assert (
            one == (dataset_path("zip") / name).read_bytes() == (dataset_path("upload") / name).read_bytes()
        )


def test_rows_of_a_large_file_are_the_same_after_their_pages_were_given_back(tmp_path, monkeypatch):
    import_dataset(make_folder(tmp_path / "in"), dataset_path("mine"))
    items = np.array([3, 1, 29])
    plain = open_dataset("mine").images(items)
    monkeypatch.setattr(stored, "_LARGE", 0)
    patches = open_dataset("mine")
    assert patches._images._gives_back
    for _ in range(3):
        assert np.array_equal(patches.images(items), plain)
        assert patches.masks(items).shape == (3, 64, 64)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (ImportOptions(patch=(24, 24), min_area=9), "18ed71541ed0a9c1"),
        (ImportOptions(patch=(16, 16), tile=True, group="images/{stem}.png"), "ec91408c1e5c1b0d"),
    ],
)
def test_an_import_gives_the_bytes_that_earlier_versions_gave(tmp_path, options, expected):
    """Runs name their data set by its fingerprint; the table is compared as text, as Parquet files vary."""
    import_dataset(make_folder(tmp_path / "in"), dataset_path("same"), options=options)
    made = dataset_path("same")
    digest = hashlib.sha256(open_dataset("same").items.to_csv(index=False).encode())
    for file in sorted(made.glob("*.npy")):
        digest.update(file.read_bytes())
    assert digest.hexdigest()[:16] == expected
