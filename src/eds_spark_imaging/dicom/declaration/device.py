"""The machine and the place (PS3.3 C.7.5.1, general equipment; C.8.6.1, secondary capture equipment)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded

series = partial(attribute, level="series")

PLACE = (
    series(
        "InstitutionName",
        "string",
        comment="Hospital as configured at the machine; spelling varies over time",
        treatment="drop",
    ),
    *coded("InstitutionCodeSequence", "institution", "the hospital", "series"),
    series(
        "InstitutionAddress", "string", comment="Address of the hospital as configured at the machine", treatment="drop"
    ),
    series(
        "InstitutionalDepartmentName",
        "string",
        comment="Department as configured at the machine",
        treatment="allow_by_name",
    ),
    series(
        "StationName",
        "string",
        comment="Name of the machine or workstation, as configured by the site",
        treatment="pseudonym",
    ),
)

DEVICE = (
    series(
        "Manufacturer",
        "string",
        comment="Maker of the machine; spelling varies (GE MEDICAL SYSTEMS, Siemens Healthineers)",
        treatment="mask",
    ),
    series("ManufacturerModelName", "string", comment="Model of the machine", treatment="mask"),
    series(
        "DeviceSerialNumber",
        "string",
        comment="Serial number of the machine: the best key of a device",
        treatment="pseudonym",
    ),
    series("DeviceUID", "string", comment="Identifier of the machine as a UID", treatment="pseudonym"),
    series("SoftwareVersions", "string", many=True, comment="Software versions of the machine", treatment="mask"),
    series("GantryID", "string", comment="Identifier of the gantry", treatment="pseudonym"),
    series("DetectorID", "string", comment="Identifier or serial number of the X-ray detector", treatment="pseudonym"),
    series("PlateID", "string", comment="Identifier of the phosphor plate (CR)", treatment="pseudonym"),
    series("CassetteID", "string", comment="Identifier of the cassette (CR)", treatment="pseudonym"),
    series("GeneratorID", "string", comment="Identifier of the X-ray generator", treatment="pseudonym"),
    series("DateOfLastCalibration", "date", comment="Date the machine was last calibrated", treatment="drop"),
    series("TimeOfLastCalibration", "time", comment="Time the machine was last calibrated", treatment="drop"),
    series("SpatialResolution", "double", unit="mm", comment="Smallest detail that the device resolves"),
)

CAPTURE = (
    series(
        "ConversionType", "string", comment="How a secondary capture was made: DV video, SD scanned document, WSD ..."
    ),
    series(
        "SecondaryCaptureDeviceID",
        "string",
        comment="Identifier of the device that captured the image",
        treatment="pseudonym",
    ),
    series(
        "SecondaryCaptureDeviceManufacturer",
        "string",
        comment="Maker of the device that captured the image",
        treatment="mask",
    ),
    series(
        "SecondaryCaptureDeviceManufacturerModelName",
        "string",
        comment="Model of the device that captured the image",
        treatment="mask",
    ),
    series(
        "SecondaryCaptureDeviceSoftwareVersions",
        "string",
        many=True,
        comment="Software versions of the device that captured the image",
        treatment="mask",
    ),
)

ATTRIBUTES = PLACE + DEVICE + CAPTURE
