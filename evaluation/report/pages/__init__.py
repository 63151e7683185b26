"""The parts of the evaluation report, as HTML and SVG that needs no network."""
