"""Identifiers and names as the field writes them."""

from __future__ import annotations

import pytest
from frames import frame
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.ids import cleaned_ipp, is_placeholder, one_digit_variants, unpadded
from eds_spark_imaging.linkage.name_agreement import compare_names
from eds_spark_imaging.linkage.names import (
    family_tokens,
    joined_parts,
    naming,
    newborn_word,
    normalised,
    tokens,
    tokens_of_all,
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
        ("TRẦN^THỊ ÁNH", ["TRAN", "THI", "ANH"], ["TRAN", "THIANH"]),
        ("Œuvray^Zoé".encode().decode("latin-1"), ["OEUVRAY", "ZOE"], ["OEUVRAY", "ZOE"]),
        ("MÃE^Ãlvaro", ["MAE", "ALVARO"], ["MAE", "ALVARO"]),
        ("M?LLER^ZO\ufffd?", ["M¿LLER", "ZO¿"], ["M¿LLER", "ZO¿"]),
        ("FRAN‡OIS^…RIC", ["FRAN¿OIS", "¿RIC"], ["FRAN¿OIS", "¿RIC"]),
        ("L’HERMITE – D´ARC^ANNE\u00a0«", ["L", "HERMITE", "D", "ARC", "ANNE"], ["LHERMITEDARC", "ANNE"]),
        ("Dr MARTIN Jr^JEAN^^^III", ["MARTIN", "JEAN"], ["DRMARTINJR", "JEAN", "III"]),
        ("DUPONT NÉE ROY^EVE", ["DUPONT", "ROY", "EVE"], ["DUPONTNEEROY", "EVE"]),
        ("MADAME MARTIN^ANNE", ["MARTIN", "ANNE"], ["MADAMEMARTIN", "ANNE"]),
        ("^^", [], []),
        (None, [], []),
    )
    text = normalised(F.col("name"))
    for row in names.withColumns({"found": tokens(text), "joined": joined_parts(text)}).collect():
        assert (row.found, row.joined) == (row.words, row.parts)


def test_placeholders_of_names_leave_what_names_somebody(spark: SparkSession) -> None:
    names = {
        "INCONNU^HOMME": "",
        "X^X": "",
        "XXX": "",
        "X^HOMME 3": "",
        "MONSIEUR X": "",
        "X^FEMME 40 ANS": "",
        "SOUS X": "",
        "non renseigne^": "",
        "W/I^3": "",
        "URGENCE12^": "",
        "INCONNUES": "INCONNUES",
        "XAVIER": "XAVIER",
        "MARTIN^X": "MARTIN X",
        "L'HOMME^PAUL": "L HOMME PAUL",
        "INCONNU^IDENTITE": "",
        "URGENCE^SAU 12": "",
        "DUBOIS^INCONNU": "DUBOIS",
        "DUBOIS^Prénom non renseigné": "DUBOIS",
        "INCONNU^ALAIN": "ALAIN",
        "MARTIN^JEAN^^M.": "MARTIN JEAN",
        "MARTIN^JEAN^M": "MARTIN JEAN M",
    }
    texts = frame(spark, "name:string", *[(name,) for name in names])
    for placeholders in (PLACEHOLDERS, ()):
        found = F.array_join(tokens(naming(normalised(F.col("name")), placeholders)), " ")
        left = {row.name: row.found for row in texts.select("name", found.alias("found")).collect()}
        assert {name: left[name] for name in names if placeholders or "X" in name} == {
            name: words for name, words in names.items() if placeholders or "X" in name
        }


def test_words_of_the_family_and_of_newborns(spark: SparkSession) -> None:
    """The family name stands before the first `^`, if anything stands behind it."""
    names = frame(
        spark,
        "name:string family:array<string> newborn:string",
        ("MARTIN DUPONT^JEAN", ["MARTIN", "DUPONT"], ""),
        ("MARTIN JEAN", [], ""),
        ("MARTIN JEAN^^", [], ""),
        ("^MARTIN JEAN", [], ""),
        ("MARTIN^BB", ["MARTIN"], "BB"),
        ("MARTIN BB1^", [], "BB"),
        ("MARTIN^BEBE2", ["MARTIN"], "BEBE"),
        ("MARTIN^N.NÉE", ["MARTIN"], "N"),
        ("NNE MARTIN", [], "NNE"),
        ("MARTIN^BB123", ["MARTIN"], ""),
        ("N MARTIN", [], ""),
        ("BÉBÉ DE MARTIN^ANNE", ["BEBE", "DE", "MARTIN"], "BEBE"),
        ("ENFANT DE MARTIN ANNE", [], "ENFANT"),
        ("NOUVEAU-NÉ MARTIN", [], "NOUVEAU"),
        ("L'ENFANT^PAUL", ["L", "ENFANT"], ""),
        ("NOUVEAU^PAUL", ["NOUVEAU"], ""),
        ("MARTIN FILS^PAUL", ["MARTIN", "FILS"], ""),
        ("FOETUS MARTIN^ANNE", ["FOETUS", "MARTIN"], ""),
    )
    text = normalised(F.col("name"))
    for row in names.withColumns({"found": family_tokens(text), "said": newborn_word(text)}).collect():
        assert (row.found, row.said) == (row.family, row.newborn), row.name


def test_words_of_several_names_count_as_in_the_first(spark: SparkSession) -> None:
    names = frame(spark, "names:array<string>", (["THOMAS^THOMAS", "THOMAS^LEA^LEA"],), ([],))
    rows = names.select(tokens_of_all("names")).collect()
    assert [row[0] for row in rows] == [["THOMAS", "THOMAS", "LEA"], []]


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
    ("SAINT-PIERRE^PAUL", ["SAINT MARTIN"], ["PAUL"], ("differ", "agree", False)),
    ("VAN GOGH^PETER", ["VAN DAMME"], ["PETER"], ("differ", "agree", False)),
    ("NGUYEN^VAN BINH", ["NGUYEN"], ["VAN AN"], ("agree", "differ", False)),
    ("PHAM^VAN", ["PHAM"], ["VAN"], ("agree", "agree", False)),
    ("PHAM^VAN HOA", ["PHAM"], ["VAN"], ("agree", "differ", False)),
    ("DUPONT LE MARIE", ["LE"], ["MARIE"], ("differ", "agree", False)),
    ("LE GALL", ["LE GALL"], ["ANNE"], ("agree", "missing", False)),
    ("MARTIN^M", ["MARTIN"], ["MARC"], ("agree", "compatible", False)),
    ("MARTIN^P", ["MARTIN"], ["JEAN"], ("agree", "differ", False)),
    ("L'HOSTIS^PAUL", ["L HOSTIS"], ["LOIC"], ("agree", "differ", False)),
    ("MARTINE", ["MARTIN"], ["MARTINE"], ("compatible", "missing", False)),
    ("THOMAS^THOMAS", ["THOMAS"], ["THOMAS"], ("agree", "agree", False)),
    ("THOMAS", ["THOMAS"], ["THOMAS"], ("agree", "missing", False)),
    ("THOMAS PAUL", ["THOMAS"], ["THOMAS"], ("agree", "differ", False)),
    ("ROY^MARIE", ["ROYER"], ["MARIE"], ("compatible", "agree", False)),
    ("MARTINEAU^JEANNETTE", ["MARTIN"], ["JEAN"], ("differ", "differ", True)),
    ("SY^AMADOU", ["SY"], ["A"], ("agree", "compatible", False)),
    ("MARITN^JEAN", ["MARTIN"], ["JEAN"], ("compatible", "agree", False)),
    ("MARTIN^PALU", ["MARTIN"], ["PAUL"], ("agree", "compatible", False)),
    ("MARTIN^LOE", ["MARTIN"], ["LEO"], ("agree", "differ", False)),
    ("MARTIN^RONALD", ["MARTIN"], ["ROLAND"], ("agree", "differ", False)),
    ("RATSIMANDRAVA^BA", ["RATSIMANDRAVA"], ["BALASUBRAMANIAM"], ("agree", "compatible", False)),
    ("WANG^LINA", ["WANG"], ["LI"], ("agree", "differ", False)),
    ("MARTIN^DI", ["MARTIN"], ["DIDIER"], ("agree", "missing", False)),
    ("ZZMARTIN^JEAN", ["MARTIN"], ["JEAN"], ("compatible", "agree", False)),
    ("ZZIWA^TESSA", ["ZZIWA"], ["TESSA"], ("agree", "agree", False)),
    ("MARTIN^JEAN-MARC", ["MARTIN"], ["JEAN FRANCOIS"], ("agree", "differ", False)),
    ("MARTIN^JEAN", ["MARTIN"], ["JEAN FRANCOIS"], ("agree", "compatible", False)),
    ("MARTIN^JEAN F", ["MARTIN"], ["JEAN FRANCOIS"], ("agree", "compatible", False)),
    ("JEAN^MARTIN", ["MARTIN"], ["JEAN FRANCOIS"], ("agree", "compatible", False)),
    ("MARTIN^JEAN MARC FRANCOIS", ["MARTIN"], ["JEAN FRANCOIS"], ("agree", "agree", False)),
    ("MARTIN^JEAN MARC FRANC", ["MARTIN"], ["JEAN FRANCOIS"], ("agree", "compatible", False)),
    ("MARTIN^JEAN MARC", ["MARTIN"], ["JEAN"], ("agree", "agree", False)),
    ("AIT ALI^KARIM", ["AIT SALEM"], ["KARIM"], ("differ", "agree", False)),
    ("TRAN^THI LAN", ["TRAN"], ["THI MAI"], ("agree", "differ", False)),
    ("ANGELO^DAVID", ["ANGELO"], ["D ARC"], ("agree", "differ", False)),
]


def test_names_agree_as_far_as_they_should(spark: SparkSession) -> None:
    columns = "n:int name:string family_names:array<string> given_names:array<string>"
    compared = frame(spark, columns, *[(n, *case[:3]) for n, case in enumerate(COMPARED)])
    text = normalised(F.col("name"))
    made = {"name_tokens": tokens(text), "name_parts": joined_parts(text), "name_family": family_tokens(text)}
    pairs = compared.withColumns(made)
    for row in compare_names(pairs).collect():
        assert (row.family_name, row.given_name, row.nothing_shared) == COMPARED[row.n][3], COMPARED[row.n]
