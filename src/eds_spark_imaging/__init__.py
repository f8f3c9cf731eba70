"""DICOM headers to Delta tables joined with a hospital data warehouse; what notebooks may import is here.

Nothing is loaded before it is asked for, and Spark only by what needs it.

>>> import eds_spark_imaging as imaging
>>> header = imaging.read_header("image.dcm")
>>> header.status.value, header.values["modality"], header.values["kvp"]
('parsed', 'CT', 120.0)
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0.dev0"

_ERRORS = ("ImagingError", "QueryError", "ConfigError", "InputError", "LakeError", "SetupError", "AccountingError")
_MODULES = {
    "read_header": "dicom.header",
    "HeaderReader": "dicom.header",
    "declaration": "dicom.declaration",
    "read_terms": "terminology.exam",
    "Config": "config",
    "load_config": "config",
    "Cohort": "cohorts",
    "cohort_sql": "cohorts",
    "spark_session": "spark.session",
    "register_dicom": "spark.datasource",
    "open_lake": "lake.opening",
    **dict.fromkeys(_ERRORS, "errors"),
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return [*_MODULES, "__version__"]
