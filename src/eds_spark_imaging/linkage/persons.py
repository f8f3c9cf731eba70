"""What the base centrale knows of each surviving person's identity."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.birth_dates import is_default_date
from eds_spark_imaging.linkage.names import normalised, tokens


def traits_of_persons(identity: DataFrame | None, person: DataFrame, survivors: DataFrame) -> DataFrame:
    """One row a surviving person: names as arrays of tokens joined by blanks, birth date, sex, date of death.

    The person's own rows come first; those of the persons merged into it fill what they lack, and their names count
    as names of the same person. ``person_birth_year`` is there also where only the year is known.
    """
    known = survivors.where("surviving_person_id IS NOT NULL")
    rows = known.join(_civil(person), "person_id", "left")
    rows = rows.withColumns(_no_identity()) if identity is None else rows.join(_nominative(identity), "ipp", "left")
    own = F.col("ipp").eqNullSafe(F.col("surviving_ipp")) & (
        F.coalesce("person_id", "surviving_person_id") == F.col("surviving_person_id")
    )
    birth_date = F.coalesce("_birth_date", "_civil_birth_date")
    sex = F.coalesce("_sex", "_civil_sex")
    return rows.groupBy(F.col("surviving_person_id").alias("person_id")).agg(
        F.max("surviving_ipp").alias("ipp"),
        _names("family_names"),
        _names("given_names"),
        _best_date(own, birth_date).alias("person_birth_date"),
        _own_first(own, F.coalesce(F.year(birth_date), F.col("_birth_year"))).alias("person_birth_year"),
        _own_first(own, sex).alias("person_sex"),
        _own_first(own, F.col("_death_date")).alias("death_date"),
    )


def surviving_persons(person: DataFrame, survivors: DataFrame) -> DataFrame:
    """One row a surviving person, with the columns of ``person``: what it lacks is of the persons merged into it.

    ``person_source_value`` is the IPP that survives; of the deaths of others the latest counts, as for a link.
    """
    moved = survivors.where("person_id IS NOT NULL").select("person_id", "surviving_ipp", "surviving_person_id")
    own = F.col("person_id") == F.col("surviving_person_id")
    order = F.struct(~own, "person_id")
    value = {name: F.min_by(name, F.when(F.col(name).isNotNull(), order)) for name in person.columns}
    value |= {
        "person_source_value": F.max("surviving_ipp"),
        "death_datetime": _own_first(own, F.col("death_datetime")),
    }
    del value["person_id"]
    rows = person.join(moved, "person_id").groupBy("surviving_person_id")
    named = rows.agg(*[column.alias(name) for name, column in value.items()])
    return named.withColumnRenamed("surviving_person_id", "person_id").select(*person.columns)


def _own_first(own: Column, value: Column) -> Column:
    return F.coalesce(F.max(F.when(own, value)), F.max(value))


def _best_date(own: Column, date: Column) -> Column:
    """The own date; where it tells no day, that of a merged person who is born in the same year."""
    own_date = F.max(F.when(own, date))
    whole = F.when(~is_default_date(date), date)
    own_whole, any_whole = F.max(F.when(own, whole)), F.max(whole)
    same_year = F.when((F.year(any_whole) == F.year(own_date)) | (F.year(own_date) <= 1900), any_whole)
    return F.coalesce(own_whole, same_year, own_date, any_whole, F.max(date))


def _names(column: str) -> Column:
    return F.array_sort(F.array_distinct(F.flatten(F.collect_list(column)))).alias(column)


def _civil(person: DataFrame) -> DataFrame:
    """Traits of the table ``person``, one row a person."""
    parts = [F.col(name).cast("string") for name in ("year_of_birth", "month_of_birth", "day_of_birth")]
    from_parts = F.concat_ws("-", *parts).try_cast("date")
    complete = F.when(parts[0].isNotNull() & parts[1].isNotNull() & parts[2].isNotNull(), from_parts)
    return person.groupBy("person_id").agg(
        F.max(F.coalesce(complete, F.to_date("birth_datetime"))).alias("_civil_birth_date"),
        F.max(F.when(F.col("year_of_birth").between(1850, 2200), F.col("year_of_birth"))).alias("_birth_year"),
        F.max(_sex_code(F.col("gender_source_value"))).alias("_civil_sex"),
        F.max(F.to_date("death_datetime")).alias("_death_date"),
    )


def _nominative(identity: DataFrame) -> DataFrame:
    """Traits of the table ``patient_identity``, one row an IPP: it has a row for each NIP."""
    names = {
        name: F.nullif(F.array_join(tokens(normalised(F.col(name))), " "), F.lit(""))
        for name in ("birth_name", "used_name", "first_given_name")
    }
    return (
        identity.where("ipp IS NOT NULL")
        .groupBy(F.trim("ipp").alias("ipp"))
        .agg(
            F.array_union(F.collect_set(names["birth_name"]), F.collect_set(names["used_name"])).alias("family_names"),
            F.collect_set(names["first_given_name"]).alias("given_names"),
            F.max("birth_date").alias("_birth_date"),
            F.max(_sex_code(F.col("sex"))).alias("_sex"),
        )
    )


def _no_identity() -> dict[str, Column]:
    no_names = F.array().cast("array<string>")
    return {
        "family_names": no_names,
        "given_names": no_names,
        "_birth_date": F.lit(None).cast("date"),
        "_sex": F.lit(None).cast("string"),
    }


def _sex_code(column: Column) -> Column:
    """M or F; null for anything else."""
    code = F.upper(F.substring(F.trim(column), 1, 1))
    return F.when(code.isin("M", "F"), code).when(code == "H", "M")
