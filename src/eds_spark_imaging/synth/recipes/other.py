"""Series that are no images of the patient: dose and structured reports, presentation states, key images, captures."""

from __future__ import annotations

from eds_spark_imaging.synth.recipes.recipe import Series, SeriesToWrite, Values, code, jitter, pixels, recipe
from eds_spark_imaging.synth.writers.dicom_writer import Elements

DOSE_REPORT, COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.67", "1.2.840.10008.5.1.4.1.1.88.33"
PRESENTATION_STATE, KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.88.59"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def _number(concept: list[Elements], value: float, unit: str) -> Values:
    measured = {"NumericValue": value, "MeasurementUnitsCodeSequence": code(unit, "UCUM", unit)}
    return {
        "RelationshipType": "CONTAINS",
        "ValueType": "NUM",
        "ConceptNameCodeSequence": concept,
        "MeasuredValueSequence": [measured],
    }


def _document(title: list[Elements], content: list[Values]) -> Values:
    return {
        "ValueType": "CONTAINER",
        "ConceptNameCodeSequence": title,
        "ContinuityOfContent": "SEPARATE",
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "UNVERIFIED",
        "ContentSequence": content,
    }


@recipe("sr_dose")
def sr_dose(ctx: SeriesToWrite) -> Series:
    """Radiation dose report (PS3.16 TID 10011 and 10001), its totals alone."""
    title = code("113701", "DCM", "X-Ray Radiation Dose Report")
    if ctx.exam.kind.modality == "CT":
        content = [
            _number(code("113830", "DCM", "Mean CTDIvol"), jitter(ctx.rng, 9.5, 0.4, 2), "mGy"),
            _number(code("113813", "DCM", "CT Dose Length Product Total"), jitter(ctx.rng, 520, 0.5, 1), "mGy.cm"),
        ]
    else:
        content = [_number(code("113722", "DCM", "Dose Area Product Total"), jitter(ctx.rng, 0.0035, 0.5, 6), "Gy.m2")]
    return Series("SR", DOSE_REPORT, _document(title, content), [{}], pixels=False)


@recipe("sr")
def sr(ctx: SeriesToWrite) -> Series:
    """A measurement report."""
    content = [_number(code("11820-8", "LN", "Biparietal Diameter"), jitter(ctx.rng, 54, 0.1, 1), "mm")]
    return Series(
        "SR",
        COMPREHENSIVE_SR,
        _document(code("125000", "DCM", "OB-GYN Ultrasound Procedure Report"), content),
        [{}],
        pixels=False,
    )


@recipe("pr")
def pr(ctx: SeriesToWrite) -> Series:
    """A greyscale presentation state."""
    shared: Values = {
        "ContentLabel": "ANNOTATION",
        "ContentDescription": "Annotations du radiologue",
        "PresentationLUTShape": "IDENTITY",
        "ReferencedSeriesSequence": [{"SeriesInstanceUID": ctx.first_series}],
    }
    return Series("PR", PRESENTATION_STATE, shared, [{}], pixels=False)


@recipe("ko")
def ko(ctx: SeriesToWrite) -> Series:
    """Key images."""
    shared = _document(code("113000", "DCM", "Of Interest"), [])
    shared["CurrentRequestedProcedureEvidenceSequence"] = [
        {
            "StudyInstanceUID": ctx.exam.uid,
            "ReferencedSeriesSequence": [{"SeriesInstanceUID": ctx.first_series}],
        }
    ]
    return Series("KO", KEY_OBJECTS, shared, [{}], pixels=False)


@recipe("ot")
def ot(ctx: SeriesToWrite) -> Series:
    """A screen capture."""
    return Series(
        "OT", SECONDARY_CAPTURE, {"ConversionType": "WSD", "ImageType": ["DERIVED", "SECONDARY"], **pixels()}, [{}]
    )
