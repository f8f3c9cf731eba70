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
# Beginnings of words without accents, and the modalities of which the exam then has one.
_MODALITIES = (
    (("TEP", "PET", "MORPHOTEP"), ("PT",)),
    (("SCINTI", "TEMP"), ("NM",)),
    (("IRM", "REMNO", "ANGIOIRM", "BILIIRM"), ("MR",)),
    (("SCAN", "TDM", "ANGIOSCAN", "COROSCAN", "UROSCAN", "TOMODENSITO"), ("CT",)),
    (("MAMMO",), ("MG",)),
    (("ECHO", "ETT", "ETO", "DOPPLER", "EDV"), ("US", "IVUS")),
    (("CORONARO", "CORO", "ARTERIO", "PHLEBO"), ("XA", "RF")),
    (("RADIO", "CLICHE", "RX", "TELERADIO"), ("DX", "CR", "RF")),
)
_OF_MODALITIES = tuple(beginning for beginnings, _ in _MODALITIES for beginning in beginnings)
_EMPTY = frozenset({"AVEC", "SANS", "POUR", "DES", "LES", "DANS", "COMPTE", "RENDU", "EXAMEN", "INJECTION"})


@lru_cache(maxsize=20_000)
def words(text: str | None) -> frozenset[str]:
    """The words of three letters and more, without accents, in upper case, but for those of
    modalities, and those that say nothing."""
    plain = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode().upper()
    return frozenset(
        word for word in _WORD.findall(plain) if word not in _EMPTY and not word.startswith(_OF_MODALITIES)
    )


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
    plain = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode().upper()
    found: set[str] = set()
    for word in re.findall(r"[A-Z]{2,}", plain):
        for beginnings, those in _MODALITIES:
            if word.startswith(beginnings):
                found.update(those)
                break
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
