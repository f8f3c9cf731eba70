"""Tables with one row for each file: the accounting, what was read, and what could not be taken as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import pyarrow as pa

from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.tables.attributes import instance_columns
from eds_spark_imaging.tables.spec import BIGINT, BOOLEAN, DOUBLE, STRING, STRINGS, Column, Table
from eds_spark_imaging.treatment import Treatment


class FileStatus(StrEnum):
    """The accounting: every file ever listed has exactly one of these."""

    PENDING = "pending"  # listed, not yet parsed
    PARSED = "parsed"  # its header is in dicom_instance and is the primary of its SOPInstanceUID
    DUPLICATE = "duplicate"  # its header is in dicom_instance, another file is the primary
    NOT_DICOM = "not_dicom"
    DICOMDIR = "dicomdir"
    QUARANTINED = "quarantined"  # with a reason; parsed again on request
    REMOVED = "removed"  # no longer in its source


STATUS_CHECK = f"status IN ({', '.join(repr(str(s)) for s in FileStatus)})"

PATH = Column("path", STRING, "Path or URI of the file; members as archive.zip!dir/member", False, True)
SOURCE = Column("source", STRING, "Name of the source in the configuration", False)
CHANGED_RUN = Column("changed_run", STRING, "Run that last changed the row", False, treatment=Treatment.DROP)
ROW_HASH = Column(
    "row_hash",
    BIGINT,
    "Hash of the columns of the job that owns the row; equal rows are not rewritten",
    treatment=Treatment.DROP,
)

SIZE = Column("size", BIGINT, "Size. Unit: bytes")
ARCHIVE = Column("archive", STRING, "Path of the archive that holds the file, null for a plain file", identifying=True)
LISTING = (
    SIZE,
    Column(
        "modified",
        BIGINT,
        "Modification time of the file, null for a member of an archive. Unit: nanoseconds since 1970-01-01 UTC",
    ),
    ARCHIVE,
)

HEADER_BYTES = Column("header_bytes", BIGINT, "Offset of Pixel Data or the end of the file. Unit: bytes")
OUTCOME = (
    Column("reason", STRING, "Why the file is not_dicom or quarantined: a word of the reader's list"),
    HEADER_BYTES,
    Column("bytes_read", BIGINT, "What was read from the store. Unit: bytes"),
)


def dicom_file() -> Table:
    """The accounting of all files; `index` owns the listing columns, `parse` the outcome."""
    return Table(
        name="dicom_file",
        grain="file or archive member listed",
        comment="Accounting of every file listed: exactly one status each",
        columns=(
            PATH,
            SOURCE,
            Column("status", STRING, f"One of {', '.join(FileStatus)}", False),
            *LISTING,
            *OUTCOME,
            Column("first_run", STRING, "Run that first listed the file", False),
            CHANGED_RUN,
        ),
        keys=("path",),
        cluster_by=("source", "path"),
        checks=(("known_status", STATUS_CHECK),),
    )


FACTS = (
    Column("has_preamble", BOOLEAN, "The file begins with the preamble and DICM of PS3.10"),
    Column("has_pixel_data", BOOLEAN, "The data set has a top-level Pixel Data element"),
    Column("header_digest", STRING, "BLAKE2b of the header bytes that were read; tells contents apart"),
    Column(
        "frame_conflicts",
        STRINGS,
        "Columns of texts and arrays that differ between the frames of a multi-frame object; the column itself has the"
        " first frame's value",
    ),
    Column(
        "frame_periods",
        pa.map_(STRING, pa.struct([pa.field("min", STRING), pa.field("max", STRING)])),
        "Of single-valued columns of dates and times that differ between the frames of a multi-frame object: earliest"
        " and latest, as ISO 8601 text; the column itself has the first frame's value",
    ),
    Column(
        "frame_ranges",
        pa.map_(STRING, pa.struct([pa.field("min", DOUBLE), pa.field("max", DOUBLE)])),
        "Of single-valued numeric columns that differ between the frames of a multi-frame object: smallest and largest;"
        " the column itself has the first frame's value",
    ),
)


def dicom_instance(attributes: Sequence[Attribute]) -> Table:
    """Every readable file with all declared attributes."""
    return Table(
        name="dicom_instance",
        grain="readable file",
        comment="Declared attributes of every readable DICOM file, typed, as stored",
        columns=(
            PATH,
            SOURCE,
            Column("is_primary", BOOLEAN, "The file stands for its SOPInstanceUID; the others are duplicates", False),
            Column(
                "uid_conflict",
                STRING,
                "Why the files that share the SOPInstanceUID are no mere copies: series, they name different exams or"
                " series; content, their headers differ; null where they are the same, or where there is one file",
            ),
            *instance_columns(attributes),
            HEADER_BYTES,
            *FACTS,
            Column("reader_fingerprint", STRING, "Declaration and reader version that wrote the row", False),
            CHANGED_RUN,
        ),
        keys=("path",),
        # By exam for `build`, by path for files that change or go; what is new by its run, copies by their UID.
        cluster_by=("study_instance_uid", "path"),
        searched=("sop_instance_uid", CHANGED_RUN.name),
    )


ISSUE = (
    Column("attribute", STRING, "Column of the attribute, null where none is declared for the tag"),
    Column("tag", STRING, "Path of tags to the element, as (0008,0020)"),
    Column("raw", STRING, "The value as stored, cut at 256 characters", identifying=True),
    Column("reason", STRING, "Why it could not be taken as it stands: a word of the reader's list"),
)


def dicom_issue() -> Table:
    """Every value that could not be taken as it stands."""
    return Table(
        name="dicom_issue",
        grain="value that could not be taken as it stands",
        comment="Header values that were repaired or set to null, with their text as stored and the reason",
        columns=(PATH, SOURCE, *ISSUE, CHANGED_RUN),
        keys=(),
        cluster_by=("path",),
    )


def dicom_study_touched() -> Table:
    """A queue from `parse` to `build`: exams whose instances changed in a run, written before the change itself."""
    return Table(
        name="dicom_study_touched",
        grain="exam touched by a run (append only)",
        comment="Exams whose instances a run changed; build takes those of the runs it has not seen",
        columns=(
            Column("study_instance_uid", STRING, "The exam", False, True),
            CHANGED_RUN,
        ),
        keys=(),
        cluster_by=("changed_run",),
    )


# Of the pass over the files: for the accounting and the record of the run, not of the header.
READING = (SIZE, ARCHIVE, Column("seconds", DOUBLE, "How long it took to read the header. Unit: s"))
ISSUES = Column("issues", pa.list_(pa.struct([pa.field(c.name, c.type) for c in ISSUE])), "Issues of the file")


def readings(attributes: Sequence[Attribute]) -> Table:
    """What reading a file gives, whatever it holds: outcome, attributes and issues."""
    return Table(
        name="_readings",
        grain="file that was read",
        comment="What the header reader makes of files",
        columns=(
            PATH,
            SOURCE,
            Column("status", STRING, "Outcome", False),
            *OUTCOME,
            *READING,
            *instance_columns(attributes),
            *FACTS,
            ISSUES,
        ),
        keys=("path",),
    )


# The columns of a reading that its publication looks at; all the others travel packed.
STAGED = (
    *("path", "source", "status", "reason", "header_bytes", "bytes_read", "size", "archive", "seconds"),
    *("study_instance_uid", "series_instance_uid", "sop_instance_uid"),
    *("has_pixel_data", "header_digest", "issues"),
)


def staged(readings: Table) -> Table:
    """The run-scoped staging of `parse`: slim, for what comes out is mostly null in any one run.

    The first row of each lot of files carries the rows of dicom_instance of the lot, in ``packed``.
    """
    columns = {column.name: column for column in readings}
    return Table(
        name="_staged",
        grain="file that was read",
        comment="Run-scoped staging of parse",
        columns=(
            *(columns[name] for name in STAGED),
            Column("packed", pa.binary(), "Readable files of a lot: an Arrow stream of the columns that are not null"),
            Column("filled", STRINGS, "Names of the columns in packed"),
        ),
        keys=("path",),
    )
