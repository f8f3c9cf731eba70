"""Benchmarks: ``python -m benchmarks [NAME ...]``, or ``./dev bench [NAME ...]``; all of them where none is named."""
