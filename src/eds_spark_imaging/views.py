"""Views over the tables, for analysts: each modality's own acquisition parameters."""

from __future__ import annotations

from dataclasses import dataclass

from eds_spark_imaging.dicom.attribute import Level
from eds_spark_imaging.dicom.declaration import VIEWS as MODALITY_VIEWS
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.attributes import aggregated_columns


@dataclass(frozen=True)
class View:
    """A view of one table; ``modalities`` are the main modalities whose series it shows."""

    name: str
    table: str
    modalities: frozenset[str]

    def select(self, catalogue: Catalogue) -> str:
        """The SELECT behind the view: keys, then the columns that mean something for these modalities."""
        keep = [a for a in catalogue.attributes if not a.modalities or a.modalities & self.modalities]
        own = [c.name for c in aggregated_columns(keep, frozenset({Level.ACQUISITION}))]
        columns = ["study_instance_uid", "series_instance_uid", "main_modality", "number_of_instances", *own]
        listed = ", ".join(f"'{m}'" for m in sorted(self.modalities))
        return f"SELECT {', '.join(columns)} FROM {self.table} WHERE main_modality IN ({listed})"


VIEWS = tuple(
    View(f"imaging_acquisition_{name}", "imaging_acquisition", frozenset(modalities))
    for name, modalities in MODALITY_VIEWS.items()
)
