"""Beginnings of headers that were met before."""
