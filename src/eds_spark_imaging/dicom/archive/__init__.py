"""Archives read in place: ``.zip``, ``.tar``, ``.tar.gz`` and ``.tgz``. Nothing is unpacked or written."""

from eds_spark_imaging.dicom.archive.member import SUFFIXES, has_archive_name
from eds_spark_imaging.dicom.archive.reading import Found, read_archive

__all__ = ["SUFFIXES", "Found", "has_archive_name", "read_archive"]
