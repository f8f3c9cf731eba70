"""Tables of exams, series and acquisition parameters."""

from __future__ import annotations

from collections.abc import Sequence

from eds_spark_imaging.dicom.declaration.attribute import Attribute, Level
from eds_spark_imaging.tables.attributes import aggregated_columns
from eds_spark_imaging.tables.files import CHANGED_RUN, ROW_HASH
from eds_spark_imaging.tables.links import LINK_COLUMNS
from eds_spark_imaging.tables.spec import BIGINT, BOOLEAN, DOUBLE, INSTANT, STRING, STRINGS, WALL_CLOCK, Column, Table
from eds_spark_imaging.tables.terms import SERIES_TERMS, STUDY_TERMS
from eds_spark_imaging.treatment import Treatment
from eds_spark_imaging.vocabulary import Word


class SeriesCompleteness(Word):
    """What tells whether all images of a series are there."""

    AS_PLANNED = "as_planned", "as many as ImagesInAcquisition, or NumberOfTemporalPositions times the slices, tells"
    NO_GAP = "no_gap", "numbers of images, or positions, in even steps; nothing tells how many there should be"
    GAP_IN_POSITIONS = "gap_in_positions", "a slice is missing between others that are evenly spaced"
    TIME_POINTS_MISSING = "time_points_missing", "fewer time points, or slices at some, than planned"
    FEWER_THAN_PLANNED = (
        "fewer_than_planned",
        "fewer images than ImagesInAcquisition tells; the others may be in another series: series_complete is null",
    )
    GAP_IN_NUMBERS = "gap_in_numbers", "numbers of images have a gap: their steps differ"
    NOT_TOLD = "not_told", "the headers do not tell: series_complete is null"


STUDY_UID = Column(
    "study_instance_uid",
    STRING,
    "UID of the exam, as stored. DICOM StudyInstanceUID",
    False,
    True,
    treatment=Treatment.PSEUDONYM,
)
SERIES_UID = Column(
    "series_instance_uid",
    STRING,
    "UID of the series, as stored. DICOM SeriesInstanceUID",
    False,
    True,
    treatment=Treatment.PSEUDONYM,
)
KEYS = {STUDY_UID.name, SERIES_UID.name}

INSTANCES = Column("number_of_instances", BIGINT, "Instances, duplicates not counted", False, treatment=Treatment.KEEP)
UID_CONFLICTS = Column(
    "instances_in_conflict",
    BIGINT,
    "Instances whose SOPInstanceUID other files have with another content or in another series (uid_conflict)",
    treatment=Treatment.KEEP,
)
VARYING = Column(
    "conflicts",
    STRINGS,
    "Columns whose value differs between instances, or between frames of one; the most frequent over instances is shown"
    " (of a date with its time, a code with its scheme and text), where an object counts with its first frame",
    treatment=Treatment.KEEP,
)

STUDY_COLUMNS = (
    Column(
        "study_datetime",
        WALL_CLOCK,
        "Date and time of the exam, hospital wall-clock; midnight where no time is. The study's most frequent pair, one"
        " with a time first, or else the earliest of the instances, as series_datetime",
        treatment=Treatment.SHIFT,
    ),
    Column(
        "study_datetime_source",
        STRING,
        "Where it comes from: study, series, acquisition or content",
        treatment=Treatment.KEEP,
    ),
    Column(
        "study_datetime_quality",
        STRING,
        "complete, date_only, fallback, implausible or missing",
        False,
        treatment=Treatment.KEEP,
    ),
    Column("hospital_code", STRING, "Code of the hospital by the configuration's rules", treatment=Treatment.MASK),
    Column(
        "hospital_rule",
        STRING,
        "Rule that gave the hospital: source, institution, station, ae_title, issuer; none where no rule fits,"
        " ambiguous where one fits two hospitals",
        False,
        treatment=Treatment.KEEP,
    ),
    Column("modalities", STRINGS, "Modalities of the series, sorted", treatment=Treatment.MASK),
    Column(
        "main_modality", STRING, "The imaging modality that names the exam (a PET-CT is PT)", treatment=Treatment.MASK
    ),
    Column("number_of_series", BIGINT, "Series", False, treatment=Treatment.KEEP),
    INSTANCES,
    UID_CONFLICTS,
)

SERIES_COLUMNS = (
    Column(
        "series_datetime",
        WALL_CLOCK,
        "Date and time of the series, hospital wall-clock: the earliest of its instances; a day without time (as"
        " midnight), or a year before 1971, only where no instance has another",
        treatment=Treatment.SHIFT,
    ),
    Column(
        "series_datetime_source",
        STRING,
        "Where it comes from: series, acquisition, content or study",
        treatment=Treatment.KEEP,
    ),
    Column(
        "first_acquired_at",
        WALL_CLOCK,
        "Earliest date and time of acquisition that an instance or frame has together, hospital wall-clock",
        treatment=Treatment.SHIFT,
    ),
    Column(
        "main_modality",
        STRING,
        "The modality whose instances fill the acquisition parameters",
        treatment=Treatment.MASK,
    ),
    Column("modalities", STRINGS, "Modalities of the instances; more than one is a conflict", treatment=Treatment.MASK),
    INSTANCES,
    UID_CONFLICTS,
    Column(
        "slice_count",
        BIGINT,
        "Distinct slice positions, along the normal where there is one orientation; frames count as slices",
        treatment=Treatment.KEEP,
    ),
    Column("slice_spacing", DOUBLE, "Median distance of neighbouring slice positions. Unit: mm"),
    Column(
        "is_regular_volume",
        BOOLEAN,
        "All checks of the next columns hold; null for one image, and where headers do not tell",
    ),
    Column("has_one_orientation", BOOLEAN, "All slices have one orientation: cosines differ by 0.001 at most"),
    Column("has_orthogonal_axes", BOOLEAN, "Rows and columns are orthogonal: their normal is 1 long, within 0.01"),
    Column("has_one_pixel_spacing", BOOLEAN, "All slices have one pixel spacing"),
    Column("has_one_matrix", BOOLEAN, "All slices have as many rows, and as many columns"),
    Column("has_unique_positions", BOOLEAN, "Each image or frame has a place along the normal of its own"),
    Column("has_aligned_positions", BOOLEAN, "Slices are shifted in their plane by less than 0.1 mm"),
    Column("has_even_spacing", BOOLEAN, "The distance of neighbours is their mean distance, within 1 %"),
    Column("has_localizer_or_projection", BOOLEAN, "ImageType names a localizer or a projection, such as a MIP"),
    Column("series_complete", BOOLEAN, "All images are there, as far as headers tell; null where they do not"),
    Column(
        "series_complete_reason",
        STRING,
        "What tells it",
        values=SeriesCompleteness,
        treatment=Treatment.KEEP,
    ),
)


def _without_keys(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(c for c in columns if c.name not in KEYS)


def imaging_study(attributes: Sequence[Attribute]) -> Table:
    """One exam: the attributes of the study, then the link to the patient."""
    return Table(
        name="imaging_study",
        grain="exam (StudyInstanceUID)",
        comment="Imaging exams with their patient link",
        columns=(
            STUDY_UID,
            *STUDY_COLUMNS,
            *LINK_COLUMNS,
            *STUDY_TERMS,
            *_without_keys(tuple(aggregated_columns(attributes, frozenset({Level.STUDY})))),
            VARYING,
            Column(
                "removed_at",
                INSTANT,
                "When the exam's last file went away; null while it has files",
                treatment=Treatment.DROP,
            ),
            ROW_HASH,
            CHANGED_RUN,
        ),
        keys=("study_instance_uid",),
        cluster_by=("study_datetime", "study_instance_uid"),
        searched=(CHANGED_RUN.name,),
        pseudonymised=True,
        checks=(("counts", "number_of_series >= 0 AND number_of_instances >= 0"),),
    )


def imaging_series(attributes: Sequence[Attribute]) -> Table:
    """One series of an exam."""
    return Table(
        name="imaging_series",
        grain="series of an exam",
        comment="Series with their device, description and geometry",
        columns=(
            STUDY_UID,
            SERIES_UID,
            *SERIES_COLUMNS,
            *SERIES_TERMS,
            *_without_keys(tuple(aggregated_columns(attributes, frozenset({Level.SERIES})))),
            VARYING,
            ROW_HASH,
            CHANGED_RUN,
        ),
        keys=("study_instance_uid", "series_instance_uid"),
        cluster_by=("study_instance_uid",),
        searched=(CHANGED_RUN.name,),
        pseudonymised=True,
        checks=(("counts", "number_of_instances >= 0"),),
    )


def imaging_acquisition(attributes: Sequence[Attribute]) -> Table:
    """The acquisition parameters of one series, of the instances of its main modality."""
    return Table(
        name="imaging_acquisition",
        grain="series of an exam",
        comment="Acquisition parameters of each series, one column each",
        columns=(
            STUDY_UID,
            SERIES_UID,
            Column("main_modality", STRING, "The modality whose instances are described", treatment=Treatment.MASK),
            INSTANCES,
            *_without_keys(tuple(aggregated_columns(attributes, frozenset({Level.ACQUISITION})))),
            VARYING,
            ROW_HASH,
            CHANGED_RUN,
        ),
        keys=("study_instance_uid", "series_instance_uid"),
        cluster_by=("main_modality", "study_instance_uid"),
        searched=(CHANGED_RUN.name,),
        pseudonymised=True,
    )
