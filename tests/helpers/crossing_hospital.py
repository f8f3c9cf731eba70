"""A hospital group as rows, for crossings alone: exams, the tables of the base centrale, and which pairs are true.

It shares no code with the crossing, nor with the project's synthetic hospital: another view of how visits, acts and
reports are recorded, and of what goes wrong. Everybody in it is plainly synthetic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from frames import Row, rows
from warehouses import write_warehouse

STUDY = (
    "study_instance_uid patient_id study_datetime study_datetime_quality hospital_code main_modality modalities"
    " study_description accession_number admission_id service_episode_id"
)
SERIES = "study_instance_uid series_datetime body_part_examined"


class Sort(NamedTuple):
    """A sort of exam: its act, the words for it, BodyPartExamined; ``weight`` is how often it is done."""

    modality: str
    act: str
    label: str
    part: str
    weight: int
    note_class: str = "CR-IMAG"
    words: str = ""


SORTS = (
    Sort("DX", "ZBQK002", "RADIOGRAPHIE DU THORAX", "CHEST", 14, words="RADIO POUMONS FACE"),
    Sort("CR", "NFQK001", "RADIOGRAPHIE DU GENOU", "KNEE", 5, words="GENOU FACE PROFIL"),
    Sort("DX", "NGQK001", "RADIOGRAPHIE DE LA CHEVILLE", "ANKLE", 4),
    Sort("DX", "MDQK001", "RADIOGRAPHIE DE LA MAIN", "HAND", 4),
    Sort("CT", "ACQK001", "SCANNER CEREBRAL SANS INJECTION", "HEAD", 7, words="TDM CRANE"),
    Sort("CT", "ZBQK001", "SCANNER THORACIQUE SANS INJECTION", "CHEST", 5, words="TDM THORAX"),
    Sort("CT", "ZBQH001", "SCANNER THORACIQUE INJECTE", "CHEST", 4, words="TDM THORAX IV"),
    Sort("CT", "ZCQH001", "SCANNER ABDOMINO-PELVIEN AVEC INJECTION", "ABDOMENPELVIS", 7, words="TDM AP IV"),
    Sort("MR", "ACQN001", "IRM CEREBRALE", "BRAIN", 5, words="IRM ENCEPHALE"),
    Sort("MR", "ACQJ002", "IRM CEREBRALE INJECTEE", "BRAIN", 3, words="IRM CEREBRALE GADO"),
    Sort("MR", "LHQN001", "IRM DU RACHIS", "SPINE", 4, words="IRM RACHIS LOMBAIRE"),
    Sort("US", "ZCQM008", "ECHOGRAPHIE ABDOMINALE", "ABDOMEN", 7, words="ECHO ABDO"),
    Sort("US", "DZQM006", "ECHOCARDIOGRAPHIE", "HEART", 6, "CR-ECHO-COEUR", "ETT"),
    Sort("US", "EJQM003", "DOPPLER VEINEUX DES MEMBRES INFERIEURS", "LEG", 3, "CR-DOP-MI"),
    Sort("MG", "QEQK001", "MAMMOGRAPHIE BILATERALE", "BREAST", 3),
    Sort("XA", "DDQH009", "CORONAROGRAPHIE", "HEART", 2, "CR-CORO"),
    Sort("NM", "PAQL002", "SCINTIGRAPHIE OSSEUSE", "WHOLEBODY", 2),
)
CHEST, ABDOMEN = SORTS[6], SORTS[7]
PET_CT = Sort("PT", "ZZQL016", "TEP-TDM CORPS ENTIER", "WHOLEBODY", 3)
BOTH = Sort("CT", "ZZQH033", "SCANNER THORACO-ABDOMINO-PELVIEN", "CHESTABDPELVIS", 0, words="TDM TAP")
_VISIT_DEFECTS = (
    (0.02, "visit_absent"), (0.04, "visit_deleted"), (0.06, "visit_open_for_years"), (0.09, "visit_without_end"),
)  # fmt: skip
_TIMES = ("procedure_datetime", "note_datetime")
_HOSPITALS = (("014", "APR"), ("028", "ABC"), ("095", "AVC"), ("005", "BJN"))
_KINDS = (  # words of the base centrale, share, longest stay in hours, exams
    ("consultation externe", 44, 4, 0.8),
    ("hospitalisés", 28, 24 * 14, 2.4),
    ("hospitalisation incomplète", 12, 9, 0.9),
    ("urgences", 16, 20, 1.2),
)


@dataclass
class Made:
    """A hospital: exams, series, tables of the base centrale, true pairs by what is crossed, defects of each exam."""

    studies: list[Row] = field(default_factory=list)
    series: list[Row] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    truth: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))
    defects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Visit:
    """A visit as it was; ``row`` is what the table has of it, None where it never got there or was deleted."""

    person: int
    hospital: int
    start: datetime
    end: datetime
    number: str
    row: int | None
    defect: str | None = None


class Maker:
    """Makes one hospital group, patient by patient."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.made = Made()
        self.ids = {name: count(start) for name, start in (("visit", 10**6), ("act", 10**7), ("note", 10**8))}
        self.numbers, self.uids = count(1), count(1)
        self.accessions: list[str] = []

    def group(self) -> None:
        """Care sites: a group, its hospitals, a unit of imaging and a ward in each."""
        sites, tree = self.made.tables["care_site"], self.made.tables["fact_relationship"]
        sites.append(_site(1, "GH1", "GROUPE FICTIF", "GHF", "Groupe hospitalier (GH)"))
        for h, (code, trigram) in enumerate(_HOSPITALS):
            hospital = 8_000_000_100 + h  # the shape of an IPP, as care sites have it
            sites.append(_site(hospital, code, f"HOPITAL FICTIF {trigram}", trigram, "Hôpital"))
            sites.append(_site(hospital + 10, f"{code}U1", "IMAGERIE", "IMA", "Unité Fonctionnelle (UF)"))
            for child, parent in ((hospital, 1), (hospital + 10, hospital)):
                edge = {"fact_id_1": child, "fact_id_2": parent}
                tree.append({**edge, "domain_concept_id_1": 57, "relationship_concept_id": 46233688})

    def patient(self, index: int) -> None:
        """One patient: a person row, for some an older one merged since, visits, and what was done in them."""
        rng, tables = self.rng, self.made.tables
        ipp, person = f"8{100_000_000 + index * 37:09d}", 5000 + 2 * index
        tables["person"].append({"person_id": person, "person_source_value": ipp, "year_of_birth": 1950})
        tables["patient_identity"].append({"ipp": ipp, "merged_into_ipp": None})
        old = None
        if rng.random() < 0.06:
            old, old_ipp = person + 1, f"8{600_000_000 + index * 37:09d}"
            tables["person"].append({"person_id": old, "person_source_value": old_ipp, "year_of_birth": 1950})
            tables["patient_identity"].append({"ipp": old_ipp, "merged_into_ipp": ipp})
        home, day = rng.randrange(len(_HOSPITALS)), datetime(2012, 1, 1) + timedelta(days=rng.randrange(3000))
        for _ in range(1 + int(rng.expovariate(0.35))):
            day += timedelta(days=int(rng.expovariate(1 / 60)))
            hospital = home if rng.random() < 0.8 else rng.randrange(len(_HOSPITALS))
            owner = old if old and rng.random() < 0.3 else person
            if rng.random() < 0.05:
                self.exams(ipp, owner, hospital, None, day + timedelta(minutes=rng.randrange(480, 1100)))
                continue
            kind = rng.choices(_KINDS, [k[1] for k in _KINDS])[0]
            visit = self.visit(owner, hospital, kind, day + timedelta(minutes=rng.randrange(420, 1200)))
            times = sorted(visit.start + (visit.end - visit.start) * rng.random() for _ in range(self.few(kind[3])))
            for at in times:
                self.exams(ipp, owner, hospital, visit, at.replace(second=rng.randrange(60), microsecond=0))
            if kind[0] == "hospitalisés" and rng.random() < 0.1:  # a consultation elsewhere during the stay
                start = visit.start + (visit.end - visit.start) * rng.random()
                other = self.visit(owner, (hospital + 1) % 4, _KINDS[0], start)
                self.exams(ipp, owner, other.hospital, other, other.start + timedelta(minutes=20))
            day = visit.end

    def few(self, mean: float) -> int:
        """A small count."""
        return sum(self.rng.random() < mean / 4 for _ in range(4))

    def visit(self, person: int, hospital: int, kind: tuple[Any, ...], start: datetime) -> Visit:
        """A visit with its row, unless it has got lost; hospital stays may be in AREM too, which may come first."""
        rng = self.rng
        end = start + timedelta(minutes=15 + int(rng.random() * kind[2] * 60))
        number = f"{_HOSPITALS[hospital][0][1:]}{next(self.numbers):08d}"
        visit = Visit(person, hospital, start, end, number, next(self.ids["visit"]))
        roll = rng.random()
        visit.defect = next((name for limit, name in _VISIT_DEFECTS if roll < limit), None)
        row = {
            "visit_occurrence_id": visit.row, "person_id": person, "visit_occurrence_source_value": number,
            "care_site_id": 8_000_000_100 + hospital, "visit_start_datetime": start, "visit_end_datetime": end,
            "visit_source_value": kind[0], "row_status_source_value": rng.choice(("Actif", "courant")),
            "cdm_source": "ORBIS",
        }  # fmt: skip
        if visit.defect == "visit_open_for_years":
            row["visit_end_datetime"] = start + timedelta(days=rng.randrange(500, 4000))
        elif visit.defect == "visit_without_end":
            row["visit_end_datetime"] = None
        elif visit.defect == "visit_deleted":
            row["row_status_source_value"] = "supprimé"
        if visit.defect != "visit_absent":
            self.made.tables["visit_occurrence"].append(row)
            if kind[0] == "hospitalisés" and rng.random() < 0.5:
                twin = {**row, "visit_occurrence_id": next(self.ids["visit"]) - 900_000, "cdm_source": "AREM"}
                self.made.tables["visit_occurrence"].append(twin)
        if visit.defect in ("visit_absent", "visit_deleted"):
            visit.row = None
        return visit

    def exams(self, ipp: str, person: int, hospital: int, visit: Visit | None, at: datetime) -> None:
        """What one request leads to: mostly one exam with one act, or several of either."""
        rng = self.rng
        roll = rng.random()
        if roll < 0.03:  # one exam, two acts
            acts = [CHEST.act, ABDOMEN.act]
            self.order(ipp, person, hospital, visit, [(at, BOTH)], acts, BOTH, "two_acts")
        elif roll < 0.045:  # two exams, one act
            parts = [(at, CHEST), (at + timedelta(minutes=6), ABDOMEN)]
            self.order(ipp, person, hospital, visit, parts, [BOTH.act], BOTH, "two_exams")
        elif roll < 0.07:
            acts = [PET_CT.act] + (["ZBQH001"] if rng.random() < 0.4 else [])
            self.order(ipp, person, hospital, visit, [(at, PET_CT)], acts, PET_CT, "pet_ct")
        else:
            sort = rng.choices(SORTS, [s.weight for s in SORTS])[0]
            self.order(ipp, person, hospital, visit, [(at, sort)], [sort.act], sort, None)

    def order(
        self, ipp: str, person: int, hospital: int, visit: Visit | None, exams: list[tuple[datetime, Sort]],
        codes: list[str], reported: Sort, defect: str | None,
    ) -> None:  # fmt: skip
        """The exams of one request with their acts and report, and what went wrong with them."""
        rng = self.rng
        archived = rng.random() >= 0.12
        accession = f"{_HOSPITALS[hospital][1]}{next(self.numbers):07d}"
        notes = [defect] if defect else []
        if rng.random() < 0.03 and self.accessions:
            accession = rng.choice(self.accessions)
            notes.append("accession_reused")
        self.accessions.append(accession)
        in_header = rng.random() >= 0.1
        if not in_header:
            notes.append("accession_absent")
        shown = accession if in_header else ""
        uids = [self.exam(ipp, hospital, visit, at, sort, shown) for at, sort in exams if archived]
        acts = self.acts(person, visit, exams[0], codes, accession, notes)
        note = self.report(person, visit, hospital, exams[0][0], reported, accession, notes)
        for uid in uids:
            self.made.truth["acts"] |= {(uid, act) for act in acts}
            if note is not None:
                self.made.truth["reports"].add((uid, note))
            if visit and visit.row is not None:
                self.made.truth["visits"].add((uid, visit.row))
            of_visit = [visit.defect] if visit and visit.defect else []
            self.made.defects[uid] = [*notes, *of_visit, *self.made.defects[uid]] or ["none"]

    def exam(self, ipp: str, hospital: int, visit: Visit | None, at: datetime, sort: Sort, accession: str) -> str:
        """One exam: its header as `build` makes it an exam."""
        rng = self.rng
        uid = f"1.2.826.0.1.3680043.8.498.{next(self.uids)}"
        study, series, quality, own = at, at, "complete", self.made.defects[uid]
        roll = rng.random()
        if roll < 0.02:
            study, own[:] = at + timedelta(days=rng.choice((-20, -3, -1, 1, 4))), [*own, "study_date_differs"]
        elif roll < 0.04:
            study = series = at.replace(hour=0, minute=0, second=0)
            quality, own[:] = "date_only", [*own, "time_absent"]
        elif roll < 0.06:
            study = series = at - timedelta(hours=rng.choice((1, 2)))
            own.append("utc_shift")
        elif roll < 0.07:
            study = series = at.replace(year=2080)
            quality = "implausible"
            own.append("date_implausible")
        number = visit.number if visit else None
        place = rng.random() if number else 1.0
        header = {"admission_id": "", "service_episode_id": "", "accession_number": accession, "patient_id": ipp}
        for limit, name in ((0.25, "admission_id"), (0.3, "service_episode_id"), (0.33, "accession_number")):
            if place < limit:
                header[name] = number
                break
        description, part = rng.choice((sort.label, sort.words or sort.label)), sort.part
        roll = rng.random()
        if roll < 0.06:
            description, part = "", ""
            own.append("texts_missing")
        elif roll < 0.2:
            part = ""
        elif roll < 0.23:
            part = rng.choice(SORTS).part
            own.append("body_part_contradicts")
        hospital_code = _HOSPITALS[hospital][hospital % 2] if rng.random() < 0.95 else None
        modalities = ["CT", "PT"] if sort.modality == "PT" else [sort.modality]
        numbers = [header[name] or None for name in ("accession_number", "admission_id", "service_episode_id")]
        said = (uid, header["patient_id"], study, quality, hospital_code, sort.modality, modalities)
        self.made.studies += rows(STUDY, (*said, description or None, *numbers))
        self.made.series += rows(SERIES, (uid, series, part or None))
        return uid

    def acts(
        self, person: int, visit: Visit | None, first: tuple[datetime, Sort], codes: list[str], accession: str,
        notes: list[str],
    ) -> list[int]:  # fmt: skip
        """The acts of a request, with supplements; returns those that are exams."""
        rng = self.rng
        if rng.random() < 0.05:
            notes.append("exam_without_act")
            return []
        at = first[0] + timedelta(minutes=rng.randrange(-20, 180))
        roll = rng.random()
        if roll < 0.35:
            at = first[0].replace(hour=0, minute=0, second=0)
        elif roll < 0.38:
            at = (first[0] + timedelta(days=1)).replace(hour=0, minute=0, second=0)
            notes.append("act_next_day")
        shown = accession if rng.random() < 0.35 else None
        found = [self.act(person, visit, at, code + rng.choice(("", "", "01", "...01")), shown) for code in codes]
        if first[1].modality in ("CT", "MR") and rng.random() < 0.5:
            self.act(person, visit, at, "YYYY600", None)
        if first[1].modality == "CT" and rng.random() < 0.1:
            self.act(person, visit, at, "ZZQP004", None)
        if first[1].modality in ("MR", "XA") and rng.random() < 0.1:
            self.act(person, visit, at, f"{codes[0]}04", None)
        return found

    def act(self, person: int, visit: Visit | None, at: datetime, code: str, accession: str | None) -> int:
        """One act; some are in ORBIS and AREM."""
        row = {
            "procedure_occurrence_id": next(self.ids["act"]), "person_id": person,
            "visit_occurrence_id": visit.row if visit and self.rng.random() < 0.95 else None,
            "procedure_datetime": at, "procedure_source_value": code, "row_status_source_value": "Actif",
            "cdm_source": "ORBIS", "accession_number": accession,
        }  # fmt: skip
        self.made.tables["procedure_occurrence"].append(row)
        return int(row["procedure_occurrence_id"])

    def report(
        self, person: int, visit: Visit | None, hospital: int, at: datetime, sort: Sort, accession: str,
        notes: list[str],
    ) -> int | None:  # fmt: skip
        """The report of a request, mostly within two days."""
        rng = self.rng
        if rng.random() < 0.1:
            return None
        written = at + timedelta(minutes=30 + int(rng.expovariate(1 / 500)))
        if rng.random() < 0.06:
            written += timedelta(days=3 + int(rng.expovariate(1 / 150)))
            notes.append("report_dated_by_change")
        title = rng.choice((None, sort.label, sort.label, f"{sort.label} DU {at:%d/%m/%Y}"))
        note = next(self.ids["note"])
        self.made.tables["note"].append(
            {
                "note_id": note, "person_id": person,
                "visit_occurrence_id": visit.row if visit and rng.random() < 0.9 else None,
                "note_datetime": written, "note_class_source_value": sort.note_class,
                "note_type_source_value": "Compte rendu", "row_status_source_value": "Actif", "cdm_source": "ORBIS",
                "accession_number": accession if rng.random() < 0.4 else None, "note_title": title,
                "care_site_id": 8_000_000_110 + hospital if rng.random() < 0.7 else None,
            }
        )  # fmt: skip
        return note


def _site(site: int, code: str, name: str, short: str, kind: str) -> Row:
    return {
        "care_site_id": site, "care_site_source_value": code, "care_site_name": name, "care_site_short_name": short,
        "care_site_type_source_value": kind,
    }  # fmt: skip


def make(patients: int, seed: int) -> Made:
    """A hospital group with its truth, in memory."""
    maker = Maker(seed)
    maker.group()
    for index in range(patients):
        maker.patient(index)
    return maker.made


# What a base centrale may lack, as the columns of its acts and reports that are then null.
LACKS = {
    "accession_numbers": ("accession_number",),
    "titles": ("note_title",),
    "visits": ("visit_occurrence_id", "care_site_id"),
    "hours": (),
}


def make_hospital(place: Path, patients: int, seed: int, lacks: Collection[str] = ()) -> Made:
    """The same, with its tables as Parquet below ``place``/warehouse, without what it ``lacks``: hours are midnight."""
    made = make(patients, seed)
    blank = {column for lack in lacks for column in LACKS[lack]}
    for row in (*made.tables["procedure_occurrence"], *made.tables["note"]):
        row.update(dict.fromkeys(blank & set(row)))
        if "hours" in lacks:
            row.update({name: at.replace(hour=0, minute=0, second=0) for name, at in row.items() if name in _TIMES})
    diagnosis = {"condition_occurrence_id": 1, "person_id": 5000, "condition_start_datetime": datetime(2020, 1, 1)}
    made.tables["condition_occurrence"].append({**diagnosis, "condition_source_value": "I10"})
    write_warehouse(place / "warehouse", **made.tables)
    return made
