"""Files, tables and the truth, written out."""
