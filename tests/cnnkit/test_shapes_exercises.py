"""What is particular to lesson 05: its worked numbers, and the questions of its quiz worked out by hand."""

import pytest

from cnnkit.exercises import find, find_question, questions

LESSON = "05-shapes-and-parameters"


def test_the_worked_numbers():
    call = {name: find(name).reference for name in ("output_size", "conv_output_shape", "conv_params", "dense_params")}
    assert call["output_size"](32, 5) == 28
    assert call["conv_output_shape"]((32, 32, 3), 10, 5, pad=2) == (32, 32, 10)
    assert call["conv_params"](5, 3, 1) == 76
    assert call["conv_params"](5, 3, 10) == 760
    assert call["conv_params"](3, 1, 5, bias=False) == 45
    assert call["dense_params"](3_000_000, 1000, bias=False) == 3_000_000_000
    assert find("locally_connected_params").reference((32, 32, 1), 5, 3, pad=1, bias=False) == 46_080
    assert find("receptive_field").reference([(5, 1), (2, 2), (5, 1), (2, 2)]) == 16


@pytest.mark.parametrize(
    ("name", "numbers", "answer"),
    [
        ("padded_size", {"height": 20, "width": 31, "pad": 3}, (26, 37)),
        (
            "map_shape",
            {"height": 32, "width": 33, "channels": 3, "filters": 8, "kernel": 5, "stride": 2, "pad": 1},
            (15, 16, 8),
        ),
        ("layer_parameters", {"side": 99, "kernel": 3, "channels": 2, "filters": 4}, 76),
        ("pooled_shape", {"height": 20, "width": 25, "depth": 6, "size": 3, "stride": 2}, (9, 12, 6)),
        # 5, then one step of 1 is 6; two steps of 2 are 10; two steps of 4 are 18.
        ("stack_field", {"first": 5, "pool": 2, "second": 3, "step": 2, "third": 3}, 18),
        ("detector_response", {"window": [[1, 2], [3, 4]], "kernel": [[30, 0], [-5, 30]]}, 135),
    ],
)
def test_questions_worked_out_by_hand(name, numbers, answer):
    assert find_question(name).answer(**numbers) == answer


def test_two_students_seldom_share_an_answer():
    for question in questions()[LESSON]:
        answers = [question.answer(**question.numbers("course", f"student {n}")) for n in range(100)]
        assert max(answers.count(answer) for answer in answers) <= 6, question.name
