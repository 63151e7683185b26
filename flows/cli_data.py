"""Commands that look at what is in the store: sql, doctor, taxonomy, lineage, gc."""
