import pytest

from eds_spark_imaging.dicom.declaration.attribute import attribute, snake_case
from eds_spark_imaging.dicom.declaration.site import attribute_from_mapping
from eds_spark_imaging.dicom.declaration.source import Step, parse_source
from eds_spark_imaging.errors import ConfigError


@pytest.mark.parametrize(
    ("keyword", "column"),
    [
        ("XRayTubeCurrent", "x_ray_tube_current"),
        ("KVP", "kvp"),
        ("SOPInstanceUID", "sop_instance_uid"),
        ("PatientID", "patient_id"),
        ("DiffusionBValue", "diffusion_b_value"),
    ],
)
def test_columns_are_the_keyword_in_snake_case(keyword: str, column: str) -> None:
    assert snake_case(keyword) == column


def test_a_source_may_be_nested_framed_scaled_or_private() -> None:
    nested = parse_source("RadiopharmaceuticalInformationSequence.RadionuclideTotalDose")
    assert [s.tag for s in nested.steps] == [0x00540016, 0x00181074]
    framed = parse_source("@CTExposureSequence.ExposureTimeInms")
    assert framed.frame
    assert parse_source("ExposureInuAs*0.001").scale == 0.001
    private = parse_source("(0019,xx0C)[SIEMENS MR HEADER]")
    assert private.steps == (Step(0x0019000C, "SIEMENS MR HEADER"),)
    dotted = parse_source("(2001,xx5F)[Philips. Imaging].KVP")
    assert [s.creator for s in dotted.steps] == ["Philips. Imaging", None]


@pytest.mark.parametrize(
    "text",
    [
        "Kvp",
        "KVP*many",
        "KVP*nan",
        "KVP*0",
        "KVP*1e999",
        "KVP*1e-310",
        "KVP%0",
        "KVP%-3",
        "(0018,xx0C)[EVEN GROUP]",
        "(0018)",
        "",
    ],
)
def test_a_source_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_source(text)


def test_min_max_of_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="min_max"):
        attribute("Manufacturer", "string", "series", "min_max")


def test_frames_without_functional_groups_is_refused() -> None:
    with pytest.raises(ConfigError, match="frames"):
        attribute("ImagePositionPatient", "double", "instance", many=True, frames=3)


def test_a_site_attribute_names_its_unknown_and_missing_keys() -> None:
    with pytest.raises(ConfigError, match="'colum'"):
        attribute_from_mapping({"sources": ["KVP"], "kind": "double", "level": "series", "colum": "x"})
    with pytest.raises(ConfigError, match="'level'"):
        attribute_from_mapping({"sources": ["KVP"], "kind": "double"})
