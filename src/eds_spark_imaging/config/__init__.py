"""The configuration: a TOML file, checked key by key, under what the command line says.

Nothing here starts Spark or reads data. Secrets are not configuration: stores take them from the environment or their
own files.
"""

from eds_spark_imaging.config.config import Config, lake_at
from eds_spark_imaging.config.loading import load_config
from eds_spark_imaging.config.sections.jobs import (
    CrossConfig,
    ExportConfig,
    LinkConfig,
    MaintainConfig,
    ParseConfig,
    TerminologyConfig,
)
from eds_spark_imaging.config.sections.places import JdbcConfig, LakeConfig, TableConfig, WarehouseConfig
from eds_spark_imaging.config.sections.projects import ProjectConfig
from eds_spark_imaging.config.sections.sources import HospitalConfig, SourceConfig, SuspensionConfig

__all__ = [
    "Config",
    "CrossConfig",
    "ExportConfig",
    "HospitalConfig",
    "JdbcConfig",
    "LakeConfig",
    "LinkConfig",
    "MaintainConfig",
    "ParseConfig",
    "ProjectConfig",
    "SourceConfig",
    "SuspensionConfig",
    "TableConfig",
    "TerminologyConfig",
    "WarehouseConfig",
    "lake_at",
    "load_config",
]
