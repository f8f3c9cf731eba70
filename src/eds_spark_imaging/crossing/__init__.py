"""Exams crossed with the visits, acts, reports and diagnoses of their patient.

Visits, acts and reports are settled patient by patient, without Spark: ``patient`` says what one patient has,
``visits``, ``acts`` and ``reports`` weigh pairs, ``assignment`` settles them where they compete. ``frames`` makes rows
of patients for ``workers``, ``results`` makes tables of the pairs; ``diagnoses`` and
``procedures`` join by a window of days.
"""
