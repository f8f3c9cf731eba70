"""Terms of a site: rows beside those of ``exams.csv``, from a CSV file or from the configuration."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.data_files import parse_rows
from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.exam_names import ExamNames, exam_names, load_names
from eds_spark_imaging.terminology.lexicon import Lexicon, SiteRow, lexicon, phrases
from eds_spark_imaging.terminology.sources import STUDY

COLUMNS = ("category", "contrast", "side", "body_parts", "only", "weak", "terms")
_CONTRASTS = frozenset({"", "with", "without", "both"})
_SIDES = frozenset({"", "R", "L", "B"})


def site_lexicon(file: str | None, terms: Sequence[Mapping[str, object]]) -> Lexicon:
    """The lexicon with a site's terms.

    ``file``: a CSV file with the columns of ``exams.csv``, of which `terms` alone is required. ``terms``: tables with
    the same keys; a value may be a list.

    Raises:
        ConfigError: the file cannot be read, or a row names an unknown column, part, category, side or contrast.
    """
    return lexicon(site_rows_of(file, terms))


def site_rows_of(file: str | None, terms: Sequence[Mapping[str, object]]) -> tuple[SiteRow, ...]:
    """The rows that ``site_lexicon`` adds, to be sent to other processes. ConfigError as there."""
    return (*site_rows(_file_rows(file), file or ""), *site_rows(terms, "[[terminology.terms]]"))


def site_names(file: str | None, known: Lexicon) -> ExamNames | None:
    """The names of exams that a site loaded, read with its lexicon; None where there is no such file.

    Raises:
        ConfigError: the file cannot be read, or has no columns `code` and `name`.
    """
    if file is None:
        return None
    reader = Reader(known)
    return exam_names(known, ((code, name, reader.read({STUDY: name})) for code, name in load_names(file)))


def site_rows(terms: Iterable[Mapping[str, object]], where: str) -> tuple[SiteRow, ...]:
    """Rows of a site, checked; ``where`` they stand is named in errors."""
    return tuple(_row(term, f"{where} row {n}") for n, term in enumerate(terms, 1))


def _file_rows(file: str | None) -> list[dict[str, str]]:
    if file is None:
        return []
    try:
        return parse_rows(Path(file).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"[terminology] file {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"[terminology] file {file}: not UTF-8") from None
    except csv.Error as error:
        raise ConfigError(f"[terminology] file {file}: {error}") from None


def _row(term: Mapping[str, object], where: str) -> SiteRow:
    unknown = set(term) - set(COLUMNS)
    if unknown:
        raise ConfigError(f"{where}: no column {sorted(unknown)[0]!r}; known: {', '.join(COLUMNS)}")
    row = {column: _cell(term.get(column), "|" if column == "terms" else " ") for column in COLUMNS}
    own = lexicon()
    categories = frozenset(own.categories)
    for column, value, known in (
        *(("body_parts", part, frozenset(own.parts)) for part in row["body_parts"].split()),
        *(("only", category, categories | {"unknown"}) for category in row["only"].split()),
        ("category", row["category"], categories | {""}),
        ("contrast", row["contrast"], _CONTRASTS),
        ("side", row["side"], _SIDES),
        ("weak", row["weak"], frozenset({"", "yes", "no"})),
    ):
        if value not in known:
            raise ConfigError(f"{where}: {value!r} is no {column}")
    if not any(phrases(row["terms"])):
        raise ConfigError(f"{where}: no terms")
    return tuple(row.items())


def _cell(value: object, separator: str) -> str:
    if isinstance(value, list | tuple):
        return separator.join(str(item).strip() for item in value)
    return "" if value is None else str(value).strip()
