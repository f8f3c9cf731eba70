"""Identifiers and names as the field writes them."""

from __future__ import annotations

import pytest
from frames import frame
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.ids import cleaned_ipp, is_placeholder, one_digit_variants, unpadded
from eds_spark_imaging.linkage.names import (
    compare_names,
    is_placeholder_name,
    joined_parts,
    normalised,
    tokens,
)

pytestmark = pytest.mark.spark
IPP = "8012345678"
FORM = "8[0-9]{9}"
PLACEHOLDERS = ("W/I", "URGENCE", "INCONNU", "NON RENSEIGNÉ")


def test_an_ipp_is_found_in_its_field_and_nowhere_else(spark: SparkSession) -> None:
    stored = {
        "8012345678": IPP,
        " 8012345678 ": IPP,
        "80 1234 5678": IPP,
        "0008012345678": IPP,
        "IPP:8012345678": IPP,
        "P8012345678": IPP,
        "028-8012345678": IPP,
        "0288012345678": IPP,  # behind the code of the exam's hospital
        "0668012345678": None,  # behind another number
        "8012345678^^^APHP&1.2.250": IPP,
        "8012345678.0": IPP,
        "801-234-5678": IPP,
        "80123456789": None,
        "801234567": None,
        "9012345678": None,
        "8012345678-8012345679": IPP,
        "": None,
        "^^^8012345678": None,
    }
    texts = frame(spark, "value:string hospital:string", *[(text, "028") for text in stored])
    rows = texts.select("value", cleaned_ipp(F.col("value"), F.col("hospital"), FORM).alias("ipp")).collect()
    assert {row.value: row.ipp for row in rows} == stored


def test_placeholders_of_identifiers(spark: SparkSession) -> None:
    placeholders = {
        "W/I",
        "w/i 3",
        "URGENCE12",
        "Inconnu",
        "0000000000",
        "9999",
        "XXXX",
        "X",
        "7",
        "",
        "--",
        "-/-",
        "inconnu^^^",
    }
    identifiers = {"8012345678", "10", "X1", "URGENCES12", "66001234567", "1122", "WIL12"}
    texts = frame(spark, "value:string", *[(text,) for text in placeholders | identifiers])
    rows = texts.where(is_placeholder(F.col("value"), PLACEHOLDERS)).collect()
    assert {row.value for row in rows} == placeholders
    padded = frame(spark, "value:string", ("0012-A",), ("000",), (None,))
    assert [row[0] for row in padded.select(unpadded(F.col("value"))).collect()] == ["12A", None, None]


def test_variants_are_one_error_away(spark: SparkSession) -> None:
    near = {
        "8012345687": IPP,  # neighbours swapped
        "8012345679": IPP,  # another digit
        "801234567": IPP,  # one missing
        "80123456789": IPP,  # one too many
        "9012345678": IPP,
        "8012345789": None,
        "801234567X": IPP,
        "12": None,
        "8" * 40: None,
    }
    texts = frame(spark, "value:string", *[(text,) for text in near])
    rows = texts.select("value", one_digit_variants(F.col("value"), FORM).alias("near")).collect()
    for row in rows:
        assert (IPP in (row.near or [])) == (near[row.value] is not None), row.value
        assert row.value not in (row.near or [])


def test_words_of_names(spark: SparkSession) -> None:
    names = frame(
        spark,
        "name:string words:array<string> parts:array<string>",
        ("Lefèvre-Œuvray^Noé^^Mme", ["LEFEVRE", "OEUVRAY", "NOE"], ["LEFEVREOEUVRAY", "NOE", "MME"]),
        ("D'ARC  Jeanne", ["D", "ARC", "JEANNE"], ["DARCJEANNE"]),
        ("E\u0301LISE=艾丽丝", ["ELISE"], ["ELISE"]),
        ("^^", [], []),
        (None, [], []),
    )
    text = normalised(F.col("name"))
    for row in names.withColumns({"found": tokens(text), "joined": joined_parts(text)}).collect():
        assert (row.found, row.joined) == (row.words, row.parts)


def test_placeholders_of_names(spark: SparkSession) -> None:
    names = {
        "INCONNU^HOMME": True,
        "X^X": True,
        "XXX": True,
        "non renseigne^": True,
        "W/I^3": True,
        "INCONNUES": False,
        "XAVIER": False,
        "MARTIN^X": False,
    }
    texts = frame(spark, "name:string", *[(name,) for name in names])
    rows = texts.select("name", is_placeholder_name(normalised(F.col("name")), PLACEHOLDERS).alias("found")).collect()
    assert {row.name: row.found for row in rows} == names


# Header, family names, given names -> state of the family name, of the given name, nothing shared.
COMPARED = [
    ("MARTIN^JEAN", ["MARTIN"], ["JEAN"], ("agree", "agree", False)),
    ("JEAN^MARTIN", ["MARTIN"], ["JEAN"], ("agree", "agree", False)),
    ("MARTIN JEAN", ["MARTIN"], ["JEAN"], ("agree", "agree", False)),
    ("DURAND^MARIE", ["MARTIN", "DURAND"], ["MARIE"], ("agree", "agree", False)),
    ("LEFÈVRE^NOÉ", ["LEFEVRE"], ["NOE"], ("agree", "agree", False)),
    ("JEANPIERRE^PAUL", ["JEAN PIERRE"], ["PAUL"], ("agree", "agree", False)),
    ("JEAN-PIERRE^PAUL", ["JEANPIERRE"], ["PAUL"], ("agree", "agree", False)),
    ("BERNARD^MARIE", ["BERNARD DUPONT"], ["MARIE LOUISE"], ("compatible", "compatible", False)),
    ("BERNA^MAR", ["BERNARD"], ["MARIE"], ("compatible", "compatible", False)),
    ("MARTIN^J", ["MARTIN"], ["JEAN"], ("agree", "compatible", False)),
    ("MARTIM^JEAN", ["MARTIN"], ["JEAN"], ("compatible", "agree", False)),
    ("MARTIN", ["MARTIN"], ["JEAN"], ("agree", "missing", False)),
    ("JEAN", ["MARTIN"], ["JEAN"], ("missing", "agree", False)),
    ("MARTIN^PAUL", ["MARTIN"], ["JEAN"], ("agree", "differ", False)),
    ("DUBOIS^JEAN", ["MARTIN"], ["JEAN"], ("differ", "agree", False)),
    ("DUBOIS^PAUL", ["MARTIN"], ["JEAN"], ("differ", "differ", True)),
    ("DE BOIS^PAUL", ["DE MARTIN"], ["JEAN"], ("differ", "differ", True)),
    ("LEA^LEO", ["LEA"], ["LEO"], ("agree", "agree", False)),
    ("", ["MARTIN"], ["JEAN"], ("missing", "missing", False)),
    ("MARTIN^JEAN", [], [], ("missing", "missing", False)),
    ("DUBOIS", ["MARTIN"], [], ("differ", "missing", True)),
]


def test_names_agree_as_far_as_they_should(spark: SparkSession) -> None:
    columns = "n:int name:string family_names:array<string> given_names:array<string>"
    compared = frame(spark, columns, *[(n, *case[:3]) for n, case in enumerate(COMPARED)])
    words = tokens(normalised(F.col("name")))
    forms = F.array_union(words, joined_parts(normalised(F.col("name"))))
    pairs = compared.withColumns({"name_tokens": words, "name_forms": forms})
    for row in compare_names(pairs).collect():
        assert (row.family_name, row.given_name, row.nothing_shared) == COMPARED[row.n][3], COMPARED[row.n]
