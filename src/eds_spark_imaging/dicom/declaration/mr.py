"""MR (PS3.3 C.8.3.1 classic; C.8.13.1, C.8.13.4 and C.8.13.5 for enhanced MR)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.modalities import MR

mr = partial(attribute, level="acquisition", modalities=MR)
mr_instance = partial(attribute, level="instance", modalities=MR)

TIMING = "@MRTimingAndRelatedParametersSequence"
GEOMETRY = "@MRFOVGeometrySequence"
MODIFIER = "@MRModifierSequence"
IMAGING = "@MRImagingModifierSequence"
FRAME_TYPE = "@MRImageFrameTypeSequence"
DIFFUSION = "@MRDiffusionSequence"

SEQUENCE = (
    mr(
        "MagneticFieldStrength", "double", unit="T", comment="Strength of the magnet; some older files give it in gauss"
    ),
    mr(
        "ScanningSequence",
        "string",
        many=True,
        comment="SE spin echo, IR inversion, GR gradient, EP echo planar, RM research",
    ),
    mr(
        "SequenceVariant",
        "string",
        many=True,
        comment="SK segmented k-space, MTC, SS steady state, TRSS, SP spoiled, MP prepared, OSP oversampled, NONE",
    ),
    mr(
        ("SequenceName", "PulseSequenceName"),
        "string",
        comment="Pulse sequence in the maker's words: *tse2d1_11, EPI_GE ...",
        treatment="mask",
    ),
    mr(
        "EchoPulseSequence",
        "string",
        comment="SPIN, GRADIENT or BOTH; enhanced MR, as scanning_sequence is of classic MR",
    ),
    mr("EchoPlanarPulseSequence", "string", comment="YES for echo planar imaging; enhanced MR"),
    mr("PhaseContrast", "string", comment="YES for phase contrast (flow) imaging; enhanced MR"),
    mr("TimeOfFlightContrast", "string", comment="YES for time-of-flight angiography; enhanced MR"),
    mr("ArterialSpinLabelingContrast", "string", comment="CONTINUOUS, PSEUDOCONTINUOUS or PULSED spin labelling"),
    mr("MRAcquisitionType", "string", comment="2D or 3D; enhanced MR also 1D"),
    mr("AngioFlag", "string", comment="Y for angiography"),
    # MIXED where frames differ, which only the top level says (PS3.3 C.8.13.3.1).
    mr(
        ("AcquisitionContrast", f"{FRAME_TYPE}.AcquisitionContrast"),
        "string",
        top_first=True,
        comment="DIFFUSION, FLOW_ENCODED, PERFUSION, PROTON_DENSITY, T1, T2, T2_STAR, TOF ..., MIXED where frames"
        " differ; enhanced MR",
    ),
    mr(
        ("ComplexImageComponent", f"{FRAME_TYPE}.ComplexImageComponent"),
        "string",
        top_first=True,
        comment="MAGNITUDE, PHASE, REAL, IMAGINARY, MIXED where frames differ; enhanced MR",
    ),
)

TIMES = (
    mr(("RepetitionTime", f"{TIMING}.RepetitionTime"), "double", unit="ms", comment="Repetition time (TR)"),
    mr(
        ("EchoTime", "@MREchoSequence.EffectiveEchoTime"),
        "double",
        aggregate="distinct",
        unit="ms",
        comment="Echo times (TE) of the series, one for each echo",
    ),
    mr(
        "EchoNumbers",
        "bigint",
        aggregate="distinct",
        comment="Ranks of the echoes of the series; always 1 from some makers",
    ),
    mr(
        ("InversionTime", f"{MODIFIER}.InversionTimes"),
        "double",
        unit="ms",
        comment="Inversion time (TI); null without inversion pulse",
    ),
    mr(("FlipAngle", f"{TIMING}.FlipAngle"), "double", unit="deg", comment="Flip angle of the excitation pulse"),
    mr("VariableFlipAngleFlag", "string", comment="Y when the flip angle changes during the acquisition"),
    mr(
        ("EchoTrainLength", f"{TIMING}.EchoTrainLength"),
        "bigint",
        comment="Lines of k-space acquired for each excitation: 1 for plain spin echo, more for turbo or EPI",
    ),
    mr(
        ("NumberOfAverages", "@MRAveragesSequence.NumberOfAverages"),
        "double",
        comment="Repeats of each line (NEX, NSA)",
    ),
    mr("NumberOfTemporalPositions", "bigint", comment="Time points of a dynamic series"),
    mr("TemporalResolution", "double", unit="ms", comment="Time between time points of a dynamic series"),
    mr_instance(
        ("TriggerTime", "@CardiacSynchronizationSequence.NominalCardiacTriggerDelayTime"),
        "double",
        unit="ms",
        comment="Delay from the R wave or from the start of the dynamic series",
    ),
    mr(
        ("NominalInterval", "@CardiacSynchronizationSequence.RRIntervalTimeNominal"),
        "double",
        unit="ms",
        comment="Time between two heart beats that the gating expects (R-R interval)",
    ),
)

SAMPLING = (
    mr(
        ("PixelBandwidth", f"{IMAGING}.PixelBandwidth"),
        "double",
        unit="Hz/pixel",
        comment="Receiver bandwidth for each pixel",
    ),
    mr(
        ("ImagingFrequency", f"{IMAGING}.TransmitterFrequency"),
        "double",
        unit="MHz",
        comment="Precession frequency of the nucleus: about 64 at 1.5 T and 128 at 3 T",
    ),
    mr(("ImagedNucleus", "ResonantNucleus"), "string", comment="Nucleus that is imaged, as 1H", treatment="mask"),
    mr(
        ("NumberOfPhaseEncodingSteps", f"{GEOMETRY}.MRAcquisitionPhaseEncodingStepsInPlane"),
        "bigint",
        comment="Phase-encoding steps in the plane",
    ),
    mr(
        f"{GEOMETRY}.MRAcquisitionPhaseEncodingStepsOutOfPlane",
        "bigint",
        comment="Phase-encoding steps through the volume of 3D acquisitions; enhanced MR",
    ),
    mr(
        "AcquisitionMatrix",
        "bigint",
        many=True,
        comment="Frequency rows, frequency columns, phase rows, phase columns; two of the four are 0",
    ),
    mr(
        ("InPlanePhaseEncodingDirection", f"{GEOMETRY}.InPlanePhaseEncodingDirection"),
        "string",
        comment="Axis of phase encoding: ROW, or COL (enhanced COLUMN)",
    ),
    mr(
        ("PercentSampling", f"{GEOMETRY}.PercentSampling"),
        "double",
        unit="%",
        comment="Acquired share of the k-space lines",
    ),
    mr(
        ("PercentPhaseFieldOfView", f"{GEOMETRY}.PercentPhaseFieldOfView"),
        "double",
        unit="%",
        comment="Field of view in the phase direction over that in the frequency direction",
    ),
    mr(("PartialFourier", f"{MODIFIER}.PartialFourier"), "string", comment="YES when part of k-space is not acquired"),
    mr(("ParallelAcquisition", f"{MODIFIER}.ParallelAcquisition"), "string", comment="YES for parallel imaging"),
    mr(
        ("ParallelAcquisitionTechnique", f"{MODIFIER}.ParallelAcquisitionTechnique"),
        "string",
        comment="PILS, SENSE, SMASH or a maker's word; enhanced MR",
    ),
    mr(
        ("ParallelReductionFactorInPlane", f"{MODIFIER}.ParallelReductionFactorInPlane"),
        "double",
        comment="Acceleration of parallel imaging in the plane",
    ),
    mr(
        ("ParallelReductionFactorOutOfPlane", f"{MODIFIER}.ParallelReductionFactorOutOfPlane"),
        "double",
        comment="Acceleration of parallel imaging through the volume",
    ),
)

PREPARATION = (
    mr("SpectrallySelectedSuppression", "string", comment="FAT, WATER, FAT_AND_WATER ... or NONE; enhanced MR"),
    mr(
        f"{MODIFIER}.SpectrallySelectedExcitation",
        "string",
        comment="WATER (fat is left out), FAT or NONE; enhanced MR",
    ),
    mr(
        ("MagnetizationTransfer", f"{IMAGING}.MagnetizationTransfer"),
        "string",
        comment="ON_RESONANCE, OFF_RESONANCE or NONE; enhanced MR",
    ),
    mr(
        ("FlowCompensation", f"{MODIFIER}.FlowCompensation"), "string", comment="Kind of flow compensation; enhanced MR"
    ),
    mr(
        "@MRVelocityEncodingSequence.VelocityEncodingMaximumValue",
        "double",
        unit="cm/s",
        comment="Greatest velocity that phase contrast encodes (VENC); enhanced MR",
    ),
    mr(
        ("ReceiveCoilName", "@MRReceiveCoilSequence.ReceiveCoilName"),
        "string",
        comment="Receive coil, in the maker's words",
        treatment="mask",
    ),
    mr(
        ("TransmitCoilName", "@MRTransmitCoilSequence.TransmitCoilName"),
        "string",
        comment="Transmit coil, in the maker's words",
        treatment="mask",
    ),
    mr(
        ("SAR", f"{TIMING}.SpecificAbsorptionRateSequence.SpecificAbsorptionRateValue"),
        "double",
        unit="W/kg",
        comment="Calculated specific absorption rate: heating of the body",
    ),
)

# The public element comes first. GE keeps the b-value first of four numbers and adds 10^9 on some sequences
# (dcm2niix#602); the other makers have an element of their own.
WEIGHTING = (
    mr(
        (
            "DiffusionBValue",
            f"{DIFFUSION}.DiffusionBValue",
            "(0043,xx39)[GEMS_PARM_01]#1%1000000000",
            "(0019,xx0C)[SIEMENS MR HEADER]",
            "(2001,xx03)[Philips Imaging DD 001]",
            "(0065,xx09)[Image Private Header]",
        ),
        "double",
        aggregate="distinct",
        unit="s/mm2",
        comment="Diffusion weightings (b-values) of the series; 0 without weighting",
    ),
    mr(
        ("DiffusionDirectionality", f"{DIFFUSION}.DiffusionDirectionality"),
        "string",
        aggregate="distinct",
        comment="DIRECTIONAL, BMATRIX, ISOTROPIC (trace) or NONE",
    ),
    mr(
        ("DiffusionAnisotropyType", f"{DIFFUSION}.DiffusionAnisotropyType"),
        "string",
        comment="Kind of anisotropy map: FRACTIONAL, RELATIVE, VOLUME_RATIO",
    ),
    mr_instance(
        (
            "DiffusionGradientOrientation",
            "DiffusionGradientDirectionSequence.DiffusionGradientOrientation",
            f"{DIFFUSION}.DiffusionGradientDirectionSequence.DiffusionGradientOrientation",
            "(0019,xx0E)[SIEMENS MR HEADER]",
        ),
        "double",
        many=True,
        comment="Unit vector x, y, z of the diffusion gradient in the patient",
    ),
)

ATTRIBUTES = SEQUENCE + TIMES + SAMPLING + PREPARATION + WEIGHTING
