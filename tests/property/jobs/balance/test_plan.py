"""What holds of every plan: nothing is lost, order and partitioning change nothing, training owns its centres."""

from functools import cache

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.masks.masks import decode, encode
from jobs.balance.cells import candidates, cell_table
from jobs.balance.eligibility import ELIGIBLE, find_ineligible
from jobs.balance.plan import Planned, plan_instances
from jobs.balance.quotas import quotas
from jobs.balance.windows import nearest_owned_pixel
from jobs.label.instances import label_annotations
from lake.configuration import BalanceSpec, CropSpec, Splits
from lake.splits import SPLITS, split_of
from taxonomy.classes import Taxonomy
from taxonomy.label_maps import LabelMap
from taxonomy.labelling import Labelling
from taxonomy.tree import grow
from tests.support.annotation_tables import LABELS, invented_annotations, invented_images

BALANCES = st.builds(
    BalanceSpec,
    by=st.sampled_from([("domain", "class"), ("class",), ("customer", "domain", "class")]),
    target=st.integers(1, 5_000),
    temperature=st.floats(0, 1),
    max_replicas=st.integers(1, 5),
    floor=st.integers(0, 60),
)
CROPS = st.builds(
    CropSpec,
    padding=st.tuples(st.floats(0, 0.4), st.floats(0.4, 1)),
    min_side=st.integers(1, 40),
    max_side=st.integers(40, 400),
    centre=st.sampled_from(["shift", "keep"]),
    seed=st.integers(0, 5),
)


@cache
def _instances() -> pa.Table:
    tree = grow({"thing": {"person": {}, "car": {}, "dog": {}}, "chair": {}, "sky": {}})
    means = {"pedestrian": "person", "automobile": "car", "Tree": "chair", "air": "sky", "crowd": ""}
    labels = {label: means.get(label, label) for labels in LABELS.values() for label in labels}
    maps = {customer: LabelMap(customer, labels, {}) for customer in LABELS}
    labelling = Labelling(Taxonomy(tree, ("sky",), ("thing",)), maps, folder=None)  # type: ignore[arg-type]
    images = invented_images(40, groups=12)
    return label_annotations(invented_annotations(images, 500, shapes=80), images, labelling).instances


def _plan(instances: pa.Table, balance: BalanceSpec, crops: CropSpec, *, parts: int = 1) -> list[Planned]:
    size = -(-len(instances) // parts)
    chunks = [instances.slice(start, size) for start in range(0, len(instances), size)]
    entered = [candidates(chunk, find_ineligible(chunk, crops) == ELIGIBLE, balance, seed=crops.seed) for chunk in chunks]
    cells = cell_table(entered, balance)
    return [plan_instances(chunk, cells, balance, crops) for chunk in chunks]


def _rows(planned: list[Planned]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    plan = pa.concat_tables([one.plan for one in planned]).sort_by("crop_id").to_pylist()
    return plan, pa.concat_tables([one.rejects for one in planned]).sort_by("reject_id").to_pylist()


@settings(max_examples=25, deadline=None)
@given(BALANCES, CROPS)
def test_every_instance_is_planned_or_a_reject_and_never_both(balance: BalanceSpec, crops: CropSpec) -> None:
    (planned,) = _plan(_instances(), balance, crops)
    distinct = set(planned.plan.column("instance_id").to_pylist())
    assert len(distinct) + len(planned.rejects) == len(_instances())
    said = {detail.rpartition(" ")[2] for detail in planned.rejects.column("detail").to_pylist()}
    assert distinct | said == set(_instances().column("instance_id").to_pylist())
    crop_ids = planned.plan.column("crop_id").to_pylist()
    assert len(set(crop_ids)) == len(crop_ids)


@settings(max_examples=25, deadline=None)
@given(BALANCES, CROPS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_and_partitioning_change_nothing(balance: BalanceSpec, crops: CropSpec, random: object, parts: int) -> None:
    order = list(range(len(_instances())))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert _rows(_plan(_instances().take(order), balance, crops, parts=parts)) == _rows(_plan(_instances(), balance, crops))


@settings(max_examples=25, deadline=None)
@given(BALANCES, CROPS)
def test_every_training_window_has_its_instance_on_its_central_pixel(balance: BalanceSpec, crops: CropSpec) -> None:
    (planned,) = _plan(_instances(), balance, crops)
    geometry = {row["instance_id"]: row for row in _instances().to_pylist()}
    for crop in planned.plan.slice(0, 200).to_pylist():
        row = geometry[crop["instance_id"]]
        mask = decode(row["geometry"], row["image_height"], row["image_width"])
        x = crop["window_left"] + crop["window_width"] // 2
        y = crop["window_top"] + crop["window_height"] // 2
        assert mask[y, x] == crop["owns_centre"]
        assert crop["owns_centre"] or crop["split"] != "train"
        if crop["split"] != "train":
            assert (x, y) == (row["box_x"] + row["box_width"] // 2, row["box_y"] + row["box_height"] // 2)


@settings(max_examples=25, deadline=None)
@given(BALANCES, CROPS)
def test_windows_have_the_sides_that_were_asked_for_and_hold_the_box_unless_shifted(balance: BalanceSpec, crops: CropSpec) -> None:
    (planned,) = _plan(_instances(), balance, crops)
    boxes = {row["instance_id"]: row for row in _instances().to_pylist()}
    for crop in planned.plan.to_pylist():
        row = boxes[crop["instance_id"]]
        for side, origin, box_side, box_origin in (
            ("window_width", "window_left", "box_width", "box_x"),
            ("window_height", "window_top", "box_height", "box_y"),
        ):
            assert max(crops.min_side, row[box_side]) <= crop[side] <= crops.max_side
            if row["owns_centre"] or crop["split"] != "train":
                assert crop[origin] <= row[box_origin]
                assert row[box_origin] + row[box_side] <= crop[origin] + crop[side]


@settings(max_examples=25, deadline=None)
@given(BALANCES, CROPS)
def test_replicas_are_for_training_alone_and_within_their_limit(balance: BalanceSpec, crops: CropSpec) -> None:
    (planned,) = _plan(_instances(), balance, crops)
    train = np.array(_instances().column("split")) == "train"
    assert planned.crops[~train].max(initial=0) <= 1
    assert planned.crops[train].max(initial=0) <= balance.max_replicas


@given(st.lists(st.integers(1, 10**6), max_size=40), BALANCES)
def test_quotas_sum_to_the_target_or_to_all_there_is_and_respect_their_bounds(counts: list[int], spec: BalanceSpec) -> None:
    cells = np.array(counts, np.int64)
    wanted = quotas(cells, spec)
    assert wanted.sum() == min(spec.target, cells.sum() * spec.max_replicas)
    assert (wanted <= cells * spec.max_replicas).all()
    floors = np.minimum(spec.floor, cells * spec.max_replicas)
    assert (wanted >= (floors if floors.sum() <= spec.target else 0)).all()


@given(st.lists(st.integers(1, 10**5), min_size=2, max_size=20), BALANCES)
def test_cells_within_their_bounds_share_by_one_level(counts: list[int], spec: BalanceSpec) -> None:
    cells = np.array(counts, np.int64)
    wanted = quotas(cells, spec)
    floors = np.minimum(spec.floor, cells * spec.max_replicas)
    wish = cells**spec.temperature if floors.sum() <= spec.target else floors.astype(float)
    lower = floors if floors.sum() <= spec.target else np.zeros_like(floors)
    free = (wanted > lower + 1) & (wanted < cells * spec.max_replicas - 1) & (wish > 0)
    if free.any():
        assert ((wanted[free] - 1) / wish[free]).max() <= ((wanted[free] + 1) / wish[free]).min()


@given(st.lists(st.text(min_size=1), min_size=1), st.floats(0, 1), st.text())
def test_a_group_is_in_exactly_one_split(groups: list[str], share: float, salt: str) -> None:
    splits = Splits(train=share, val=(1 - share) / 2, test=1 - share - (1 - share) / 2, salt=salt)
    drawn = {group: split_of(group, splits) for group in groups}
    assert set(drawn.values()) <= set(SPLITS)


@given(st.integers(0, 2**30 - 1), st.integers(0, 4), st.integers(0, 5))
def test_the_nearest_pixel_is_the_one_that_a_search_of_the_bitmap_finds(bits: int, x: int, y: int) -> None:
    mask = np.array([bits >> at & 1 for at in range(30)], bool).reshape(6, 5)
    rows, columns = np.nonzero(mask)
    pixels = sorted(((c - x) ** 2 + (r - y) ** 2, r, c) for r, c in zip(rows.tolist(), columns.tolist(), strict=True))
    expected = (pixels[0][2], pixels[0][1]) if pixels else None
    assert nearest_owned_pixel(encode(mask), 6, 5, x=x, y=y) == expected
