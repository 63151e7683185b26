"""Label: annotations under the taxonomy, and groups of images that must share a split."""
