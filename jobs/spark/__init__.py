"""The thin engine around the pure stages; the only home of pyspark."""
