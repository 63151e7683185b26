"""The demo's configuration as text: taxonomy, label maps, gates and the pipeline file."""

import yaml

from demo.customers import Customer

TAXONOMY = """\
# Our classes, whatever a customer calls them: leaves are classes, and a class's path is joined with "/".
version: 1
classes:
  person: {}
  vehicle: {car: {}, truck: {}, bus: {}, bicycle: {}}
  animal: {cat: {}, dog: {}}
  signal: {traffic_light: {}, traffic_sign: {}, cone: {}}
  fixture: {hydrant: {}}
  furniture: {chair: {}, lamp: {}, plant: {}}
  kitchen: {mug: {}, teapot: {}, bottle: {}, wine_glass: {}}
  tool: {scissors: {}, key: {}, guitar: {}}
  food: {pizza: {}, banana: {}, fish: {}, pineapple: {}}
  wear: {shoe: {}, shirt: {}, umbrella: {}}
  shop: {basket: {}, hanger: {}}
  stuff: {sky: {}, building: {}, road: {}, pavement: {}, vegetation: {}, pole: {}, wall: {}, floor: {}, shelf: {}, counter: {}}
background: [stuff]          # dropped: a scene's backdrop is nobody's object
approved: [person, vehicle, animal, signal, furniture, kitchen, tool, food, wear, shop]   # fixture is not
"""

GATES = """\
# What a model must show before it is promoted. A first model is judged by its baselines: the filled box and the inscribed
# ellipse; each later one also against the champion, with the margins below.
version: 1
rules:
  - {stratum: all,        metric: edge_overlap_f, beats: [box, ellipse], margin: 0.05, min_instances: 20}
  - {stratum: "domain=*", metric: edge_overlap_f, beats: [box, ellipse], margin: 0.10, min_instances: 5}
"""

_PIPELINE = """\
# The demo: three customers, three kinds of export, one model. `centrepiece run pipeline.yaml`
name: demo
store: ./store
spark: {{master: "local[2]"}}
taxonomy: taxonomy/common.yaml
label_maps: maps/
sources:
  - {{name: coco,  customer: atlas, domain: everyday, format: coco,      scene: partial, annotations: coco/instances.json,
     images: coco/images, group_by: '(?P<group>[^/]+)[.]', licence: CC0-1.0}}
  - {{name: drive, customer: acme,  domain: driving,  format: label-png, scene: full,    annotations: drive/labels,
     images: drive/images, classes: drive/classes.json, group_by: '^(?P<group>[^_]+)_', licence: CC0-1.0}}
  - {{name: rapid, customer: rapid, domain: retail,   format: scale,     scene: partial, annotations: rapid/tasks.json,
     group_by: '(?P<group>[^/]+)[.]', licence: CC0-1.0}}
splits:  {{train: 0.55, val: 0.05, test: 0.4, salt: demo-140}}
crops:   {{padding: [0.05, 0.40], min_side: 16, max_side: 1024, centre: shift, seed: 17}}
balance: {{by: [domain, class], target: {target}, temperature: 0.5, max_replicas: 4, floor: 20}}
training: {{network: nano, epochs: {epochs}, canvas: 64, learning_rate: 0.003, pixels_per_batch: 32768}}
evaluation: {{edge_tolerance: 2, strata: [domain, customer, class, size, owns_centre], jitters: [loose-25, off-20]}}
gates: gates.yaml
"""


def pipeline_text(*, images: int) -> str:
    """Return the demo's pipeline file for a world of so many images."""
    target = max(200, 12 * images)
    return _PIPELINE.format(target=target, epochs=laptop_epochs(target))


def laptop_epochs(crops: int) -> int:
    """Return for how many epochs the small network sees so many training crops in about a minute on two cores."""
    return max(1, min(20, round(9_000 / crops)))


def label_map_text(customer: Customer) -> str:
    """Return the customer's label map: every label of its exports, and void to be ignored."""
    labels = {label: kind for kind, label in (*customer.labels.items(), *customer.stuff.items())}
    document = {"customer": customer.name, "labels": labels, "ignore": ["Unlabelled", "void"]}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
