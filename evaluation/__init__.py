"""Predictions in, metrics, strata, intervals, verdicts, the registry and the report out; knows no torch and no Spark."""
