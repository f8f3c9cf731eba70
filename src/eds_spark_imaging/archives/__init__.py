"""Archives read in place: zip, tar, gzipped tar, and gzip of one file. Nothing is unpacked or written."""

from eds_spark_imaging.archives.member import LOOKS_LIKE_MEMBER, SUFFIXES, has_archive_name

__all__ = ["LOOKS_LIKE_MEMBER", "SUFFIXES", "has_archive_name"]
