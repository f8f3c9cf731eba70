"""The encoder against pydicom."""

from io import BytesIO

import pydicom
import pytest
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from eds_spark_imaging.synth.writers.dicom_writer import (
    EXPLICIT,
    IMPLICIT,
    JPEG_BASELINE,
    Encapsulated,
    Encoder,
    file_start,
    join,
)

ELEMENTS = {
    "SpecificCharacterSet": "ISO_IR 100",
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
    "SOPInstanceUID": "2.25.12345",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "PatientName": "EXEMPLIER^Chimère",
    "PatientID": "8123456789",
    "PatientBirthDate": "19800229",
    "PatientAge": "042Y",
    "StudyTime": "101112.5",
    "KVP": 120,
    "SliceThickness": 0.625,
    "InstanceNumber": 7,
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "Rows": 8,
    "TableSpeed": 39.375,
    "RegionLocationMinX0": 4,
    "FrameIncrementPointer": [0x00540010, 0x00540020],
    "AccessionNumber": None,
    "EnergyWindowVector": [1, 1, 2],
    "ProcedureCodeSequence": [
        {"CodeValue": "X1", "CodingSchemeDesignator": "99RIS", "CodeMeaning": "Examen d'essai"},
        {"CodeValue": "X2", "AnatomicRegionSequence": [{"CodeMeaning": "Genou"}]},
    ],
    "RequestAttributesSequence": [],
}


def as_pydicom(elements):
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, converted(keyword, value))
    return dataset


def converted(keyword, value):
    if keyword.endswith("Sequence"):
        return [as_pydicom(item) for item in value]
    if dictionary_VR(keyword) == "DS":  # pydicom writes numbers with a point, texts as they are
        return [str(v) for v in value] if isinstance(value, list) else str(value)
    return value


@pytest.mark.parametrize("explicit", [True, False])
def test_same_bytes_as_pydicom(explicit):
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, not explicit
    write_dataset(buffer, as_pydicom(ELEMENTS))
    ours = Encoder(explicit).dataset(ELEMENTS)
    assert ours == buffer.getvalue()


@pytest.mark.parametrize("explicit", [True, False])
def test_undefined_lengths_read_back(explicit):
    encoder = Encoder(explicit, "utf-8", undefined_lengths=True)
    data = file_start(ELEMENTS["SOPClassUID"], ELEMENTS["SOPInstanceUID"], EXPLICIT if explicit else IMPLICIT)
    data += encoder.dataset(ELEMENTS | {"SpecificCharacterSet": "ISO_IR 192"})
    read = pydicom.dcmread(BytesIO(data))
    assert read["ProcedureCodeSequence"].is_undefined_length
    assert str(read.PatientName) == "EXEMPLIER^Chimère"
    expected = as_pydicom(ELEMENTS)
    assert read.to_json_dict() == expected.to_json_dict() | {"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}}


def test_private_and_encapsulated_elements():
    pieces = Encoder().pieces(
        {
            "SOPInstanceUID": "2.25.1",
            (0x00190010, "LO"): "SIEMENS MR HEADER",
            (0x0019100C, "IS"): 1000,
            "PixelData": Encapsulated(b"\xff\xd8\xff"),
        }
    )
    read = pydicom.dcmread(BytesIO(file_start("1.2", "2.25.1", JPEG_BASELINE) + join(pieces)))
    assert read.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 1000
    assert read["PixelData"].is_undefined_length
    assert next(pydicom.encaps.generate_frames(read.PixelData, number_of_frames=1)) == b"\xff\xd8\xff\0"


def test_later_pieces_replace_earlier_ones():
    encoder = Encoder()
    joined = join(encoder.pieces({"Rows": 1, "Modality": "CT"}), encoder.pieces({"Rows": 2}))
    assert joined == encoder.dataset({"Modality": "CT", "Rows": 2})


def test_unknown_keyword_is_an_error():
    with pytest.raises(KeyError):
        Encoder().pieces({"NoSuchKeyword": 1})
