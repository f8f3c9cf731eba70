"""The probabilistic step: exams that no key leads anywhere, by names, birth date and sex together. Needs splink.

A Fellegi-Sunter model (splink's) is trained on exams and persons of the data themselves: how often each trait agrees
among pairs of one person, and among pairs of strangers. It links only what the cascade leaves without any candidate.
"""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Callable
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage.acceptance import evidence_of
from eds_spark_imaging.linkage.meeting import Meeting
from eds_spark_imaging.linkage.names import without_particles
from eds_spark_imaging.linkage.traits import compared
from eds_spark_imaging.tables.link_words import LinkMethod, Refusal
from eds_spark_imaging.tables.links import IMAGING_STUDY_PERSON

Keep = Callable[[str, DataFrame], DataFrame]

_TRAINING_EXAMS = 50_000
_EXAMS_PER_CHUNK = 500_000  # predicted at a time
_SEED = 1
_HAS_TRAITS = "NOT is_phantom AND size(name_tokens) >= 2 AND birth_date IS NOT NULL"
_BLOCKS = ("birth_date", "name_key")  # pairs share one; each also serves to train what the other cannot
_WORTH_SHOWING = 0.5  # pairs that are likelier than not are candidates, and rivals of each other


def with_probable(found: DataFrame, meeting: Meeting, known: DataFrame, config: LinkConfig, keep: Keep) -> DataFrame:
    """Adds to rows of ``imaging_study_person`` those that the model finds for exams of ``meeting`` that have none.

    An exam is linked to the one person whose probability reaches ``config.probabilistic_threshold``, where no other
    is likelier than not and nothing contradicts. The model learns from ``known``, rows of :func:`exams`. ``keep``
    gives a frame back without the plan behind it: the model goes over its tables again and again, and plans upon
    plans outgrow the memory of the driver.
    """
    left = meeting.exams.where(_HAS_TRAITS).join(found.select("study_instance_uid"), "study_instance_uid", "left_anti")
    people = _of_persons(meeting.persons)
    exams_left = left.count()
    if not exams_left or people.isEmpty():
        return found
    exams = known.where(_HAS_TRAITS)
    one_in = max(1, exams.count() // _TRAINING_EXAMS)
    sample = exams.where(F.pmod(F.xxhash64("study_instance_uid"), F.lit(one_in)) == 0)
    tables = {"sample": _of_exams(sample), "left": _of_exams(left), "people": people}
    tables = {name: keep(name, table) for name, table in tables.items()}
    pairs = keep("pairs", _predicted(**tables, chunks=math.ceil(exams_left / _EXAMS_PER_CHUNK)))
    return found.unionByName(_judged(pairs, meeting, config.probabilistic_threshold))


def _judged(pairs: DataFrame, meeting: Meeting, threshold: float) -> DataFrame:
    """Rows of ``imaging_study_person`` from (``study_instance_uid``, ``person_id``, ``probability``)."""
    joined = pairs.join(meeting.exams, "study_instance_uid", "inner").join(meeting.persons, "person_id", "inner")
    possible = compared(joined).where(F.size("contradictions") == 0)
    exam = Window.partitionBy("study_instance_uid")
    enough = F.col("probability") >= threshold
    alone = F.count(F.lit(1)).over(exam) == 1
    reason = F.when(enough & ~alone, str(Refusal.RIVAL)).when(~enough, str(Refusal.IMPROBABLE))
    made = {
        "method": F.lit(str(LinkMethod.PROBABILISTIC)).alias("method"),
        "methods": F.array(F.lit(str(LinkMethod.PROBABILISTIC))).alias("methods"),
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
        _name_key(F.col("name_tokens")).alias("name_key"),
        "birth_date",
        "sex",
    )


def _of_persons(persons: DataFrame) -> DataFrame:
    """Persons as the model sees them: one row for each of their family names, with all their given names."""
    given = F.split(F.array_join("given_names", " "), " ")
    named = persons.where("size(given_names) > 0").select(
        "person_id",
        F.posexplode("family_names").alias("_place", "_family"),
        given.alias("_given"),
        F.split(F.get("given_names", F.lit(0)), " ").alias("_first"),
        "person_birth_date",
        "person_sex",
    )
    named = named.withColumn("_family", F.split("_family", " "))
    return named.select(
        F.concat_ws("/", "person_id", "_place").alias("unique_id"),
        without_particles("_family").alias("family"),
        without_particles("_given").alias("given"),
        _name_key(F.concat("_family", "_first")).alias("name_key"),
        F.col("person_birth_date").alias("birth_date"),
        F.col("person_sex").alias("sex"),
    )


def _name_key(words: Column) -> Column:
    """A whole name, whatever the order of its words."""
    return F.array_join(F.array_sort(F.array_distinct(words)), " ")


def _predicted(sample: DataFrame, left: DataFrame, people: DataFrame, chunks: int) -> DataFrame:
    """Rows (``study_instance_uid``, ``person_id``, ``probability``): train on ``sample``, predict for ``left``."""
    from splink import Linker, block_on  # noqa: PLC0415 - an extra
    from splink.backends.spark import SparkAPI  # noqa: PLC0415

    logging.getLogger("splink").setLevel(logging.ERROR)

    def linker(exams: DataFrame, settings: Any) -> Any:
        # An interface keeps the tables of its linker for the next one: each has its own. The names become views of
        # the session; the side that sorts first is the left one of each pair.
        api = SparkAPI(
            spark_session=exams.sparkSession, break_lineage_method="persist", register_udfs_automatically=False
        )
        names = [f"{side}_{secrets.token_hex(4)}" for side in ("exam", "person")]
        tables = [api.register(t, table_name=name) for t, name in zip((exams, people), names, strict=True)]
        return Linker(tables, settings, log_level=None)

    trained = linker(sample, _settings(people.count()))
    trained.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED, num_chunks=1)
    for block in _BLOCKS:
        trained.training.estimate_parameters_using_expectation_maximisation(
            block_on(block),
            fix_probability_two_random_records_match=True,
            estimate_without_term_frequencies=True,
            record_sample_proportion=1,  # the exams are a sample already
        )
    model = trained.misc.save_model_to_json()
    predicted = linker(left, model).inference.predict(
        threshold_match_probability=_WORTH_SHOWING, num_chunks_left=chunks, num_chunks_right=1
    )
    pairs: DataFrame = predicted.as_spark_dataframe()
    # Spark may cast before it joins, and the identifiers of exams are no numbers.
    person = F.substring_index("unique_id_r", "/", 1).try_cast("bigint")
    return pairs.groupBy(F.col("unique_id_l").alias("study_instance_uid"), person.alias("person_id")).agg(
        F.max("match_probability").alias("probability")
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
        blocking_rules_to_generate_predictions=[block_on(block) for block in _BLOCKS],
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
