"""Table contracts, catalog, exactly-once publishing, object storage, errors and configuration."""
