"""CT and MR series, classic and enhanced (PS3.3 A.3, A.4, A.36, A.38)."""

from __future__ import annotations

from eds_spark_imaging.synth.recipes.recipe import (
    CONTRAST,
    Series,
    SeriesToWrite,
    Values,
    acquisition_datetime,
    axial,
    clocked,
    code,
    jitter,
    pixels,
    recipe,
)

CT_IMAGE, ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"
MR_IMAGE, ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"

_KERNELS = {
    "SIEMENS": ("Br40d", "Bl57d"),
    "GE MEDICAL SYSTEMS": ("STANDARD", "LUNG"),
    "Philips": ("B", "YC"),
    "Canon": ("FC08", "FC52"),
}


def _ct_shared(ctx: SeriesToWrite, kvp: int, ctdi: float, pitch: float, thickness: float) -> Values:
    kernels = _KERNELS.get(ctx.exam.device.manufacturer, ("STANDARD", "BONE"))
    sharp = any(word in ctx.kind.description for word in ("POUMON", "OS"))
    shared: Values = {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "KVP": kvp,
        "ScanOptions": "HELICAL MODE",
        "DataCollectionDiameter": 500,
        "ReconstructionDiameter": 360,
        "DistanceSourceToDetector": 1085.6,
        "DistanceSourceToPatient": 595,
        "GantryDetectorTilt": 0,
        "TableHeight": jitter(ctx.rng, 155),
        "RotationDirection": "CW",
        "ExposureTime": 500,
        "FilterType": "BODY FILTER",
        "GeneratorPower": 48,
        "FocalSpots": 1.2,
        "ConvolutionKernel": kernels[sharp],
        "RevolutionTime": 0.5,
        "SingleCollimationWidth": 0.625,
        "TotalCollimationWidth": 40.0,
        "TableSpeed": round(pitch * 40 / 0.5, 2),
        "SpiralPitchFactor": pitch,
        "ExposureModulationType": "XYZ_EC",
        "CTDIvol": ctdi,
        "CTDIPhantomTypeCodeSequence": code("113691", "DCM", "IEC Body Dosimetry Phantom"),
        "TableFeedPerRotation": round(pitch * 40, 2),
        "ReconstructionTargetCenterPatient": [0.0, -12.5, 0.0],
        "DataCollectionCenterPatient": [0.0, -12.5, 0.0],
        "WindowCenter": [40, -600] if sharp else 40,
        "WindowWidth": [400, 1500] if sharp else 400,
        "RescaleIntercept": -1024,
        "RescaleSlope": 1,
        "RescaleType": "HU",
        **pixels(),
    }
    plane, _ = axial(ctx, 0.703125, thickness, 0)
    return shared | plane | (CONTRAST if ctx.exam.kind.contrast and "SANS" not in ctx.kind.description else {})


def _ct(ctx: SeriesToWrite, kvp: int, thickness: float, current: float) -> Series:
    rng = ctx.rng
    shared = _ct_shared(ctx, kvp, jitter(rng, current / 20, digits=2), rng.choice((0.6, 0.984, 1.2, 1.375)), thickness)
    _, slices = axial(ctx, 0.703125, thickness, jitter(rng, 300))
    for values in slices:
        milliamperes = int(jitter(rng, current, 0.4))
        values["XRayTubeCurrent"] = milliamperes
        values["Exposure"] = milliamperes // 2
    return Series("CT", CT_IMAGE, shared, clocked(ctx, slices, 0.4))


@recipe("ct")
def ct(ctx: SeriesToWrite) -> Series:
    """Slices with tube current modulation."""
    return _ct(ctx, ctx.rng.choice((80, 100, 120, 120)), ctx.rng.choice((0.6, 1.0, 1.25, 2.5)), 220)


@recipe("ct_lowdose")
def ct_lowdose(ctx: SeriesToWrite) -> Series:
    """The CT of a PET/CT."""
    return _ct(ctx, 120, 3.0, 60)


@recipe("ct_scout")
def ct_scout(ctx: SeriesToWrite) -> Series:
    """One localizer image."""
    shared = _ct_shared(ctx, 120, 0.06, 1.0, 0.6)
    for keyword in ("SpiralPitchFactor", "SliceThickness", "ContrastBolusAgent"):
        shared.pop(keyword, None)
    shared |= {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"], "ScanOptions": "SCOUT MODE", "XRayTubeCurrent": 20}
    shared |= {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1], "ImagePositionPatient": [-180, 0, 300.5]}
    return Series("CT", CT_IMAGE, shared, clocked(ctx, [{}], 0))


@recipe("ct_enhanced")
def ct_enhanced(ctx: SeriesToWrite) -> Series:
    """One multi-frame object where the machine makes them, else classic slices."""
    if not ctx.exam.device.enhanced:
        return ct(ctx)
    frames = ctx.count + 1
    shared: Values = {
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        "AcquisitionDateTime": acquisition_datetime(ctx),
        "VolumetricProperties": "VOLUME",
        "SharedFunctionalGroupsSequence": [
            {
                "PixelMeasuresSequence": [{"SliceThickness": 1.0, "PixelSpacing": [0.49, 0.49]}],
                "PlaneOrientationSequence": [{"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}],
                "CTAcquisitionTypeSequence": [{"AcquisitionType": "SPIRAL", "TubeAngle": 0.0}],
                "CTAcquisitionDetailsSequence": [
                    {
                        "RotationDirection": "CW",
                        "RevolutionTime": 0.5,
                        "SingleCollimationWidth": 0.625,
                        "TotalCollimationWidth": 40.0,
                        "TableHeight": 120.0,
                        "GantryDetectorTilt": 0.0,
                        "DataCollectionDiameter": 500.0,
                    }
                ],
                "CTTableDynamicsSequence": [{"TableSpeed": 39.4, "SpiralPitchFactor": 0.985}],
                "CTReconstructionSequence": [{"ReconstructionDiameter": 250.0, "ConvolutionKernel": "UB"}],
                "CTXRayDetailsSequence": [{"KVP": 120, "FocalSpots": [1.0], "FilterType": "NONE"}],
            }
        ],
        "PerFrameFunctionalGroupsSequence": [
            {
                "FrameContentSequence": [{"StackID": "1", "InStackPositionNumber": k + 1}],
                "PlanePositionSequence": [{"ImagePositionPatient": [-125.0, -125.0, float(80 - k)]}],
                "CTExposureSequence": [
                    {
                        "ExposureTimeInms": 500.0,
                        "XRayTubeCurrentInmA": float(210 + 5 * k),
                        "ExposureInmAs": float(105 + 2.5 * k),
                        "ExposureModulationType": "XYZ",
                        "CTDIvol": 12.4,
                    }
                ],
            }
            for k in range(frames)
        ],
        **pixels(frames),
        **CONTRAST,
    }
    return Series("CT", ENHANCED_CT, shared, clocked(ctx, [{}], 0))


_SEQUENCES = (
    # words of the description, name, sequence, variant, TR, TE, TI, flip angle
    (("FLAIR",), "*tir2d1_16", "SE\\IR", "SK\\SP", 9000, 120, 2500, 150),
    (("STIR",), "*tir2d1_12", "SE\\IR", "SK", 4200, 55, 160, 140),
    (("DYN", "GADO", "3D"), "*fl3d1", "GR", "SP", 4.5, 1.7, None, 10),
    (("CINE",), "*tfi2d1_12", "GR", "SS", 38, 1.3, None, 60),
    (("T2",), "*tse2d1_15", "SE", "SK\\SP", 4500, 98, None, 150),
    (("DP",), "*tse2d1_9", "SE", "SK", 2800, 36, None, 150),
    ((), "*se2d1", "SE", "NONE", 520, 11, None, 90),
)


def _mr_shared(ctx: SeriesToWrite) -> Values:
    rng = ctx.rng
    row = next(r for r in _SEQUENCES if not r[0] or any(word in ctx.kind.description for word in r[0]))
    _, name, sequence, variant, tr, te, ti, flip = row
    field = 3.0 if ctx.exam.device.model in ("Skyra", "SIGNA Artist") else 1.5
    shared: Values = {
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "NORM"],
        "ScanningSequence": sequence,
        "SequenceVariant": variant,
        "ScanOptions": "PFP",
        "MRAcquisitionType": "3D" if "3d" in name else "2D",
        "SequenceName": name,
        "AngioFlag": "N",
        "RepetitionTime": jitter(rng, tr),
        "EchoTime": jitter(rng, te),
        "NumberOfAverages": rng.choice((1, 2)),
        "ImagingFrequency": round(42.577 * field, 4),
        "ImagedNucleus": "1H",
        "EchoNumbers": 1,
        "MagneticFieldStrength": field,
        "SpacingBetweenSlices": 5.5,
        "NumberOfPhaseEncodingSteps": 288,
        "EchoTrainLength": 15 if "tse" in name else 1,
        "PercentSampling": 90,
        "PercentPhaseFieldOfView": 81.25,
        "PixelBandwidth": int(jitter(rng, 195)),
        "TransmitCoilName": "Body",
        "ReceiveCoilName": "HeadNeck_20" if ctx.exam.kind.region == "HEAD" else "Body_18",
        "AcquisitionMatrix": [0, 320, 260, 0],
        "InPlanePhaseEncodingDirection": rng.choice(("ROW", "COL")),
        "FlipAngle": flip,
        "VariableFlipAngleFlag": "N",
        "ParallelAcquisitionTechnique": "GRAPPA",
        "NumberOfTemporalPositions": 4 if "DYN" in ctx.kind.description else 1,
        "SAR": jitter(rng, 0.8),
        "dBdt": 0,
        "ParallelReductionFactorInPlane": 2.0,
        "WindowCenter": 450,
        "WindowWidth": 900,
        **pixels(),
    }
    if ti:
        shared["InversionTime"] = ti
    if ctx.exam.kind.contrast and any(word in ctx.kind.description for word in ("GADO", "DYN")):
        shared |= {"ContrastBolusAgent": "DOTAREM", "ContrastBolusRoute": "IV", "ContrastBolusVolume": 15}
    plane, _ = axial(ctx, 0.71875, 5.0, 0)
    return shared | plane


@recipe("mr")
def mr(ctx: SeriesToWrite) -> Series:
    """Slices of one sequence."""
    _, slices = axial(ctx, 0.71875, 5.0, 60)
    return Series("MR", MR_IMAGE, _mr_shared(ctx), clocked(ctx, slices, 1.5))


@recipe("mr_dwi")
def mr_dwi(ctx: SeriesToWrite) -> Series:
    """Diffusion: b-values by the standard element, or by the private one of older Siemens machines."""
    shared = _mr_shared(ctx) | {
        "SequenceName": "*ep_b1000t",
        "ScanningSequence": "EP",
        "EchoTime": 89,
        "RepetitionTime": 6400,
    }
    _, slices = axial(ctx, 1.375, 5.0, 60)
    private = ctx.exam.device.manufacturer == "SIEMENS" and ctx.start.year < 2018
    if private:
        shared[(0x00190010, "LO")] = "SIEMENS MR HEADER"
    for k, values in enumerate(slices):
        b_value = (0, 1000)[k % 2]
        values["DiffusionGradientOrientation"] = [0.0, 0.0, 1.0] if b_value else [0.0, 0.0, 0.0]
        if private:
            values[(0x0019100C, "IS")] = b_value
        else:
            values["DiffusionBValue"] = float(b_value)
    return Series("MR", MR_IMAGE, shared, clocked(ctx, slices, 2))


@recipe("mr_enhanced")
def mr_enhanced(ctx: SeriesToWrite) -> Series:
    """One multi-frame object where the machine makes them, else classic slices."""
    if not ctx.exam.device.enhanced:
        return mr(ctx)
    frames = ctx.count + 1
    shared: Values = {
        "ImageType": ["ORIGINAL", "PRIMARY", "T1", "NONE"],
        "AcquisitionDateTime": acquisition_datetime(ctx),
        "AcquisitionDuration": 245.0,
        "PulseSequenceName": "T1TFE",
        "MRAcquisitionType": "3D",
        "EchoPulseSequence": "GRADIENT",
        "MagneticFieldStrength": 1.5,
        "ResonantNucleus": "1H",
        "AcquisitionContrast": "T1",
        "SharedFunctionalGroupsSequence": [
            {
                "PixelMeasuresSequence": [
                    {"SliceThickness": 1.0, "SpacingBetweenSlices": 1.0, "PixelSpacing": [1.0, 1.0]}
                ],
                "PlaneOrientationSequence": [{"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}],
                "MRTimingAndRelatedParametersSequence": [
                    {"RepetitionTime": 7.6, "FlipAngle": 8.0, "EchoTrainLength": 224}
                ],
                "MRReceiveCoilSequence": [{"ReceiveCoilName": "MULTI COIL", "ReceiveCoilType": "MULTICOIL"}],
                "MRModifierSequence": [
                    {
                        "InversionTimes": [950.0],
                        "ParallelAcquisition": "YES",
                        "ParallelAcquisitionTechnique": "SENSE",
                        "ParallelReductionFactorInPlane": 2.0,
                        "PartialFourier": "NO",
                        "FlowCompensation": "NONE",
                    }
                ],
            }
        ],
        "PerFrameFunctionalGroupsSequence": [
            {
                "FrameContentSequence": [{"StackID": "1", "InStackPositionNumber": k + 1}],
                "PlanePositionSequence": [{"ImagePositionPatient": [-120.0, -120.0, float(k)]}],
                "MREchoSequence": [{"EffectiveEchoTime": 3.5 + 0.1 * k}],
            }
            for k in range(frames)
        ],
        **pixels(frames),
    }
    if ctx.exam.kind.contrast:
        shared |= {"ContrastBolusAgent": "DOTAREM", "ContrastBolusRoute": "IV"}
    return Series("MR", ENHANCED_MR, shared, clocked(ctx, [{}], 0))
