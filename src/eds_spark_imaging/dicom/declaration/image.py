"""What every image has: numbers, times, geometry, pixel format and display.

Sources: PS3.3 C.7.6.1 (general image), C.7.6.2 (image plane), C.7.6.3 (pixels), C.7.6.16.2 (functional groups),
C.11 (look-up tables), 10.7 (pixel spacing of projections), C.12.1 (SOP common).
"""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute

series = partial(attribute, level="series")
acquisition = partial(attribute, level="acquisition")
instance = partial(attribute, level="instance")

NUMBERS = (
    instance("InstanceNumber", "bigint", comment="Number of the image in the series, not unique"),
    series(
        ("AcquisitionNumber", "@FrameContentSequence.FrameAcquisitionNumber"),
        "bigint",
        comment="Number of the data gathering that the image comes from",
    ),
    acquisition(
        "NumberOfFrames", "bigint", aggregate="min_max", comment="Frames in the object; null for classic single images"
    ),
    acquisition(
        "ImagesInAcquisition",
        "bigint",
        comment="Images that resulted from the acquisition, which may be in several series",
    ),
    instance(
        ("TemporalPositionIdentifier", "@FrameContentSequence.TemporalPositionIndex"),
        "bigint",
        comment="Rank in time of the image in a dynamic series, from 1",
    ),
)

TIMES = (
    series("AcquisitionDate", "date", aggregate="min_max", comment="Date the image data were acquired"),
    series(
        "AcquisitionTime",
        "time",
        aggregate="min_max",
        comment="Time the image data were acquired; over midnight, min and max are not first and last: see"
        " first_acquired_at",
    ),
    series(
        ("AcquisitionDateTime", "@FrameContentSequence.FrameAcquisitionDateTime"),
        "datetime",
        aggregate="min_max",
        comment="Date and time of acquisition, mostly of enhanced objects; classic ones have the pair of columns",
    ),
    series("ContentDate", "date", aggregate="min_max", comment="Date the image, report or measurement was made"),
    series(
        "ContentTime",
        "time",
        aggregate="min_max",
        comment="Time the image, report or measurement was made; over midnight, min and max are not first and last",
    ),
    instance("InstanceCreationDate", "date", comment="Date the object was written"),
    instance("InstanceCreationTime", "time", comment="Time the object was written"),
    acquisition(
        "AcquisitionDuration", "double", unit="s", comment="Time that the acquisition took, as the machine measured it"
    ),
)

# Spacing of slices and their thickness are two things; neither stands in for the other.
GEOMETRY = (
    acquisition("Rows", "bigint", unit="pixel", comment="Height of the image"),
    acquisition("Columns", "bigint", unit="pixel", comment="Width of the image"),
    acquisition(
        ("PixelSpacing", "@PixelMeasuresSequence.PixelSpacing"),
        "double",
        unit="mm",
        many=True,
        comment="Distance between pixel centres in the patient: between rows, then between columns",
    ),
    acquisition(
        "PixelSpacingCalibrationType", "string", comment="How pixel_spacing was calibrated: GEOMETRY or FIDUCIAL"
    ),
    acquisition(
        ("SliceThickness", "@PixelMeasuresSequence.SliceThickness"),
        "double",
        unit="mm",
        comment="Nominal thickness of a slice; not the distance between slices",
    ),
    acquisition(
        ("SpacingBetweenSlices", "@PixelMeasuresSequence.SpacingBetweenSlices"),
        "double",
        unit="mm",
        comment="Distance between slice centres as stored, negative in some NM; not filled from the thickness",
    ),
    acquisition(
        "SliceLocation", "double", aggregate="min_max", unit="mm", comment="Position along the scan, zero is arbitrary"
    ),
    instance(
        ("ImagePositionPatient", "@PlanePositionSequence.ImagePositionPatient"),
        "double",
        unit="mm",
        many=True,
        comment="Patient coordinates x, y, z (to the left, back, head) of the centre of the first pixel",
    ),
    instance(
        ("ImageOrientationPatient", "@PlaneOrientationSequence.ImageOrientationPatient"),
        "double",
        many=True,
        comment="Direction cosines in the patient of the rows (3 values), then of the columns (3 values)",
    ),
    instance(
        "@PlanePositionSequence.ImagePositionPatient",
        "double",
        column="frame_positions",
        unit="mm",
        many=True,
        frames=3,
        comment="Positions of all frames of a multi-frame object, as image_position_patient; repeated ones once",
    ),
    instance(
        "@PlaneOrientationSequence.ImageOrientationPatient",
        "double",
        column="frame_orientations",
        many=True,
        frames=6,
        comment="Orientations of all frames of a multi-frame object, as image_orientation_patient; repeated ones once",
    ),
    instance(
        "@PixelMeasuresSequence.PixelSpacing",
        "double",
        column="frame_pixel_spacings",
        unit="mm",
        many=True,
        frames=2,
        comment="Pixel spacings of all frames of a multi-frame object, as pixel_spacing; repeated ones once",
    ),
    instance(
        ("PatientOrientation", "@PatientOrientationInFrameSequence.PatientOrientation"),
        "string",
        many=True,
        comment="Where the rows, then the columns point: L, R, A, P, H, F and combinations",
    ),
)

PIXELS = (
    acquisition(
        "PhotometricInterpretation", "string", comment="Meaning of pixel values: MONOCHROME2, RGB, YBR_FULL_422 ..."
    ),
    instance("SamplesPerPixel", "bigint", comment="Planes of the image: 1 grey, 3 colour"),
    instance("PlanarConfiguration", "bigint", comment="Order of colour samples: 0 pixel by pixel, 1 plane by plane"),
    instance("BitsAllocated", "bigint", unit="bit", comment="Size of a stored sample"),
    instance("BitsStored", "bigint", unit="bit", comment="Used size of a stored sample"),
    instance("PixelRepresentation", "bigint", comment="0 unsigned, 1 signed samples"),
    instance("BurnedInAnnotation", "string", comment="YES when the pixels hold text that may identify the patient"),
    instance("RecognizableVisualFeatures", "string", comment="YES when the pixels may show a face or the like"),
    instance("QualityControlImage", "string", comment="YES for an image of a phantom, BOTH for phantom and patient"),
    instance(
        "LossyImageCompression", "string", comment="01 when the image has ever been lossy compressed, 00 when not"
    ),
    instance("LossyImageCompressionRatio", "double", many=True, comment="Compression ratios, one for each lossy step"),
    instance(
        "LossyImageCompressionMethod", "string", many=True, comment="Compression methods, one for each lossy step"
    ),
    instance(
        (
            "DerivationDescription",
            "@DerivationImageSequence.DerivationDescription",
            "@XAXRFFrameCharacteristicsSequence.DerivationDescription",
        ),
        "string",
        comment="How the image was derived from others; free text",
    ),
)

DISPLAY = (
    instance(
        ("RescaleIntercept", "@PixelValueTransformationSequence.RescaleIntercept"),
        "double",
        comment="Output value of a stored zero, in the unit of rescale_type",
    ),
    instance(
        ("RescaleSlope", "@PixelValueTransformationSequence.RescaleSlope"),
        "double",
        comment="Output units for each stored unit; differs from slice to slice in PET",
    ),
    instance(
        ("RescaleType", "@PixelValueTransformationSequence.RescaleType"),
        "string",
        comment="Unit of the output values: HU Hounsfield, US unspecified ...",
        treatment="mask",
    ),
    instance(
        ("WindowCenter", "@FrameVOILUTSequence.WindowCenter"),
        "double",
        many=True,
        comment="Centres of the display windows, in output values",
    ),
    instance(
        ("WindowWidth", "@FrameVOILUTSequence.WindowWidth"),
        "double",
        many=True,
        comment="Widths of the display windows, in output values",
    ),
    instance(
        ("WindowCenterWidthExplanation", "@FrameVOILUTSequence.WindowCenterWidthExplanation"),
        "string",
        many=True,
        comment="Names of the display windows: BONE, LUNG ...",
        treatment="allow_by_name",
    ),
    instance(
        ("VOILUTFunction", "@FrameVOILUTSequence.VOILUTFunction"),
        "string",
        column="voi_lut_function",
        comment="Shape of the display windows: LINEAR, LINEAR_EXACT or SIGMOID",
    ),
)

ATTRIBUTES = NUMBERS + TIMES + GEOMETRY + PIXELS + DISPLAY
