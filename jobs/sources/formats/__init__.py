"""Readers of export formats: a module each, a package where one is not enough."""
