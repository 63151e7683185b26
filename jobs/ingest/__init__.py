"""Ingest: from the records of an export to rows of `images`, `annotations` and `rejects`."""
