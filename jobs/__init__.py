"""What Spark runs: readers of exports, ingest, label, balance, crop, score, report."""
