"""A small world rendered on the spot: the embedded default input, and the source of the tests' fake data."""
