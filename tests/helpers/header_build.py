"""DICOM files byte by byte, for tests of what no sane writer writes; and a small declaration to read them with."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pydicom.datadict import tag_for_keyword

from eds_spark_imaging.dicom.declaration.attribute import Attribute, attribute
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates.known import Templates
from eds_spark_imaging.storage.source import BytesSource

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
UNDEFINED = 0xFFFFFFFF
LONG_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")

ATTRIBUTES = (
    attribute("TransferSyntaxUID", "string", "instance"),
    attribute("SpecificCharacterSet", "string", "instance", many=True),
    attribute("ImageType", "string", "series", many=True),
    attribute("SOPInstanceUID", "string", "instance"),
    attribute("StudyDate", "date", "study"),
    attribute("StudyTime", "time", "study"),
    attribute("AcquisitionDateTime", "datetime", "instance"),
    attribute("AccessionNumber", "string", "study", identifying=True),
    attribute("Modality", "string", "series"),
    attribute("Manufacturer", "string", "series"),
    attribute("InstitutionAddress", "string", "series"),
    attribute("SeriesDescription", "string", "series"),
    attribute("PatientName", "string", "study", identifying=True),
    attribute("PatientID", "string", "study", identifying=True),
    attribute("PatientBirthDate", "date", "study", identifying=True),
    attribute("OtherPatientNames", "string", "study", many=True, identifying=True),
    attribute("PatientAge", "age", "study"),
    attribute("PatientWeight", "double", "study"),
    attribute("BodyPartExamined", "string", "series"),
    attribute("SliceThickness", "double", "acquisition", "min_max"),
    attribute(("EchoTime", "@MREchoSequence.EffectiveEchoTime"), "double", "acquisition", "distinct"),
    attribute(
        ("RepetitionTime", "@MRTimingAndRelatedParametersSequence.RepetitionTime"), "double", "acquisition", "min_max"
    ),
    attribute(
        ("Exposure", "@CTExposureSequence.ExposureInmAs", "ExposureInuAs*0.001"),
        "double",
        "acquisition",
        column="exposure",
    ),
    attribute(
        (
            "DiffusionBValue",
            "(0043,xx39)[GEMS_PARM_01]#1%1000000000",
            "(0019,xx0C)[SIEMENS MR HEADER]",
            "(2001,xx03)[Philips Imaging DD 001]",
        ),
        "double",
        "acquisition",
        "distinct",
        column="b_value",
    ),
    attribute("DetectorInformationSequence.DetectorID", "string", "acquisition", many=True, column="detector_ids"),
    attribute("IconImageSequence.Rows", "bigint", "instance", column="icon_rows"),
    attribute("ViewCodeSequence.CodeMeaning", "string", "series", column="view"),
    attribute("StudyInstanceUID", "string", "study"),
    attribute("SeriesInstanceUID", "string", "series"),
    attribute("InstanceNumber", "bigint", "instance"),
    attribute("ImagePositionPatient", "double", "instance", many=True),
    attribute("NumberOfFrames", "bigint", "instance"),
    attribute("Rows", "bigint", "instance"),
    attribute("PixelSpacing", "double", "instance", many=True),
    attribute("WindowCenter", "double", "instance", many=True),
    attribute("PixelPaddingValue", "bigint", "instance"),
)
READER = HeaderReader(ATTRIBUTES)


class NoTemplates(Templates):
    """Learns nothing."""

    def learn(self, data: bytes, header: Header, elements: int) -> None:
        """Nothing."""


def without_templates(attributes: Sequence[Attribute]) -> HeaderReader:
    """A reader that goes through every file by itself."""
    reader = HeaderReader(attributes)
    reader._templates = NoTemplates(reader._little, (None, None))
    return reader


def element(tag: int, vr: str | None, value: bytes, length: int | None = None, *, order: str = "<") -> bytes:
    """One element, as it is told: implicit where ``vr`` is None, with a false ``length`` where one is given."""
    size = len(value) if length is None else length
    head = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
    if vr is None:
        return head + struct.pack(order + "L", size) + value
    if vr in LONG_VRS:
        return head + vr.encode() + b"\0\0" + struct.pack(order + "L", size) + value
    return head + vr.encode("latin-1") + struct.pack(order + "H", size) + value


def item(content: bytes, *, defined: bool = True, order: str = "<") -> bytes:
    """One item of a sequence."""
    head = struct.pack(order + "HH", 0xFFFE, 0xE000)
    if defined:
        return head + struct.pack(order + "L", len(content)) + content
    return head + b"\xff\xff\xff\xff" + content + struct.pack(order + "HHL", 0xFFFE, 0xE00D, 0)


def sequence(tag: int, vr: str | None, *items: bytes, defined: bool = True, order: str = "<") -> bytes:
    """A sequence of items."""
    content = b"".join(items)
    if defined:
        return element(tag, vr, content, order=order)
    return element(tag, vr, content, UNDEFINED, order=order) + struct.pack(order + "HHL", 0xFFFE, 0xE0DD, 0)


def part10(data_set: bytes, transfer_syntax: str | None = EXPLICIT) -> bytes:
    """Preamble, magic, file meta information and a data set."""
    meta = element(0x00020001, "OB", b"\0\1")
    if transfer_syntax is not None:
        uid = transfer_syntax.encode()
        meta += element(0x00020010, "UI", uid + b"\0" * (len(uid) % 2))
    return bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<L", len(meta))) + meta + data_set


def tag(keyword: str) -> int:
    """The tag of a keyword of PS3.6."""
    found = tag_for_keyword(keyword)
    assert found is not None
    return found


def data_set(*elements: tuple[str, str | None, bytes]) -> bytes:
    """Elements by keyword, VR and raw value, in the order of their tags."""
    return b"".join(element(tag(k), vr, value) for k, vr, value in sorted(elements, key=lambda e: tag(e[0])))


def read(data: bytes, attributes: Sequence[Attribute] | None = None) -> Header:
    """What the reader makes of the bytes of a file."""
    reader = READER if attributes is None else HeaderReader(attributes)
    return reader.read(BytesSource(data))


def read_one(keyword: str, vr: str | None, value: bytes) -> Header:
    """What the reader makes of a file with one element of interest among others."""
    around = (("Modality", "CS", b"CT"), ("Columns", "US", b"\0\1"))
    if vr is None:
        return read(part10(data_set((keyword, None, value), *((k, None, v) for k, _, v in around)), IMPLICIT))
    return read(part10(data_set((keyword, vr, value), *around)))


def reasons(header: Header, column: str | None) -> list[str]:
    """The reasons of a column's issues."""
    return [issue.reason for issue in header.issues if issue.attribute == column]


# An ordinary file, to be changed in one respect.
PLAIN = (
    ("SOPInstanceUID", "UI", b"1.2.3.4\0"),
    ("StudyDate", "DA", b"20240131"),
    ("Modality", "CS", b"CT"),
    ("PatientID", "LO", b"8001234567"),
    ("StudyInstanceUID", "UI", b"1.2.3\0"),
    ("Rows", "US", b"\0\2"),
)
IMPLICIT_PLAIN = tuple((keyword, None, raw) for keyword, _, raw in PLAIN)
PIXELS = element(0x7FE00010, "OW", bytes(64))
EXPECTED = {"sop_instance_uid": "1.2.3.4", "modality": "CT", "patient_id": "8001234567", "study_instance_uid": "1.2.3"}


def assert_plain(header: Header, *, pixels: bool = True) -> None:
    assert (header.status, header.reason) == (HeaderStatus.PARSED, None)
    assert {column: header.values.get(column) for column in EXPECTED} == EXPECTED
    assert header.values["rows"] == 512
    assert header.has_pixel_data is pixels


def assert_value(keyword: str, vr: str | None, raw: bytes, column: str, value: object, *expected: Reason) -> None:
    """One element gives the value of its column and these issues, and the rest of the file is read."""
    header = read_one(keyword, vr, raw)
    assert header.status is HeaderStatus.PARSED
    assert header.values["modality"] == "CT"
    assert header.values.get(column) == value
    assert type(header.values.get(column)) is type(value)
    assert reasons(header, column) == list(expected)
    for issue in header.issues:
        assert issue.tag is not None
        assert issue.raw is not None
