"""What `jobs.balance.draws` draws from an id."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from jobs.balance.draws import draw, id_words, uniform
from lake.errors import ContractError

IDS = pa.array([hashlib.sha256(str(number).encode()).hexdigest() for number in range(5_000)])


def test_words_are_the_digits_of_the_id() -> None:
    ids = pa.array(["0123456789abcdef" + "f" * 16 + "0" * 32])
    assert [int(id_words(ids, word)[0]) for word in range(3)] == [0x0123456789ABCDEF, 2**64 - 1, 0]


def test_a_draw_depends_on_the_id_alone_not_on_its_neighbours_or_its_buffer() -> None:
    whole = draw(id_words(IDS, 0), "choice", 17)
    parts = [draw(id_words(IDS.slice(start, 700), 0), "choice", 17) for start in range(0, 5_000, 700)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(draw(id_words(pa.chunked_array([IDS.slice(4_000), IDS.slice(0, 10)]), 0), "choice", 17)[-10:], whole[:10])


def test_draws_look_uniform_and_salts_give_independent_ones() -> None:
    first, second = (uniform(draw(id_words(IDS, 0), "padding", seed)) for seed in (1, 2))
    assert np.histogram(first, bins=10, range=(0, 1))[0] == pytest.approx([500] * 10, abs=90)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05


def test_distinct_ids_never_draw_the_same() -> None:
    assert len(set(draw(id_words(IDS, 0), "choice", 1).tolist())) == len(IDS)


def test_no_ids_have_no_words() -> None:
    assert id_words(IDS.slice(0, 0), 0).size == 0


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (["a" * 63], r"expected ids of 64 hexadecimal digits, got lengths \['63'\]"),
        (["a" * 64, "A" * 64], "expected an id of lower-case hexadecimal digits, got 'AAAA.*' in row 1"),
        ([None], r"got lengths \['None'\]"),
    ],
)
def test_what_is_no_id_is_refused(faulty: list[str | None], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        id_words(pa.array(faulty, pa.string()), 0)
