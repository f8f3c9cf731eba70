"""Descriptions of series and exams to their terms: distinct texts are read once, and joined back.

A *description* is one row of the columns that the reader takes (``terminology.sources.KEYS``) with the key of what
they say. The reader itself is not here: it turns distinct descriptions into answers between these steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.tables.spec import Column as TableColumn
from eds_spark_imaging.terminology.exam_acts import CONFIDENCE as ACT_CONFIDENCE
from eds_spark_imaging.terminology.exam_acts import RULE as ACT_RULE
from eds_spark_imaging.terminology.exam_acts import SOURCE as ACT
from eds_spark_imaging.terminology.modality import IMAGING
from eds_spark_imaging.terminology.sources import KEYS

STUDY, SERIES = "study_instance_uid", "series_instance_uid"
_OF_EXAM = ("study_description", "requested_procedure_description")
_OF_SERIES = ("series_description", "protocol_name", "performed_procedure_step_description", "body_part_examined")
# Columns of the reader's answer under the names that the tables give them.
_RENAMED = {
    **{f"category{end}": f"exam_category{end}" for end in ("", "_source", "_rule", "_confidence")},
    **{f"laterality{end}": f"exam_laterality{end}" for end in ("", "_source", "_rule", "_confidence")},
    **{f"contrast{end}": f"exam_contrast{end}" for end in ("", "_source", "_rule", "_confidence")},
    "conflicts": "terms_conflicts",
}


def describe_series(series: DataFrame, studies: DataFrame, acquisitions: DataFrame) -> DataFrame:
    """Descriptions of series with those of their exam; key (study, series), grain series."""
    exams = studies.select(STUDY, *(_text(studies, name).alias(f"exam_{name}") for name in _OF_EXAM))
    agents = acquisitions.select(STUDY, SERIES, _text(acquisitions, "contrast_bolus_agent").alias("agent"))
    asked = _text(series, "request_requested_procedure_description")
    own = series.select(
        STUDY,
        SERIES,
        F.coalesce("main_modality", F.array_join("modalities", "\\")).alias("modality"),
        *(_text(series, name).alias(name) for name in _OF_SERIES),
        _text(series, "anatomic_region_code_meaning").alias("anatomic_region"),
        *(_text(series, name).alias(name) for name in ("laterality", "image_laterality", "frame_laterality")),
        asked.alias("asked"),
    )
    joined = own.join(exams, STUDY, "left").join(agents, [STUDY, SERIES], "left")
    described = joined.withColumns(
        {
            "study_description": F.col("exam_study_description"),
            "requested_procedure_description": F.coalesce("exam_requested_procedure_description", "asked"),
            "contrast_bolus_agent": F.col("agent"),
        }
    )
    return described.select(STUDY, SERIES, _key().alias("description_key"), *KEYS)


def describe_exams(studies: DataFrame) -> DataFrame:
    """Descriptions of exams by themselves: their own texts and the modalities of their series; grain exam."""
    own = studies.select(
        STUDY,
        F.array_join("modalities", "\\").alias("modality"),
        *(_text(studies, name).alias(name) for name in _OF_EXAM),
    )
    given = set(own.columns)
    described = own.withColumns({name: F.lit(None).cast("string") for name in KEYS if name not in given})
    return described.select(STUDY, _key().alias("description_key"), *KEYS)


def distinct_descriptions(*descriptions: DataFrame) -> DataFrame:
    """Each description once, by its key."""
    columns = ("description_key", *KEYS)
    together = descriptions[0].select(*columns)
    for more in descriptions[1:]:
        together = together.unionByName(more.select(*columns))
    return together.distinct()


def series_terms(
    described: DataFrame, answers: DataFrame, version: Column, columns: Sequence[TableColumn]
) -> DataFrame:
    """The terms of series; grain series. ``columns`` are those of the table, but for the run."""
    answers = answers.withColumnsRenamed(_RENAMED)
    joined = described.select(STUDY, SERIES, "description_key").join(answers, "description_key", "inner")
    return joined.withColumn("terms_version", version).select(STUDY, SERIES, *(column.name for column in columns))


def exams_with_series(described: DataFrame, answers: DataFrame, of_series: DataFrame, series: DataFrame) -> DataFrame:
    """Exams with their own terms beside those of their imaging series; grain exam.

    ``named`` holds all parts, those of the description first; ``most`` the part of most series.
    """
    own = described.select(STUDY, "description_key").join(
        answers.withColumnsRenamed(_RENAMED), "description_key", "inner"
    )
    imaging = series.where(F.arrays_overlap("modalities", F.array(*map(F.lit, sorted(IMAGING))))).select(STUDY, SERIES)
    terms = of_series.join(imaging, [STUDY, SERIES], "left_semi")
    gathered = terms.groupBy(STUDY).agg(
        F.flatten(F.collect_list("body_parts")).alias("series_parts"),
        F.array_sort(F.array_distinct(F.flatten(F.collect_list("region_codes")))).alias("series_regions"),
        F.array_sort(F.collect_set("exam_laterality")).alias("series_sides"),
        F.array_sort(F.collect_set("exam_contrast")).alias("series_contrasts"),
        F.array_sort(F.array_distinct(F.flatten(F.collect_list("terms_conflicts")))).alias("series_conflicts"),
        F.avg("body_part_confidence").alias("series_confidence"),
    )
    joined = own.join(gathered, STUDY, "left").join(_most_frequent(terms), STUDY, "left")
    joined = joined.withColumns({"own_parts": F.col("body_parts"), "own_regions": F.col("region_codes")})
    parts = F.coalesce("series_parts", F.array().cast("array<string>"))
    own_parts = F.coalesce("body_parts", F.array().cast("array<string>"))
    return joined.withColumn("named", F.array_distinct(F.concat(own_parts, F.array_sort(F.array_distinct(parts)))))


def exam_terms(gathered: DataFrame, united: DataFrame, version: Column) -> DataFrame:
    """The terms of exams: the union of their series and their own description, beside what they come from; grain exam.

    The own description wins for the side; sides of series that differ are both sides. An exam is with and without
    contrast where its series, or its description and its series, say both.
    """
    sides, contrasts = F.col("series_sides"), F.array_distinct(_both(F.col("exam_contrast"), F.col("series_contrasts")))
    from_series = F.lit("imaging_series")
    joined = gathered.drop("body_parts", "body_part_codes").join(united, "named", "inner")
    own = F.col("body_part_source").isNotNull()
    side = F.coalesce("exam_laterality", F.when(F.size(sides) > 1, F.lit("B")).otherwise(F.get(sides, F.lit(0))))
    contrast = F.when(F.size(contrasts) > 1, F.lit("both")).otherwise(F.get(contrasts, F.lit(0)))
    found = F.size("named") > 0
    return joined.withColumns(
        {
            "main_body_part": F.when(own, F.get("named", F.lit(0))).otherwise(F.col("most")),
            "region_codes": F.array_distinct(_both_lists(F.col("region_codes"), F.col("series_regions"))),
            "body_part_source": F.coalesce("body_part_source", F.when(found, from_series)),
            "body_part_rule": F.coalesce("body_part_rule", F.when(found, F.lit("union of series"))),
            "body_part_confidence": F.when(own, F.col("body_part_confidence")).otherwise(F.col("series_confidence")),
            "exam_laterality_source": F.coalesce("exam_laterality_source", F.when(side.isNotNull(), from_series)),
            "exam_contrast_source": F.coalesce("exam_contrast_source", F.when(contrast.isNotNull(), from_series)),
            "exam_laterality": side,
            "exam_contrast": contrast,
            "terms_conflicts": F.array_distinct(_both_lists(F.col("terms_conflicts"), F.col("series_conflicts"))),
            "terms_version": version,
        }
    )


def accepted_acts(procedures: DataFrame) -> DataFrame:
    """CCAM codes of the acts that the crossing accepted; grain exam that has any."""
    accepted = procedures.where(F.col("accepted") & F.col("procedure_code").isNotNull())
    return accepted.groupBy(STUDY).agg(F.array_sort(F.collect_set("procedure_code")).alias("procedure_codes"))


def with_acts(exams: DataFrame, acts: DataFrame, known: Sequence[str]) -> DataFrame:
    """Exams with the codes of their acts and ``exam_key``, of all that is ``known`` of them; grain exam."""
    joined = exams.join(acts, STUDY, "left")
    return joined.withColumn("exam_key", F.sha2(F.to_json(F.struct(*known)), 256))


def settled_exams(exams: DataFrame, settled: DataFrame, columns: Sequence[TableColumn]) -> DataFrame:
    """Exams with what their acts say, and the code of their name; grain exam. ``columns``: of the table.

    Acts give parts only where nothing else does; where they contradict, they are named and the confidence is less.
    """
    joined = exams.join(settled, "exam_key", "inner")
    filled = (F.size("body_parts") == 0) & (F.size("act_parts") > 0)
    nothing = filled & (F.coalesce(F.size("region_codes"), F.lit(0)) <= 0)
    denied = F.when(F.col("act_conflict").isNotNull(), F.array("act_conflict"))
    sure = F.col("body_part_confidence")
    described = joined.withColumns(
        {
            "main_body_part": F.when(filled, F.get("act_parts", F.lit(0))).otherwise(F.col("main_body_part")),
            "body_part_source": F.when(filled, F.lit(ACT)).otherwise(F.col("body_part_source")),
            "body_part_rule": F.when(filled, F.lit(ACT_RULE)).otherwise(F.col("body_part_rule")),
            "body_part_confidence": F.when(filled, F.lit(ACT_CONFIDENCE))
            .when(F.col("act_conflict").isNotNull(), F.round(sure * 0.8, 2))
            .otherwise(sure),
            "region_codes": F.when(nothing, F.col("act_region_codes")).otherwise(F.col("region_codes")),
            "terms_conflicts": _both_lists(F.col("terms_conflicts"), denied),
            "body_part_codes": F.when(filled, F.col("act_part_codes")).otherwise(F.col("body_part_codes")),
            "body_parts": F.when(filled, F.col("act_parts")).otherwise(F.col("body_parts")),
        }
    )
    return described.select(STUDY, *(column.name for column in columns))


def exams_with_other_acts(studies: DataFrame, acts: DataFrame) -> DataFrame:
    """Exams whose accepted acts are not those that their terms were made from; grain exam."""
    known = studies.where("removed_at IS NULL").select(STUDY, F.col("procedure_codes").alias("read_codes"))
    joined = known.join(acts, STUDY, "left")
    return joined.where(~F.col("procedure_codes").eqNullSafe(F.col("read_codes"))).select(STUDY)


def _most_frequent(terms: DataFrame) -> DataFrame:
    """The part that most series of an exam have, the first of the alphabet among equals."""
    counted = terms.select(STUDY, F.explode("body_parts").alias("most")).groupBy(STUDY, "most").count()
    place = F.row_number().over(Window.partitionBy(STUDY).orderBy(F.desc("count"), "most"))
    return counted.withColumn("place", place).where("place = 1").select(STUDY, "most")


def _both(one: Column, more: Column) -> Column:
    """A value, if there is one, before those of a list."""
    first = F.when(one.isNotNull(), F.array(one)).otherwise(F.array().cast("array<string>"))
    return F.concat(first, F.coalesce(more, F.array().cast("array<string>")))


def _both_lists(one: Column, more: Column) -> Column:
    empty = F.array().cast("array<string>")
    return F.concat(F.coalesce(one, empty), F.coalesce(more, empty))


def _text(frame: DataFrame, name: str) -> Column:
    """A column as text, lists joined as DICOM does; null where the declaration of a lake has no such column."""
    if name not in frame.columns:
        return F.lit(None).cast("string")
    is_list = dict(frame.dtypes)[name].startswith("array")
    return F.nullif(F.array_join(name, "\\"), F.lit("")) if is_list else F.col(name).cast("string")


def _key() -> Column:
    """The key of a description: what it says, hashed."""
    return F.sha2(F.to_json(F.struct(*KEYS)), 256)
