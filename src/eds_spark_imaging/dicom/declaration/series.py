"""The series: number, dates, protocol, body part, side and view (PS3.3 C.7.3.1, 10.5, C.7.6.16.2.8)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded

series = partial(attribute, level="series")

GENERAL = (
    series(
        "Modality", "string", comment="Type of device or object: CT, MR, PT, NM, CR, DX, MG, XA, RF, US, SR, PR ..."
    ),
    series("SeriesNumber", "bigint", comment="Number of the series in the exam, not unique"),
    series("SeriesDate", "date", comment="Date the series started, hospital wall clock"),
    series("SeriesTime", "time", comment="Time the series started, hospital wall clock; vendors differ on its meaning"),
    series(
        "SeriesDescription",
        "string",
        comment="Description of the series; free text that differs between sites",
        treatment="allow_by_name",
    ),
    *coded("SeriesDescriptionCodeSequence", "series_description", "the description of the series", "series"),
    series("ProtocolName", "string", comment="Protocol chosen at the machine; free text", treatment="allow_by_name"),
    series("PerformingPhysicianName", "string", many=True, identifying=True, comment="Physicians who did the exam"),
    series("OperatorsName", "string", many=True, identifying=True, comment="Radiographers who did the exam"),
    series(
        "PatientPosition", "string", comment="Position in the machine: HFS head first supine, FFP feet first prone ..."
    ),
    series(
        "PositionReferenceIndicator",
        "string",
        comment="Anatomical landmark of the frame of reference; free text",
        treatment="mask",
    ),
    series(
        "PresentationIntentType",
        "string",
        comment="FOR PRESENTATION to be displayed, FOR PROCESSING for raw detector data",
    ),
    series(
        "ImageType",
        "string",
        many=True,
        comment="ORIGINAL or DERIVED, PRIMARY or SECONDARY, then words by modality: AXIAL, LOCALIZER, MIP, ADC ...",
    ),
)

PERFORMED = (
    series(
        "PerformedProcedureStepID",
        "string",
        identifying=True,
        comment="Identifier of the step that the machine reported",
    ),
    series(
        "PerformedProcedureStepDescription",
        "string",
        comment="What was done, from the worklist or protocol; free text",
        treatment="allow_by_name",
    ),
    series("PerformedProcedureStepStartDate", "date", comment="Date the work at the machine started"),
    series("PerformedProcedureStepStartTime", "time", comment="Time the work at the machine started"),
    series(
        "PerformedStationAETitle", "string", comment="AE title of the machine that did the exam", treatment="pseudonym"
    ),
    series("PerformedStationName", "string", comment="Name of the machine that did the exam", treatment="pseudonym"),
    series("PerformedLocation", "string", comment="Where the exam was done", treatment="allow_by_name"),
    *coded("PerformedProtocolCodeSequence", "performed_protocol", "the protocols performed", "series", many=True),
)

# Three homes for one idea, each its own column: what is derived from them keeps the raw values beside it.
ANATOMY = (
    series(
        "BodyPartExamined",
        "string",
        comment="Body part as stored: a defined term, or whatever was typed",
        treatment="allow_by_name",
    ),
    *coded(
        ("AnatomicRegionSequence", "@FrameAnatomySequence.AnatomicRegionSequence"),
        "anatomic_region",
        "the body part",
        "series",
    ),
    *coded(
        (
            "AnatomicRegionSequence.AnatomicRegionModifierSequence",
            "@FrameAnatomySequence.AnatomicRegionSequence.AnatomicRegionModifierSequence",
        ),
        "anatomic_region_modifier",
        "what narrows the body part: side, level, aspect",
        "series",
        many=True,
    ),
    *coded(
        ("PrimaryAnatomicStructureSequence", "@FrameAnatomySequence.PrimaryAnatomicStructureSequence"),
        "primary_anatomic_structure",
        "the organ examined",
        "series",
        many=True,
    ),
    series("Laterality", "string", comment="Side of a paired body part for the whole series: R or L"),
    series(
        "ImageLaterality",
        "string",
        aggregate="distinct",
        comment="Sides of the images: R, L, U (unpaired), B (both); wins over laterality",
    ),
    series(
        "@FrameAnatomySequence.FrameLaterality",
        "string",
        aggregate="distinct",
        comment="Sides of the frames of enhanced objects: R, L, U (unpaired), B (both)",
    ),
)

ATTRIBUTES = GENERAL + PERFORMED + ANATOMY
