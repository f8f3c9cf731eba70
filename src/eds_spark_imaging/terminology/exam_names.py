"""Names of imaging exams in a list that a site loads (LOINC), and the one that says just what is known of an exam.

A name counts where category, parts, side and contrast are all that it says, and where no other name says the same:
views, positions, guidance or a way of giving contrast agents make it more special than what is known of an exam.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.data_files import rows
from eds_spark_imaging.terminology.lexicon import Lexicon, phrases
from eds_spark_imaging.terminology.matching import spans
from eds_spark_imaging.terminology.mentions import BESIDE, mentions_of, scopes_of, used_of
from eds_spark_imaging.terminology.parts import members
from eds_spark_imaging.terminology.sources import MODALITY, OF_STUDY, Sources
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.terms import Terms
from eds_spark_imaging.terminology.text import stems, words

PLAIN, VESSELS, FLUOROSCOPY = "plain", "vessels", "fluoroscopy"
_SIDES = frozenset({"right", "left", "both_sides", "right_letter", "left_letter", "two"})
_CONTRAST = frozenset(
    {"with", "without", "agent", "agent_alone", "agent_imaging", "enhanced", "unenhanced", "enhanced_both"}
)
_SAY_NOTHING = _SIDES | _CONTRAST | {"connector"}
# What a description may say besides, and a name not: in which phase of contrast.
_MAY_SAY = frozenset({"phase", "phase_before"})
_NUMBERS = frozenset("0123456789")
_WORDS_OF_NAMES = stems("in_names_of_exams")


class ExamKey(NamedTuple):
    """All that a name may say."""

    category: str
    kind: str
    parts: frozenset[str]
    regions: frozenset[str]
    laterality: str
    contrast: str


@dataclass(frozen=True)
class ExamNames:
    """Codes of names by what they say; ``digest`` changes with the list.

    ``special``: places that the list has exams of, and that a part of ours is more than (`acetabulum` of `HIP`).
    """

    codes: Mapping[ExamKey, str]
    special: frozenset[tuple[str, ...]]
    digest: str

    def code(self, key: ExamKey) -> str:
        """The code of the one name that says this, empty where there is none."""
        return self.codes.get(key, "")

    def kind(self, lexicon: Lexicon, text: str, category: str) -> str:
        """The kind of a description that a key can hold, empty where it says more."""
        saying = saying_of(lexicon, text, category)
        return saying.kind if saying and not saying.places & self.special else ""


def load_names(file: str) -> tuple[tuple[str, str], ...]:
    """Codes and names of a CSV file with the columns ``code`` and ``name``, others ignored. ConfigError names it."""
    where = f"[terminology] exam_names {file}"
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            if not {"code", "name"} <= set(reader.fieldnames or ()):
                raise ConfigError(f"{where}: no columns 'code' and 'name' in its first line")
            rows = ((row["code"] or "", row["name"] or "") for row in reader)
            return tuple((code.strip(), name.strip()) for code, name in rows if code.strip() and name.strip())
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: {error}") from None


class Saying(NamedTuple):
    """A text that says no more than a key holds: `plain`, `vessels` or `fluoroscopy`, and its places as written."""

    kind: str
    places: frozenset[tuple[str, ...]]


def saying_of(lexicon: Lexicon, text: str, category: str, *, name: bool = False) -> Saying | None:
    """What a text says where a key can hold all of it, else None.

    ``name``: the text is a name, which says what it says; a description may add phases and a known indication.
    """
    found = spans(lexicon, words(text), category, cut=0)
    scopes = scopes_of(found)
    mentions = mentions_of(lexicon, found, scopes, views=True)
    used = {mention.index for mention in used_of(mentions) if mention.standing < BESIDE}
    views = any("view_scope" in span.roles for span in found)
    kind = PLAIN
    for i, span in enumerate(found):
        said = span.roles
        if "vessels_exam" in said:
            kind = VESSELS
        elif "fluoroscopy_exam" in said:
            kind = FLUOROSCOPY
        elif scopes[i] in {"strong", "weak"} and span.entries and not name and not views:
            continue  # an indication, in words that are known
        elif i not in used and not _adds_nothing(span, name):
            return None
    return Saying(kind, frozenset(found[i].words for i in used))


def _adds_nothing(span: Span, name: bool) -> bool:
    if span.place is not None or any(_NUMBERS & set(word) for word in span.words):
        return False
    known = "plain_exam" in span.roles or bool(span.roles & _SAY_NOTHING)
    named = all(word in _WORDS_OF_NAMES for word in span.words)
    if name:
        return named or (known and not span.roles & _CONTRAST)
    return named or known or bool(span.roles & _MAY_SAY) or (not span.entries and len(span.words[0]) == 1)


def key_of(lexicon: Lexicon, terms: Terms, kind: str) -> ExamKey:
    """What is known of an exam as a key of names: composite parts taken apart, regions by their codes."""
    parts, regions = frozenset(members(lexicon, terms.body_parts)), frozenset(terms.region_codes)
    return ExamKey(terms.category, kind, parts, regions, terms.laterality, terms.contrast)


def kind_of_exam(lexicon: Lexicon, names: ExamNames, given: Sources, terms: Terms) -> str:
    """The kind of an exam by the text that named its parts; fluoroscopy by the modality too. Empty where unknown."""
    if terms.body_part_source not in OF_STUDY:
        return ""
    kind = names.kind(lexicon, given.get(terms.body_part_source), terms.category)
    return FLUOROSCOPY if kind == PLAIN and given.get(MODALITY).upper() == "RF" else kind


def exam_names(lexicon: Lexicon, named: Iterable[tuple[str, str, Terms]]) -> ExamNames:
    """The names that a key can hold, of code, name and what was read in it; keys of several names are left out."""
    codes: dict[ExamKey, set[str]] = {}
    special: set[tuple[str, ...]] = set()
    listed: list[tuple[str, str]] = []
    for code, name, terms in named:
        listed.append((code, name))
        saying = saying_of(lexicon, name, terms.category, name=True) if terms.body_parts else None
        if saying is None:
            continue
        if saying.places <= _canonical():
            codes.setdefault(key_of(lexicon, terms, saying.kind), set()).add(code)
        else:
            special |= saying.places - _canonical()
    one = {key: next(iter(found)) for key, found in codes.items() if len(found) == 1}
    return ExamNames(one, frozenset(special), hashlib.sha256(repr(listed).encode()).hexdigest()[:12])


@cache
def _canonical() -> frozenset[tuple[str, ...]]:
    """The words that a part is called by first, in French and in English; others may be a piece of it."""
    firsts = (row[language].split("|")[0] for row in rows("places") for language in ("fr", "en"))
    return frozenset(phrase for first in firsts for phrase in phrases(first))
