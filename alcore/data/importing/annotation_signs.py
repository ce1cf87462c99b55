"""What an annotation file looks like: signs of tools and formats, read or not, so that none is passed over.

`looks_like` names a file by its suffix and by words that it holds; `unread` says in sentences which files of
a source an import leaves unread.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError
from alcore.wording import plural

_MOST_LOOKED_AT = 100
"""Files of one suffix in one folder that are opened: the rest will be alike."""


class Sign(NamedTuple):
    """How a tool's files are recognised.

    title: of the format, for people; suffixes: of its files, with their dot; holds: words of which its
    content has each; form: a pattern that its content begins with, b"" for any; read_as: the format's key
    where it is read, '' where it is not.
    """

    title: str
    suffixes: tuple[str, ...]
    holds: tuple[bytes, ...] = ()
    form: bytes = b""
    read_as: str = ""

    def fits(self, content: bytes) -> bool:
        """Whether a file of such a suffix with this content is one of them."""
        return all(word in content for word in self.holds) and re.match(self.form, content) is not None


_JSON, _XML, _CSV, _LINES = (".json",), (".xml",), (".csv",), (".ndjson", ".jsonl", ".json")
_LIST, _NUMBER = rb"\s*\[", rb"-?\d+(\.\d+)?(e-?\d+)?"

SIGNS = (
    Sign("Label Studio JSON", _JSON, (b'"annotations"', b'"data"'), _LIST, "label-studio"),
    Sign("Label Studio JSON_MIN", _JSON, (b'"annotation_id"', b'"lead_time"'), _LIST, "label-studio"),
    Sign("V7 Darwin 2", _JSON, (b'"schema_ref"', b'"annotations"', b"darwin"), read_as="darwin"),
    Sign("V7 Darwin 1", _JSON, (b'"workview_url"', b'"annotations"')),
    Sign("Datumaro", _JSON, (b'"dm_format_version"', b'"items"'), read_as="datumaro"),
    Sign("a VIA project", _JSON, (b'"_via_img_metadata"',), read_as="via"),
    Sign("VIA JSON", _JSON, (b'"shape_attributes"', b'"region_attributes"'), read_as="via"),
    Sign("VIA CSV", _CSV, (b"region_shape_attributes", b"region_attributes"), read_as="via"),
    Sign("VIA 3", _JSON, (b'"project"', b'"metadata"', b'"view"', b'"attribute"')),
    Sign("Supervisely", _JSON, (b'"objects"', b'"classTitle"'), read_as="supervisely"),
    Sign("Supervisely", _JSON, (b'"objects"', b'"size"', b'"tags"'), read_as="supervisely"),
    Sign("LabelMe", _JSON, (b'"shapes"', b'"imagePath"'), read_as="labelme"),
    Sign("COCO", _JSON, (b'"images"', b'"annotations"', b'"image_id"'), read_as="coco"),
    Sign("CVAT for video", _XML, (b"<annotations>", b"<track "), read_as="cvat-video"),
    Sign("CVAT for images", _XML, (b"<annotations>", b"<image "), read_as="cvat"),
    Sign("LabelBox NDJSON", _LINES, (b'"data_row"', b'"projects"')),
    Sign("LabelBox JSON", _JSON, (b'"Labeled Data"',)),
    Sign("SuperAnnotate", _JSON, (b'"instances"', b'"metadata"', b'"className"')),
    Sign("Encord", _JSON, (b'"data_units"', b'"label_hash"')),
    Sign("Kili", _JSON, (b'"jsonResponse"',)),
    Sign("Dataloop", _JSON, (b'"annotations"', b'"coordinates"', b'"itemId"')),
    Sign("Segments.ai", _JSON, (b'"samples"', b'"segmentation_bitmap"')),
    Sign("Hasty", _JSON, (b'"label_classes"', b'"images"', b'"export_format_version"')),
    Sign("VoTT", _JSON, (b'"assets"', b'"regions"')),
    Sign("VoTT", (".vott",)),
    Sign("Cityscapes polygons", _JSON, (b'"imgHeight"', b'"objects"', b'"polygon"')),
    Sign("BDD100K (Scalabel)", _JSON, (b'"labels"', b'"poly2d"')),
    Sign("CreateML boxes", _JSON, (b'"annotations"', b'"coordinates"', b'"label"'), _LIST),
    Sign("a manifest of SageMaker Ground Truth", (".manifest", *_LINES), (b'"source-ref"',)),
    Sign("Vertex AI", _LINES, (b'"imageGcsUri"',)),
    Sign("GeoJSON, as QuPath writes it", (".geojson", ".json"), (b'"FeatureCollection"',)),
    Sign("Pascal VOC boxes", _XML, (b"<annotation", b"<bndbox>")),
    Sign("LabelMe XML", _XML, (b"<annotation>", b"<sourceAnnotation>")),
    Sign("LabelMe XML", _XML, (b"<annotation>", b"<polygon>")),
    Sign("ASAP", _XML, (b"<ASAP_Annotations>",)),
    Sign("Aperio ImageScope", _XML, (b"<Annotations", b"<Regions>")),
    Sign("Open Images", _CSV, (b"ImageID,", b"LabelName")),
    Sign("Pascal boxes in a table", _CSV, (b"filename", b"xmin", b"ymax")),
    Sign("a table of run lengths, as Kaggle's", _CSV, (b"EncodedPixels",), read_as="severstal"),
    Sign("a table of run lengths, as Kaggle's", _CSV, (b"rle",), rb"[^\n]*\brle\b"),
    Sign("Label Studio CSV", _CSV, (b"annotation_id", b"lead_time")),
    Sign("KITTI boxes", (".txt",), form=rb"[A-Za-z]\w*( " + _NUMBER + rb"){14,15}\s"),
    Sign("YOLO boxes", (".txt",), form=rb"\d+( " + _NUMBER + rb"){4}\s*(\n|$)", read_as="yolo-seg"),
    Sign("YOLO oriented boxes", (".txt",), form=rb"( ?" + _NUMBER + rb"){8} [A-Za-z]\S* [01]\s"),
    Sign("TFRecord", (".tfrecord", ".tfrecords", ".record")),
    Sign("ImageJ regions", (".roi",)),
    Sign("NIfTI", (".nii", ".nii.gz")),
    Sign("NRRD, as 3D Slicer writes it", (".nrrd",)),
    Sign("MetaImage", (".mha", ".mhd")),
    Sign("DICOM", (".dcm",)),
    Sign("a NumPy array", (".npy", ".npz")),
    Sign("HDF5, as ilastik writes it", (".h5", ".hdf5", ".ilp")),
    Sign("HALCON", (".hdict", ".hobj")),
)
"""In the order in which they are tried: the special before the general."""

_READS_TOO = {"roboflow": ("coco",)}
"""Formats that read files which look like another one."""
_SUFFIXES = frozenset(end for sign in SIGNS for end in sign.suffixes)


_known: WeakKeyDictionary[Source, dict[str, Sign]] = WeakKeyDictionary()


def signs_of(source: Source) -> dict[str, Sign]:
    """Every file of a source that looks like annotations, and what it looks like; read once for a source."""
    if source not in _known:
        _known[source] = {
            name: sign for names in _alike(source.names) for name, sign in _signs(source, names).items()
        }
    return _known[source]


def named_by(source: Source, format_name: str) -> list[str]:
    """The files of a source that look like a format that is read, by its key."""
    return [name for name, sign in signs_of(source).items() if sign.read_as == format_name]


def looks_like(source: Source, name: str) -> Sign | None:
    """What a file of a source looks like; None for one of no known kind, or that cannot be read."""
    end = _suffix(name)
    signs = [sign for sign in SIGNS if end in sign.suffixes]
    if not signs:
        return None
    content = b""
    if any(sign.holds or sign.form for sign in signs):
        try:
            content = source.read(name).removeprefix(b"\xef\xbb\xbf")
        except DataError:
            return None
    return next((sign for sign in signs if sign.fits(content)), None)


def unread(source: Source, format_name: str = "") -> list[str]:
    """A sentence for each kind of annotation file that an import leaves unread, with what to do about it.

    Args:
        format_name: the format taken: what looks like it is read.
    """
    return [
        f"{what}, but {'were' if many else 'was'} taken for something else; say --format {sign.read_as}"
        if sign.read_as
        else f"{what}, which {'are' if many else 'is'} not read; export COCO or PNG masks"
        for sign, what, many in _left(source, format_name)
    ]


def left_unread(source: Source, format_name: str) -> list[str]:
    """The same as notes of an import that took its truth from other files."""
    return [f"left unread: {what}" for _, what, _ in _left(source, format_name)]


def _left(source: Source, format_name: str) -> Iterator[tuple[Sign, str, bool]]:
    """Kinds of annotation files that a format does not read, that in words, and whether there are several."""
    found: dict[Sign, list[str]] = defaultdict(list)
    for name, sign in signs_of(source).items():
        if not sign.read_as or sign.read_as not in (format_name, *_READS_TOO.get(format_name, ())):
            found[sign].append(name)
    for sign, names in found.items():
        more = f" and {plural(len(names) - 1, 'more file')} look" if len(names) > 1 else " looks"
        yield sign, f"{shown(names[0])}{more} like {sign.title}", len(names) > 1


def _alike(names: Iterable[str]) -> list[list[str]]:
    """Files that may hold annotations, those of one folder and suffix together."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        if (end := _suffix(name)) in _SUFFIXES:
            found[name[: name.rfind("/") + 1], end].append(name)
    return list(found.values())


def _signs(source: Source, names: list[str]) -> dict[str, Sign]:
    """Of files that lie together: the first of them are looked at, and the rest is like them."""
    seen = {name: looks_like(source, name) for name in names[:_MOST_LOOKED_AT]}
    kinds = set(seen.values())
    if len(kinds) == 1:
        seen |= dict.fromkeys(names, kinds.pop())
    else:
        seen |= {name: looks_like(source, name) for name in names[_MOST_LOOKED_AT:]}
    return {name: sign for name, sign in seen.items() if sign is not None}


def _suffix(name: str) -> str:
    return ".nii.gz" if name.lower().endswith(".nii.gz") else suffix(name)
