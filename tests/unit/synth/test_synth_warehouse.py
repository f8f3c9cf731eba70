import re
import unicodedata
from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ID, TEXT, INT, DAY, INSTANT = pa.int64(), pa.string(), pa.int32(), pa.date32(), pa.timestamp("us", tz="UTC")

# The canonical columns of the base centrale.
CANONICAL = {
    "person": "person_id:id person_source_value year_of_birth:int month_of_birth:int day_of_birth:int birth_datetime "
    "death_datetime gender_source_value cdm_source",
    "visit_occurrence": "visit_occurrence_id person_id visit_occurrence_source_value care_site_id visit_start_datetime "
    "visit_end_datetime visit_source_value row_status_source_value stay_source_value cdm_source",
    "visit_detail": "visit_detail_id visit_occurrence_id person_id care_site_id visit_detail_start_datetime "
    "visit_detail_end_datetime visit_detail_type_source_value",
    "condition_occurrence": "condition_occurrence_id person_id visit_occurrence_id visit_detail_id "
    "condition_start_datetime condition_source_value condition_status_source_value row_status_source_value cdm_source",
    "procedure_occurrence": "procedure_occurrence_id person_id visit_occurrence_id visit_detail_id procedure_datetime "
    "procedure_source_value row_status_source_value cdm_source accession_number",
    "care_site": "care_site_id care_site_source_value care_site_name care_site_short_name care_site_type_source_value "
    "valid_start_date valid_end_date",
    "fact_relationship": "fact_id_1:id fact_id_2:id domain_concept_id_1 relationship_concept_id:id",
    "note": "note_id person_id visit_occurrence_id note_datetime note_class_source_value note_type_source_value "
    "row_status_source_value cdm_source accession_number note_title care_site_id",
    "patient_identity": "ipp merged_into_ipp nip nip_domain birth_name used_name first_given_name birth_date sex "
    "birth_place_insee identity_status",
}


def expected_type(name, mark):
    if mark == "int":
        return INT
    if mark == "id" or name.endswith("_id") or name == "domain_concept_id_1":
        return ID
    return INSTANT if name.endswith("_datetime") else DAY if name.endswith("_date") else TEXT


@pytest.mark.parametrize("table", CANONICAL)
def test_columns_and_types_are_the_canonical_ones(made, table):
    columns = [column.partition(":")[::2] for column in CANONICAL[table].split()]
    schema = pq.read_schema(made.out / "warehouse" / table / "part-00000.parquet")
    assert schema == pa.schema([(name, expected_type(name, mark)) for name, mark in columns])
    assert made.summary.tables[table] == len(made.table(table)) > 0


def test_tables_are_exactly_the_canonical_ones(made):
    assert {path.name for path in (made.out / "warehouse").iterdir()} == set(CANONICAL)


@pytest.mark.parametrize("table", ["person", "visit_occurrence", "visit_detail", "condition_occurrence", "note"])
def test_ids_are_unique(made, table):
    key = next(iter(made.table(table)[0]))
    ids = [row[key] for row in made.table(table)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "table", ["visit_occurrence", "visit_detail", "condition_occurrence", "procedure_occurrence", "note"]
)
def test_events_belong_to_people_and_visits(made, table):
    people = {row["person_id"] for row in made.table("person")}
    visits = {row["visit_occurrence_id"]: row["person_id"] for row in made.table("visit_occurrence")}
    for row in made.table(table):
        assert row["person_id"] in people
        if row["visit_occurrence_id"] is not None:
            assert visits[row["visit_occurrence_id"]] == row["person_id"]


def test_identifiers_have_their_shape(made):
    hospitals = {
        row["care_site_id"]: row["care_site_source_value"]
        for row in made.table("care_site")
        if row["care_site_type_source_value"] == "Hôpital"
    }
    assert all(re.fullmatch(r"8\d{9}", row["person_source_value"]) for row in made.table("person"))
    assert all(re.fullmatch(r"8\d{9}", row["ipp"]) for row in made.table("patient_identity"))
    assert all(re.fullmatch(r"8\d{9}", str(site)) for site in hospitals)  # the same shape as an IPP
    for row in made.table("visit_occurrence"):
        nda = row["visit_occurrence_source_value"]
        assert re.fullmatch(r"\w\w\d{7,8}", nda)
        assert nda[:2] == hospitals[row["care_site_id"]][1:]


def test_merges_form_chains_and_some_circles(large):
    merged = {row["ipp"]: row["merged_into_ipp"] for row in large.table("patient_identity")}
    rows = {row["person_source_value"] for row in large.table("person")}
    lengths, circles = Counter(), 0
    for truth in large.truth("person"):
        chain = [truth["ipps"][0]]
        while merged[chain[-1]] is not None and merged[chain[-1]] not in chain:
            chain.append(merged[chain[-1]])
        assert chain == truth["ipps"]
        assert chain[-1] == truth["ipp"]
        assert truth["ipp"] in rows
        lengths[len(chain)] += 1
        circles += truth["circular"]
        assert truth["circular"] == (merged[chain[-1]] is not None)
        assert not truth["circular"] or truth["person_ids"] == [truth["person_id"]]
    assert set(lengths) == {1, 2, 3, 4}
    assert circles > 0
    assert any(len(truth["person_ids"]) > 1 for truth in large.truth("person"))


def test_nips_are_unique_in_their_group_alone(large):
    bearers = defaultdict(set)
    survivor = {ipp: truth["ipp"] for truth in large.truth("person") for ipp in truth["ipps"]}
    groups = {
        r["care_site_source_value"]
        for r in large.table("care_site")
        if r["care_site_type_source_value"].startswith("Groupe")
    }
    for row in large.table("patient_identity"):
        if row["nip"]:
            assert row["nip_domain"] in groups
            bearers[row["nip"]].add((row["nip_domain"], survivor[row["ipp"]]))
    for found in bearers.values():
        assert len(found) == len({domain for domain, _ in found})
    assert sum(len({ipp for _, ipp in found}) > 1 for found in bearers.values()) > 10


def test_care_sites_form_a_tree(made):
    sites = {row["care_site_id"]: row for row in made.table("care_site")}
    edges = made.table("fact_relationship")
    parents = {edge["fact_id_1"]: edge["fact_id_2"] for edge in edges}
    assert len(parents) == len(edges)
    assert {(e["domain_concept_id_1"], e["relationship_concept_id"]) for e in edges} == {(57, 46233688)}
    kinds = {
        "Unité Fonctionnelle (UF)": "Pôle/DMU",
        "Unité d’hébergement (UH)": "Pôle/DMU",
        "Pôle/DMU": "Hôpital",
        "Hôpital": "Groupe hospitalier (GH)",
    }
    for site, row in sites.items():
        if row["care_site_type_source_value"] == "Groupe hospitalier (GH)":
            assert site not in parents
        else:
            parent = sites[parents[site]]
            assert parent["care_site_type_source_value"] == kinds[row["care_site_type_source_value"]]
    assert any(row["valid_end_date"] for row in sites.values())
    known = set(sites)
    for table in ("visit_occurrence", "visit_detail", "note"):
        assert {row["care_site_id"] for row in made.table(table)} <= known


def test_source_values_are_those_that_sites_write(large):
    visits = large.table("visit_occurrence")
    assert {row["visit_source_value"] for row in visits} == {
        "hospitalisés",
        "hospitalisation incomplète",
        "urgence",
        "urgences",
        "consultation externe",
        "consultation",
    }
    assert {row["row_status_source_value"] for row in visits} == {"Actif", "supprimé"}
    assert {row["gender_source_value"] for row in large.table("person")} == {"m", "f"}
    passages = {row["visit_detail_type_source_value"] for row in large.table("visit_detail")}
    assert passages == {"PASS UF", "PASS UC", "PASS UH", "RUM"}
    notes = {row["note_class_source_value"] for row in large.table("note")}
    assert {"CR-IMAG", "CR-ECHO-COEUR", "CR-ECHO-OBS", "CR-DOP-MI", "CR-CORO"} < notes


def test_the_same_stay_in_orbis_and_arem(made):
    sources = defaultdict(set)
    for row in made.table("visit_occurrence"):
        sources[row["visit_occurrence_source_value"]].add((row["cdm_source"], row["person_id"]))
    both = [found for found in sources.values() if len(found) == 2]
    assert len(both) > 10
    assert all({source for source, _ in found} == {"ORBIS", "AREM"} for found in both)
    assert all(len({person for _, person in found}) == 1 for found in both)


def test_codes_come_in_all_variants(large):
    acts = [row["procedure_source_value"] for row in large.table("procedure_occurrence")]
    forms = (
        r"[A-Z]{4}\d{3}",
        r"[A-Z]{4}\d{3}01",
        r"[A-Z]{4}\d{3}\.\.\.01",
        r"[A-Z]{4}\d{3}-1201",
        r"[A-Z]{4}\d{3}-1204",
    )
    for form in forms:
        assert any(re.fullmatch(form, code) for code in acts)
    assert all(any(re.fullmatch(form, code) for form in forms) for code in acts)
    diagnoses = large.table("condition_occurrence")
    codes = {row["condition_source_value"] for row in diagnoses}
    assert {"C169+8", "B24+0", "F03+00"} < codes
    assert any("." in code for code in codes)
    assert not any("." in row["condition_source_value"] for row in diagnoses if row["cdm_source"] == "AREM")
    assert {row["condition_status_source_value"] for row in diagnoses} == {"DP", "DR", "DAS", "DA", "DAD"}


INVENTED = (
    "TEST EXEMPL FICTIV SPECIM ESSAY FACTIC MODEL PROTOTYP SYNTHET MAQUETT ECHANTILL FEINTIS SIMUL LEURR PATRON GABAR "
    "EPROUV CANEV POSTICH IMAGIN APOCRYPH CHIMER HYPOTHES FACSIMIL ZIG ZAG BIP TIC TAC TOC CLIC FLOP PLIC BOF ZUT"
)


def test_people_are_plainly_synthetic(large):
    roots = tuple(re.findall(r"\w+", INVENTED))
    for row in large.table("patient_identity"):
        name = unicodedata.normalize("NFD", re.sub(r"^(DE LA |DE |LE |D')", "", row["birth_name"]))
        assert "".join(c for c in name if not unicodedata.combining(c)).startswith(roots)


def test_nobody_has_a_diagnosis_of_the_other_sex_or_of_another_age(large):
    """Of CIM-10: the prostate (C61), a delivery (O80), a dementia (F03), Parkinson's disease (G20)."""
    people = {row["person_id"]: row for row in large.table("person")}
    found = defaultdict(set)
    for row in large.table("condition_occurrence"):
        person = people[row["person_id"]]
        age = row["condition_start_datetime"].year - person["year_of_birth"]
        found[row["condition_source_value"].replace(".", "")[:3]].add((person["gender_source_value"], age))
    assert {sex for sex, _ in found["C61"]} == {"m"}
    assert {sex for sex, _ in found["O80"]} == {"f"}
    assert all(15 <= age <= 51 for _, age in found["O80"])
    assert min(age for _, age in found["F03"]) >= 50
    assert min(age for _, age in found["G20"]) >= 30
    assert len(found["C61"]) > 5
    assert len(found["O80"]) > 5


def test_no_title_has_a_place_that_was_not_filled(large):
    titles = [row["note_title"] for row in large.table("note") if row["note_title"]]
    assert any(title.startswith("MAIN DU ") for title in titles)
    assert not [title for title in titles if "{" in title]
