import hashlib

import pyarrow.parquet as pq
import pytest

from eds_spark_imaging.errors import InputError
from eds_spark_imaging.synth import generate
from eds_spark_imaging.synth.generator import BLOCK


def digests(out):
    """Digest by path of all files; the configuration with the folder's own path taken out."""
    result = {}
    for path in sorted(out.rglob("*")):
        if path.is_file():
            data = path.read_bytes().replace(str(out).encode(), b"OUT")
            result[str(path.relative_to(out))] = hashlib.sha256(data).hexdigest()
    return result


def test_same_arguments_same_bytes(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert generate(first, 40, 5, odd_files=True) == generate(second, 40, 5, odd_files=True)
    assert digests(first) == digests(second)


def test_another_seed_makes_other_people(tmp_path):
    generate(tmp_path / "a", 20, 1, with_dicom=False)
    generate(tmp_path / "b", 20, 2, with_dicom=False)
    people = [
        set(pq.read_table(tmp_path / side / "truth" / "person.parquet").column("ipp").to_pylist()) for side in "ab"
    ]
    assert len(people[0]) == 20
    assert not people[0] & people[1]


def test_files_change_nothing_else(tmp_path):
    with_files = generate(tmp_path / "with", 30, 4)
    without = generate(tmp_path / "without", 30, 4, with_dicom=False)
    assert with_files.files > 0
    assert without.files == 0
    left_out = {"truth/file.parquet", "eds-imaging.toml"}
    same = {p: d for p, d in digests(tmp_path / "with").items() if not p.startswith("dicom/") and p not in left_out}
    other = {p: d for p, d in digests(tmp_path / "without").items() if p not in left_out}
    assert same == other


def test_rows_are_written_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr("eds_spark_imaging.synth.generator.BLOCK", 10)
    calls = []
    generate(tmp_path / "blocks", 25, 6, with_dicom=False, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(10, 25), (20, 25), (25, 25)]
    generate(tmp_path / "whole", 25, 6, with_dicom=False, progress=None)
    path = "warehouse/person/part-00000.parquet"
    blocks, whole = pq.ParquetFile(tmp_path / "blocks" / path), pq.ParquetFile(tmp_path / "whole" / path)
    assert blocks.num_row_groups == 3
    assert blocks.read() == whole.read()


def test_no_more_than_a_block_of_rows_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr("eds_spark_imaging.synth.generator.BLOCK", 20)
    groups = []
    generate(tmp_path / "out", 200, 2, with_dicom=False)
    for table in ("visit_occurrence", "procedure_occurrence", "note"):
        metadata = pq.ParquetFile(tmp_path / "out" / "warehouse" / table / "part-00000.parquet").metadata
        groups += [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)]
    assert len(groups) == 30
    assert max(groups) < 20 * 25
    assert BLOCK == 500


def test_small_and_single_hospitals(tmp_path):
    summary = generate(tmp_path / "one", 5, 1, hospitals=1, instances_per_series=1)
    assert summary.patients == 5
    assert str(summary).startswith(f"5 patients, {summary.exams} exams (")
    assert {path.name for path in (tmp_path / "one" / "dicom").iterdir()} == {"PSL", "PSL-2"}
    assert generate(tmp_path / "twelve", 120, 1, hospitals=12, with_dicom=False).exams > 0


def test_more_instances_make_more_files(tmp_path):
    few = generate(tmp_path / "few", 12, 1, instances_per_series=1)
    many = generate(tmp_path / "many", 12, 1, instances_per_series=6)
    assert few.series == many.series
    assert many.files > 2 * few.files


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"patients": 0}, "at least one patient"),
        ({"hospitals": 0}, "hospitals"),
        ({"hospitals": 99}, "hospitals"),
        ({"defect_rate": 1.5}, "defect rate"),
        ({"defect_rate": -0.1}, "defect rate"),
        ({"instances_per_series": 0}, "instances"),
    ],
)
def test_impossible_arguments(tmp_path, arguments, words):
    with pytest.raises(InputError, match=words):
        generate(tmp_path, **{"patients": 3, "seed": 1, **arguments})
    assert list(tmp_path.iterdir()) == []


def test_a_hospital_is_not_written_over(tmp_path):
    generate(tmp_path, 2, 1, with_dicom=False)
    with pytest.raises(InputError, match="already holds"):
        generate(tmp_path, 2, 1, with_dicom=False)
