"""Who was given what: the record of tiers and of lists of paths, and what the making of tiers has to remember."""

from __future__ import annotations

from eds_spark_imaging.tables.spec import BIGINT, INSTANT, STRING, Column, Table
from eds_spark_imaging.vocabulary import Word


class Access(Word):
    """What was given."""

    TIER_BEGUN = "tier_begun", "a run began to write the pseudonymised tier of a project; rows are those of the source"
    TIER_MADE = "tier_made", "the run wrote it all; rows are those of the tier"
    MANIFEST = "manifest", "a list of paths of images; rows are its paths"


IMAGING_ACCESS = Table(
    name="imaging_access",
    grain="giving of data to a project (append only)",
    comment="Pseudonymised tiers and manifests of paths: who made them, when, for which project, of which release",
    columns=(
        Column("given_at", INSTANT, "When", False),
        Column("given_by", STRING, "Account that ran the command", False),
        Column("access", STRING, "What was given", False, values=Access),
        Column("project", STRING, "The project", False),
        Column("run_id", STRING, "Run that gave it", False),
        Column("release", STRING, "Last run of the nominative lake whose rows are in it; null where there is none"),
        Column("rows", BIGINT, "Rows or paths that were given"),
    ),
    keys=(),
    cluster_by=("project", "given_at"),
)

TIER_VALUE = Table(
    name="tier_value",
    grain="tier, table, column and text of a masked column",
    comment="How common the texts of masked columns are; nominative: rare texts may name people",
    columns=(
        Column("tier", STRING, "Project and place of the tier", False),
        Column("table_name", STRING, "Table of the text", False),
        Column("column_name", STRING, "Column of the text", False),
        Column("value", STRING, "The text as stored", False, identifying=True),
        Column("patients", BIGINT, "Set of 64 bits, one for each hash of a patient: as many patients, or more", False),
        Column("common_run", STRING, "Run that first found the text in k patients; null while it is rare"),
    ),
    keys=("tier", "table_name", "column_name", "value"),
    cluster_by=("tier", "table_name", "column_name"),
)
