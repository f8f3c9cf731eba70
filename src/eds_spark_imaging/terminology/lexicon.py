"""The lexicon: data files that a physician can read, compiled into one tree of words.

``parts.csv``: the DICOM terms with SNOMED code, regions and whether they are paired; ``places.csv``: what texts call
them; ``combining.csv``: first halves of compound adjectives; ``abbreviations.csv``: short forms of words of places;
``beside.csv``: words that mean another place beside certain parts; ``exams.csv``: names of exams and abbreviations;
``words.csv``: sides, contrast, negations and other words around them; ``composites.csv``, ``regions.csv``,
``categories.csv``, ``modalities.csv``. A site adds rows of exams.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eds_spark_imaging.terminology.data_files import rows
from eds_spark_imaging.terminology.text import words
from eds_spark_imaging.terminology.word_tree import LexiconEntry, WordNode

# Changes when the same lexicon is read by other rules; part of the version that is kept beside derived values.
ENGINE = "8"
# Roles of words that are compared with misspelt ones from `_LONG` letters on.
AGENTS = frozenset({"agent", "agent_alone"})
_LONG = 9
_FILES = (
    "regions",
    "parts",
    "composites",
    "places",
    "combining",
    "abbreviations",
    "beside",
    "exams",
    "words",
    "categories",
    "modalities",
    "groups",
    "endings",
    "agents",
    "vertebrae",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A DICOM term of Body Part Examined: SNOMED code, region symbols, paired or not, the part that it lies within."""

    term: str
    code: str
    regions: tuple[str, ...]
    paired: bool
    within: str


@dataclass(frozen=True, slots=True)
class Modality:
    """What a DICOM modality says of the exam: its category, and the part where no text names one."""

    category: str
    default_part: str


@dataclass(frozen=True, eq=False)
class Lexicon:
    """All data files, compiled; what is remembered of words is remembered of one lexicon, by its identity.

    ``spellings`` are the words that a misspelt one is compared with, by first letter;
    ``french``: words that names of places begin with in French alone; ``naming_exams``: words that names of exams
    of a category begin with.
    """

    parts: Mapping[str, Part]
    composites: Mapping[str, tuple[str, ...]]
    written_composites: tuple[str, ...]
    regions: Mapping[str, str]
    categories: tuple[str, ...]
    modalities: Mapping[str, Modality]
    root: WordNode
    first_words: tuple[str, ...]
    known: frozenset[str]
    plain: frozenset[str]
    spellings: Mapping[str, tuple[str, ...]]
    singles: Mapping[str, tuple[LexiconEntry, ...]]
    combining: Mapping[str, LexiconEntry]
    by_neighbour: Mapping[tuple[str, ...], tuple[frozenset[str], LexiconEntry]]
    french: frozenset[str]
    naming_exams: frozenset[str]
    version: str


# A row of exams.csv that a site adds, as pairs so that it can be a key of the cache.
SiteRow = tuple[tuple[str, str], ...]


@lru_cache(maxsize=8)
def lexicon(site: tuple[SiteRow, ...] = ()) -> Lexicon:
    """The lexicon of the package, with the rows that a site adds to its exams (see ``site.site_rows``)."""
    tables = {name: rows(name) for name in _FILES}
    tables["exams"] = tables["exams"] + [dict(row) for row in site]
    return _compile(tables)


def _compile(tables: dict[str, list[dict[str, str]]]) -> Lexicon:
    parts = {row["part"]: _part(row) for row in tables["parts"]}
    composites = {row["composite"]: tuple(row["members"].split()) for row in tables["composites"]}
    root = WordNode()
    known: set[str] = set()
    plain: set[str] = set()
    for phrase, entry in itertools.chain(
        _terms(parts), _places(tables, parts), _exams(tables["exams"], parts), _roles(tables["words"])
    ):
        known.update(phrase)
        if entry.role == "plain_word":
            plain.update(phrase)
        else:
            _insert(root, phrase, entry)
    singles = {word: node.entries for word, node in root.next.items() if node.entries and len(word) > 1}
    written = (row["composite"] for row in tables["composites"] if row["written"] == "yes")
    return Lexicon(
        parts=parts,
        composites=composites,
        written_composites=tuple(sorted(written, key=lambda c: -len(composites[c]))),
        regions={row["symbol"]: row["code"] for row in tables["regions"]},
        categories=tuple(row["category"] for row in tables["categories"]),
        modalities={row["modality"]: Modality(row["category"], row["default_part"]) for row in tables["modalities"]},
        root=root,
        first_words=tuple(sorted(root.next)),
        known=frozenset(known),
        plain=frozenset(plain),
        spellings=_spellings(root),
        singles=singles,
        combining=dict(_combining(tables["combining"], parts)),
        by_neighbour=dict(_beside(tables["beside"], parts)),
        french=_first_words(tables["places"], "fr") - _first_words(tables["places"], "en"),
        naming_exams=frozenset(word for word, node in root.next.items() if _tells_category(node)),
        version=_version(tables),
    )


def _part(row: dict[str, str]) -> Part:
    return Part(row["part"], row["code"], tuple(row["regions"].split()), row["paired"] == "yes", row["within"])


def _version(tables: dict[str, Any]) -> str:
    return f"{ENGINE}-{hashlib.sha256(repr(sorted(tables.items())).encode()).hexdigest()[:12]}"


def _terms(parts: Mapping[str, Part]) -> Iterator[tuple[tuple[str, ...], LexiconEntry]]:
    """The DICOM terms themselves, as they are written in Body Part Examined."""
    for part in parts.values():
        yield words(part.term).forms, LexiconEntry((part.term,), part.regions, part.paired, place=True)


def _places(
    tables: Mapping[str, list[dict[str, str]]], parts: Mapping[str, Part]
) -> Iterator[tuple[tuple[str, ...], LexiconEntry]]:
    short = {words(row["word"]).forms[0]: row["abbreviations"].split("|") for row in tables["abbreviations"]}
    for row in tables["places"]:
        terms = tuple(row["body_parts"].split())
        regions = tuple(row["regions"].split()) or _regions(terms, parts)
        paired = row["paired"] == "yes" or (row["paired"] == "" and any(parts[term].paired for term in terms))
        entry = LexiconEntry(terms, regions, paired, place=True)
        for phrase in phrases(f"{row['fr']}|{row['en']}"):
            yield phrase, entry
            if len(phrase) > 1:
                forms = itertools.product(*((word, *short.get(word, ())) for word in phrase))
                yield from ((form, entry) for form in forms if form != phrase)


def _first_words(table: list[dict[str, str]], language: str) -> frozenset[str]:
    return frozenset(phrase[0] for row in table for phrase in phrases(row[language]))


def _beside(
    table: list[dict[str, str]], parts: Mapping[str, Part]
) -> Iterator[tuple[tuple[str, ...], tuple[frozenset[str], LexiconEntry]]]:
    for row in table:
        terms = tuple(row["body_parts"].split())
        paired = any(parts[term].paired for term in terms)
        entry = LexiconEntry(terms, _regions(terms, parts), paired, place=True)
        for phrase in phrases(row["words"]):
            yield phrase, (frozenset(row["beside"].split()), entry)


def _combining(table: list[dict[str, str]], parts: Mapping[str, Part]) -> Iterator[tuple[str, LexiconEntry]]:
    for row in table:
        terms = tuple(row["body_parts"].split())
        entry = LexiconEntry(terms, _regions(terms, parts), any(parts[term].paired for term in terms), place=True)
        yield words(row["form"]).forms[0], entry


def _regions(terms: Iterable[str], parts: Mapping[str, Part]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(region for term in terms for region in parts[term].regions))


def _exams(table: list[dict[str, str]], parts: Mapping[str, Part]) -> Iterator[tuple[tuple[str, ...], LexiconEntry]]:
    for row in table:
        terms = tuple(row["body_parts"].split())
        entry = LexiconEntry(
            terms,
            _regions(terms, parts),
            any(parts[term].paired for term in terms),
            place=bool(terms),
            category=row["category"],
            contrast=row["contrast"],
            side=row["side"],
            only=frozenset(row["only"].split()),
            weak=row["weak"] == "yes",
        )
        for phrase in phrases(row["terms"]):
            yield phrase, entry


def _roles(table: list[dict[str, str]]) -> Iterator[tuple[tuple[str, ...], LexiconEntry]]:
    for row in table:
        for phrase in phrases(row["words"]):
            yield phrase, LexiconEntry(role=row["role"])


def phrases(cell: str) -> Iterator[tuple[str, ...]]:
    """The phrases of a cell: terms parted by `|`, `a/b c` both ways, hyphenated words also written together."""
    for term in filter(None, (term.strip() for term in cell.split("|"))):
        for variant in dict.fromkeys((*_alternatives(term), term)):
            for form in dict.fromkeys((variant, variant.replace("-", ""), variant.replace("-", "").lower())):
                phrase = words(form).forms
                if phrase:
                    yield phrase


def _alternatives(term: str) -> Iterator[str]:
    """`rachis/colonne cervical` is two terms; `foot/ankle` and few letters (`l/s spine`) are left as they are."""
    if " " not in term:
        return
    choices = [
        word.split("/") if "/" in word and min(map(len, word.split("/"))) > 3 else [word] for word in term.split()
    ]
    yield from (" ".join(choice) for choice in itertools.product(*choices))


def _insert(root: WordNode, phrase: tuple[str, ...], entry: LexiconEntry) -> None:
    node = root
    for word in phrase:
        node = node.next.setdefault(word, WordNode())
    if entry not in node.entries:
        node.entries = (*node.entries, entry)


def _spellings(root: WordNode) -> dict[str, tuple[str, ...]]:
    """Words of places, sides and agents, long enough that a slip of the keyboard does not make another word of them."""
    found: dict[str, list[str]] = {}
    for word, node in root.next.items():
        roles = {entry.role for entry in node.entries}
        agent = len(word) >= _LONG and roles & AGENTS
        sides = roles & {"right", "left", "both_sides"}
        if len(word) >= 5 and (sides or agent or _leads_to_place(node)):
            found.setdefault(word[0], []).append(word)
    return {letter: tuple(sorted(spelt)) for letter, spelt in found.items()}


def _tells_category(node: WordNode) -> bool:
    return any(entry.category for entry in node.entries) or any(_tells_category(child) for child in node.next.values())


def _leads_to_place(node: WordNode) -> bool:
    return any(entry.place for entry in node.entries) or any(_leads_to_place(child) for child in node.next.values())
