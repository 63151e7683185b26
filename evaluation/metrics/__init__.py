"""Metrics of one predicted mask against its truth."""
