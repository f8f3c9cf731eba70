"""Who and what: file meta information, UIDs, and the patient as the header names them.

Sources: PS3.10 section 7.1 (file meta), PS3.3 C.12.1 (SOP common), C.7.1.1 (patient), C.7.2.2 (patient study).
"""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import lifted

study = partial(attribute, level="study")
series = partial(attribute, level="series")
instance = partial(attribute, level="instance")
qualifier = partial(lifted, "IssuerOfPatientIDQualifiersSequence", "issuer_of_patient_id", kind="string", level="study")
other_id = partial(
    lifted, "OtherPatientIDsSequence", "other_patient_ids", kind="string", level="study", each=1, identifying=True
)

FILE_META = (
    instance(
        "MediaStorageSOPClassUID",
        "string",
        comment="SOP class that the file meta information announces; sop_class_uid is the data set's own",
        treatment="mask",
    ),
    instance(
        "MediaStorageSOPInstanceUID",
        "string",
        identifying=True,
        comment="SOP instance that the file meta information announces; differs from sop_instance_uid in altered files",
    ),
    series(
        "TransferSyntaxUID",
        "string",
        comment="How the file is encoded and its pixels compressed, as a UID",
        treatment="mask",
    ),
    series("ImplementationClassUID", "string", comment="Software that wrote the file, as a UID", treatment="mask"),
    series(
        "ImplementationVersionName",
        "string",
        comment="Software that wrote the file, as a version name",
        treatment="mask",
    ),
    series(
        "SourceApplicationEntityTitle",
        "string",
        comment="AE title of the node that wrote or sent the file: helps to find the hospital",
        treatment="pseudonym",
    ),
)

UIDS = (
    instance("SOPInstanceUID", "string", identifying=True, comment="Unique identifier of the object"),
    series(
        "SOPClassUID",
        "string",
        comment="Kind of object, as a UID: CT image, enhanced MR image, dose report ...",
        treatment="mask",
    ),
    study("StudyInstanceUID", "string", identifying=True, comment="Unique identifier of the exam"),
    series("SeriesInstanceUID", "string", identifying=True, comment="Unique identifier of the series"),
    series(
        "FrameOfReferenceUID",
        "string",
        identifying=True,
        comment="Images with the same value share one patient coordinate system",
    ),
    instance(
        ("IrradiationEventUID", "@IrradiationEventIdentificationSequence.IrradiationEventUID"),
        "string",
        many=True,
        identifying=True,
        comment="Irradiations that made the image: the key to the events of the dose report",
    ),
    instance(
        "SpecificCharacterSet",
        "string",
        many=True,
        comment="Character sets that the file declares for its texts; null means ASCII",
    ),
)

PATIENT = (
    study(
        "PatientID", "string", identifying=True, comment="Patient identifier as stored: the IPP, or what stands there"
    ),
    study("IssuerOfPatientID", "string", comment="Authority that issued patient_id", treatment="mask"),
    qualifier(keyword="UniversalEntityID", comment="Authority that issued patient_id, as a universal identifier"),
    qualifier(
        keyword="UniversalEntityIDType",
        comment="Kind of issuer_of_patient_id_universal_entity_id: DNS, EUI64, ISO (an OID), URI, UUID, X400, X500",
    ),
    qualifier(
        keyword="IdentifierTypeCode", comment="HL7 table 0203 type of patient_id: PI internal, NH health card ..."
    ),
    study(
        "OtherPatientIDs",
        "string",
        column="other_patient_ids",
        many=True,
        identifying=True,
        comment="Other identifiers of the patient, without issuer (retired element, still written by older systems)",
    ),
    other_id(keyword="PatientID", comment="Other identifiers of the patient, one for each item"),
    other_id(keyword="IssuerOfPatientID", comment="Authorities that issued the other identifiers, one for each item"),
    other_id(keyword="TypeOfPatientID", comment="What carries the other identifiers: TEXT, RFID or BARCODE"),
    study("PatientName", "string", identifying=True, comment="Patient name, components separated by ^: family^given"),
    study("OtherPatientNames", "string", many=True, identifying=True, comment="Other names of the patient"),
    study("PatientBirthName", "string", identifying=True, comment="Birth name of the patient"),
    study(
        "PatientBirthDate",
        "date",
        identifying=True,
        comment="Birth date as stored; 1 January may mean unknown",
        treatment="generalise",
    ),
    study("PatientSex", "string", comment="Sex as stored: M, F, O (other)"),
    study(
        "PatientAge",
        "age",
        unit="a",
        comment="Age at the exam, in years; 018M is 1.5. Often absent: prefer the birth date",
        treatment="generalise",
    ),
    study(
        "PatientSize",
        "double",
        unit="m",
        comment="Height of the patient, as typed at the machine",
        treatment="generalise",
    ),
    study(
        "PatientWeight",
        "double",
        unit="kg",
        comment="Weight of the patient, as typed at the machine",
        treatment="generalise",
    ),
    study(
        "QualityControlSubject",
        "string",
        comment="YES for a phantom or a volunteer scanned for quality control instead of a patient",
    ),
    study("PatientIdentityRemoved", "string", comment="YES when the object was de-identified before it was stored"),
)

ATTRIBUTES = FILE_META + UIDS + PATIENT
