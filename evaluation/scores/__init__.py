"""Scores of instances, and the strata, curves and slices that are made of them."""
