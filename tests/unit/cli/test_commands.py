"""What a user sees when something is wrong: one line, its exit code, no traceback, and no Spark started for it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from header_build import element, part10
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ImplicitVRLittleEndian

from eds_spark_imaging import __version__
from eds_spark_imaging.cli import doctor
from eds_spark_imaging.cli.answer_file import check_writable
from eds_spark_imaging.cli.app import app
from eds_spark_imaging.cli.describe import print_dictionary
from eds_spark_imaging.cli.header import as_json, laid_out
from eds_spark_imaging.cli.summary import lake_option
from eds_spark_imaging.config import Config, LakeConfig
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.errors import ConfigError, InputError, LakeError, SetupError, UsageError
from eds_spark_imaging.exports.words import Standard, TableFormat
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.pipeline import export
from eds_spark_imaging.pipeline.checks import check_places
from eds_spark_imaging.storage.source import LocalFile


def imaging(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eds_spark_imaging.cli", *map(str, arguments)]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)


def only_line(run: subprocess.CompletedProcess[str]) -> str:
    assert run.stdout == ""
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize("job", ["run", "index", "parse", "build", "link", "cross", "marts", "sql"])
def test_no_lake(job: str, tmp_path: Path) -> None:
    run = imaging(job, *(["SELECT 1"] if job == "sql" else []))
    assert run.returncode == 3
    assert "--lake" in only_line(run)


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    run = imaging("run", "--source", tmp_path / "absent", "--lake", tmp_path / "lake")
    assert run.returncode == 4
    assert f"{tmp_path}/absent does not exist" in only_line(run)


def test_no_source(tmp_path: Path) -> None:
    run = imaging("index", "--lake", tmp_path / "lake")
    assert run.returncode == 3
    assert "--source" in only_line(run)


def test_a_warehouse_that_is_not_there(tmp_path: Path) -> None:
    run = imaging("link", "--warehouse", tmp_path / "absent", "--lake", tmp_path / "lake")
    assert run.returncode == 4
    assert "warehouse" in only_line(run)


def test_a_step_whose_extra_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['splink'] = None\n")
    file = tmp_path / "site.toml"
    file.write_text("[link]\nprobabilistic = true\n")
    run = imaging("link", "--config", file, "--lake", tmp_path / "lake", PYTHONPATH=str(tmp_path))
    assert run.returncode == 3
    assert "[splink]" in only_line(run)


def test_a_broken_configuration(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[lake\n")
    run = imaging("run", "--config", file)
    assert run.returncode == 3
    assert str(file) in only_line(run)


def test_a_lake_that_is_not_there(tmp_path: Path) -> None:
    run = imaging("sql", "SELECT 1", "--lake", tmp_path / "absent")
    assert run.returncode == 5
    assert "does not exist" in only_line(run)


@pytest.mark.parametrize("lake", ["", "lake", "deep/lake"])
def test_a_lake_within_its_source(lake: str, tmp_path: Path) -> None:
    config = Config().with_places((str(tmp_path),), str(tmp_path / lake))
    with pytest.raises(ConfigError, match="lies within"):
        check_places(config, sources=True)
    check_places(config, sources=False)
    (tmp_path / "dicom").mkdir()
    check_places(config.with_places((str(tmp_path / "dicom"),)), sources=True)


def test_an_unknown_table() -> None:
    run = imaging("describe", "imaging_studdy")
    assert run.returncode == 5
    assert "imaging_study" in only_line(run)


def test_no_java(tmp_path: Path) -> None:
    (tmp_path / "dicom").mkdir()
    places = ("--source", tmp_path / "dicom", "--lake", tmp_path / "lake")
    run = imaging("run", *places, PATH=str(tmp_path), JAVA_HOME="")
    assert run.returncode == 6
    assert "install a Java 17 or 21 runtime" in only_line(run)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nope"], "No such option: --nope"),
        (["nope"], "No such command 'nope'"),
        (["export"], "Missing argument 'standard'"),
        (["run", "--every", "10"], "a period such as 90s, 10m or 1h"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], said: str) -> None:
    run = imaging(*arguments)
    assert run.returncode == 2
    assert said in only_line(run)
    assert "--help" in run.stderr
    run = imaging(*arguments, EDS_IMAGING_LOG="json")
    event = json.loads(run.stderr)
    assert (run.returncode, event["event"], event["exit_code"]) == (2, "error", 2)
    assert said in event["message"]


def test_without_arguments_there_is_help() -> None:
    run = imaging()
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == imaging("--help").stdout


def test_a_form_of_logs_that_there_is_not() -> None:
    run = imaging("describe", EDS_IMAGING_LOG="jsn")
    assert run.returncode == 3
    assert "EDS_IMAGING_LOG is text or json, not 'jsn'" in only_line(run)


def test_an_interrupted_command_says_so() -> None:
    code = "import sys; from eds_spark_imaging.cli import app\n"
    code += "def stop(): raise KeyboardInterrupt\n"
    code += "app.app.registered_commands[-1].callback = stop; sys.argv = ['x', 'stop']; app.main()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (130, "error: interrupted\n")


COHORT = Path(__file__).parents[3] / "conf" / "cohorts" / "thorax-c34.toml"


@pytest.mark.parametrize(
    "line",
    [
        "terms --explain --lake x",
        "terms lines.jsonl --lake x",
        "export fhir --to x --lake x --format parquet",
        "sql Q --lake x --out x.csv --format json",
        "sql Q --lake x --out x.csv --engine duckdb",
        f"cohort {COHORT} --sql --format json",
        f"cohort {COHORT} --sql --manifest x.csv --project p",
        f"cohort {COHORT} --project p",
    ],
)
def test_options_that_would_be_ignored_are_refused(line: str) -> None:
    with pytest.raises(UsageError):
        app(line.split(), standalone_mode=False)


@pytest.mark.parametrize("project", ["", "a/b", "lung\nai"])
def test_paths_are_given_to_a_project_with_a_name(project: str, tmp_path: Path) -> None:
    command = ["cohort", str(COHORT), "--manifest", str(tmp_path / "x.csv"), "--lake", str(tmp_path)]
    with pytest.raises(ConfigError, match="name"):
        app([*command, "--project", project], standalone_mode=False)


@pytest.mark.parametrize("line", ["report --out {}", "sql Q --out {}/x.csv", "report --out {}/x/y.html"])
def test_files_that_cannot_be_written_are_known_before_the_lake_is_asked(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(InputError, match=r"is a folder|no such folder"):
        app([*line.format(tmp_path).split(), "--lake", str(tmp_path / "absent")], standalone_mode=False)


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(InputError, match="cannot be written"):
        check_writable(tmp_path / "x.csv")


def test_the_query_to_try_names_the_lake_as_a_shell_takes_it() -> None:
    folder, database = LakeConfig(path="/data/l'été 2"), LakeConfig(database="imaging")
    assert shlex.split(lake_option(folder)) == ["--lake", "/data/l'été 2"]
    assert lake_option(database) == "--lake db:imaging"


def test_doctor_begins_with_the_version() -> None:
    name, check = next(doctor._checks(Config()))
    assert (name, check()) == ("eds-spark-imaging", __version__)


def test_the_places_that_doctor_looks_at(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert doctor._writable(str(tmp_path / "a" / "b")) == str(tmp_path / "a" / "b")
    assert doctor._writable(f"file://{tmp_path}/a") == f"file://{tmp_path}/a"
    assert doctor._writable("hdfs://nameservice/lake") == "hdfs://nameservice/lake (remote, not checked)"
    with pytest.raises(SetupError, match=f"^{tmp_path}/absent does not exist$"):
        doctor._source(str(tmp_path / "absent"))
    for place in (str(file), f"file://{file}"):
        with pytest.raises(SetupError, match="is no folder"):
            doctor._writable(place)
        with pytest.raises(SetupError, match="is no folder"):
            doctor._folder(place, os.R_OK)


def test_help_loads_no_spark() -> None:
    code = "import sys; sys.argv = ['x', '--help']\n"
    code += "from eds_spark_imaging.cli.app import app\n"
    code += "app(standalone_mode=False); assert 'pyspark' not in sys.modules"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for command in ("demo", "run", "index", "parse", "build", "link", "cross", "sql", "header", "describe", "synth"):
        assert command in run.stdout


def test_header_prints_json_lines_and_says_what_is_missing(tmp_path: Path) -> None:
    text = tmp_path / "readme.txt"
    text.write_text("nothing medical here " * 50)
    run = imaging("header", get_testdata_file("CT_small.dcm"), tmp_path / "absent.dcm", text)
    assert run.returncode == 4
    assert "absent.dcm" in run.stderr
    ct, other = map(json.loads, run.stdout.splitlines())
    assert ct["status"] == "parsed"
    assert ct["values"]["modality"] == "CT"
    assert ct["values"]["study_date"] == "2004-01-19"
    assert ct["issues"] == []
    assert (other["status"], other["values"]) == ("not_dicom", {})


def test_header_tells_a_folder_from_what_is_not_there(tmp_path: Path) -> None:
    assert f"{tmp_path}: no file" in only_line(imaging("header", tmp_path))
    assert "absent.dcm: no such file (and 1 more)" in only_line(imaging("header", "absent.dcm", tmp_path))


def test_no_number_of_json_is_infinite(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[[attributes]]\nsources=['KVP*1e99']\ncolumn='x'\nkind='double'\nlevel='series'")
    (tmp_path / "a.dcm").write_bytes(part10(element(0x00180060, "DS", b"1e300 ")))
    found = json.loads(imaging("header", "--config", file, tmp_path / "a.dcm").stdout)
    assert (found["values"]["kvp"], "x" in found["values"]) == (1e300, False)
    assert ("x", "not_finite") in [(issue["attribute"], issue["reason"]) for issue in found["issues"]]


def test_header_reads_text_as_the_source_of_the_file_says(tmp_path: Path) -> None:
    """The source that holds the file, or the only one."""
    name = element(0x00100010, "PN", "Иванов".encode("iso8859-5"))
    data = part10(element(0x00080060, "CS", b"CT") + name)
    places = [tmp_path / "old" / "a.dcm", tmp_path / "new" / "deep" / "b.dcm", tmp_path / "older" / "c.dcm"]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    cyrillic = f'[[sources]]\nname = "a"\nroot = "{tmp_path}/old"\ndefault_charset = "ISO_IR 144"\n'
    czech = f'[[sources]]\nname = "b"\nroot = "{tmp_path}/new"\noverride_charset = "ISO_IR 101"\n'
    config = tmp_path / "imaging.toml"
    names = {}
    for sources in (cyrillic, cyrillic + czech):
        config.write_text(f'[lake]\npath = "{tmp_path}/lake"\n{sources}')
        run = imaging("header", "--config", config, *places)
        assert run.returncode == 0, run.stderr
        names[sources] = [json.loads(line)["values"]["patient_name"] for line in run.stdout.splitlines()]
    western, in_czech = ("Иванов".encode("iso8859-5").decode(codec) for codec in ("latin-1", "iso8859-2"))
    assert names == {cyrillic: ["Иванов"] * 3, cyrillic + czech: ["Иванов", in_czech, western]}


def test_header_explains_units_and_origins() -> None:
    run = imaging("header", "--explain", get_testdata_file("CT_small.dcm"))
    found = json.loads(run.stdout)
    expected = {"value": 120.0, "unit": "kV", "from": "KVP", "tag": "(0018,0060)", "place": "top level"}
    assert found["values"]["kvp"] == expected
    assert found["values"]["transfer_syntax_uid"]["place"] == "file meta information"
    assert found["values"]["other_patient_ids_patient_id"]["place"] == "sequence"
    assert (found["sop_class"], found["transfer_syntax"]) == ("CT Image Storage", "Explicit VR Little Endian")


def enhanced_mr(path: Path) -> None:
    """Two frames that differ in flip angle, one repetition time for both, and a private b-value."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.NumberOfFrames = 2
    dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "500")

    def group(keyword: str, **elements: float) -> Dataset:
        inner, outer = Dataset(), Dataset()
        inner.update(elements)
        setattr(outer, keyword, [inner])
        return outer

    timing = "MRTimingAndRelatedParametersSequence"
    dataset.SharedFunctionalGroupsSequence = [group("MREchoSequence", EffectiveEchoTime=30.0)]
    dataset.PerFrameFunctionalGroupsSequence = [group(timing, FlipAngle=angle) for angle in (15.0, 45.0)]
    dataset.save_as(path, enforce_file_format=True)


def test_header_explains_functional_groups_and_private_elements(tmp_path: Path) -> None:
    enhanced_mr(tmp_path / "enhanced.dcm")
    found = json.loads(imaging("header", "--explain", tmp_path / "enhanced.dcm").stdout)
    values = found["values"]
    assert found["transfer_syntax"] == "Implicit VR Little Endian"
    assert values["flip_angle"] == {
        "value": 15.0,
        "unit": "deg",
        "from": "@MRTimingAndRelatedParametersSequence.FlipAngle",
        "tag": "(5200,9230)[0](0018,9112)[0](0018,1314)",
        "place": "functional groups of frame 1",
        "over_frames": [15.0, 45.0],
    }
    assert found["frame_ranges"]["flip_angle"] == [15.0, 45.0]
    assert (values["echo_time"]["value"], values["echo_time"]["place"]) == ([30.0], "shared functional groups")
    private = values["diffusion_b_value"]
    assert (private["tag"], private["creator"]) == ("(0019,xx0C)", "SIEMENS MR HEADER")


def test_header_on_a_terminal_has_a_value_on_each_line(tmp_path: Path) -> None:
    attributes = declaration()
    header = HeaderReader(attributes).read(LocalFile(get_testdata_file("badVR.dcm")))
    found = as_json(Path("badVR.dcm"), header, attributes, explain=False)
    text = laid_out(found)
    assert json.loads(text)["values"]["modality"] == header.values["modality"]
    assert len(header.issues) > 0
    lines = len(found) + 2 + len(header.values) + 1 + len(header.issues) + 1
    assert len(text.splitlines()) == lines


def test_describe_knows_every_name_that_it_lists(capsys: pytest.CaptureFixture[str]) -> None:
    for view in VIEWS:
        print_dictionary(Config(), view.name)
        said = capsys.readouterr().out
        assert view.comment in said
        assert "SELECT" in said


def test_describe_lists_tables_and_columns() -> None:
    assert "imaging_acquisition_mr" in imaging("describe").stdout
    assert "study_datetime" in imaging("describe", "imaging_study").stdout


@pytest.mark.parametrize("standard", list(Standard))
def test_an_export_without_lake_leaves_no_folder(
    standard: Standard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object) -> None:
        raise LakeError("no lake")

    monkeypatch.setattr(export, "open_lake", absent)
    to = tmp_path / "to"
    config = Config().with_places(lake=str(tmp_path / "none"))
    with pytest.raises(LakeError):
        export.export(config, standard, str(to), TableFormat.PARQUET)
    assert not to.exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for place in ("", str(tmp_path / "full"), str(tmp_path / "full" / "x")):
        with pytest.raises(ConfigError):
            export.export(config, standard, place, TableFormat.PARQUET)
