"""What the report says, in French and in English: every text once, in both."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """Languages of the report."""

    FR = "fr"
    EN = "en"


_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Imagerie de l'entrepôt de données de santé", "Imaging in the clinical data warehouse"),
    "made": ("Version des tables du {release}, rapport du {made}.", "Tables as of {release}, report of {made}."),
    "small": (
        "Les effectifs de moins de {least} patients sont masqués (« < {least} ») et absents des graphiques, ainsi qu'un"
        " autre du même total (« – »), qui permettrait de les retrouver ; une part dont l'un des côtés est si petit"
        " n'est pas donnée.",
        "Counts of fewer than {least} patients are masked (“< {least}”) and left out of the charts, each with a second"
        " one of the same total (“–”), which would tell it; a share of which one side is as small is not given.",
    ),
    "table": ("Tableau des valeurs", "Table of values"),
    "nothing": ("Aucune donnée.", "No data."),
    "rows_left": ("Lignes non montrées : {left}.", "Rows not shown: {left}."),
    "contents": ("Sommaire", "Contents"),
    # sections
    "summary": ("L'essentiel", "At a glance"),
    "summary_about": (
        "Examens qui ont encore au moins un fichier. Un examen est une StudyInstanceUID.",
        "Exams that still have a file. An exam is one StudyInstanceUID.",
    ),
    "activity": ("Activité", "Activity"),
    "activity_about": (
        "Examens par mois et catégorie ; sans date fiable, ils sont dans le tableau, au mois inconnu. Une absence"
        " d'examens n'est pas une absence d'activité : voir le calendrier de couverture.",
        "Exams by month and category; those without a date to be trusted are in the table, of an unknown month. No"
        " exams need not mean no activity: see the coverage calendar.",
    ),
    "hospitals": ("Activité par hôpital", "Activity by hospital"),
    "hospitals_about": (
        "Examens par an et hôpital ; sans date fiable, ils sont dans le tableau, à l'année inconnue.",
        "Exams by year and hospital; those without a date to be trusted are in the table, of an unknown year.",
    ),
    "coverage": ("Calendrier de couverture", "Coverage calendar"),
    "coverage_about": (
        "État de chaque mois, par hôpital et catégorie, les mois de même état qui se suivent réunis. Une tendance ne"
        " vaut que sur des mois complets.",
        "State of each month, by hospital and category, months in a row of one state together. A trend is worth"
        " something over complete months only.",
    ),
    "links": ("Rattachement aux patients", "Links to patients"),
    "links_about": (
        "Examens par hôpital et état du rattachement à un patient.",
        "Exams by hospital and status of the link to a patient.",
    ),
    "link_methods": ("Méthodes de rattachement", "Methods of the links"),
    "link_methods_about": (
        "Ce qui a mené au patient, et la part confirmée par les traits d'identité.",
        "What led to the patient, and the share that identity traits confirm.",
    ),
    "files": ("Fichiers", "Files"),
    "files_about": (
        "Chaque fichier a exactement un état.",
        "Every file has exactly one status.",
    ),
    "issues": ("Valeurs corrigées ou refusées", "Values mended or refused"),
    "issues_about": (
        "Les attributs dont les valeurs posent le plus souvent problème, avec la raison.",
        "The attributes whose values most often have a problem, with the reason.",
    ),
    "unmapped": ("Textes sans région anatomique", "Texts without body part"),
    "unmapped_about": (
        "Les textes les plus fréquents dont aucune région n'a pu être tirée ; ils manquent au vocabulaire.",
        "The most frequent texts that no body part could be read from; the vocabulary lacks them.",
    ),
    # columns
    "exams": ("examens", "exams"),
    "series": ("séries", "series"),
    "instances": ("images", "instances"),
    "patients": ("patients", "patients"),
    "linked": ("examens rattachés", "exams linked"),
    "verified": ("rattachements confirmés", "links confirmed"),
    "month": ("mois", "month"),
    "until": ("dernier mois", "last month"),
    "year": ("année", "year"),
    "modality": ("modalité", "modality"),
    "category": ("catégorie", "category"),
    "hospital": ("hôpital", "hospital"),
    "state": ("état", "state"),
    "cell": ("hôpital et catégorie", "hospital and category"),
    "status": ("état", "status"),
    "method": ("méthode", "method"),
    "reason": ("raison", "reason"),
    "files_count": ("fichiers", "files"),
    "attribute": ("attribut", "attribute"),
    "values": ("valeurs", "values"),
    "text": ("texte", "text"),
    "unknown": ("inconnu", "unknown"),
}
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "complete": ("complet", "complete"),
    "partial": ("partiel", "partial"),
    "not_connected": ("non connecté", "not connected"),
    "suspended": ("suspendu", "suspended"),
    "no_activity": ("sans activité", "no activity"),
    "running": ("en cours", "not over"),
    "linked": ("rattaché", "linked"),
    "linked_recovered": ("rattachement retrouvé", "linked, recovered"),
    "conflict": ("contradiction", "conflict"),
    "ambiguous": ("ambigu", "ambiguous"),
    "unlinked_unknown_id": ("identifiant inconnu", "unknown identifier"),
    "unlinked_no_id": ("sans identifiant", "no identifier"),
    "not_a_patient": ("pas un patient", "not a patient"),
    "not_attempted": ("non tenté", "not attempted"),
    "pending": ("en attente", "pending"),
    "parsed": ("lu", "parsed"),
    "duplicate": ("doublon", "duplicate"),
    "not_dicom": ("pas DICOM", "not DICOM"),
    "dicomdir": ("répertoire DICOM", "DICOM directory"),
    "quarantined": ("en quarantaine", "quarantined"),
    "removed": ("retiré", "removed"),
    "tep": ("TEP", "PET"),
    "scanner": ("scanner", "CT"),
    "irm": ("IRM", "MR"),
    "mammographie": ("mammographie", "mammography"),
    "radiographie": ("radiographie", "radiography"),
    "echographie": ("échographie", "ultrasound"),
    "ophtalmologie": ("ophtalmologie", "ophthalmology"),
    "medecine_nucleaire": ("médecine nucléaire", "nuclear medicine"),
    "angiographie": ("angiographie", "angiography"),
    "autres": ("autres", "other"),
}


_OF_WORDS: Final = ("category", "state", "status")


def text(key: str, language: Language, **values: object) -> str:
    """The text of a key. KeyError where there is none: nothing is left untranslated in silence."""
    return _TEXTS[key][0 if language is Language.FR else 1].format(**values)


def word(column: str, value: object, language: Language) -> str:
    """A value of a column for people: translated where the column holds words of a vocabulary, else as it is."""
    if value is None:
        return text("unknown", language)
    known = _WORDS.get(str(value)) if column in _OF_WORDS else None
    return known[0 if language is Language.FR else 1] if known else str(value)


def day(value: dt.date, language: Language) -> str:
    """A date as it is written."""
    return f"{value:%d/%m/%Y}" if language is Language.FR else f"{value:%Y-%m-%d}"


# How a month is written in tables and charts, for Python and for d3.
MONTHS: Final[dict[Language, str]] = {Language.FR: "%m/%Y", Language.EN: "%Y-%m"}
# How numbers and months are written in charts, for d3.
LOCALES: Final[dict[Language, dict[str, object]]] = {
    Language.EN: {},
    Language.FR: {
        "formatLocale": {
            "decimal": ",",
            "thousands": "\u202f",
            "grouping": [3],
            "currency": ["", "\u00a0€"],
            "percent": "\u00a0%",
        },
        "timeFormatLocale": {
            "dateTime": "%A %e %B %Y à %X",
            "date": "%d/%m/%Y",
            "time": "%H:%M:%S",
            "periods": ["AM", "PM"],
            "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
            "shortDays": ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
            "months": [
                *("janvier", "février", "mars", "avril", "mai", "juin"),
                *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
            ],
            "shortMonths": [
                *("janv.", "févr.", "mars", "avr.", "mai", "juin"),
                *("juil.", "août", "sept.", "oct.", "nov.", "déc."),
            ],
        },
    },
}
