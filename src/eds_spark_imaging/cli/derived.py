"""Write what derives from declarations: ``docs/tables.md``, ``conf/spark-defaults.conf``, tables of words in pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from eds_spark_imaging.archives.fault import ArchiveFault
from eds_spark_imaging.cli.describe import markdown
from eds_spark_imaging.cli.diagram import diagram
from eds_spark_imaging.cli.privacy_page import with_tables
from eds_spark_imaging.cohorts.reference import markdown as criteria
from eds_spark_imaging.dicom.reason import Reason, Rejection
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.spark.settings import DELTA_PACKAGES, TABLE_CONF
from eds_spark_imaging.storage.entries import Problem
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.link_words import (
    Contradiction,
    Decision,
    LinkCause,
    LinkChange,
    LinkMethod,
    LinkStatus,
    Refusal,
    TraitState,
)
from eds_spark_imaging.vocabulary import Word

ROBUSTNESS = Path("docs/robustness.md")
LINKAGE = Path("docs/linkage.md")
PRIVACY = Path("docs/privacy.md")
GUIDE = Path("docs/analyst-guide.md")
# Tables by which jobs work, which no analyst needs.
FOR_THE_JOBS = frozenset(
    {
        "dicom_study_touched",
        "imaging_cross_input",
        "imaging_study_link_input",
        "imaging_study_link_key",
        "person_link_key",
        "imaging_access",
        "tier_value",
    }
)


def spark_defaults() -> str:
    """The properties file for spark-submit."""
    lines = ["# Written by `./dev docs` from spark/settings.py. Use: spark-submit --properties-file THIS jobs/JOB.py"]
    lines += [f"{key} {value}" for key, value in (DELTA_PACKAGES | TABLE_CONF).items()]
    return "\n".join(lines) + "\n"


_PLACE = re.compile(r"(<!-- words: ([\w, ]+) -->\n\n).*?(\n<!-- end -->)", re.DOTALL)
VOCABULARIES: Mapping[str, type[Word]] = {
    words.__name__: words for words in (HeaderStatus, Rejection, ArchiveFault, Problem, Reason)
}

LINK_VOCABULARIES: Mapping[str, type[Word]] = {
    words.__name__: words
    for words in (LinkStatus, LinkMethod, TraitState, Contradiction, Refusal, LinkCause, LinkChange, Decision)
}


def with_words(page: str) -> str:
    """A page with its tables of words, each between ``<!-- words: NAME, NAME -->`` and ``<!-- end -->``."""

    def table(match: re.Match[str]) -> str:
        names = match[2].split(", ")
        meanings: dict[str, str] = {}
        for name in names:
            meanings |= {**VOCABULARIES, **LINK_VOCABULARIES}[name].meanings()
        head = "status" if names == ["HeaderStatus"] else "reason" if names[0] in VOCABULARIES else "word"
        rows = [f"| `{word}` | {meaning} |" for word, meaning in meanings.items()]
        return match[1] + "\n".join([f"| {head} | meaning |", "|---|---|", *rows]) + "\n" + match[3]

    return _PLACE.sub(table, page)


def with_diagram(page: str) -> str:
    """The guide with the diagram of the tables, between ``<!-- diagram -->`` and ``<!-- end -->``."""
    drawn = "\n".join(diagram(Catalogue(), FOR_THE_JOBS))
    place = re.compile(r"(<!-- diagram -->\n\n).*?(\n<!-- end -->)", re.DOTALL)
    return place.sub(lambda match: f"{match[1]}{drawn}\n{match[2]}", page)


def derived_files() -> dict[Path, str]:
    """Each derived file of the project with its content."""
    return {
        Path("docs/cohort-criteria.md"): "\n".join(criteria()) + "\n",
        Path("docs/tables.md"): "\n".join(markdown(Catalogue())) + "\n",
        Path("conf/spark-defaults.conf"): spark_defaults(),
        ROBUSTNESS: with_words(ROBUSTNESS.read_text(encoding="utf-8")),
        LINKAGE: with_words(LINKAGE.read_text(encoding="utf-8")),
        GUIDE: with_diagram(GUIDE.read_text(encoding="utf-8")),
        PRIVACY: with_tables(PRIVACY.read_text(encoding="utf-8"), Catalogue()),
    }


if __name__ == "__main__":
    for path, content in derived_files().items():
        path.write_text(content, encoding="utf-8")
        print(path)
