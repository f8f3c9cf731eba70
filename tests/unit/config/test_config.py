import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from eds_spark_imaging.cli.options import config_from
from eds_spark_imaging.config import (
    Config,
    HospitalConfig,
    JdbcConfig,
    SourceConfig,
    WarehouseConfig,
    lake_at,
    load_config,
)
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.pipeline import jobs
from eds_spark_imaging.pipeline.export import _concepts
from eds_spark_imaging.terminology.site import site_lexicon
from eds_spark_imaging.warehouse.jdbc import _password


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
        ("[cross]\ndiagnosis_days = -1", "0 or more"),
        ("[cross]\nprocedure_days = -1", "0 or more"),
        ("[cross]\nreport_days = -1", "0 or more"),
        ("[link]\nkey_days = -1", "0 or more"),
        ("[link]\nipp_pattern = '(?P<ipp>8[0-9]{9})'", "'(?P'"),
        ("[[hospitals]]\ncode='1'\nname='A'\nissuer=['(?P<a>b)']", "'(?P'"),
        ("[link]\nphantom_patterns = ['']", "empty pattern"),
        ("[lake]\npath = ''", "path is empty"),
        ("[lake]\npath = '  '", "path is empty"),
        ('[lake]\npath = "a\\u0000b"', "NUL"),
        ("[warehouse]\npath = ''", "path is empty"),
        ("[[sources]]\nname='a'\nroot=''", "root is empty"),
        ("[[sources]]\nname='a'\nroot='/x'\ninventory=''", "inventory is empty"),
        ("[export]\nconcepts=''", "concepts is empty"),
        ("[[projects]]\nname='a'\nkey_file=''", "key_file is empty"),
        ("[warehouse]\npath='/x'\ntime_zone='Europe/Pari'", "'Europe/Pari'"),
        ("[warehouse]\npath='/x'\ntime_zone=''", "time_zone is empty"),
        ("[warehouse]\npath='/x'\ntime_zone='localtime'", "'localtime'"),
        ("[warehouse]\npath='/x'\n[warehouse.tables.person]\nname=' '", "name is empty"),
        ("[warehouse]\npath='/x'\n[warehouse.tables.person.columns]\nperson_id=''", "columns.person_id is empty"),
        ("[[sources]]\nname='a'\nroot='/x'\nhospital=''", "hospital is empty"),
        ("[[sources]]\nname='a'\nroot='~nobody-of-that-name/x'", "home of '~nobody-of-that-name'"),
        ("[[hospitals]]\ncode=''\nname='A'", "code is empty"),
        ("[[hospitals]]\ncode='1'\nname='A'\nstation=['[a--b]']", "pattern '[a--b]'"),
        ("[link]\nnip_domains={'066'=''}", "nip_domains.066 is empty"),
        ("[link]\nkey_days=99999", "36525 (a century) or less"),
        ("[cross]\nreport_days=2147483648", "36525 (a century) or less"),
        ("[maintain]\nvacuum_hours=99999999999", "(a century) or less"),
        ("[parse]\nfiles_per_run=9223372036854775808", "too large a number"),
        (f"[parse]\nfiles_per_run={'9' * 5000}", "digits"),
        ("[warehouse.jdbc]\nurl='jdbc:x'\nfetch_size=2147483648", "less than 2^31"),
        ("[warehouse.jdbc]\nurl='jdbc:oracle:thin:eds/fictif@h:1521/d'", "must not hold a password"),
        ("[warehouse.jdbc]\nurl='jdbc:sqlserver://h;user=a;pwd = fictif'", "must not hold a password"),
        ("[[suspensions]]\nfirst='2023-02'\nlast='202٣-02'", "is not a month"),
        ("[spark]\nspark.executor.memory='8g'", "a key with dots in it goes in quotes"),
        ("[spark]\n'executor.memory'='8g'", "begin with spark."),
        ("[[sources]]\nname='a'\nroot='/x'\ndefault_charset='ISO_IR 10O'", "'ISO_IR 10O'"),
        ("[[sources]]\nname='a'\nroot='/x'\noverride_charset='latin-one'", "'latin-one'"),
        ("[[sources]]\nname='a'\nroot='s3://b/x'\n[[sources]]\nname='b'\nroot='s3a://b/x'", "lies within"),
        ("[[sources]]\nname='a'\nroot='S3N://b/x'\n[[sources]]\nname='b'\nroot='s3://b/x/y/'", "lies within"),
        ("[[sources]]\nname='a'\nroot='/x'\nhospital='2'\n[[hospitals]]\ncode='1'\nname='A'", "no hospital '2'"),
        (
            "[[suspensions]]\nfirst='2023-01'\nlast='2023-02'\nhospital='2'\n[[hospitals]]\ncode='1'\nname='A'",
            "no hospital '2'",
        ),
        ("x = " + "[" * 3000 + "]" * 3000, "too many brackets"),
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


@pytest.mark.parametrize("url", ["jdbc:oracle:thin:@//h:1521/d", "jdbc:oracle:thin:@h:1521:d", "jdbc:x://h/d?user=a@h"])
def test_urls_without_a_password(url: str) -> None:
    assert JdbcConfig(url).url == url


def test_settings_of_spark_may_be_empty(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "[spark]\n'spark.jars'=''")).spark == {"spark.jars": ""}


def test_whole_numbers_are_numbers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"between 0\.5 and 1"):
        load_config(write(tmp_path, "[link]\nprobabilistic_threshold=1"))


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_files_of_other_systems(tmp_path: Path, start: bytes, end: bytes) -> None:
    (tmp_path / "site.toml").write_bytes(start + end.join([b"[cross]", b"report_days = 3", b""]))
    assert load_config(tmp_path / "site.toml").cross.report_days == 3


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_bytes("[cross]\n# délai\nreport_days = 3\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"not in UTF-8 \(at line 2\)"):
        load_config(tmp_path / "site.toml")


LONG, LATIN = "a,b,c\n" + "x" * 200_000, "a,é,c\n"


@pytest.mark.parametrize(("text", "said"), [(LONG, "field larger"), (LATIN, r"[Nn]ot (in )?UTF-8")])
@pytest.mark.parametrize("read", [_concepts, lambda file: site_lexicon(file, ())], ids=["concepts", "terms"])
def test_tables_of_a_site_that_cannot_be_read(
    tmp_path: Path, text: str, said: str, read: Callable[[str], object]
) -> None:
    file = tmp_path / "site.csv"
    file.write_text(text.replace("a,b,c", "kind,code,concept_id"), encoding="latin-1")
    with pytest.raises(ConfigError, match=said):
        read(str(file))


def test_a_password_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"fictif\xe9")
    with pytest.raises(ConfigError, match="not in UTF-8") as caught:
        _password(JdbcConfig("jdbc:x", password_file=str(tmp_path / "secret")))
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


def test_one_root_has_one_name_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "ct").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ct")
    named = Config().with_places((f"{tmp_path}/ct",)).sources[0]
    assert Config().with_places((f"{tmp_path}/x/../ct/.",)).sources[0] == named
    assert Config().with_places((f"file://{tmp_path}/ct",)).sources[0] == named
    with pytest.raises(ConfigError, match="lies within"):
        Config(sources=(SourceConfig("a", f"{tmp_path}/ct"), SourceConfig("b", f"{tmp_path}/link")))


def test_a_lake_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="--lake"):
        Config().require_lake()


def test_relative_places_are_meant_from_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "[lake]\npath='lake'\n[[sources]]\nname='a'\nroot='../pacs'\n"))
    assert config.lake is not None
    assert config.lake.path == str(tmp_path / "lake")
    assert config.sources[0].root == str(tmp_path.parent / "pacs")


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<x>a)",
        "(?#c)a",
        "(a)?(?(1)b|c)",
        "(?a)b",
        "(?ai)b",
        r"\U00000041",
        r"\0",
        r"[\b]",
        "a{",
        "a{,3}",
        "{a}",
        "[[]",
        "[a&&b]",
    ],
)
def test_patterns_that_python_takes_and_spark_does_not(pattern: str) -> None:
    """All but the last are refused by java.util.regex.Pattern of Java 21; that one it reads as an intersection."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        re.compile(pattern)
        with pytest.raises(ConfigError, match="is not a regular expression to Spark"):
            HospitalConfig("1", "A", station=(pattern,))


@pytest.mark.parametrize(
    "pattern",
    [
        "[]a]",
        "a{2}",
        "a{2,}",
        "a{2,3}",
        r"\[a",
        r"[\[a]",
        r"\{a",
        "(?s-i:x)",
        "x*+",
        r"(a)\1",
        r"\\{2}",
        r"[a\]&]",
        "a}",
        r"\bPSL\b",
    ],
)
def test_patterns_that_both_take(pattern: str) -> None:
    assert HospitalConfig("1", "A", station=(pattern,)).station == (pattern,)


@pytest.mark.parametrize("zone", ["Europe/Paris", "Indian/Reunion", "UTC", "+02:00", "UTC-04:00"])
def test_time_zones(zone: str) -> None:
    assert WarehouseConfig(path="/x", time_zone=zone).time_zone == zone


def test_a_home_that_is_not_known() -> None:
    with pytest.raises(ConfigError, match="home of '~nobody-of-that-name'"):
        Config().with_places(lake="~nobody-of-that-name/lake")


@pytest.mark.parametrize("place", ["", " ", "/x/b\udcff", "a\0b"])
def test_places_of_the_command_line_that_name_nothing(place: str) -> None:
    for given in ({"sources": (place,)}, {"lake": place}, {"warehouse": place}):
        with pytest.raises(ConfigError, match="a place") as caught:
            Config().with_places(**given)  # type: ignore[arg-type]
        assert str(caught.value).encode()
    with pytest.raises(ConfigError, match="a place"):
        lake_at(place)


def test_hospitals_need_not_be_declared() -> None:
    assert Config(sources=(SourceConfig("a", "/x", hospital="2"),)).sources[0].hospital == "2"


KVP = "[[attributes]]\nsources='KVP'\nkind='double'\nlevel='series'\ncolumn='x'\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("modalities='MR'", "modalities must be a list of texts"),
        ("modalities=[1]", "modalities must be a list of texts"),
        ("modalities=['ct']", "'ct' is no modality"),
        ("many='no'", "many must be true or false"),
        ("identifying='false'", "identifying must be true or false"),
        ("identifying=1", "identifying must be true or false"),
        ("finer=3", "finer must be a text or a list of texts"),
        ("each='1'", "each must be a number"),
        ("each=true", "each must be a number"),
        ("frames=-2", "frames must be a number"),
        ("unit=3", "unit must be a text"),
        ("comment=4", "comment must be a text"),
        ("aggregate=['constant']", "aggregate must be a text"),
        ("treatment=true", "treatment must be a text"),
    ],
)
def test_attributes_of_another_type(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(write(tmp_path, KVP + line))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sources='KVP'", "sources=5"),
        ("sources='KVP'", "sources=[5]"),
        ("column='x'", "column=7"),
        ("kind='double'", "kind=[]"),
    ],
)
def test_needed_keys_of_attributes_of_another_type(tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"{said.partition('=')[0]} must be a text"):
        load_config(write(tmp_path, KVP.replace(given, said)))


@pytest.mark.parametrize("column", ["select", "order", "current_date"])
def test_a_column_that_is_a_word_of_sql(tmp_path: Path, column: str) -> None:
    with pytest.raises(ConfigError, match=f"'{column}' is a word of SQL"):
        load_config(write(tmp_path, KVP.replace("'x'", f"'{column}'")))


@pytest.mark.parametrize("column", ["path", "source", "changed_run", "status", "seconds", "row_hash", "kvp"])
def test_a_column_that_is_there_already(tmp_path: Path, column: str) -> None:
    path = write(tmp_path, KVP.replace("'x'", f"'{column}'"))
    with pytest.raises(ConfigError, match=f"{column}.*declared.*give another `column`"):
        config_from(path, None, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layout='omopp'", "'omopp'"),
        ("[warehouse.tables.visitoccurrence]\nname='x'", "'visitoccurrence'"),
        ("[warehouse.tables.person.columns]\nvisit_start='x'", "'visit_start'"),
    ],
)
def test_the_names_of_the_base_centrale_are_checked_before_spark(
    tmp_path: Path, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "spark_session", lambda *_, **__: pytest.fail("Spark has been started"))
    path = write(tmp_path, f"[lake]\npath='lake'\n[warehouse]\npath='{tmp_path}'\n{text}")
    with pytest.raises(ConfigError, match=said):
        jobs.run_jobs(["cross"], load_config(path), jobs.Options())
