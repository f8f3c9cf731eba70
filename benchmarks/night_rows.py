"""A lake and a base centrale made as rows, for `benchmarks/night.py`: CT exams of four series, without files.

UIDs run as machines give them: root, machine, date, number. Times of exams go from 2005 on, one after another, so that
what comes later is newer. Every sixteenth instance of a lake has another slice thickness than its series (a conflict).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.declaration.attribute import Aggregate, Attribute, Kind, Level
from eds_spark_imaging.pipeline.parse.marks import Marks
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.tables.attributes import scalar_type
from eds_spark_imaging.tables.spec import sql_type

SERIES_OF_EXAM = 4
MACHINES = 200
FILLED = 3  # one attribute in so many has a value, as in real lakes: the others are those of other machines
DAYS = 7_000
ACTS = ("ZBQK002", "ZCQK004", "ACQH003", "LAQK013", "ECQH010")
DIAGNOSES = ("C341", "I639", "J189", "K358", "S7200", "I10", "E119")


@dataclass(frozen=True)
class Sizes:
    """How much of each there is; ``first`` is the number from which on rows are made."""

    instances: int
    exams: int
    persons: int
    diagnoses: int
    acts: int
    first: int = 0

    @property
    def of_exam(self) -> int:
        """Instances of an exam."""
        return self.instances // self.exams

    def times(self, share: float, first: int = 0) -> Sizes:
        """The same proportions."""
        counts = {n: max(1, round(getattr(self, n) * share)) for n in ("exams", "persons", "diagnoses", "acts")}
        return replace(self, instances=counts["exams"] * self.of_exam, first=first, **counts)


def instances(context: Context, sizes: Sizes, exam: Column, number: Column, spark: SparkSession) -> DataFrame:
    """Rows of dicom_instance but for its run; ``exam`` and ``number`` over the column ``id``, 0 to the last."""
    rows = spark.range(0, sizes.instances, numPartitions=max(2, sizes.instances // 250_000))
    rows = rows.select(exam.alias("exam"), number.alias("number"))
    rows = rows.withColumns(
        {
            "series": F.col("exam") * SERIES_OF_EXAM + F.col("number") % SERIES_OF_EXAM,
            "day": F.date_add(F.lit("2005-01-01").cast("date"), (F.col("exam") * DAYS / sizes_all(sizes)).cast("int")),
        }
    )
    study = F.concat(
        F.format_string("1.2.250.1.999.%03d.", F.col("exam") % MACHINES),
        F.date_format("day", "yyyyMMdd"),
        F.format_string(".%010d", "exam"),
    )
    uid = F.concat(F.col("study_instance_uid"), F.format_string(".%d.%04d", F.col("series"), F.col("number")))
    ours = [a for a in context.catalogue.attributes if not a.modalities or "CT" in a.modalities]
    columns = {a.column: _value(a) for a in ours[::FILLED]}
    columns |= {
        "source": F.lit("pacs"),
        "is_primary": F.lit(True),
        "series_instance_uid": F.concat("study_instance_uid", F.format_string(".%d", F.col("series"))),
        "sop_instance_uid": uid,
        "path": F.concat(F.lit("/pacs/"), F.date_format("day", "yyyy/MM/dd/"), uid, F.lit(".dcm")),
        "patient_id": ipp(_person(sizes)),
        "patient_name": F.format_string("NOM%d^PRENOM", _person(sizes)),
        "patient_birth_date": born(_person(sizes)),
        "patient_sex": F.lit("F"),
        "modality": F.lit("CT"),
        "institution_name": F.lit("HOPITAL"),
        "manufacturer_model_name": F.format_string("MODEL %d", F.col("exam") % MACHINES % 10),
        "device_serial_number": F.format_string("SERIAL %d", F.col("exam") % MACHINES),
        "station_name": F.format_string("STATION %d", F.col("exam") % MACHINES),
        "study_date": F.col("day"),
        "study_time": F.format_string("%02d:30:00", F.col("exam") % 24),
        "series_date": F.col("day"),
        "series_time": F.format_string("%02d:31:00", F.col("exam") % 24),
        "image_position_patient": F.array(F.lit(0.0), F.lit(0.0), (F.col("number") * 2.5).cast("double")),
        "image_orientation_patient": F.array(*[F.lit(v) for v in (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)]),
        "slice_thickness": F.when((F.col("exam") % 16 == 0) & (F.col("number") < 4), 5.0).otherwise(2.5),
        "has_pixel_data": F.lit(True),
        "header_bytes": F.col("number") + 7000,
        "header_digest": F.md5(uid),
        "reader_fingerprint": Marks.of(context).column,
    }
    # UIDs of the exam first: others are made of it.
    rows = rows.withColumn("study_instance_uid", study)
    return rows.select("study_instance_uid", *[c.alias(n) for n, c in columns.items() if n != "study_instance_uid"])


def sizes_all(sizes: Sizes) -> int:
    """Exams of the whole lake, those that come later included."""
    return sizes.first or sizes.exams


def _person(sizes: Sizes) -> Column:
    return F.abs(F.xxhash64("exam")) % max(1, sizes.persons)


def ipp(person: Column) -> Column:
    """The IPP of a person by number."""
    return F.format_string("8%09d", person)


def born(person: Column) -> Column:
    """The birth date of a person by number."""
    return F.date_add(F.lit("1930-01-02").cast("date"), (person % 25_000).cast("int"))


def _value(a: Attribute) -> Column:
    """Something that is the same over the exam or series, or differs between instances where it may."""
    by = {Level.STUDY: "exam", Level.INSTANCE: "number"}.get(a.level, "series")
    seed = F.abs(F.xxhash64(F.col("number" if a.aggregate is Aggregate.MIN_MAX else by), F.lit(a.column))) % 50
    value = {
        Kind.STRING: F.concat(F.lit("VALUE "), seed.cast("string")),
        Kind.TIME: F.format_string("10:%02d:00", seed),
        Kind.DATE: F.date_add(F.col("day"), (seed % 2).cast("int")),
        Kind.DATETIME: F.col("day").cast("timestamp_ntz"),
    }.get(a.kind, seed)
    value = value.cast(sql_type(scalar_type(a)))
    return F.array(value) if a.is_array else value


def write_lake(context: Context, sizes: Sizes, rows: DataFrame, run_id: str) -> None:
    """Rows as a run of `parse` leaves them: accounting, instances, exams queued."""
    lake = context.lake
    rows = rows.withColumn("changed_run", F.lit(run_id))
    lake.append("dicom_instance", rows)
    written = lake.read("dicom_instance").where(F.col("changed_run") == run_id)
    parsed = {
        "status": F.lit("parsed"),
        "first_run": F.lit(run_id),
        "size": F.lit(500_000).cast("bigint"),
        "bytes_read": F.lit(16384).cast("bigint"),
    }
    parsed["modified"] = F.lit(0).cast("bigint")
    files = written.select("path", "source", "header_bytes", "changed_run").withColumns(parsed)
    lake.append("dicom_file", files)
    lake.append("dicom_study_touched", written.select("study_instance_uid", "changed_run").distinct())


def write_warehouse(spark: SparkSession, place: Path, sizes: Sizes, everyone: int, mode: str = "append") -> None:
    """Persons, visits (one for four acts), diagnoses and acts; ``everyone`` is the number of persons in all."""
    first = sizes.first

    def ids(count: int) -> DataFrame:
        return spark.range(first * 8, first * 8 + count, numPartitions=max(1, count // 1_000_000))

    def write(name: str, rows: DataFrame) -> None:
        rows.write.mode(mode).parquet(str(place / name))

    person = F.abs(F.xxhash64("id")) % everyone
    # What comes later is of the days after, as exams are.
    from_day, days = (DAYS, max(1, DAYS * sizes.exams // first)) if first else (0, DAYS)
    when = F.timestamp_add(
        "DAY",
        (F.abs(F.xxhash64("id", F.lit(1))) % days + from_day).cast("int"),
        F.lit("2005-01-01 09:00:00").cast("timestamp_ntz"),
    )
    people = spark.range(everyone - sizes.persons if first else 0, everyone)
    number = F.col("id")
    write(
        "person",
        people.select(
            number.alias("person_id"),
            ipp(number).alias("person_source_value"),
            F.year(born(number)).alias("year_of_birth"),
            F.month(born(number)).alias("month_of_birth"),
            F.dayofmonth(born(number)).alias("day_of_birth"),
            F.lit("f").alias("gender_source_value"),
        ),
    )
    write(
        "patient_identity",
        people.select(
            ipp(number).alias("ipp"),
            F.format_string("NOM%d", number).alias("birth_name"),
            F.lit("PRENOM").alias("first_given_name"),
            born(number).alias("birth_date"),
            F.lit("F").alias("sex"),
        ),
    )
    visit = (F.col("id") / 4).cast("bigint").alias("visit_occurrence_id")
    write(
        "visit_occurrence",
        ids(max(1, sizes.acts // 4)).select(
            F.col("id").alias("visit_occurrence_id"),
            person.alias("person_id"),
            F.format_string("%010d", "id").alias("visit_occurrence_source_value"),
            when.alias("visit_start_datetime"),
            F.timestamp_add("DAY", F.lit(3), when).alias("visit_end_datetime"),
        ),
    )
    for name, count, codes, time in (
        ("condition_occurrence", sizes.diagnoses, DIAGNOSES, "condition_start_datetime"),
        ("procedure_occurrence", sizes.acts, ACTS, "procedure_datetime"),
    ):
        stem = name.removesuffix("_occurrence")
        code = F.element_at(F.array(*map(F.lit, codes)), (F.col("id") % len(codes) + 1).cast("int"))
        status = {"condition": [F.lit("DAS").alias("condition_status_source_value")]}.get(stem, [])
        write(
            name,
            ids(count).select(
                F.col("id").alias(f"{name}_id"),
                person.alias("person_id"),
                visit,
                when.alias(time),
                code.alias(f"{stem}_source_value"),
                *status,
            ),
        )
