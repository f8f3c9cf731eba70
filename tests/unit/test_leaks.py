"""The search of the proofs finds people in every disguise that it is said to see through."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from leaks import Search, spellings
from planted import Person

PERSON = Person(7)
DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "without accents": lambda text: unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "reversed": lambda text: text[::-1],
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 among others": lambda text: base64.b64encode(f"ab{text}cde".encode()).decode(),
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("text", list(spellings(PERSON)))
def test_a_disguise_is_seen_through(disguise: str, text: str) -> None:
    content = f"before {DISGUISES[disguise](text)} after".encode()
    assert Search([PERSON]).people_in(content) == {7}


def test_nobody_is_found_where_nobody_is() -> None:
    assert Search([PERSON]).people_in(b"0123456789abcdef" * 1000 + "Élodie Durand 14/03/1950".encode()) == set()


def test_compressed_parquet_and_names_of_files_are_searched(tmp_path: Path) -> None:
    place = tmp_path
    table = pa.table({"names": [["x", PERSON.family]], "n": [1]})
    pq.write_table(table, place / "a.parquet", compression="zstd", write_statistics=False)
    (place / f"{PERSON.ipp}.txt").write_text("nothing in it, but long enough")
    assert set(Search([PERSON]).people_below(place)) == {"a.parquet", f"{PERSON.ipp}.txt"}
