"""The care-site tree: groups, hospitals, poles, and units with the departments that do imaging among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from eds_spark_imaging.synth.hospital.hospitals import Hospital, departments
from eds_spark_imaging.synth.writers.warehouse import CareSiteRow, FactRelationshipRow

CARE_SITE_DOMAIN, IS_PART_OF = 57, 46233688
_FIRST = 8_312_000_000  # ten digits beginning with 8: the shape of an IPP
_GROUP, _HOSPITAL, _POLE = "Groupe hospitalier (GH)", "Hôpital", "Pôle/DMU"
_UF, _UH = "Unité Fonctionnelle (UF)", "Unité d’hébergement (UH)"

WARDS = ("MEDECINE INTERNE", "CHIRURGIE", "REANIMATION", "PEDIATRIE")


def hospital_id(hospital: Hospital) -> int:
    """care_site_id of a hospital."""
    return _FIRST + int(hospital.code) * 1000


def department_id(code: str) -> int:
    """care_site_id of a department, from its code (hospital code and three digits)."""
    return _FIRST + int(code[:3]) * 1000 + int(code[3:])


def ward_id(hospital: Hospital, ward: int, *, housing: bool) -> int:
    """care_site_id of a ward, as a functional unit or as a housing unit."""
    return hospital_id(hospital) + (400 if housing else 300) + ward


def _group_id(group: str) -> int:
    return _FIRST + 990_000 + int(group[1:])


def care_sites(hospitals: list[Hospital]) -> Iterator[CareSiteRow | FactRelationshipRow]:
    """Every node of the tree, each with the edge to its parent."""
    for group in sorted({hospital.group for hospital in hospitals}):
        yield CareSiteRow(_group_id(group), group, f"GH SYNTHETIQUE {group}", group, _GROUP, None, None)
    for hospital in hospitals:
        yield from _hospital(hospital)


def _hospital(hospital: Hospital) -> Iterator[CareSiteRow | FactRelationshipRow]:
    top, code = hospital_id(hospital), hospital.code
    yield from _node(top, _group_id(hospital.group), code, hospital.name, short_name=hospital.trigram, kind=_HOSPITAL)
    yield from _node(top + 10, top, f"{code}P1", "DMU IMAGERIE", short_name="IMAGERIE", kind=_POLE)
    yield from _node(top + 11, top, f"{code}P2", "DMU MEDECINE CHIRURGIE", short_name="MEDCHIR", kind=_POLE)
    for unit in (unit for pair in departments(hospital).values() for unit in pair):
        yield from _node(
            department_id(unit.code),
            top + 10,
            unit.code,
            unit.name,
            short_name=unit.name[:12],
            kind=_UF,
            opened=unit.opened,
            closed=unit.closed,
        )
    for number, ward in enumerate(WARDS):
        for kind, housing in ((_UF, False), (_UH, True)):
            site = ward_id(hospital, number, housing=housing)
            yield from _node(site, top + 11, f"{code}{site % 1000}", ward, short_name=ward[:10], kind=kind)


def _node(
    site: int,
    parent: int,
    code: str,
    name: str,
    *,
    short_name: str,
    kind: str,
    opened: date | None = None,
    closed: date | None = None,
) -> Iterator[CareSiteRow | FactRelationshipRow]:
    yield CareSiteRow(site, code, name, short_name, kind, opened, closed)
    yield FactRelationshipRow(site, parent, CARE_SITE_DOMAIN, IS_PART_OF)
