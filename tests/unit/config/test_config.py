from pathlib import Path

import pytest

from eds_spark_imaging.config import Config, SourceConfig, load_config
from eds_spark_imaging.errors import ConfigError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file_becomes_typed_sections(tmp_path: Path) -> None:
    config = load_config(
        write(
            tmp_path,
            """
            [lake]
            path = "/data/lake"
            [warehouse]
            database = "edsomop_prod_a"
            [warehouse.tables.condition_occurrence]
            name = "condition"
            columns = { condition_start_datetime = "start_date" }
            [[sources]]
            name = "psl"
            root = "/pacs/PSL"
            hospital = "066"
            [[hospitals]]
            code = "066"
            name = "PSL"
            institution = ["piti"]
            [[attributes]]
            sources = ["(0019,xx0C)[SIEMENS MR HEADER]"]
            column = "b_siemens"
            kind = "double"
            level = "instance"
            [spark]
            "spark.executor.memory" = "8g"
            """,
        )
    )
    assert config.lake is not None
    assert config.lake.path == "/data/lake"
    assert config.warehouse is not None
    assert config.warehouse.tables["condition_occurrence"].columns == {"condition_start_datetime": "start_date"}
    assert config.sources[0].hospital == "066"
    assert config.hospitals[0].institution == ("piti",)
    assert config.site_attributes[0].column == "b_siemens"
    assert config.spark == {"spark.executor.memory": "8g"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lake", "Expected"),
        ("[lakes]\npath = 'x'", "'lakes'"),
        ("[lake]\nfolder = 'x'", "'folder'"),
        ("[lake]\npath = 3", "lake.path must be text"),
        ("[lake]\npath = 'a'\ndatabase = 'b'", "either path or database"),
        ("[lake]\ndatabase = 'a; DROP TABLE b'", "not a name"),
        ("[[sources]]\nname = 'a'", "lacks 'root'"),
        ("[[sources]]\nname = 'a b'\nroot = '/x'", "name 'a b'"),
        ("[[sources]]\nname='a'\nroot='/x'\n[[sources]]\nname='a'\nroot='/y'", "given twice"),
        ("[[sources]]\nname='a'\nroot='/x'\n[[sources]]\nname='b'\nroot='/x/y'", "lies within"),
        ("[[hospitals]]\ncode='1'\nname='A'\nstation=['(']", "pattern '('"),
        ("[[attributes]]\nsources=['NoSuchKeyword']\nkind='string'\nlevel='study'", "NoSuchKeyword"),
        ("[[attributes]]\nsources=['KVP']\nkind='number'\nlevel='study'", "number"),
        ("[warehouse]\npath='/x'\nformat='xlsx'", "xlsx"),
        ("[warehouse]\npath='/x'\n[warehouse.jdbc]\nurl='jdbc:postgresql://h/d'", "one of path, database and jdbc"),
        ("[warehouse.jdbc]\nurl='postgresql://h/d'", "does not begin with jdbc:"),
        ("[warehouse.jdbc]\nurl='jdbc:postgresql://h/d?password=fictif'", "must not hold a password"),
        ("[warehouse.jdbc]\nurl='jdbc:postgresql://u:fictif@h/d'", "must not hold a password"),
        ("[warehouse.jdbc]\nurl='jdbc:x'\nschema='a\"b'", "is not a name"),
        ("[warehouse.jdbc]\nurl='jdbc:x'\npartitions=0", "at least 1"),
        ("[warehouse]\npath='/x'\n[warehouse.tables.note]\nbounds=[9, 1]", "the smaller one first"),
        ("[cross]\ndiagnosis_days = 'many'", "must be int"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "fictif" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "absent.toml")


def test_the_command_line_replaces_places_and_keeps_the_rules_of_known_roots(tmp_path: Path) -> None:
    config = Config(sources=(SourceConfig("psl", str(tmp_path), hospital="066"),))
    changed = config.with_places((str(tmp_path), "/other"), lake="/lake", warehouse="db:edsomop")
    assert [s.hospital for s in changed.sources] == ["066", None]
    assert changed.lake is not None
    assert changed.lake.path == "/lake"
    assert changed.warehouse is not None
    assert changed.warehouse.database == "edsomop"


def test_a_database_over_jdbc_may_be_named_on_the_command_line(tmp_path: Path) -> None:
    path = write(tmp_path, "[warehouse.jdbc]\nurl='jdbc:postgresql://a/b'\nuser='eds'\npassword_file='secret'")
    changed = load_config(path).with_places(warehouse="jdbc:postgresql://c/d?ssl=true").warehouse
    assert changed is not None
    assert changed.jdbc is not None
    assert (changed.jdbc.user, changed.jdbc.password_file) == ("eds", str(tmp_path / "secret"))
    assert changed.place == "jdbc:postgresql://c/d"
    folder = load_config(path).with_places(warehouse="/base").warehouse
    assert folder is not None
    assert (folder.path, folder.jdbc) == ("/base", None)


def test_the_same_root_has_the_same_name_in_every_run() -> None:
    first = Config().with_places(("/data/ct",)).sources[0].name
    assert first == Config().with_places(("/data/ct",)).sources[0].name
    assert first != Config().with_places(("/other/ct",)).sources[0].name


def test_a_lake_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="--lake"):
        Config().require_lake()


def test_relative_places_are_meant_from_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "[lake]\npath='lake'\n[[sources]]\nname='a'\nroot='../pacs'\n"))
    assert config.lake is not None
    assert config.lake.path == str(tmp_path / "lake")
    assert config.sources[0].root == str(tmp_path.parent / "pacs")
