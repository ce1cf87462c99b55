import numpy as np

from alcore.data.collection import dataset_path, open_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.overview import describe, largest_pools
from alcore.pools import draw_pool
from tests.data.helpers import SIZE, encoded, folder_files, write_folder


def test_the_built_in_set_is_described(surfaces):
    overview = describe(surfaces)
    assert overview.patches == overview.splits["patches"].sum() == surfaces.defective.size
    assert overview.defective == overview.splits["defective"].sum()
    assert overview.prevalence == surfaces.defective.mean()
    assert ((overview.area > 0) & (overview.area < 1)).all()
    assert overview.warnings == []


def test_what_one_should_know_of_an_imported_set_is_said(tmp_path):
    files = folder_files(30)
    files["images/100.png"], files["masks/100.png"] = files["images/000.png"], files["masks/000.png"]
    tiny = np.zeros(SIZE, dtype=np.uint8)
    tiny[5, 5:7] = 255
    files["masks/001.png"] = encoded(tiny)
    files["images/101.png"] = encoded(np.full((20, 20), 90, np.uint8))
    files["masks/101.png"] = encoded(np.zeros((20, 20), np.uint8))
    files["images/102.png"] = b"not an image"
    files["masks/102.png"] = encoded(tiny)
    options = ImportOptions(SIZE, skip_bad=True)
    import_dataset(write_folder(tmp_path / "in", files), dataset_path("mine"), options=options)
    text = "\n".join(describe(open_dataset("mine")).warnings)
    assert "kept on one side with it: 1 patch." in text
    assert "fewer than 4 pixels: 1 defective patch." in text
    assert "Skipped at the import: 1 file (images/102.png)." in text
    assert "2 different sizes, most often 40x48, 20x20" in text


def test_the_largest_pools_can_be_drawn_and_no_larger_ones(surfaces):
    train = surfaces.defective[surfaces.split == 0]
    pools = largest_pools(surfaces, (0.01, 0.3))
    for prevalence, size in zip(pools["prevalence"], pools["size"], strict=True):
        drawn = draw_pool(train, size=int(size), prevalence=prevalence, rng=np.random.default_rng(0))
        assert drawn.size == size
