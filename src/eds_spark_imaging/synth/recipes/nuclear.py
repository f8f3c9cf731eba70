"""PET and nuclear medicine series (PS3.3 A.21, A.5)."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Final

from eds_spark_imaging.synth.hospital.clock import dicom_time
from eds_spark_imaging.synth.hospital.model import SynthExam
from eds_spark_imaging.synth.recipes.recipe import (
    Series,
    SeriesToWrite,
    Values,
    axial,
    clocked,
    code,
    jitter,
    pixels,
    recipe,
)
from eds_spark_imaging.synth.writers.dicom_writer import Elements

PT_IMAGE, NM_IMAGE = "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.20"


# Weight (kg) and size (m) in the middle of an age, up to so many years.
_BODIES: Final = ((1, 6, 0.62), (2, 11, 0.80), (6, 17, 1.05), (11, 29, 1.30), (15, 47, 1.55), (999, 72, 1.70))


def _body(exam: SynthExam) -> tuple[float, float]:
    """Weight and size of the patient, the same in all series of the exam."""
    rng = Random(f"{exam.uid}/body")
    years = (exam.when.date() - exam.person.traits.birth_date).days / 365.25 if exam.person else 40
    weight, size = next((weight, size) for until, weight, size in _BODIES if years < until)
    return jitter(rng, weight, 0.3, 1), jitter(rng, size, 0.08, 2)


def _tracer(ctx: SeriesToWrite, agent: Elements, nuclide: Elements, half_life: float, dose: float) -> list[Elements]:
    """RadiopharmaceuticalInformationSequence (PS3.3 C.8.9.2): injected once, about an hour before the exam."""
    rng = Random(f"{ctx.exam.uid}/tracer")
    item: Values = {
        "Radiopharmaceutical": agent["CodeMeaning"],
        "RadiopharmaceuticalVolume": 2.0,
        "RadionuclideTotalDose": jitter(rng, dose, 0.25, 0),
        "RadionuclideHalfLife": half_life,
        "RadionuclidePositronFraction": 0.97,
        "RadionuclideCodeSequence": [nuclide],
        "RadiopharmaceuticalCodeSequence": [agent],
        "RadiopharmaceuticalRoute": "IV",
    }
    if not ctx.exam.header.without_times:
        injected = ctx.exam.header.clock - timedelta(minutes=rng.randrange(55, 75))
        item["RadiopharmaceuticalStartTime"] = dicom_time(injected)
    return [item]


_FDG = code("35321007", "SCT", "Fluorodeoxyglucose F^18^")[0]
_HMDP = code("HMDP", "99RIS", "HMDP")[0]
_F18 = code("77004003", "SCT", "^18^Fluorine")[0]
_TC99M = code("72454006", "SCT", "^99m^Technetium")[0]


@recipe("pt")
def pt(ctx: SeriesToWrite) -> Series:
    """Attenuation-corrected PET slices, FDG, activity in MBq written in Bq."""
    weight, size = _body(ctx.exam)
    shared: Values = {
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SeriesType": ["WHOLE BODY", "IMAGE"],
        "Units": "BQML",
        "CountsSource": "EMISSION",
        "CorrectedImage": ["NORM", "DTIM", "ATTN", "SCAT", "DECY", "RAN"],
        "DecayCorrection": "START",
        "RandomsCorrectionMethod": "DLYD",
        "AttenuationCorrectionMethod": "CT-derived mu-map",
        "ScatterCorrectionMethod": "Model-based",
        "ReconstructionMethod": "PSF+TOF 3i21s",
        "NumberOfSlices": ctx.count,
        "NumberOfTimeSlices": 1,
        "CollimatorType": "NONE",
        "RadiopharmaceuticalInformationSequence": _tracer(ctx, _FDG, _F18, 6586.2, 250_000_000),
        "EnergyWindowRangeSequence": [{"EnergyWindowLowerLimit": 435, "EnergyWindowUpperLimit": 650}],
        "PatientWeight": weight,
        "PatientSize": size,
        "RescaleIntercept": 0,
        "RescaleSlope": jitter(ctx.rng, 0.57),
        **pixels(signed=True),
    }
    plane, slices = axial(ctx, 4.07283, 3.0, 300)
    for k, values in enumerate(slices):
        values |= {"ActualFrameDuration": 120_000, "FrameReferenceTime": 60_000.0 + 1000 * k, "ImageIndex": k + 1}
        values["DecayFactor"] = round(1 + 0.004 * k, 5)
    return Series("PT", PT_IMAGE, shared | plane, clocked(ctx, slices, 30))


@recipe("pt_nac")
def pt_nac(ctx: SeriesToWrite) -> Series:
    """The same without attenuation correction."""
    series = pt(ctx)
    series.shared["CorrectedImage"] = ["NORM", "DTIM", "DECY", "RAN"]
    del series.shared["AttenuationCorrectionMethod"], series.shared["ScatterCorrectionMethod"]
    return series


def _nm(ctx: SeriesToWrite, image_type: str, frames: int) -> Values:
    detectors = 2
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", image_type, "EMISSION"],
        "FrameIncrementPointer": [0x00540010, 0x00540020],
        "CountsAccumulated": ctx.rng.randrange(200_000, 2_000_000),
        "NumberOfEnergyWindows": 1,
        "EnergyWindowVector": [1] * frames,
        "NumberOfDetectors": detectors,
        "DetectorVector": [k % detectors + 1 for k in range(frames)],
        "EnergyWindowInformationSequence": [
            {
                "EnergyWindowName": "Tc99m",
                "EnergyWindowRangeSequence": [{"EnergyWindowLowerLimit": 126.5, "EnergyWindowUpperLimit": 154.6}],
            }
        ],
        "DetectorInformationSequence": [
            {
                "CollimatorGridName": "LEHR",
                "CollimatorType": "PARA",
                "FieldOfViewShape": "RECTANGLE",
                "FieldOfViewDimensions": [540, 400],
                "ZoomFactor": [1, 1],
            }
        ]
        * detectors,
        "RadiopharmaceuticalInformationSequence": _tracer(ctx, _HMDP, _TC99M, 21_636, 600_000_000),
        "ActualFrameDuration": 25_000,
        "PixelSpacing": [2.4, 2.4],
        "PatientWeight": _body(ctx.exam)[0],
        **pixels(frames),
    }


@recipe("nm")
def nm(ctx: SeriesToWrite) -> Series:
    """Whole body or static views of two detectors, one object."""
    kind = "WHOLE BODY" if ctx.exam.kind.region == "WHOLEBODY" else "STATIC"
    return Series("NM", NM_IMAGE, _nm(ctx, kind, 2), clocked(ctx, [{}], 0))


@recipe("nm_spect")
def nm_spect(ctx: SeriesToWrite) -> Series:
    """A rotation, one object."""
    frames = 4
    shared = _nm(ctx, "TOMO", frames)
    shared["TypeOfDetectorMotion"] = "STEP AND SHOOT"
    shared["NumberOfRotations"] = 1
    shared["RotationInformationSequence"] = [
        {
            "StartAngle": 0,
            "AngularStep": 90,
            "ScanArc": 360,
            "RotationDirection": "CW",
            "NumberOfFramesInRotation": frames,
            "ActualFrameDuration": 25_000,
        }
    ]
    return Series("NM", NM_IMAGE, shared, clocked(ctx, [{}], 0))
