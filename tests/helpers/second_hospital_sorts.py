"""The sorts of exam of the second hospital: acts, the words of headers, the titles of reports."""

# ruff: noqa: E501 - a row of the table is a line

from __future__ import annotations

from typing import NamedTuple


class Sort(NamedTuple):
    """A sort of exam: its act, others under which it gets coded, words of the header, titles of the report, what
    BodyPartExamined says; ``weight`` is how often it is done.
    """

    modalities: str
    act: str
    neighbours: tuple[str, ...]
    words: tuple[str, ...]
    titles: tuple[str, ...]
    parts: tuple[str, ...]
    weight: int
    note_class: str


# name | modalities | act | neighbours | words | titles | parts | weight | class; a hyphen stands for nothing
_TABLE = """
THORAX | DX | ZBQK002 | LJQK002 | RX THORAX; THORAX PA; POUMON F | Radiographie thoracique; Radio de thorax de face | CHEST; THORAX | 14
HEAD | CT | ACQK001 | ACQH003 | CRANE SS IV; SCAN CEREBRAL | Scanner cérébral; TDM cérébrale sans injection | HEAD; CRANE | 9
HEAD_IV | CT | ACQH003 | ACQK001 | CRANE IV; SCAN CEREBRAL INJ | Scanner cérébral injecté | HEAD; CRANE | 2
ABDOMEN | CT | ZCQH001 | ZCQK004 ZCQH002 | SCAN AP IV+; ABDO PELV | Scanner abdomino-pelvien; TDM abdominopelvienne avec injection | ABDOMEN; ABDOPELV | 7
LUNG | CT | ZBQK001 | ZBQH001 | SCAN THORAX SS IV; THORAX HR | Scanner thoracique; TDM thoracique sans injection | CHEST; THORAX | 5
ANGIO | CT | ECQH010 | ZBQH001 | ANGIO TDM PULM; EP | Angioscanner thoracique | CHEST; THORAX | 4
TAP | CT | ZZQH033 | ZZQK024 | TAP IV; SCAN TAP | Scanner thoraco-abdomino-pelvien | CHEST; TAP; ABDOMEN | 3
BRAIN | MR | ACQN001 | ACQJ002 | IRM ENCEPHALE; IRM CRANE | IRM cérébrale; IRM encéphalique sans injection | BRAIN; HEAD | 4
BRAIN_IV | MR | ACQJ002 | ACQN001 | IRM ENCEPHALE GADO | IRM cérébrale avec injection | BRAIN; HEAD | 3
SPINE | MR | LHQN001 | LHQN002 LHQJ001 | IRM LOMBAIRE; RACHIS LOMB | IRM du rachis lombaire | LSPINE; SPINE | 3
LIVER | MR | ZCQJ004 | ZCQN002 | IRM FOIE; IRM HEPATIQUE INJ | IRM hépatique | ABDOMEN; LIVER | 2
- | CR | NAQK015 | NAQK071 NAQK007 | BASSIN F; RX BASSIN | Radiographie du bassin | PELVIS; BASSIN | 4
- | CR | NFQK001 | NFQK003 NFQK002 | GENOU DT F P; GENOU | Radiographie du genou | KNEE; GENOU | 5
- | DX | NGQK001 | NDQK001 | CHEVILLE F P; RX CHEVILLE | Radiographie de la cheville | ANKLE; - | 4
- | DX | MGQK003 | MGQK001 MDQK001 | POIGNET F P; RX POIGNET | Radiographie du poignet | WRIST; POIGNET | 4
- | DX | MAQK003 | MAQK001 | EPAULE; RX EPAULE | Radiographie de l'épaule | SHOULDER; EPAULE | 3
- | DX | ZCQK002 |  | ASP; ABDOMEN SS PREP | Abdomen sans préparation | ABDOMEN | 2
- | US | ZCQM005 | ZCQM008 ZCQM010 | ECHO ABDO PELV; ABDOMEN | Echographie abdominale et pelvienne | ABDOMEN; - | 5
- | US | JAQM004 | JAQM003 | ECHO RENALE; REINS VESSIE | Echographie rénale et vésicale | KIDNEY; - | 3
- | US | DZQM006 | DZQM005 | ETT; ECHO COEUR | Echographie cardiaque; Echocardiographie transthoracique | HEART; - | 6 | CR-ECHO-COEUR
- | US | EJQM003 | EJQM004 | DOPPLER MI; VEINES MI | Echo-Doppler veineux des membres inférieurs | LEG; - | 3 | CR-DOP-MI
- | US | EBQM001 | EBQM002 | DOPPLER TSA; TSA | Echo-Doppler des troncs supra-aortiques | NECK; - | 3
- | XA | DDQH009 | DDQH012 | CORO; CORONAROGRAPHIE | Coronarographie | HEART; - | 1 | CR-CORO
- | NM | PAQL002 |  | SCINTI OS; OS CE | Scintigraphie osseuse | WHOLEBODY; - | 1
BEDSIDE | DX | ZZQK002 | ZBQK002 | THORAX AU LIT; RX LIT THORAX | Radiographie thoracique au lit | CHEST; THORAX | 0
PET | PT CT | ZZQL016 |  | TEP FDG; PET SCAN CE | TEP-scanner au 18FDG; Tomographie par émission de positons | WHOLEBODY; - | 0
MAMMO | MG | QEQK001 | QEQK005 | MAMMO BILAT; MAMMOGRAPHIE | Mammographie | BREAST; SEIN | 0
BREAST | US | QEQM001 |  | ECHO SEIN; ECHO MAMMAIRE | Echographie mammaire | BREAST; - | 0
"""


def _sort(modalities: str, act: str, neighbours: str, *texts: str, note_class: str) -> Sort:
    *several, weight = texts
    words, titles, parts = (tuple("" if text == "-" else text for text in cell.split("; ")) for cell in several)
    return Sort(modalities, act, tuple(neighbours.split()), words, titles, parts, int(weight), note_class)


def _table() -> tuple[tuple[str, Sort], ...]:
    rows = ([cell.strip() for cell in line.split("|")] for line in _TABLE.strip().splitlines())
    return tuple((row[0], _sort(*row[1:8], note_class=(row[8:] or ["CR-IMAG"])[0])) for row in rows)


SORTS = tuple(sort for _, sort in _table())
NAMED = {name: sort for name, sort in _table() if name != "-"}
PLAIN = tuple(sort for sort in SORTS if sort.note_class == "CR-IMAG" and sort.weight)
TRAUMA = tuple(sort for sort in PLAIN if sort.modalities in ("DX", "CR") and sort != NAMED["THORAX"])
GENERIC = ("Compte rendu d'imagerie", "CR IMAGERIE", "Compte-rendu d'examen")
