"""The units of an export in, shards of even weight out, and the digest of everything that the shards depend on."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson

from jobs.ingest.image_files import SoundImage
from jobs.ingest.images import Listing
from jobs.sources.records import Unit
from lake.configuration import Source, Splits
from lake.digests import StageKey, digest, stage_key

VERSION = 3
"""Of the code of ingest: raised when the same export gives other rows."""
SHARD_WEIGHT = 8192
"""Objects that a shard is expected to hold, unless one unit alone has more."""


def pack(units: Sequence[Unit], weight: int = SHARD_WEIGHT) -> list[range]:
    """Cut a sequence of units into shards, each a range of units; this depends on nothing but the units."""
    shards: list[range] = []
    begin, held = 0, 0
    for place, unit in enumerate(units):
        if place > begin and held + unit.weight > weight:
            shards.append(range(begin, place))
            begin, held = place, 0
        held += unit.weight
    if begin < len(units):
        shards.append(range(begin, len(units)))
    return shards


def ingest_key(documents: Mapping[str, str], listing: Listing, files: Iterable[Iterable[str]], source: Source, splits: Splits) -> StageKey:
    """Return the stage key of one export.

    Args:
        documents: Digest of each annotation file.
        listing: What became of each listed image; sound ones count by their bytes.
        files: Digests of the further files that each unit reads.
        source: The stanza.
        splits: Shares and salt.
    """
    inputs = {
        "documents": digest(documents),
        "images": hashlib.sha256(orjson.dumps(list(_image_states(listing)))).hexdigest(),
        "files": digest([list(unit) for unit in files]),
    }
    return stage_key("ingest", inputs=inputs, spec={"source": source, "splits": splits}, version=VERSION)


def keyed_with(key: StageKey, inputs: Mapping[str, str]) -> StageKey:
    """Return the key of the same work over further inputs."""
    preimage = key.preimage
    return stage_key("ingest", inputs={**preimage["inputs"], **inputs}, spec=preimage["spec"], version=VERSION)


def _image_states(listing: Listing) -> Iterator[tuple[str, str, str]]:
    for unit in listing:
        for outcome in unit:
            if isinstance(outcome, SoundImage):
                yield outcome.listed.ref, outcome.file.image_id, outcome.uri
            else:
                yield outcome.ref, outcome.reason.value, outcome.detail
