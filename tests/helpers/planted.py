"""A hospital whose people are in every text of it: made-up people of made-up names, planted to be searched for."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import warehouses
from frames import Row
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from eds_spark_imaging.dicom.declaration import ATTRIBUTES
from eds_spark_imaging.tables import Table, spec
from eds_spark_imaging.treatment import Treatment

CREATOR = "PLANTED"
SITE_ATTRIBUTE = {
    "sources": f"(0011,xx10)[{CREATOR}]",
    "kind": "string",
    "level": "series",
    "column": "site_text",
    "treatment": "mask",
}
_ASCII = str.maketrans("ûéïœÛÉÏŒ", "ueioUEIO")
_LETTERS = "bcdfglmnpr"


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    number: int

    @property
    def family(self) -> str:
        digits = f"{self.number:03d}"
        return "Zqûév" + "".join(_LETTERS[int(d)] + "o" for d in digits)

    @property
    def given(self) -> str:
        digits = f"{self.number:03d}"
        return "Xéwïl" + "".join(_LETTERS[int(d)] + "a" for d in digits)

    @property
    def ipp(self) -> str:
        return f"8077731{self.number:03d}"

    @property
    def nip(self) -> str:
        return f"5519927{self.number:03d}"

    @property
    def accession(self) -> str:
        return f"A66288{self.number:04d}"

    @property
    def nda(self) -> str:
        return f"33771{self.number:05d}"

    @property
    def birth(self) -> dt.date:
        return dt.date(1921, 3, 14) + dt.timedelta(days=97 * self.number)

    @property
    def exam(self) -> dt.datetime:
        return dt.datetime(2016, 1, 4, 8, 15, 33) + dt.timedelta(days=5 * self.number, minutes=7 * self.number)

    def uid(self, *parts: int) -> str:
        return ".".join(map(str, ("1.2.826.0.1", self.ipp, f"{self.birth:%Y%m%d}", *parts)))

    def text(self, vr: str) -> str:
        """Who it is, as long as the VR allows (PS3.5 table 6.2-1)."""
        if vr == "UI":
            return self.uid(9)
        if vr == "PN":
            return f"{self.family}^{self.given}"
        if vr in ("CS", "AE"):
            return self.family.translate(_ASCII).upper()
        if vr == "SH":
            return self.ipp if self.number % 2 else self.family
        return f"{self.given} {self.family} {self.ipp} {self.birth:%d/%m/%Y}"


def people(count: int) -> list[Person]:
    return [Person(number) for number in range(count)]


# What the jobs need to make exams of the files, and what many patients have in common.
_KEPT = {"SpecificCharacterSet", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "Modality"}


def _texts() -> Iterator[tuple[int, str]]:
    """Every element of the top level that is declared and holds text."""
    for attribute in ATTRIBUTES:
        for source in attribute.sources:
            step = source.steps[0]
            if len(source.steps) == 1 and not source.frame and not step.creator and step.tag >> 16 > 2:
                vr = dictionary_VR(step.tag)
                if vr in ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UI", "UT"):
                    yield step.tag, vr


def header(person: Person, series: int) -> Dataset:
    """The header of one file: a CT whose every text names the person."""
    data = Dataset()
    for tag, vr in _texts():
        if keyword_for_tag(tag) not in _KEPT:
            data.add_new(tag, vr, person.text(vr))
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.Modality = CTImageStorage, "CT"
    data.StudyInstanceUID = person.uid(1)
    data.SeriesInstanceUID = person.uid(1, series)
    data.SOPInstanceUID = person.uid(1, series, 1)
    data.PatientID, data.AccessionNumber, data.AdmissionID = person.ipp, person.accession, person.nda
    data.OtherPatientIDs = person.nip
    data.PatientBirthDate = f"{person.birth:%Y%m%d}"
    data.PatientSex = "FM"[person.number % 2]
    data.StudyDate, data.StudyTime = f"{person.exam:%Y%m%d}", f"{person.exam:%H%M%S}"
    data.SeriesDate = data.AcquisitionDate = data.ContentDate = data.StudyDate
    data.SeriesTime = data.AcquisitionTime = data.ContentTime = data.StudyTime
    data.Manufacturer, data.SeriesDescription = "ACME", "COMMON WORDS"
    data.KVP, data.SliceThickness = 120, 1.25
    request = Dataset()
    request.AccessionNumber, request.RequestedProcedureDescription = person.accession, person.text("LO")
    data.RequestAttributesSequence = [request]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = person.ipp, "99X", person.text("LO")
    data.ProcedureCodeSequence = [code]
    block = data.private_block(0x0011, CREATOR, create=True)
    block.add_new(0x10, "LO", person.text("LO"))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta = meta
    return data


_IDS = {"person_id": 7_000_000, "visit_occurrence_id": 33_000_000}
_OURS = {
    "link_status": "linked",
    "link_run": "1",
    "terms_run": "1",
    "link_method": "ipp",
    "study_datetime_quality": "complete",
    "hospital_rule": "none",
}
_COMMON = {"modality": "CT", "main_modality": "CT", "manufacturer": "ACME", "series_description": "COMMON WORDS"}


def row(table: Table, person: Person, number: int = 1) -> dict[str, Any]:
    """A row of a nominative table that names the person in every text; ``number`` tells rows of one exam apart."""
    values = {column.name: _value(column, person) for column in table}
    values |= {name: first + person.number for name, first in _IDS.items() if name in values}
    values |= {
        name: 10 * (44_000_000 + person.number) + number for name in table.keys if name.endswith("occurrence_id")
    }
    values |= {name: word for name, word in (_OURS | _COMMON).items() if name in values}
    values |= {"study_instance_uid": person.uid(1), "series_instance_uid": person.uid(1, number), "removed_at": None}
    values |= {"ipp": person.ipp, "patient_id": person.ipp, "accession_number": person.accession}
    values |= {
        "request_accession_number": [person.accession],
        "condition_code": ("I10", "E11+9", person.text("CS"))[number],
    }
    values |= {"patient_birth_date": person.birth, "patient_sex": "FM"[person.number % 2], "procedure_code": "ZBQK002"}
    return {name: value for name, value in values.items() if name in table.names}


def _value(column: spec.Column, person: Person) -> Any:
    if column.treated is Treatment.SHIFT and column.type == spec.STRING:
        return f"{person.exam:%H:%M:%S}.25"
    if column.values and column.type == spec.STRING:
        return str(next(iter(column.values)))
    if column.treated is Treatment.KEEP and column.type in (spec.STRING, spec.STRINGS):
        return "ours" if column.type == spec.STRING else ["ours"]
    return {
        spec.STRING: person.text("LO"),
        spec.STRINGS: [person.text("LO")],
        spec.DATE: person.exam.date(),
        spec.WALL_CLOCK: person.exam,
        spec.DOUBLE: 1.5,
        spec.BIGINT: 2,
        spec.INT: 2,
        spec.BOOLEAN: True,
    }.get(column.type)


def write_files(root: Path, everybody: Sequence[Person]) -> None:
    """Folders, files and archives named after the people; two series each."""
    for person in everybody:
        folder = root / f"{person.family} {person.given}" / f"{person.birth:%d-%m-%Y} {person.ipp}"
        folder.mkdir(parents=True)
        names = []
        for series in (1, 2):
            path = folder / f"{person.given}.{person.accession}.{series}.dcm"
            header(person, series).save_as(path, enforce_file_format=True)
            names.append(path)
        if person.number % 3 == 0:
            with zipfile.ZipFile(folder / f"{person.family}_{person.nip}.zip", "w") as archive:
                for path in names:
                    archive.write(path, f"{person.family}/{path.name}")
                    path.unlink()
        # What makes issues, quarantine and messages.
        odd = header(person, 3)
        odd.StudyInstanceUID = person.uid(2)
        odd.SeriesInstanceUID, odd.SOPInstanceUID = person.uid(2, 3), person.uid(2, 3, 1)
        odd.file_meta.MediaStorageSOPInstanceUID = odd.SOPInstanceUID
        path = folder / f"{person.family}.odd.dcm"
        odd.save_as(path, enforce_file_format=True)
        (folder / f"{person.ipp}.txt").write_text(person.text("LT") * 9, encoding="utf-8")


def write_warehouse(root: Path, everybody: Sequence[Person]) -> None:
    """A base centrale that names the people in every text too."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for person in everybody:
        start = person.exam.replace(tzinfo=ZoneInfo("Europe/Paris")) - dt.timedelta(days=1)
        planted = person.text("LO")
        ids = {"person_id": 7_000_000 + person.number, "visit_occurrence_id": 33_000_000 + person.number}
        tables["person"].append(
            {
                "person_id": ids["person_id"],
                "person_source_value": person.ipp,
                "year_of_birth": person.birth.year,
                "gender_source_value": "fm"[person.number % 2],
                "cdm_source": planted,
            }
        )
        tables["patient_identity"].append(
            {
                "ipp": person.ipp,
                "nip": person.nip,
                "birth_name": person.family,
                "used_name": person.family,
                "first_given_name": person.given,
                "birth_date": person.birth,
                "sex": "FM"[person.number % 2],
                "identity_status": planted,
            }
        )
        tables["visit_occurrence"].append(
            ids
            | {
                "visit_occurrence_source_value": person.nda,
                "visit_start_datetime": start,
                "visit_end_datetime": start + dt.timedelta(days=3),
                "visit_source_value": planted,
                "row_status_source_value": "Actif",
                "stay_source_value": planted,
                "cdm_source": planted,
            }
        )
        for number, code in enumerate(("I10", planted, "E11+9")):
            tables["condition_occurrence"].append(
                ids
                | {
                    "condition_occurrence_id": 10 * (44_000_000 + person.number) + number,
                    "condition_start_datetime": start,
                    "condition_source_value": code,
                    "condition_status_source_value": planted if number else "DP",
                    "row_status_source_value": "Actif",
                    "cdm_source": planted if number else "ORBIS",
                }
            )
        for number, code in enumerate(("ZBQK002", planted)):
            tables["procedure_occurrence"].append(
                ids
                | {
                    "procedure_occurrence_id": 10 * (55_000_000 + person.number) + number,
                    "procedure_datetime": start,
                    "procedure_source_value": code,
                    "row_status_source_value": "Actif",
                    "cdm_source": planted,
                }
            )
    warehouses.write_warehouse(root, **tables)
