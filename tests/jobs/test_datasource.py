"""The format `dicom` of spark.read: the same rows as the reader gives, options, and mistakes said in a line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.errors import PySparkException

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.spark.datasource import register_dicom
from eds_spark_imaging.storage.source import LocalFile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader, SparkSession

pytestmark = pytest.mark.spark


@pytest.fixture
def dicom(spark: SparkSession) -> DataFrameReader:
    register_dicom(spark)
    return spark.read.format("dicom")


def by_name(frame: DataFrame) -> dict[str, dict[str, Any]]:
    return {Path(row["path"]).name: row.asDict() for row in frame.collect()}


def test_a_row_for_each_file_with_the_values_of_the_reader(dicom: DataFrameReader, tree: Path) -> None:
    frame = dicom.option("files_per_task", "4").load(str(tree))
    assert frame.rdd.getNumPartitions() == 3
    rows = by_name(frame)
    assert {name: (row["status"], row["reason"]) for name, row in rows.items()} == {
        "CT_small.dcm": ("parsed", None),
        "copy of CT.dcm": ("parsed", None),
        "MR_small.dcm": ("parsed", None),
        "rtplan.dcm": ("parsed", None),
        "ExplVR_BigEnd.dcm": ("parsed", None),
        "DICOMDIR": ("dicomdir", None),
        "readme.txt": ("not_dicom", "no_dicom_structure"),
        "empty.dcm": ("not_dicom", "empty"),
        "cut.dcm": ("quarantined", "truncated"),
    }
    columns = {a.column for a in declaration()}
    reader = HeaderReader(declaration())
    for name in ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm"):
        header = reader.read(LocalFile(next(tree.rglob(name))))
        assert {c: v for c, v in rows[name].items() if c in columns and v is not None} == header.values
        assert [issue.asDict() for issue in rows[name]["issues"] or ()] == [i._asdict() for i in header.issues]


def test_only_the_columns_that_are_asked_for(dicom: DataFrameReader, tree: Path) -> None:
    file = next(tree.rglob("CT_small.dcm"))
    frame = dicom.option("columns", "study_date, kvp,has_pixel_data").load(file.as_uri())
    assert set(frame.columns) == {"path", "status", "reason", "issues", "study_date", "kvp", "has_pixel_data"}
    (row,) = frame.collect()
    assert (row["study_date"], row["kvp"], row["has_pixel_data"]) == (dt.date(2004, 1, 19), 120.0, True)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("columns", "study_dat", "there is no column 'study_dat'"),
        ("charset", "klingon", "unknown character set: klingon"),
        ("files_per_task", "0", "must be a positive number"),
        ("colums", "kvp", "has no option 'colums'"),
    ],
)
def test_mistakes(dicom: DataFrameReader, tree: Path, option: str, value: str, message: str) -> None:
    with pytest.raises(PySparkException, match=message):
        dicom.option(option, value).load(str(tree)).count()


def test_a_folder_that_is_not_there(dicom: DataFrameReader, tmp_path: Path) -> None:
    with pytest.raises(PySparkException, match="absent does not exist"):
        dicom.load(str(tmp_path / "absent")).count()
