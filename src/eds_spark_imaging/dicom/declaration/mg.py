"""Mammography and breast tomosynthesis (PS3.3 C.8.11.7, C.8.21.3, C.8.31.1; dose: C.8.7.8)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded
from eds_spark_imaging.dicom.declaration.modalities import MG, PROJECTION, XRAY

mg = partial(attribute, level="acquisition", modalities=MG)
dose = partial(attribute, level="acquisition", modalities=PROJECTION)

TOMOSYNTHESIS = "XRay3DAcquisitionSequence"
DOSE = "@XRayAcquisitionDoseSequence"

ATTRIBUTES = (
    attribute(
        ("BodyPartThickness", f"{TOMOSYNTHESIS}.BodyPartThickness"),
        "double",
        "acquisition",
        "min_max",
        modalities=MG | XRAY,
        unit="mm",
        comment="Thickness of the body part, of the compressed breast in mammography",
    ),
    attribute(
        ("CompressionForce", f"{TOMOSYNTHESIS}.CompressionForce"),
        "double",
        "acquisition",
        "min_max",
        modalities=MG | XRAY,
        unit="N",
        comment="Force on the body part",
    ),
    mg(
        ("CompressionPressure", f"{TOMOSYNTHESIS}.CompressionPressure"),
        "double",
        aggregate="min_max",
        unit="kPa",
        comment="Pressure on the breast",
    ),
    mg(
        ("CompressionContactArea", f"{TOMOSYNTHESIS}.CompressionContactArea"),
        "double",
        aggregate="min_max",
        unit="mm2",
        comment="Area of the breast under the paddle",
    ),
    mg(
        ("PaddleDescription", f"{TOMOSYNTHESIS}.PaddleDescription"),
        "string",
        comment="Compression paddle, in the maker's words",
        treatment="allow_by_name",
    ),
    mg("BreastImplantPresent", "string", comment="YES or NO"),
    mg("PartialView", "string", comment="YES when only a part of the breast is in the image"),
    *coded(
        "ViewCodeSequence.ViewModifierCodeSequence",
        "view_modifier",
        "what modifies the view: spot, magnification, implant displaced ...",
        "acquisition",
        aggregate="distinct",
        modalities=MG,
    ),
    mg("OrganExposed", "string", comment="Organ of organ_dose: BREAST ..."),
    dose(
        ("OrganDose", f"{DOSE}.OrganDose", f"{TOMOSYNTHESIS}.OrganDose"),
        "double",
        aggregate="min_max",
        unit="dGy",
        comment="Average organ dose: the glandular dose in mammography, where 0.01 dGy is 1 mGy",
    ),
    dose(
        ("EntranceDoseInmGy", f"{DOSE}.EntranceDoseInmGy", f"{TOMOSYNTHESIS}.EntranceDoseInmGy"),
        "double",
        column="entrance_dose_in_mgy",
        aggregate="min_max",
        unit="mGy",
        comment="Entrance dose at the surface",
    ),
    dose(
        ("HalfValueLayer", f"{DOSE}.HalfValueLayer", f"{TOMOSYNTHESIS}.HalfValueLayer"),
        "double",
        unit="mm",
        comment="Thickness of aluminium that halves the beam",
    ),
    mg(
        ("PrimaryPositionerScanArc", f"{TOMOSYNTHESIS}.PrimaryPositionerScanArc"),
        "double",
        unit="deg",
        comment="Arc of the tube in tomosynthesis",
    ),
    mg(
        ("PrimaryPositionerScanStartAngle", f"{TOMOSYNTHESIS}.PrimaryPositionerScanStartAngle"),
        "double",
        unit="deg",
        comment="Angle of the tube at the start of tomosynthesis",
    ),
    mg(
        ("PrimaryPositionerIncrement", f"{TOMOSYNTHESIS}.PrimaryPositionerIncrement"),
        "double",
        unit="deg",
        comment="Angle from one projection of tomosynthesis to the next",
    ),
)
