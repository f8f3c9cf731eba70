"""Views over the tables: parameters of each modality, the work list of identity vigilance, exams with their events."""

from __future__ import annotations

from eds_spark_imaging.dicom.declaration import VIEWS as MODALITY_VIEWS
from eds_spark_imaging.dicom.declaration.attribute import Level
from eds_spark_imaging.lake.exam_views import EXAM_VIEWS
from eds_spark_imaging.lake.view import View
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.attributes import aggregated_columns
from eds_spark_imaging.tables.link_words import LinkStatus
from eds_spark_imaging.tables.spec import sql_text
from eds_spark_imaging.terminology.cim10_hierarchy import cim10_hierarchy


def _acquisitions(name: str, modalities: frozenset[str]) -> View:
    """The series of some main modalities: keys, then the columns that mean something for these."""

    def select(catalogue: Catalogue) -> str:
        keep = [a for a in catalogue.attributes if not a.modalities or a.modalities & modalities]
        own = [c.name for c in aggregated_columns(keep, frozenset({Level.ACQUISITION}))]
        columns = ["study_instance_uid", "series_instance_uid", "main_modality", "number_of_instances", *own]
        listed = ", ".join(f"'{m}'" for m in sorted(modalities))
        return f"SELECT {', '.join(columns)} FROM imaging_acquisition WHERE main_modality IN ({listed})"

    comment = f"imaging_acquisition of {', '.join(sorted(modalities))}, with their own columns only"
    return View(f"imaging_acquisition_{name}", "imaging_acquisition", "series of an exam", comment, select)


def _worklist(_: Catalogue) -> str:
    """Conflicts first, then ambiguous exams, the latest exams first; the candidates of an exam by rank."""
    return f"""
        SELECT s.study_instance_uid, s.link_status, s.study_datetime, s.hospital_code, s.main_modality,
            s.study_description, s.patient_id, s.issuer_of_patient_id, s.patient_name, s.patient_birth_date,
            s.patient_sex, s.accession_number, s.conflicts,
            p.rank AS candidate_rank, p.ipp AS candidate_ipp, p.person_id AS candidate_person_id, p.method, p.methods,
            p.score, p.evidence.matched_on, p.evidence.matched_ipp, p.evidence.family_name AS family_name_state,
            p.evidence.given_name AS given_name_state, p.evidence.birth_date AS birth_date_state,
            p.evidence.sex AS sex_state, p.evidence.contradictions, p.reason
        FROM imaging_study s JOIN imaging_study_person p ON s.study_instance_uid = p.study_instance_uid
        WHERE s.removed_at IS NULL AND s.link_status IN ('{LinkStatus.CONFLICT}', '{LinkStatus.AMBIGUOUS}')
        ORDER BY s.link_status DESC, s.study_datetime DESC, s.study_instance_uid, p.rank"""


def _unmapped(_: Catalogue) -> str:
    """Descriptions of which nothing gave a part, the most frequent first."""
    texts = "s.main_modality, e.study_description, s.series_description, s.protocol_name, s.body_part_examined"
    return f"""
        SELECT {texts}, count(*) AS number_of_series, count(DISTINCT s.study_instance_uid) AS number_of_studies
        FROM imaging_series s JOIN imaging_study e ON s.study_instance_uid = e.study_instance_uid
        WHERE s.terms_version IS NOT NULL AND coalesce(CAST(s.body_parts AS STRING), '[]') = '[]'
        GROUP BY {texts}
        ORDER BY number_of_series DESC, {texts}"""


def _text(value: str) -> str:
    """A literal that Spark and DuckDB read alike: they do not agree on how an apostrophe is escaped."""
    return " || chr(39) || ".join(map(sql_text, value.split("'")))


def _cim10_groups(_: Catalogue) -> str:
    """All chapters and blocks, from the project's own list."""
    rows = ", ".join(f"({', '.join(map(_text, group))})" for group in cim10_hierarchy())
    names = "key, level, first_category, last_category, title_fr, title_en"
    return f"SELECT {names} FROM (VALUES {rows}) AS g({names})"


def _fill_drift(_: Catalogue) -> str:
    """Months whose share differs by half from that of the twelve months before that the device has."""
    before = "OVER (PARTITION BY device_serial_number, manufacturer_model_name, main_modality, attribute ORDER BY month"
    before += " ROWS BETWEEN 12 PRECEDING AND 1 PRECEDING)"
    return f"""
        SELECT device_serial_number, manufacturer_model_name, main_modality, attribute, month, series,
            filled / series AS share, filled_before / series_before AS share_before
        FROM (SELECT *, sum(series) {before} AS series_before, sum(filled) {before} AS filled_before
            FROM imaging_fill_rate)
        WHERE series >= 10 AND series_before >= 10 AND abs(filled / series - filled_before / series_before) >= 0.5"""


VIEWS = (
    *(_acquisitions(name, frozenset(modalities)) for name, modalities in MODALITY_VIEWS.items()),
    View(
        name="cim10_group",
        table="imaging_study_diagnosis",
        grain="chapter or block of CIM-10",
        comment="Chapters and blocks of CIM-10 by their categories; a category is in one chapter, and may be in several"
        " blocks within one another",
        select=_cim10_groups,
    ),
    View(
        name="imaging_unmapped_description",
        table="imaging_series",
        grain="description of series without known body part",
        comment="Texts that the lexicon does not map to a body part, by volume: what a site may add as terms",
        select=_unmapped,
    ),
    View(
        name="imaging_fill_drift",
        table="imaging_fill_rate",
        grain="device, modality, month and attribute",
        comment="Months in which a device fills an attribute much more, or much less, than in the twelve before",
        select=_fill_drift,
    ),
    View(
        name="imaging_link_worklist",
        table="imaging_study_person",
        grain="candidate of an exam in conflict or ambiguous",
        comment="Exams for the identity-vigilance team: what the header says beside the evidence for each candidate;"
        " decisions go into link_decision",
        select=_worklist,
    ),
    *EXAM_VIEWS,
)
