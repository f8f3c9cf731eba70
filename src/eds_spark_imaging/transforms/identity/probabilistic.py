"""The probabilistic step: exams that no key leads anywhere, by names, birth date and sex together. Needs splink.

A Fellegi-Sunter model (splink's) is trained on exams and persons of the data themselves: how often each trait agrees
among pairs of one person, and among pairs of strangers. It links only what the cascade leaves without any candidate.
"""

from __future__ import annotations

import logging
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.tables.links import IMAGING_STUDY_PERSON
from eds_spark_imaging.transforms.identity.acceptance import evidence_of
from eds_spark_imaging.transforms.identity.meeting import Meeting
from eds_spark_imaging.transforms.identity.methods import PROBABILISTIC
from eds_spark_imaging.transforms.identity.names import without_particles
from eds_spark_imaging.transforms.identity.traits import compared

_TRAINING_EXAMS = 50_000
_SEED = 1
_WORTH_SHOWING = 0.5  # pairs that are likelier than not are candidates, and rivals of each other


def with_probable(found: DataFrame, meeting: Meeting, config: LinkConfig) -> DataFrame:
    """Adds to rows of ``imaging_study_person`` those that the model finds for exams that have none.

    An exam is linked to the one person whose probability reaches ``config.probabilistic_threshold``, where no other
    is likelier than not and nothing contradicts.
    """
    exams = meeting.exams.where("NOT is_phantom AND size(name_tokens) >= 2 AND birth_date IS NOT NULL")
    left = exams.join(found.select("study_instance_uid"), "study_instance_uid", "left_anti")
    if left.isEmpty():
        return found
    pairs = _probabilities(_of_exams(exams), _of_exams(left), _of_persons(meeting.persons))
    return found.unionByName(_judged(pairs, meeting, config.probabilistic_threshold))


def _judged(pairs: DataFrame, meeting: Meeting, threshold: float) -> DataFrame:
    """Rows of ``imaging_study_person`` from (``study_instance_uid``, ``person_id``, ``probability``)."""
    joined = pairs.join(meeting.exams, "study_instance_uid", "inner").join(meeting.persons, "person_id", "inner")
    possible = compared(joined).where(F.size("contradictions") == 0)
    exam = Window.partitionBy("study_instance_uid")
    enough = F.col("probability") >= threshold
    alone = F.count(F.lit(1)).over(exam) == 1
    reason = F.when(enough & ~alone, "rival").when(~enough, "improbable")
    made = {
        "method": F.lit(PROBABILISTIC).alias("method"),
        "methods": F.array(F.lit(PROBABILISTIC)).alias("methods"),
        "score": F.round("probability", 4).alias("score"),
        "verified": F.lit(False).alias("verified"),
        "evidence": evidence_of(F.lit("patient_name"), F.lit(None).cast("string")).alias("evidence"),
        "rank": F.row_number().over(exam.orderBy(F.desc("probability"), "person_id")).alias("rank"),
        "accepted": (enough & alone).alias("accepted"),
        "reason": reason.alias("reason"),
    }
    return possible.select(*[made.get(name, F.col(name)) for name in IMAGING_STUDY_PERSON.names])


def _of_exams(exams: DataFrame) -> DataFrame:
    """Exams as the model sees them; the words of a header may be of either name."""
    words = without_particles("name_tokens")
    return exams.select(
        F.col("study_instance_uid").alias("unique_id"),
        words.alias("family"),
        words.alias("given"),
        F.array_join(F.array_sort("name_tokens"), " ").alias("name_key"),
        *_dated("birth_date"),
        "sex",
    )


def _of_persons(persons: DataFrame) -> DataFrame:
    def words(names: str) -> Column:
        return F.split(F.array_join(names, " "), " ")

    known = persons.withColumns({"_family": words("family_names"), "_given": words("given_names")})
    first = F.concat(F.split(F.get("family_names", F.lit(0)), " "), F.split(F.get("given_names", F.lit(0)), " "))
    return known.where("size(family_names) > 0 AND size(given_names) > 0").select(
        F.col("person_id").cast("string").alias("unique_id"),
        without_particles("_family").alias("family"),
        without_particles("_given").alias("given"),
        F.array_join(F.array_sort(F.array_distinct(first)), " ").alias("name_key"),
        *_dated("person_birth_date"),
        F.col("person_sex").alias("sex"),
    )


def _dated(column: str) -> list[Column]:
    return [F.col(column).alias("birth_date"), F.year(column).alias("birth_year")]


def _probabilities(exams: DataFrame, left: DataFrame, persons: DataFrame) -> DataFrame:
    """Train on a sample of ``exams`` with ``persons``, and predict for ``left``."""
    from splink import Linker, block_on  # noqa: PLC0415 - an extra
    from splink.backends.spark import SparkAPI  # noqa: PLC0415

    logging.getLogger("splink").setLevel(logging.ERROR)
    total, people = exams.count(), persons.count()
    one_in = max(1, total // _TRAINING_EXAMS)
    sample = exams.where(F.pmod(F.xxhash64("unique_id"), F.lit(one_in)) == 0)
    api = SparkAPI(spark_session=exams.sparkSession, break_lineage_method="persist", register_udfs_automatically=False)
    aliases = ["exam", "person"]
    trained = Linker([sample, persons], _settings(people), db_api=api, input_table_aliases=aliases)
    trained.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED)
    for block in ("birth_date", "name_key"):
        trained.training.estimate_parameters_using_expectation_maximisation(
            block_on(block), fix_probability_two_random_records_match=True
        )
    model = trained.misc.save_model_to_json()
    linker = Linker([left, persons], model, db_api=api, input_table_aliases=aliases)
    predicted = linker.inference.predict(threshold_match_probability=_WORTH_SHOWING)
    pairs: DataFrame = predicted.as_spark_dataframe()
    return pairs.select(
        F.col("unique_id_l").alias("study_instance_uid"),
        F.col("unique_id_r").cast("bigint").alias("person_id"),
        F.col("match_probability").alias("probability"),
    )


def _settings(people: int) -> Any:
    from splink import SettingsCreator, block_on  # noqa: PLC0415
    from splink.comparison_library import ExactMatch  # noqa: PLC0415

    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="unique_id",
        # An exam has one person; that of an exam that nothing leads to may as well be missing.
        probability_two_random_records_match=0.5 / max(people, 1),
        comparisons=[_name("family"), _name("given"), _birth_date(), ExactMatch("sex")],
        blocking_rules_to_generate_predictions=[
            block_on("birth_date"),
            block_on("family", "birth_year", arrays_to_explode=["family"]),
            block_on("family", "given", arrays_to_explode=["family", "given"]),
        ],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def _name(column: str) -> Any:
    one_off = f"exists({column}_l, x -> exists({column}_r, y -> length(x) >= 5 AND levenshtein(x, y) <= 1))"
    return _comparison(
        column,
        f"size({column}_l) = 0 OR size({column}_r) = 0",
        {f"arrays_overlap({column}_l, {column}_r)": "a word is the same", one_off: "a word is one letter off"},
    )


def _birth_date() -> Any:
    same = [f"CAST({part}(birth_date_l) = {part}(birth_date_r) AS INT)" for part in ("year", "month", "day")]
    levels = {"birth_date_l = birth_date_r": "the same", f"{' + '.join(same)} = 2": "one part differs"}
    return _comparison("birth_date", "birth_date_l IS NULL OR birth_date_r IS NULL", levels)


def _comparison(column: str, missing: str, levels: dict[str, str]) -> Any:
    from splink.comparison_library import CustomComparison  # noqa: PLC0415

    rows: list[dict[str, Any]] = [
        {"sql_condition": missing, "label_for_charts": "missing", "is_null_level": True},
        *[{"sql_condition": condition, "label_for_charts": label} for condition, label in levels.items()],
        {"sql_condition": "ELSE", "label_for_charts": "differ"},
    ]
    return CustomComparison(output_column_name=column, comparison_levels=rows)
