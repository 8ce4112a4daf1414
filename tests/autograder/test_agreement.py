"""What is called right at a glance is right when it is looked at closely, and nearly all that is right is seen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autograder import wire
from autograder.agreement import Sheet
from autograder.corpus import Example
from cnnkit.answers import VALUE, Answer, answer_of
from cnnkit.exercises import Call, Property

PROPERTY = Property("values", "gives the right values", st.nothing())


def example(*results, scale=1.0):
    return Example("values", [Call((np.full(2, scale),)) for _ in results], list(results), {})


def sent(*answers: Answer, first: int = 0) -> tuple[int, wire.Answers]:
    """Answers as they come out of the sandbox, the first one to the call of that number."""
    payload = bytearray()
    packed = [wire.pack_answer(answer, payload) for answer in answers]
    return first, wire.Answers(wire.answers_text(packed, [None] * len(packed)), payload)


def test_right_answers_are_seen_in_whatever_type_they_come():
    many = [
        example(np.arange(6.0).reshape(2, 3)),
        example(np.array(7), np.array([1, 2])),
        example((np.eye(2), np.ones(3))),
    ]
    answers = [
        answer_of(np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))),
        answer_of(7.0),
        answer_of([1.0, 2.0]),
        answer_of((np.eye(2, dtype=int), [True, True, True])),
    ]
    sheet, everything = Sheet(many), {id(each) for each in many}
    assert sheet.right([sent(*answers)]) == everything
    assert sheet.right([sent(*answers[2:], first=2), sent(*answers[:2])]) == everything
    assert sheet.right([sent(answer, first=number) for number, answer in enumerate(answers)]) == everything
    assert sheet.right([sent(*answers[:2])]) == {id(many[0])}
    answers[1] = answer_of([7.0])
    assert sheet.right([sent(*answers)]) == everything - {id(many[1])}


def test_a_count_must_be_exact():
    count = Example("values", [Call((3,))], [np.array(1_000_000)], {})
    assert not Sheet([count]).right([sent(answer_of(1_000_001))])
    assert Sheet([count]).right([sent(answer_of(1_000_000.0))])


def test_what_does_not_compare_is_left_to_a_closer_look():
    whole, several, empty = example(np.ones(4)), example((np.ones(2), np.ones((2, 1)))), example(np.zeros((0, 3)))
    sheet = Sheet([whole, several, empty])
    for answer in (
        answer_of(None),
        answer_of(np.ones((2, 2))),
        answer_of(np.ones(4) + 0j),
        answer_of([1, 1, np.nan, 1]),
        answer_of([1, 1, np.inf, 1]),
        Answer(VALUE, (np.ones(4),)),
    ):
        assert not sheet.right([sent(answer)])
        assert not sheet.right([sent(answer, answer_of(np.ones((2, 1))))])
    assert not sheet.right([])
    assert not sheet.right([sent(answer_of(np.ones((2, 1))), first=1)])
    assert not sheet.right([sent(answer_of(np.zeros((0, 3))), first=2)])
    assert sheet.right([sent(answer_of(np.ones(4)), answer_of(None), answer_of(np.zeros((0, 3))))]) == {id(whole)}
    assert Sheet([]).right([]) == Sheet([empty]).right([]) == set()


@given(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=4),
    st.floats(0, 1e3),
    st.sampled_from([0.0, 1e-6, 1e-5, 9.9e-5, 1.01e-4, 1e-3, np.nan, np.inf]),
)
def test_it_says_what_a_closer_look_says(numbers, scale, off):
    expected = np.array(numbers)
    got = expected.copy()
    with np.errstate(invalid="ignore"):  # infinity times 0
        got[-1] += off * (np.abs(expected).max() + scale)
    one = example(expected, scale=scale)
    answers = [answer_of(got)]
    assert bool(Sheet([one]).right([sent(*answers)])) == (PROPERTY.failure(one.calls, answers, one.expected) is None)
