"""Radiography, mammography, angiography and ultrasound series (PS3.3 A.2, A.26, A.27, A.14, A.6, A.7)."""

from __future__ import annotations

from eds_spark_imaging.synth.recipes.recipe import (
    CONTRAST,
    SIDE,
    Series,
    SeriesToWrite,
    Values,
    clocked,
    code,
    jitter,
    pixels,
    recipe,
)

CR_IMAGE, DX_IMAGE = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1"
MG_IMAGE, XA_IMAGE = "1.2.840.10008.5.1.4.1.1.1.2", "1.2.840.10008.5.1.4.1.1.12.1"
US_IMAGE, US_MULTIFRAME = "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.3.1"


def _exposure(ctx: SeriesToWrite, kvp: float, milliamperes: float, milliseconds: float) -> Values:
    """Tube values; the charge in whole mAs and, exactly, in microampere-seconds."""
    rng = ctx.rng
    current, time = int(jitter(rng, milliamperes)), int(jitter(rng, milliseconds)) or 1
    return {
        "KVP": jitter(rng, kvp, 0.08, 0),
        "XRayTubeCurrent": current,
        "ExposureTime": time,
        "Exposure": max(1, current * time // 1000),
        "ExposureInuAs": current * time,
    }


def _radiograph(ctx: SeriesToWrite) -> Values:
    thick = ctx.exam.kind.region in ("CHEST", "ABDOMEN", "PELVIS", "LSPINE")
    values = _exposure(ctx, 110 if thick else 57, 320, 12 if thick else 20)
    values |= {
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "ViewPosition": ctx.kind.view or "AP",
        "DistanceSourceToDetector": 1800 if ctx.kind.view == "PA" else 1100,
        "ImageAndFluoroscopyAreaDoseProduct": jitter(ctx.rng, 1.2, 0.5),
        "Grid": ["FOCUSED", "IN"] if thick else "NONE",
        "FocalSpots": 1.2,
        "ExposureIndex": jitter(ctx.rng, 320, 0.3, 0),
        "DeviationIndex": jitter(ctx.rng, 1.0, 0.9, 1),
        "DetectorMode": "DEFAULT",
        "PositionerType": "COLUMN",
        "EstimatedRadiographicMagnificationFactor": 1.1,
        "FieldOfViewShape": "RECTANGLE",
        "FieldOfViewDimensions": [350, 430],
        "Sensitivity": 200,
        "TargetExposureIndex": 300.0,
        "WindowCenter": 2048,
        "WindowWidth": 4096,
        **pixels(),
    }
    if ctx.exam.side:
        values["ImageLaterality"] = values["Laterality"] = ctx.exam.side
    return values


@recipe("cr")
def cr(ctx: SeriesToWrite) -> Series:
    """One image on a plate."""
    shared = _radiograph(ctx) | {
        "PlateID": f"P{ctx.rng.randrange(10000):04d}",
        "CassetteID": "C35",
        "RelativeXRayExposure": 280,
    }
    del shared["ExposureIndex"]
    return Series("CR", CR_IMAGE, shared, clocked(ctx, [{}], 0))


@recipe("dx")
def dx(ctx: SeriesToWrite) -> Series:
    """One image of a flat detector."""
    shared = _radiograph(ctx) | {
        "PresentationIntentType": "FOR PRESENTATION",
        "DetectorType": "SCINTILLATOR",
        "DetectorID": f"D{ctx.exam.device.serial}",
        "DetectorTemperature": 31.5,
        "ImagerPixelSpacing": [0.148, 0.148],
        "CollimatorShape": "RECTANGULAR",
        "CollimatorLeftVerticalEdge": 12,
        "CollimatorRightVerticalEdge": 2900,
        "CollimatorUpperHorizontalEdge": 10,
        "CollimatorLowerHorizontalEdge": 2900,
        "PixelIntensityRelationshipSign": -1,
        "RescaleIntercept": 0,
        "RescaleSlope": 1,
    }
    return Series("DX", DX_IMAGE, shared, clocked(ctx, [{}], 0))


_VIEW_CODES = {"CC": ("399162004", "cranio-caudal"), "MLO": ("399368009", "medio-lateral oblique")}


@recipe("mg")
def mg(ctx: SeriesToWrite) -> Series:
    """One view of one breast."""
    side, view = (ctx.kind.view or "R CC").split()
    value, meaning = _VIEW_CODES[view]
    shared = _exposure(ctx, 29, 90, 1100) | {
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "PresentationIntentType": "FOR PRESENTATION",
        "ImageLaterality": side,
        "ViewPosition": view,
        "ViewCodeSequence": code(value, "SCT", meaning),
        "AnodeTargetMaterial": ctx.rng.choice(("TUNGSTEN", "MOLYBDENUM", "RHODIUM")),
        "FilterMaterial": ctx.rng.choice(("RHODIUM", "SILVER")),
        "FilterThicknessMinimum": 0.045,
        "FilterThicknessMaximum": 0.055,
        "FocalSpots": 0.3,
        "Grid": "HTC_IN",
        "BodyPartThickness": jitter(ctx.rng, 55, 0.4, 0),
        "CompressionForce": jitter(ctx.rng, 95, 0.3, 1),
        "PaddleDescription": "18x24CM",
        "ExposureControlMode": "AUTOMATIC",
        "ExposureControlModeDescription": "AUTOFILTER",
        "BreastImplantPresent": ctx.rng.choice(("NO", "NO", "NO", "YES")),
        "OrganExposed": "BREAST",
        "HalfValueLayer": 0.52,
        "EntranceDose": 4,
        "OrganDose": jitter(ctx.rng, 0.014, 0.3, 5),
        "EntranceDoseInmGy": jitter(ctx.rng, 4.8, 0.3, 2),
        "RelativeXRayExposure": 400,
        "PositionerPrimaryAngle": 0 if view == "CC" else 50,
        "PartialView": "NO",
        "DistanceSourceToDetector": 700,
        "ImagerPixelSpacing": [0.065, 0.065],
        **pixels(),
    }
    return Series("MG", MG_IMAGE, shared, clocked(ctx, [{}], 0))


@recipe("xa")
def xa(ctx: SeriesToWrite) -> Series:
    """Runs of some frames at several angles."""
    shared = {
        **_exposure(ctx, 78, 620, 700),
        "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"],
        "AveragePulseWidth": 7.2,
        "RadiationMode": "PULSED",
        "RadiationSetting": "GR",
        "IntensifierSize": 220,
        "ImagerPixelSpacing": [0.184, 0.184],
        "PositionerMotion": "STATIC",
        "TypeOfFilters": "NONE",
        "CineRate": 15,
        "FrameTime": 66.7,
        "FrameIncrementPointer": 0x00181063,
        **CONTRAST,
        **pixels(3, bits=8),
    }
    runs: list[Values] = [
        {
            "PositionerPrimaryAngle": jitter(ctx.rng, 30 - 30 * k, 0.2, 1),
            "PositionerSecondaryAngle": jitter(ctx.rng, 20, 0.4, 1),
            "ImageAndFluoroscopyAreaDoseProduct": jitter(ctx.rng, 35, 0.5),
        }
        for k in range(ctx.count)
    ]
    return Series("XA", XA_IMAGE, shared, clocked(ctx, runs, 40))


def _us_shared(ctx: SeriesToWrite, frames: int) -> Values:
    cardiac = ctx.exam.kind.region == "HEART"
    shared: Values = {
        "ImageType": ["ORIGINAL", "PRIMARY", "", "0001"],
        "TransducerType": "SECTOR_PHASED" if cardiac else "CURVED LINEAR",
        "TransducerData": ["C5-1", "OB_GYN", "5000000"],
        "TransducerFrequency": 3500,
        "MechanicalIndex": jitter(ctx.rng, 1.1),
        "BoneThermalIndex": 0.4,
        "DepthOfScanField": 160,
        "ProcessingFunction": "ABD_GEN",
        "SoftTissueThermalIndex": 0.3,
        "UltrasoundColorDataPresent": int(cardiac),
        "SequenceOfUltrasoundRegions": [
            {
                "RegionSpatialFormat": 1,
                "RegionDataType": 1,
                "RegionFlags": 2,
                "RegionLocationMinX0": 0,
                "RegionLocationMinY0": 0,
                "RegionLocationMaxX1": SIDE - 1,
                "RegionLocationMaxY1": SIDE - 1,
                "PhysicalUnitsXDirection": 3,
                "PhysicalUnitsYDirection": 3,
                "PhysicalDeltaX": 0.035,
                "PhysicalDeltaY": 0.035,
                "TransducerFrequency": 3500,
                "PulseRepetitionFrequency": 4500,
            }
        ],
        **pixels(frames, bits=8),
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "YBR_FULL_422",
        "PlanarConfiguration": 0,
    }
    if cardiac:
        shared["HeartRate"] = ctx.rng.randrange(55, 110)
    return shared


@recipe("us")
def us(ctx: SeriesToWrite) -> Series:
    """Still images, JPEG."""
    stills: list[Values] = [{} for _ in range(ctx.count)]
    return Series("US", US_IMAGE, _us_shared(ctx, 1), clocked(ctx, stills, 45), compressed=True)


@recipe("us_cine")
def us_cine(ctx: SeriesToWrite) -> Series:
    """Loops, JPEG."""
    shared = _us_shared(ctx, 30) | {"FrameTime": 33.3, "FrameIncrementPointer": 0x00181063, "CineRate": 30}
    loops: list[Values] = [{} for _ in range(ctx.count)]
    return Series("US", US_MULTIFRAME, shared, clocked(ctx, loops, 60), compressed=True)
