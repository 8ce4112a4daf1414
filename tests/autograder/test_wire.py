"""Frames and values: what we send comes back the same, and what breaks a rule is refused before it costs memory."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder import wire
from cnnkit.answers import NO_MEMORY, RAISED, STOPPED, VALUE, Answer, Text, answer_of
from cnnkit.exercises.layouts import LAYOUTS, lay_out, layout_of

ARRAYS = hnp.arrays(
    st.sampled_from([np.uint8, np.int64, np.float32, np.float64, np.bool_]),
    hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=5),
)


def sent(*answers: Answer, after=()) -> wire.Answers:
    """Answers as they come out of the sandbox, each with the arguments after its call, or None."""
    data, echoed, after = bytearray(), bytearray(), list(after) or [None] * len(answers)
    packed = [wire.pack_answer(answer, data) for answer in answers]
    forms = [None if arrays is None else [wire.pack_array(array, echoed) for array in arrays] for arrays in after]
    reader = wire.FrameReader()
    reader.feed(wire.answers_frame(packed, forms, data, echoed))
    return wire.Answers.of_frame(*reader.next())


@given(ARRAYS, st.sampled_from(LAYOUTS))
def test_an_array_keeps_values_type_and_layout(array, layout):
    sent = lay_out(array, layout)
    payload = bytearray()
    got = wire.unpack(json.loads(json.dumps(wire.pack(sent, payload))), payload)
    assert type(got) is np.ndarray
    assert got.dtype == sent.dtype
    np.testing.assert_array_equal(got, sent)
    assert layout_of(got) == layout_of(sent)
    assert got.flags.writeable


@pytest.mark.parametrize("order", "CF")
def test_numbers_keep_their_values_whatever_their_byte_order(order):
    array = np.arange(6, dtype=">f4").reshape(2, 3).copy(order)
    np.testing.assert_array_equal(sent(answer_of(array)).answer(0).value, array)


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(1, 7))
def test_frames_survive_any_cut(payloads, step):
    stream = b"".join(wire.frame({"number": n}, payload) for n, payload in enumerate(payloads))
    reader, got = wire.FrameReader(), []
    for start in range(0, len(stream), step):
        reader.feed(stream[start : start + step])
        while (message := reader.next()) is not None:
            got.append(message)
    assert [(header["number"], bytes(payload)) for header, payload in got] == list(enumerate(payloads))


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (b"hello, grader", "does not start"),
        (b"CNX", "does not start"),
        (wire.PREFIX.pack(wire.MAGIC, 2**31, 0), "larger than allowed"),
        (wire.PREFIX.pack(wire.MAGIC, 0, 2**32 - 1), "larger than allowed"),
        (wire.PREFIX.pack(wire.MAGIC, 4, 0) + b"{{{{", "not JSON"),
        (wire.PREFIX.pack(wire.MAGIC, 2, 0) + b"[]", "not an object"),
        (wire.PREFIX.pack(wire.MAGIC, 90_000, 0) + b"[" * 90_000, "not JSON"),
    ],
)
def test_a_stream_that_is_no_frame_is_refused(stream, says):
    reader = wire.FrameReader()
    reader.feed(stream)
    with pytest.raises(wire.WireError, match=says):
        reader.next()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (["|O C 1", 0], "plain numbers"),
        (["<f8 C 2147483648", 0], "not in the payload"),
        (["<f8 C 2147483649", 0], "not valid"),
        (["<f8 C 1099511627776", 0], "plain numbers"),
        (["<f8 C -1", 0], "plain numbers"),
        (["<f8 C ١", 0], "plain numbers"),
        (["<f8 C 1\n", 0], "plain numbers"),
        (["<f8 C 1", -8], "not in the payload"),
        (["<f8 C 3", 0], "not in the payload"),
        (["<f8 C 0 2147483648 2147483648", 0], "not an array"),
        (["<f8 C 1 1 1 1 1 1 1 1 1", 0], "plain numbers"),
        (["<f8 X 1", 0], "plain numbers"),
        ([["<f8 C 1"], 0], "needs a text"),
        (["<f8 C 1", True], "needs a text"),
        (["<f8 C 1", 0, 0], "needs a text"),
        ([], "needs a text"),
        ({"pickle": "gASV"}, "unknown form"),
        ({"t": {"l": []}}, "unknown form"),
        ({"l": [{"l": [{"l": [{"l": [{"l": [{"l": [{"l": [{"l": []}]}]}]}]}]}]}]}, "too deeply"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused(value, says):
    with pytest.raises(wire.WireError, match=says):
        wire.unpack(value, bytearray(16))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("\udcff", "not JSON"),
        ("[" * 90_000, "not JSON"),
        ("{}", "two lists"),
        ("[[]]", "two lists"),
        ('["<f8 C 2", [null]]', "two lists"),
        ("[[], []]", "at least one"),
        ('[["<f8 C 2"], []]', "as many answers"),
        ('[["<f8 C 1"], [null]]', "do not fill"),
        ('[["<f8 C 3"], [null]]', "do not fill"),
        ('[["<f8 C 2", "<f8 C 2"], [null, null]]', "do not fill"),
        ('[[["<f8 C 2", "<f8 C 2"]], [null]]', "do not fill"),
        ('[["<f8 C 2147483648"], [null]]', "do not fill"),
        ('[["<f8 C 2"], [["<f8 C 2"]]]', "do not fill"),
        ('[["|O C 2"], [null]]', "plain numbers"),
        ('[["<f8 C 0 2147483648 2147483648"], [null]]', "not an array"),
        ('[[["<f8 C 2", 0]], [null]]', "needs a text"),
        ('[[[["<f8 C 2", 0]]], [null]]', "needs a text"),
        ('[[["<f8 C 2", {"d": []}]], [null]]', "needs a text"),
        ('[["<f8 C 2"], [[7]]]', "needs a text"),
        ('[["<f8 C 2"], [7]]', "list of at most 64"),
        ('[["<f8 C 2"], [{}]]', "list of at most 64"),
        ('[[["|u1 C"%s]], [null]]' % (', "|u1 C"' * 64), "list of at most 64"),
        ("[[[]], [null]]", "no arrays"),
        ("[[null], [null]]", "unknown kind"),
        ("[[{}], [null]]", "unknown kind"),
        ('[[{"d": [["conv1.bias", "<f8 C 2"]]}], [null]]', "unknown kind"),
        ('[[{"kind": "value"}], [null]]', "unknown kind"),
        ('[[{"kind": "right", "text": "believe me"}], [null]]', "unknown kind"),
        ('[[{"kind": "stopped", "text": "late"}, "<f8 C 2"], [null, null]]', "went on"),
    ],
)
def test_answers_that_break_a_rule_are_refused(text, says):
    with pytest.raises(wire.WireError, match=says):
        wire.Answers(text.encode(errors="surrogateescape"), bytes(16))


@pytest.mark.parametrize("size", [None, "2", [], True, 2.0, -1, 0, 17, 2**40])
def test_answers_without_a_text_are_refused(size):
    with pytest.raises(wire.WireError, match="need a text"):
        wire.Answers.of_frame({"event": "answers", "text": size}, bytearray(16))


def test_answers_come_back_with_what_their_calls_left_of_the_arguments():
    columns = np.asfortranarray([[1, 2, 3], [4, 5, 6]])
    several = Answer(VALUE, (np.zeros((2, 3)), np.ones(4, np.uint8)))
    sliced = np.arange(9.0).reshape(3, 3)[::2, ::2]
    raised = Answer(RAISED, text=Text.of("raised", error="KeyError: 3"))
    got = sent(answer_of(columns), several, raised, answer_of(7.0), after=[None, [sliced, columns], [], None])
    assert (len(got), got.shapes) == (4, [(2, 3), [(2, 3), (4,)], None, ()])
    np.testing.assert_array_equal(got.answer(0).value, columns)
    assert got.answer(0).value.flags.c_contiguous
    assert [part.shape for part in got.answer(1).value] == [(2, 3), (4,)]
    assert (got.answer(2).kind, got.answer(2).text, got.answer(2).text.key) == (RAISED, raised.text, "raised")
    assert got.after(0) is got.after(3) is None
    assert got.after(2) == []
    for array, was in zip(got.after(1), (sliced, columns), strict=True):
        np.testing.assert_array_equal(array, was)
        assert array.flags.c_contiguous


@given(st.lists(st.tuples(ARRAYS, st.sampled_from(LAYOUTS)), min_size=1, max_size=6))
def test_all_numbers_come_in_their_order_and_in_rows(drawn):
    arrays = [lay_out(array, layout) for array, layout in drawn]
    got = sent(*map(answer_of, arrays), after=[[array] for array in arrays])
    numbers = np.zeros(sum(array.size for array in arrays))
    got.write_numbers(numbers)
    np.testing.assert_array_equal(numbers, np.concatenate([array.ravel() for array in arrays]))


def test_what_is_no_real_number_has_no_place_among_them():
    got = sent(
        answer_of(1j), answer_of(2.0), Answer(VALUE, (np.ones(3), np.ones(2, complex))), Answer(STOPPED, text="late")
    )
    assert got.shapes == [None, (), None, None]
    numbers = np.zeros(1)
    got.write_numbers(numbers)
    assert numbers == [2.0]


def test_only_the_last_answer_may_end_the_calls():
    stopped, full = Answer(STOPPED, text="late"), Answer(RAISED, text=NO_MEMORY)
    for end in (stopped, full):
        assert sent(answer_of(1), end).last.kind == end.kind
        with pytest.raises(wire.WireError, match="went on"):
            sent(end, answer_of(1))
    assert sent(answer_of(1)).last is None


def test_what_cannot_be_sent_says_so():
    with pytest.raises(TypeError, match="cannot send a set"):
        wire.pack({1, 2}, bytearray())


def test_a_dict_travels_in_its_order_with_the_layouts_of_its_arrays():
    payload = bytearray()
    sent = {"conv10.weight": np.asfortranarray([[1, 2], [3, 4]]), "conv1.bias": np.arange(6.0)[::2], "rate": 0.5}
    got = wire.unpack(json.loads(json.dumps(wire.pack((sent, ["conv1"]), payload))), payload)
    assert got[1] == ["conv1"]
    assert list(got[0]) == list(sent)
    assert got[0]["rate"] == 0.5
    for name in ("conv10.weight", "conv1.bias"):
        np.testing.assert_array_equal(got[0][name], sent[name], strict=True)
        assert got[0][name].flags.writeable
    assert got[0]["conv10.weight"].flags.f_contiguous
    assert not got[0]["conv1.bias"].flags.c_contiguous


@pytest.mark.parametrize("pairs", [{}, [[]], [["a"]], [["a", 1, 2]], [[1, 2]], ["ab"], [[["a"], 1]], [["a", {"x": 1}]]])
def test_a_dict_of_another_form_is_refused(pairs):
    with pytest.raises(wire.WireError):
        wire.unpack({"d": pairs}, bytearray())


def test_a_dict_with_other_keys_than_text_is_not_sent():
    with pytest.raises(TypeError, match=r"other keys than text: \[1\]"):
        wire.pack({1: 2}, bytearray())


def test_a_generator_travels_as_its_seed():
    payload = bytearray()
    sent = wire.pack((np.random.default_rng(7),), payload)
    (generator,) = wire.unpack(sent, payload)
    assert generator.random() == np.random.default_rng(7).random()
    with pytest.raises(wire.WireError):
        wire.unpack({"g": -1}, payload)
