"""The section on weak slices: where to look next."""

import json
from collections.abc import Sequence

from markupsafe import Markup

from evaluation.report.rendering import render
from evaluation.scores.slices import Slice


def slices_section(weak: Sequence[Slice], regressed: Sequence[Slice], metric: str) -> Markup:
    """Return the slices where the candidate is weakest, and where it lost most, as strata that gates.yaml can name."""
    proposed = dict.fromkeys(item.pattern for item in (*weak, *regressed))
    rules = [f"  - {{stratum: {json.dumps(pattern, ensure_ascii=False)}, metric: {metric}}}" for pattern in proposed]
    return render("slices", weak=weak, regressed=regressed, metric=metric, rules=rules)
