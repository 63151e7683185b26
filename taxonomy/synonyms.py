"""Words that labellers use for the same thing: groups of names, small on purpose; a label map settles the rest."""

from taxonomy.names import singular, words

_GROUPS = (
    ("person", "pedestrian", "human", "people", "man", "woman", "child", "walker"),
    ("car", "automobile", "auto", "sedan", "passenger car"),
    ("bicycle", "bike", "cycle", "pushbike"),
    ("motorcycle", "motorbike", "motor bike", "moped", "scooter"),
    ("bus", "coach", "omnibus", "autobus"),
    ("truck", "lorry"),
    ("train", "railway train", "locomotive"),
    ("tram", "streetcar", "trolley car"),
    ("airplane", "aeroplane", "plane", "aircraft"),
    ("boat", "ship", "vessel"),
    ("traffic light", "traffic signal", "signal light"),
    ("traffic sign", "road sign", "sign symbol", "street sign"),
    ("sidewalk", "pavement", "footpath"),
    ("road", "street", "carriageway"),
    ("sofa", "couch", "settee"),
    ("tv", "television", "tv monitor", "tvmonitor", "monitor", "screen"),
    ("cell phone", "mobile phone", "smartphone", "telephone", "phone"),
    ("cup", "mug"),
    ("bottle", "flask"),
    ("bag", "handbag", "purse", "sack"),
    ("plant", "potted plant", "pottedplant", "house plant"),
    ("dining table", "diningtable", "table", "desk"),
    ("wall", "partition"),
    ("building", "house", "edifice"),
    ("tree", "trees"),
    ("vegetation", "foliage", "greenery"),
    ("sky", "heaven", "air"),
    ("ground", "floor", "terrain"),
    ("fridge", "refrigerator"),
    ("donut", "doughnut"),
    ("can", "tin"),
    ("trash", "litter", "garbage", "rubbish", "waste"),
)

_NO_KINDS = frozenset(
    {
        ("hot", "dog"),
        ("corn", "dog"),
        ("prairie", "dog"),
        ("teddy", "bear"),
        ("guinea", "pig"),
        ("sea", "lion"),
        ("sea", "horse"),
        ("rocking", "horse"),
        ("computer", "mouse"),
        ("baseball", "bat"),
        ("cricket", "bat"),
        ("construction", "crane"),
        ("ice", "cream"),
    }
)
"""Names whose last word means something else."""
_LIKENESSES = frozenset({"toy", "stuffed", "model", "plush", "fake", "statue", "no", "non", "not"})
"""First words of names of what is no such thing."""

_IGNORED = frozenset(
    {
        ("void",),
        ("unlabeled",),
        ("unlabelled",),
        ("unknown",),
        ("ignore",),
        ("ignored",),
        ("dont", "care"),
        ("don't", "care"),
        ("other",),
        ("misc",),
        ("undefined",),
        ("out", "of", "roi"),
    }
)


def synonym_key(name: str) -> tuple[str, ...]:
    """Return the words of a name in singular: names of one key are the same name."""
    return tuple(singular(word) for word in words(name))


def synonyms(name: str) -> frozenset[tuple[str, ...]]:
    """Return the keys of all names that mean the same as this one, itself among them."""
    return _BY_KEY.get(synonym_key(name), frozenset({synonym_key(name)}))


def is_a_kind(key: tuple[str, ...]) -> bool:
    """Whether a name of several words is of a kind of its last word, as a wooden chair is and a hot dog is not."""
    return len(key) > 1 and key[-2:] not in _NO_KINDS and key[0] not in _LIKENESSES


def means_nothing(label: str) -> bool:
    """Whether a label is one that tools give to what was not labelled."""
    return words(label) in _IGNORED


_BY_KEY = {synonym_key(name): frozenset(synonym_key(other) for other in group) for group in _GROUPS for name in group}
