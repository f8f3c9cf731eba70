"""The data files of the lexicon against the standard, and the terms of a site."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pydicom.sr.codedict import codes

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.data_files import group, rows
from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.lexicon import lexicon
from eds_spark_imaging.terminology.site import site_lexicon

SHARED = Path(__file__).parents[4] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no reference data beside the project")


@pytest.mark.parametrize("row", rows("parts"), ids=lambda row: row["part"])
def test_codes_and_meanings_are_those_of_pydicom(row: dict[str, str]) -> None:
    concept = getattr(codes.SCT, row["keyword"])
    assert (row["code"], row["meaning"]) == (concept.value, concept.meaning)


@needs_shared
def test_every_term_of_annex_l_is_there() -> None:
    with (SHARED / "body_part_terms.csv").open(encoding="utf-8") as file:
        terms = {row["body_part_examined"]: row["code"] for row in csv.DictReader(file)}
    assert {term: lexicon().parts[term].code for term in terms} == terms


@needs_shared
def test_regions_are_those_of_the_value_set() -> None:
    with (SHARED / "regions.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == rows("regions")


def test_files_name_parts_and_regions_that_exist() -> None:
    parts, regions = lexicon().parts, lexicon().regions
    tables = ("places", "exams", "beside", "combining")
    named = {part for table in tables for row in rows(table) for part in row["body_parts"].split()}
    named |= {part for row in rows("beside") for part in row["beside"].split()}
    named |= {row["body_part"] for row in rows("vertebrae")}
    of_groups = ("general_parts", "whole_parts", "parts_in_head", "empty_parts", "same_images")
    named |= {part for name in of_groups for member in group(name) for part in member.split()}
    assert named <= parts.keys()
    assert {region for part in parts.values() for region in part.regions} <= regions.keys()
    assert {region for row in rows("places") for region in row["regions"].split()} <= regions.keys()
    assert {part.within for part in parts.values()} - {""} <= parts.keys()
    assert {member for row in rows("composites") for member in row["members"].split()} <= parts.keys()


def test_every_part_is_read_from_its_own_term() -> None:
    reader = Reader()
    read = {part: reader.read({"body_part_examined": part}).body_parts for part in reader.lexicon.parts}
    composites = reader.lexicon.composites
    assert {part: found for part, found in read.items() if found != (part,) and part not in composites} == {}


def test_categories_are_ten_and_modalities_lead_to_them() -> None:
    assert len(lexicon().categories) == 10
    assert {modality.category for modality in lexicon().modalities.values()} <= set(lexicon().categories)


def test_a_site_adds_terms_in_toml_or_csv(tmp_path: Path) -> None:
    file = tmp_path / "terms.csv"
    file.write_text("# ours\nterms,body_parts,contrast\nprotocole zeta|zeta,LIVER,with\n", encoding="utf-8")
    site = site_lexicon(str(file), [{"terms": ["ISPY2"], "body_parts": ["BREAST"]}])
    reader = Reader(site)
    zeta, ispy = (reader.read({"study_description": text}) for text in ("PROTOCOLE ZÉTA", "ISPY2 T0"))
    assert (zeta.body_parts, zeta.contrast, ispy.body_parts) == (("LIVER",), "with", ("BREAST",))
    assert site.version != lexicon().version


def test_what_one_lexicon_knows_is_not_remembered_for_another() -> None:
    own, site = Reader(), Reader(site_lexicon(None, [{"terms": ["zeta"], "body_parts": ["LIVER"]}]))
    row = {"modality": "MR", "study_description": "IRM zeta"}
    assert [reader.read(row).body_parts for reader in (own, site, Reader(own.lexicon))] == [(), ("LIVER",), ()]


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ({"terms": "x", "body_parts": "NOSUCH"}, "'NOSUCH' is no body_parts"),
        ({"terms": "x", "side": "D"}, "'D' is no side"),
        ({"terms": "x", "colour": "red"}, "no column 'colour'"),
        ({"body_parts": "KNEE"}, "no terms"),
    ],
)
def test_a_wrong_term_is_an_error_of_the_configuration(term: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        site_lexicon(None, [term])


def test_a_missing_file_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        site_lexicon(str(tmp_path / "none.csv"), [])
