"""A batch in the formats of annotation tools, with the model's masks to begin from.

Each file loses no pixel: the tools' run lengths hold masks as they are. docs/campaigns.md says how each tool
takes its file in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

from alcore.campaign.batch_image import BatchImage
from alcore.data.importing.label_studio_brush import encode_brush
from alcore.data.importing.rle import to_lengths

LABEL = "defect"
"""The one class of all files."""

Size = tuple[int, int]
"""(height, width) of all images of a batch."""


def label_studio_tasks(images: Sequence[BatchImage], size: Size, where: str) -> str:
    """Tasks with predictions, as Label Studio imports them.

    Args:
        where: the images' folder, as seen from the one that local files are served from.
    """
    return json.dumps([_task(image, size, f"{where}/{image.name}") for image in images], indent=1) + "\n"


def _task(image: BatchImage, size: Size, place: str) -> dict[str, Any]:
    data = {"image": f"/data/local-files/?d={place}", "item": image.item, "why": image.why}
    if image.predicted is None:
        return {"data": data}
    region = {
        "id": f"p{image.item}",
        "type": "brushlabels",
        "from_name": "mask",
        "to_name": "image",
        "original_height": size[0],
        "original_width": size[1],
        "image_rotation": 0,
        "value": {"format": "rle", "rle": encode_brush(image.predicted), "brushlabels": [LABEL]},
    }
    result = [region] if image.predicted.any() else []
    return {
        "data": data,
        "predictions": [{"model_version": "alcore", "score": image.confidence, "result": result}],
    }


def label_studio_interface(_images: Sequence[BatchImage], _size: Size, _where: str) -> str:
    """The labelling interface that goes with the tasks."""
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Image", name="image", value="$image")
    ElementTree.SubElement(view, "Header", value="$why")
    labels = ElementTree.SubElement(view, "BrushLabels", name="mask", toName="image")
    ElementTree.SubElement(labels, "Label", value=LABEL, background="#E69F00")
    return _xml(view)


def cvat_images(images: Sequence[BatchImage], size: Size, _where: str) -> str:
    """CVAT for images 1.1: a mask for each prediction, cut to its box."""
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    labels = ElementTree.SubElement(
        ElementTree.SubElement(ElementTree.SubElement(root, "meta"), "job"), "labels"
    )
    ElementTree.SubElement(ElementTree.SubElement(labels, "label"), "name").text = LABEL
    for number, image in enumerate(images):
        row = ElementTree.SubElement(
            root, "image", id=str(number), name=image.name, width=str(size[1]), height=str(size[0])
        )
        if image.predicted is not None and image.predicted.any():
            top, left, part = _boxed(image.predicted)
            ElementTree.SubElement(
                row,
                "mask",
                label=LABEL,
                source="auto",
                occluded="0",
                rle=", ".join(map(str, to_lengths(part))),
                left=str(left),
                top=str(top),
                width=str(part.shape[1]),
                height=str(part.shape[0]),
                z_order="0",
            )
    return _xml(root)


def coco_table(images: Sequence[BatchImage], size: Size, _where: str) -> str:
    """COCO instances: one annotation per prediction, with its score, as run lengths down the columns."""
    rows = [
        {"id": number, "file_name": image.name, "height": size[0], "width": size[1], "item": image.item}
        for number, image in enumerate(images, start=1)
    ]
    marks = [
        _coco_mark(number, image.predicted, image.confidence)
        for number, image in enumerate(images, start=1)
        if image.predicted is not None and image.predicted.any()
    ]
    table = {"images": rows, "annotations": marks, "categories": [{"id": 1, "name": LABEL}]}
    return json.dumps(table, indent=1) + "\n"


def _coco_mark(number: int, mask: np.ndarray, score: float) -> dict[str, Any]:
    top, left, part = _boxed(mask)
    return {
        "id": number,
        "image_id": number,
        "category_id": 1,
        "segmentation": {"size": list(mask.shape), "counts": to_lengths(mask.T)},
        "area": int(mask.sum()),
        "bbox": [left, top, part.shape[1], part.shape[0]],
        "iscrowd": 0,
        "score": score,
    }


def _boxed(mask: np.ndarray) -> tuple[int, int, np.ndarray]:
    """(H, W) bool with something in it -> top, left, and the part that holds all of it."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return int(rows[0]), int(columns[0]), part


def _xml(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


TOOL_FILES: dict[str, Callable[[Sequence[BatchImage], Size, str], str]] = {
    "label-studio.json": label_studio_tasks,
    "label-studio.xml": label_studio_interface,
    "cvat.xml": cvat_images,
    "coco.json": coco_table,
}
"""By the name of the file: what makes its content of a batch's images, their size and their place."""
