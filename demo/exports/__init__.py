"""Writers of the demo world, one module per export format."""
