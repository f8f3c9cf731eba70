"""Ultrasound (PS3.3 C.8.5.5 regions, C.8.5.6 image, C.8.24.3 enhanced)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import lifted
from eds_spark_imaging.dicom.declaration.modalities import CT, MR, PT, US, XA

us = partial(attribute, level="acquisition", modalities=US)
region = partial(lifted, "SequenceOfUltrasoundRegions", "region", level="acquisition", modalities=US, each=1)
UNITS = "0 none, 1 %, 2 dB, 3 cm, 4 s, 5 Hz, 6 dB/s, 7 cm/s, 8 cm2, 9 cm2/s, 10 cm3, 11 cm3/s, 12 degrees"

PROBE = (
    us("TransducerType", "string", comment="SECTOR_PHASED, SECTOR_MECH, LINEAR, CURVED LINEAR, IV ..."),
    us("TransducerData", "string", many=True, comment="Probe, in the maker's words", treatment="mask"),
    us(
        "TransducerIdentificationSequence.DeviceSerialNumber",
        "string",
        column="transducer_serial_number",
        many=True,
        each=1,
        comment="Serial numbers of the probes",
        treatment="pseudonym",
    ),
    us("ProcessingFunction", "string", comment="Preset of the machine, in the maker's words", treatment="mask"),
    us("DepthOfScanField", "double", unit="mm", comment="Depth of the scan"),
    us("UltrasoundColorDataPresent", "bigint", comment="1 with colour (Doppler) data, 0 without"),
    us("StageName", "string", comment="Stage of a stress exam; free text", treatment="allow_by_name"),
    us("ViewName", "string", comment="View of the heart or organ; free text", treatment="allow_by_name"),
    attribute(
        ("HeartRate", "@CardiacSynchronizationSequence.HeartRate"),
        "double",
        "acquisition",
        "min_max",
        modalities=US | MR | CT | PT | XA,
        unit="1/min",
        comment="Heart rate during the acquisition",
    ),
)

SAFETY = tuple(
    us(keyword, "double", aggregate="min_max", comment=comment)
    for keyword, comment in (
        ("MechanicalIndex", "Mechanical index of the output"),
        ("BoneThermalIndex", "Thermal index at bone (TIB)"),
        ("CranialThermalIndex", "Thermal index at the skull (TIC)"),
        ("SoftTissueThermalIndex", "Thermal index in soft tissue (TIS)"),
    )
)

# One value for each region of the image, in the order of the items.
REGIONS = (
    region(
        keyword="RegionSpatialFormat",
        kind="bigint",
        comment="0 none, 1 2D, 2 M-mode, 3 spectral, 4 wave form, 5 graphics",
    ),
    region(
        keyword="RegionDataType",
        kind="bigint",
        comment="1 tissue, 2 colour flow, 3 PW Doppler, 4 CW Doppler, 10 ECG, 13 grey bar, 14 colour bar ...",
    ),
    region(keyword="PhysicalUnitsXDirection", kind="bigint", comment=f"Units of region_physical_delta_x: {UNITS}"),
    region(keyword="PhysicalUnitsYDirection", kind="bigint", comment=f"Units of region_physical_delta_y: {UNITS}"),
    region(
        keyword="PhysicalDeltaX",
        kind="double",
        comment="Width of a pixel in region_physical_units_x_direction: 0.0256 with unit 3 is 0.256 mm",
    ),
    region(
        keyword="PhysicalDeltaY",
        kind="double",
        comment="Height of a pixel in region_physical_units_y_direction: 0.0256 with unit 3 is 0.256 mm",
    ),
    region(keyword="TransducerFrequency", kind="bigint", unit="kHz", comment="Frequencies of the probe"),
    region(keyword="PulseRepetitionFrequency", kind="bigint", unit="Hz", comment="Pulse repetition frequencies"),
    region(keyword="RegionLocationMinX0", kind="bigint", unit="pixel", comment="Left edges"),
    region(keyword="RegionLocationMinY0", kind="bigint", unit="pixel", comment="Upper edges"),
    region(keyword="RegionLocationMaxX1", kind="bigint", unit="pixel", comment="Right edges"),
    region(keyword="RegionLocationMaxY1", kind="bigint", unit="pixel", comment="Lower edges"),
)

ATTRIBUTES = PROBE + SAFETY + REGIONS
