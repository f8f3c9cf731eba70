"""The declaration against its requirement (which elements), the DICOM dictionary (which types) and real files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.datadict import dictionary_VR, keyword_for_tag, private_dictionary_VR

from eds_spark_imaging.dicom.declaration import ATTRIBUTES, VIEWS, declaration
from eds_spark_imaging.dicom.declaration.attribute import Aggregate, Attribute, Kind, Level, attribute
from eds_spark_imaging.dicom.declaration.source import Source
from eds_spark_imaging.errors import ConfigError

CORPUS = Path(__file__).parents[5] / "shared" / "dicom"

# The elements that the published extraction lists of other systems name, and the keys of visit and order.
REQUIRED = """
StudyInstanceUID StudyDate StudyTime StudyDescription AccessionNumber PatientID PatientSex PatientAge PatientBirthDate
IssuerOfPatientID RequestedProcedureID PatientSize PatientWeight StudyID OtherPatientIDs RequestedProcedureDescription
RequestingPhysician TimezoneOffsetFromUTC AdmissionID IssuerOfAdmissionIDSequence ServiceEpisodeID
RequestAttributesSequence ScheduledProcedureStepID PlacerOrderNumberImagingServiceRequest OtherPatientNames
FillerOrderNumberImagingServiceRequest OtherPatientIDsSequence TypeOfPatientID IssuerOfPatientIDQualifiersSequence
PatientName PatientBirthName IssuerOfAccessionNumberSequence ReferringPhysicianName PerformingPhysicianName
OperatorsName RequestedProcedureCodeSequence ReasonForStudy AdmittingDiagnosesDescription
SeriesInstanceUID SeriesNumber SeriesDate SeriesTime SeriesDescription ProtocolName Modality BodyPartExamined
Laterality InstitutionName PerformedProcedureStepDescription ProcedureCodeSequence CodeValue CodingSchemeDesignator
CodeMeaning DeviceSerialNumber Manufacturer ManufacturerModelName SoftwareVersions SOPClassUID SOPInstanceUID
TransferSyntaxUID PhotometricInterpretation StationName DeviceUID PerformedStationAETitle ScheduledStationAETitle
PerformedStationName ScheduledStationName PerformedLocation ScheduledProcedureStepLocation InstitutionCodeSequence
InstitutionalDepartmentName AnatomicRegionSequence PatientPosition SourceApplicationEntityTitle GantryID DetectorID
PlateID CassetteID GeneratorID SpecificCharacterSet PresentationIntentType ImageLaterality FrameLaterality
KVP XRayTubeCurrent Exposure ExposureTime ScanOptions ConvolutionKernel GantryDetectorTilt FilterType
DataCollectionDiameter ReconstructionDiameter SpiralPitchFactor ExposureModulationType CTDIvol SingleCollimationWidth
TotalCollimationWidth TableSpeed TableMotion ReconstructionAlgorithm ReconstructionTargetCenterPatient
ReconstructionFieldOfView DetectorConfiguration DataCollectionCenterPatient ContrastBolusAgent ContrastBolusIngredient
ContrastBolusRoute ContrastBolusVolume ContrastFlowRate ContrastFlowDuration ContrastBolusStartTime
ContrastBolusStopTime ContrastBolusIngredientConcentration
MagneticFieldStrength ScanningSequence SequenceVariant SequenceName MRAcquisitionType EchoTime RepetitionTime
InversionTime EchoTrainLength FlipAngle PixelBandwidth ImagingFrequency ImagedNucleus ReceiveCoilName DiffusionBValue
NumberOfTemporalPositions TransmitCoilName AngioFlag NumberOfAverages PercentSampling PercentPhaseFieldOfView
ParallelAcquisitionTechnique ParallelReductionFactorInPlane ParallelReductionFactorOutOfPlane TemporalResolution SAR
AcquisitionDuration AcquisitionMatrix InPlanePhaseEncodingDirection EchoNumbers NumberOfPhaseEncodingSteps
VariableFlipAngleFlag ImagesInAcquisition AcquisitionContrast MRDiffusionSequence DiffusionGradientOrientation
SeriesType Units DecayCorrection CorrectedImage RandomsCorrectionMethod ScatterCorrectionMethod
AttenuationCorrectionMethod ReconstructionMethod ActualFrameDuration RadionuclideTotalDose
RadiopharmaceuticalStartTime Radiopharmaceutical NumberOfTimeSlices RadionuclideCodeSequence EnergyWindowLowerLimit
EnergyWindowUpperLimit RadionuclideHalfLife DecayFactor FrameReferenceTime RadionuclidePositronFraction
RadiopharmaceuticalSpecificActivity RadiopharmaceuticalStartDateTime RadiopharmaceuticalStopDateTime
RadiopharmaceuticalRoute RadiopharmaceuticalVolume SUVType FrameTime AcquisitionStartCondition
AcquisitionTerminationCondition TimeSliceVector CoincidenceWindowWidth NumberOfSlices DateOfLastCalibration
TimeOfLastCalibration NumberOfDetectors CollimatorType CollimatorGridName ZoomFactor ScanArc AngularStep
NumberOfFramesInRotation TypeOfDetectorMotion FieldOfViewShape FieldOfViewDimensions RadialPosition
ExposureInuAs XRayTubeCurrentInuA ExposureTimeInuS ExposureInmAs XRayTubeCurrentInmA ExposureTimeInms
DistanceSourceToDetector DistanceSourceToPatient EstimatedRadiographicMagnificationFactor SpatialResolution
ImageAndFluoroscopyAreaDoseProduct Grid ViewPosition DetectorType DetectorMode DetectorTemperature PositionerType
RelativeXRayExposure AcquisitionDeviceProcessingDescription CollimatorShape CollimatorLeftVerticalEdge
CollimatorRightVerticalEdge CollimatorUpperHorizontalEdge CollimatorLowerHorizontalEdge RescaleIntercept RescaleSlope
RescaleType WindowCenter WindowWidth PixelIntensityRelationshipSign ExposureIndex DeviationIndex
AnodeTargetMaterial FilterMaterial FilterThicknessMinimum FilterThicknessMaximum FocalSpots BodyPartThickness
CompressionForce PaddleDescription ExposureControlMode ExposureControlModeDescription BreastImplantPresent
ViewCodeSequence PrimaryPositionerScanArc PrimaryPositionerIncrement OrganDose EntranceDoseInmGy PartialView
DateOfLastDetectorCalibration DetectorElementSpacing DetectorBinning FieldOfViewOrigin FieldOfViewRotation
FieldOfViewHorizontalFlip XRayReceptorType PatientOrientation QualityControlImage XRay3DAcquisitionSequence
AveragePulseWidth RadiationMode RadiationSetting IntensifierSize PositionerMotion ImagerPixelSpacing TypeOfFilters
NumberOfFrames PositionerPrimaryAngle PositionerSecondaryAngle DetectorPrimaryAngle DetectorSecondaryAngle
PixelSpacingCalibrationType
TransducerType TransducerData MechanicalIndex UltrasoundColorDataPresent SequenceOfUltrasoundRegions BoneThermalIndex
SoftTissueThermalIndex HeartRate SecondaryCaptureDeviceID SecondaryCaptureDeviceManufacturer
SecondaryCaptureDeviceManufacturerModelName SecondaryCaptureDeviceSoftwareVersions PlanarConfiguration SamplesPerPixel
InstanceNumber PhysicalDeltaX PhysicalDeltaY PhysicalUnitsXDirection RegionDataType TransducerFrequency
SliceLocation SliceThickness SpacingBetweenSlices ImageType AcquisitionNumber AcquisitionDate AcquisitionTime
AcquisitionDateTime ContentDate ContentTime InstanceCreationDate InstanceCreationTime ImagePositionPatient
ImageOrientationPatient PixelSpacing Rows Columns DerivationDescription LossyImageCompression
LossyImageCompressionMethod LossyImageCompressionRatio BurnedInAnnotation
"""
# Left out of those lists: ModalitiesInStudy and NumberOfStudyRelatedInstances exist in queries only (PS3.4 C.3.4), and
# the size and path of a file are no elements; the tables compute them.

NUMBER = frozenset({Kind.BIGINT, Kind.DOUBLE})
ALLOWED = {
    **dict.fromkeys(("IS", "US", "SS", "UL", "SL"), NUMBER),
    **dict.fromkeys(("DS", "FD", "FL"), NUMBER - {Kind.BIGINT}),
    **dict.fromkeys(("CS", "LO", "LT", "SH", "ST", "UT", "UC", "UR", "PN", "UI", "AE"), frozenset({Kind.STRING})),
    "DA": {Kind.DATE},
    "TM": {Kind.TIME},
    "DT": {Kind.DATETIME},
    "AS": {Kind.AGE},
}

# Doubles without unit: ratios and factors, indices on a scale of their own, cosines, counts that are not whole, and
# values whose unit another column gives.
UNITLESS = """
spiral_pitch_factor estimated_radiographic_magnification_factor lossy_image_compression_ratio
parallel_reduction_factor_in_plane parallel_reduction_factor_out_of_plane radionuclide_positron_fraction
decay_factor dose_calibration_factor detector_zoom_factor detector_binning
exposure_index target_exposure_index deviation_index relative_x_ray_exposure sensitivity
mechanical_index bone_thermal_index cranial_thermal_index soft_tissue_thermal_index
image_orientation_patient frame_orientations detector_image_orientation_patient diffusion_gradient_orientation
number_of_averages radionuclide_total_dose
rescale_intercept rescale_slope window_center window_width region_physical_delta_x region_physical_delta_y
"""


PRIVATE_VRS = {"Image Private Header": "FD"}  # of UIH, not in pydicom's dictionary


def vr_of(source: Source) -> str:
    step = source.steps[-1]
    if step.creator is None:
        return dictionary_VR(step.tag)
    if step.creator in PRIVATE_VRS:
        return PRIVATE_VRS[step.creator]
    return private_dictionary_VR(step.tag & 0xFFFF0000 | 0x1000 | step.tag & 0xFF, step.creator)


def column(name: str) -> Attribute:
    return next(a for a in ATTRIBUTES if a.column == name)


def test_required_elements_are_read() -> None:
    read = {
        keyword_for_tag(step.tag)
        for a in ATTRIBUTES
        for s in (*a.sources, *a.finer)
        for step in s.steps
        if step.creator is None
    }
    assert set(REQUIRED.split()) - read == set()


def test_columns_are_unique_in_every_table() -> None:
    columns = [a.column for a in ATTRIBUTES]
    for a in ATTRIBUTES:
        if a.aggregate is Aggregate.MIN_MAX:
            columns += [f"{a.column}_min", f"{a.column}_max"]
    assert len(columns) == len(set(columns))


def test_no_place_is_read_by_two_columns() -> None:
    places = [(s.frame, bool(a.frames), s.steps) for a in ATTRIBUTES if not a.derived for s in (*a.sources, *a.finer)]
    assert len(places) == len(set(places))


def test_kinds_fit_the_dictionary() -> None:
    read = [(a, s) for a in ATTRIBUTES if not a.derived for s in (*a.sources, *a.finer)]
    wrong = [(a.column, s.text) for a, s in read if a.kind not in ALLOWED[vr_of(s)]]
    assert wrong == []


def test_paths_lead_through_sequences() -> None:
    ways = [(s.text, step) for a in ATTRIBUTES for s in a.sources for step in s.steps[:-1]]
    assert [text for text, step in ways if dictionary_VR(step.tag) != "SQ"] == []


def test_only_doubles_are_calculated() -> None:
    scaled = {a.column: a.kind for a in ATTRIBUTES for s in (*a.sources, *a.finer) if s.scale != 1 or s.modulo}
    assert scaled == dict.fromkeys(
        ("x_ray_tube_current", "exposure_time", "exposure", "diffusion_b_value"), Kind.DOUBLE
    )


@pytest.mark.parametrize(
    ("name", "text", "scale"),
    [
        ("x_ray_tube_current", "XRayTubeCurrentInuA*0.001", 0.001),
        ("exposure_time", "ExposureTimeInuS*0.001", 0.001),
        ("exposure", "ExposureInuAs*0.001", 0.001),
    ],
)
def test_alternate_elements_are_brought_to_one_unit(name: str, text: str, scale: float) -> None:
    sources = (*column(name).sources, *column(name).finer)
    assert {s.text: s.scale for s in sources}[text] == scale
    assert {s.scale for s in sources if s.text != text} == {1.0}


def test_public_b_value_comes_before_the_makers_own() -> None:
    creators = [s.steps[-1].creator for s in column("diffusion_b_value").sources]
    makers = ["GEMS_PARM_01", "SIEMENS MR HEADER", "Philips Imaging DD 001", "Image Private Header"]
    assert creators == [None, None, *makers]


def test_ge_b_value_is_the_first_number_without_its_bias() -> None:
    source = next(s for s in column("diffusion_b_value").sources if s.steps[-1].creator == "GEMS_PARM_01")
    assert source.number == 1
    assert [b % source.modulo for b in (1000, 1000000800, 1000030000)] == [1000, 800, 30000]


def test_every_attribute_has_a_comment() -> None:
    comments = {a.column: a.comment for a in ATTRIBUTES}
    assert [c for c, text in comments.items() if len(text) < 9 or not re.match(r"[A-Z0-9]", text)] == []
    assert [c for c, text in comments.items() if re.search(r"(?<!\.\.)\.$", text)] == []  # no full stop, as in a title


def test_doubles_have_a_unit_or_a_reason() -> None:
    doubles = {a.column: a.unit for a in ATTRIBUTES if a.kind is Kind.DOUBLE}
    assert {c for c, unit in doubles.items() if unit is None} == set(UNITLESS.split())


def test_people_and_keys_are_identifying() -> None:
    names = {a.column for a in ATTRIBUTES if vr_of(a.sources[0]) == "PN"}
    keys = (
        "patient_id other_patient_ids other_patient_ids_patient_id patient_birth_date accession_number admission_id "
        "service_episode_id study_id request_accession_number study_instance_uid series_instance_uid sop_instance_uid "
        "frame_of_reference_uid placer_order_number_imaging_service_request irradiation_event_uid"
    )
    marked = {a.column for a in ATTRIBUTES if a.identifying}
    assert names
    assert names | set(keys.split()) <= marked
    assert not marked & {"device_serial_number", "patient_sex", "study_description", "modality"}


def test_descriptive_columns_of_an_exam_hold_for_all_modalities() -> None:
    assert not [a.column for a in ATTRIBUTES if a.modalities and a.level in (Level.STUDY, Level.SERIES)]


def test_views_share_no_modality_and_cover_those_declared() -> None:
    shown = [modality for modalities in VIEWS.values() for modality in modalities]
    assert len(shown) == len(set(shown))
    assert {m for a in ATTRIBUTES for m in a.modalities} == set(shown)
    assert set(VIEWS) == {"ct", "mr", "pt", "nm", "xray", "mg", "us", "xa"}


@pytest.mark.parametrize(
    ("view", "own", "other"),
    [
        ("ct", {"kvp", "ctdi_vol", "rows", "contrast_bolus_agent"}, {"echo_time", "units", "compression_force"}),
        ("mr", {"echo_time", "diffusion_b_value", "heart_rate"}, {"kvp", "view_position"}),
        ("pt", {"units", "radionuclide_total_dose", "table_height"}, {"kvp", "detector_zoom_factor"}),
        ("nm", {"number_of_detectors", "energy_window_lower_limit"}, {"suv_type", "kvp"}),
        ("xray", {"kvp", "exposure_index", "view_position"}, {"partial_view", "radiation_mode", "ctdi_vol"}),
        ("mg", {"kvp", "compression_force", "organ_dose"}, {"radiation_mode", "ctdi_vol"}),
        ("xa", {"kvp", "radiation_mode", "frame_time"}, {"partial_view", "exposure_index"}),
        ("us", {"region_physical_delta_x", "mechanical_index"}, {"kvp", "echo_time"}),
    ],
)
def test_view_shows_its_own_columns(view: str, own: set[str], other: set[str]) -> None:
    shown = {a.column for a in ATTRIBUTES if not a.modalities or a.modalities & VIEWS[view]}
    assert own <= shown
    assert not other & shown


def test_a_site_adds_an_attribute() -> None:
    extra = attribute("(0029,xx10)[ACME]", "string", "series", column="acme_protocol")
    assert declaration([extra]) == (*ATTRIBUTES, extra)


def test_a_column_cannot_be_declared_twice() -> None:
    extra = attribute("KVP", "double", "acquisition")
    with pytest.raises(ConfigError, match="'kvp'"):
        declaration([extra])
    fresh = attribute("(0029,xx10)[ACME]", "string", "series", column="acme_protocol")
    with pytest.raises(ConfigError, match="'acme_protocol'"):
        declaration([fresh, fresh])


def walk(items: list[pydicom.Dataset], source: Source) -> list[Any]:
    """Every value that ``source`` names below ``items``, by plain pydicom."""
    for step in source.steps[:-1]:
        items = [child for item in items if step.tag in item for child in item[step.tag].value]
    found: list[Any] = []
    for item in items:
        tag = source.steps[-1].tag
        if source.steps[-1].creator is None and tag in item and item[tag].value not in (None, ""):
            value = item[tag].value
            found += list(value) if isinstance(value, (pydicom.multival.MultiValue, list)) else [value]
    return found


def places(dataset: pydicom.Dataset, a: Attribute) -> list[Any]:
    """The values of the best place of ``a``: per-frame groups of the first frame, shared groups, then the top level."""
    frames = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])[:1]
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])
    for source in sorted(a.sources, key=lambda s: not s.frame):
        for items in (frames, shared) if source.frame else ([dataset],):
            if values := walk(items, source):
                return [float(v) * source.scale if a.kind is Kind.DOUBLE else v for v in values]
    return []


ENHANCED = [
    (
        "dcm_qa_enh/6_1.dcm",
        {
            "repetition_time": [500],
            "echo_time": [30],
            "flip_angle": [52],
            "pixel_spacing": [3.375, 3.375],
            "slice_thickness": [2.4],
        },
    ),
    (
        "dcm_qa_enh/IM_0027_fMAP.dcm",
        {"repetition_time": [3.80450010299682], "flip_angle": [12], "pixel_spacing": [4, 4], "slice_thickness": [4]},
    ),
    (
        "dcm_qa_xa30/XA30_asl.dcm",
        {
            "repetition_time": [4800],
            "echo_time": [11],
            "flip_angle": [90],
            "pixel_spacing": [4, 4],
            "slice_thickness": [6],
        },
    ),
    (
        "heudiconv/MRI_102TD.dcm",
        {
            "repetition_time": [3.15],
            "echo_time": [1.37],
            "flip_angle": [8],
            "pixel_spacing": [1.6, 1.6],
            "slice_thickness": [1.6],
        },
    ),
    (
        "pydicom-data/eCT_Supplemental.dcm",
        {
            "pixel_spacing": [0.388672, 0.388672],
            "slice_thickness": [10],
            "exposure": [],
            "kvp": [],
            "x_ray_tube_current": [],
        },
    ),
    ("dcmqi/mf.dcm", {"slice_thickness": [2.5], "exposure": []}),
    ("made/enhanced_xa.dcm", {"kvp": [80.5], "x_ray_tube_current": [410.2], "positioner_primary_angle": [-30.1]}),
    (
        "made/breast_tomosynthesis.dcm",
        {
            "kvp": [30],
            "x_ray_tube_current": [80],
            "exposure_time": [900],
            "exposure": [72],
            "pixel_spacing": [0.1, 0.1],
            "slice_thickness": [1],
            "body_part_thickness": [52],
            "compression_force": [110],
            "frame_laterality": ["L"],
            "view_code_value": ["399162004"],
            "anatomic_region_code_meaning": ["Breast"],
        },
    ),
    (
        "made/enhanced_pet.dcm",
        {
            "radionuclide_total_dose": [352000000],
            "actual_frame_duration": [120000],
            "acquisition_date_time": ["20240201000000"],
        },
    ),
]


@pytest.mark.parametrize(("file", "expected"), ENHANCED, ids=[file for file, _ in ENHANCED])
def test_functional_groups_of_real_files(file: str, expected: dict[str, list[Any]]) -> None:
    path = CORPUS / file
    if not path.exists():
        pytest.skip("the corpus of real files is not there")
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    found = {name: places(dataset, column(name)) for name in expected}
    assert found == {name: pytest.approx(values) for name, values in expected.items()}
