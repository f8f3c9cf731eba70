"""Vocabularies of the field: tables and pure functions without input or output."""
