"""The jobs on a bucket: what Spark's workers list and read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from counting_proxy import CountingProxy
from deltalake import DeltaTable
from pydicom.data import get_testdata_file
from store_names import SECRET

pytestmark = pytest.mark.slow

NAMES = ("a b.dcm", "100%41.dcm", "c#1", "x/a=b/é.dcm", "x//y.dcm", "x/y.dcm", "_hidden/.z")


def run(job: str, root: str, lake: Path) -> None:
    command = [sys.executable, "-m", "eds_spark_imaging.cli", job, "--source", root, "--lake", str(lake)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ), timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert SECRET not in done.stdout + done.stderr


def test_a_bucket_is_indexed_and_parsed(bucket: Any, s3_proxy: CountingProxy, tmp_path: Path) -> None:
    data = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    for name in NAMES:
        bucket.put_object(Key=f"root/{name}", Body=data)
    bucket.put_object(Key="root/note.txt", Body=b"no DICOM")
    bucket.put_object(Key="elsewhere/f", Body=data)
    root, lake = f"s3://{bucket.name}/root", tmp_path / "lake"
    run("index", root, lake)
    s3_proxy.reset()
    run("parse", root, lake)
    reads = [line for line in s3_proxy.requests if " /" in line and "list-type" not in line]
    assert sorted({line.split()[0] for line in reads}) == ["GET"]
    assert len(reads) == len(NAMES) + 1  # one request for each small file
    rows = DeltaTable(lake / "dicom_file").to_pyarrow_table(columns=["path", "size", "status"]).to_pylist()
    assert {row["path"]: row["size"] for row in rows} == {f"{root}/{name}": len(data) for name in NAMES} | {
        f"{root}/note.txt": 8
    }
    statuses = sorted(row["status"] for row in rows)
    assert statuses == ["duplicate"] * (len(NAMES) - 1) + ["not_dicom", "parsed"]
