"""Who counts as one patient of a tier, and what becomes of a tier whose lake goes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lakes
import planted
import pytest
from tiers import EVERYBODY, KEY, bring_up_to_date, open_source, rows_of, some_attributes, tier_at

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark


@pytest.fixture
def source(spark: SparkSession, tmp_path: Path) -> Iterator[Context]:
    from eds_spark_imaging.tables import catalogue

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "declaration", some_attributes)
        yield open_source(spark, tmp_path)


def test_exams_of_nobody_known_count_as_of_one_patient_and_an_ipp_is_one_patient(
    source: Context, tmp_path: Path
) -> None:
    from eds_spark_imaging.pipeline.pseudonymise.writing import TierWriter
    from eds_spark_imaging.privacy.pseudonyms import key_frame

    patients: dict[str, dict[str, Any]] = {
        "1.1": {"ipp": "8000000001", "person_id": 1, "patient_id": "old number"},
        "1.2": {"ipp": "8000000001", "person_id": 1, "patient_id": "8000000001"},
        "1.3": {"patient_id": " 8000000001 "},  # its link is in conflict
        "1.4": {"patient_id": "8000000002"},
        "2.1": {"patient_id": None},
        "2.2": {"patient_id": " "},
        "2.3": {"patient_id": ""},
    }
    none = {"ipp": None, "person_id": None}
    lakes.write(source, "imaging_study", [{"study_instance_uid": uid} | none | said for uid, said in patients.items()])
    tier = tier_at(source, tmp_path / "tier")
    with tier.run("pseudonymise") as run, source.lake.scratch("studies") as scratch:
        studies = TierWriter(source, tier, run, scratch, key_frame(source.spark, KEY)).studies
        found = {row["study_instance_uid"]: (row["_patient"], row["_days"]) for row in studies.collect()}
    assert len({found[uid] for uid in ("1.1", "1.2", "1.3")}) == 1, "one patient, one shift"
    assert found["1.4"][0] != found["1.1"][0]
    assert len({found[uid][0] for uid in ("2.1", "2.2", "2.3")}) == 1
    assert len({found[uid][1] for uid in ("2.1", "2.2", "2.3")}) == 3, "moved each by itself"
    assert len({patient for patient, _ in found.values()}) == 3


@pytest.mark.slow
def test_a_tier_follows_a_lake_that_went_back(source: Context, tmp_path: Path) -> None:
    """What was given stays on record, and what was undone leaves the tier too."""
    from pyspark.sql import functions as F

    from eds_spark_imaging.lake.releases import newest_release, write_release
    from eds_spark_imaging.pipeline.restore import restore

    studies = source.catalogue["imaging_study"]
    lakes.write(source, studies.name, [planted.row(studies, person) for person in EVERYBODY[:3]], "1")
    write_release(source.lake, source.new_run_id("release"))
    release = newest_release(source.lake)
    assert release is not None
    tier = tier_at(source, tmp_path / "tier")

    exam = F.col("study_instance_uid") == EVERYBODY[0].uid(1)
    wrong = source.lake.read("imaging_study").where(exam)
    wrong = wrong.select("study_instance_uid", F.lit(EVERYBODY[1].ipp).alias("ipp"))
    source.lake.update("imaging_study", wrong, ["ipp"], ("link_run", "5"))
    bring_up_to_date(source, tier)
    assert _exams_of_patients(tier) == [1, 2]
    given, known = rows_of(source, "imaging_access"), rows_of(source, "tier_value")
    restore(source, release.run_id)
    assert rows_of(source, "imaging_access") == given
    assert len(rows_of(source, "tier_value")) == len(known) > 0
    bring_up_to_date(source, tier)
    assert _exams_of_patients(tier) == [1, 1, 1]
    assert not bring_up_to_date(source, tier).get("rows"), "all of it only once"


def _exams_of_patients(tier: Context) -> list[int]:
    return sorted(Counter(row["ipp"] for row in rows_of(tier, "imaging_study")).values())
