"""Prefect flows, the stages they run in order, and the command line."""
