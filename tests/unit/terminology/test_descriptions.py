"""The reader of descriptions against texts and records whose meaning was written by hand."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from description_sets import HERE, RECORDS, SETS, expected, expected_of_records, wrong
from hypothesis import given
from hypothesis import strategies as st

from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.parts import members
from eds_spark_imaging.terminology.sources import KEYS

READER = Reader()
FIRST_RECORDS = [json.loads(line) for line in (HERE / "records.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_first_set_is_large_enough() -> None:
    rows = list(expected("texts.csv"))
    assert len(rows) >= 600
    regions = {region for row in rows for alternatives in row.regions for region in alternatives}
    assert regions == {"AP", "WB", "UL", "LL", "TH", "HN", "CV", "HE", "BR", "SP"}


@pytest.mark.parametrize("name", SETS)
def test_texts(name: str) -> None:
    rows = list(expected(name))
    differing = {row.text: differs for row in rows if (differs := wrong(READER, row))}
    share = {field: 1 - n / len(rows) for field, n in Counter(f for d in differing.values() for f in d).items()}
    false_sides = [row.text for row in rows if not row.laterality and "laterality" in differing.get(row.text, {})]
    assert share.get("body_parts", 1) >= 0.97, differing
    assert share.get("regions", 1) >= 0.99, differing
    assert share.get("contrast", 1) >= 0.99, differing
    assert not false_sides


@pytest.mark.parametrize(
    "record", FIRST_RECORDS, ids=lambda record: json.dumps(record["given"], ensure_ascii=False)[:90]
)
def test_records(record: dict[str, object]) -> None:
    terms = READER.read(record["given"])  # type: ignore[arg-type]
    wanted = {key: value for key, value in record.items() if key in {"laterality", "contrast", "category"}}
    assert members(READER.lexicon, terms.body_parts) == members(READER.lexicon, record["body_parts"])  # type: ignore[arg-type]
    assert {key: getattr(terms, key) for key in wanted} == wanted
    assert {conflict.split(":")[0] for conflict in terms.conflicts} == set(filter(None, [record.get("conflict")]))


@pytest.mark.parametrize("name", RECORDS)
def test_sets_of_records(name: str) -> None:
    rows = list(expected_of_records(name))
    differing = {one.text: differs for given, one in rows if (differs := wrong(READER, one, given))}
    assert len(rows) >= 60
    assert not differing


@pytest.mark.parametrize(
    "changed",
    ["{} - URGENT", "{} (Dr MARTIN)", "{} ; patient diabétique", "{}, ATCD cancer du sein gauche", "{} - h/o lung ca"],
)
def test_what_is_added_to_a_text_changes_nothing(changed: str) -> None:
    # Ordinary texts that end with a word: a sign or 16 characters may go on.
    rows = [row for name in SETS[2:20:6] for row in expected(name) if row.text[-1].isalnum() and len(row.text) > 16]
    for row in rows:
        was, now = (
            READER.read({"modality": row.modality, "study_description": text})
            for text in (row.text, changed.format(row.text))
        )
        if was.body_parts:
            assert set(now.body_parts) == set(was.body_parts), row.text
        assert now.contrast == was.contrast, row.text
        assert now.laterality in {was.laterality, ""}, row.text


@pytest.mark.parametrize("sign", [", ", ". ", ": ", " - "])
@pytest.mark.parametrize(
    "reason",
    [
        "code stroke, right MCA",
        "assault, c-spine cleared",
        "neck pain radiating to left arm",
        "previous lumbar fusion L4-S1",
        "vomiting, distended abdomen",
        "locking knee, ?meniscal tear",
        "pacemaker in situ, left chest",
        "low back pain with right radiculopathy",
        "mollet gauche gonflé",
        "prothèse d'épaule droite il y a 3 mois",
        "comparer au scanner thoracique précédent",
        "impotence fonctionnelle du bras droit",
        "drain pleural gauche",
        "masse battante abdominale",
    ],
)
def test_why_an_exam_is_made_is_no_part_of_it(reason: str, sign: str) -> None:
    for modality, exam, part, side, contrast in (
        ("MR", "MRI right hip without contrast", "HIP", "R", "without"),
        ("CT", "CT head without contrast", "HEAD", "", "without"),
        ("MR", "IRM genou gauche", "KNEE", "L", ""),
        ("US", "Echographie thyroïdienne", "THYROID", "", ""),
        ("MG", "Mammographie droite", "BREAST", "R", ""),
    ):
        terms = READER.read({"modality": modality, "requested_procedure_description": f"{exam}{sign}{reason}"})
        assert (terms.body_parts, terms.laterality, terms.contrast) == ((part,), side, contrast), exam


@pytest.mark.parametrize("blank", ["_", "^", "  "])
def test_blanks_of_any_kind_are_blanks(blank: str) -> None:
    for row in expected("texts_fourteenth.csv"):
        was, now = (
            READER.read({"modality": row.modality, "study_description": text})
            for text in (row.text, row.text.replace(" ", blank))
        )
        if len(row.text) > 17:
            assert (now.body_parts, now.laterality, now.contrast) == (was.body_parts, was.laterality, was.contrast)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*KEYS, "id", "other"]), ANY))
def test_any_value_is_taken(row: dict[str, object]) -> None:
    terms = READER.read(row)
    assert terms.category in READER.lexicon.categories
    assert set(terms.body_parts) <= READER.lexicon.parts.keys()
    assert terms.laterality in {"", "R", "L", "B"}
    assert terms.contrast in {"", "with", "without", "both"}
    json.dumps(terms.as_dict())


WORDS = st.sampled_from(
    [word for row in (*expected(SETS[0]), *expected(SETS[1])) for word in row.text.split()]
    + ["sans", "/", "+", "-", ";"]
)


@given(st.lists(WORDS, min_size=1, max_size=12).map(" ".join))
def test_case_and_accents_do_not_count(text: str) -> None:
    upper = text.upper()
    plain = upper.translate(str.maketrans("ÉÈÊËÀÂÎÏÔÛÙÇ", "EEEEAAIIOUUC"))
    one, other = (READER.read({"study_description": form}) for form in (upper, plain))
    assert one == other


@given(st.lists(WORDS, min_size=1, max_size=12).map(" ".join))
def test_a_side_is_of_a_paired_part_and_is_in_the_text(text: str) -> None:
    terms = READER.read({"study_description": text})
    if terms.laterality:
        assert terms.laterality_source == "study_description"
        parts = members(READER.lexicon, terms.body_parts)
        places = READER.explain({"study_description": text})["study_description"]["words"]  # type: ignore[index]
        assert any(READER.lexicon.parts[part].paired for part in parts) or places


@pytest.mark.parametrize(
    ("text", "parts", "rule"),
    [
        ("IRM RACHIS LOMB", ("LSPINE",), "exact"),
        ("TDM RACHIS CERVI", ("CSPINE",), "cut"),
        ("EPAUL DROITE", ("SHOULDER",), "abbreviated"),
        ("RX DU POIGENT", ("WRIST",), "typo"),
        ("CHESTABDOMENPELVIS", ("CHESTABDPELVIS",), "joined"),
        ("INFILTRATION L5-S1", ("LSSPINE",), "vertebrae"),
        ("BILAN DE CANCER DU SEIN", ("BREAST",), "context"),
        ("SCANNER FACIO-CEREBRAL", ("FACE", "BRAIN"), "abbreviated"),
        ("SCANNER ABOMINO-PELVIEN", ("ABDOMENPELVIS",), "typo"),
        ("TDM STE CLAV", ("SCJOINT",), "abbreviated"),
        ("SCANNER MASSIF F", ("FACIALBONES",), "cut"),
        ("IRM PROSTATE PIR", ("PROSTATE",), "exact"),
    ],
)
def test_how_words_were_found_is_told(text: str, parts: tuple[str, ...], rule: str) -> None:
    terms = READER.read({"study_description": text})
    assert (terms.body_parts, terms.body_part_rule) == (parts, rule)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CT Thorax 1.0 Br60 LUNG", {"CHEST"}),
        ("TDM CARDIAQUE PRE TAVI + AORTE", {"HEART", "AORTA"}),
        ("CT HEAD STROKE LEFT MCA", {"HEAD"}),
        ("RX ENTORSE CHEVILLE G + PIED G", {"ANKLE", "FOOT"}),
        ("TDM K SEIN + TAP", {"CHESTABDPELVIS"}),
        ("CT T-SPINE RECON FROM CAP", {"TSPINE"}),
        ("IRM PERINEALE FISTULE ANALE", {"PERINEUM"}),
        ("TDM SUIVI K REIN G TAP", {"CHESTABDPELVIS"}),
        ("TDM SUIVI K REIN G TAP + CRANE", {"CHESTABDPELVIS", "SKULL"}),
        ("STAGING CT CHEST AND ABDOMEN, KNOWN LEFT RENAL CELL CARCINOMA", {"CHESTABDOMEN"}),
        ("CT TRAUMA HEAD NECK", {"HEADNECK"}),
        ("TDM ABDO NEPHRECTOMIE D", {"ABDOMEN"}),
        ("IRM ENCEPHALE ET ARM", {"BRAIN"}),
        ("INFILTRATION S1 D", {"SSPINE"}),
        ("TDM TAP FOIE", {"CHESTABDPELVIS"}),
        ("TDM BODY CRANE + TAP", {"SKULL", "CHESTABDPELVIS"}),
        ("TAVR CHEST ABD PEL", {"CHESTABDPELVIS"}),
        ("TDM AVC SYLVIEN G CEREBRAL", {"BRAIN"}),
        ("DENTASCANNER MAX + MAND", {"MAXILLA", "MANDIBLE"}),
        ("TEP FDG CRANE", {"SKULL"}),
        ("AP-HP TDM GENOU D", {"KNEE"}),
        ("SALLE THORAX RX MAIN G", {"HAND"}),
        ("RX GRAND TROCHANTER DROIT", {"FEMUR"}),
        ("MRI PELVIS, CERVICAL CANCER STAGING", {"PELVIS"}),
        ("CT RECON CHEST THIN LUNG", {"CHEST"}),
        ("C-ARM HIP", {"HIP"}),
    ],
)
def test_places_that_are_imaged_or_only_said(text: str, parts: set[str]) -> None:
    assert set(READER.read({"study_description": text}).body_parts) == parts


@pytest.mark.parametrize("text", ["Scanner cr\u00c3\u00a2ne", "TDM CR\ufffdNE", "TDM cr?ne", "TDM cra\u0302ne"])
def test_accents_that_were_lost_are_guessed(text: str) -> None:
    assert READER.read({"study_description": text}).body_parts == ("SKULL",)


@pytest.mark.parametrize(
    ("agent", "contrast"),
    [
        ("IOMERON 400", "with"),
        ("N", "without"),
        ("pas de contraste", "without"),
        ("0 ml", "without"),
        ("120", ""),
        ("Eau", ""),
        ("DOTAREM", "with"),
        ("68Ga-DOTATOC", ""),
        ("0", "without"),
        ("(NONE)", "without"),
        ("Contrast: no", "without"),
        ("No oral contrast", ""),
        ("saline flush", ""),
    ],
)
def test_junk_in_the_attribute_is_no_agent(agent: str, contrast: str) -> None:
    assert READER.read({"modality": "CT", "contrast_bolus_agent": agent}).contrast == contrast


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("RT_SEIN_G", "L"),
        ("RT POUMON 4D", ""),
        ("FEMUR EWING G", "L"),
        ("REIN LITHIASE G", ""),
        ("VITAMINE D GENOU", ""),
        ("GENOU SERVICE D", ""),
        ("GENOU DROIT ET C", ""),
        ("GENOU D SANS HANCHE G", "R"),
        ("EPAULE DROITE, CHUTE SUR HANCHE GAUCHE", "R"),
        ("CT CHEST EXCLUDING LEFT KNEE", ""),
        ("RX CHEVILLE D + ", ""),
        ("RX CHEVILLE D C+", "R"),
        ("US DVT LT LEG", "L"),
        ("TDM ROCHERS, OTITE CHRONIQUE GAUCHE", ""),
        ("ECHO RENALE PYELONEPHRITE GAUCHE", ""),
        ("GENOU ENTORSE GAUCHE", "L"),
        ("IRM GENOU GAUCHE ET NON DROIT", "L"),
        ("MAMMOGRAPHIE, MASSE GAUCHE", ""),
        ("RX MAIN FACE D - URGENT", "R"),
        ("EP D 3 INC, DOULEUR GAUCHE", "R"),
        ("XR HAND L R/O FX", "L"),
        ("XR KNEES B/L", "B"),
        ("IRM ENCEPHALE + TSA, AVC SYLVIEN DROIT", ""),
        ("TDM SUIVI K REIN G TAP", ""),
        ("MAMMO D, MASTECTOMIE G", "R"),
        ("MAMMOGRAM L, RIGHT MASTECTOMY", "L"),
        ("MASTECTOMIE D", "R"),
        ("TDM POUMON GAUCHE LOBECTOMIE SUP DROITE", "L"),
        ("RX HANCHE G (PTH D)", "L"),
        ("RX HANCHE - PTH G", "L"),
        ("RX JAMBE 2 OS D", "R"),
        ("RX 2 OS JAMBE D", "R"),
        ("RX MAIN DR F/P", "R"),
        ("RX MAIN DR MARTIN", ""),
        ("CT KIDNEYS, LOIN PAIN RT", ""),
        ("TDM AVC SYLVIEN G CEREBRAL", ""),
        ("TDM AVC SYLVIEN G", ""),
        ("INFILTRATION SI D SOUS TDM", "R"),
        ("CORO FEMORALE D", ""),
        ("IRM BASSIN COXARTHROSE D", ""),
        ("RX COXARTHROSE D", "R"),
        ("TDM ABDO NEPHROSTOMIE G", ""),
        ("NEPHROSTOMIE G", "L"),
        ("TDM TAP REIN D", ""),
        ("SALLE OS 2 GENOU D", "R"),
        ("SAG PD FS R KNEE", "R"),
        ("ED VEINEUX 2MI", "B"),
        ("ECHO MS VEINEUX G", "L"),
    ],
)
def test_letters_that_are_a_side_or_not(text: str, side: str) -> None:
    assert READER.read({"study_description": text}).laterality == side


@pytest.mark.parametrize("text", ["A" * 10_000, "GENOU " * 2_000, "(" * 10_000, "IV+ " * 3_000, "+ - / " * 2_000])
def test_very_long_texts_are_read(text: str) -> None:
    assert READER.read({"study_description": text}).body_parts in {(), ("KNEE",)}


@pytest.mark.parametrize("text", ["DENTAL", "SPIRAL CT", "VERTICAL", "MENTAL STATUS", "PORTABLE", "MEDICAL", "RADIAL"])
def test_common_words_are_no_misspellings(text: str) -> None:
    assert READER.read({"study_description": text}).body_part_rule != "typo"


@pytest.mark.parametrize(
    ("text", "contrast"),
    [
        ("TDM TAP avec injection - suivi", "with"),
        ("TDM TAP IV+ - suivi", "with"),
        ("TDM TAP IV- - suivi", "without"),
        ("TDM THORAX SANS C+", "without"),
        ("TDM THORAX avec ou sans injection", ""),
        ("CT HEAD WITHOUT FOR HEADACHE", "without"),
        ("CT_HEAD_W/O_CONTRAST", "without"),
        ("CT BRAIN PLAIN + CONTRAST", "both"),
        ("CT GUIDED LUMBAR FACET INJECTION", ""),
        ("TDM TAP, injection impossible", "without"),
        ("TDM TAP avec injecton", "with"),
        ("TDM TAP gadolinum", "with"),
        ("TDM micro-ondes poumon", ""),
        ("CT IVU", "with"),
        ("TDM SINUS SSPC", "without"),
        ("TDM TAP AVPC", "with"),
        ("TDM ORBITE D CE intra-oculaire", ""),
        ("TDM AP IV- PO+", "both"),
    ],
)
def test_signs_and_words_of_contrast(text: str, contrast: str) -> None:
    assert READER.read({"modality": "CT", "study_description": text}).contrast == contrast


@pytest.mark.parametrize(
    ("study", "series", "parts"),
    [
        ("Bassin", "Hanche D profil", ("HIP",)),  # of the place beside
        ("RX GENOU G", "THORAX", ("KNEE",)),  # of a place elsewhere
    ],
)
def test_a_series_of_a_place_nearby_wins_over_study_and_protocol(
    study: str, series: str, parts: tuple[str, ...]
) -> None:
    row = {"modality": "DX", "study_description": study, "protocol_name": study, "series_description": series}
    assert READER.read(row).body_parts == parts


def test_agreement_makes_surer_and_contradiction_less_sure() -> None:
    alone = READER.read({"study_description": "IRM GENOU"})
    agreed = READER.read({"study_description": "IRM GENOU", "body_part_examined": "KNEE"})
    denied = READER.read({"study_description": "IRM GENOU", "body_part_examined": "CHEST"})
    assert denied.body_part_confidence < alone.body_part_confidence < agreed.body_part_confidence


def test_regions_of_what_is_left_stand_in_the_order_of_the_parts() -> None:
    terms = READER.read({"modality": "CT", "study_description": "TAP SANS PELVIS"})
    assert terms.region_codes == (READER.lexicon.regions["TH"], READER.lexicon.regions["AP"])


def test_explain_says_what_was_set_aside() -> None:
    told = READER.explain({"modality": "CT", "study_description": "TDM THORAX POUR CANCER DU SEIN, HORS ABDOMEN"})
    one = told["study_description"]
    assert one["body_parts"] == ["CHEST"]  # type: ignore[index]
    assert one["set_aside"] == ["sein: indication", "abdomen: negated"]  # type: ignore[index]
