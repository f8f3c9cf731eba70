"""Titles of reports, as departments write them: which modalities the words speak of, and which only look like it."""

from __future__ import annotations

import pytest

from eds_spark_imaging.crossing.titles import modalities, words

RADIOGRAPHY = {"DX", "CR", "RF", "RG", "PX", "IO"}


@pytest.mark.parametrize(
    ("title", "spoken_of"),
    [
        ("Compte rendu de radiologie", set()),  # the department, which has scanners too
        ("Téléradiologie : scanner cérébral", {"CT"}),
        ("IRM du petit bassin", {"MR"}),
        ("Scanner pétreux", {"CT"}),
        ("Scanner des os temporaux", {"CT"}),
        ("Articulation temporo-mandibulaire", set()),
        ("IRM, temps tardif", {"MR"}),
        ("Articulation radio-carpienne", set()),
        ("Coupes coronales et coronaires", set()),
        ("Artériopathie des membres", set()),
        ("Échec de biopsie, échoué", set()),
        ("Fracture en étoile", set()),
        ("Mammectomie", set()),
        ("RADIO THORAX", RADIOGRAPHY),
        ("Radiographies du genou", RADIOGRAPHY),
        ("Télé-radiographie du rachis", RADIOGRAPHY),
        ("TEP-TDM", {"PT"}),
        ("TEPscan", {"PT"}),
        ("Tomographie par émission de positons", {"PT"}),
        ("PET-CT", {"PT"}),
        ("PETSCAN", {"PT"}),
        ("Scintigraphie au 18-FDG", {"PT", "NM"}),
        ("TEMP-TDM osseuse", {"NM"}),
        ("Angio-IRM", {"MR"}),
        ("ANGIOIRM", {"MR"}),
        ("Uroscanner", {"CT"}),
        ("COROSCANNER", {"CT"}),
        ("Tomodensitométrie", {"CT"}),
        ("Mammographie et échographie", {"MG", "US", "IVUS"}),
        ("Écho-doppler artério-veineux", {"US", "IVUS"}),
        ("Coronarographie", {"XA", "RF"}),
        (None, set()),
    ],
)
def test_modalities_of_titles(title: str | None, spoken_of: set[str]) -> None:
    assert modalities(title) == spoken_of


def test_words_of_what_was_examined_are_left_without_those_of_modalities() -> None:
    assert words("Scanner du petit bassin avec injection") == {"PETIT", "BASSIN"}
    assert words("TEP-TDM temporal") == {"TEMPORAL"}
