"""One predicted mask and its truth in, one number or a few out."""
