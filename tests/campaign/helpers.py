"""Small campaigns: squares on noise, whose true masks the tests know, and people who draw them in a tool."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from alcore.campaign.campaign import Campaign, Wishes, new_campaign
from alcore.config import make_config
from alcore.data.importing.importer import Import
from alcore.data.importing.label_studio_brush import encode_brush
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.rle import to_lengths
from alcore.data.importing.without_labels import import_unlabelled
from alcore.home import datasets_directory
from tests.conftest import SMALL

SIDE = 32
SETTINGS = SMALL | {
    "dataset": "any",
    "pool_size": 80,
    "strategies": ["entropy"],
    "query_size": 8,
    "cycles": 3,
    "training": {"steps": 2, "batch_size": 4},
}
"""Of the template: batches of eight, of which one or two are a random slice of a fifth."""


def picture(number: int) -> tuple[np.ndarray, np.ndarray]:
    """(32, 32) uint8 and bool: every third one has a bright square."""
    rng = np.random.default_rng(number)
    image = rng.integers(60, 120, (SIDE, SIDE), dtype=np.uint8)
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    if number % 3 == 0:
        top, left = rng.integers(0, SIDE - 9, 2)
        mask[top : top + 8, left : left + 9] = True
        image[mask] += 100
    return image, mask


def images_in(folder: Path, numbers: range) -> Path:
    """A folder of images alone."""
    folder.mkdir(parents=True)
    for number in numbers:
        Image.fromarray(picture(number)[0]).save(folder / f"part {number:03d}.png")
    return folder


def hidden_set(folder: Path, name: str = "line", *, count: int = 60, labelled: int = 0) -> str:
    """A data set, of whose images the first few are labelled, or none; its name."""
    options, target = ImportOptions(patch=(SIDE, SIDE)), datasets_directory() / name
    images = images_in(folder / "unlabelled", range(labelled, count))
    if not labelled:
        import_unlabelled([images], target, options)
        return name
    images_in(folder / "source" / "images", range(labelled))
    (folder / "source" / "masks").mkdir()
    for number in range(labelled):
        mask = Image.fromarray(picture(number)[1].astype(np.uint8) * 255)
        mask.save(folder / "source" / "masks" / f"part {number:03d}.png")
    Import(folder / "source", options=options).write(target, unlabelled=[images])
    return name


def begin(folder: Path, *, labelled: int = 0, **wishes: object) -> Campaign:
    """A campaign over a hidden set of its own."""
    template = folder / "template.json"
    template.write_text(make_config(SETTINGS).to_json())
    dataset = hidden_set(folder, labelled=labelled)
    values = {"share": 0.2, "seed": 3} | wishes
    return new_campaign("line-1", Wishes(dataset, template=str(template), **values))


def truth_of(campaign: Campaign, item: int) -> np.ndarray:
    """(32, 32) bool: the true mask of a patch."""
    return picture(int(campaign.base.describe(item).removesuffix(".png").split()[-1]))[1]


def item_of(name: str) -> int:
    """The id in the name of a batch's image."""
    return int(Path(name).name.split("-")[0])


def answered(campaign: Campaign, batch: int, *, only: slice = slice(None)) -> dict[str, np.ndarray]:
    """True masks of a batch's images, or of some, by their names."""
    names = sorted(file.name for file in (campaign.images_of(batch) / "images").iterdir())[only]
    return {name: truth_of(campaign, item_of(name)) for name in names}


def label_studio_export(masks: dict[str, np.ndarray], file: Path) -> Path:
    """As Label Studio exports JSON: uploads have eight digits before their names."""
    tasks = []
    for number, (name, mask) in enumerate(masks.items(), start=1):
        value = {"format": "rle", "rle": encode_brush(mask), "brushlabels": ["defect"]}
        region = {
            "id": f"r{number}",
            "type": "brushlabels",
            "original_height": mask.shape[0],
            "original_width": mask.shape[1],
            "image_rotation": 0,
            "value": value,
        }
        result = [region] if mask.any() else []
        annotation = {"id": number, "was_cancelled": False, "ground_truth": False, "result": result}
        data = {"image": f"/data/upload/1/0a1b2c3d-{name}"}
        tasks.append({"id": number, "data": data, "annotations": [annotation], "predictions": []})
    file.write_text(json.dumps(tasks))
    return file


def coco_export(masks: dict[str, np.ndarray], file: Path) -> Path:
    """A COCO table with uncompressed run lengths."""
    rows, marks = [], []
    for number, (name, mask) in enumerate(masks.items(), start=1):
        rows.append({"id": number, "file_name": name, "height": mask.shape[0], "width": mask.shape[1]})
        if mask.any():
            runs = {"size": list(mask.shape), "counts": to_lengths(mask.T)}
            marks.append(
                {"id": number, "image_id": number, "category_id": 1, "segmentation": runs, "iscrowd": 1}
            )
    table = {"images": rows, "annotations": marks, "categories": [{"id": 1, "name": "defect"}]}
    file.write_text(json.dumps(table))
    return file


def cvat_export(masks: dict[str, np.ndarray], file: Path) -> Path:
    """CVAT for images 1.1."""
    root = ElementTree.Element("annotations")
    for number, (name, mask) in enumerate(masks.items()):
        height, width = map(str, mask.shape)
        row = ElementTree.SubElement(root, "image", id=str(number), name=name, width=width, height=height)
        if mask.any():
            runs = ", ".join(map(str, to_lengths(mask)))
            box = {"left": "0", "top": "0", "width": width, "height": height}
            ElementTree.SubElement(row, "mask", label="defect", rle=runs, **box)
    file.write_bytes(ElementTree.tostring(root))
    return file


def mask_folder(masks: dict[str, np.ndarray], folder: Path) -> Path:
    """One PNG per image, under the image's own name."""
    folder.mkdir()
    for name, mask in masks.items():
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / name)
    return folder


EXPORTS = {
    "label-studio": (label_studio_export, "project-1.json"),
    "coco": (coco_export, "instances.json"),
    "cvat": (cvat_export, "annotations.xml"),
    "masks": (mask_folder, "drawn"),
}
"""By tool: what writes an export of masks, and how it is called."""


def export(tool: str, masks: dict[str, np.ndarray], folder: Path) -> Path:
    """An export of a tool, in a folder of its own."""
    write, name = EXPORTS[tool]
    folder.mkdir(parents=True, exist_ok=True)
    return write(masks, folder / name)
