"""Vocabularies of the field: reference data and pure functions; only a referential of the site is read from a file."""
