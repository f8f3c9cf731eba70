"""The table of imaging acts against the titles of the nomenclature: modality, contrast, side and region read again.

The readings here are the test's own. The titles and volumes lie beside the project; without them the tests skip.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import pytest

from eds_spark_imaging.terminology.act_table import ImagingAct, own_acts

SIBLING = Path(__file__).parents[4] / "shared"


class Title(NamedTuple):
    code: str
    text: str
    volume: int


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def rows(name: str) -> list[dict[str, str]]:
    path = SIBLING / name
    if not path.exists():
        pytest.skip(f"no ../shared/{name} beside the project")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def titles() -> list[Title]:
    """Titles by falling volume, in plain letters."""
    found = [Title(r["ccam_code"], plain(r["label"]), int(r["n_acts_mco_2024"])) for r in rows("ccam_imaging_acts.csv")]
    return sorted(found, key=lambda title: -title.volume)


@pytest.fixture(scope="module")
def exams(titles: list[Title]) -> list[tuple[Title, ImagingAct]]:
    return [(t, own_acts()[t.code]) for t in titles if t.code in own_acts() and own_acts()[t.code].is_exam]


def test_the_frequent_acts_are_in_the_table(titles: list[Title]) -> None:
    assert [t.code for t in titles[:300] if t.code not in own_acts()] == []
    known = sum(t.volume for t in titles if t.code in own_acts())
    assert known >= 0.97 * sum(t.volume for t in titles)


LEADING_WORDS = {
    "radiographie": {"DX", "CR", "RF", "XA"},
    "teleradiographie": {"DX", "CR", "RF"},
    "scanographie": {"CT"},
    "remnographie": {"MR"},
    "echographie": {"US"},
    "echographie-doppler": {"US"},
    "echocardiographie": {"US"},
    "mammographie": {"MG"},
    "scintigraphie": {"NM"},
    "tomoscintigraphie": {"NM"},
    "arteriographie": {"XA", "RF"},
    "phlebographie": {"XA", "RF"},
    "angiographie": {"XA", "RF"},
    "arthrographie": {"RF", "XA", "DX", "CR"},
    "spectroscopie": {"MR"},
    "osteodensitometrie": {"BMD", "OT"},
    "retinographie": {"OP"},
}


def test_modality_is_that_of_the_leading_word(exams: list[tuple[Title, ImagingAct]]) -> None:
    read = 0
    for title, act in exams:
        if "radio-isotopique" in title.text:
            assert act.modalities == ("NM",), title
            continue
        word = title.text.split()[0].strip(",")
        expected = LEADING_WORDS.get(word)
        if word == "osteodensitometrie" and "echographie" in title.text:
            expected = {"BDUS", "US"}
        elif word == "tomoscintigraphie" and "positons" in title.text:
            expected = {"PT"}
        elif word in ("arthrographie", "radiographie") and "scanographie" in title.text:
            expected = {"CT"}
        elif word == "radiographie" and "piece operatoire" in title.text:
            expected = {"MG", "DX", "CR"}  # specimens go into mammography units or cabinets
        if expected:
            assert set(act.modalities) <= expected, title
            read += title.volume
    assert read > 0.95 * sum(title.volume for title, _ in exams)


def test_contrast_is_as_the_title_says(exams: list[tuple[Title, ImagingAct]]) -> None:
    said = {"with": 0, "without": 0}
    for title, act in exams:
        found = re.search(r"(avec|sans) injection (\w+ )*(d'un|de) produit de contraste", title.text)
        if found:
            contrast = "without" if found[1] == "sans" else "with"
            assert act.contrast == contrast, title
            said[contrast] += 1
        elif re.search(r"opacification par|ingestion de|administration de", title.text):
            assert act.contrast == "with", title
    assert min(said.values()) > 20


def test_contrast_is_with_where_the_technique_needs_it(exams: list[tuple[Title, ImagingAct]]) -> None:
    injected = [
        (t, act)
        for t, act in exams
        if re.match(r"(arterio|phlebo|angio)graphie|scanographie des vaisseaux|urographie|arthrographie", t.text)
        and "radio-isotopique" not in t.text
    ]
    assert len(injected) > 80
    assert [t for t, act in injected if act.contrast != "with"] == []


def test_sides_are_as_the_title_says(exams: list[tuple[Title, ImagingAct]]) -> None:
    read = 0
    for title, act in exams:
        one, both = "unilateral" in title.text, "bilateral" in title.text
        if one or both:
            assert act.sides == ("either" if one and both else "unilateral" if one else "bilateral"), title
            read += 1
        else:
            assert act.sides in (None, "paired", "either"), title
    assert read > 40


ALSO = {"LL": "|ceinture pelvienne|osteodensitometrie", "SP": "|osteodensitometrie"}
# Views, approaches, vessels that belong to the heart, the artery of a bypass, and titles that name no place in the end.
NO_PLACE = re.compile(
    r"\bde face\b|transthoracique|et des vaisseaux intrathoraciques|\[mammaire\]|"
    r"arteres uterines|vaisseaux d(u|es) foetus|franchissant pas le poumon|segment thoracique|"
    r"par voie \w+|par oeso-[-\w]+|ou de vaisseaux peripheriques|d'un ou deux organes intra-abdominaux"
)
# Words of titles (plain letters) and the region that they put an exam in, judged by hand.
PLACES = {
    "AP": r"abdom|petit bassin|foie|conduits biliaires|cholangio|\brein\b|renales? |vessie|prostate|uterus|grossesse|"
    r"foetale|bourses|colon\b|grele|rectum|duodenal|pancreato|uretero|urographie|hepatique|rate\b|ceinture pelvienne",
    "TH": r"thorax|poumon|pulmonaire|mediastin|sternum|oesophage\b|oeso-|bronch|cave superieure|thoracique",
    "HN": r"crane|encephal|cerebra|cervicocephal|\bcou\b|thyroid|parathyroid|\bface\b|facial|oeil|retin|"
    r"temporo|cervicaux|glandes salivaires|intracranien|meat acoustique|rocher|sinus maxillaire",
    "SP": r"colonne vertebrale|vertebral|moelle epiniere|myelographie|saccoradiculo|sacrum",
    "UL": r"epaule|\bmain\b|poignet|coude|avant-bras|\bbras\b|membres? superieur",
    "LL": r"genou|cheville|\bpied\b|jambe|cuisse|hanche|coxofemorale|membres? inferieur",
    "HE": r"\bcoeur\b|coronaire|myocard|cavites cardiaques|echocardio",
    "BR": r"\bsein\b|mammographie|mammaire\b",
    "WB": r"corps entier|squelette complet",
    "CV": r"vaisseaux|^arteriographie (?!coronaire)|^phlebographie|des arteres|des veines|fistule arterio",
}


@pytest.mark.parametrize("region", PLACES)
def test_region_holds_the_place_that_the_title_names(exams: list[tuple[Title, ImagingAct]], region: str) -> None:
    named = [(title, act) for title, act in exams if re.search(PLACES[region], NO_PLACE.sub(" ", title.text))]
    assert len(named) >= 5
    assert [(t.code, t.text, act.regions) for t, act in named if region not in act.regions] == []


def test_no_region_without_a_word_of_it(exams: list[tuple[Title, ImagingAct]]) -> None:
    """Of the common acts every region is one that the title names.

    Apart from the hip in the pelvic girdle, and the two sites of densitometry: lumbar spine and hip.
    """
    common = [(t, act) for t, act in exams if t.volume > 20_000]
    assert len(common) > 70
    wrong = [
        (t.code, t.text, region)
        for t, act in common
        for region in act.regions
        if not re.search(PLACES[region] + ALSO.get(region, ""), t.text)
    ]
    assert wrong == []


def test_body_parts_are_dicom_terms() -> None:
    from pydicom.sr._cid_dict import cid_concepts

    keywords = {row["body_part_examined"] for row in rows("body_part_terms.csv")}
    for cid in (4, 4028, 4030, 4031):  # anatomic regions
        keywords |= {name.upper() for name in cid_concepts[cid]["SCT"]}
    assert {part for act in own_acts().values() for part in act.body_parts} - keywords == set()
    regions = {row["symbol"] for row in rows("regions.csv")}
    assert {region for act in own_acts().values() for region in act.regions} == regions
