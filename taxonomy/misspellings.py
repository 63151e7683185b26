"""Tells a slip of the keyboard from another word: likeness of letters alone would make a cake of a walker and a horse of a house."""

from collections.abc import Sequence

LEAST_LETTERS = 7
"""Of a word: among shorter ones too many differ by a letter and mean other things (table and cable, chair and hair)."""
_LETTERS_FOR_ANOTHER = 9  # below, one letter for another makes other words (curtain and certain, trailer and trawler)


def is_misspelt(name: Sequence[str], known: Sequence[str]) -> bool:
    """Say whether a name is probably another one with a slip in one of its words, or with its words run together.

    A slip is a letter too many or too few, the same letters in another order, or, in long words, one letter for another;
    never in the first letter.

    Args:
        name: Words, in lower case.
        known: Words of the other, likewise.
    """
    if "".join(name) == "".join(known):
        return True
    if len(name) != len(known):
        return False
    pairs = [(word, other) for word, other in zip(name, known, strict=True) if word != other]
    return len(pairs) == 1 and _is_slip(*pairs[0])


def _is_slip(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    if len(longer) < LEAST_LETTERS or word[0] != other[0]:
        return False
    if len(shorter) == len(longer):
        wrong = sum(one != two for one, two in zip(word, other, strict=True))
        return sorted(word) == sorted(other) or (wrong == 1 and len(word) >= _LETTERS_FOR_ANOTHER)
    return any(longer[:index] + longer[index + 1 :] == shorter for index in range(len(longer)))
