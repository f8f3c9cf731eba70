"""The kinds of exam: one row gives its modality, act, region, wording, series and report; everything reads this table.

Labels are our own and in the words of radiographers. Acts are CCAM codes (7 characters).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesKind:
    """A series of an exam: ``recipe`` names a function of ``recipes``; ``single`` makes one instance of it."""

    recipe: str
    description: str
    single: bool = False
    view: str | None = None


@dataclass(frozen=True, slots=True)
class ExamKind:
    """A kind of exam. ``region`` is the true DICOM body part (PS3.16 Annex L), ``written`` how the field has it.

    ``weight`` counts copies in the deck of kinds. ``sided`` exams are of the left or right side.
    """

    name: str
    modality: str
    act: str
    weight: int
    region: str
    written: tuple[str, ...]
    descriptions: tuple[str, ...]
    series: tuple[SeriesKind, ...]
    department: str = "radio"
    contrast: bool = False
    sided: bool = False
    sex: str | None = None
    ages: tuple[int, int] = (0, 120)
    report: str = "CR-IMAG"
    supplements: tuple[str, ...] = ()
    anaesthesia: bool = False

    @property
    def label(self) -> str:
        """The kind in plain words, without a side."""
        return _without_side(self.descriptions[0])

    @property
    def protocol(self) -> str:
        """The name of the protocol, which tells no side."""
        return _without_side(self.descriptions[-1])


def _without_side(description: str) -> str:
    return description.replace(" {side}", "")


def _s(text: str) -> tuple[SeriesKind, ...]:
    """Series from ``recipe: description | ...``; ``recipe!`` is a single image, ``recipe/VIEW`` gives its view."""
    result = []
    for entry in text.split("|"):
        recipe, _, description = entry.strip().partition(": ")
        recipe, _, view = recipe.partition("/")
        single = recipe.endswith("!") or bool(view)
        result.append(SeriesKind(recipe.rstrip("!"), description, single, view or None))
    return tuple(result)


_THORAX = ("THORAX", "Thorax", "POUMON", "thorax", "CHEST")
_TAP = ("TAP", "THORAX ABDOMEN P", "THORAXABDOMENPELVIS", "CHEST_TO_PELVIS", "T A P")
_ABDO = ("ABDOMEN", "ABDO", "ABDOMEN^PELVIS", "ABDOPELV", "ABDOMENPELVIS")
_CRANE = ("Crâne", "CRANE", "TETE", "HEAD", "ENCEPHALE", "CERVEAU")
_RACHIS = ("RACHIS LOMBAIRE", "LSPINE", "RACHIS", "R. LOMB", "COLONNE")
_SEIN = ("SEIN", "BREAST", "Sein", "SEINS")

# fmt: off
KINDS: tuple[ExamKind, ...] = (
    # --- CT
    ExamKind("ct_tap_iv", "CT", "ZZQH033", 5, "CHESTABDPELVIS", _TAP,
        ("SCANNER TAP AVEC IV", "TDM TAP INJ", "TAP IV", "SCANNER THORACO-ABDO-PELVIEN"),
        _s("ct_scout: SCOUT | ct: TAP PORTAL 1.25 | ct: POUMON 1.25 | sr_dose: Rapport de dose"), "scanner", True,
        supplements=("YYYY600",)),
    ExamKind("ct_abdo_iv", "CT", "ZCQH001", 4, "ABDOMENPELVIS", _ABDO,
        ("SCANNER ABDO PELVIEN IV", "TDM AP + IV", "ABDOMEN PELVIS C+"),
        _s("ct_scout: Topogramme | ct: AP SANS IV | ct: AP PORTAL"), "scanner", True, supplements=("YYYY600",)),
    ExamKind("ct_abdo", "CT", "ZCQK004", 2, "ABDOMENPELVIS", _ABDO,
        ("SCANNER ABDO PELVIEN SANS IV", "UROSCANNER SANS IV", "TDM AP C-"), _s("ct_scout: SCOUT | ct: AP SANS IV"),
        "scanner"),
    ExamKind("ct_head", "CT", "ACQK001", 5, "HEAD", _CRANE,
        ("SCANNER CEREBRAL SANS IV", "TDM CRANE", "CEREBRAL C-", "Scanner crâne"),
        _s("ct_scout: SCOUT | ct: CRANE OS | ct: CRANE PARENCHYME"), "urgences"),
    ExamKind("ct_head_iv", "CT", "ACQH003", 2, "HEAD", _CRANE, ("SCANNER CEREBRAL AVEC IV", "TDM CRANE INJ"),
        _s("ct: CEREBRAL IV | ct_enhanced: CEREBRAL IV VOLUME"), "scanner", True),
    ExamKind("ct_chest", "CT", "ZBQK001", 3, "CHEST", _THORAX,
        ("SCANNER THORACIQUE SANS IV", "TDM THORAX", "THORAX BASSE DOSE"),
        _s("ct_scout: SCOUT | ct: POUMON 1 | sr_dose: Dose Report"), "scanner"),
    ExamKind("ct_angio_chest", "CT", "ECQH010", 3, "CHEST", (*_THORAX, "ARTERES PULM"),
        ("ANGIOSCANNER THORACIQUE", "AS THORAX EP", "RECHERCHE EP"),
        _s("ct_scout: SCOUT | ct: BOLUS TRACKING | ct: AP 0.6 | ot!: CAPTURE 3D"), "urgences", True,
        supplements=("ZZQP004", "YYYY600")),
    ExamKind("ct_spine", "CT", "LHQK001", 1, "LSPINE", _RACHIS, ("SCANNER RACHIS LOMBAIRE", "TDM LOMBAIRE"),
        _s("ct_scout: SCOUT | ct: LOMBAIRE OS"), "scanner"),
    ExamKind("ct_leg", "CT", "NZQK002", 1, "KNEE", ("GENOU", "KNEE", "MEMBRE INF"),
        ("SCANNER GENOU", "TDM MEMBRE INFERIEUR"), _s("ct: GENOU OS"), "scanner", sided=True),
    # --- MR
    ExamKind("mr_brain", "MR", "ACQN001", 4, "HEAD", _CRANE,
        ("IRM CEREBRALE", "IRM CEREBRALE SANS GADO", "IRM encéphale"),
        _s("mr: AX T1 | mr: AX FLAIR | mr_dwi: DIFFUSION b0 b1000 | mr: SAG T2"), "irm", supplements=("YYYY600",)),
    ExamKind("mr_brain_iv", "MR", "ACQJ002", 3, "HEAD", _CRANE,
        ("IRM CEREBRALE AVEC GADO", "IRM CEREBRALE C+", "IRM TUMEUR CEREBRALE"),
        _s("mr: AX T1 | mr_enhanced: 3D T1 GADO | mr_dwi: DIFFUSION | pr: Annotations"), "irm", True, anaesthesia=True),
    ExamKind("mr_spine", "MR", "LHQN001", 2, "LSPINE", _RACHIS,
        ("IRM RACHIS LOMBAIRE", "IRM LOMBO-SACREE", "IRM MEDULLAIRE"), _s("mr: SAG T1 | mr: SAG T2 STIR | mr: AX T2"),
        "irm"),
    ExamKind("mr_liver", "MR", "ZCQJ004", 2, "ABDOMEN", ("FOIE", "ABDOMEN", "LIVER", "ABDO"),
        ("IRM HEPATIQUE", "IRM ABDO GADO", "IRM FOIE C+"), _s("mr: AX T2 FS | mr: DYN ART | mr_dwi: DIFF FOIE"), "irm",
        True),
    ExamKind("mr_knee", "MR", "NZQN001", 2, "KNEE", ("GENOU", "KNEE", "Genou"),
        ("IRM GENOU", "IRM GENOU G", "IRM MEMBRE INF"), _s("mr: SAG DP FS | mr: COR T1"), "irm", sided=True),
    ExamKind("mr_heart", "MR", "DZQN001", 1, "HEART", ("COEUR", "HEART", "CARDIAQUE"), ("IRM CARDIAQUE", "IRM COEUR"),
        _s("mr: CINE 4CAV | mr: STIR PETIT AXE"), "irm"),
    ExamKind("mr_breast", "MR", "QEQJ001", 1, "BREAST", _SEIN, ("IRM MAMMAIRE", "IRM SEINS GADO"),
        _s("mr: AX T2 | mr: DYN SEIN | ko!: Images clés"), "irm", True, sex="F", ages=(25, 90)),
    # --- PET, nuclear medicine
    ExamKind("pet_fdg", "PT", "ZZQL016", 3, "WHOLEBODY", ("CORPS ENTIER", "WHOLEBODY", "TEP"),
        ("TEP-TDM 18F-FDG", "TEP FDG CORPS ENTIER", "PET SCAN"),
        _s("ct_lowdose: TDM ATTENUATION | pt: TEP AC | pt_nac: TEP NAC"), "nucleaire"),
    ExamKind("pet_brain", "PT", "ACQL002", 1, "HEAD", ("CERVEAU", "BRAIN"), ("TEP CEREBRALE", "TEP CERVEAU FDG"),
        _s("ct_lowdose: TDM CRANE | pt: CERVEAU AC"), "nucleaire"),
    ExamKind("nm_bone", "NM", "PAQL002", 2, "WHOLEBODY", ("SQUELETTE", "WHOLEBODY", "OS"),
        ("SCINTIGRAPHIE OSSEUSE", "SCINTI OS CORPS ENTIER"), _s("nm!: BALAYAGE ANT POST | nm_spect!: TOMO BASSIN"),
        "nucleaire"),
    ExamKind("nm_lung", "NM", "GFQL002", 1, "CHEST", ("POUMON", "POUMONS", "LUNG"),
        ("SCINTI PULMONAIRE VP", "SCINTIGRAPHIE V/Q"), _s("nm_spect!: PERFUSION | nm_spect!: VENTILATION"),
        "nucleaire"),
    ExamKind("nm_thyroid", "NM", "KCQL003", 1, "NECK", ("THYROIDE", "COU"),
        ("SCINTI THYROIDE", "SCINTIGRAPHIE THYROIDIENNE"), _s("nm!: THYROIDE FACE"), "nucleaire"),
    # --- radiography
    ExamKind("rx_chest", "DX", "ZBQK002", 12, "CHEST", _THORAX,
        ("RP F + P", "RADIO PULMONAIRE", "THORAX FACE", "Thorax F+P"), _s("dx/PA: THORAX FACE | dx/LL: THORAX PROFIL"),
        "radio"),
    ExamKind("rx_bedside", "CR", "ZZQK002", 5, "CHEST", _THORAX, ("RP AU LIT", "THORAX AU LIT", "RADIO AU LIT"),
        _s("cr/AP: THORAX AU LIT"), "radio"),
    ExamKind("rx_knee", "DX", "NFQK001", 4, "KNEE", ("GENOU", "KNEE", "Genou"),
        ("GENOU {side} F+P", "RX GENOU {side}", "GENOU F+P"), _s("dx/AP: GENOU FACE | dx/LL: GENOU PROFIL"), "radio",
        sided=True),
    ExamKind("rx_ankle", "CR", "NGQK001", 2, "ANKLE", ("CHEVILLE", "ANKLE"), ("CHEVILLE {side} F+P", "RX CHEVILLE"),
        _s("cr/AP: CHEVILLE FACE | cr/LL: CHEVILLE PROFIL"), "urgences", sided=True),
    ExamKind("rx_hand", "DX", "MDQK001", 2, "HAND", ("MAIN", "HAND", "DOIGT"),
        ("MAIN {side}", "RX MAIN/DOIGT", "MAIN F+3/4"), _s("dx/PA: MAIN FACE | dx/LLO: MAIN 3/4"), "urgences",
        sided=True),
    ExamKind("rx_pelvis", "DX", "NAQK015", 3, "PELVIS", ("BASSIN", "PELVIS", "HANCHE"),
        ("BASSIN FACE", "RX BASSIN", "BASSIN DE FACE"), _s("dx/AP: BASSIN FACE"), "radio"),
    ExamKind("rx_abdomen", "CR", "ZCQK002", 2, "ABDOMEN", ("ABDOMEN", "ASP", "ABDO"),
        ("ASP", "ABDOMEN SANS PREPARATION"), _s("cr/AP: ASP DEBOUT"), "urgences"),
    ExamKind("rx_spine", "DX", "LFQK002", 2, "LSPINE", _RACHIS, ("RACHIS LOMBAIRE F+P", "RX LOMBAIRE"),
        _s("dx/AP: LOMBAIRE FACE | dx/LL: LOMBAIRE PROFIL"), "radio"),
    # --- mammography
    ExamKind("mg_both", "MG", "QEQK001", 3, "BREAST", _SEIN, ("MAMMOGRAPHIE BILATERALE", "MAMMO BILAT", "MAMMOGRAPHIE"),
        _s("mg/R CC: D CC | mg/L CC: G CC | mg/R MLO: D OBL | mg/L MLO: G OBL"), "senologie", sex="F", ages=(35, 95),
        supplements=("YYYY600",)),
    ExamKind("mg_screening", "MG", "QEQK004", 2, "BREAST", _SEIN, ("MAMMO DEPISTAGE", "DEPISTAGE ORGANISE SEIN"),
        _s("mg/R CC: RCC | mg/L CC: LCC | mg/R MLO: RMLO | mg/L MLO: LMLO"), "senologie", sex="F", ages=(49, 75)),
    # --- ultrasound
    ExamKind("us_abdomen", "US", "ZCQM008", 5, "ABDOMEN", ("ABDOMEN", "ABDO", "FOIE"),
        ("ECHO ABDO", "ECHOGRAPHIE ABDOMINALE", "ECHO HEPATIQUE"), _s("us: ECHO ABDO"), "echo"),
    ExamKind("us_kidney", "US", "JAQM003", 2, "ABDOMEN", ("REIN", "REINS", "KIDNEY"),
        ("ECHO RENALE", "ECHO REINS VESSIE"), _s("us: REINS"), "echo"),
    ExamKind("us_thyroid", "US", "KCQM001", 2, "NECK", ("THYROIDE", "COU", "NECK"), ("ECHO THYROIDE", "ECHO CERVICALE"),
        _s("us: THYROIDE"), "echo"),
    ExamKind("us_veins", "US", "EJQM003", 2, "LEG", ("VEINES MI", "MEMBRES INF", "LEG"),
        ("ECHO DOPPLER VEINEUX MI", "EDV MI", "DOPPLER TVP"), _s("us: VEINES MI | us_cine!: COMPRESSION"), "echo",
        report="CR-DOP-MI"),
    ExamKind("us_heart", "US", "DZQM006", 4, "HEART", ("COEUR", "HEART", "CARDIAC"),
        ("ETT", "ECHO COEUR", "ECHOGRAPHIE CARDIAQUE"), _s("us_cine: ETT"), "cardio", report="CR-ECHO-COEUR"),
    ExamKind("us_pregnancy", "US", "JQQM018", 2, "PELVIS", ("FOETUS", "UTERUS", "PELVIS"),
        ("ECHO OBS T2", "ECHO MORPHO T2", "ECHO 22SA"), _s("us: ECHO T2 | sr!: Biométrie"), "echo", sex="F",
        ages=(18, 46), report="CR-ECHO-OBS"),
    ExamKind("us_breast", "US", "QEQM001", 1, "BREAST", _SEIN, ("ECHO MAMMAIRE", "ECHO SEINS"), _s("us: SEIN"),
        "senologie", sex="F", ages=(18, 95)),
    # --- angiography
    ExamKind("xa_coronary", "XA", "DDQH009", 3, "HEART", ("COEUR", "CORONAIRES", "HEART"),
        ("CORONAROGRAPHIE", "CORO DIAGNOSTIQUE"), _s("xa: CORO G | xa: CORO D | sr_dose: Rapport de dose"), "cardio",
        True, ages=(30, 95), report="CR-CORO", anaesthesia=True),
    ExamKind("xa_abdomen", "XA", "EDQH006", 1, "ABDOMEN", ("ABDOMEN", "AORTE"),
        ("ARTERIOGRAPHIE DIGESTIVE", "ARTERIO ABDO"), _s("xa: ARTERIO | ot!: CAPTURE"), "cardio", True, ages=(15, 95)),
)
# fmt: on

BY_NAME = {kind.name: kind for kind in KINDS}


def fits(kind: ExamKind, sex: str, age: float) -> bool:
    """True where that kind of exam is done on a person of that sex and age."""
    return (kind.sex is None or kind.sex == sex) and kind.ages[0] <= age <= kind.ages[1]
