"""CT, and what PET, NM and MR share with it (PS3.3 C.8.2.1 classic; C.8.15.3 and C.8.22 functional groups)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded
from eds_spark_imaging.dicom.declaration.modalities import CT, MR, NUCLEAR, PT, XA

acquisition = partial(attribute, level="acquisition")
instance = partial(attribute, level="instance")
ct = partial(attribute, level="acquisition", modalities=CT)

SCAN = (
    acquisition(
        "ScanOptions",
        "string",
        modalities=CT | MR | XA,
        many=True,
        comment="Options of the scan; for CT a maker's word (HELICAL MODE), for MR PER, CG, FC, FS ...",
    ),
    ct(
        "@CTAcquisitionTypeSequence.AcquisitionType",
        "string",
        comment="SPIRAL, SEQUENCED, CONSTANT_ANGLE (localizer), STATIONARY or FREE; enhanced CT",
    ),
    ct(
        ("RevolutionTime", "@CTAcquisitionDetailsSequence.RevolutionTime"),
        "double",
        unit="s",
        comment="Time of one turn of the source",
    ),
    ct(
        ("SingleCollimationWidth", "@CTAcquisitionDetailsSequence.SingleCollimationWidth"),
        "double",
        unit="mm",
        comment="Width of one detector row at the isocentre",
    ),
    ct(
        ("TotalCollimationWidth", "@CTAcquisitionDetailsSequence.TotalCollimationWidth"),
        "double",
        unit="mm",
        comment="Width of the beam at the isocentre: rows times single_collimation_width",
    ),
    ct(
        ("SpiralPitchFactor", "@CTTableDynamicsSequence.SpiralPitchFactor"),
        "double",
        comment="Table feed for each turn over total collimation width; above 1 leaves gaps",
    ),
    ct(
        ("TableFeedPerRotation", "@CTTableDynamicsSequence.TableFeedPerRotation"),
        "double",
        unit="mm",
        comment="Movement of the table for each turn",
    ),
    acquisition(
        (
            "TableSpeed",
            "@CTTableDynamicsSequence.TableSpeed",
            "@PETTableDynamicsSequence.TableSpeed",
        ),
        "double",
        modalities=CT | PT,
        unit="mm/s",
        comment="Speed of the table",
    ),
    acquisition("TableMotion", "string", modalities=CT | PT | XA, comment="STATIC, DYNAMIC or a maker's word"),
    acquisition(
        (
            "TableHeight",
            "@CTAcquisitionDetailsSequence.TableHeight",
            "@PETFrameAcquisitionSequence.TableHeight",
        ),
        "double",
        modalities=CT | NUCLEAR,
        unit="mm",
        comment="Height of the table, downwards from the isocentre",
    ),
    acquisition(
        (
            "GantryDetectorTilt",
            "@CTAcquisitionDetailsSequence.GantryDetectorTilt",
            "@PETFrameAcquisitionSequence.GantryDetectorTilt",
        ),
        "double",
        modalities=CT | NUCLEAR,
        unit="deg",
        comment="Nominal tilt of the gantry; 0 is upright",
    ),
    acquisition(
        (
            "RotationDirection",
            "@CTAcquisitionDetailsSequence.RotationDirection",
            "@PETDetectorMotionDetailsSequence.RotationDirection",
        ),
        "string",
        modalities=CT | NUCLEAR,
        comment="Turn of the source or detector: CW clockwise, CC counter clockwise",
    ),
    acquisition(
        (
            "DataCollectionDiameter",
            "@CTAcquisitionDetailsSequence.DataCollectionDiameter",
            "@PETFrameAcquisitionSequence.DataCollectionDiameter",
        ),
        "double",
        modalities=CT | PT,
        unit="mm",
        comment="Diameter of the region that was scanned",
    ),
    instance(
        (
            "DataCollectionCenterPatient",
            "@CTPositionSequence.DataCollectionCenterPatient",
            "@PETPositionSequence.DataCollectionCenterPatient",
        ),
        "double",
        modalities=CT | PT,
        unit="mm",
        many=True,
        comment="Patient coordinates x, y, z of the centre of the scanned region",
    ),
)

RECONSTRUCTION = (
    acquisition(
        ("ConvolutionKernel", "@CTReconstructionSequence.ConvolutionKernel"),
        "string",
        modalities=CT | NUCLEAR,
        many=True,
        comment="Reconstruction kernel in the maker's words: B30f, STANDARD, LUNG; iterative level as a second value",
        treatment="mask",
    ),
    ct(
        ("ConvolutionKernelGroup", "@CTReconstructionSequence.ConvolutionKernelGroup"),
        "string",
        comment="Kernel by use: BRAIN, SOFT_TISSUE, LUNG, BONE, CONSTANT_ANGLE",
    ),
    acquisition(
        (
            "ReconstructionAlgorithm",
            "@CTReconstructionSequence.ReconstructionAlgorithm",
            "@PETReconstructionSequence.ReconstructionAlgorithm",
        ),
        "string",
        modalities=CT | PT,
        comment="FILTER_BACK_PROJ, ITERATIVE, REPROJECTION, RAMLA, MLEM; enhanced objects",
    ),
    acquisition(
        (
            "ReconstructionDiameter",
            "@CTReconstructionSequence.ReconstructionDiameter",
            "@PETReconstructionSequence.ReconstructionDiameter",
        ),
        "double",
        modalities=CT | MR | NUCLEAR,
        unit="mm",
        comment="Diameter of the region that was reconstructed: the field of view",
    ),
    acquisition(
        (
            "ReconstructionFieldOfView",
            "@CTReconstructionSequence.ReconstructionFieldOfView",
            "@PETReconstructionSequence.ReconstructionFieldOfView",
        ),
        "double",
        modalities=CT | PT,
        unit="mm",
        many=True,
        comment="Width then height of the region that was reconstructed; enhanced objects",
    ),
    instance(
        (
            "ReconstructionTargetCenterPatient",
            "@CTPositionSequence.ReconstructionTargetCenterPatient",
            "@PETPositionSequence.ReconstructionTargetCenterPatient",
        ),
        "double",
        modalities=CT | PT,
        unit="mm",
        many=True,
        comment="Patient coordinates x, y, z of the centre of the reconstructed region",
    ),
)

DOSE = (
    ct(
        ("ExposureModulationType", "@CTExposureSequence.ExposureModulationType"),
        "string",
        comment="Dose modulation in the maker's words; NONE without it",
    ),
    ct(
        ("CTDIvol", "@CTExposureSequence.CTDIvol"),
        "double",
        column="ctdi_vol",
        aggregate="min_max",
        unit="mGy",
        comment="Volume CT dose index of the image, for ctdi_phantom_type; the exam's dose is in its report",
    ),
    *coded(
        ("CTDIPhantomTypeCodeSequence", "@CTExposureSequence.CTDIPhantomTypeCodeSequence"),
        "ctdi_phantom_type",
        "the phantom of ctdi_vol: 16 cm head or 32 cm body",
        "acquisition",
        modalities=CT,
    ),
    ct(
        ("WaterEquivalentDiameter", "@CTExposureSequence.WaterEquivalentDiameter"),
        "double",
        aggregate="min_max",
        unit="mm",
        comment="Diameter of the water cylinder that attenuates as the patient does",
    ),
    ct("MultienergyCTAcquisition", "string", column="multienergy_ct_acquisition", comment="YES for multi-energy CT"),
)

ATTRIBUTES = SCAN + RECONSTRUCTION + DOSE
