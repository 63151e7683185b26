"""Where objects lie: local folders and S3, the Iceberg catalog, and the SQL tables beside it."""
