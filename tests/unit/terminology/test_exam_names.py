"""The name of an exam in a list, where just one name says what is known of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.exam_names import ExamNames, exam_names, key_of, kind_of_exam, load_names
from eds_spark_imaging.terminology.site import site_names
from eds_spark_imaging.terminology.sources import sources

SHARED = Path(__file__).parents[4] / "shared" / "terms_given.csv"
READER = Reader()
NAMES = {
    "1": "RM genou - droit",
    "2": "RM genou - droit sans contraste",
    "3": "RX genou - droit ; incidences",
    "4": "RX genou - droit ; incidence oblique",
    "5": "RF genou - droit ; incidences",
    "6": "CT thorax et abdomen et pelvis avec contraste IV",
    "7": "RX main ; 2 incidences",
    "8": "RX main ; 3 incidences",
    "9": "RX acétabulum ; incidences",
    "10": "CT pied",
    "11": "scanner du pied",
    "12": "angioIRM aorte abdominale avec contraste IV",
    "13": "RM aorte abdominale avec contraste IV",
}


def of(names: dict[str, str]) -> ExamNames:
    return exam_names(READER.lexicon, ((c, n, READER.read({"study_description": n})) for c, n in names.items()))


def code(names: ExamNames, modality: str, text: str) -> str:
    given = sources({"modality": modality, "study_description": text})
    terms = READER.terms(given)
    kind = kind_of_exam(READER.lexicon, names, given, terms)
    return names.code(key_of(READER.lexicon, terms, kind)) if kind else ""


@pytest.mark.parametrize(
    ("modality", "text", "expected"),
    [
        ("MR", "IRM GENOU D", "1"),
        ("MR", "IRM genou D sans inj", "2"),
        ("MR", "IRM GENOU", ""),
        ("MR", "IRM GENOU D CINE", ""),
        ("CR", "RX GENOU DT F P", "3"),
        ("CR", "RX GENOU DT OBLIQUE", ""),
        ("RF", "GENOU D", "5"),
        ("CT", "TDM TAP IV+", "6"),
        ("CT", "TDM TAP IV+ POUR CANCER DU SEIN", "6"),
        ("CT", "BIOPSIE TDM TAP IV+", ""),
        ("CR", "RX MAIN", ""),
        ("CR", "RX HANCHE", ""),
        ("CR", "RX ACETABULUM", ""),
        ("CT", "TDM PIED", ""),
        ("MR", "ANGIO-IRM AORTE ABDOMINALE GADO", "12"),
        ("MR", "IRM AORTE ABDOMINALE GADO", "13"),
    ],
)
def test_only_the_one_name_that_says_no_more_and_no_less(modality: str, text: str, expected: str) -> None:
    assert code(of(NAMES), modality, text) == expected


def test_the_source_must_be_a_text_of_the_exam() -> None:
    given = sources({"modality": "MR", "body_part_examined": "KNEE", "laterality": "R"})
    assert kind_of_exam(READER.lexicon, of(NAMES), given, READER.terms(given)) == ""


def test_the_digest_changes_with_the_list() -> None:
    assert of(NAMES).digest != of(NAMES | {"14": "CT cou"}).digest


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"a;b\n1;2\n", "no columns 'code' and 'name'"), (b"code,name\n1,\xff\n", "can't decode"), (b"", "no columns")],
)
def test_a_wrong_list_is_an_error_of_the_configuration(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "names.csv"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_names(str(file))


def test_a_missing_list_is_an_error_and_none_is_none(tmp_path: Path) -> None:
    assert site_names(None, READER.lexicon) is None
    with pytest.raises(ConfigError, match="No such file"):
        load_names(str(tmp_path / "none.csv"))


@pytest.mark.skipif(not SHARED.exists(), reason="the names are not beside the project")
def test_the_names_themselves_get_their_own_code_or_none() -> None:
    given = dict(load_names(str(SHARED)))
    names = of(given)
    found = {own: code(names, "", name) for own, name in given.items()}
    right = sum(own == got for own, got in found.items())
    wrong = {given[own]: given[got] for own, got in found.items() if got and got != own}
    assert right > 500
    assert right / (right + len(wrong)) >= 0.99, wrong
