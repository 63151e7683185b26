"""The list of our top-level packages, in one place; nothing is imported for it."""

PACKAGES = (
    "centrepiece",
    "demo",
    "evaluation",
    "flows",
    "imaging",
    "jobs",
    "lake",
    "stages",
    "taxonomy",
    "training",
)
"""Every package that the distribution installs at the top level, by name."""
