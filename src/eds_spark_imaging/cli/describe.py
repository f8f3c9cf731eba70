"""The data dictionary, on the terminal and as ``docs/tables.md``: both from the table specifications."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Annotated

import typer

from eds_spark_imaging.cli.grid import print_grid
from eds_spark_imaging.cli.options import ConfigOption
from eds_spark_imaging.config import Config, load_config
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.tables import Catalogue, Table
from eds_spark_imaging.tables.spec import sql_type
from eds_spark_imaging.vocabulary import Word


def describe(
    table: Annotated[str | None, typer.Argument(help="A table or view; all are listed without it.")] = None,
    config: ConfigOption = None,
) -> None:
    """Show the data dictionary."""
    print_dictionary(load_config(config), table)


def print_dictionary(config: Config, name: str | None) -> None:
    """The tables and views, the columns of a table or the SQL of a view. LakeError where there is none of the name."""
    catalogue = Catalogue(config.site_attributes)
    if name is None:
        tables = [(t.name, t.grain, str(len(t.columns)), t.comment) for t in catalogue]
        views = [(v.name, v.grain, "", f"View: {v.comment}") for v in VIEWS]
        print_grid(("table", "one row for each", "columns", "what it holds"), tables + views)
        return
    if view := next((view for view in VIEWS if view.name == name), None):
        print(f"{view.name}: View: {view.comment}\nOne row for each {view.grain}\n")
        print(textwrap.dedent(view.select(catalogue)).strip())
        return
    table = catalogue[name]
    print(f"{table.name}: {table.comment}")
    print(f"One row for each {table.grain}. Key: {', '.join(table.keys) or 'none'}")
    print_grid(("column", "type", "meaning"), [(c.name, sql_type(c.type), c.description) for c in table])
    words = [(c.name, word, meaning) for c in table if c.values for word, meaning in c.values.meanings().items()]
    if words:
        print()
        print_grid(("column", "word", "meaning"), words)


def markdown(catalogue: Catalogue) -> Iterator[str]:
    """The whole dictionary as lines of Markdown."""
    yield "# Tables"
    yield ""
    yield "Written from the specifications by `./dev docs`; do not edit. `eds-imaging describe` shows the same."
    for table in catalogue:
        yield from _section(table)
    yield ""
    yield "## Views"
    yield ""
    for view in VIEWS:
        yield f"- `{view.name}`: {view.comment}. One row for each {view.grain}."


def _section(table: Table) -> Iterator[str]:
    yield ""
    yield f"## {table.name}"
    yield ""
    keys = ", ".join(f"`{key}`" for key in table.keys)
    yield f"{table.comment}. One row for each {table.grain}." + (f" Key: {keys}." if keys else "")
    yield ""
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in table:
        yield f"| `{column.name}` | {sql_type(column.type)} | {_cell(column.description)} |"
    for column in table:
        if column.values:
            yield ""
            yield f"Words of `{column.name}`:"
            yield ""
            yield from words_table(column.values)


def words_table(values: type[Word]) -> Iterator[str]:
    """A vocabulary as a table in Markdown."""
    yield "| word | meaning |"
    yield "|---|---|"
    for word in values:
        yield f"| `{word}` | {_cell(word.meaning)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
