from datetime import UTC, datetime

import pytest

from evaluation.gate.documents import Inputs
from evaluation.gate.registry import Event
from evaluation.report.pages.promotion_status import promotion_status

CANDIDATE, CHAMPION, OTHER = "n" * 64, "o" * 64, "x" * 64
VERDICT = "v" * 64
INPUTS = Inputs(CANDIDATE, CHAMPION, "", {}, 0)


def event(day: int, model: str, before: str | None, action: str = "promote", verdict_id: str | None = VERDICT, reason: str = "") -> Event:
    return Event(datetime(2026, 3, day, 4, 5, tzinfo=UTC), action, model, before, verdict_id, reason or None)


FIRST = event(1, CHAMPION, None)
PROMOTED = event(2, CANDIDATE, CHAMPION)


def test_a_candidate_that_passed_against_the_present_champion_can_be_promoted() -> None:
    assert promotion_status("PASS", VERDICT, INPUTS, [FIRST]).startswith("It can be promoted: centrepiece promote PIPELINE")
    assert promotion_status("PASS", VERDICT, Inputs(CANDIDATE, None, "", {}, 0), []).startswith("It can be promoted")


def test_a_champion_says_since_when_as_which_version_and_by_what() -> None:
    told = "It is the champion: it became version 2 on 2026-03-02 at 04:05 UTC, in place of model oooooooooooo, "
    assert promotion_status("PASS", VERDICT, INPUTS, [FIRST, PROMOTED]) == told + "promoted by this verdict."
    assert promotion_status("FAIL", "w" * 64, INPUTS, [FIRST, PROMOTED]) == told + "promoted by verdict vvvvvvvvvvvvvvvv."
    overridden = event(2, CANDIDATE, CHAMPION, "override", reason="retail is retired")
    assert promotion_status("FAIL", VERDICT, INPUTS, [FIRST, overridden]) == told + "whatever its verdict, because: retail is retired."
    assert promotion_status("PASS", VERDICT, INPUTS, [FIRST, event(2, CANDIDATE, CHAMPION, "rollback", None)]) == told + "by a rollback."


def test_the_first_champion_took_nobodys_place() -> None:
    told = promotion_status("PASS", VERDICT, Inputs(CANDIDATE, None, "", {}, 0), [event(1, CANDIDATE, None)])
    assert told == "It is the champion: it became version 1 on 2026-03-01 at 04:05 UTC, promoted by this verdict."


def test_a_champion_of_the_past_says_who_took_its_place_and_what_can_be_done() -> None:
    back = event(3, CHAMPION, CANDIDATE, "rollback", None)
    told = promotion_status("PASS", VERDICT, INPUTS, [FIRST, PROMOTED, back])
    assert told.startswith("It was the champion: it became version 2 on 2026-03-02")
    assert "version 3, model oooooooooooo, took its place on 2026-03-03 at 04:05 UTC. It can be promoted" in told


def test_a_pass_against_another_champion_asks_for_a_new_judgement() -> None:
    told = promotion_status("PASS", VERDICT, INPUTS, [FIRST, event(2, OTHER, CHAMPION)])
    assert told == "The champion is model xxxxxxxxxxxx by now: judge the candidate against it before it can be promoted."


@pytest.mark.parametrize("outcome", ["FAIL", "INCONCLUSIVE"])
def test_what_did_not_pass_will_not_be_promoted(outcome: str) -> None:
    assert promotion_status(outcome, VERDICT, INPUTS, [FIRST]).startswith("It will not be promoted.")
