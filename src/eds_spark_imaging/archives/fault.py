"""Why an archive or a member cannot be read: words of ``dicom_file.reason``."""

from __future__ import annotations

from eds_spark_imaging.vocabulary import Word


class ArchiveFault(Word):
    """Why an archive or a member is not DICOM (marked so) or quarantined."""

    ARCHIVE = "archive", "not DICOM, but read to its end as an archive: its members have rows of their own"
    LINK_MEMBER = "link_member", "not DICOM: a member of an archive that names another file"
    SPECIAL_MEMBER = "special_member", "not DICOM: a member of an archive that is a device or a pipe"
    TRUNCATED_ARCHIVE = "truncated_archive", "it ends before its last member or its directory"
    MALFORMED_ARCHIVE = "malformed_archive", "its structure cannot be followed"
    ARCHIVE_BOMB = "archive_bomb", "it, or a member, inflates beyond all proportion"
    ARCHIVE_TOO_LARGE = "archive_too_large", "it has more members than memory can hold"
    NESTED_ARCHIVE = "nested_archive", "a member that is an archive itself"
    MALFORMED_MEMBER = "malformed_member", "a member of an archive that is damaged"
    ENCRYPTED_MEMBER = "encrypted_member", "a member of an archive that asks for a password"
    UNSUPPORTED_MEMBER = "unsupported_member", "compressed in another way than by deflate, or sparse"
    UNSAFE_NAME = "unsafe_name", "a member of an archive whose name is absolute or leads upwards"
    IO_ERROR = "io_error", "the store could not give the bytes"
