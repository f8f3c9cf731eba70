"""Marts: what the tables say of activity, coverage and quality. Pure; no Spark in what fits and judges."""
