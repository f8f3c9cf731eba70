"""Exams crossed with the visits, acts, reports and diagnoses of their patient.

Visits, acts and reports are matched patient by patient, without Spark: ``patient`` says what one patient has,
``visits``, ``acts`` and ``reports`` weigh pairs by what ``anatomy``, ``numbers`` and ``titles`` compare, ``assignment``
decides where pairs compete, ``matching`` lets each help the others. ``frames`` makes rows of patients for ``workers``,
``results`` makes tables of the pairs; ``diagnoses`` and ``procedures`` join by a window of days.
"""
