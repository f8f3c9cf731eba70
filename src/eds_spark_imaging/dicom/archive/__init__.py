"""Archives read in place: ``.zip``, ``.tar``, ``.tar.gz`` and ``.tgz``. Nothing is unpacked or written."""

from eds_spark_imaging.dicom.archive.member import LOOKS_LIKE_MEMBER, SUFFIXES, has_archive_name
from eds_spark_imaging.dicom.archive.reading import Found, read_archive

__all__ = ["LOOKS_LIKE_MEMBER", "SUFFIXES", "Found", "has_archive_name", "read_archive"]
