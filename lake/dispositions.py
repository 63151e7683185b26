"""What becomes of an instance under the taxonomy: the values of `Instance.disposition`."""

KEPT = "kept"
"""Its class is approved: it can be planned."""
BACKGROUND = "background"
"""Its class is background: it is never the object at the centre."""
UNAPPROVED = "unapproved"
"""Its class is not on the approved list."""
IGNORED = "ignored"
"""A crowd, a void region, or a label that its map ignores: its pixels count for nothing."""

DISPOSITIONS = (KEPT, BACKGROUND, UNAPPROVED, IGNORED)
