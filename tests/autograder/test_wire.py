"""Frames and values: what we send comes back the same, and what breaks a rule is refused before it costs memory."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder import wire
from cnnkit.answers import VALUE, Answer, answer_of
from cnnkit.exercises.layouts import LAYOUTS, lay_out, layout_of

ARRAYS = hnp.arrays(
    st.sampled_from([np.uint8, np.int64, np.float32, np.float64, np.bool_]),
    hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=5),
)


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
    payload = bytearray()
    sent = np.arange(6, dtype=">f4").reshape(2, 3).copy(order)
    got = wire.unpack_answer(wire.pack_answer(answer_of(sent), payload), payload)
    np.testing.assert_array_equal(got.value, sent)


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
    "header",
    [None, [], {}, 7, {"t": []}, {"t": 7}, {"kind": "value"}, {"kind": "right", "text": "believe me"}],
)
def test_an_answer_that_is_none_is_refused(header):
    with pytest.raises(wire.WireError):
        wire.unpack_answer(header, bytearray())


def test_what_cannot_be_sent_says_so():
    with pytest.raises(TypeError, match="cannot send a set"):
        wire.pack({1, 2}, bytearray())


def test_an_answer_of_several_arrays_comes_back():
    payload = bytearray()
    sent = Answer(VALUE, (np.zeros((2, 3)), np.ones(4)))
    got = wire.unpack_answer(wire.pack_answer(sent, payload), payload)
    assert [part.shape for part in got.value] == [(2, 3), (4,)]


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


def test_only_the_grader_may_send_a_dict():
    payload = bytearray()
    packed = wire.pack({"conv1.bias": np.zeros(2)}, payload)
    with pytest.raises(wire.WireError, match="unknown kind"):
        wire.unpack_answer(packed, payload)
    with pytest.raises(wire.WireError, match="needs a text"):
        wire.unpack_answer({"t": [packed]}, payload)
    with pytest.raises(wire.WireError, match="needs a text"):
        wire.unpack_arrays([packed], payload)
    with pytest.raises(TypeError, match=r"other keys than text: \[1\]"):
        wire.pack({1: 2}, payload)


def test_a_generator_travels_as_its_seed():
    payload = bytearray()
    sent = wire.pack((np.random.default_rng(7),), payload)
    (generator,) = wire.unpack(sent, payload)
    assert generator.random() == np.random.default_rng(7).random()
    with pytest.raises(wire.WireError):
        wire.unpack({"g": -1}, payload)
