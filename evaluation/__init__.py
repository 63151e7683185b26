"""Grades predictions: metrics, scores, statistics, the gate with its registry, and the report; knows no torch and no Spark."""
