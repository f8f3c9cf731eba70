"""Recipes of series: for each kind of object, what all instances share and what varies from one to the next.

A recipe is a function of a :class:`SeriesToWrite`; it returns the shared elements and one dictionary for each instance.
Figures are in the ranges of clinical machines, drawn from the exam's own random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from eds_spark_imaging.synth.hospital.clock import dicom_date, dicom_time
from eds_spark_imaging.synth.hospital.exams import SeriesKind
from eds_spark_imaging.synth.hospital.model import SynthExam
from eds_spark_imaging.synth.writers.dicom_writer import Elements, Key

Values = dict[Key, object]
SIDE = 8  # pixels a side: real headers around next to no pixels


@dataclass(frozen=True, slots=True)
class SeriesToWrite:
    """One series to write: exam, kind, chance, how many instances, start on the machine's clock, SeriesNumber.

    ``first_series`` is the UID of the exam's first series, which presentation states and key images refer to.
    """

    exam: SynthExam
    kind: SeriesKind
    rng: Random
    count: int
    start: datetime
    number: int
    first_series: str


@dataclass(frozen=True, slots=True)
class Series:
    """What a recipe gives. ``compressed`` series hold JPEG fragments; ``pixels`` false: no Pixel Data at all."""

    modality: str
    sop_class: str
    shared: Values
    varying: list[Values]
    compressed: bool = False
    pixels: bool = True


Recipe = Callable[[SeriesToWrite], Series]
RECIPES: dict[str, Recipe] = {}


def recipe(name: str) -> Callable[[Recipe], Recipe]:
    """Register a recipe under the name that the table of exam kinds uses."""

    def register(function: Recipe) -> Recipe:
        RECIPES[name] = function
        return function

    return register


def jitter(rng: Random, value: float, share: float = 0.1, digits: int = 3) -> float:
    """A value within a share of the given one."""
    return round(value * (1 + rng.uniform(-share, share)), digits)


def code(value: str, scheme: str, meaning: str) -> list[Elements]:
    """A code sequence of one item (PS3.3 section 8.8)."""
    return [{"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}]


def pixels(frames: int = 1, *, signed: bool = False, bits: int = 16) -> Values:
    """Image Pixel module (PS3.3 C.7.6.3) of a grey image of 8 x 8."""
    values: Values = {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": SIDE,
        "Columns": SIDE,
        "BitsAllocated": bits,
        "BitsStored": 12 if bits == 16 else 8,
        "HighBit": 11 if bits == 16 else 7,
        "PixelRepresentation": int(signed),
    }
    if frames > 1:
        values["NumberOfFrames"] = frames
    return values


def axial(ctx: SeriesToWrite, spacing: float, thickness: float, origin: float) -> tuple[Values, list[Values]]:
    """Image Plane module (PS3.3 C.7.6.2) of a stack of axial slices, one position each."""
    shared: Values = {
        "PatientPosition": "HFS",
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [spacing, spacing],
        "SliceThickness": thickness,
        "PositionReferenceIndicator": None,
    }
    slices: list[Values] = []
    for k in range(ctx.count):
        z = round(origin - k * thickness, 3)
        slices.append({"ImagePositionPatient": [-180.0, -180.0, z], "SliceLocation": z})
    return shared, slices


def clocked(ctx: SeriesToWrite, varying: list[Values], seconds: float) -> list[Values]:
    """The instances with acquisition and content times a few seconds apart, unless the machine writes no times."""
    if not ctx.exam.header.without_times:
        for k, values in enumerate(varying):
            text = dicom_time(ctx.start + timedelta(seconds=round(k * seconds, 2)))
            values["AcquisitionTime"] = values["ContentTime"] = text
    return varying


def acquisition_datetime(ctx: SeriesToWrite) -> str:
    """AcquisitionDateTime (DT) of enhanced objects, the date alone where the machine writes no times."""
    return dicom_date(ctx.start) + ("" if ctx.exam.header.without_times else dicom_time(ctx.start))


CONTRAST: Values = {
    "ContrastBolusAgent": "OMNIPAQUE 350",
    "ContrastBolusRoute": "IV",
    "ContrastBolusVolume": 90,
    "ContrastFlowRate": 3.5,
    "ContrastBolusIngredient": "IODINE",
    "ContrastBolusIngredientConcentration": 350,
    "ContrastBolusTotalDose": 31.5,
    "ContrastBolusAgentSequence": code("109218004", "SCT", "Iohexol"),
    "ContrastBolusAdministrationRouteSequence": code("47625008", "SCT", "Intravenous route"),
}
