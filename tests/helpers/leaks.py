"""Looks for people in bytes: their names, numbers and dates, plain and in the disguises that software gives them."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from planted import Person

_WINDOW = 8  # bytes by which candidates are found
_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre")
_MONTHS += ("novembre", "décembre")


def plain(text: str) -> str:
    """Without accents and case."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def spellings(person: Person) -> Iterator[str]:
    """Each word of the name alone, so that their order does not matter; numbers; the birth date in five forms."""
    birth = person.birth
    yield from (person.family, person.given, person.ipp, person.nip, person.accession, person.nda)
    yield from (f"{birth:%Y%m%d}", f"{birth:%Y-%m-%d}", f"{birth:%d/%m/%Y}", f"{birth:%d-%m-%Y}")
    yield f"{birth.day} {_MONTHS[birth.month - 1]} {birth.year}"


def disguises(text: str) -> tuple[set[bytes], set[bytes]]:
    """What stands for the text in bytes without accents and case, and in bytes as they are."""
    forms = {text, text.upper(), text.lower(), plain(text), plain(text).upper()}
    folded = {plain(text), plain(text)[::-1], *(form.encode().hex() for form in forms)}
    coded = {part for form in forms for part in _base64(form.encode())}
    return {one.encode() for one in folded}, coded


def _base64(content: bytes) -> Iterator[bytes]:
    """Base64 of the bytes at each of the three places they may have, without what depends on their neighbours."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + content).rstrip(b"=")
        inner = coded[-(-before * 8 // 6) : (before + len(content)) * 8 // 6]
        if len(inner) >= _WINDOW:
            yield inner


class Search:
    """Everybody, in all disguises."""

    def __init__(self, everybody: Sequence[Person]) -> None:
        self._folded: dict[bytes, int] = {}
        self._raw: dict[bytes, int] = {}
        for person in everybody:
            for text in spellings(person):
                folded, raw = disguises(text)
                self._folded |= dict.fromkeys(folded, person.number)
                self._raw |= dict.fromkeys(raw, person.number)

    def people_in(self, content: bytes) -> set[int]:
        """Numbers of the people who are in the content."""
        folded = plain(content.decode("utf-8", "replace")).encode()
        return _found(folded, self._folded) | _found(content, self._raw)

    def people_below(self, *places: Path) -> dict[str, set[int]]:
        """Those in the names and the content of every file below the places; Parquet is decoded as well."""
        found = {}
        for place in places:
            for path in (p for p in place.rglob("*") if p.is_file()):
                name = str(path.relative_to(place))
                numbers = self.people_in(name.encode()) | set().union(*map(self.people_in, contents(path)))
                if numbers:
                    found[name] = numbers
        return found


def _found(content: bytes, needles: dict[bytes, int]) -> set[int]:
    if len(content) < _WINDOW:
        return set()
    array = np.frombuffer(content, np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(array, _WINDOW)
    there = set(np.unique(np.ascontiguousarray(windows).view(np.uint64)).tolist())
    heads = ((needle, int.from_bytes(needle[:_WINDOW], "little")) for needle in needles)
    return {needles[needle] for needle, head in heads if head in there and needle in content}


def contents(path: Path) -> Iterable[bytes]:
    """The bytes of a file, and of Parquet every text as it is read."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.ParquetFile(path).read()
        yield "\n".join(text for column in table.columns for text in _texts(column)).encode("utf-8", "surrogatepass")


def _texts(column: pa.ChunkedArray) -> Iterator[str]:
    for value in column.to_pylist():
        if value is not None:
            yield str(value)
