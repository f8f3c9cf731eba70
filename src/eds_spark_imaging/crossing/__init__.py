"""Exams crossed with the visits, acts, reports and diagnoses of their patient.

Visits, acts and reports are settled patient by patient, without Spark: ``patient`` says what one patient has, ``visits``,
``acts`` and ``reports`` weigh pairs, ``assignment`` settles them where they compete. ``frames`` brings patients to the
workers and pairs back; ``diagnoses`` and ``near_acts`` are joins alone.
"""
