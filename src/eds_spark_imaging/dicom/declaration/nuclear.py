"""PET and nuclear medicine (PS3.3 C.8.9 PET, C.8.22 enhanced PET, C.8.4 NM)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import WIDEST, attribute
from eds_spark_imaging.dicom.declaration.coded import coded, lifted
from eds_spark_imaging.dicom.declaration.modalities import NM, NUCLEAR, PT

pt = partial(attribute, level="acquisition", modalities=PT)
nm = partial(attribute, level="acquisition", modalities=NM)
nuclear = partial(attribute, level="acquisition", modalities=NUCLEAR)
pt_instance = partial(attribute, level="instance", modalities=PT)
detector = partial(lifted, "DetectorInformationSequence", "detector", level="acquisition", modalities=NM, each=1)
rotation = partial(lifted, "RotationInformationSequence", "rotation", level="acquisition", modalities=NM, each=1)

DRUG = "RadiopharmaceuticalInformationSequence"
CORRECTION = "@PETFrameCorrectionFactorsSequence"
RECONSTRUCTION = "@PETReconstructionSequence"
WINDOW = ("EnergyWindowRangeSequence", "EnergyWindowInformationSequence.EnergyWindowRangeSequence")

RADIOPHARMACEUTICAL = (
    nuclear(f"{DRUG}.Radiopharmaceutical", "string", comment="Name of the tracer; free text", treatment="mask"),
    *coded(
        f"{DRUG}.RadiopharmaceuticalCodeSequence",
        "radiopharmaceutical",
        "the tracer",
        "acquisition",
        modalities=NUCLEAR,
    ),
    *coded(f"{DRUG}.RadionuclideCodeSequence", "radionuclide", "the isotope", "acquisition", modalities=NUCLEAR),
    nuclear(
        f"{DRUG}.RadionuclideTotalDose",
        "double",
        comment="Injected activity as stored: Bq in PET, MBq in NM and enhanced PET by the standard, but makers differ:"
        " use injected_activity",
    ),
    nuclear(
        f"{DRUG}.RadionuclideTotalDose",
        "double",
        column="injected_activity",
        unit="MBq",
        derived=True,
        comment="Injected activity in one unit: radionuclide_total_dose taken as Bq or MBq, whichever a person may get;"
        " null where neither is plausible",
    ),
    nuclear(
        (f"{DRUG}.RadiopharmaceuticalStartDateTime", f"{DRUG}.RadiopharmaceuticalStartTime"),
        "datetime",
        column="injection_datetime",
        derived=True,
        comment="Date and time of injection: the datetime as stored, or else the time with the date of the acquisition,"
        " series or study, on the day before where it would be more than 12 h after that",
    ),
    nuclear(f"{DRUG}.RadionuclideHalfLife", "double", unit="s", comment="Half-life used for the decay correction"),
    nuclear(f"{DRUG}.RadionuclidePositronFraction", "double", comment="Share of decays that emit a positron, 0 to 1"),
    nuclear(
        f"{DRUG}.RadiopharmaceuticalSpecificActivity",
        "double",
        unit="Bq/umol",
        comment="Activity for each quantity of tracer",
    ),
    nuclear(f"{DRUG}.RadiopharmaceuticalVolume", "double", unit="mL", comment="Injected volume"),
    nuclear(
        f"{DRUG}.RadiopharmaceuticalRoute", "string", comment="Route of administration; free text", treatment="mask"
    ),
    nuclear(
        f"{DRUG}.RadiopharmaceuticalStartTime",
        "time",
        comment="Time of injection, without date: the day before the scan when it passes midnight",
    ),
    nuclear(f"{DRUG}.RadiopharmaceuticalStopTime", "time", comment="Time the injection ended, without date"),
    nuclear(f"{DRUG}.RadiopharmaceuticalStartDateTime", "datetime", comment="Date and time of injection; prefer it"),
    nuclear(f"{DRUG}.RadiopharmaceuticalStopDateTime", "datetime", comment="Date and time the injection ended"),
)

PET = (
    pt("SeriesType", "string", many=True, comment="STATIC, DYNAMIC, GATED or WHOLE BODY; then IMAGE or REPROJECTION"),
    pt(
        "Units",
        "string",
        comment="Unit of the output values: BQML, CNTS counts, GML (SUV), PROPCPS proportional to counts/s ...",
    ),
    pt(
        "SUVType",
        "string",
        comment="Body measure of SUV images: BW weight, LBM lean mass, BSA surface, IBW ideal weight",
    ),
    pt(
        "(7053,xx00)[Philips PET Private Group]",
        "double",
        column="philips_suv_scale_factor",
        unit="g/mL",
        comment="Philips: factor from stored value to SUV by weight, where units are CNTS",
    ),
    pt(
        "(7053,xx09)[Philips PET Private Group]",
        "double",
        column="philips_activity_concentration_scale_factor",
        unit="Bq/mL",
        comment="Philips: factor from stored value to activity concentration, where units are CNTS",
    ),
    pt("CountsSource", "string", comment="EMISSION or TRANSMISSION"),
    nuclear(
        "CorrectedImage",
        "string",
        many=True,
        comment="Corrections done: DECY decay, ATTN attenuation, SCAT scatter, DTIM dead time, NORM, RAN randoms ...",
    ),
    pt("DecayCorrection", "string", comment="Decay corrected to: START of scan, ADMIN injection, or NONE"),
    pt("DecayCorrected", "string", comment="YES when corrected for decay, to decay_correction_date_time; enhanced PET"),
    pt("DecayCorrectionDateTime", "datetime", comment="Moment that the activity is decay corrected to; enhanced PET"),
    pt("RandomsCorrectionMethod", "string", comment="DLYD delayed events, SING singles, NONE, or a maker's word"),
    pt("ScatterCorrectionMethod", "string", comment="Scatter correction, in the maker's words", treatment="mask"),
    pt(
        "AttenuationCorrectionMethod",
        "string",
        comment="Attenuation correction, in the maker's words",
        treatment="mask",
    ),
    pt(
        "AttenuationCorrectionSource",
        "string",
        comment="Source of the attenuation map: CT, MR, POSITRON SOURCE ...; enhanced PET",
    ),
    pt(
        "ReconstructionMethod",
        "string",
        comment="Reconstruction, in the maker's words: OSEM 3i21s, VPFXS ...",
        treatment="mask",
    ),
    pt(f"{RECONSTRUCTION}.NumberOfIterations", "bigint", comment="Iterations of the reconstruction; enhanced PET"),
    pt(f"{RECONSTRUCTION}.NumberOfSubsets", "bigint", comment="Subsets of the reconstruction; enhanced PET"),
    pt("TimeOfFlightInformationUsed", "string", comment="YES when time of flight was used; enhanced PET"),
    pt("CoincidenceWindowWidth", "double", unit="ns", comment="Width of the coincidence window"),
    pt("NumberOfTimeSlices", "bigint", comment="Time slices of a dynamic series"),
    pt(
        "AcquisitionStartCondition",
        "string",
        comment="What started the acquisition: DENS density, MANU, AUTO, CTRG heart beats ...",
    ),
    pt(
        ("FrameReferenceTime",),
        "double",
        aggregate="min_max",
        unit="ms",
        comment="Moment of the image from the series' reference",
    ),
    pt(
        ("DecayFactor", f"{CORRECTION}.DecayFactor"),
        "double",
        aggregate="min_max",
        comment="Factor of decay correction applied",
    ),
    pt("DoseCalibrationFactor", "double", aggregate="min_max", comment="Factor from counts to Bq/mL applied"),
)

# Several detectors, rotations or energy windows: the arrays line up, in the order of the items.
GAMMA = (
    nuclear("NumberOfSlices", "bigint", comment="Slices of the volume"),
    nuclear(
        (
            "ActualFrameDuration",
            "@FrameContentSequence.FrameAcquisitionDuration",
            "RotationInformationSequence.ActualFrameDuration",
            "PhaseInformationSequence.ActualFrameDuration",
            "GatedInformationSequence.DataInformationSequence.FrameTime",
        ),
        "double",
        aggregate="distinct",
        unit="ms",
        comment="Durations of the frames of the series",
    ),
    nuclear(
        "AcquisitionTerminationCondition", "string", comment="What ended the acquisition: CNTS, TIME, MANU, OVFL ..."
    ),
    nuclear("CollimatorType", "string", comment="Collimator of PET: NONE or RING"),
    nuclear("TypeOfDetectorMotion", "string", comment="STEP AND SHOOT, CONTINUOUS, STATIONARY, WOBBLE, CLAMSHELL ..."),
    nuclear("ScanProgressionDirection", "string", comment="FEET_TO_HEAD or HEAD_TO_FEET"),
    *(
        attribute(
            tuple(f"{path}.{keyword}" for path in WINDOW),
            "double",
            "acquisition",
            unit="keV",
            modalities=NUCLEAR,
            many=True,
            each=1,
            comment=f"{bound} bounds of the energy windows",
        )
        for keyword, bound in (("EnergyWindowLowerLimit", "Lower"), ("EnergyWindowUpperLimit", "Upper"))
    ),
    nm(
        "EnergyWindowInformationSequence.EnergyWindowName",
        "string",
        many=True,
        each=1,
        comment="Names of the energy windows",
        treatment="mask",
    ),
    nm("NumberOfEnergyWindows", "bigint", comment="Energy windows of the acquisition"),
    nm("NumberOfDetectors", "bigint", comment="Detector heads of the camera that were used"),
    nm("CountsAccumulated", "bigint", aggregate="min_max", comment="Events counted in all frames"),
    attribute(
        "TimeSliceVector",
        "bigint",
        "instance",
        modalities=NUCLEAR,
        many=True,
        comment="Time slice number of each frame",
    ),
    detector(
        keyword="CollimatorGridName",
        kind="string",
        comment="Collimators of the detectors; free text (LEHR, MEGP)",
        treatment="mask",
    ),
    detector(
        keyword="CollimatorType",
        kind="string",
        comment="Collimators of the detectors: PARA parallel, PINH pinhole, FANB, CONE, SLNT, ASTG, DIVG, NONE, UNKN",
    ),
    detector(keyword="FieldOfViewShape", kind="string", comment="Fields of view: RECTANGLE, ROUND or HEXAGONAL"),
    detector(
        keyword="FieldOfViewDimensions",
        kind="double",
        each=2,
        unit="mm",
        comment="Sizes of the fields of view, two values for each detector; the second is null for a round one",
    ),
    detector(
        keyword="ZoomFactor",
        kind="double",
        each=2,
        comment="Zooms of each detector, two values for each: vertical, then horizontal",
    ),
    detector(
        keyword="RadialPosition",
        kind="double",
        each=WIDEST,
        unit="mm",
        comment="Distances from the centre of rotation, by detector and view",
    ),
    detector(
        keyword="ImagePositionPatient",
        kind="double",
        level="instance",
        each=3,
        unit="mm",
        comment="Patient coordinates x, y, z of the first pixel, three values for each detector",
    ),
    detector(
        keyword="ImageOrientationPatient",
        kind="double",
        level="instance",
        each=6,
        comment="Direction cosines of rows and columns, six values for each detector",
    ),
    rotation(keyword="ScanArc", kind="double", unit="deg", comment="Arcs of the rotations"),
    rotation(keyword="AngularStep", kind="double", unit="deg", comment="Angles between the views of each rotation"),
    rotation(keyword="NumberOfFramesInRotation", kind="bigint", comment="Views of each rotation"),
    rotation(
        keyword="RadialPosition",
        kind="double",
        each=WIDEST,
        unit="mm",
        comment="Distances from the centre of rotation, by rotation and view",
    ),
)

ATTRIBUTES = RADIOPHARMACEUTICAL + PET + GAMMA
