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


def test_right_answers_are_right_however_their_roundings_add_up():
    less = Property("less", "subtracts", st.nothing(), relation=lambda calls, values: values[0] - values[1])
    calls = [Call((np.array([float(n)]),)) for n in range(3)]
    right = [np.array([1000.1, 5.0]), np.array([1000.0, 1.0]), np.array([0.1, 4.0])]
    rounded = [answer_of([1000.15, 5.0]), answer_of(right[1]), answer_of(right[2])]
    assert less.failure(calls, rounded, right) is None
    wrong = [*rounded[:2], answer_of([0.1, 4.1])]
    assert less.failure(calls, wrong, right) is not None


def test_a_count_is_compared_exactly_and_an_integral_float_is_a_right_count():
    counts = Property("counts", "counts", st.nothing())
    call = Call((5, [(3, 1)]))
    assert call.scale() is None
    for answer, fails in ((61_706, False), (61_706.0, False), (61_707, True), (61_706.5, True)):
        assert (counts.failure([call], [answer_of(answer)], [np.array(61_706)]) is not None) == fails


@pytest.mark.parametrize("answer", [1.7e308, -1.7e308, 2**63 - 1])
def test_counts_too_large_for_a_relation_are_wrong_and_do_not_end_the_grader(answer):
    """Relations of counts use Python's whole numbers, which have no end: 10 times the largest float is one."""
    tenfold = Property("tenfold", "counts", st.nothing(), relation=lambda _, values: np.asarray(int(values[0]) * 10))
    calls, expected = [Call((1,)), Call((2,))], [np.array(1), np.array(10)]
    failure = tenfold.failure(calls, [answer_of(answer), answer_of(answer)], expected)
    assert failure is not None
    if isinstance(answer, float):
        assert failure[2] == "gives numbers too large to calculate with"


def test_a_call_may_state_what_its_rounding_errors_are_measured_by():
    values = Property("values", "gives values", st.nothing())
    logits, right = np.array([1e4, 0.0]), np.array([1.0, 0.0])
    near = answer_of([1.0, 0.01])
    assert values.failure([Call((logits,))], [near], [right]) is None
    assert values.failure([Call((logits,), magnitude=1.0)], [near], [right]) is not None


def test_the_dtype_is_judged_where_a_property_says_so():
    right = np.array([1, 2], np.uint8)
    for keeps, fails in ((False, False), (True, True)):
        prop = Property("dtype", "gives bytes", st.nothing(), keeps_dtype=keeps)
        failure = prop.failure([Call((right,))], [answer_of([1.0, 2.0])], [right])
        assert (failure is not None) == fails
        assert not fails or failure[2] == "dtype is float64, but should be uint8"


@pytest.mark.parametrize(
    ("answer", "said"),
    [([5.0, 6.0], ""), ([6.0, 5.0], "is not sorted"), ([1.0], "shape is"), ([np.nan, 1.0], "not finite")],
)
def test_a_rule_judges_answers_of_the_right_shape(answer, said):
    def rule(calls, values):
        return "" if (np.diff(values[0]) > 0).all() else "is not sorted"

    prop = Property("rule", "sorts", st.nothing(), rule=rule)
    failure = prop.failure([Call((np.zeros(2),))], [answer_of(answer)], [np.array([1.0, 2.0])])
    assert said in failure[2] if said else failure is None
