"""What the title of a report tells of its exam: the day, the modality, words that a description may share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from eds_spark_imaging.terminology.contrast import WITH, WITHOUT
from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.sources import STUDY
from eds_spark_imaging.terminology.terms import Terms

_DATE = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)|(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WORD = re.compile(r"[A-Z]{3,}")
_SECTIONS = "(?:ANGIO|ARTHRO|CARDIO|COLO|CORO|DACRYO|ENTERO|MYELO|PHLEBO|URO)?"
# Whole words without accents, and the modalities of which the exam then has one. Beginnings of words would not do:
# PETIT is no PET, TEMPORAL no TEMP, the department of RADIOLOGIE has scanners, and RADIO-CARPIEN is a joint.
_MODALITIES = tuple(
    (re.compile(rf"(?<![A-Z])(?:{words})(?![A-Z])"), modalities)
    for words, modalities in (
        ("(?:MORPHO)?TEP|PET|FDG|POSITONS?|(?:TEP|PET)(?:SCAN(?:NER)?|TDM|CT|IRM|MR)", ("PT",)),
        ("SCINTI(?:GR[A-Z]*)?|TEMP", ("NM",)),
        ("TOMOSCINTI(?:GR[A-Z]*)?", ("NM", "PT")),
        ("[A-Z]*IRM|IRMF|REMNO[A-Z]*", ("MR",)),
        (f"{_SECTIONS}(?:SCAN|SCANN[A-Z]*|SCANO[GP][A-Z]*|TDM|TOMODENSITO[A-Z]*)", ("CT",)),
        ("MAMMO(?:GR[A-Z]*)?", ("MG",)),
        ("ECHO(?!U)[A-Z]*|ETT|ETO|(?:ECHO)?DOPPLERS?|EDV", ("US", "IVUS")),
        ("CORO|CORONAROGR[A-Z]*|ARTERIOGR[A-Z]*|PHLEBO(?:GR[A-Z]*)?", ("XA", "RF")),
        (
            "RADIOS?(?!-[A-Z])|(?:TELE)?RADIOGR[A-Z]*|TELERADIO|RADIOSCOP[A-Z]*|CLICHES?|RX",
            ("DX", "CR", "RF", "RG", "PX", "IO"),
        ),
    )
)
_EMPTY = frozenset(
    {"AVEC", "SANS", "POUR", "DES", "LES", "DANS", "COMPTE", "RENDU", "EXAMEN", "INJECTION", "SERVICE", "RADIOLOGIE"}
    | {"ADDENDUM", "COMPLEMENT", "CORRIGE", "RECTIFICATIF", "VERSION", "PROVISOIRE", "DEFINITIF"}
)


def _plain(text: str | None) -> str:
    """Upper case without accents."""
    return unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode().upper()


@lru_cache(maxsize=20_000)
def words(text: str | None) -> frozenset[str]:
    """The words of three letters and more, without accents, in upper case, but for those of
    modalities, and those that say nothing."""
    plain = _plain(text)
    for pattern, _ in _MODALITIES:
        plain = pattern.sub(" ", plain)
    return frozenset(_WORD.findall(plain)) - _EMPTY


def dates(text: str | None) -> frozenset[date]:
    """The days that a text names, day first as in France, or as ISO 8601."""
    found = set()
    for d, m, y, iso_y, iso_m, iso_d in _DATE.findall(text or ""):
        try:
            found.add(date(int(y or iso_y), int(m or iso_m), int(d or iso_d)))
        except ValueError:
            continue
    return frozenset(found)


@lru_cache(maxsize=20_000)
def modalities(text: str | None) -> frozenset[str]:
    """The modalities that the words of a text speak of, empty where none does; nuclear medicine without its CT."""
    plain = _plain(text)
    found = {modality for pattern, those in _MODALITIES if pattern.search(plain) for modality in those}
    return frozenset(found & {"PT", "NM"} or found)


@lru_cache(maxsize=20_000)
def terms(text: str | None) -> Terms:
    """What the words of a text say of the parts of the body, the side and contrast."""
    return _reader().read({STUDY: text})


@lru_cache(maxsize=1)
def _reader() -> Reader:
    return Reader()


def regions_of(found: Terms) -> frozenset[str]:
    """The regions of terms, by the symbols that acts have for them."""
    symbols = {code: symbol for symbol, code in _reader().lexicon.regions.items()}
    return frozenset(symbols.get(code, code) for code in found.region_codes)


def contrast_of(found: Terms) -> bool | None:
    """Whether contrast was given, as terms say it."""
    return {WITH: True, WITHOUT: False}.get(found.contrast)


def exam_terms(texts: Mapping[str, str | None]) -> Terms:
    """The terms of an exam from its columns."""
    return _exam_terms(tuple(sorted((name, text) for name, text in texts.items() if text)))


@lru_cache(maxsize=100_000)
def _exam_terms(texts: tuple[tuple[str, str], ...]) -> Terms:
    return _reader().read(dict(texts))
