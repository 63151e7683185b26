"""Of mutated image files, every crop equals what Pillow decodes, or the file is refused; `tests.support.probes.images` says how."""

from tests.support.probes.images import probe


def test_no_mutated_image_gives_wrong_pixels() -> None:
    found = probe(150, seed=1)
    assert not found.violations
    assert found.tried == sum(found.outcomes.values()) == 150
    reasons = {name.split(",")[0] for name in found.outcomes}
    assert reasons >= {"accepted", "corrupt-image", "undecodable-image"}


def test_a_mutation_is_repeated_by_its_number() -> None:
    assert probe(6, seed=2).outcomes == sum((probe(1, 2, first=number).outcomes for number in range(6)), probe(0, 2).outcomes)
