"""A relation counts only for a function that is not constant, and rounding does not make a map vary."""

import numpy as np
import pytest
from hypothesis import strategies as st

from cnnkit.answers import answer_of
from cnnkit.exercises import Call, Property

SUMS = Property("sums", "adds up", st.nothing(), relation=lambda calls, values: 2 * values[0])
CALLS = [Call((np.ones((2, 2)),)), Call((2 * np.ones((2, 2)),))]


@pytest.mark.parametrize(
    ("right", "fails"),
    [
        ([0.3, 0.3, 0.3], False),
        ([0.3, 0.1 + 0.2, 0.3], False),  # the same number, rounded in another order
        ([0.1, 0.2, 0.3], True),
    ],
)
def test_a_constant_answer_is_refused_only_where_the_right_one_varies(right, fails):
    answers = [answer_of([0.3, 0.3, 0.3]), answer_of([0.6, 0.6, 0.6])]
    failure = SUMS.failure(CALLS, answers, [np.array(right), 2 * np.array(right)])
    assert (failure is not None) == fails
    assert not fails or failure[2] == "gives the same number everywhere"
