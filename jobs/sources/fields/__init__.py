"""Fields that many formats share: points, moments, annotators, and where images lie."""
