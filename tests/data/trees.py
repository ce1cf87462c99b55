"""Small trees in the layouts of public data sets, true to form in names, values and file types."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.io import savemat

from tests.data.helpers import SIZE, encoded, picture

Files = dict[str, bytes]


class Part(NamedTuple):
    """One picture of a tree: number, (H, W) uint8 image, (H, W) bool mask, whether it has a defect."""

    number: int
    image: np.ndarray
    mask: np.ndarray
    bad: bool


def parts(count: int = 30) -> Iterator[Part]:
    for number in range(count):
        image, mask = picture(number)
        yield Part(number, image, mask, bool(mask.any()))


def levels(mask: np.ndarray, value: int = 255) -> np.ndarray:
    return mask.astype(np.uint8) * np.uint8(value)


def paired(image: str, mask: str, *, value: int = 255, only_bad: bool = False) -> Callable[[], Files]:
    """A maker of trees from the templates of two names; {n} is the number, {s} a split, {c} a class of it."""

    def make() -> Files:
        files = {}
        for part in parts():
            words = {
                "n": f"{part.number:04d}",
                "s": ("train", "test")[part.number % 2],
                "c": ("a", "b")[part.number // 15],
            }
            files[image.format(**words)] = _as(image, part.image)
            if part.bad or not only_bad:
                files[mask.format(**words)] = _as(mask, levels(part.mask, value))
        return files

    return make


def _as(name: str, pixels: np.ndarray) -> bytes:
    kind = name.rsplit(".", 1)[1].lower()
    return encoded(pixels, {"jpg": "JPEG", "bmp": "BMP", "tif": "TIFF"}.get(kind, "PNG"))


def anomalies(good: str, bad: str, mask: str, *, kind: str = "png", value: int = 255) -> Callable[[], Files]:
    """A maker of trees whose clean images, defective images and masks lie in different folders."""

    def make() -> Files:
        files = {}
        for part in parts():
            n = f"{part.number:03d}"
            files[(bad if part.bad else good).format(n=n)] = _as(f"x.{kind}", part.image)
            if part.bad:
                files[mask.format(n=n)] = encoded(levels(part.mask, value))
        return files

    return make


def loco() -> Files:
    """A folder of masks for one image: halves, whose union is the defect."""
    files = {}
    for part in parts():
        n = f"{part.number:03d}"
        kind = "logical_anomalies" if part.bad else "good"
        files[f"test/{kind}/{n}.png"] = encoded(part.image)
        for index, half in enumerate(halves(part.mask) if part.bad else ()):
            files[f"ground_truth/{kind}/{n}/{index:03d}.png"] = encoded(levels(half, 200 + index))
    return files | {"train/good/000.png": encoded(picture(100)[0]), "defects_config.json": b"[]"}


def halves(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    left, right = mask.copy(), mask.copy()
    left[:, 20:] = False
    right[:, :20] = False
    return left, right


def busi(within: bool) -> Files:
    """Several masks an image, whose union is the defect; normal images have an empty one."""
    files = {}
    for part in parts():
        kind = "benign" if part.bad else "normal"
        stem = f"{kind} ({part.number})"
        image, mask = ("images/", "mask/") if within else ("", "")
        files[f"{kind}/{image}{stem}.png"] = encoded(np.stack([part.image] * 3, axis=2))
        masks = halves(part.mask) if part.number % 6 == 0 else (part.mask,)
        for index, one in enumerate(masks):
            files[f"{kind}/{mask}{stem}_mask{f'_{index}' if index else ''}.png"] = encoded(levels(one))
    return files


def crackforest() -> Files:
    """Matlab label maps from 1 on; three images have none, which says nothing of them."""
    files = {}
    for part in parts(33):
        files[f"image/{part.number:03d}.jpg"] = encoded(part.image, "JPEG")
        if part.number < 30:
            buffer = io.BytesIO()
            truth = {"Segmentation": part.mask.astype(np.uint16) + 1, "Boundaries": part.mask}
            savemat(buffer, {"groundTruth": truth}, do_compression=True)
            files[f"groundTruth/{part.number:03d}.mat"] = buffer.getvalue()
    return files


def items() -> Files:
    """A folder an item; its kinds of defect have a mask each, and lanes are none."""
    files = {}
    for part in parts():
        stem = f"{part.number}/{part.number}"
        files[f"{stem}_RAW.jpg"] = encoded(part.image, "JPEG")
        for kind, mask in zip(("POTHOLE", "CRACK"), halves(part.mask), strict=True):
            files[f"{stem}_{kind}.png"] = encoded(levels(mask))
        files[f"{stem}_LANE.png"] = encoded(np.full(SIZE, 255, dtype=np.uint8))
    return files


def loveda() -> Files:
    """0: no data, 1: background, more: classes."""
    files = {}
    for part in parts():
        mask = part.mask.astype(np.uint8) * 4 + 1
        mask[0] = 0
        files[f"Train/Rural/images_png/{part.number}.png"] = encoded(np.stack([part.image] * 3, axis=2))
        files[f"Train/Rural/masks_png/{part.number}.png"] = encoded(mask)
    return files


def voc() -> Files:
    """Palette indices, 255 where unknown; most images have no segmentation."""
    from PIL import Image

    files = {}
    for part in parts(36):
        files[f"VOC2012/JPEGImages/2007_{part.number:06d}.jpg"] = encoded(part.image, "JPEG")
        if part.number >= 30:
            continue
        mask = levels(part.mask, 15)
        mask[0] = 255
        picture = Image.fromarray(mask, mode="P")
        picture.putpalette([0, 0, 0, 128, 0, 0] + [200] * 762)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        files[f"VOC2012/SegmentationClass/2007_{part.number:06d}.png"] = buffer.getvalue()
        files[f"VOC2012/SegmentationObject/2007_{part.number:06d}.png"] = buffer.getvalue()
    return files


def cityscapes() -> Files:
    files = {}
    for part in parts():
        city = ("aachen", "bochum", "bremen", "jena", "ulm", "koeln")[part.number // 5]
        stem = f"{city}_{part.number:06d}_000019"
        files[f"leftImg8bit/train/{city}/{stem}_leftImg8bit.png"] = encoded(part.image)
        for kind in ("labelIds", "instanceIds"):
            files[f"gtFine/train/{city}/{stem}_gtFine_{kind}.png"] = encoded(levels(part.mask, 1))
        files[f"gtFine/train/{city}/{stem}_gtFine_polygons.json"] = b"{}"
    return files


SQUARE = [(12, 10), (27, 10), (27, 25), (12, 25)]
"""The corners of the defect of `picture`, as pixels that belong to it."""


def labelme() -> Files:
    files = {}
    for part in parts():
        shape = {"label": "defect", "points": SQUARE, "shape_type": "polygon"}
        table = {"version": "5.2", "imagePath": f"{part.number}.jpg", "imageHeight": 40, "imageWidth": 48}
        files[f"{part.number}.jpg"] = encoded(part.image, "JPEG")
        files[f"{part.number}.json"] = json.dumps(table | {"shapes": [shape] * part.bad}).encode()
    return files


def yolo() -> Files:
    files = {"data.yaml": b"names: [defect]\n"}
    outline = " ".join(f"{x / SIZE[1]:.6f} {y / SIZE[0]:.6f}" for x, y in SQUARE)
    for part in parts():
        side = ("train", "val")[part.number % 2]
        files[f"images/{side}/{part.number}.jpg"] = encoded(part.image, "JPEG")
        if part.bad:
            files[f"labels/{side}/{part.number}.txt"] = f"0 {outline}\n".encode()
    return files


def cvat() -> Files:
    rows, files = [], {}
    runs = ",".join(["0", str(16 * 16)])
    for part in parts():
        points = ";".join(f"{x}.0,{y}.0" for x, y in SQUARE)
        drawn = (
            f'<polygon label="d" points="{points}"/>'
            if part.number % 2
            else f'<mask label="d" rle="{runs}" left="12" top="10" width="16" height="16"/>'
        )
        files[f"images/{part.number}.png"] = encoded(part.image)
        rows.append(
            f'<image id="{part.number}" name="{part.number}.png" width="48" height="40">'
            f"{drawn if part.bad else ''}</image>"
        )
    text = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
    return files | {"annotations.xml": f"{text}{''.join(rows)}</annotations>".encode()}


def coco() -> Files:
    files: Files = {}
    tables: dict[str, dict] = {}
    for part in parts():
        side = ("train2017", "val2017")[part.number % 2]
        table = tables.setdefault(side, {"images": [], "annotations": [], "categories": [{"id": 1}]})
        name = f"{part.number:012d}.jpg"
        files[f"{side}/{name}"] = encoded(part.image, "JPEG")
        table["images"].append({"id": part.number, "file_name": name, "height": 40, "width": 48})
        if part.bad:
            outline = [float(value) for corner in SQUARE for value in corner]
            row = {"image_id": part.number, "category_id": 1, "segmentation": [outline]}
            table["annotations"].append(row)
    for side, table in tables.items():
        files[f"annotations/instances_{side}.json"] = json.dumps(table).encode()
    return files


def aitex() -> Files:
    """Two masks for some images; clean images in a folder for each fabric."""
    files = {}
    for part in parts():
        if not part.bad:
            files[f"NODefect_images/2306881-210020u/{part.number:04d}_000_05.png"] = encoded(part.image)
            continue
        files[f"Defect_images/{part.number:04d}_002_00.png"] = encoded(part.image)
        masks = halves(part.mask) if part.number % 2 else (part.mask,)
        for index, mask in enumerate(masks, 1):
            ending = index if len(masks) > 1 else ""
            files[f"Mask_images/{part.number:04d}_002_00_mask{ending}.png"] = encoded(levels(mask))
    return files


def chase() -> Files:
    """Two eyes a patient; the second expert's masks are not read."""
    files = {}
    for part in parts():
        stem = f"Image_{part.number // 2 + 1:02d}{'LR'[part.number % 2]}"
        files[f"{stem}.jpg"] = encoded(part.image, "JPEG")
        files[f"{stem}_1stHO.png"] = encoded(levels(part.mask))
        files[f"{stem}_2ndHO.png"] = encoded(np.full(SIZE, 255, dtype=np.uint8))
    return files


def kolektor() -> Files:
    files = {}
    for part in parts():
        stem = f"kos{part.number // 3 + 1:02d}/Part{part.number % 3}"
        files[f"{stem}.jpg"] = encoded(part.image, "JPEG")
        files[f"{stem}_label.bmp"] = encoded(levels(part.mask), "BMP")
    return files


def objects() -> Files:
    """A folder an image, with a mask for each object; those of the last three are not given."""
    files = {}
    for part in parts(33):
        stem = f"n{part.number}"
        files[f"{stem}/images/{stem}.png"] = encoded(part.image)
        for index, mask in enumerate(halves(part.mask) if part.bad else (part.mask,)):
            files |= {f"{stem}/masks/{index}aa.png": encoded(levels(mask))} if part.number < 30 else {}
    return files


def steel() -> Files:
    """Patches as the published code makes them of steel: lossy masks of 0 to 4, none for a clean patch."""
    files = {}
    for part in parts():
        files[f"data/{part.number}.jpg"] = encoded(part.image, "JPEG")
        if part.bad:
            files[f"labels/{part.number}.jpg"] = encoded(levels(part.mask, 4), "JPEG")
    return files


TREES: dict[str, tuple[str, Callable[[], Files]]] = {
    "MVTec AD": (
        "mvtec-ad",
        anomalies("train/good/{n}.png", "test/hole/{n}.png", "ground_truth/hole/{n}_mask.png"),
    ),
    "MVTec LOCO AD": ("mvtec-loco", loco),
    "MVTec AD 2": (
        "mvtec-ad-2",
        anomalies(
            "train/good/{n}_regular.png",
            "test_public/bad/{n}_overexposed.png",
            "test_public/ground_truth/bad/{n}_overexposed_mask.png",
        ),
    ),
    "MVTec 3D-AD": (
        "mvtec-3d",
        anomalies("train/good/rgb/{n}.png", "test/hole/rgb/{n}.png", "test/hole/gt/{n}.png"),
    ),
    "BTAD": ("btad", anomalies("train/ok/{n}.bmp", "test/ko/{n}.bmp", "ground_truth/ko/{n}.png", kind="bmp")),
    "VisA": (
        "visa",
        anomalies(
            "candle/Data/Images/Normal/{n}.JPG",
            "candle/Data/Images/Anomaly/{n}.JPG",
            "candle/Data/Masks/Anomaly/{n}.png",
            kind="jpg",
            value=3,
        ),
    ),
    "KolektorSDD": ("kolektor-sdd", kolektor),
    "KolektorSDD2": ("kolektor-sdd2", paired("{s}/{n}.png", "{s}/{n}_GT.png")),
    "DAGM": (
        "dagm",
        paired("Class1/{s}/{n}.PNG", "Class1/{s}/Label/{n}_label.PNG", only_bad=True),
    ),
    "NEU-Seg": ("neu-seg", paired("images/training/{n}.jpg", "annotations/training/{n}.png", value=3)),
    "CrackForest": ("crackforest", crackforest),
    "DeepCrack": ("deepcrack", paired("{s}_img/{n}.jpg", "{s}_lab/{n}.png")),
    "BUSI, as published": ("busi", lambda: busi(within=False)),
    "several masks per image": ("busi", lambda: busi(within=True)),
    "ISIC": (
        "isic",
        paired("Training_Data/ISIC_{n}.jpg", "Training_Part1_GroundTruth/ISIC_{n}_segmentation.png"),
    ),
    "LoveDA": ("loveda", loveda),
    "nnU-Net": ("nnu-net", paired("imagesTr/case_{n}_0000.png", "labelsTr/case_{n}.png", value=1)),
    "Pascal VOC": ("pascal-voc", voc),
    "Cityscapes": ("cityscapes", cityscapes),
    "COCO": ("coco", coco),
    "YOLO": ("yolo-seg", yolo),
    "LabelMe": ("labelme", labelme),
    "CVAT": ("cvat", cvat),
    "AITEX": ("aitex", aitex),
    "CHASE_DB1": ("chase-db1", chase),
    "CVC-ClinicDB": ("cvc-clinicdb", paired("Original/{n}.tif", "Ground Truth/{n}.tif")),
    "potato patches": ("reference", paired("data/{n}.png", "labels/{n}.png", value=1, only_bad=True)),
    "steel patches": ("reference", steel),
    "a folder an item": ("cracks-and-potholes", items),
    "a mask an object": ("objects", objects),
    "classes inside splits": (
        "folders",
        paired("{s}/Early blight {c}/images/{n}.JPG", "{s}/Early blight {c}/masks/{n}_pseudo.png"),
    ),
}
"""By name: the layout that explains it, and its maker."""
