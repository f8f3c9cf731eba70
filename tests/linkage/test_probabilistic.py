"""The probabilistic step on a small town, where the extra ``splink`` is installed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from frames import frame, rows
from pyspark.sql import DataFrame, SparkSession

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage import (
    BaseCentrale,
    decide,
    judged,
    meet,
    survivors,
    traits_of_persons,
    with_probable,
)
from eds_spark_imaging.warehouse.contract import PATIENT_IDENTITY, PERSON

pytest.importorskip("splink")
# Budget: 2 minutes.
pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]

FAMILIES = [
    "ALBA", "BERTIN", "CARON", "DUMAS", "ESTEVE", "FABRE", "GARNIER", "HUBERT", "IMBERT", "JOLY", "KLEIN",
    "LOPEZ", "MORVAN", "NOEL", "OZANNE", "PICARD", "QUENTIN", "RIVOIRE", "SIMON", "TEXIER", "URBAIN",
    "VASSEUR", "WAGNER", "XERRI", "YVON", "ZANETTI",
]  # fmt: skip
GIVEN = [
    "ANNE", "BRUNO", "CLARA", "DENIS", "EMMA", "FELIX", "GRACE", "HUGO", "IRENE", "JULES", "KARINE", "LOUIS",
    "MIREILLE", "NESTOR", "ODETTE", "PAUL", "QUITTERIE", "RAOUL", "SYLVIE", "TANGUY",
]  # fmt: skip
PEOPLE = 260
STUDY = "study_instance_uid patient_id patient_name patient_birth_date patient_sex"


def person(n: int) -> tuple[str, str, str, date, str]:
    """IPP, family and given name, birth date, sex: names of their own, dates spread over 60 years."""
    born = date(1940, 1, 2) + timedelta(days=(n * 7919) % 21900)
    return f"8{n:09d}", FAMILIES[n % 26], GIVEN[n * 7 % 20], born, "FM"[n % 2]


def exam(uid: str, n: int, *, known: bool, days: int = 0) -> tuple[Any, ...]:
    ipp, family, given, born, sex = person(n)
    return uid, ipp if known else None, f"{family}^{given}", born + timedelta(days=days), sex


@pytest.fixture(scope="module")
def base(spark: SparkSession) -> BaseCentrale:
    people = [person(n) for n in range(PEOPLE)]
    identities = rows("ipp birth_name first_given_name birth_date sex", *people)
    persons = rows(
        "person_id person_source_value year_of_birth month_of_birth day_of_birth gender_source_value",
        *[(n, ipp, born.year, born.month, born.day, sex) for n, (ipp, _, _, born, sex) in enumerate(people)],
    )
    identity, known = frame(spark, PATIENT_IDENTITY, *identities), frame(spark, PERSON, *persons)
    return BaseCentrale(person=known, survivors=survivors(identity, known).persist(), identity=identity)


def link(studies: DataFrame, base: BaseCentrale, config: LinkConfig) -> dict[str, tuple[Any, ...]]:
    persons = traits_of_persons(base.identity, base.person, base.survivors).persist()
    meeting = meet(studies, base, persons, config)
    found = with_probable(
        judged(meeting).persist(), meeting, meeting.exams, config, lambda _, frame: frame.localCheckpoint()
    )
    links = decide(meeting.exams, found).collect()
    return {r.study_instance_uid: (r.link_status, r.link_method, r.person_id, r.link_verified) for r in links}


def test_a_birth_date_one_part_off_is_recovered_and_a_stranger_is_not(spark: SparkSession, base: BaseCentrale) -> None:
    known = [exam(f"known {n}", n, known=True, days=int(n % 15 == 0)) for n in range(200)]
    lost = [exam(f"lost {n}", n, known=False, days=-1) for n in range(200, 208)]
    born = date(1903, 5, 6)
    strangers = [(f"stranger {n}", None, f"KOVACS^{given}", born, "M") for n, given in enumerate(GIVEN[:3])]
    # A namesake born in another decade is somebody else.
    namesake = [(uid, None, name, date(1904, 7, 9), sex) for uid, _, name, _, sex in [exam("namesake", 5, known=False)]]
    studies = frame(spark, STUDY, *known, *lost, *strangers, *namesake)
    links = link(studies, base, LinkConfig(probabilistic=True, probabilistic_threshold=0.8))
    recovered = {uid: row for uid, row in links.items() if row[1] == "probabilistic"}
    assert recovered == {f"lost {n}": ("linked_recovered", "probabilistic", n, False) for n in range(200, 208)}
    assert all(links[f"known {n}"] == ("linked", "ipp", n, True) for n in range(200) if n % 15)
