"""The patient link: which person of the base centrale each exam belongs to, with the evidence."""

from eds_spark_imaging.linkage.base import BaseCentrale
from eds_spark_imaging.linkage.candidates import judged
from eds_spark_imaging.linkage.changed_keys import changed_keys, exams_with, kept_keys, key_hashes
from eds_spark_imaging.linkage.exams import with_series
from eds_spark_imaging.linkage.history import link_history
from eds_spark_imaging.linkage.link_status import decide
from eds_spark_imaging.linkage.meeting import Meeting, meet
from eds_spark_imaging.linkage.merged_patients import survivors
from eds_spark_imaging.linkage.person_keys import directory
from eds_spark_imaging.linkage.persons import surviving_persons, traits_of_persons
from eds_spark_imaging.linkage.probabilistic import with_probable
from eds_spark_imaging.linkage.relink import due, link_inputs

__all__ = [
    "BaseCentrale",
    "Meeting",
    "changed_keys",
    "decide",
    "directory",
    "due",
    "exams_with",
    "judged",
    "kept_keys",
    "key_hashes",
    "link_history",
    "link_inputs",
    "meet",
    "surviving_persons",
    "survivors",
    "traits_of_persons",
    "with_probable",
    "with_series",
]
