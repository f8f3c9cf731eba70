"""Imaging acts: the project's table, what letters and titles say of other acts, and a referential in a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.act_rules import act_from_letters, read_title
from eds_spark_imaging.terminology.act_table import TECHNIQUES, ImagingAct, own_acts
from eds_spark_imaging.terminology.acts import imaging_act, is_exam, load_acts
from eds_spark_imaging.terminology.modality import IMAGING


def act(stored: str) -> ImagingAct:
    found = imaging_act(stored)
    assert found is not None
    return found


def test_an_act_says_what_its_exam_looks_like() -> None:
    head = act("ACQH003...01")  # CT of the head with contrast agent, PMSI form
    assert (head.code, head.kind, head.modalities, head.regions) == ("ACQH003", "exam", ("CT",), ("HN",))
    assert (head.contrast, head.sides, head.origin) == ("with", None, "table")
    assert {"HEAD", "BRAIN"} <= set(head.body_parts)
    pet = act("ZZQL016")
    assert (pet.modalities, pet.companions) == (("PT",), ("CT", "MR"))
    assert (act("NFQK002").sides, act("NFQK001").sides, act("NGQK001").sides) == ("bilateral", "unilateral", "paired")


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        ("ZBQK002", "exam"),
        ("ZBQK00204", "anaesthesia"),
        ("YYYY600", "supplement"),
        ("YYYY028", "guidance"),
        ("YYYY260", "intervention"),
        ("YYYY088", "exam"),  # check of a pregnancy by ultrasound, in spite of its letters
        ("ZZQP004", "reconstruction"),
        ("ZZQN002", "reconstruction"),
        ("FEQL007", "measurement"),  # blood volume by isotope: no images
    ],
)
def test_only_exams_are_exams(stored: str, kind: str) -> None:
    assert act(stored).kind == kind
    assert is_exam(stored) == (kind == "exam")


# Endoscopy, surgery, electrocardiogram, a supplement that nobody knows, a diagnosis, nothing.
@pytest.mark.parametrize("stored", ["HEQE002", "HHFA001", "DEQP003", "YYYY999", "I219", "", None])
def test_what_is_not_an_imaging_act(stored: str | None) -> None:
    assert imaging_act(stored) is None
    assert not is_exam(stored)


def test_an_unknown_act_is_judged_by_its_letters() -> None:
    chest = act("ZBQN999")
    assert (chest.modalities, chest.regions, chest.category, chest.origin) == (("MR",), ("TH",), None, "rule")
    ankle = act("NGQK999")
    assert {"DX", "CT"} <= set(ankle.modalities)  # the fourth letter does not tell them apart
    assert "US" not in ankle.modalities
    assert ankle.regions == ("LL",)


def test_letters_agree_with_the_table() -> None:
    """Each exam of the table as if the table did not have it."""
    exams = [known for known in own_acts().values() if known.is_exam]
    guesses = {known.code: act_from_letters(known.code, own_acts()) for known in exams}
    judged = [known for known in exams if guesses[known.code]]
    assert len(judged) > 0.95 * len(exams)
    with_modality = [k for k in judged if set(k.modalities) <= set(guesses[k.code].modalities)]
    with_region = [k for k in judged if set(guesses[k.code].regions) <= set(k.regions)]
    assert len(with_modality) > 0.98 * len(judged)
    assert len(with_region) > 0.99 * len(judged)


def test_the_table_holds_what_it_may() -> None:
    exams = [known for known in own_acts().values() if known.is_exam]
    assert len(exams) > 500
    assert all(known.modalities for known in exams)
    assert {known.category for known in own_acts().values()} - {None} <= set(TECHNIQUES)
    modalities = {m for technique in TECHNIQUES.values() for m in technique.modalities}
    assert modalities - IMAGING == {"OT", "BDUS"}


@pytest.mark.parametrize(
    ("title", "paragraph", "category", "contrast", "sides", "kind"),
    [
        ("Scanographie du pied, sans injection de produit de contraste", "", "ct", "without", None, "exam"),
        ("IRM", "Remnographie [IRM] du sein", "mr", None, None, "exam"),
        ("REMNOGRAPHIE DU COEUR AVEC INJECTION DE PRODUIT DE CONTRASTE", "", "mr", "with", None, "exam"),
        ("Échographie bilatérale de la hanche", "", "ultrasound", None, "bilateral", "exam"),
        ("Tomoscintigraphie du foie par émission de positons", "", "pet", None, None, "exam"),
        ("Artériographie unilatérale ou bilatérale de la jambe", "", "angiography", "with", "either", "exam"),
        ("Étude dynamique", "Radiographie de l'appareil digestif", "fluoroscopy", None, None, "exam"),
        ("Supplément pour scanographie", "", None, None, None, "supplement"),
        ("Guidage par échographie", "", None, None, None, "guidance"),
        ("Échographie peropératoire du foie", "", "ultrasound", None, None, "intervention"),
        ("Radiographie panoramique dentobuccale", "", "dental_radiography", None, None, "exam"),
        ("Électroneurographie", "", None, None, None, "exam"),
        ("", "", None, None, None, "exam"),
    ],
)
def test_what_a_title_says(
    title: str, paragraph: str, category: str | None, contrast: str | None, sides: str | None, kind: str
) -> None:
    read = read_title(ImagingAct("ZZZZ999"), title, paragraph)
    assert (read.category, read.contrast, read.sides, read.kind) == (category, contrast, sides, kind)


@given(st.text(max_size=200), st.text(max_size=100))
def test_any_title_can_be_read(title: str, paragraph: str) -> None:
    read = read_title(ImagingAct("ZZZZ999"), title, paragraph)
    assert (read.category is None) == (not read.modalities)


@pytest.fixture
def referential(tmp_path: Path) -> Path:
    return tmp_path / "ccam.csv"


def test_a_referential_adds_and_replaces(referential: Path) -> None:
    referential.write_text(
        "\ufeffcode;label;paragraph;price;kind;category;regions;body_parts;contrast;sides\n"
        "zbqk999;Scanographie du thorax, sans injection de produit de contraste;;12;;;;;;\n"
        "ZBQK002;;;;;;;CHEST|LUNG;;\n"
        "ZZQQ001;;;;;mr;HN|SP;;with;\n"
        "HHFA001;Appendicectomie, par abord direct;;;;;;;;\n"
        "YYYY999;Supplément pour imagerie;Radiologie;;;;;;;\n",
        encoding="utf-8",
    )
    acts = load_acts(referential)
    new = imaging_act("ZBQK99901", acts)
    assert new is not None
    assert (new.category, new.modalities, new.regions) == ("ct", ("CT",), ("TH",))
    assert (new.contrast, new.origin) == ("without", "file")
    assert acts["ZBQK002"].body_parts == ("CHEST", "LUNG")
    assert (acts["ZBQK002"].modalities, acts["ZBQK002"].regions) == (("DX", "CR", "RF"), ("TH",))
    assert (acts["ZZQQ001"].modalities, acts["ZZQQ001"].regions) == (("MR",), ("HN", "SP"))
    assert "HHFA001" not in acts  # surgery, of a file with the whole nomenclature
    assert acts["YYYY999"].kind == "supplement"
    assert len(acts) == len(own_acts()) + 3
    assert imaging_act("ZBQK999") != new  # the project's own table is as it was


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("label,kind\nRadiographie,exam\n", "no column 'code'"),
        ("", "no column 'code'"),
        ("code\nZBQK02\n", "line 2: code 'ZBQK02' is not four letters and three digits"),
        ("code\nZBQK00201\n", "line 2: code 'ZBQK00201' is not four letters"),
        ("code\nZBQK002\nzbqk002\n", "line 3: code 'ZBQK002' is given twice"),
        ("code,kind\nZBQK002,picture\n", "line 2: kind 'picture' is not one of exam, "),
        ("code,category\nZBQK002,xray\n", "line 2: category 'xray' is not one of radiography, "),
        ("code,regions\nZBQK002,TH|CHEST\n", "line 2: regions 'CHEST' is not one of AP, "),
        ("code,sides\nZBQK002,left\n", "line 2: sides 'left'"),
        ("code,contrast\nZBQK002,yes\n", "line 2: contrast 'yes'"),
        ("code,body_parts\nZBQK002,thorax\n", "line 2: body_parts 'thorax'"),
        ("code,regions\nHHFA001,AP\n", "line 2: code 'HHFA001' is not known as imaging"),
        ("code\nZBQK002,exam\n", "line 2: more cells than columns"),
        ('code\n"ZBQK002\n', "unexpected end of data"),
    ],
)
def test_what_is_wrong_with_a_referential_is_said_in_one_line(referential: Path, content: str, complaint: str) -> None:
    referential.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_acts(referential)
    assert complaint in str(error.value)
    assert str(referential) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_referential_that_cannot_be_read(referential: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_acts(referential)
    referential.write_bytes("code,label\nZBQK002,Échographie\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="utf-8"):
        load_acts(referential)
