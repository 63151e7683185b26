from lake.publishing.content import EMPTY_CONTENT, changed_content, file_identity

A = file_identity({"source": "a"}, 1, "00" * 32)
B = file_identity({"source": "b"}, 1, "00" * 32)


def test_the_order_of_coming_and_going_does_not_matter() -> None:
    both = changed_content(EMPTY_CONTENT, added=[A, B])
    assert changed_content(changed_content(EMPTY_CONTENT, added=[B]), added=[A]) == both
    assert changed_content(both, removed=[A]) == changed_content(EMPTY_CONTENT, added=[B])
    assert changed_content(both, removed=[A, B]) == EMPTY_CONTENT


def test_the_same_file_twice_is_other_content_than_once() -> None:
    assert changed_content(EMPTY_CONTENT, added=[A, A]) != changed_content(EMPTY_CONTENT, added=[A])


def test_part_rows_and_bytes_all_count() -> None:
    assert len({A, B, file_identity({"source": "a"}, 2, "00" * 32), file_identity({"source": "a"}, 1, "11" * 32)}) == 4


def test_content_is_64_hexadecimal_characters_even_below_zero() -> None:
    below = changed_content(EMPTY_CONTENT, removed=[A])
    assert len(below) == 64
    assert changed_content(below, added=[A]) == EMPTY_CONTENT
