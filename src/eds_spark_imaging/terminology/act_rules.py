"""Imaging acts that no table has: what the letters of the code and the title of the act let one say.

A CCAM code is two letters of topography, one of action, one of access or technique, three digits. The fourth letter
does not give the modality (K holds CT and radiography, J magnetic resonance and ultrasound), so several stay possible.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from eds_spark_imaging.terminology.act_table import ImagingAct

# Q is examination; H, J, K, L, M and N are the accesses and techniques of imaging. P and the others hold function
# tests and endoscopies.
_IMAGING = re.compile(r"[A-Z]{2}Q[HJKLMN][0-9]{3}")

# The first words of a title without accents, and what they say; the first that fits counts.
_TECHNIQUE_WORDS = (
    (r"(arthro|myelo|disco|sacco|sialo)\w*graphie .*scanographie|arthroscano", "ct_opacified"),
    (r"(angio)?scan(ographie|ner).* vaisseaux|angioscan", "ct_angiography"),
    (r"\w*scanographie|\w*scanner|telemetrie .*scanographie|pelvimetrie par scanographie", "ct"),
    (r"remnographie .*angio-irm", "mr_angiography"),
    (r"remnographie", "mr"),
    (r"spectroscopie par resonance", "mr_spectroscopy"),
    (r"tomoscintigraphie .*positons", "pet"),
    (r"tomoscintigraphie", "spect"),
    (r"\w*scintigraphi(e|qu)|\w+ (scintigraphique|radio-isotopique)", "scintigraphy"),
    (r"(angio)?mammographie", "mammography"),
    (r"osteodensitometrie .*echographie", "ultrasound_densitometry"),
    (r"osteodensitometrie", "densitometry"),
    (r"(arterio|angio)graphie (coronaire|de pontage coronaire)", "coronary_angiography"),
    (r"angiographie .*\boeil", "eye_photography"),
    (r"(arterio|angio|aorto)graphie", "angiography"),
    (r"(phlebo|cavo|varico)graphie", "venography"),
    (r"echo(graphie|cardiographie)\b.* intraarterielle", "intravascular_ultrasound"),
    (r"echographie .*(grossesse|foeta|foetus)", "obstetric_ultrasound"),
    (r"echocardiographie|echographie\b.* coeur", "echocardiography"),
    (r"echographie-doppler|examen doppler", "doppler"),
    (r"echographie", "ultrasound"),
    (r"(retino|photo)graphies?\b", "eye_photography"),
    (r"radiographie volumique", "ct"),  # cone beam
    (r"radiographie .*(buccale|dent)", "dental_radiography"),
    (r"(tele)?radiographie .*(opacification|produit de contraste)", "fluoroscopy"),
    (r"(tele)?radiographie", "radiography"),
    (r"(arthro|myelo|sacco|disco|cholangio|uro|uret|cysto|pancreato|hysterosalpingo|sialo)\w*graphie", "fluoroscopy"),
)
_KIND_WORDS = (
    (r"(supplement|lecture|mise en oeuvre)\b|(tomoscintigraphie|images .*) complementaires? d'un", "supplement"),
    (r"(restitution|fusion|quantification complexe)\b", "reconstruction"),
    (r"guidage\b", "guidance"),
    (r"mesure\b.*radio-isotopique", "measurement"),
    (r"imagerie pour acte|(?!.*preoperatoire).*\bperoperatoire|.*au cours d'un acte", "intervention"),
)
_INJECTED = ("angiography", "coronary_angiography", "venography", "ct_angiography", "ct_opacified", "fluoroscopy")


def act_from_letters(code: str, acts: Mapping[str, ImagingAct]) -> ImagingAct | None:
    """What acts with the same letters have in common; None where the letters are not of imaging.

    Modalities are all that the exams of ``acts`` with the same action and technique have; region and contrast are
    those on which all with the same topography, or the same technique, agree.
    """
    if not _IMAGING.fullmatch(code):
        return None
    exams = [act for act in acts.values() if act.is_exam and act.code != code]
    technique = [act for act in exams if act.code[2:4] == code[2:4]]
    place = [set(act.regions) for act in exams if act.code[:2] == code[:2]]
    contrasts = {act.contrast for act in technique}
    return ImagingAct(
        code,
        modalities=tuple(sorted({m for act in technique for m in act.modalities})),
        companions=tuple(sorted({m for act in technique for m in act.companions})),
        regions=tuple(sorted(set.intersection(*place))) if place else (),
        contrast=contrasts.pop() if len(contrasts) == 1 else None,
        origin="rule",
    )


def read_title(act: ImagingAct, title: str, paragraph: str = "") -> ImagingAct:
    """``act`` with what its title in French says of technique, kind, contrast and sides.

    The title of its paragraph (``Scanographie de l'appareil digestif``) gives the technique where its own does not.
    """
    text = _plain(title)
    said = _first(_TECHNIQUE_WORDS, text)
    category = said or _first(_TECHNIQUE_WORDS, _plain(paragraph))
    if category:
        # A plain radiograph says so itself; what only stands among radiographs is done under fluoroscopy.
        act = act.with_category("fluoroscopy" if category == "radiography" and not said else category)
    return replace(
        act,
        kind=_first(_KIND_WORDS, text) or act.kind,
        contrast=_contrast(text) or ("with" if said in _INJECTED else act.contrast),
        sides=_sides(text) or act.sides,
    )


def _first(words: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((meaning for pattern, meaning in words if re.match(pattern, text)), None)


def _contrast(text: str) -> str | None:
    if re.search(r"sans injection[^,]* produit de contraste", text):
        return "without"
    return "with" if re.search(r"(injection|opacification|ingestion)[^,]* produit de contraste", text) else None


def _sides(text: str) -> str | None:
    one, both = "unilateral" in text, "bilateral" in text
    return "either" if one and both else "unilateral" if one else "bilateral" if both else None


def _plain(text: str) -> str:
    """Lower case, without accents, one blank between words, apostrophes straight."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("’", "'"))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())
