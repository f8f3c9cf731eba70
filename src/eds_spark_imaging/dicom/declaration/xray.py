"""Projection radiography and fluoroscopy: CR, DX, XA, RF, and what mammography shares with them.

Sources: PS3.3 C.8.1 (CR), C.8.7 (XA/RF), C.8.11.3 to .6 (DX), C.8.19 (enhanced XA/XRF), C.8.21.3 (X-ray 3D).
The tube and its dose are in exposure.py.
"""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded
from eds_spark_imaging.dicom.declaration.modalities import CT, MG, NUCLEAR, PROJECTION, US, XA, XRAY

projection = partial(attribute, level="acquisition", modalities=PROJECTION)
radiography = partial(attribute, level="acquisition", modalities=XRAY | MG)
xa = partial(attribute, level="acquisition", modalities=XA)

ACQUISITION_3D = "XRay3DAcquisitionSequence"
FIELD = "@FieldOfViewSequence"
PROPERTIES = "@FramePixelDataPropertiesSequence"

VIEW = (
    projection(
        "ViewPosition",
        "string",
        aggregate="distinct",
        comment="Views of the series: AP, PA, LL, RL, LLO ...; CC, MLO, ML in mammography. Often empty",
    ),
    *coded(
        ("ViewCodeSequence", "DetectorInformationSequence.ViewCodeSequence"),
        "view",
        "the views of the series, where view_position is empty or beside it",
        "acquisition",
        aggregate="distinct",
        modalities=PROJECTION | NUCLEAR | US,
    ),
)

GEOMETRY = (
    projection(
        ("ImagerPixelSpacing", f"{PROPERTIES}.ImagerPixelSpacing"),
        "double",
        unit="mm",
        many=True,
        comment="Distance between pixels at the detector, larger than in the patient: between rows, then columns",
    ),
    projection(
        "NominalScannedPixelSpacing",
        "double",
        unit="mm",
        many=True,
        comment="Distance between pixels of a scanned film: between rows, then columns",
    ),
    projection(
        (
            "EstimatedRadiographicMagnificationFactor",
            "@XRayGeometrySequence.EstimatedRadiographicMagnificationFactor",
            f"{ACQUISITION_3D}.EstimatedRadiographicMagnificationFactor",
        ),
        "double",
        comment="Magnification at the patient (SID over SOD); pixel_spacing is not derived from it",
    ),
    projection(
        ("@XRayGeometrySequence.DistanceSourceToIsocenter", f"{ACQUISITION_3D}.DistanceSourceToIsocenter"),
        "double",
        unit="mm",
        comment="From the source to the isocentre; enhanced objects",
    ),
    projection("PositionerType", "string", comment="CARM, COLUMN, MAMMOGRAPHIC, PANORAMIC, CEPHALOSTAT, RIGID, NONE"),
    xa("PositionerMotion", "string", comment="STATIC, or DYNAMIC when the arm moves during the images"),
    projection(
        ("PositionerPrimaryAngle", "@PositionerPositionSequence.PositionerPrimaryAngle"),
        "double",
        aggregate="min_max",
        unit="deg",
        comment="Angle of the beam about the body axis: positive LAO, negative RAO; in mammography of the gantry",
    ),
    projection(
        ("PositionerSecondaryAngle", "@PositionerPositionSequence.PositionerSecondaryAngle"),
        "double",
        aggregate="min_max",
        unit="deg",
        comment="Angle of the beam to the head or feet: positive cranial, negative caudal",
    ),
    projection(
        ("DetectorPrimaryAngle", "@DetectorPositionSequence.DetectorPrimaryAngle"),
        "double",
        unit="deg",
        comment="Angle of the detector to the beam about the body axis",
    ),
    projection(
        ("DetectorSecondaryAngle", "@DetectorPositionSequence.DetectorSecondaryAngle"),
        "double",
        unit="deg",
        comment="Angle of the detector to the beam towards the head or feet",
    ),
    attribute(
        ("FieldOfViewShape", f"{FIELD}.FieldOfViewShape", f"{ACQUISITION_3D}.FieldOfViewShape"),
        "string",
        "acquisition",
        modalities=PROJECTION | NUCLEAR,
        comment="RECTANGLE, ROUND or HEXAGONAL; CYLINDRICAL RING in PET",
    ),
    attribute(
        (
            "FieldOfViewDimensions",
            f"{FIELD}.FieldOfViewDimensionsInFloat",
            f"{ACQUISITION_3D}.FieldOfViewDimensionsInFloat",
        ),
        "double",
        "acquisition",
        modalities=PROJECTION | NUCLEAR,
        unit="mm",
        many=True,
        comment="Rows then columns of a rectangle, or a diameter; in PET ring diameter, then axial width",
    ),
    projection(
        ("FieldOfViewOrigin", f"{FIELD}.FieldOfViewOrigin", f"{ACQUISITION_3D}.FieldOfViewOrigin"),
        "double",
        unit="pixel",
        many=True,
        comment="Row then column of the detector where the image starts",
    ),
    projection(
        ("FieldOfViewRotation", f"{FIELD}.FieldOfViewRotation", f"{ACQUISITION_3D}.FieldOfViewRotation"),
        "double",
        unit="deg",
        comment="Turn of the image against the detector: 0, 90, 180 or 270",
    ),
    projection(
        (
            "FieldOfViewHorizontalFlip",
            f"{FIELD}.FieldOfViewHorizontalFlip",
            f"{ACQUISITION_3D}.FieldOfViewHorizontalFlip",
        ),
        "string",
        comment="YES when the image is flipped against the detector",
    ),
    projection(
        ("CollimatorShape", "@CollimatorShapeSequence.CollimatorShape"),
        "string",
        many=True,
        comment="RECTANGULAR, CIRCULAR, POLYGONAL; several may combine",
    ),
    *(
        projection(
            (keyword, f"@CollimatorShapeSequence.{keyword}"),
            "bigint",
            unit="pixel",
            comment=f"{which} of the image at the {edge} edge of a rectangular collimator",
        )
        for keyword, which, edge in (
            ("CollimatorLeftVerticalEdge", "Column", "left"),
            ("CollimatorRightVerticalEdge", "Column", "right"),
            ("CollimatorUpperHorizontalEdge", "Row", "upper"),
            ("CollimatorLowerHorizontalEdge", "Row", "lower"),
        )
    ),
)

DOSE = (
    radiography(
        "ExposureIndex", "double", comment="Detector exposure by IEC 62494-1: 100 for each uGy at the detector"
    ),
    radiography("TargetExposureIndex", "double", comment="Exposure index that the exam aims at"),
    radiography("DeviationIndex", "double", comment="10 log10 of exposure index over target: 0 on target, 3 is twice"),
    radiography(
        ("RelativeXRayExposure", "@XRayAcquisitionDoseSequence.RelativeXRayExposure"),
        "double",
        comment="Exposure index of the maker's own scale, before IEC 62494-1",
    ),
    radiography("Sensitivity", "double", comment="Sensitivity of the plate or detector, on the maker's scale"),
    projection(
        ("Grid", "@XRayGridSequence.Grid", f"{ACQUISITION_3D}.Grid"),
        "string",
        many=True,
        comment="Anti-scatter grid: FIXED, FOCUSED, RECIPROCATING, PARALLEL, CROSSED, IN, NONE",
    ),
    projection("EntranceDose", "double", unit="dGy", comment="Entrance dose, rounded; prefer entrance_dose_in_mgy"),
)

DETECTOR = (
    projection("DetectorMode", "string", comment="Mode of the detector, in the maker's words"),
    projection(
        ("DetectorTemperature", f"{ACQUISITION_3D}.DetectorTemperature"),
        "double",
        unit="Cel",
        comment="Temperature of the detector, degrees Celsius",
    ),
    projection(
        "DateOfLastDetectorCalibration", "date", comment="Date the detector was last calibrated", treatment="drop"
    ),
    projection(
        "TimeOfLastDetectorCalibration", "time", comment="Time the detector was last calibrated", treatment="drop"
    ),
    projection(
        ("DetectorBinning", f"{ACQUISITION_3D}.DetectorBinning"),
        "double",
        many=True,
        comment="Detector elements in a pixel: rows, then columns",
    ),
    projection(
        "DetectorElementSpacing",
        "double",
        unit="mm",
        many=True,
        comment="Distance between detector elements: rows, then columns",
    ),
    projection("DetectorActiveShape", "string", comment="RECTANGLE, ROUND or HEXAGONAL"),
    projection(
        "DetectorActiveDimensions",
        "double",
        unit="mm",
        many=True,
        comment="Size of the active area: rows, then columns",
    ),
    projection("DetectorManufacturerName", "string", comment="Maker of the detector", treatment="mask"),
    projection("DetectorManufacturerModelName", "string", comment="Model of the detector", treatment="mask"),
    projection("DetectorDescription", "string", comment="Detector; free text"),
    projection("DetectorConditionsNominalFlag", "string", comment="NO when the detector was out of its conditions"),
    projection(
        (
            "AcquisitionDeviceProcessingDescription",
            "@XAXRFFrameCharacteristicsSequence.AcquisitionDeviceProcessingDescription",
        ),
        "string",
        comment="Processing at the machine; free text",
        treatment="allow_by_name",
    ),
    projection(
        ("XRayReceptorType", f"{ACQUISITION_3D}.XRayReceptorType"),
        "string",
        comment="IMG_INTENSIFIER or DIGITAL_DETECTOR; enhanced objects",
    ),
    projection(
        ("PixelIntensityRelationship", f"{PROPERTIES}.PixelIntensityRelationship"),
        "string",
        comment="Pixel values to X-ray intensity: LIN linear, LOG, DISP for display, OTHER",
    ),
    projection(
        ("PixelIntensityRelationshipSign", f"{PROPERTIES}.PixelIntensityRelationshipSign"),
        "bigint",
        comment="1 when higher values mean more X-rays, -1 when they mean less",
    ),
)

FLUOROSCOPY = (
    xa("AveragePulseWidth", "double", unit="ms", comment="Average width of the X-ray pulses"),
    xa("RadiationMode", "string", comment="CONTINUOUS or PULSED"),
    xa("RadiationSetting", "string", comment="SC low dose (fluoroscopy), GR high dose (cine, digital spot)"),
    xa("TypeOfFilters", "string", many=True, comment="Filters in the beam; free text", treatment="mask"),
    xa("IntensifierSize", "double", unit="mm", comment="Diameter of the image intensifier"),
    attribute(
        "FrameTime",
        "double",
        "acquisition",
        modalities=XA | US | NUCLEAR | CT,
        unit="ms",
        comment="Time from one frame to the next of a cine",
    ),
    attribute(
        "FrameTimeVector",
        "double",
        "instance",
        modalities=XA | US | NUCLEAR | CT,
        unit="ms",
        many=True,
        comment="Time from the frame before to each frame; the first is 0",
    ),
    attribute(
        "CineRate",
        "double",
        "acquisition",
        modalities=XA | US,
        unit="1/s",
        comment="Frames a second at which a cine was acquired or is to be shown",
    ),
    xa("PlaneIdentification", "string", comment="MONOPLANE, PLANE A or PLANE B; enhanced XA"),
)

ATTRIBUTES = VIEW + GEOMETRY + DOSE + DETECTOR + FLUOROSCOPY
