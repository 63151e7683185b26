"""The sections of the evaluation report, each from the tables or images that it shows, and the page around them."""
