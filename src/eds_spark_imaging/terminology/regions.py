"""Regions of the body: symbols of the imaging acts for the SNOMED CT codes that exams carry."""

from __future__ import annotations

from collections.abc import Iterable

# Value set of anatomic regions of the French health record, the symbols of ``act_table.REGIONS``.
CODES = {
    "63337009": "AP",  # segment abdominopelvien du tronc
    "38266002": "WB",  # corps entier
    "53120007": "UL",  # membre supérieur
    "61685007": "LL",  # membre inférieur
    "67734004": "TH",  # segment thoracique du tronc
    "774007": "HN",  # tête et cou
    "113257007": "CV",  # système cardiovasculaire
    "80891009": "HE",  # cœur
    "76752008": "BR",  # sein
    "737561001": "SP",  # colonne vertébrale et/ou moelle épinière
}


def region_symbols(codes: Iterable[str]) -> frozenset[str]:
    """The symbols of regions given as codes or as symbols."""
    return frozenset(CODES.get(code, code) for code in codes)
