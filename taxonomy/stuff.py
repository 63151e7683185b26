"""Names of stuff: sky, road and the like, which has no shape of its own and is what objects stand out from."""

from taxonomy.synonyms import synonym_key

_NAMES = """
background backdrop beach bridge building bush carpet carriageway ceiling cloud court desert dirt earth fence field floor fog foliage forest
grass gravel ground hedge hill lake land lawn mountain mud parking pavement platform playingfield railing railroad river road rock roof rug
sand scenery sea shore sidewalk sky skyscraper snow soil stair street terrain track tree tunnel vegetation wall water wood
"""
_STUFF = frozenset(_NAMES.split())
_QUALIFIERS = frozenset({"brick", "concrete", "marble", "merged", "metal", "other", "panel", "plastic", "stone", "stuff", "tile", "wood"})
"""Last words that say what stuff is made of, or that a data set joined several: `wall-brick`, `grass-merged`, `sky-other-merged`."""
_GENERIC = ("background", "backdrop", "other", "stuff", "scenery", "surroundings")


def is_stuff(label: str) -> bool:
    """Whether a label names stuff."""
    key = synonym_key(label)
    while len(key) > 1 and key[-1] in _QUALIFIERS:
        key = key[:-1]
    return bool(key) and key[-1] in _STUFF


def generic_background(class_ids: list[str]) -> str | None:
    """Return the class that takes whatever stuff has no class of its own, None where there is none.

    Args:
        class_ids: Of the classes under `background`.
    """
    named = {" ".join(word for word in synonym_key(class_id) if word not in {"merged"}): class_id for class_id in class_ids}
    return next((named[name] for name in _GENERIC if name in named), None)
