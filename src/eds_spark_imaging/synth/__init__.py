"""A synthetic hospital group of known truth: people who do not exist, and what goes wrong with their exams."""

from eds_spark_imaging.synth.generator import SynthSummary, generate

__all__ = ["SynthSummary", "generate"]
