"""Small sources in each format, written by the tests themselves."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from alcore.data.importing import rle

SIZE = (40, 48)


def picture(number: int, size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """A grey image and its mask; every third one has a bright square."""
    rng = np.random.default_rng(number)
    image = rng.integers(60, 120, size=size, dtype=np.uint8)
    mask = np.zeros(size, dtype=bool)
    if number % 3 == 0:
        mask[10:26, 12:28] = True
        image[mask] += 90
    return image, mask


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """An image file's content."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def folder_files(count: int = 30) -> dict[str, bytes]:
    """images/ and masks/."""
    files = {}
    for number in range(count):
        image, mask = picture(number)
        files[f"images/{number:03d}.png"] = encoded(image)
        files[f"masks/{number:03d}.png"] = encoded(mask.astype(np.uint8) * 255)
    return files


def severstal_files(
    count: int = 12, *, older: bool = False, size: tuple[int, int] = (64, 128)
) -> dict[str, bytes]:
    """train_images/ and train.csv, whose rows name class 1 or 3."""
    files, rows = {}, []
    for number in range(count):
        image, mask = picture(number, size)
        name = f"{number:04d}.jpg"
        files[f"train_images/{name}"] = encoded(np.stack([image] * 3, axis=2), "JPEG")
        kinds = range(1, 5) if older else ([1 + 2 * (number % 2)] if mask.any() else [])
        for kind in kinds:
            runs = rle.encode(mask) if kind == 1 + 2 * (number % 2) else ""
            rows.append([f"{name}_{kind}", runs] if older else [name, kind, runs])
    header = ["ImageId_ClassId", "EncodedPixels"] if older else ["ImageId", "ClassId", "EncodedPixels"]
    table = io.StringIO()
    csv.writer(table).writerows([header, *rows])
    return files | {"train.csv": table.getvalue().encode()}


def roboflow_mask_files(count: int = 30) -> dict[str, bytes]:
    """train/, valid/ and test/ with x.jpg, x_mask.png and _classes.csv."""
    files = {}
    for number in range(count):
        image, mask = picture(number)
        folder = ("train", "train", "valid", "test")[number % 4]
        files[f"{folder}/{number}.jpg"] = encoded(np.stack([image] * 3, axis=2), "JPEG")
        files[f"{folder}/{number}_mask.png"] = encoded(mask.astype(np.uint8))
        files[f"{folder}/_classes.csv"] = b"Pixel Value, Class\n0, background\n1, defect\n"
    return files


def roboflow_coco_files(count: int = 30, *, kind: str = "polygon") -> dict[str, bytes]:
    """train/ and valid/ with _annotations.coco.json: polygons, or run lengths, or compressed ones."""
    from pycocotools import mask as coco_mask

    files: dict[str, bytes] = {}
    tables: dict[str, dict] = {}
    for number in range(count):
        image, mask = picture(number)
        folder = ("train", "valid")[number % 2]
        table = tables.setdefault(folder, {"images": [], "annotations": [], "categories": [{"id": 1}]})
        files[f"{folder}/{number}.jpg"] = encoded(np.stack([image] * 3, axis=2), "JPEG")
        table["images"].append(
            {"id": number, "file_name": f"{number}.jpg", "height": SIZE[0], "width": SIZE[1]}
        )
        if mask.any():
            runs = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
            flat = np.concatenate([[0], mask.T.ravel().astype(int)])
            lengths = np.diff(np.concatenate([[0], np.flatnonzero(np.diff(flat)), [mask.size]]))
            segmentation = {
                "polygon": [[12, 10, 27, 10, 27, 25, 12, 25]],
                "compressed": {"size": list(SIZE), "counts": runs["counts"].decode()},
                "runs": {"size": list(SIZE), "counts": [int(n) for n in lengths]},
            }[kind]
            table["annotations"].append({"image_id": number, "category_id": 1, "segmentation": segmentation})
    for folder, table in tables.items():
        files[f"{folder}/_annotations.coco.json"] = json.dumps(table).encode()
    return files


def reference_files(count: int = 30) -> dict[str, bytes]:
    """data/ and labels/, with masks of defective patches alone."""
    files = {}
    for number in range(count):
        image, mask = picture(number)
        files[f"data/p{number}.png"] = encoded(image)
        if mask.any():
            files[f"labels/p{number}.png"] = encoded(mask.astype(np.uint8) * 255)
    return files


def write_folder(root: Path, files: dict[str, bytes]) -> Path:
    """The files as a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def write_zip(path: Path, files: dict[str, bytes], *, within: str = "") -> Path:
    """The files as a zip, below a common folder if one is given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(within + name, content)
    return path
