"""What all files of an exam, or of a series, share whatever the modality (PS3.3 sections C.4, C.7.1 to C.7.5)."""

from __future__ import annotations

from eds_spark_imaging.synth.hospital.clock import dicom_date, dicom_time, utc_offset
from eds_spark_imaging.synth.hospital.model import SynthExam
from eds_spark_imaging.synth.recipes.recipe import Series, SeriesToWrite, Values, code
from eds_spark_imaging.synth.writers.dicom_writer import Elements

_REGION_CODES = {  # BodyPartExamined: SNOMED CT code and meaning (PS3.16 Annex L)
    "ABDOMEN": ("818981001", "Abdomen"),
    "ABDOMENPELVIS": ("818982008", "Abdomen and Pelvis"),
    "ANKLE": ("70258002", "Ankle joint"),
    "BREAST": ("76752008", "Breast"),
    "CHEST": ("816094009", "Chest"),
    "CHESTABDPELVIS": ("416775004", "Chest, Abdomen and Pelvis"),
    "HAND": ("85562004", "Hand"),
    "HEAD": ("69536005", "Head"),
    "HEART": ("80891009", "Heart"),
    "KNEE": ("72696002", "Knee"),
    "LEG": ("30021000", "Lower leg"),
    "LSPINE": ("122496007", "Lumbar spine"),
    "NECK": ("45048000", "Neck"),
    "PELVIS": ("816092008", "Pelvis"),
    "WHOLEBODY": ("38266002", "Entire body"),
}
# Elements that every third exam lacks altogether where they are empty; in the others they are there without value.
_LEFT_OUT = (
    "IssuerOfPatientID",
    "PatientBirthName",
    "SpecificCharacterSet",
    "InstitutionName",
    "TimezoneOffsetFromUTC",
)


def study_elements(exam: SynthExam, patient_id: str) -> Values:
    """Patient, study, equipment and order, the same in every series of one copy of an exam."""
    values = _patient(exam, patient_id) | _study(exam) | _equipment(exam) | _order(exam)
    left_out = () if exam.number % 3 else _LEFT_OUT
    return {key: value for key, value in values.items() if value or key not in left_out}


def _patient(exam: SynthExam, patient_id: str) -> Values:
    header = exam.header
    values: Values = {
        "PatientName": header.patient_name,
        "PatientID": patient_id,
        "IssuerOfPatientID": header.issuer,
        "PatientBirthDate": header.birth_date,
        "PatientSex": header.sex,
        "PatientBirthName": header.birth_name,
        "PatientAge": _age(exam),
    }
    if header.other_ids and exam.hospital.order % 2:
        values["OtherPatientIDsSequence"] = [
            {"PatientID": text, "IssuerOfPatientID": "APHP", "TypeOfPatientID": "TEXT"} for text in header.other_ids
        ]
    elif header.other_ids:
        values["OtherPatientIDs"] = header.other_ids
    if exam.person is None and exam.number % 2:
        values["QualityControlSubject"] = "YES"
    return values


def _age(exam: SynthExam) -> str:
    """PatientAge (AS) as the machine works it out from the birth date in its header."""
    birth = exam.header.birth_date
    if len(birth) != 8:
        return ""
    clock = exam.header.clock
    years = clock.year - int(birth[:4]) - (f"{clock:%m%d}" < birth[4:])
    return f"{years:03d}Y" if 2 <= years <= 150 else ""


def _study(exam: SynthExam) -> Values:
    header = exam.header
    values: Values = {
        "SpecificCharacterSet": exam.device.charset,
        "StudyInstanceUID": exam.uid,
        "StudyID": str(exam.number % 100_000),
        "StudyDate": header.study_date,
        "StudyTime": header.study_time,
        "StudyDescription": header.description,
        "AccessionNumber": header.accession,
        "ReferringPhysicianName": "",
        "PerformedProcedureStepDescription": header.description,
        "PerformedProcedureStepStartDate": header.study_date,
        "PerformedProcedureStepStartTime": header.study_time,
    }
    if exam.hospital.order % 4 == 0 and not set(exam.defects) & {"utc_shift", "time_absent"}:
        hours = int(utc_offset(header.clock).total_seconds()) // 3600
        values["TimezoneOffsetFromUTC"] = f"+{max(hours, 1):02d}00"
    return values


def _equipment(exam: SynthExam) -> Values:
    device = exam.device
    return {
        "Manufacturer": device.manufacturer,
        "ManufacturerModelName": device.model,
        "InstitutionName": device.institution,
        "InstitutionalDepartmentName": exam.department.name,
        "StationName": device.station,
        "PerformedStationAETitle": device.ae_title,
        "PerformedStationName": device.station,
        "DeviceSerialNumber": device.serial,
        "SoftwareVersions": device.software,
    }


def _order(exam: SynthExam) -> Values:
    """What the worklist gave: the RIS's own procedure code, the request, the visit file and who issues the numbers."""
    header, hospital = exam.header, exam.hospital
    values: Values = {
        "RequestedProcedureDescription": header.description,
        "ProcedureCodeSequence": code(
            f"{exam.kind.modality}{hospital.order}{len(exam.kind.name):02d}", "99RIS", exam.kind.label
        ),
    }
    if header.admission_id:
        values["AdmissionID"] = header.admission_id
        if hospital.order % 2:
            values["IssuerOfAdmissionIDSequence"] = _issuer(hospital.trigram)
    if header.service_episode_id:
        values["ServiceEpisodeID"] = header.service_episode_id
    if not header.accession:
        return values
    if hospital.order % 3 == 1:
        request: Values = {"RequestedProcedureID": header.accession, "ScheduledProcedureStepID": f"S{exam.number}"}
        values["RequestAttributesSequence"] = [request | {"RequestedProcedureDescription": header.description}]
    elif hospital.order % 3 == 2:
        values["FillerOrderNumberImagingServiceRequest"] = header.accession
        values["RequestedProcedureID"] = f"RP{exam.number}"
        values["IssuerOfAccessionNumberSequence"] = _issuer(hospital.trigram)
    return values


def _issuer(name: str) -> list[Elements]:
    """HL7v2 hierarchic designator (PS3.3 section 10.14)."""
    return [{"LocalNamespaceEntityID": name}]


def series_elements(context: SeriesToWrite, series: Series, series_uid: str) -> Values:
    """Series, frame of reference, dates and anatomy of one series."""
    exam, day = context.exam, dicom_date(context.start)
    values: Values = {
        "SOPClassUID": series.sop_class,
        "Modality": series.modality,
        "SeriesDate": day,
        "SeriesTime": "" if exam.header.without_times else dicom_time(context.start),
        "SeriesDescription": context.kind.description,
        "ProtocolName": exam.kind.protocol,
        "SeriesInstanceUID": series_uid,
        "SeriesNumber": context.number if series.pixels else 900 + context.number,
        "ContentDate": day,
        "InstanceCreationDate": day,
    }
    if not series.pixels:
        return values
    values |= {
        "BodyPartExamined": exam.header.body_part,
        "AcquisitionDate": day,
        "AcquisitionNumber": context.number,
    }
    if exam.device.codes_anatomy and exam.person:
        region, meaning = _REGION_CODES[exam.kind.region]
        values["AnatomicRegionSequence"] = code(region, "SCT", meaning)
    if series.modality in ("CT", "MR", "PT"):
        values["FrameOfReferenceUID"] = f"{context.first_series}.1"
    return values
