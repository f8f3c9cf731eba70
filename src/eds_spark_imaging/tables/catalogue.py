"""All tables of a lake for one attribute declaration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.errors import ConfigError, LakeError
from eds_spark_imaging.tables import access, cohorts, crossings, files, imaging, links, marts, runs
from eds_spark_imaging.tables.spec import Table


def _synced(table: Table) -> Table:
    """A table of pairs with the columns that the lake keeps, except in one that is only appended to."""
    own = () if table.name in links.APPENDED else (files.ROW_HASH, files.CHANGED_RUN)
    return replace(table, columns=(*table.columns, *own))


class Catalogue:
    """The tables by name, for the built-in declaration and the attributes that a site adds."""

    def __init__(self, site_attributes: Sequence[Attribute] = ()) -> None:
        """Raises ConfigError where a site's column is there already."""
        self.attributes = declaration(site_attributes)
        if site_attributes:
            try:
                _ = self.tables, self.readings, self.staged
            except ValueError as error:
                raise ConfigError(f"[[attributes]]: {error}; give another `column`") from None

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table that analysts may query, in the order in which the jobs write them."""
        tables = (
            files.dicom_file(),
            files.dicom_instance(self.attributes),
            files.dicom_issue(),
            files.dicom_study_touched(),
            imaging.imaging_study(self.attributes),
            imaging.imaging_series(self.attributes),
            imaging.imaging_acquisition(self.attributes),
            *(_synced(table) for table in (*links.tables(), *crossings.tables(), *marts.tables(), access.TIER_VALUE)),
            access.IMAGING_ACCESS,
            *cohorts.tables(),
            runs.imaging_run(),
            runs.imaging_release(),
        )
        return {table.name: table for table in tables}

    @cached_property
    def readings(self) -> Table:
        """What reading files gives."""
        return files.readings(self.attributes)

    @cached_property
    def staged(self) -> Table:
        """The staging of parse."""
        return files.staged(self.readings)

    def __getitem__(self, name: str) -> Table:
        try:
            return self.tables[name]
        except KeyError:
            raise LakeError(f"no table {name!r}; there are {', '.join(self.tables)}") from None

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())
