"""Reaches a stored verdict again from the tables, to be compared byte for byte."""

import json

from evaluation.gate.documents import Inputs, is_sealed, verdict_id
from evaluation.gate.gates import Gates
from evaluation.gate.judge import reach_verdict
from lake.contracts import Verdict
from lake.errors import ContractError, InputError
from lake.lake import Lake


def replay_verdict(lake: Lake, identity: str) -> Verdict:
    """Reach a verdict again from the scores and gates that it names, and check that not a byte differs.

    Args:
        lake: Holds the verdict and, pinned by a tag, the scores that it was reached from.
        identity: The verdict's id, or an unambiguous prefix of it.

    Returns:
        The stored verdict, now shown to follow from the tables.

    Raises:
        InputError: There is no such verdict, or the prefix fits several.
        ContractError: The document was altered, or the tables lead to another one.
    """
    rows = lake.read("verdicts").to_pylist()
    found = [Verdict(**row) for row in rows if identity and row["verdict_id"].startswith(identity)]
    if len(found) != 1:
        raise InputError(f"expected the id of one verdict or a prefix of it, got {identity!r}, which fits {len(found)} of {len(rows)}")
    verdict = found[0]
    if not is_sealed(verdict):
        raise ContractError(f"verdict {verdict.verdict_id[:16]} does not match its document: the document was altered")
    document = json.loads(verdict.document)
    again = reach_verdict(lake, Gates.model_validate(document["gates"]), Inputs(**document["inputs"]))
    if again != verdict.document:
        raise ContractError(
            f"verdict {verdict.verdict_id[:16]} does not follow from its tables: the replay has id {verdict_id(again)[:16]}; "
            f"was it reached by another version of the code?"
        )
    return verdict
