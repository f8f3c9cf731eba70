"""Spark jobs that turn DICOM headers into Delta tables joined with a hospital data warehouse."""

__version__ = "0.2.0.dev0"
