"""What came of many disturbed things: how many of each outcome, and which ones broke a promise."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcomes:
    """A table of outcomes; a violation says how to repeat it."""

    name: str
    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
