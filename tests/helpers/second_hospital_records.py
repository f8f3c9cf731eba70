"""How the second hospital writes things down: visits, headers, acts and reports, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from crossing_hospital import Made
from second_hospital_sorts import GENERIC, NAMED, SORTS, Sort

HOSPITALS = (("038", "HND"), ("047", "LRB"), ("066", "PSL"), ("076", "SLS"), ("061", "NCK"))
OUT, STAY, DAY, EMERGENCY = "consultation externe", "hospitalisés", "hospitalisation incomplète", "urgence"


@dataclass
class Visit:
    """A visit as it was; ``row`` is its key, ``there`` whether it is in the table, ``why`` what is wrong with it."""

    hospital: int
    start: datetime
    end: datetime
    number: str
    row: int
    there: bool
    why: list[str]


def midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


class Records:
    """The records of one hospital group."""

    def __init__(self, seed: int) -> None:
        self.rng, self.made = Random(seed), Made()
        self.ids = {"visit": count(3_000_001), "act": count(40_000_001), "note": count(500_000_001)}
        self.numbers = count(1)
        self.accessions = [count(1_000_000 + 100 * h, 4) for h in range(len(HOSPITALS))]

    def group(self) -> None:
        sites, tree = self.made.tables["care_site"], self.made.tables["fact_relationship"]

        def site(key: int, code: str, name: str, short: str, kind: str, parent: int | None) -> None:
            names = {"care_site_source_value": code, "care_site_name": name, "care_site_short_name": short}
            sites.append({"care_site_id": key, **names, "care_site_type_source_value": kind})
            if parent is not None:
                edge = {"fact_id_1": key, "fact_id_2": parent}
                tree.append({**edge, "domain_concept_id_1": 57, "relationship_concept_id": 46233688})

        site(1, "GHX", "GROUPE INVENTE", "GHI", "Groupe hospitalier (GH)", None)
        site(2, "GHY", "AUTRE GROUPE INVENTE", "AGI", "Groupe hospitalier (GH)", None)
        for h, (code, trigram) in enumerate(HOSPITALS):
            site(100 + h, code, f"HOPITAL INVENTE {trigram}", trigram, "Hôpital", 1 if h < 3 else 2)
            site(200 + h, f"{code}100", "POLE IMAGERIE", "PIM", "Pôle/DMU", 100 + h)
            site(300 + h, f"{code}101", "RADIOLOGIE", "RAD", "Unité Fonctionnelle (UF)", 200 + h)
            site(400 + h, f"{code}201", "MEDECINE", "MED", "Unité Fonctionnelle (UF)", 100 + h)

    def person(self, ipp: str, person: int, into: str | None) -> None:
        self.made.tables["person"].append({"person_id": person, "person_source_value": ipp, "year_of_birth": 1960})
        self.made.tables["patient_identity"].append({"ipp": ipp, "merged_into_ipp": into})

    def sort(self) -> Sort:
        return self.rng.choices(SORTS, [sort.weight for sort in SORTS])[0]

    def visit(self, person: int, hospital: int, kind: str, start: datetime, end: datetime) -> Visit:
        rng, why = self.rng, []
        start, end = start.replace(microsecond=0), end.replace(microsecond=0)
        number = f"{HOSPITALS[hospital][0][1:]}{next(self.numbers) + 1_700_000:07d}"
        row = {
            "visit_occurrence_id": next(self.ids["visit"]), "person_id": person,
            "visit_occurrence_source_value": number, "cdm_source": "ORBIS",
            "care_site_id": (400 if rng.random() < 0.3 else 100) + hospital, "visit_start_datetime": start,
            "visit_end_datetime": end, "visit_source_value": kind, "row_status_source_value": "Actif",
        }  # fmt: skip
        roll = rng.random()
        if roll < 0.03:
            row["row_status_source_value"] = "supprimé"
            why.append("visit_deleted")
            if rng.random() < 0.6:  # entered anew
                again = {**row, "visit_occurrence_id": next(self.ids["visit"]), "row_status_source_value": "Actif"}
                self.made.tables["visit_occurrence"].append(row)
                row = again
        elif roll < 0.07:
            row["visit_end_datetime"] = None
            why.append("visit_without_end")
        elif roll < 0.08:
            why.append("visit_absent")
        if kind == OUT and hospital == 1:  # this hospital notes days of consultations only
            row |= {"visit_start_datetime": midnight(start), "visit_end_datetime": midnight(end)}
            why.append("visit_day_only")
        if "visit_absent" not in why:
            self.made.tables["visit_occurrence"].append(row)
        there = "visit_absent" not in why and row["row_status_source_value"] == "Actif"
        return Visit(hospital, start, end, number, row["visit_occurrence_id"], there, why)

    def request(
        self, ipp: str, person: int, hospital: int, visit: Visit | None, at: datetime, sorts: Sequence[Sort],
        one_study: bool = False, one_report: bool = False, reported: bool = True, tag: str | None = None,
    ) -> None:  # fmt: skip
        """The exams of one request, with their acts and reports."""
        rng, made = self.rng, self.made
        at = at.replace(microsecond=0)
        tags = ([tag] if tag else []) + (visit.why if visit else ["no_visit"])
        number = next(self.accessions[hospital]) if rng.random() > 0.02 else 1_000_000 + rng.randrange(400)
        if one_study and len(sorts) > 1:
            tags.append("several_acts")
        if one_report and len(sorts) > 1 and not one_study:
            tags.append("one_report")
        noted = rng.random() < 0.4  # whether the acts of this request have the accession number
        uids: list[str] = []
        for place, sort in enumerate(sorts):
            if place == 0 or not one_study:
                mine = list(tags)
                shown = number + (place if not one_report else 0)
                uid = self.exam(ipp, hospital, visit, at, sort, shown, mine)
                uids.append(uid)
                made.defects[uid] = mine
                if visit and visit.there:
                    made.truth["visits"].add((uid, visit.row))
            for act in self.acts(person, visit, at, sort, f"{shown}" if noted else None, mine):
                made.truth["acts"].add((uid, act))
            if reported and not one_report:
                made.truth["reports"] |= {
                    (uid, n) for n in self.reports(person, visit, hospital, at, [sort], shown, mine)
                }
            at += timedelta(minutes=rng.randrange(5, 50))
        if reported and one_report:
            notes = self.reports(person, visit, hospital, at, sorts, number, made.defects[uids[0]])
            made.truth["reports"] |= {(uid, note) for uid in uids for note in notes}

    def exam(
        self, ipp: str, hospital: int, visit: Visit | None, at: datetime, sort: Sort, number: int, tags: list[str]
    ) -> str:
        rng = self.rng
        uid = f"1.2.826.0.1.3680043.9.7133.{len(self.made.studies) + 1}"
        study, series, quality, roll = at, at + timedelta(minutes=rng.randrange(0, 4)), "complete", rng.random()
        if roll < 0.015:
            study = series = at + timedelta(rng.choice((-1, 1)))
            tags.append("exam_day_off")
        elif roll < 0.045:
            study = series = at + timedelta(hours=rng.choice((-2, -1, -1, 1)))
            tags.append("exam_hours_off")
        elif roll < 0.07:
            study = series = midnight(at)
            quality = rng.choice(("date_only", "complete"))
            tags.append("exam_midnight")
        code, trigram = HOSPITALS[hospital]
        accession = rng.choice((f"{trigram}{number}", f"{number}", f"{code}-{number}", f"{number}A"))
        if rng.random() < 0.4:
            accession = None
            tags.append("accession_absent")
        texts = rng.random()
        described = rng.choice(sort.words) if texts > 0.05 else None
        part = rng.choice(sort.parts) if rng.random() > 0.25 else None
        if described is None and not part:
            tags.append("no_text")
        self.made.studies.append({
            "study_instance_uid": uid, "patient_id": ipp, "study_datetime": study, "study_datetime_quality": quality,
            "hospital_code": (code, trigram)[hospital % 2] if rng.random() > 0.08 else None,
            "main_modality": sort.modalities.split()[0], "modalities": sorted(sort.modalities.split()),
            "study_description": described, "accession_number": accession,
            "admission_id": visit.number if visit and rng.random() < 0.1 else None, "service_episode_id": None,
        })  # fmt: skip
        self.made.series.append(
            {"study_instance_uid": uid, "series_datetime": series, "body_part_examined": part or None}
        )
        return uid

    def acts(
        self, person: int, visit: Visit | None, at: datetime, sort: Sort, accession: str | None, tags: list[str],
    ) -> list[int]:  # fmt: skip
        rng, roll = self.rng, self.rng.random()
        if rng.random() < 0.04:
            tags.append("no_act")
            return []
        when = at + timedelta(minutes=rng.randrange(-10, 90))
        if roll < 0.4:
            when = midnight(at)
        elif roll < 0.46:
            when = midnight(at) + timedelta(rng.choice((1, 1, 2, 3, 5)))
            tags.append("act_invoiced_later")
        elif roll < 0.5:
            when = at + timedelta(hours=rng.randrange(20, 100))
            tags.append("act_late")
        code = sort.act
        if sort.neighbours and rng.random() < 0.06:
            code = rng.choice(sort.neighbours)
            tags.append("act_neighbour")
        codes = [code]
        if sort is NAMED["PET"] and rng.random() < 0.4:
            codes.append(rng.choice(("ZZQK024", "ZZQH033")))
            tags.append("two_acts")
        found = [self.act(person, visit, when, c, accession) for c in codes]
        for supplement, modality, share in (
            ("YYYY600", "CT MR MG", 0.5),
            ("ZZQP004", "CT", 0.1),
            ("ZZQN002", "MR", 0.1),
        ):
            if sort.modalities in modality and rng.random() < share:
                self.act(person, visit, when, supplement, None)
        return found

    def act(self, person: int, visit: Visit | None, at: datetime, code: str, accession: str | None) -> int:
        key = next(self.ids["act"])
        self.made.tables["procedure_occurrence"].append({
            "procedure_occurrence_id": key, "person_id": person,
            "visit_occurrence_id": visit.row if visit and visit.there and self.rng.random() < 0.97 else None,
            "procedure_datetime": at, "procedure_source_value": code + self.rng.choice(("", "01", "-0100")),
            "row_status_source_value": "courant", "cdm_source": "ORBIS", "accession_number": accession,
        })  # fmt: skip
        row = self.made.tables["procedure_occurrence"][-1]
        if row["visit_occurrence_id"] is not None and self.rng.random() < 0.15:  # AREM knows the day
            again = {"procedure_occurrence_id": next(self.ids["act"]), "cdm_source": "AREM", "accession_number": None}
            self.made.tables["procedure_occurrence"].append({**row, **again, "procedure_datetime": midnight(at)})
        return key

    def reports(
        self, person: int, visit: Visit | None, hospital: int, at: datetime, sorts: Sequence[Sort], number: int,
        tags: list[str],
    ) -> list[int]:  # fmt: skip
        """The report of these exams, dated as dictated, validated or changed last; some come in several rows."""
        rng, roll = self.rng, self.rng.random()
        if rng.random() < 0.12:
            tags.append("no_report")
            return []
        dictated = at + timedelta(minutes=rng.randrange(10, 240))
        validated = dictated + timedelta(hours=rng.choice((1, 4, 20, 26, 70)))
        when = dictated if roll < 0.45 else validated
        if roll > 0.93:
            when = validated + timedelta(2 + int(rng.expovariate(1 / 60)))
            tags.append("report_changed_late")
        title = " et ".join(rng.choice(sort.titles) for sort in sorts)
        titled = rng.random()
        if titled < 0.2:
            title = None
            tags.append("report_without_title")
        elif titled < 0.35:
            title = rng.choice(GENERIC)
            tags.append("report_generic")
        accession = f"{HOSPITALS[hospital][1]}{number}" if rng.random() < 0.35 else None
        times = [when]
        if rng.random() < 0.08:
            times = [dictated, validated] if rng.random() < 0.6 else [when, when + timedelta(rng.randrange(1, 9))]
            tags.append("report_repeated")
        found = []
        for time in times:
            found.append(next(self.ids["note"]))
            self.made.tables["note"].append({
                "note_id": found[-1], "person_id": person,
                "visit_occurrence_id": visit.row if visit and visit.there and rng.random() < 0.9 else None,
                "note_datetime": time, "note_class_source_value": sorts[0].note_class, "note_type_source_value": "CR",
                "row_status_source_value": "Actif", "cdm_source": "ORBIS", "accession_number": accession,
                "note_title": title, "care_site_id": 300 + hospital if rng.random() < 0.5 else None,
            })  # fmt: skip
        return found[:1]  # the later ones are versions of it
