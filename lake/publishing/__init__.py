"""Exactly-once publication: leases, shards and their receipts, commits, snapshots and records."""
