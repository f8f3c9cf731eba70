"""Generated data sets, written by pydicom in every encoding, read alike by pydicom and by the reader."""

from __future__ import annotations

import io
import warnings

from header_oracle import Oracle, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.storage.source import BytesSource

ATTRIBUTES = (
    attribute("PatientName", "string", "study"),
    attribute("PatientID", "string", "study"),
    attribute("OtherPatientNames", "string", "study", many=True),
    attribute("SeriesDescription", "string", "series"),
    attribute("ImageComments", "string", "instance"),
    attribute("StudyDate", "date", "study"),
    attribute("StudyTime", "time", "study"),
    attribute("AcquisitionDateTime", "datetime", "instance"),
    attribute("PatientAge", "age", "study"),
    attribute("KVP", "double", "acquisition"),
    attribute("ImagePositionPatient", "double", "instance", many=True),
    attribute("InstanceNumber", "bigint", "instance"),
    attribute("Rows", "bigint", "instance"),
    attribute("ReferencePixelX0", "bigint", "instance"),
    attribute("RecommendedDisplayFrameRateInFloat", "double", "instance"),
    attribute("RealWorldValueSlope", "double", "instance"),
    attribute("EchoTime", "double", "acquisition", "distinct"),
    attribute("ViewCodeSequence.CodeMeaning", "string", "series", column="view"),
    attribute("ViewCodeSequence.ViewModifierCodeSequence.CodeValue", "string", "series", many=True, column="modifiers"),
    attribute(
        ("RepetitionTime", "@MRTimingAndRelatedParametersSequence.RepetitionTime"), "double", "acquisition", "min_max"
    ),
    attribute("@MREchoSequence.EffectiveEchoTime", "double", "acquisition", "distinct", column="echo_times"),
    attribute("(0019,xx0C)[SIEMENS MR HEADER]", "bigint", "series", column="b_value"),
    attribute("(0019,xx0D)[SIEMENS MR HEADER]", "string", "series", column="directionality"),
)
READER = HeaderReader(ATTRIBUTES)
ORACLE = Oracle(ATTRIBUTES)
ALPHABETS = {
    "ISO_IR 6": "abcXYZ019 -_.",
    "ISO_IR 100": "abcéèÀçüß 9",
    "ISO_IR 144": "abcИвановПётр",
    "ISO_IR 126": "abcΔιονυσιος",
    "ISO_IR 192": "abc王小東ไทยéИ",
    "GB18030": "abc王小东乗",
}
SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
small = st.integers(-(10**6), 10**6)
double = st.floats(allow_nan=False, allow_infinity=False, width=32)
decimal = st.decimals(-(10**6), 10**6, allow_nan=False, places=3).map(str)


def text(charset: str, limit: int = 16) -> st.SearchStrategy[str]:
    return st.text(ALPHABETS[charset], max_size=limit).map(lambda t: t.strip(" "))


@st.composite
def data_sets(draw: st.DrawFn) -> Dataset:
    charset = draw(st.sampled_from(sorted(ALPHABETS)))
    dataset = Dataset()
    dataset.SpecificCharacterSet = charset
    moments = st.datetimes()
    fields = {
        "PatientName": text(charset),
        "PatientID": text(charset),
        "OtherPatientNames": st.lists(text(charset), max_size=3),
        "SeriesDescription": text(charset),
        "ImageComments": text(charset, 40),
        "StudyDate": st.dates().map(lambda d: f"{d.year:04}{d.month:02}{d.day:02}"),
        "StudyTime": st.times().map(lambda t: t.strftime("%H%M%S.%f")),
        "AcquisitionDateTime": moments.map(lambda m: f"{m.year:04}" + m.strftime("%m%d%H%M%S.%f")),
        "PatientAge": st.builds("{:03}{}".format, st.integers(0, 999), st.sampled_from("DWM"))
        | st.builds("{:03}Y".format, st.integers(0, 130)),  # older is nobody
        "KVP": decimal,
        "ImagePositionPatient": st.lists(decimal, min_size=3, max_size=3),
        "InstanceNumber": st.integers(-(2**31), 2**31 - 1),
        "Rows": st.integers(0, 2**16 - 1),
        "ReferencePixelX0": st.integers(-(2**31), 2**31 - 1),
        "RecommendedDisplayFrameRateInFloat": double,
        "RealWorldValueSlope": double,
        "EchoTime": decimal,
        "PixelData": st.just(b"\0\1\2\3"),
    }
    for keyword, values in fields.items():
        if draw(st.booleans()):
            setattr(dataset, keyword, draw(values))
    if draw(st.booleans()):
        dataset.ViewCodeSequence = Sequence(draw(st.lists(views(charset), max_size=3)))
    # The shared groups have one item (PS3.3 C.7.6.16.1.1).
    for keyword, most in (("SharedFunctionalGroupsSequence", 1), ("PerFrameFunctionalGroupsSequence", 4)):
        if draw(st.booleans()):
            setattr(dataset, keyword, Sequence(draw(st.lists(groups(), max_size=most))))
    for creator in draw(st.lists(st.sampled_from(["SIEMENS MR HEADER", "OTHER"]), unique=True)):
        private = dataset.private_block(0x0019, creator, create=True)
        private.add_new(0x0C, "IS", str(draw(small)))
        private.add_new(0x0D, "CS", draw(st.sampled_from(["NONE", "DIRECTIONAL", ""])))
    for element in dataset.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = draw(st.booleans())
            for item in element.value:
                item.is_undefined_length_sequence_item = draw(st.booleans())
    return dataset


@st.composite
def views(draw: st.DrawFn, charset: str) -> Dataset:
    item = Dataset()
    item.CodeMeaning = draw(text(charset))
    modifiers = []
    for value in draw(st.lists(st.sampled_from(["R-1", "R-2"]), max_size=2)):
        modifiers.append(Dataset())
        modifiers[-1].CodeValue = value
    item.ViewModifierCodeSequence = Sequence(modifiers)
    return item


@st.composite
def groups(draw: st.DrawFn) -> Dataset:
    item = Dataset()
    if draw(st.booleans()):
        timing = Dataset()
        timing.RepetitionTime = draw(decimal)
        item.MRTimingAndRelatedParametersSequence = Sequence([timing])
    if draw(st.booleans()):
        echo = Dataset()
        echo.EffectiveEchoTime = draw(double)
        item.MREchoSequence = Sequence([echo])
    return item


def written(dataset: Dataset, syntax: str) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OW"
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data_sets(), st.sampled_from(SYNTAXES))
def test_generated_data_sets(dataset: Dataset, syntax: str) -> None:
    data = written(dataset, syntax)
    header = READER.read(BytesSource(data))
    assert header.status is HeaderStatus.PARSED
    assert header.has_pixel_data is ("PixelData" in dataset)
    by_pydicom = read(io.BytesIO(data))
    expected = {a.column: ORACLE.expected(a, by_pydicom) for a in ATTRIBUTES}
    assert header.values == {column: value for column, value in expected.items() if value is not None}
