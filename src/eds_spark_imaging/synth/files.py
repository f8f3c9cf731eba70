"""From an exam to its DICOM files: the headers that all series share, the series of its kind, paths and bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from eds_spark_imaging.synth import recipes_ct_mr, recipes_nuclear, recipes_other, recipes_xray_us  # noqa: F401
from eds_spark_imaging.synth.clock import dicom_date, dicom_time, utc_offset
from eds_spark_imaging.synth.dicom_writer import (
    EXPLICIT,
    IMPLICIT,
    JPEG_BASELINE,
    Encapsulated,
    Encoder,
    Pieces,
    file_start,
    join,
)
from eds_spark_imaging.synth.exams import SeriesKind
from eds_spark_imaging.synth.hospitals import Hospital
from eds_spark_imaging.synth.model import Exam
from eds_spark_imaging.synth.recipes import RECIPES, SIDE, Context, Series, Values
from eds_spark_imaging.synth.register import Register

_JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file: its path below the output folder, UIDs, size in bytes."""

    path: str
    study_uid: str
    series_uid: str
    sop_uid: str
    modality: str
    size: int


def source_folder(hospital: Hospital, archive: int) -> str:
    """Folder of one PACS of a hospital, below the output folder."""
    return f"dicom/{hospital.trigram}" if archive == 1 else f"dicom/{hospital.trigram}-{archive}"


@dataclass(slots=True)
class FileWriter:
    """Writes the files of exams below one folder."""

    out: Path
    register: Register
    seed: int
    instances: int

    def write(self, exam: Exam) -> Iterator[WrittenFile]:
        """All files of an exam, in each PACS that holds it."""
        yield from self._copy(exam, exam.archive, exam.header.patient_id)
        if exam.reload_id is not None:
            yield from self._copy(exam, 2, exam.reload_id)

    def _copy(self, exam: Exam, archive: int, patient_id: str) -> Iterator[WrittenFile]:
        rng = Random(f"{self.seed}/files/{exam.number}")
        opaque = self.register.uid("folder", archive, exam.number)[5:21]
        folder = f"{source_folder(exam.hospital, archive)}/{exam.when:%Y/%m}/{opaque}"
        os.makedirs(self.out / folder, exist_ok=True)
        device = exam.device
        encoder = Encoder(device.explicit, device.codec, device.undefined_lengths)
        study = encoder.pieces(_study_elements(exam) | {"PatientID": patient_id})
        serial = 0
        for number, kind in enumerate(exam.kind.series, start=1):
            count = 1 if kind.single else rng.randint(max(1, self.instances - 1), self.instances)
            start = exam.header.clock + timedelta(minutes=3 * number)
            series = RECIPES[kind.recipe](Context(exam, kind, rng, count, start))
            for written in self._series(exam, encoder, study, series, kind, number, folder, serial):
                serial += 1
                yield written

    def _series(
        self,
        exam: Exam,
        encoder: Encoder,
        study: Pieces,
        series: Series,
        kind: SeriesKind,
        number: int,
        folder: str,
        serial: int,
    ) -> Iterator[WrittenFile]:
        series_uid = self.register.uid("series", exam.number, number)
        shared = study | encoder.pieces(series.shared | _series_elements(exam, series, kind, number, series_uid))
        syntax = EXPLICIT if encoder.explicit else IMPLICIT
        if series.pixels:
            compressed = series.compressed and encoder.explicit
            syntax = JPEG_BASELINE if compressed else syntax
            shared |= encoder.pieces({"PixelData": Encapsulated(_JPEG) if compressed else _raw_pixels(series.shared)})
        for k, varying in enumerate(series.varying, start=1):
            sop_uid = self.register.uid("instance", exam.number, number, k)
            own: Values = varying | {"SOPInstanceUID": sop_uid, "InstanceNumber": k}
            data = file_start(series.sop_class, sop_uid, syntax) + join(shared, encoder.pieces(own))
            path = f"{folder}/{_file_name(exam.hospital, serial + k, sop_uid)}"
            with open(self.out / path, "wb", buffering=0) as file:
                file.write(data)
            yield WrittenFile(path, exam.uid, series_uid, sop_uid, series.modality, len(data))


def _file_name(hospital: Hospital, serial: int, sop_uid: str) -> str:
    """As each PACS names files: running numbers with or without letters, or opaque names with an extension."""
    return f"{hospital.file_prefix}{serial:06d}" if hospital.file_prefix else f"{sop_uid[-16:]}.dcm"


def _raw_pixels(shared: Values) -> bytes:
    frames, bits, samples = (shared.get(k, 1) for k in ("NumberOfFrames", "BitsAllocated", "SamplesPerPixel"))
    assert isinstance(frames, int) and isinstance(bits, int) and isinstance(samples, int)  # noqa: S101, PT018
    return bytes(SIDE * SIDE * frames * samples * bits // 8)


def _study_elements(exam: Exam) -> Values:
    """Patient, study, equipment and order, the same in every series."""
    header, device = exam.header, exam.device
    values: Values = {
        "SpecificCharacterSet": device.charset,
        "StudyDate": header.study_date,
        "StudyTime": header.study_time,
        "AccessionNumber": header.accession,
        "Manufacturer": device.manufacturer,
        "InstitutionName": device.institution,
        "ReferringPhysicianName": "",
        "StationName": device.station,
        "StudyDescription": header.description,
        "InstitutionalDepartmentName": exam.department.name,
        "ManufacturerModelName": device.model,
        "PatientName": header.patient_name,
        "PatientID": header.patient_id,
        "IssuerOfPatientID": header.issuer,
        "PatientBirthDate": header.birth_date,
        "PatientSex": header.sex,
        "PatientBirthName": header.birth_name,
        "PatientAge": _age(exam),
        "DeviceSerialNumber": device.serial,
        "SoftwareVersions": device.software,
        "StudyInstanceUID": exam.uid,
        "StudyID": str(exam.number % 100_000),
        "PerformedStationAETitle": device.ae_title,
        "PerformedProcedureStepDescription": header.description,
        "PerformedProcedureStepStartDate": header.study_date,
        "PerformedProcedureStepStartTime": header.study_time,
        "RequestedProcedureDescription": header.description,
        "ProcedureCodeSequence": [
            {
                "CodeValue": f"{exam.kind.modality}{exam.hospital.order}{len(exam.kind.name):02d}",
                "CodingSchemeDesignator": "99RIS",
                "CodeMeaning": exam.kind.descriptions[0].replace("{side} ", ""),
            }
        ],
    }
    if header.other_ids:
        values["OtherPatientIDs"] = header.other_ids
    if header.admission_id:
        values["AdmissionID"] = header.admission_id
    if header.service_episode_id:
        values["ServiceEpisodeID"] = header.service_episode_id
    if exam.hospital.order % 3 == 1 and header.accession:
        values["RequestAttributesSequence"] = [
            {"RequestedProcedureID": header.accession, "ScheduledProcedureStepID": f"S{exam.number}"}
        ]
    if exam.hospital.order % 4 == 0 and not set(exam.defects) & {"utc_shift", "time_absent"}:
        minutes = int(utc_offset(header.clock).total_seconds()) // 60
        values["TimezoneOffsetFromUTC"] = f"+{minutes // 60:02d}{minutes % 60:02d}"
    absent = () if exam.number % 3 else ("IssuerOfPatientID", "PatientBirthName", "SpecificCharacterSet", "InstitutionName")
    return {key: value for key, value in values.items() if value or key not in absent}


def _age(exam: Exam) -> str:
    """PatientAge (AS) as the machine works it out from the birth date in its header."""
    birth = exam.header.birth_date
    if len(birth) != 8:
        return ""
    years = exam.header.clock.year - int(birth[:4])
    return f"{years:03d}Y" if 2 <= years <= 150 else ""


def _series_elements(exam: Exam, series: Series, kind: SeriesKind, number: int, series_uid: str) -> Values:
    start = exam.header.clock + timedelta(minutes=3 * number)
    values: Values = {
        "SOPClassUID": series.sop_class,
        "Modality": series.modality,
        "SeriesDate": dicom_date(start),
        "SeriesDescription": kind.description,
        "ProtocolName": exam.kind.descriptions[-1].replace("{side} ", ""),
        "SeriesInstanceUID": series_uid,
        "SeriesNumber": number if series.pixels else 900 + number,
        "ContentDate": dicom_date(start),
        "SeriesTime": "" if exam.header.without_times else dicom_time(start),
    }
    if series.pixels:
        values |= {"BodyPartExamined": exam.header.body_part, "AcquisitionDate": dicom_date(start), "AcquisitionNumber": number}
    return values
