"""Readers of annotation exports, one module a format; what they yield stands in `jobs.sources.records`."""
