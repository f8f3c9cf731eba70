"""The tables of ``docs/privacy.md``: what becomes of each column, side by side with the profile of PS3.15."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from eds_spark_imaging.cli.describe import words_table
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.treatment import Treatment

_PLACE = re.compile(r"(<!-- (treatments|columns|profile) -->\n).*?(<!-- end -->)", re.DOTALL)
_REMOVED = (Treatment.DROP, Treatment.ALLOW_BY_NAME)

Actions = Mapping[int, str]


def with_tables(page: str, catalogue: Catalogue) -> str:
    """The page with its tables, each between ``<!-- NAME -->`` and ``<!-- end -->``."""
    parts = {
        "treatments": lambda: words_table(Treatment),
        "columns": lambda: _columns(catalogue),
        "profile": lambda: _profile(catalogue),
    }
    return _PLACE.sub(lambda match: "\n".join((match[1], *parts[match[2]](), "", match[3])), page)


def _columns(catalogue: Catalogue) -> Iterator[str]:
    yield "| table | treatment | columns |"
    yield "|---|---|---|"
    for table in (table for table in catalogue if table.pseudonymised):
        by_treatment: dict[str, list[str]] = defaultdict(list)
        for column in table:
            by_treatment[str(column.treated)].append(f"`{column.name}`")
        for treatment in Treatment:
            if by_treatment[treatment]:
                yield f"| `{table.name}` | {treatment} | {', '.join(by_treatment[treatment])} |"
    rest = [f"`{table.name}`" for table in catalogue if not table.pseudonymised]
    yield f"| {', '.join(rest)} | not in a tier | all |"


def _profile(catalogue: Catalogue) -> Iterator[str]:
    actions = basic_profile()
    yield "| column | DICOM | PS3.15 | here | judgement |"
    yield "|---|---|---|---|---|"
    stricter = 0
    for attribute in catalogue.attributes:
        action = _action(attribute, actions)
        if action:
            said = judgement(action, attribute.treatment)
            yield f"| `{attribute.column}` | {attribute.path} | {action} | {attribute.treatment} | {said} |"
        elif attribute.treatment is not Treatment.KEEP:
            stricter += 1
    yield ""
    yield (
        f"Of the {len(catalogue.attributes)} declared attributes, {stricter} more are not named by the profile, which"
        " keeps them, and are not kept as they stand here: stricter."
    )


def _action(attribute: Attribute, actions: Actions) -> str | None:
    """The profile's action on the element or, failing that, on a sequence around it."""
    tags = [step.tag for step in attribute.sources[0].steps if step.creator is None]
    return next((actions[tag] for tag in reversed(tags) if tag in actions), None)


def judgement(action: str, treatment: Treatment | None) -> str:
    """How a treatment stands to an action of PS3.15 table E.1-1a, in words."""
    if treatment in _REMOVED:
        return "covered: not there" if treatment is Treatment.DROP else "covered: not there unless allowed by name"
    if treatment is Treatment.SHIFT:
        return "covered as with Retain Longitudinal Temporal Information with Modified Dates"
    if treatment is Treatment.GENERALISE:
        return "as with Retain Patient Characteristics, and stricter: coarser"
    if treatment is Treatment.PSEUDONYM:
        stands_in = "covered: a stand-in, the same in all tables"
        return stands_in if set(action) & set("DZU") else "not removed: a keyed stand-in is left for joins"
    return "not removed: common values stay, as options that retain or clean leave them"


def basic_profile() -> Actions:
    """Tag -> action of the Basic Profile (PS3.15 table E.1-1), edition 2026c, from the package dicom-anonymizer."""
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as fields  # noqa: PLC0415 - of `dev`

    groups = {
        "D": fields.D_TAGS,
        "Z": fields.Z_TAGS,
        "X": fields.X_TAGS,
        "U": fields.U_TAGS,
        "Z/D": fields.Z_D_TAGS,
        "X/Z": fields.X_Z_TAGS,
        "X/D": fields.X_D_TAGS,
        "X/Z/D": fields.X_Z_D_TAGS,
        "X/Z/U*": fields.X_Z_U_STAR_TAGS,
    }
    return {tag[0] << 16 | tag[1]: action for action, tags in groups.items() for tag in tags if len(tag) == 2}
