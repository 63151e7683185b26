"""Fields that many formats share: points, timestamps, annotators, and how they name their images."""
