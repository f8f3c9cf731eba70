"""Exams that show no patient: phantoms, test patterns, tests of machines and networks, service and maintenance.

Departments and vendors write what such an exam is into the patient's name and id. Many of these words are names of
people too (Mire, Service, Siemens), so a word alone decides only where nobody bears it; else the other words of the
name, the id and the traits must leave no room for a patient. Words are runs of letters: `TEST123` is `TEST`.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage import columns
from eds_spark_imaging.linkage.birth_dates import is_default_date
from eds_spark_imaging.linkage.ids import cleaned_ipp
from eds_spark_imaging.linkage.names import normalised, placeholder_words

# Products whose name ends in a number or is two words, and quality control by its letters.
_PRODUCTS = (
    r"\b(DELTA ?4|TG ?18|TG ?270|CTP ?[0-9]{3}|MATRIXX|OCTAVIUS ?4D|CAT PHAN|TO(10|16|20)|WARM ?UP|"
    r"BLANK SCAN)\b|^(C Q|Q [AC])\b"
)


def _words(text: str) -> list[str]:
    return text.split()


_QUALITY = _words(
    "QC QA CQ CQI CQE AQ DQA AUTOQC AUTOQA FANTOM FANTOME FANTOMES FANTOMS FANTHOME PHANT PHANTON COPHAN MIREDETEST"
)
_TEST = _words("TEST TESTS TST TESTING")
# Phantom products and what they are made of or show.
_PHANTOMS = _words(
    "ACR NEMA AAPM IEC CIRS GAMMEX JASZCZAK SUNNUCLEAR QRM PTW IBA CDRAD CDMAM NORMI LEEDS PIQUEUR QUASAR RANDO "
    "ALDERSON UNIFORMITY UNIFORMITE HOMOGENEITE FLOOD WATER EAU AGAR OIL HUILE AIR GEL BOTTLE BOUTEILLE CYLINDER "
    "CYLINDRE SPHERE SPHERES PLEXIGLAS PMMA MIRE MIRES PATTERN BARRES WINSTON LUTZ PICKET FENCE RESOLUTION "
    "CONTRASTE ESSAI ESSAIS DEMO DEMONSTRATION DUMMY"
)
_SERVICE = _words(
    "SERVICE SERVICES SVC SRV FSE SAV MAINTENANCE MAINT MAINTENENCE TECHNIQUE TECHNICIEN INGENIEUR ENGINEER "
    "BIOMED BIOMEDICAL PHYSICIEN PHYSIQUE RADIOPHYSIQUE CALIBRATION CALIBRAGE CALIB ETALONNAGE CONTROLE CONTROL "
    "QUALITE QUALITY CONSTANCE CONSTANCY ASSURANCE DOSIMETRIE RECETTE ACCEPTANCE INSTALLATION REGLAGE "
    "VERIFICATION TUNING WARMUP PREVENTIVE CTRL QUAL GEMS"
)
_VENDORS = _words(
    "SIEMENS HEALTHINEERS GE GEMS PHILIPS CANON TOSHIBA FUJI FUJIFILM HITACHI AGFA CARESTREAM KODAK HOLOGIC "
    "ELEKTA VARIAN ACCURAY SAMSUNG SHIMADZU ESAOTE MINDRAY ZIEHM UIH UNITED BRAINLAB GUERBET BAYER MEDRAD BRACCO "
    "EIZO BARCO"
)
# Words that say nothing about who it is.
_FILLERS = _words(
    "CT IRM MR MRI PET TEP SPECT SCANNER SCAN RX RADIO ECHO US MAMMO MG DX CR NM XA DSA EOS ARCEAU SALLE POSTE "
    "MACHINE HEAD BODY TETE CORPS ABDOMEN THORAX BASSIN PELVIS COIL ANTENNE BOBINE TABLE TUBE DETECTEUR DAILY "
    "WEEKLY MONTHLY ANNUAL YEARLY QUOTIDIEN HEBDO HEBDOMADAIRE MENSUEL MENSUELLE TRIMESTRIEL SEMESTRIEL ANNUEL "
    "ANNUELLE INTERNE EXTERNE MEDICAL MEDICALS SYSTEMS SYSTEM IMAGING IMAGERIE HEALTHCARE PATIENT NOM PRENOM NAME "
    "ONLY DO NOT USE NE PAS UTILISER SUPPRIMER DELETE DE DU DES LA LE LES ET AND FOR POUR APRES AVANT AFTER "
    "BEFORE NEW OLD NO NUM IMAGE IMAGES PACS RIS DICOM SEND ENVOI ECRAN MONITEUR MONITOR DISPLAY CONSOLE STATION "
    "INFORMATIQUE RADIOLOGIE MEDECINE NUCLEAIRE HOPITAL BLOC EQUIPE SUPPORT ADMIN USER LOCAL REMOTE FIELD SNR BAG "
    "BALL HL WORKLIST TOR TOX OBJET WARM UP MM CM ML KV"
)
# Words beside TEST that make no person of it.
_ANYBODY = _words(
    "MME MADAME MLLE MADEMOISELLE MR MONSIEUR HOMME FEMME ENFANT UN DEUX TROIS QUATRE CINQ BIS FORMATION IDENTITE "
    "INTEGRATION"
)
# In any word: nobody's name holds these. A Z or X before TEST puts a test patient at the end of a list.
_MACHINES = "CT|IRM|MR|MRI|PET|TEP|SPECT|SCAN|SCANNER|RX|RADIO|ECHO|MAMMO|PACS|RIS|DICOM|MWL|HL"
_UNMISTAKABLE = "|".join(
    (
        "PHANTH?OM|CATH?PHAN|SMPTE|ARCCHECK|ARCHECK",
        "^([ZX]+|AA+)TESTS?$",
        "^(TESTPATIENT|PATIENTTEST)$",
        f"^(TEST|QA|QC|CQ)({_MACHINES})$",
        f"^({_MACHINES})(TEST|QA|QC|CQ)$",
        f"^({'|'.join(_VENDORS)})(SERVICE|MAINTENANCE|TEST)$",
    )
)
_SIGNS = [*_QUALITY, *_TEST, *_PHANTOMS, *_SERVICE]


def is_not_a_patient(studies: DataFrame, config: LinkConfig) -> Column:
    """Whether the exam shows no patient: the header says so, its words do, or a pattern of the configuration does."""
    said = F.coalesce(columns.text(studies, "quality_control_subject") == "YES", F.lit(False))
    name, own_id = _text(studies, "patient_name"), _text(studies, "patient_id")
    for pattern in config.phantom_patterns:
        said = said | name.rlike(f"(?i){pattern}") | own_id.rlike(f"(?i){pattern}")
    # Each is worked out once, and the plan stays small.
    signs = F.struct(
        name.alias("name"),
        own_id.alias("own_id"),
        _letters(name).alias("in_name"),
        _letters(own_id).alias("in_id"),
        _is_ipp(studies, config).alias("is_ipp"),
        _has_birthday(studies).alias("has_birthday"),
        _has_year(studies).alias("has_year"),
        _has_sex(studies).alias("has_sex"),
    )
    return said | F.get(F.transform(F.array(signs), lambda signs: _by_words(signs, config)), F.lit(0))


def _by_words(of: Column, config: LinkConfig) -> Column:
    """The rule, on a struct of what it goes by."""
    name, is_ipp, birthday = of["name"], of["is_ipp"], of["has_birthday"]
    # Nobody gives a machine birth date and sex; a day of birth alone is a person's where a name is too.
    has_traits = of["has_year"] & of["has_sex"]  # 1 January, too
    # An id that has the form of an IPP may well be a patient's, and one made of the name says no more than the name.
    own_id, in_name = F.when(is_ipp, "").otherwise(of["own_id"]), of["in_name"]
    in_id = F.when(~is_ipp, F.array_except(of["in_id"], in_name)).otherwise(F.array().cast("array<string>"))
    others = [*_SIGNS, *_VENDORS, *_FILLERS, *placeholder_words(config.placeholders)]
    is_person = _any_but(in_name, others)
    plain_person = _any_but(in_name, [*others, *_ANYBODY]) & (has_traits | birthday | is_ipp)
    is_product = name.rlike(_PRODUCTS)
    has_sign, id_has_sign = _any(in_name, _SIGNS) | is_product, _any(in_id, _SIGNS) | own_id.rlike(_PRODUCTS)
    id_says_test = _any(in_id, [*_QUALITY, *_TEST])
    of_vendor = _any(in_name, _VENDORS) & (F.size(in_name) >= 2)
    two_signs = F.size(F.filter(in_name, lambda word: word.isin(*_SIGNS, *_VENDORS))) >= 2
    return (
        F.exists(F.concat(in_name, in_id), lambda word: word.rlike(_UNMISTAKABLE))
        | (_any(in_name, _TEST) & ~plain_person)
        # No phantom has an IPP, a day of birth and a sex, as test patients have.
        | ((_any(in_name, _QUALITY) | is_product) & ~plain_person & ~(is_ipp & birthday & of["has_sex"]))
        # One sign alone may be a family name, where id or traits may be a patient's, and two are family and given name
        # where the traits are beyond doubt.
        | ((has_sign | of_vendor) & ~is_person & ~(is_ipp | has_traits))
        | (has_sign & two_signs & ~is_person & ~(birthday & of["has_sex"]))
        | (id_has_sign & (~is_person | has_sign) & ~has_traits)
        | (id_says_test & ~(is_person & (has_traits | birthday)))
    )


def _text(studies: DataFrame, column: str) -> Column:
    """Upper case, a blank for each sign: patterns do not take the `^` in names for an edge of a word."""
    words = F.replace(normalised(columns.text(studies, column)), F.lit("^"), F.lit(" "))
    return F.coalesce(F.trim(words), F.lit(""))


def _letters(text: Column) -> Column:
    return F.filter(F.split(text, "[^A-Z]+"), lambda word: word != "")


def _any(words: Column, signs: list[str]) -> Column:
    return F.exists(words, lambda word: word.isin(*signs))


def _any_but(words: Column, others: list[str]) -> Column:
    return F.exists(words, lambda word: (F.length(word) >= 2) & ~word.isin(*others))


def _is_ipp(studies: DataFrame, config: LinkConfig) -> Column:
    own, hospital = columns.text(studies, "patient_id"), columns.text(studies, "hospital_code")
    return cleaned_ipp(own, hospital, config.ipp_pattern).isNotNull()


def _has_birthday(studies: DataFrame) -> Column:
    born = columns.date(studies, "patient_birth_date")
    return born.isNotNull() & ~is_default_date(born)


def _has_year(studies: DataFrame) -> Column:
    return F.coalesce(F.year(columns.date(studies, "patient_birth_date")) > 1900, F.lit(False))


def _has_sex(studies: DataFrame) -> Column:
    return F.coalesce(F.upper(columns.text(studies, "patient_sex")).isin("M", "F"), F.lit(False))
