"""Annotation files that no import reads are named by their tool, and those that one reads are not."""

import json

import numpy as np
import pytest

from alcore.data.importing.annotation_signs import SIGNS, left_unread, looks_like, unread
from alcore.data.importing.formats import FORMATS
from alcore.data.importing.importer import Import
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import ImportOptions
from alcore.errors import DataError
from tests.data.helpers import encoded, folder_files, write_folder

VOC = b"<annotation><object><name>dent</name><bndbox><xmin>1</xmin></bndbox></object></annotation>"
UNREAD = {
    "LabelBox NDJSON": ("export.ndjson", b'{"data_row": {"id": "1"}, "projects": {}}\n'),
    "LabelBox JSON": ("export.json", b'[{"Labeled Data": "x", "Label": {}}]'),
    "Pascal VOC boxes": ("Annotations/a.xml", VOC),
    "LabelMe XML": ("a.xml", b"<annotation><object><polygon><pt/></polygon></object></annotation>"),
    "KITTI boxes": ("label_2/a.txt", b"Car 0.00 0 -1.5 1 2 3 4 1.5 1.6 3.6 0.1 1.7 8.2 -1.6\n"),
    "YOLO oriented boxes": ("labelTxt/a.txt", b"1.0 2.0 3.0 2.0 3.0 4.0 1.0 4.0 dent 0\n"),
    "TFRecord": ("train.tfrecord", b"\x00"),
    "SuperAnnotate": ("a.json", b'{"metadata": {"name": "a"}, "instances": [{"className": "dent"}]}'),
    "Encord": ("a.json", b'[{"label_hash": "1", "data_units": {}}]'),
    "VIA 3": ("a.json", b'{"project": {}, "config": {}, "attribute": {}, "view": {}, "metadata": {}}'),
    "VoTT": ("a.vott", b"{}"),
    "CreateML boxes": ("a.json", b'[{"image": "a", "annotations": [{"label": "x", "coordinates": {}}]}]'),
    "a manifest of SageMaker Ground Truth": ("out.manifest", b'{"source-ref": "s3://b/a.png"}\n'),
    "GeoJSON, as QuPath writes it": ("a.geojson", b'{"type":"FeatureCollection","features":[]}'),
    "Pascal boxes in a table": ("_annotations.csv", b"filename,width,height,class,xmin,ymin,xmax,ymax\n"),
    "a table of run lengths, as Kaggle's": ("train.csv", b"id,rle\na,1 2\n"),
    "a NumPy array": ("a.npy", b"\x93NUMPY"),
    "NIfTI": ("a.nii.gz", b""),
}


@pytest.mark.parametrize("title", UNREAD)
def test_an_annotation_file_that_is_not_read_is_named(tmp_path, title):
    name, content = UNREAD[title]
    source = write_folder(tmp_path, {"x/p.png": encoded(np.zeros((8, 8), np.uint8)), name: content})
    expected = rf"{name} looks like {title}, which is not read; export COCO or PNG masks"
    for skip in (False, True):
        with pytest.raises(DataError) as caught:
            Import(source, options=ImportOptions((8, 8), skip_bad=skip))
        assert expected in str(caught.value)


def test_files_of_one_kind_are_one_sentence(tmp_path):
    source = open_source(write_folder(tmp_path, {f"Annotations/{n:03}.xml": VOC for n in range(30)}))
    expected = "000.xml and 29 more files look like Pascal VOC boxes, which are not read; "
    assert unread(source) == [expected + "export COCO or PNG masks"]


def test_annotation_files_beside_masks_are_noted(tmp_path):
    source = write_folder(tmp_path, folder_files(6) | {"boxes/001.xml": VOC})
    found = Import(source, options=ImportOptions((40, 48)))
    assert "left unread: boxes/001.xml looks like Pascal VOC boxes" in found.notes


def test_a_format_that_another_one_was_taken_for_can_be_named(tmp_path):
    coco = {"images": [], "annotations": [], "image_id": 0}
    source = open_source(write_folder(tmp_path, {"t.json": json.dumps(coco).encode()}))
    assert unread(source, "coco") == []
    assert unread(source, "folder")[0].endswith("say --format coco")
    assert left_unread(source, "roboflow") == []


def test_ordinary_files_look_like_nothing(tmp_path):
    files = {"notes.txt": b"Line 3, camera 2\n", "config.json": b"{}", "run.csv": b"a,b\n", "a.xml": b"<a/>"}
    source = open_source(write_folder(tmp_path, files))
    assert [looks_like(source, name) for name in files] == [None] * len(files)


def test_every_format_that_a_sign_names_can_be_named():
    assert {sign.read_as for sign in SIGNS} - {""} <= FORMATS.keys()
