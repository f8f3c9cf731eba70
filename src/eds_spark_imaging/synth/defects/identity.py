"""Defects of who the patient is: PatientID."""

from __future__ import annotations

from eds_spark_imaging.synth.defects.defect import DEFECTS, Scene, defect
from eds_spark_imaging.synth.hospital.model import SynthExam
from eds_spark_imaging.synth.hospital.people import nip_era


def _merged_later(exam: SynthExam, scene: Scene) -> bool:
    person = scene.life.person
    return person.ipp_on(exam.when.date()) != person.ipp


@defect("ipp_merged", 1, "old_id", 22, lambda e, s: _merged_later(e, s) and not s.life.person.circular)
def _ipp_merged(exam: SynthExam, scene: Scene) -> None:
    """The IPP of the day of the exam, merged into another since, through one to three merges."""
    exam.header.patient_id = scene.life.person.ipp_on(exam.when.date())
    exam.form = "merged"


@defect(
    "ipp_merged_in_circle",
    1,
    "old_id",
    3,
    lambda e, s: _merged_later(e, s) and s.life.person.circular,
    rare=True,
)
def _ipp_merged_in_circle(exam: SynthExam, scene: Scene) -> None:
    """An IPP merged since, in a chain that leads back to its start by error."""
    _ipp_merged(exam, scene)


@defect("nip_instead_of_ipp", 2, "old_id", 12, lambda e, s: nip_era(e.when.date()))
def _nip(exam: SynthExam, scene: Scene) -> None:
    """The NIP of the hospital group, which is another person's in other groups."""
    exam.header.patient_id = scene.population.nip(scene.life.person.index, exam.hospital.group)
    exam.header.issuer = exam.hospital.trigram if scene.rng.random() < 0.5 else ""
    exam.form = "nip"


def _variant(exam: SynthExam, text: str) -> None:
    exam.header.patient_id = text
    exam.form = "variant"


@defect("ipp_blanks", 3, "patient_id", 6)
def _ipp_blanks(exam: SynthExam, scene: Scene) -> None:
    """The IPP with blanks between its digits, and sometimes before them."""
    ipp = scene.life.person.ipp
    spaced = scene.rng.choice((f"{ipp[:2]} {ipp[2:6]} {ipp[6:]}", f"{ipp[:1]} {ipp[1:]}", f"{ipp[:4]}  {ipp[4:]}"))
    _variant(exam, " " * scene.rng.randrange(3) + spaced)


@defect("ipp_zeros", 3, "patient_id", 6)
def _ipp_zeros(exam: SynthExam, scene: Scene) -> None:
    """The IPP filled with zeros to twelve digits or more."""
    _variant(exam, scene.life.person.ipp.zfill(scene.rng.choice((12, 12, 13, 15))))


@defect("ipp_prefix", 3, "patient_id", 5)
def _ipp_prefix(exam: SynthExam, scene: Scene) -> None:
    """The IPP behind the hospital's letters or code, or the word IPP."""
    trigram, code = exam.hospital.trigram, exam.hospital.code
    prefix = scene.rng.choice((trigram, f"{trigram}-", f"{code}-", "IPP", "IPP:", f"{trigram}_"))
    _variant(exam, prefix + scene.life.person.ipp)


@defect("ipp_issuer_suffix", 3, "patient_id", 4)
def _ipp_issuer_suffix(exam: SynthExam, scene: Scene) -> None:
    """The IPP with HL7 components behind it."""
    _variant(exam, scene.life.person.ipp + scene.rng.choice(("^^^APHP", "^^^APHP^PI", f"^^^{exam.hospital.trigram}&&")))


@defect("nda_in_patient_id", 3, "patient_id", 6, lambda e, s: e.stay is not None)
def _nda_in_patient_id(exam: SynthExam, scene: Scene) -> None:
    """The visit file in the place of the IPP."""
    if exam.stay:
        exam.header.patient_id = exam.stay.nda
        exam.form = "nda"


@defect("ipp_digits_swapped", 3, "patient_id", 6)
def _ipp_digits_swapped(exam: SynthExam, scene: Scene) -> None:
    """Two neighbouring digits of the IPP in the wrong order."""
    ipp = scene.life.person.ipp
    places = [k for k in range(1, 9) if ipp[k] != ipp[k + 1]] or [0]
    k = scene.rng.choice(places)
    exam.header.patient_id = ipp[:k] + ipp[k + 1] + ipp[k] + ipp[k + 2 :]
    exam.form = "digit"


@defect("ipp_digit_wrong", 3, "patient_id", 4)
def _ipp_digit_wrong(exam: SynthExam, scene: Scene) -> None:
    """One digit of the IPP typed wrong."""
    ipp = scene.life.person.ipp
    k = scene.rng.randrange(1, 10)
    exam.header.patient_id = ipp[:k] + str((int(ipp[k]) + scene.rng.randrange(1, 10)) % 10) + ipp[k + 1 :]
    exam.form = "digit"


@defect("patient_id_empty", 3, "patient_id", 6)
def _patient_id_empty(exam: SynthExam, scene: Scene) -> None:
    """No PatientID."""
    exam.header.patient_id = ""
    exam.form = "nobody"


@defect("placeholder", 3, "patient_id", 6)
def _placeholder(exam: SynthExam, scene: Scene) -> None:
    """A word that stands for any unknown patient, mostly with no traits."""
    header, rng = exam.header, scene.rng
    header.patient_id = rng.choice(("W/I", "URGENCE", "INCONNU", "w/i", "URGENCES", "INCONNU1", "X"))
    exam.form = "nobody"
    if rng.random() < 0.7:
        header.family, header.given = rng.choice((("INCONNU", ""), ("X", ""), ("URGENCE", "INCONNU"), ("", "")))
        header.birth_date = rng.choice(("", "19000101"))
        header.sex, header.birth_name = rng.choice(("", "O")), ""
        exam.defects.append("traits_unknown")


@defect("local_id", 3, "patient_id", 4)
def _local_id(exam: SynthExam, scene: Scene) -> None:
    """An id of the machine's own in PatientID; half of these headers have the IPP among the other ids."""
    exam.header.patient_id = f"{exam.hospital.trigram[0]}{scene.rng.randrange(10_000, 99_999)}.{exam.number}"
    exam.form = "local"
    if scene.rng.random() < 0.5:
        exam.header.other_ids = [scene.life.person.ipp]


def _wrong(exam: SynthExam, scene: Scene, index: int) -> None:
    exam.holder = scene.population.person(index)
    exam.header.patient_id = exam.holder.ipp
    exam.form = "wrong"


@defect("wrong_person_ipp", 4, "patient_id", 8, lambda e, s: s.population.size > 1)
def _wrong_person(exam: SynthExam, scene: Scene) -> None:
    """A valid IPP of another person; everything else in the header is right."""
    own = scene.life.person.index
    other = scene.rng.randrange(scene.population.size - 1)
    _wrong(exam, scene, other + (other >= own))


@defect("wrong_person_unmerged", 1, "old_id", 2, lambda e, s: s.life.person.unmerged_from, rare=True)
def _wrong_person_unmerged(exam: SynthExam, scene: Scene) -> None:
    """The IPP of a person with whom this one was merged for a while by error, then un-merged."""
    _wrong(exam, scene, scene.life.person.index - 1)


@defect("wrong_person_relative", 4, "patient_id", 3, lambda e, s: s.life.person.relation is not None)
def _wrong_person_relative(exam: SynthExam, scene: Scene) -> None:
    """The IPP of a twin, parent, brother, sister or namesake; everything else in the header is right."""
    _wrong(exam, scene, scene.life.person.index - 1)


def _nobody(exam: SynthExam, patient_id: str, family: str, given: str) -> None:
    """Cut the exam off from its person: what the machine did was no patient's."""
    header = exam.header
    header.patient_id, header.family, header.given = patient_id, family, given
    header.birth_date, header.sex, header.birth_name = "", "O", ""
    header.admission_id = header.service_episode_id = header.accession = ""
    header.name_pattern = "{family}^{given}" if given else "{family}"
    exam.person = exam.stay = exam.report = exam.reload_id = None
    exam.acts = []
    exam.form = "nobody"
    exam.defects = [name for name in exam.defects if DEFECTS[name].group in ("date", "body_part")]


@defect("phantom", 4, "patient_id", 4)
def _phantom(exam: SynthExam, scene: Scene) -> None:
    """Quality control on a phantom."""
    word = scene.rng.choice(("FANTOME", "PHANTOM", "FANTÔME QC", "CQ"))
    _nobody(exam, scene.rng.choice((f"QA{exam.when:%Y%m%d}", "FANTOME", "CQ", "PHANTOM")), word, "CQ MENSUEL")
    exam.header.description = scene.rng.choice(("CONTROLE QUALITE", "QA DAILY", "CQ FANTOME"))


@defect("test_patient", 4, "patient_id", 2)
def _test_patient(exam: SynthExam, scene: Scene) -> None:
    """A test of the machine or of the network, by its maker or by the IT department."""
    _nobody(exam, scene.rng.choice(("TEST", "0000000000", "9999999999", "TEST123")), "TEST", "TEST")
    exam.header.description = "TEST"
