"""The demo's three customers: what each labels, and what each calls it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from demo.catalogue import THING_KINDS, Domain


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer: the domain it works in and its own words for our classes."""

    name: str
    domain: Domain
    words: Mapping[str, str]  # thing class -> the customer's label, where they differ from `class` with spaces
    stuff: Mapping[str, str]  # stuff class -> label; stuff that is not here stays unlabelled

    @property
    def labels(self) -> Mapping[str, str]:
        """The label of every class of thing in the customer's domain, in the catalogue's order."""
        return {kind: self.words.get(kind, kind.replace("_", " ")) for kind in THING_KINDS[self.domain]}

    def index(self, kind: str) -> int:
        """Return the position of a class among the customer's labels, from 0 on."""
        return list(THING_KINDS[self.domain]).index(kind)


ATLAS = Customer("atlas", "everyday", MappingProxyType({"plant": "potted plant", "mug": "cup", "lamp": "table lamp"}), MappingProxyType({}))
_ACME_WORDS = {
    "car": "Automobile", "truck": "Lorry", "bus": "Bus", "bicycle": "Bike", "person": "Pedestrian", "traffic_light": "TrafficLight",
    "traffic_sign": "SignSymbol", "cone": "Cone", "dog": "Animal-Dog", "hydrant": "Hydrant",
}  # fmt: skip
_ACME_STUFF = {"sky": "Sky", "building": "Building", "road": "Road", "pavement": "Sidewalk", "vegetation": "Tree", "pole": "Pole"}
ACME = Customer("acme", "driving", MappingProxyType(_ACME_WORDS), MappingProxyType(_ACME_STUFF))
_RAPID_WORDS = {
    "bottle": "water bottle", "mug": "coffee mug", "shoe": "sneaker", "shirt": "t-shirt", "wine_glass": "stemware", "banana": "Bananas",
}  # fmt: skip
_RAPID_STUFF = {"wall": "backdrop", "shelf": "rack", "counter": "counter top", "floor": "floor"}
RAPID = Customer("rapid", "retail", MappingProxyType(_RAPID_WORDS), MappingProxyType(_RAPID_STUFF))
CUSTOMERS: tuple[Customer, ...] = (ATLAS, ACME, RAPID)
