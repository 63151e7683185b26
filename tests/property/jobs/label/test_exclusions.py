"""Whatever is withdrawn, held out or repeated: no annotation is lost, none is left out without a reason, none comes back."""

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.label.exclusions import Exclusions
from jobs.label.final_splits import FinalSplits
from jobs.withdrawing import withdrawn_rejects
from lake.withdrawals import Withdrawn
from tests.support.annotation_tables import LABELS, invented_annotations, invented_images


@cache
def _annotations() -> pa.Table:
    return invented_annotations(invented_images(12), 80, shapes=20)


IDS = st.sets(st.sampled_from(sorted(set(_annotations().column("image_id").to_pylist()))), max_size=5).map(frozenset)
NAMES = st.sets(st.sampled_from(sorted(LABELS)), max_size=1).map(frozenset)
WITHDRAWN = st.builds(Withdrawn, NAMES, NAMES, IDS)
INSTANCES = st.sets(st.sampled_from(_annotations().column("instance_id").to_pylist()), max_size=9)


@settings(deadline=None, max_examples=60)
@given(WITHDRAWN, IDS, st.sampled_from(["", *LABELS]), INSTANCES)
def test_rows_in_are_rows_labelled_plus_rejects(withdrawn: Withdrawn, held: frozenset[str], fixed: str, repeated: set[str]) -> None:
    rows = _annotations()
    splits = FinalSplits({fixed: "test"} if fixed else {}, {}, dict.fromkeys(held, fixed))
    exclusions = Exclusions(withdrawn, splits, dict.fromkeys(repeated, "x"))
    kept, rejects = exclusions.divided(rows)
    assert len(rows) == len(kept) + len(rejects)
    assert len(set(rejects.column("reject_id").to_pylist())) == len(rejects)
    assert not pc.any(withdrawn.rows(kept)).as_py()
    assert not set(kept.column("instance_id").to_pylist()) & repeated
    stays = kept.filter(pc.is_in(kept.column("image_id"), pa.array(sorted(held), pa.string())))
    assert set(stays.column("source").to_pylist()) <= {fixed}
    assert set(rejects.column("reason").to_pylist()) <= {"withdrawn", "held-out", "duplicate-record"}


@settings(deadline=None, max_examples=60)
@given(WITHDRAWN)
def test_what_covers_a_row_is_what_takes_it_out(withdrawn: Withdrawn) -> None:
    rows = _annotations()
    out = withdrawn.rows(rows)
    subjects = zip(*(rows.column(name).to_pylist() for name in ("source", "customer", "image_id")), strict=True)
    assert out.to_pylist() == [withdrawn.covers(*subject) is not None for subject in subjects]
    refused = withdrawn_rejects("withdraw", rows.filter(out), withdrawn, identity="instance_id")
    assert len(refused) + len(rows.filter(pc.invert(out))) == len(rows)
