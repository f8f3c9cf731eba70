"""What is written is true: every query, command, configuration and snippet of the documents, and what they list."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb_extension_delta
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
import pytest
import typer

from eds_spark_imaging.cli.app import app
from eds_spark_imaging.cli.derived import FOR_THE_JOBS, derived_files
from eds_spark_imaging.cohorts import Cohort
from eds_spark_imaging.config import (
    Config,
    CrossConfig,
    ExportConfig,
    HospitalConfig,
    JdbcConfig,
    LakeConfig,
    LinkConfig,
    MaintainConfig,
    ParseConfig,
    ProjectConfig,
    SourceConfig,
    SuspensionConfig,
    TableConfig,
    WarehouseConfig,
    load_config,
)
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.errors import ImagingError
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.link_words import LinkStatus
from eds_spark_imaging.warehouse.contract import INPUTS
from eds_spark_imaging.warehouse.mapping import check_layout

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
COMMANDS = typer.main.get_command(app).commands
LAKE_IN_DOCS = "/data/imaging/lake"
INSTALLED_AT = "/opt/eds-spark-imaging/"  # where the documents put the project in an image
OTHER_PROGRAMS = {"python3", "pip", "venv-pack", "export", "unset"}


class Block(NamedTuple):
    """One fenced block of a document."""

    place: str
    language: str
    text: str


class Command(NamedTuple):
    """One command of a console block, as its words."""

    place: str
    words: list[str]


def blocks(*languages: str) -> list[Block]:
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(f"{document.name}:{line}", match[1], match[2]))
    return [block for block in found if block.language in languages]


def commands() -> Iterator[Command]:
    for block in blocks("console", "bash", "sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            yield Command(block.place, shlex.split(line))


def imaging_words(words: Sequence[str]) -> list[str] | None:
    """The arguments of `eds-imaging` in a command, None where it is another program."""
    if Path(words[0]).name == "eds-imaging":
        return list(words[1:])
    if words[0] == "./dev" and words[1] in ("run", "demo"):
        return list(words[2:]) if words[1] == "run" else list(words[1:])
    return None


def queries() -> list[Block]:
    in_commands = [
        Block(command.place, "sql", words[1] if words[1] != "--lake" else words[3])
        for command in commands()
        if (words := imaging_words(command.words)) and words[0] == "sql"
    ]
    return blocks("sql") + in_commands


def places(items: Sequence[Block | Command]) -> list[str]:
    return [item.place for item in items]


def test_no_block_goes_unchecked() -> None:
    texts = [document.read_text("utf-8") for document in DOCUMENTS]
    languages = {language for text in texts for language in re.findall(r"^```(\w+)$", text, re.MULTILINE)}
    assert languages == {"sql", "console", "toml", "python", "text", "mermaid"}


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with every table, empty, known by name to the session."""
    from eds_spark_imaging.lake.lake import Lake
    from eds_spark_imaging.lake.releases import write_release

    root = tmp_path_factory.mktemp("docs") / "lake"
    made = Lake(spark, LakeConfig(path=str(root)), Catalogue())
    for table in made.catalogue:
        made.create(table.name)
    write_release(made, "20260131T000000000000-release-000000")
    made.register()
    make_base(spark, root.parent / "base")
    return root


def make_base(spark: SparkSession, root: Path) -> None:
    """A base centrale with every table, empty, whose views the session knows."""
    from eds_spark_imaging.pipeline.base_views import PREFIX, make_base_views

    for table in INPUTS.values():
        (root / table.name).mkdir(parents=True)
        columns = {column.name: pa.array([], column.type) for column in table}
        pq.write_table(pa.table(columns), root / table.name / "part-0.parquet")
    make_base_views(spark, WarehouseConfig(path=str(root)), {f"{PREFIX}{name}" for name in INPUTS})


@pytest.mark.spark
@pytest.mark.parametrize("block", queries(), ids=places(queries()))
def test_queries(block: Block, spark: SparkSession, lake: Path) -> None:
    spark.sql(block.text.replace(LAKE_IN_DOCS, str(lake))).collect()


@pytest.fixture(scope="module")
def submit_options() -> set[str]:
    """The options that spark-submit has."""
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    run = subprocess.run([submit, "--help"], capture_output=True, text=True, check=False)
    return set(re.findall(r"--[a-z][a-z-]+", run.stdout + run.stderr))


ALL_COMMANDS = list(commands())


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=places(ALL_COMMANDS))
def test_commands(command: Command, submit_options: set[str]) -> None:
    words = command.words
    program = Path(words[0]).name
    ours = imaging_words(words)
    if program == "dev":
        assert re.search(rf"^  {words[1]}\)", (PROJECT / "dev").read_text("utf-8"), re.MULTILINE), words[1]
        for word in words[2:]:
            assert words[1] != "test" or not word.startswith("tests/") or (PROJECT / word).exists(), word
    if ours is not None:
        check_imaging(ours)
    elif program == "spark-submit":
        check_submit(words[1:], submit_options)
    elif words[1:2] == ["-m"]:
        assert words[2] == "venv" or importlib.util.find_spec(words[2]), words[2]
    else:
        assert program in {"dev", *OTHER_PROGRAMS}, program


def check_imaging(words: list[str], beside: Sequence[str] = ()) -> None:
    """Parses the arguments; configurations must be there, or be among the files ``beside``."""
    name, *arguments = words
    with COMMANDS[name].make_context(name, list(arguments)) as context:
        config = context.params.get("config")
    if config is not None and str(config) not in beside:
        assert (PROJECT / str(config).removeprefix(INSTALLED_AT)).is_file(), config


def check_submit(words: list[str], known: set[str]) -> None:
    """Options must be spark-submit's own, files must be there, and the rest the arguments of the job's command."""
    options: dict[str, str] = {}
    while words[0].startswith("--"):
        option = words.pop(0)
        assert option in known, option
        options[option] = "" if option == "--load-spark-defaults" else words.pop(0)
    for option in ("--properties-file", "--files"):
        assert option not in options or (PROJECT / options[option]).is_file(), options[option]
    job = PROJECT / words.pop(0).removeprefix("local://").removeprefix(INSTALLED_AT)
    submitted = re.search(r'"eds-imaging", "(\w+)"', job.read_text("utf-8"))
    assert submitted, job
    check_imaging([submitted[1], *words], [Path(options.get("--files", "")).name])


def test_options_are_of_the_commands_that_the_table_names() -> None:
    text = (PROJECT / "docs" / "engineers.md").read_text("utf-8")
    rows = re.findall(r"^\| (`--[^|]+) \| ([^|]+) \|", text.partition("| option | of | does |")[2], re.MULTILINE)
    assert rows
    for options, commands_told in rows:
        named = set(re.findall(r"`([\w-]+)`", commands_told))
        told = set(COMMANDS) - named if commands_told.startswith("all") else named
        for option in re.findall(r"--[a-z-]+", options):
            assert {name for name, c in COMMANDS.items() if any(option in p.opts for p in c.params)} == told, option


@pytest.mark.parametrize("block", blocks("toml"), ids=places(blocks("toml")))
def test_configurations_in_documents(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "block.toml"
    path.write_text(block.text, encoding="utf-8")
    if block.text.startswith("[cohort]"):
        assert Cohort.from_toml(path).steps
    else:
        assert load_config(path) != Config()


@pytest.mark.parametrize("path", sorted((PROJECT / "conf" / "cohorts").glob("*.toml")), ids=lambda path: path.name)
def test_cohorts_of_the_project(path: Path) -> None:
    assert Cohort.from_toml(path).name == path.stem


@pytest.mark.parametrize("path", sorted((PROJECT / "conf").glob("*.toml")), ids=lambda path: path.name)
def test_configurations_of_the_project(path: Path) -> None:
    config = load_config(path)
    Catalogue(config.site_attributes)
    if config.warehouse:
        check_layout(config.warehouse)


def test_the_example_has_every_section(tmp_path: Path) -> None:
    text = (PROJECT / "conf" / "eds-imaging.toml").read_text("utf-8")
    for f in fields(Config):
        assert re.search(rf"^(#   )?\[+{f.name}[].]", text, re.MULTILINE), f.name
    full = tmp_path / "full.toml"
    full.write_text(re.sub(r"^#   ", "", text.replace('path = "/data/base_centrale"', ""), flags=re.MULTILINE))
    config = load_config(full)
    assert config.warehouse is not None
    assert config.warehouse.jdbc is not None
    assert (len(config.suspensions), len(config.projects)) == (1, 1)


def test_commented_lines_of_the_example_are_the_defaults(tmp_path: Path) -> None:
    text = (PROJECT / "conf" / "eds-imaging.toml").read_text("utf-8")
    full = tmp_path / "full.toml"
    full.write_text(re.sub(r"^# (?!database)([a-z_]+ = )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    config = load_config(full)
    assert full.read_text("utf-8") != text
    assert config.warehouse is not None
    assert config.sources[1].override_charset == "cp1252"
    example = WarehouseConfig(path=config.warehouse.path, tables=config.warehouse.tables)
    assert (config.warehouse, config.parse, config.cross) == (example, ParseConfig(), CrossConfig())
    assert (config.maintain, config.export) == (MaintainConfig(), ExportConfig())
    assert config.link == LinkConfig(nip_domains=config.link.nip_domains)


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("[lake]", LakeConfig),
        ("[warehouse]", WarehouseConfig),
        ("[warehouse.jdbc]", JdbcConfig),
        ("[warehouse.tables.T]", TableConfig),
        ("[[sources]]", SourceConfig),
        ("[[hospitals]]", HospitalConfig),
        ("[[suspensions]]", SuspensionConfig),
        ("[parse]", ParseConfig),
        ("[link]", LinkConfig),
        ("[cross]", CrossConfig),
        ("[export]", ExportConfig),
        ("[maintain]", MaintainConfig),
        ("[[projects]]", ProjectConfig),
    ],
)
def test_every_key_has_its_line(section: str, kind: type) -> None:
    text = "".join((PROJECT / "docs" / name).read_text("utf-8") for name in ("engineers.md", "privacy.md"))
    written = set(re.findall(rf"^\| `{re.escape(section)} (\w+)` \|", text, re.MULTILINE))
    assert written == {f.name for f in fields(kind)} - {"tables", "jdbc"}


def test_every_section_and_field_of_an_attribute_is_explained() -> None:
    text = (PROJECT / "docs" / "engineers.md").read_text("utf-8")
    for f in fields(Config):
        assert f"[{f.name}]" in text, f.name
    for f in fields(Attribute):
        assert f"`{f.name}`" in text, f.name


SNIPPETS = blocks("python")


@pytest.mark.parametrize("block", SNIPPETS, ids=places(SNIPPETS))
def test_snippets_compile(block: Block) -> None:
    compile(block.text, block.place, "exec")


READERS = [block for block in SNIPPETS if "eds_spark_imaging" not in block.text]


@pytest.mark.spark
@pytest.mark.parametrize("block", READERS, ids=places(READERS))
def test_other_readers_take_the_tables(block: Block, lake: Path) -> None:
    extension = next(Path(duckdb_extension_delta.__path__[0]).rglob("*.duckdb_extension"))
    code = block.text.replace(LAKE_IN_DOCS, str(lake)).replace('("delta")', f"({str(extension)!r})")
    assert str(lake) in code
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ})
    assert run.returncode == 0, run.stderr
    assert run.stdout


def test_derived_files_are_up_to_date() -> None:
    for path, content in derived_files().items():
        assert (PROJECT / path).read_text("utf-8") == content, f"{path}: run `./dev docs`"


def test_links_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_tables_views_statuses_jobs_and_exit_codes_are_documented() -> None:
    readme, analysts, engineers = (
        (PROJECT / name).read_text("utf-8") for name in ("README.md", "docs/analyst-guide.md", "docs/engineers.md")
    )
    for table in Catalogue():
        for text in (engineers,) if table.name in FOR_THE_JOBS else (readme, analysts):
            assert f"`{table.name}`" in text, table.name
    for view in VIEWS:
        short_name = view.name.removeprefix("imaging_acquisition")
        assert f"`{view.name}`" in analysts or f"`{short_name}`" in analysts, view.name
    assert set(re.findall(r"^\| `(\w+)` \|", analysts, re.MULTILINE)) >= set(LinkStatus)
    for job in (PROJECT / "jobs").glob("*.py"):
        assert f"`jobs/{job.name}`" in engineers, job.name
    codes = {error.exit_code for error in ImagingError.__subclasses__()}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", engineers, re.MULTILINE)} >= codes
    short = readme.partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"\b(\d)\s", short)} >= codes
