"""The layouts of public data sets, one row each. A new layout is a new row; see `patterns` for the syntax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alcore.data.importing.options import Foreground


@dataclass(frozen=True)
class Layout:
    """How the files of a data set are named, and what they mean.

    images: patterns of the images. masks: patterns of their masks; an image has all masks whose shared words
    are equal, joined (union). missing: what an image without a mask is: an error ('refused'), 'clean', or
    'unlabelled' and then left out. clean: images that need no mask, whatever `missing` says. ignored: further
    images that are none of ours. foreground: which mask values are defective; None lets the values decide.
    group: what must stay on one side of the split, made of an image's words; '' for each image by itself.
    reader: how a mask file is read: image, matlab, labelme or yolo. unknown: mask values that mean
    'unknown', whose pixels count for nothing. table: a file that comes with the masks and says what
    their values mean, see `class_tables`; where it is missing, foreground and unknown count. named: what that
    table calls its classes. The splits that come with a set are not kept: they are folders in the patterns.
    """

    title: str
    images: tuple[str, ...]
    masks: tuple[str, ...]
    missing: str = "refused"
    clean: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    foreground: Foreground | None = None
    group: str = ""
    reader: str = "image"
    unknown: tuple[int, ...] = ()
    table: str = ""
    named: Mapping[str, Foreground] = field(default_factory=dict)


_ABOVE_0 = Foreground(threshold=0)

LAYOUTS: dict[str, Layout] = {
    "mvtec-loco": Layout(
        "MVTec LOCO AD",
        images=("{dir/}{side:train|validation|test}/{type}/{id}.*",),
        masks=("{dir/}ground_truth/{type}/{id}/*.png",),
        clean=("{dir/}{side:train|validation|test}/good/{id}.*",),
        foreground=_ABOVE_0,
    ),
    "mvtec-ad": Layout(
        "MVTec AD",
        images=("{dir/}{side:train|test}/{type}/{id}.*",),
        masks=("{dir/}ground_truth/{type}/{id}_mask.*",),
        clean=("{dir/}{side:train|test}/good/{id}.*",),
    ),
    "mvtec-ad-2": Layout(
        "MVTec AD 2",
        images=("{dir/}{side:train|validation|test_public}/{type:good|bad}/{item}_{light}.*",),
        masks=("{dir/}{side:test_public}/ground_truth/{type:good|bad}/{item}_{light}_mask.*",),
        clean=("{dir/}{side:train|validation|test_public}/good/{id}.*",),
        ignored=("{dir/}test_private*/*",),
        group="{dir}{side}/{type}/{item}",  # one object under several lights
    ),
    "mvtec-3d": Layout(
        "MVTec 3D-AD",
        images=("{dir/}{side:train|validation|test}/{type}/rgb/{id}.*",),
        masks=("{dir/}{side:train|validation|test}/{type}/gt/{id}.*",),
        clean=("{dir/}{side:train|validation|test}/good/rgb/{id}.*",),
        ignored=("{dir/}xyz/*",),
    ),
    "btad": Layout(
        "BTAD",
        images=("{dir/}{side:train|test}/{type:ok|ko}/{id}.*",),
        masks=("{dir/}ground_truth/{type:ok|ko}/{id}.*",),
        clean=("{dir/}{side:train|test}/ok/{id}.*",),
    ),
    "visa": Layout(
        "VisA",
        images=("{dir/}Images/{type:Normal|Anomaly}/{id}.*",),
        masks=("{dir/}Masks/{type:Anomaly}/{id}.*",),
        clean=("{dir/}Images/Normal/{id}.*",),
        foreground=_ABOVE_0,
    ),
    "kolektor-sdd": Layout(
        "KolektorSDD",
        images=("{dir/}kos{item}/{id}.jpg",),
        masks=("{dir/}kos{item}/{id}_label.bmp",),
        foreground=_ABOVE_0,
        group="{dir}{item}",
    ),
    "kolektor-sdd2": Layout(
        "KolektorSDD2",
        images=("{dir/}{id}.png",),
        masks=("{dir/}{id}_GT.png",),
    ),
    "dagm": Layout(
        "DAGM 2007",
        images=("{dir/}{id}.png",),  # below a class, or a side of its split
        masks=("{dir/}Label/{id}_label.png",),
        missing="clean",
    ),
    "neu-seg": Layout(
        "NEU-Seg",
        images=("{dir/}images/{side:training|test|validation}/{id}.*",),
        masks=("{dir/}annotations/{side:training|test|validation}/{id}.png",),
    ),
    "crackforest": Layout(
        "CrackForest",
        images=("{dir/}image/{id}.jpg",),
        masks=("{dir/}groundTruth/{id}.mat",),
        missing="unlabelled",
        reader="matlab",
    ),
    "deepcrack": Layout(
        "DeepCrack",
        images=("{dir/}{side:train|test}_img/{id}.*",),
        masks=("{dir/}{side:train|test}_lab/{id}.*",),
    ),
    "aitex": Layout(
        "AITEX fabric",
        images=("{dir/}Defect_images/{id}.png", "{dir/}NODefect_images/{fabric/}{id}.png"),
        masks=("{dir/}Mask_images/{id}_mask*.png",),
        clean=("{dir/}NODefect_images/{fabric/}{id}.png",),
    ),
    "cracks-and-potholes": Layout(
        "cracks and potholes, a folder for each item",
        images=("{dir/}{id}/{id}_RAW.*",),
        masks=("{dir/}{id}/{id}_POTHOLE.*", "{dir/}{id}/{id}_CRACK.*"),
        ignored=("{dir/}{id}/{id}_LANE.*",),
    ),
    "chase-db1": Layout(
        "CHASE_DB1",
        images=("{dir/}Image_{patient}{eye:L|R}.jpg",),
        masks=("{dir/}Image_{patient}{eye:L|R}_1stHO.png",),
        ignored=("{dir/}Image_*_2ndHO.png",),  # a second opinion on the same image
        group="{patient}",
    ),
    "cvc-clinicdb": Layout(
        "CVC-ClinicDB",
        images=("{dir/}Original/{id}.*",),
        masks=("{dir/}Ground Truth/{id}.*",),
    ),
    "busi": Layout(
        "BUSI",
        images=("{dir/}images/{id}.png", "{dir/}{id}.png"),
        masks=("{dir/}mask/{id}_mask*.png", "{dir/}{id}_mask*.png"),
    ),
    "isic": Layout(
        "ISIC",
        images=("{images/}ISIC_{id}.jpg",),
        masks=("{masks/}ISIC_{id}_segmentation.png",),
        ignored=("**/ISIC_*_superpixels.png",),
    ),
    "loveda": Layout(
        "LoveDA",
        images=("{dir/}images_png/{id}.png",),
        masks=("{dir/}masks_png/{id}.png",),
        foreground=Foreground(threshold=1),  # 0 is no data, 1 background
        unknown=(0,),
    ),
    "nnu-net": Layout(
        "nnU-Net",
        images=("imagesTr/{id}_0000.*",),
        masks=("labelsTr/{id}.*",),
        ignored=("imagesTs/*", "labelsTs/*"),
        table="dataset.json",
    ),
    "pascal-voc": Layout(
        "Pascal VOC",
        images=("{dir/}JPEGImages/{sub/}{id}.*",),
        masks=("{dir/}SegmentationClass/{sub/}{id}.png",),
        missing="unlabelled",
        ignored=("{dir/}SegmentationObject/**/*",),
        foreground=Foreground(classes=tuple(range(1, 255))),
        unknown=(255,),
        table="labelmap.txt",
    ),
    "cityscapes": Layout(
        "Cityscapes",
        images=("leftImg8bit/{side}/{city}/{id}_leftImg8bit.png",),
        masks=("gt{kind}/{side}/{city}/{id}_gt{kind}_labelIds.png",),
        ignored=("gt*/**/*_color.png", "gt*/**/*_instanceIds.png", "gt*/**/*_labelTrainIds.png"),
        group="{city}",
        unknown=(255,),
    ),
    "yolo-seg": Layout(
        "YOLO segmentation",
        images=("{dir/}images/{side/}{id}.*",),
        masks=("{dir/}labels/{side/}{id}.txt",),
        missing="clean",
        reader="yolo",
    ),
    "labelme": Layout(
        "LabelMe",
        images=("{dir/}{id}.*",),
        masks=("{dir/}{id}.json",),
        reader="labelme",
    ),
    "objects": Layout(
        "one mask for each object, as in the Data Science Bowl 2018",
        images=("{dir/}{id}/images/{id}.*",),
        masks=("{dir/}{id}/masks/*.*",),
        missing="unlabelled",  # its stage1_test has no masks
        foreground=_ABOVE_0,
    ),
    "folders": Layout(
        "images and masks within each split or class",
        images=("{dir/}{i:images|image|imgs|img}/{sub/}{id}.*",),
        masks=(
            "{dir/}{m:masks|mask|labels|label}/{sub/}{id}.*",
            "{dir/}{m:masks|mask|labels|label}/{sub/}{id}_mask.*",
            "{dir/}{m:masks|mask|labels|label}/{sub/}{id}_pseudo.*",
        ),
    ),
}
"""By name, in the order in which sources are tried."""
