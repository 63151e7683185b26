"""Tables and images in, the parts of the evaluation report out, as HTML and SVG text that needs no network."""
