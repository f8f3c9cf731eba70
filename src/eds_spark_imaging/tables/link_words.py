"""The words of the patient link: methods, statuses, causes, decisions, and what the evidence may say."""

from __future__ import annotations

from eds_spark_imaging.vocabulary import Word


class LinkStatus(Word):
    """How an exam stands with its patient: every exam has exactly one."""

    LINKED = "linked", "accepted, PatientID is the person's IPP"
    LINKED_RECOVERED = "linked_recovered", "accepted by another method"
    CONFLICT = "conflict", "not accepted, and an identifier led to a person who is contradicted"
    AMBIGUOUS = "ambiguous", "not accepted, several persons fit equally, or one that nothing confirms enough"
    UNLINKED_UNKNOWN_ID = "unlinked_unknown_id", "not accepted, there is an identifier that leads nowhere"
    UNLINKED_NO_ID = "unlinked_no_id", "not accepted, there is no identifier, or a placeholder"
    NOT_A_PATIENT = "not_a_patient", "a phantom, a test, quality control or service"
    NOT_ATTEMPTED = "not_attempted", "no base centrale was given"


class LinkMethod(Word):
    """How an exam led to a person; best first."""

    MANUAL = "manual", "a decision by hand (`link_decision`)"
    IPP = "ipp", "PatientID is the IPP"
    IPP_MERGED = "ipp_merged", "PatientID is an IPP that was merged into the person's"
    IPP_CLEANED = "ipp_cleaned", "the IPP after blanks, zeros, a prefix or an issuer suffix are taken off"
    NIP = "nip", "the number of the old hospital group, in its own group"
    VISIT_NUMBER = (
        "visit_number",
        "the visit file's number, as PatientID, admission, episode or accession number, near its dates",
    )
    OTHER_PATIENT_ID = "other_patient_id", "OtherPatientIDs holds the IPP or NIP"
    ACCESSION_NUMBER = (
        "accession_number",
        "the accession number of an act or report, at its hospital and near its date",
    )
    TRAITS = "traits", "birth date, family name and given name, one of the names in whole"
    IPP_ONE_DIGIT = "ipp_one_digit", "one digit of the IPP wrong, two swapped, one missing or one too many"
    NIP_ELSEWHERE = "nip_elsewhere", "a NIP without a hospital, or of another group"
    PROBABILISTIC = "probabilistic", "a trained model; off unless asked for"


class TraitState(Word):
    """How a trait of the header stands to that of the person."""

    AGREE = "agree", "the same, in whole"
    COMPATIBLE = "compatible", "the same as far as it goes: part of a name, or the year where only the year is told"
    MISSING = "missing", "absent on one side, or a value that stands for an unknown one"
    DIFFER = "differ", "anything else"


class Contradiction(Word):
    """What makes a person impossible, unless somebody decides otherwise."""

    BIRTH_DATE = "birth_date", "the birth date differs in more than one error of typing would make"
    NAMES = "names", "the names have no word in common"
    TWO_TRAITS = "two_traits", "two traits differ"
    UNSUPPORTED = "unsupported", "a trait differs, and neither the birth date nor the whole name agrees beside it"
    BEFORE_BIRTH = "before_birth", "the exam lies before the birth, and no other trait confirms the person"
    AFTER_DEATH = "after_death", "the exam lies after the day of death, and no other trait confirms the person"
    NEWBORN = "newborn", "the name is that of a newborn, and the person is a year old or more"
    TWO_PATIENTS = (
        "two_patients",
        "the files of the exam name two patients: two birth dates, and two identifiers or names",
    )


class DateFault(Word):
    """How the date of an exam does not fit the life of a person."""

    BEFORE_BIRTH = "before_birth", "before the birth"
    AFTER_DEATH = "after_death", "after the day of death"


class Refusal(Word):
    """Why a candidate was not accepted."""

    CONTRADICTED = "contradicted", "something makes the person impossible"
    REJECTED_BY_HAND = "rejected_by_hand", "somebody decided that the exam is not this person's"
    NEEDS_TRAITS = "needs_traits", "nothing but traits could make it believed, and they do not"
    RIVAL = "rival", "another person fits as well"
    OUTRANKED = "outranked", "another person fits better"
    IMPROBABLE = "improbable", "the model finds it less probable than the threshold"


class LinkChange(Word):
    """What a change of a link changed; the first that applies."""

    FIRST = "first", "the exam had not been linked before"
    STATUS = "status", "the status"
    PERSON = "person", "the person"
    METHOD = "method", "the method"
    VERIFIED = "verified", "whether traits verify it"


class LinkCause(Word):
    """Why an exam is linked, or linked again."""

    EXAM = "exam", "it is new, or its identity fields changed"
    DECISION = "decision", "somebody decided by hand"
    RULES = "rules", "the configuration of the link, or the version of this package"
    BASE_CENTRALE = "base_centrale", "an identity, merge, visit, act or report that the exam meets"


class Decision(Word):
    """What a person may decide on an exam and a patient."""

    ACCEPT = "accept", "the exam is this patient's, whatever the cascade finds"
    REJECT = "reject", "the exam is not this patient's"
