"""The record of runs."""

from __future__ import annotations

import pyarrow as pa

from eds_spark_imaging.tables.spec import BIGINT, DOUBLE, INSTANT, STRING, Column, Table

COUNTS = pa.map_(STRING, BIGINT)
SLOW_FILES = pa.list_(pa.struct([pa.field("file_id", STRING), pa.field("seconds", DOUBLE), pa.field("bytes", BIGINT)]))


def imaging_run() -> Table:
    """One run of one job; no path and no identifier of a patient is in it."""
    return Table(
        name="imaging_run",
        grain="run of a job",
        comment="Runs of the jobs: when, with what, how much",
        columns=(
            Column("run_id", STRING, "Identifier, increasing with time", False),
            Column("job", STRING, "index, parse, build, link, cross, marts, maintain, restore", False),
            Column("started_at", INSTANT, "Start", False),
            Column("ended_at", INSTANT, "End; null in a row that was never ended"),
            Column("outcome", STRING, "succeeded, failed, or undone by a restore", False),
            Column("error", STRING, "Class of the error that ended a failed run"),
            Column("counts", COUNTS, "What the run did, by name of the count"),
            Column("bytes_read", BIGINT, "Bytes read from the sources. Unit: bytes"),
            Column("input_bytes", BIGINT, "What Spark read from tables and other files for the job. Unit: bytes"),
            Column("input_rows", BIGINT, "Rows in it; a table that is read twice counts twice"),
            Column("output_bytes", BIGINT, "What Spark wrote to tables and scratch folders. Unit: bytes"),
            Column("output_rows", BIGINT, "Rows in it"),
            Column("rows_per_second", DOUBLE, "Files, exams or pairs per second of the whole job"),
            Column(
                "slowest_files",
                SLOW_FILES,
                "The files that took longest to read, at most 10, the slowest first: keyed id of the path, seconds,"
                " bytes read; null where the job reads no files. The function file_id(path) of `eds-imaging sql`"
                " gives the id of a path",
            ),
            Column("watermark", STRING, "Last run of the job before it that this one has taken in"),
            Column("package_version", STRING, "Version of this package", False),
            Column("reader_fingerprint", STRING, "Declaration and version of the header reader", False),
            Column("config_fingerprint", STRING, "Hash of the configuration", False),
            Column("spark_version", STRING, "Version of Spark", False),
        ),
        keys=("run_id",),
        cluster_by=("job", "run_id"),
    )


RELEASE = "imaging_release"


def imaging_release() -> Table:
    """The versions that belong together: what readers see by default, and what `restore` goes back to."""
    return Table(
        name=RELEASE,
        grain="table in a release",
        comment="Versions of the tables that belong together, written at the end of a whole run",
        columns=(
            Column("run_id", STRING, "The release, named as runs are; the greatest is the newest", False),
            Column("table_name", STRING, "Table", False),
            Column("version", BIGINT, "Its version in Delta", False),
            Column("released_at", INSTANT, "When the run ended", False),
        ),
        keys=("run_id", "table_name"),
        cluster_by=("run_id",),
    )
