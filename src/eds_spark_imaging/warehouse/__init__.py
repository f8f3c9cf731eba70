"""The base centrale: what is read of it, under which names, and how."""

from eds_spark_imaging.warehouse.reader import Warehouse

__all__ = ["Warehouse"]
