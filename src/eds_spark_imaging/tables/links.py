"""Tables that tie exams to the base centrale: persons with their evidence, decisions by hand."""

from __future__ import annotations

import pyarrow as pa

from eds_spark_imaging.tables.link_words import (
    Contradiction,
    DateFault,
    Decision,
    LinkCause,
    LinkChange,
    LinkMethod,
    LinkStatus,
    Refusal,
    TraitState,
)
from eds_spark_imaging.tables.spec import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INSTANT,
    INT,
    STRING,
    STRINGS,
    Column,
    Table,
)
from eds_spark_imaging.treatment import Treatment

_STUDY = Column("study_instance_uid", STRING, "The exam", False, identifying=True)
LINKED = (LinkStatus.LINKED, LinkStatus.LINKED_RECOVERED)

LINK_COLUMNS = (
    Column(
        "ipp",
        STRING,
        "IPP of the patient that the exam is linked to, merges followed",
        identifying=True,
        treatment=Treatment.PSEUDONYM,
    ),
    Column(
        "person_id", BIGINT, "The patient that the exam is linked to, merges followed", treatment=Treatment.PSEUDONYM
    ),
    Column("link_status", STRING, "How the exam stands with its patient", values=LinkStatus, treatment=Treatment.KEEP),
    Column("link_method", STRING, "Best method that led to the patient", values=LinkMethod, treatment=Treatment.KEEP),
    Column("link_score", DOUBLE, "Strength of the link, 0 to 1; it ranks links and is not a probability"),
    Column("link_verified", BOOLEAN, "True where identity traits of the header agree with those of the patient"),
    Column("link_run", STRING, "Run that last changed the link", treatment=Treatment.DROP),
)

EVIDENCE = pa.struct(
    [
        ("matched_on", STRING),
        ("matched_ipp", STRING),
        ("family_name", STRING),
        ("given_name", STRING),
        ("birth_date", STRING),
        ("sex", STRING),
        ("contradictions", STRINGS),
    ]
)

IMAGING_STUDY_PERSON = Table(
    name="imaging_study_person",
    grain="exam x person it may belong to",
    comment="Candidate links between exams and patients, with the evidence for and against each",
    columns=(
        _STUDY,
        Column("person_id", BIGINT, "The person, merges followed", False),
        Column("ipp", STRING, "IPP of the person, merges followed", identifying=True),
        Column("method", STRING, "Best method that led to the person", False, values=LinkMethod),
        Column("methods", STRINGS, "All methods that led to the person, best first"),
        Column("score", DOUBLE, "Strength, 0 to 1; it ranks and is not a probability", False),
        Column("verified", BOOLEAN, "Identity traits of the header agree with the person's", False),
        Column(
            "evidence",
            EVIDENCE,
            f"Column of the exam that led here, IPP before merges, each trait ({', '.join(TraitState)}), and what"
            f" contradicts ({', '.join(Contradiction)})",
            identifying=True,
        ),
        Column(
            "date_fault",
            STRING,
            "How the exam's date does not fit the person's life; null where it fits. Where traits confirm the person it"
            " is held against the date, not the person",
            values=DateFault,
        ),
        Column("rank", INT, "Place among the exam's candidates, 1 is the best", False),
        Column("accepted", BOOLEAN, "The exam is linked to this person; true once per exam at the most", False),
        Column("reason", STRING, "Why not accepted", values=Refusal),
    ),
    keys=("study_instance_uid", "person_id"),
    cluster_by=("study_instance_uid", "person_id"),
    checks=(("score_range", "score BETWEEN 0 AND 1"), ("accepted_reason", "accepted = (reason IS NULL)")),
)

IMAGING_STUDY_LINK_HISTORY = Table(
    name="imaging_study_link_history",
    grain="change of the link of an exam",
    comment="Every change of a link, appended: when, in which run, from what to what",
    columns=(
        _STUDY,
        Column("link_run", STRING, "Run that changed the link", False),
        Column("changed_at", INSTANT, "When that run changed it", False),
        Column("change", STRING, "What changed", False, values=LinkChange),
        Column("cause", STRING, "Why the exam was linked again", False, values=LinkCause),
        Column("previous_status", STRING, "Status before; null at the first linking"),
        Column("previous_person_id", BIGINT, "Patient before"),
        Column("previous_ipp", STRING, "IPP before", identifying=True),
        Column("previous_method", STRING, "Method before"),
        Column("link_status", STRING, "Status after", False, values=LinkStatus),
        Column("person_id", BIGINT, "Patient after"),
        Column("ipp", STRING, "IPP after", identifying=True),
        Column("link_method", STRING, "Method after"),
    ),
    keys=("study_instance_uid", "link_run"),
    cluster_by=("study_instance_uid", "link_run"),
)

LINK_DECISION = Table(
    name="link_decision",
    grain="decision by hand on an exam and a patient",
    comment="Decisions of the identity-vigilance team: people insert rows, the link obeys the last one of each pair",
    columns=(
        _STUDY,
        Column("ipp", STRING, "IPP of the patient; a merged one stands for the surviving one", False, True),
        Column("decision", STRING, "Whether the exam is this patient's", False, values=Decision),
        Column("decided_by", STRING, "Who decided", False),
        Column("decided_at", INSTANT, "When; of several decisions the last one counts", False),
        Column("comment", STRING, "Why, in words", identifying=True),
    ),
    keys=(),
    cluster_by=("study_instance_uid",),
    checks=(("known_decision", f"lower(trim(decision)) IN ({', '.join(repr(str(word)) for word in Decision)})"),),
)

LINK_INPUT = Table(
    name="imaging_study_link_input",
    grain="exam that has been linked",
    comment="Hashes of what each link was made from; exams whose hashes differ are linked again",
    columns=(
        _STUDY,
        Column("exam_hash", BIGINT, "Of the identifying part of the exam", False),
        Column("decision_hash", BIGINT, "Of the decisions by hand on the exam; null where there are none"),
        Column("rules_hash", BIGINT, "Of the configuration of the link and the version of this package", False),
        Column(
            "base_hash",
            BIGINT,
            "Of the persons that share a key with the exam, their traits, and how they were found; null without any",
        ),
    ),
    keys=("study_instance_uid",),
    cluster_by=("study_instance_uid",),
)

PERSON_LINK_KEY = Table(
    name="person_link_key",
    grain="key of the base centrale by which exams find persons",
    comment="Hashes of the persons that each key names; exams with a key whose hash differs are looked at again",
    columns=(
        Column("kind", STRING, "ipp, nip, visit, accession or traits", False),
        Column("key", STRING, "Identifier, or birth date and beginnings of names", False, identifying=True),
        Column("key_hash", BIGINT, "Of the persons, what is known of them and what limits the key", False),
    ),
    keys=("kind", "key"),
    cluster_by=("kind", "key"),
)

IMAGING_STUDY_LINK_KEY = Table(
    name="imaging_study_link_key",
    grain="key of an exam that has been linked",
    comment="Keys by which an exam may find persons",
    columns=(
        _STUDY,
        Column("kind", STRING, "ipp, nip, visit, accession, traits, or mistyped: an IPP with a wrong digit", False),
        Column("key", STRING, "Identifier, or birth date and beginnings of names", False, identifying=True),
        Column("method", STRING, "Method that the key may lead to a person by", values=LinkMethod),
    ),
    keys=("study_instance_uid", "kind", "key"),
    cluster_by=("kind", "key"),
)

# Tables whose rows are only added: by the job itself, or by people.
APPENDED = (IMAGING_STUDY_LINK_HISTORY.name, LINK_DECISION.name)


def tables() -> tuple[Table, ...]:
    """The tables of this module, in the order in which the jobs write them."""
    return (
        IMAGING_STUDY_PERSON,
        IMAGING_STUDY_LINK_HISTORY,
        LINK_INPUT,
        PERSON_LINK_KEY,
        IMAGING_STUDY_LINK_KEY,
        LINK_DECISION,
    )
