import numpy as np

from evaluation.statistics.multiplicity import benjamini_hochberg, holm


def test_holm_multiplies_by_the_number_of_hypotheses_left() -> None:
    assert np.allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])


def test_holm_is_monotone_and_at_most_one() -> None:
    p_values = np.random.default_rng(0).random(50)
    adjusted = holm(p_values)
    assert (adjusted >= p_values).all() and adjusted.max() <= 1
    assert (np.diff(adjusted[np.argsort(p_values)]) >= 0).all()


def test_benjamini_hochberg_is_the_textbook_example() -> None:
    p_values = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
    assert np.allclose(benjamini_hochberg(p_values), [0.05] * 5)
    assert np.allclose(benjamini_hochberg(np.array([0.001, 0.5])), [0.002, 0.5])
