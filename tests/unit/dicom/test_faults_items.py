"""What is said in one item stays together, converted objects, derived values: as other readers got them wrong."""

from __future__ import annotations

import datetime as dt
import io
import struct
from typing import Any

import pytest
from generated_headers import written
from header_build import PIXELS, PLAIN, UNDEFINED, assert_plain, data_set, element, item, part10, read, reasons, tag
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.storage.source import BytesSource

READER = HeaderReader(declaration())
SHARED, FRAMES = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
DRUG = "RadiopharmaceuticalInformationSequence"


def of(**elements: Any) -> Dataset:
    """A data set from keywords; lists of dicts are sequences."""
    result = Dataset()
    for keyword, value in elements.items():
        nested = isinstance(value, list) and all(isinstance(each, dict) for each in value)
        setattr(result, keyword, [of(**each) for each in value] if nested else value)
    return result


def header_of(**elements: Any) -> Header:
    """What the reader of the whole declaration makes of them."""
    header = READER.read(BytesSource(written(of(**elements))))
    assert header.status is HeaderStatus.PARSED
    return header


def test_an_identifier_without_issuer_keeps_the_issuers_in_place() -> None:
    """dcm4chee-arc-light#3159, #4086."""
    header = header_of(OtherPatientIDsSequence=[{"PatientID": "A"}, {"PatientID": "B", "IssuerOfPatientID": "CLINIC"}])
    assert header.values["other_patient_ids_patient_id"] == ["A", "B"]
    assert header.values["other_patient_ids_issuer_of_patient_id"] == [None, "CLINIC"]


def test_items_without_values_count() -> None:
    header = header_of(DetectorInformationSequence=[{}, {"FieldOfViewDimensions": [400]}, {}])
    assert header.values["detector_field_of_view_dimensions"] == [None, None, 400.0, None, None, None]


def test_codes_of_several_requests() -> None:
    code = {"CodeValue": "X", "CodingSchemeDesignator": "99S"}
    requests = [{"RequestedProcedureID": "1"}, {"RequestedProcedureID": "2", "RequestedProcedureCodeSequence": [code]}]
    header = header_of(RequestAttributesSequence=requests)
    assert header.values["request_requested_procedure_id"] == ["1", "2"]
    assert header.values["request_requested_procedure_code_value"] == [None, "X"]
    assert header.values["request_requested_procedure_coding_scheme_designator"] == [None, "99S"]


def test_code_and_scheme_are_of_the_same_item() -> None:
    """fo-dicom#2125; highdicom#309."""
    local = {"LongCodeValue": "LOCAL-CODE-LONGER-THAN-16", "CodingSchemeDesignator": "99LOCAL"}
    snomed = {"CodeValue": "39607008", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Lung"}
    header = header_of(AnatomicRegionSequence=[local, snomed])
    assert header.values["anatomic_region_code_value"] == "LOCAL-CODE-LONGER-THAN-16"
    assert header.values["anatomic_region_coding_scheme_designator"] == "99LOCAL"
    assert "anatomic_region_code_meaning" not in header.values
    assert reasons(header, "anatomic_region_code_meaning") == [Reason.MULTIPLE_ITEMS]


def test_the_dose_of_one_tracer_is_not_that_of_another() -> None:
    """deid#125; STIR#659."""
    first = {"Radiopharmaceutical": "I-123 MIBG"}
    second = {
        "Radiopharmaceutical": "Tc-99m",
        "RadionuclideTotalDose": "740",
        "RadiopharmaceuticalStartTime": "083000",
    }
    header = header_of(Modality="NM", SeriesDate="20240131", **{DRUG: [first, second]})
    assert header.values["radiopharmaceutical"] == "I-123 MIBG"
    for column in ("radionuclide_total_dose", "injected_activity", "injection_datetime"):
        assert column not in header.values
    assert reasons(header, "radionuclide_total_dose") == [Reason.MULTIPLE_ITEMS]


def test_two_sources_of_a_tomograph() -> None:
    tubes = [{"FocalSpots": 1.2}, {"KVP": 80, "FocalSpots": 0.8}]
    header = header_of(**{SHARED: [{"CTXRayDetailsSequence": tubes, "CTExposureSequence": [{}, {"CTDIvol": 3.0}]}]})
    assert header.values["focal_spots"] == [1.2]
    assert "kvp" not in header.values
    assert reasons(header, "kvp") == reasons(header, "focal_spots") == [Reason.MULTIPLE_ITEMS]


def test_legacy_converted_objects() -> None:
    """highdicom#54; GDCM#55."""
    shared = {"UnassignedSharedConvertedAttributesSequence": [{"KVP": 120, "ConvolutionKernel": "B30f"}]}
    frames = [
        {"UnassignedPerFrameConvertedAttributesSequence": [{"XRayTubeCurrent": current, "AcquisitionTime": time}]}
        for current, time in ((200, "102001"), (150, "102000"))
    ]
    header = header_of(InstanceNumber=7, **{SHARED: [shared], FRAMES: frames})
    assert (header.values["kvp"], header.values["convolution_kernel"]) == (120.0, ["B30f"])
    assert (header.values["x_ray_tube_current"], header.values["instance_number"]) == (200.0, 7)
    assert header.frame_ranges["x_ray_tube_current"] == (150.0, 200.0)
    assert header.frame_ranges["acquisition_time"] == ("10:20:00", "10:20:01")


def test_every_attribute_may_be_among_the_converted() -> None:
    for attribute in declaration():
        plain = [s for s in attribute.sources if not s.frame and s.steps[0].tag >> 16 > 2]
        if plain and not attribute.derived:
            ranks = [
                slot.converted
                for slot in (entry_slot for entry_slot in _slots(READER) if entry_slot.column == attribute.column)
            ]
            assert sum(ranks) == 2 * len(plain), attribute.column


def _slots(reader: HeaderReader) -> list[Any]:
    found, nodes = [], [reader._little.top]
    while nodes:
        for entry in nodes.pop().entries.values():
            creators = {id(each): each for each in (entry, *entry.creators.values())}.values()
            found += [slot for each in creators for slot in each.slots]
            nodes += [each.node for each in creators if each.node is not None]
    return list({id(slot): slot for slot in found}.values())


def test_dates_and_times_over_frames() -> None:
    """dcm2niix#1039, #369."""
    times = ("20240131102001.5", "20240131102000", "20240131103000")
    frames = [{"FrameContentSequence": [{"FrameAcquisitionDateTime": time}]} for time in times]
    header = header_of(**{FRAMES: frames})
    assert header.values["acquisition_date_time"] == dt.datetime(2024, 1, 31, 10, 20, 1, 500000)
    noon = dt.datetime(2024, 1, 31, 10)
    expected = (noon.replace(minute=20), noon.replace(minute=30))
    assert header.frame_ranges == {"acquisition_date_time": expected}


def test_an_array_is_as_wide_as_the_items_of_its_frame() -> None:
    """A later frame with more values adds no nulls to those of the first."""
    filters = [["ALUMINUM"], ["ALUMINUM", "COPPER"]]
    frames = [{"XRayFilterSequence": [{"FilterMaterial": materials}]} for materials in filters]
    assert header_of(**{FRAMES: frames}).values["filter_material"] == ["ALUMINUM"]


def test_the_item_that_the_first_frame_chooses_is_that_of_all() -> None:
    """In the second frame this item is not there; the first one is another thing."""
    frames = [
        {"MRImagingModifierSequence": [{}, {"PixelBandwidth": "200"}]},
        {"MRImagingModifierSequence": [{"MagnetizationTransfer": "NONE"}]},
    ]
    header = header_of(**{FRAMES: frames})
    assert header.values["pixel_bandwidth"] == 200.0
    assert "magnetization_transfer" not in header.values
    assert reasons(header, "magnetization_transfer") == [Reason.MULTIPLE_ITEMS]


def test_alternatives_in_one_sequence_when_the_shared_groups_have_it_too() -> None:
    """Short and long codes of the frames stay in place, whatever stands in the shared groups."""
    short, long = {"CodeValue": "T-A"}, {"LongCodeValue": "A-CODE-LONGER-THAN-16"}

    def anatomy(*codes: dict[str, str]) -> list[dict[str, Any]]:
        return [{"FrameAnatomySequence": [{"PrimaryAnatomicStructureSequence": list(codes)}]}]

    header = header_of(**{SHARED: anatomy(short), FRAMES: anatomy(short, long)})
    assert header.values["primary_anatomic_structure_code_value"] == ["T-A", "A-CODE-LONGER-THAN-16"]


@pytest.mark.parametrize("empty", ["", " ", ["", ""]])
def test_an_item_whose_values_are_empty_tells_nothing(empty: str | list[str]) -> None:
    """Nor does it in a frame: the values of another item are taken, those of both angles."""
    angles = [
        {"PositionerPrimaryAngle": empty, "PositionerSecondaryAngle": empty},
        {"PositionerPrimaryAngle": "30", "PositionerSecondaryAngle": "-5"},
    ]
    header = header_of(**{FRAMES: [{"PositionerPositionSequence": angles}]})
    assert (header.values["positioner_primary_angle"], header.values["positioner_secondary_angle"]) == (30.0, -5.0)


def test_durations_of_dynamic_and_gated_series() -> None:
    """scifio#380."""
    phases = [{"ActualFrameDuration": 1000}, {"ActualFrameDuration": 60000}]
    assert header_of(PhaseInformationSequence=phases).values["actual_frame_duration"] == [1000.0, 60000.0]
    gates = [{"DataInformationSequence": [{"FrameTime": "62.5"}]}]
    assert header_of(GatedInformationSequence=gates).values["actual_frame_duration"] == [62.5]


@pytest.mark.parametrize(
    ("coarse", "fine", "expected"),
    [(0, 450, 0.45), (1, 900, 0.9), (12, 12345, 12.345), (12, 450, 12.0), (0, 0, 0.0), (None, 450, 0.45)],
)
def test_the_finer_element_wins_over_its_rounding(coarse: int | None, fine: int, expected: float) -> None:
    """openrem#901."""
    for column, keyword, finer in (
        ("exposure", "Exposure", "ExposureInuAs"),
        ("exposure_time", "ExposureTime", "ExposureTimeInuS"),
        ("x_ray_tube_current", "XRayTubeCurrent", "XRayTubeCurrentInuA"),
    ):
        elements = {finer: fine} | ({} if coarse is None else {keyword: coarse})
        assert header_of(**elements).values[column] == expected


def test_timing_of_enhanced_cardiac_images() -> None:
    """dcm2niix#499, #408."""
    frames = [
        {"CardiacSynchronizationSequence": [{"NominalCardiacTriggerDelayTime": delay, "RRIntervalTimeNominal": 900.0}]}
        for delay in (30.0, 60.0)
    ]
    header = header_of(**{FRAMES: frames})
    assert (header.values["trigger_time"], header.frame_ranges["trigger_time"]) == (30.0, (30.0, 60.0))
    assert header.values["nominal_interval"] == 900.0


@pytest.mark.parametrize(
    ("modality", "stored", "activity"),
    [("NM", "740", 740.0), ("PT", "370000000", 370.0), ("PT", "370", 370.0), ("NM", "740000000", 740.0)],
)
def test_injected_activity_in_one_unit(modality: str, stored: str, activity: float) -> None:
    """dicom-standard#91, #76."""
    header = header_of(Modality=modality, **{DRUG: [{"RadionuclideTotalDose": stored}]})
    assert header.values["radionuclide_total_dose"] == float(stored)
    assert header.values["injected_activity"] == activity


@pytest.mark.parametrize("stored", ["0", "0.001", "75000", "1e12"])
def test_activities_that_nobody_gets(stored: str) -> None:
    header = header_of(**{DRUG: [{"RadionuclideTotalDose": stored}]})
    assert header.values["radionuclide_total_dose"] == float(stored)
    assert "injected_activity" not in header.values
    assert reasons(header, "injected_activity") == [Reason.IMPLAUSIBLE]


@pytest.mark.parametrize(
    ("drug", "series", "expected"),
    [
        ({"RadiopharmaceuticalStartTime": "093000"}, "103000", dt.datetime(2024, 1, 31, 9, 30)),
        ({"RadiopharmaceuticalStartTime": "235500"}, "002000", dt.datetime(2024, 1, 30, 23, 55)),
        ({"RadiopharmaceuticalStartDateTime": "20240130224500"}, "002000", dt.datetime(2024, 1, 30, 22, 45)),
        ({}, "103000", None),
    ],
)
def test_when_the_tracer_was_injected(drug: dict[str, str], series: str, expected: dt.datetime | None) -> None:
    """PET2BIDS#368; a copy at top level is not the value."""
    header = header_of(
        SeriesDate="20240131", SeriesTime=series, RadiopharmaceuticalStartTime="010101", **{DRUG: [drug]}
    )
    assert header.values.get("injection_datetime") == expected


@pytest.mark.parametrize(
    ("scan", "time", "expected"),
    [
        # A dynamic scan of four frames, begun 5 s before the injection.
        (
            {"SeriesDate": "20240131", "SeriesTime": "100000", "AcquisitionDate": "20240131", "AcquisitionTime": t},
            "100005",
            "2024-01-31 10:00:05",
        )
        for t in ("100000", "100010", "100020.5", "100030")
    ]
    + [
        ({"AcquisitionDate": "20240131", "AcquisitionTime": "235958"}, "000003", "2024-02-01 00:00:03"),
        ({"AcquisitionDate": "20240201", "AcquisitionTime": "000008"}, "000003", "2024-02-01 00:00:03"),
        ({"AcquisitionDate": "20240131", "AcquisitionTime": "210000"}, "080000", "2024-01-31 08:00"),
        # The last bed after midnight, and a reconstruction days later.
        (
            {
                "SeriesDate": "20240131",
                "SeriesTime": "235000",
                "AcquisitionDate": "20240201",
                "AcquisitionTime": "000500",
            },
            "225000",
            "2024-01-31 22:50",
        ),
        (
            {
                "SeriesDate": "20240205",
                "SeriesTime": "080000",
                "AcquisitionDate": "20240131",
                "AcquisitionTime": "150000",
            },
            "140000",
            "2024-01-31 14:00",
        ),
        ({"SeriesDate": "20240205", "AcquisitionDateTime": "20240131103000"}, "093000", "2024-01-31 09:30"),
        ({"StudyDate": "20240131", "StudyTime": "090000"}, "093000", "2024-01-31 09:30"),
        ({"SeriesDate": "20240131"}, "093000", "2024-01-31 09:30"),
        ({"SeriesDate": "00010101", "SeriesTime": "001000"}, "235500", "0001-01-01 23:55"),
    ],
)
def test_an_injection_is_dated_by_the_scan(scan: dict[str, str], time: str, expected: str) -> None:
    header = header_of(**scan, **{DRUG: [{"RadiopharmaceuticalStartTime": time}]})
    assert header.values["injection_datetime"] == dt.datetime.fromisoformat(expected)
    assert "injection_datetime" not in header.offsets


def test_an_injection_has_the_zone_that_it_was_written_with() -> None:
    start = "20240131214500.000000+0100"
    header = header_of(SeriesDate="20240131", **{DRUG: [{"RadiopharmaceuticalStartDateTime": start}]})
    assert header.values["injection_datetime"] == dt.datetime(2024, 1, 31, 21, 45)
    assert header.offsets == {"radiopharmaceutical_start_date_time": 60, "injection_datetime": 60}


def test_frames_of_several_kinds_are_mixed() -> None:
    """PS3.3 C.8.13.3.1: the image says MIXED where its frames differ."""
    kinds = (("MAGNITUDE", "T1"), ("PHASE", "T2"))
    frames = [
        {"MRImageFrameTypeSequence": [{"ComplexImageComponent": part, "AcquisitionContrast": contrast}]}
        for part, contrast in kinds
    ]
    for top, expected in (
        ({"ComplexImageComponent": "MIXED", "AcquisitionContrast": "MIXED"}, "MIXED MIXED"),
        ({}, "MAGNITUDE T1"),
    ):
        header = header_of(**top, **{FRAMES: frames})
        shown = header.values["complex_image_component"], header.values["acquisition_contrast"]
        assert shown == tuple(expected.split())


def test_texts_and_arrays_over_frames() -> None:
    """Of numbers and times the range is told; of texts and arrays, that frames differ."""
    kernels = [["B30f"], ["B30f"], ["B70f"]]
    frames = [
        {
            "CTReconstructionSequence": [{"ConvolutionKernel": kernel, "ReconstructionAlgorithm": "ITERATIVE"}],
            "FrameAnatomySequence": [{"FrameLaterality": side, "AnatomicRegionSequence": [{"CodeValue": side}]}],
        }
        for kernel, side in zip(kernels, "RRL", strict=True)
    ]
    header = header_of(Modality="CT", **{FRAMES: frames})
    assert header.values["convolution_kernel"] == ["B30f"]
    assert header.values["frame_laterality"] == ["L", "R"]  # all of them, so there is no conflict
    assert header.frame_conflicts == ["anatomic_region_code_value", "convolution_kernel"]
    assert header_of(Modality="CT", **{FRAMES: frames[:2]}).frame_conflicts == []
    filters = [{"XRayFilterSequence": [{"FilterMaterial": metal}]} for metal in ("ALUMINUM", "COPPER")]
    assert header_of(Modality="XA", **{FRAMES: filters}).frame_conflicts == ["filter_material"]


def test_more_private_values_of_makers() -> None:
    uih, philips = Dataset(), Dataset()
    uih.private_block(0x0065, "Image Private Header", create=True).add_new(0x09, "FD", 800.0)
    philips.private_block(0x7053, "Philips PET Private Group", create=True).add_new(0x09, "DS", "1.25")
    for dataset, column, value in (
        (uih, "diffusion_b_value", [800.0]),
        (philips, "philips_activity_concentration_scale_factor", 1.25),
    ):
        out = io.BytesIO()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
        dataset.save_as(out, enforce_file_format=True)
        assert READER.read(BytesSource(out.getvalue())).values[column] == value


def test_dicm_in_the_text_of_a_file_without_preamble() -> None:
    """dcm4che#347."""
    before = data_set(("SpecificCharacterSet", "CS", b"ISO_IR 100"), *PLAIN[1:3])
    text = b"x" * (128 - len(before) - 8) + b"DICM and so on"
    data = before + element(tag("InstitutionAddress"), "ST", text) + data_set(*PLAIN[3:], ("SOPInstanceUID", "UI", b""))
    assert data[128:132] == b"DICM"
    header = read(data)
    assert (header.status, header.has_preamble) == (HeaderStatus.PARSED, False)
    assert header.values["patient_id"] == "8001234567"
    assert header.values["institution_address"].endswith("DICM and so on")  # type: ignore[union-attr]


@pytest.mark.parametrize("preamble", [True, False])
def test_a_command_set_before_the_data_set(preamble: bool) -> None:
    commands = element(0x00000002, None, b"1.2.840.10008.5.1.4.1.1.2\0") + element(0x00000100, None, b"\1\0")
    commands = element(0x00000000, None, struct.pack("<L", len(commands))) + commands
    rest = data_set(*PLAIN) + PIXELS
    header = read(part10(commands + rest) if preamble else commands + rest)
    assert_plain(header)
    assert header.has_preamble is preamble


@pytest.mark.parametrize("nested", [True, False])
def test_contours_of_ninety_megabytes_are_passed_over(nested: bool) -> None:
    """pixels#165: in memory that is bounded, though no length tells where they end."""
    contour = item(element(0x30060050, "DS", b"1.5\\2.5\\3.5 " * 500), defined=False)
    inner = element(0x30060040, "SQ", contour * 1500, UNDEFINED) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    contours = item(inner, defined=False) * 10 if nested else contour * 15_000
    sequence = element(0x30060039, "SQ", contours, UNDEFINED) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    data = part10(data_set(*PLAIN) + sequence + element(0x300E0002, "CS", b"APPROVED"))
    assert len(data) > 85_000_000
    header = READER.read(BytesSource(data))
    assert (header.status, header.header_bytes) == (HeaderStatus.PARSED, len(data))
    assert header.values["patient_id"] == "8001234567"
