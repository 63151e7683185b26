"""The form in which names are compared: as people write them, without case, plural and punctuation."""

import re
import unicodedata

_BETWEEN_WORDS = re.compile(r"[\s_\-./:,;()\[\]]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def normalised(name: str) -> str:
    """Return the name in compatibility form, case-folded, with each run of white space as one space."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, case-folded; punctuation and a change from lower to upper case part words."""
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFKC", name))
    return tuple(word for word in _BETWEEN_WORDS.sub(" ", spaced).casefold().split() if word)


def singular(word: str) -> str:
    """Return the form under which an English word and its plural are the same; for comparing, not for printing."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith(("ches", "shes", "ses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("se"):
        return word[:-1]
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
