"""Table specifications: columns, comments, keys, checks and clustering of everything in the lake."""

from eds_spark_imaging.tables.catalogue import Catalogue
from eds_spark_imaging.tables.spec import Column, Table

__all__ = ["Catalogue", "Column", "Table"]
