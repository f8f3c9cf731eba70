"""The X-ray tube, for CT and projections alike: one column and one unit, whatever element the machine writes.

Sources: PS3.3 C.8.7.2 and C.8.7.10 (tube and dose of projections), C.8.2.1 (CT image), C.8.15.3.8 and .9 (enhanced CT),
C.8.19.3 and C.8.19.6.10 (enhanced XA/XRF), C.8.21.3 (X-ray 3D, tomosynthesis).
Vendors write these integers with decimals: they are doubles. Where an integer is 0 or rounded, the element in
finer units beside it is taken.
"""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import WIDEST, attribute
from eds_spark_imaging.dicom.declaration.modalities import PROJECTION, TUBE

tube = partial(attribute, level="acquisition", modalities=TUBE)
projection = partial(attribute, level="acquisition", modalities=PROJECTION)

ATTRIBUTES = (
    tube(
        ("KVP", "@CTXRayDetailsSequence.KVP", "@FrameAcquisitionSequence.KVP", "XRay3DAcquisitionSequence.KVP"),
        "double",
        unit="kV",
        comment="Peak voltage of the X-ray tube",
    ),
    tube(
        (
            "XRayTubeCurrent",
            "@CTExposureSequence.XRayTubeCurrentInmA",
            "@FrameAcquisitionSequence.XRayTubeCurrentInmA",
            "XRay3DAcquisitionSequence.XRayTubeCurrentInmA",
        ),
        "double",
        finer=("XRayTubeCurrentInmA", "XRayTubeCurrentInuA*0.001"),
        aggregate="min_max",
        unit="mA",
        comment="Current of the X-ray tube; varies from slice to slice under dose modulation",
    ),
    tube(
        (
            "ExposureTime",
            "@CTExposureSequence.ExposureTimeInms",
            "@FrameAcquisitionSequence.ExposureTimeInms",
            "@XRayAcquisitionDoseSequence.ExposureTimeInms",
            "XRay3DAcquisitionSequence.ExposureTimeInms",
        ),
        "double",
        finer=("ExposureTimeInms", "ExposureTimeInuS*0.001"),
        aggregate="min_max",
        unit="ms",
        comment="Duration of the X-ray exposure",
    ),
    tube(
        (
            "Exposure",
            "@CTExposureSequence.ExposureInmAs",
            "@FrameAcquisitionSequence.ExposureInmAs",
            "@XRayAcquisitionDoseSequence.ExposureInmAs",
            "XRay3DAcquisitionSequence.ExposureInmAs",
        ),
        "double",
        finer=("ExposureInmAs", "ExposureInuAs*0.001"),
        aggregate="min_max",
        unit="mAs",
        comment="Tube current times exposure time; some CT makers divide it by the pitch",
    ),
    tube(
        ("FocalSpots", "@CTXRayDetailsSequence.FocalSpots", "XRay3DAcquisitionSequence.FocalSpots"),
        "double",
        unit="mm",
        many=True,
        comment="Nominal sizes of the focal spots used",
    ),
    tube(
        (
            "FilterType",
            "@CTXRayDetailsSequence.FilterType",
            "@XRayFilterSequence.FilterType",
            "XRay3DAcquisitionSequence.FilterType",
        ),
        "string",
        comment="Kind of X-ray filter: STRIP, WEDGE, BUTTERFLY, MULTIPLE, FLAT, NONE, or a maker's word",
        treatment="mask",
    ),
    tube(
        (
            "FilterMaterial",
            "@CTXRayDetailsSequence.FilterMaterial",
            "@XRayFilterSequence.FilterMaterial",
            "XRay3DAcquisitionSequence.FilterMaterial",
        ),
        "string",
        many=True,
        each=WIDEST,
        comment="Materials of the X-ray filter: ALUMINUM, COPPER, RHODIUM, MOLYBDENUM, SILVER ...",
    ),
    tube(
        (
            "DistanceSourceToDetector",
            "@CTGeometrySequence.DistanceSourceToDetector",
            "@XRayGeometrySequence.DistanceSourceToDetector",
            "XRay3DAcquisitionSequence.DistanceSourceToDetector",
        ),
        "double",
        unit="mm",
        comment="From the source to the centre of the detector (SID)",
    ),
    tube(
        (
            "DistanceSourceToPatient",
            "@XRayGeometrySequence.DistanceSourceToPatient",
            "XRay3DAcquisitionSequence.DistanceSourceToPatient",
        ),
        "double",
        unit="mm",
        comment="From the source to the isocentre, table or breast support (SOD)",
    ),
    tube(
        (
            "ImageAndFluoroscopyAreaDoseProduct",
            "AcquiredImageAreaDoseProduct",
            "@CTExposureSequence.ImageAndFluoroscopyAreaDoseProduct",
        ),
        "double",
        aggregate="min_max",
        unit="dGy.cm2",
        comment="Dose area product; whether of the image or cumulated differs between machines",
    ),
    projection(
        ("AnodeTargetMaterial", "XRay3DAcquisitionSequence.AnodeTargetMaterial"),
        "string",
        comment="Material of the anode: TUNGSTEN, MOLYBDENUM or RHODIUM",
    ),
    projection(
        (
            "FilterThicknessMinimum",
            "@XRayFilterSequence.FilterThicknessMinimum",
            "XRay3DAcquisitionSequence.FilterThicknessMinimum",
        ),
        "double",
        unit="mm",
        many=True,
        each=WIDEST,
        comment="Least thickness of each X-ray filter",
    ),
    projection(
        (
            "FilterThicknessMaximum",
            "@XRayFilterSequence.FilterThicknessMaximum",
            "XRay3DAcquisitionSequence.FilterThicknessMaximum",
        ),
        "double",
        unit="mm",
        many=True,
        each=WIDEST,
        comment="Greatest thickness of each X-ray filter",
    ),
    projection(
        ("ExposureControlMode", "XRay3DAcquisitionSequence.ExposureControlMode"),
        "string",
        comment="MANUAL or AUTOMATIC",
    ),
    projection(
        ("ExposureControlModeDescription", "XRay3DAcquisitionSequence.ExposureControlModeDescription"),
        "string",
        comment="Mode of exposure control; free text",
    ),
    tube(
        "DetectorType",
        "string",
        comment="DIRECT, SCINTILLATOR, STORAGE (phosphor plate) or FILM",
    ),
    tube(
        "DetectorConfiguration",
        "string",
        comment="AREA for a single detector, SLOT for a scanned one",
    ),
)
