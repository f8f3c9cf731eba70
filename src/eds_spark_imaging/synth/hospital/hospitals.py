"""The hospitals: codes, groups, PACS history, spellings and departments; then the machines that each one runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from eds_spark_imaging.synth.hospital.clock import FEED_BREAK


@dataclass(frozen=True, slots=True)
class Hospital:
    """One hospital: identity, history of its PACS, and how its people write.

    ``steps`` holds (first year, share of exams archived): an archive grows as machines are connected.
    ``pattern`` is a regular expression that finds the hospital in its own spellings of InstitutionName.
    """

    code: str
    trigram: str
    group: str
    name: str
    spellings: tuple[str, ...]
    pattern: str
    pacs_start: date
    pacs_resumes: date
    steps: tuple[tuple[int, float], ...]
    renamed_year: int
    order: int
    file_prefix: str = ""

    @property
    def nda_prefix(self) -> str:
        """First two characters of visit files: the code's last two digits, but for one hospital with its own."""
        return {"014": "AP"}.get(self.code, self.code[1:])

    def archive(self, modality: str, when: datetime) -> int | None:
        """Which of its two PACS holds exams of that time (1 or 2), or None before, between and after their feeds."""
        connected = date(self.pacs_start.year + _CONNECTED_AFTER.get(modality, 0), self.pacs_start.month, 1)
        if when.date() < connected:
            return None
        if when < FEED_BREAK:
            return 1
        return 2 if when.date() >= self.pacs_resumes else None

    def archived_share(self, when: datetime) -> float:
        """Share of the exams of that year that reach the archive."""
        return [share for year, share in self.steps if year <= when.year][-1]


_CONNECTED_AFTER = {"US": 3, "XA": 2, "MG": 2, "NM": 1, "PT": 1}  # years after the first machines
_STEPS = (
    ((1900, 0.45), (2009, 0.7), (2014, 0.95)),
    ((1900, 0.6), (2011, 0.97)),
    ((1900, 0.35), (2012, 0.65), (2016, 0.95)),
)

# fmt: off
_TABLE = (
    # code, trigram, group, name, spellings of InstitutionName, pattern, PACS start, PACS resumes
    ("066", "PSL", "G01", "PITIE SALPETRIERE", ("HOPITAL PITIE SALPETRIERE", "Pitié-Salpêtrière", "GH PITIE"), "piti",
        (2006, 3), (2023, 5)),
    ("047", "LRB", "G02", "LARIBOISIERE", ("HOPITAL LARIBOISIERE", "Lariboisière", "CHU LARIBOISIERE"), "lariboisi",
        (2005, 1), (2023, 4)),
    ("021", "CCH", "G03", "COCHIN", ("HOPITAL COCHIN", "Hôpital Cochin", "COCHIN PORT ROYAL"), "cochin", (2008, 9),
        (2023, 7)),
    ("010", "BCT", "G04", "BICETRE", ("CHU BICETRE", "Hôpital Bicêtre", "HOPITAL BICETRE"), "bic[eê]tre", (2007, 5),
        (2023, 9)),
    ("011", "BCH", "G02", "BICHAT", ("HOPITAL BICHAT", "Bichat - Claude Bernard", "BICHAT"), "bichat", (2010, 1),
        (2023, 4)),
    ("087", "TNN", "G01", "TENON", ("HOPITAL TENON", "Hôpital Tenon", "TENON APHP"), "tenon", (2009, 6), (2023, 6)),
    ("061", "NCK", "G03", "NECKER", ("NECKER ENFANTS MALADES", "Hôpital Necker", "NECKER"), "necker", (2006, 11),
        (2023, 7)),
    ("026", "HMN", "G04", "HENRI MONDOR", ("HOPITAL HENRI MONDOR", "Henri-Mondor", "CHU MONDOR"), "mondor", (2005, 6),
        (2023, 8)),
    ("073", "SAT", "G01", "SAINT ANTOINE", ("HOPITAL SAINT ANTOINE", "St Antoine", "CHU ST-ANTOINE"),
        "(saint|st)[ -]antoine", (2011, 2), (2023, 5)),
    ("076", "SLS", "G02", "SAINT LOUIS", ("HOPITAL SAINT LOUIS", "St Louis", "CHU ST-LOUIS"), "(saint|st)[ -]louis",
        (2008, 1), (2023, 4)),
    ("075", "EGP", "G03", "EUROPEEN GEORGES POMPIDOU", ("HEGP", "Hôpital G. Pompidou", "HOPITAL POMPIDOU"),
        "hegp|pompidou", (2005, 2), (2023, 10)),
    ("014", "APR", "G05", "AMBROISE PARE", ("HOPITAL AMBROISE PARE", "Ambroise-Paré", "APR BOULOGNE"),
        "ambroise[ -]par|apr", (2012, 4), (2023, 6)),
)
# fmt: on

MOST_HOSPITALS = len(_TABLE)


def first_hospitals(count: int) -> list[Hospital]:
    """The first ``count`` hospitals; no two of them start or resume together by design, some share a group."""
    return [
        Hospital(
            code=code,
            trigram=trigram,
            group=group,
            name=name,
            spellings=spellings,
            pattern=pattern,
            pacs_start=date(*start, 1),
            pacs_resumes=date(*resumes, 1),
            steps=_STEPS[order % len(_STEPS)],
            renamed_year=2011 + order % 5 * 2,
            order=order,
            file_prefix=("", "IM", "I", "")[order % 4],
        )
        for order, (code, trigram, group, name, spellings, pattern, start, resumes) in enumerate(_TABLE[:count])
    ]


@dataclass(frozen=True, slots=True)
class Department:
    """A performing department (Unité Fonctionnelle): its code, name, and the years between which it is open."""

    code: str
    name: str
    opened: date | None
    closed: date | None


_DEPARTMENTS = {
    # key: (name until it is renamed, name afterwards)
    "radio": ("RADIOLOGIE CENTRALE", "IMAGERIE MEDICALE"),
    "scanner": ("SCANNER", "IMAGERIE EN COUPES SCANNER"),
    "irm": ("CENTRE IRM", "IRM"),
    "echo": ("ECHOGRAPHIE", "IMAGERIE - ECHOGRAPHIE"),
    "nucleaire": ("MEDECINE NUCLEAIRE", "MEDECINE NUCLEAIRE ET TEP"),
    "senologie": ("RADIO-SENOLOGIE", "IMAGERIE DE LA FEMME"),
    "cardio": ("EXPLORATIONS CARDIO", "CARDIOLOGIE INTERVENTIONNELLE"),
    "urgences": ("RADIOLOGIE URGENCES", "IMAGERIE DES URGENCES"),
}


@cache
def departments(hospital: Hospital) -> dict[str, tuple[Department, Department]]:
    """By key, the department before and after the year in which the hospital renamed it."""
    change = date(hospital.renamed_year, 1, 1)
    return {
        key: (
            Department(f"{hospital.code}{100 + rank}", old, None, change),
            Department(f"{hospital.code}{200 + rank}", new, change, None),
        )
        for rank, (key, (old, new)) in enumerate(_DEPARTMENTS.items())
    }


def department(hospital: Hospital, key: str, when: datetime) -> Department:
    """The department that performs exams of that sort at that time."""
    before, after = departments(hospital)[key]
    return before if when.year < hospital.renamed_year else after


@dataclass(frozen=True, slots=True)
class Device:
    """A machine and the habits of its headers.

    ``charset`` is what SpecificCharacterSet says (None: absent), ``codec`` how bytes are really written.
    """

    modality: str
    manufacturer: str
    model: str
    station: str
    ae_title: str
    serial: str
    software: str
    institution: str | None
    charset: str | None
    codec: str
    explicit: bool
    undefined_lengths: bool
    enhanced: bool

    @property
    def codes_anatomy(self) -> bool:
        """True where the machine fills AnatomicRegionSequence."""
        return self.manufacturer.startswith(("Philips", "Canon", "Carestream"))

    @property
    def mislabelled(self) -> bool:
        """True where the machine writes UTF-8 and says otherwise."""
        return self.codec == "utf-8" and self.charset != "ISO_IR 192"


# fmt: off
_MODELS = {
    "CT": (("SIEMENS", "SOMATOM Force"), ("GE MEDICAL SYSTEMS", "Revolution CT"), ("Philips", "iCT 256"),
        ("Canon", "Aquilion")),
    "MR": (("SIEMENS", "Aera"), ("GE MEDICAL SYSTEMS", "SIGNA Artist"), ("Philips Medical Systems", "Ingenia"),
        ("SIEMENS", "Skyra")),
    "PT": (("SIEMENS", "Biograph64"), ("GE MEDICAL SYSTEMS", "Discovery 690")),
    "NM": (("GE MEDICAL SYSTEMS", "INFINIA"), ("SIEMENS NM", "Symbia T2")),
    "CR": (("FUJIFILM Corporation", "FCR Profect"), ("Agfa", "ADC_51xx")),
    "DX": (("Philips Medical Systems", "DigitalDiagnost"), ("SIEMENS", "Ysio"), ("Carestream Health", "DRX-Evolution")),
    "MG": (("HOLOGIC, Inc.", "Selenia Dimensions"), ("GE MEDICAL SYSTEMS", "Senographe Essential")),
    "US": (("GE Vingmed Ultrasound", "Vivid E9"), ("Philips Medical Systems", "EPIQ 7G"),
        ("TOSHIBA_MEC_US", "TUS-A500")),
    "XA": (("SIEMENS", "AXIOM-Artis"), ("Philips Medical Systems", "AlluraXper")),
}
# fmt: on

# Of ten machines, seven say Latin-1 and write it; the others say UTF-8, say nothing, or write something else.
_CHARSETS: tuple[tuple[str | None, str], ...] = (
    *(("ISO_IR 100", "latin-1"),) * 7,
    ("ISO_IR 192", "utf-8"),
    (None, "latin-1"),
    ("ISO_IR 100", "utf-8"),
)


@cache
def devices(hospital: Hospital, modality: str) -> tuple[Device, ...]:
    """The machines of one modality in one hospital, two or three of them."""
    models = _MODELS[modality]
    return tuple(_device(hospital, modality, models, unit) for unit in range(2 + hospital.order % 2))


def _device(hospital: Hospital, modality: str, models: tuple[tuple[str, str], ...], unit: int) -> Device:
    number = hospital.order * 7 + list(_MODELS).index(modality) * 3 + unit
    manufacturer, model = models[(hospital.order + unit) % len(models)]
    charset, codec = _CHARSETS[number % len(_CHARSETS)]
    institution = None if number % 11 == 4 else hospital.spellings[unit % len(hospital.spellings)]
    return Device(
        modality=modality,
        manufacturer=manufacturer,
        model=model,
        station=f"{hospital.trigram}{modality}{unit + 1:02d}",
        ae_title=f"{hospital.trigram}_{modality}{unit + 1}",
        serial=f"{hospital.code}{number:05d}",
        software=f"{number % 5 + 1}.{unit}.0",
        institution=institution,
        charset=charset,
        codec=codec,
        explicit=number % 13 != 6,
        undefined_lengths=manufacturer.startswith(("GE", "Philips")),
        enhanced=manufacturer.startswith("Philips") and modality in ("CT", "MR"),
    )
