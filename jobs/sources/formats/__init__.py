"""Readers of export formats, a module each."""
