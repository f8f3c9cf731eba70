"""The hospital of an exam, by the configuration's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from eds_spark_imaging.config import HospitalConfig
from eds_spark_imaging.config.expressions import FOLDED

# Kind of rule -> the array column of candidate texts it searches, in the order in which rules are tried.
RULES = {
    "institution": "_institutions",
    "station": "_stations",
    "ae_title": "_ae_titles",
    "issuer": "_issuers",
}


def hospital_of(
    source_hospitals: Mapping[str, str], hospitals: Sequence[HospitalConfig], sources: str = "_sources"
) -> tuple[Column, Column]:
    """The code of the hospital and the rule that gave it.

    ``sources`` names the array of the exam's sources, ``RULES`` those of the texts. The first kind of rule that fits
    decides; where it fits two hospitals the code is null and the rule ``ambiguous``, where none fits ``none``.
    """
    candidates = [("source", _by_source(source_hospitals, sources))]
    candidates += [(kind, _by_pattern(hospitals, kind, texts)) for kind, texts in RULES.items()]
    code = F.coalesce(*[F.when(F.size(found) > 0, found) for _, found in candidates])
    rule = F.coalesce(*[F.when(F.size(found) > 0, F.lit(kind)) for kind, found in candidates], F.lit("none"))
    one = F.size(code) == 1
    return F.when(one, F.get(code, F.lit(0))), F.when(code.isNotNull() & ~one, "ambiguous").otherwise(rule)


def _by_source(source_hospitals: Mapping[str, str], sources: str) -> Column:
    fitting = [F.when(F.array_contains(sources, name), F.lit(code)) for name, code in source_hospitals.items()]
    return _distinct(fitting)


def _by_pattern(hospitals: Sequence[HospitalConfig], kind: str, texts: str) -> Column:
    fitting = []
    for hospital in hospitals:
        for pattern in getattr(hospital, kind):
            fitting.append(F.when(F.exists(texts, _matches(pattern)), F.lit(hospital.code)))
    return _distinct(fitting)


def _matches(pattern: str) -> Callable[[Column], Column]:
    return lambda text: text.rlike(FOLDED + pattern)


def _distinct(fitting: list[Column]) -> Column:
    return F.array_distinct(F.array_compact(F.array(*fitting))) if fitting else F.array().cast("array<string>")
