"""The patient link: which person of the base centrale each exam belongs to, with the evidence."""

from eds_spark_imaging.transforms.identity.base import BaseCentrale
from eds_spark_imaging.transforms.identity.candidates import candidates
from eds_spark_imaging.transforms.identity.decisions import decide, not_attempted
from eds_spark_imaging.transforms.identity.exams import with_requests
from eds_spark_imaging.transforms.identity.history import link_history
from eds_spark_imaging.transforms.identity.survivors import survivors

__all__ = ["BaseCentrale", "candidates", "decide", "link_history", "not_attempted", "survivors", "with_requests"]
