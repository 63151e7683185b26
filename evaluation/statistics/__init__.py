"""Intervals, tests and power for paired differences clustered by image."""
