"""The patient link: which person of the base centrale each exam belongs to, with the evidence."""

from eds_spark_imaging.transforms.identity.base import BaseCentrale
from eds_spark_imaging.transforms.identity.candidates import candidates, judged
from eds_spark_imaging.transforms.identity.decisions import decide, not_attempted
from eds_spark_imaging.transforms.identity.exams import with_requests
from eds_spark_imaging.transforms.identity.history import link_history
from eds_spark_imaging.transforms.identity.inputs import due, link_inputs
from eds_spark_imaging.transforms.identity.meeting import Meeting, meet
from eds_spark_imaging.transforms.identity.persons import traits_of_persons
from eds_spark_imaging.transforms.identity.probabilistic import with_probable
from eds_spark_imaging.transforms.identity.survivors import survivors

__all__ = [
    "BaseCentrale",
    "Meeting",
    "candidates",
    "decide",
    "due",
    "judged",
    "link_history",
    "link_inputs",
    "meet",
    "not_attempted",
    "survivors",
    "traits_of_persons",
    "with_probable",
    "with_requests",
]
