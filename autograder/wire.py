"""How the grader and the sandbox talk: frames of a small JSON header and raw array bytes.

Both ends use this module; the sandbox sees it and :mod:`cnnkit.answers`, and nothing else of ours. What comes
*out* of the sandbox is hostile: a frame's size is checked before anything is allocated, dtype and shape before
an array is built; nothing is unpickled or evaluated. A frame that breaks a rule raises :class:`WireError`,
and whoever reads ends that child.

A frame is ``b"CNN1"``, two big-endian uint32 (bytes of header, bytes of payload), the header, the payload.
An array stands in a request's header as ``["<f8 C 2 3", 48]``: dtype, memory layout and sides, and where in the payload
its bytes start. That is short, and read once however many arrays are of one form. The arrays of :class:`Answers` lie in
their order, without gaps.
"""

import json
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from cnnkit.answers import DIED, FORBIDDEN, NO_MEMORY, RAISED, SENTENCES, STOPPED, UNUSABLE, VALUE, Answer, Text

MAGIC = b"CNN1"
PREFIX = struct.Struct("!4sII")
#: Bytes that a child may send at once. A header holds names and shapes, everything long is payload; JSON grows when
#: it is parsed, so its limit is the smaller. A larger frame ends the child.
MAX_HEADER = 256 * 2**10
MAX_PAYLOAD = 32 * 2**20
#: Bytes of one result; a larger one is refused by the child itself, with a sentence for the student.
MAX_RESULT = 16 * 2**20
#: Bytes that are read at a time: more would be new memory from the system each time, which takes longer than reading.
READ = 2**16

#: dtype, layout (in rows, in columns, sliced), sides.
_FORM = re.compile(r"([<|](?:b1|[iu][1248]|f[248]|c8|c16)) ([CFS])((?: [0-9]{1,10}){0,8})")
_LARGEST_SIDE = 2**31
_DEPTH = 6
_PLAIN = (bool, int, float, str)


class WireError(ValueError):
    """A frame broke the protocol."""


def frame(header: dict, payload: bytes | bytearray = b"") -> bytes:
    """Pack one frame.

    Examples
    --------
    >>> frame({"op": "end"})[:4]
    b'CNN1'
    """
    text = json.dumps(header, separators=(",", ":")).encode()
    return PREFIX.pack(MAGIC, len(text), len(payload)) + text + payload


class FrameReader:
    """Cuts a byte stream into frames.

    Examples
    --------
    >>> reader = FrameReader()
    >>> reader.feed(frame({"op": "end"}))
    >>> reader.next()
    ({'op': 'end'}, bytearray(b''))
    >>> reader.next() is None
    True
    """

    def __init__(self, max_header: int = MAX_HEADER, max_payload: int = MAX_PAYLOAD):
        self._buffer = bytearray()
        self._limits = max_header, max_payload

    def feed(self, data: bytes) -> None:
        """Add bytes as they arrive."""
        self._buffer += data

    def next(self) -> tuple[dict, bytearray] | None:
        """The next complete frame, or None when more bytes are needed.

        Raises
        ------
        WireError
            When the stream is not frames, or a frame is larger than the limits allow.
        """
        if len(self._buffer) < PREFIX.size:
            if not MAGIC.startswith(bytes(self._buffer[:4])):
                raise WireError("the stream does not start with a frame")
            return None
        magic, header_size, payload_size = PREFIX.unpack_from(self._buffer)
        if magic != MAGIC:
            raise WireError("the stream does not start with a frame")
        if header_size > self._limits[0] or payload_size > self._limits[1]:
            raise WireError(f"a frame of {header_size} + {payload_size} bytes is larger than allowed")
        end = PREFIX.size + header_size + payload_size
        if len(self._buffer) < end:
            return None
        text = self._buffer[PREFIX.size : PREFIX.size + header_size]
        payload = self._buffer[PREFIX.size + header_size : end]
        del self._buffer[:end]
        try:
            header = json.loads(text.decode())
        except (ValueError, RecursionError) as error:
            raise WireError("a frame's header is not JSON") from error
        if not isinstance(header, dict):
            raise WireError("a frame's header is not an object")
        return header, payload


# --- values -------------------------------------------------------------------------------------------------


def pack(value, payload: bytearray):
    """Turn arguments into JSON, appending array bytes to `payload`; memory layout (C, F, sliced) is kept.

    Examples
    --------
    >>> payload = bytearray()
    >>> pack((np.zeros((2, 3), order="F"), 2), payload)
    {'t': [['<f8 F 2 3', 0], 2]}
    >>> len(payload)
    48
    """
    if isinstance(value, np.ndarray):
        offset = len(payload)
        return [pack_array(value, payload), offset]
    if isinstance(value, np.random.Generator):  # a fresh one, as default_rng makes it
        return {"g": value.bit_generator.seed_seq.entropy}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return {"t": [pack(part, payload) for part in value]}
    if isinstance(value, list):
        return {"l": [pack(part, payload) for part in value]}
    if isinstance(value, dict):  # pairs, as JSON's own objects are tags here
        if not all(isinstance(name, str) for name in value):
            raise TypeError(f"cannot send a dict with other keys than text: {list(value)!r:.80}")
        return {"d": [[name, pack(part, payload)] for name, part in value.items()]}
    if value is None or isinstance(value, _PLAIN):
        return value
    raise TypeError(f"cannot send a {type(value).__name__}: {value!r}")


def unpack(value, payload: bytearray, depth: int = 0):
    """Rebuild what :func:`pack` wrote: the grader's requests in the sandbox, and its own files.

    Arrays are writable, own their layout, and are base-class ``ndarray``. What comes out of the sandbox goes through
    :class:`Answers`, which takes arrays only.

    Raises
    ------
    WireError
        For a dtype that is not plain numbers, a negative or too large shape, bytes outside the payload, or any
        other structure.

    Examples
    --------
    >>> payload = bytearray()
    >>> unpack(pack([np.arange(6).reshape(2, 3)[:, ::2]], payload), payload)[0].flags.c_contiguous
    False
    """
    if type(value) is list:
        return _unpack_array(value, payload)
    if value is None or type(value) in _PLAIN:
        return value
    if depth > _DEPTH:
        raise WireError("a value is nested too deeply")
    if type(value) is dict and len(value) == 1:
        ((tag, body),) = value.items()
        if tag == "g" and type(body) is int and body >= 0:
            return np.random.default_rng(body)
        if tag in ("t", "l") and type(body) is list:
            parts = [unpack(part, payload, depth + 1) for part in body]
            return tuple(parts) if tag == "t" else parts
        if tag == "d" and type(body) is list:
            if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in body):
                raise WireError("a dict needs pairs of a name and a value")
            return {name: unpack(part, payload, depth + 1) for name, part in body}
    raise WireError("a value has an unknown form")


def _unpack_array(body, payload: bytearray) -> np.ndarray:
    if len(body) != 2 or type(body[0]) is not str or type(body[1]) is not int:
        raise WireError("an array needs a text of dtype, layout and sides, and an offset")
    text, offset = body
    dtype, layout, shape, size = _form(text)
    if not 0 <= offset <= len(payload) - size:
        raise WireError("an array's bytes are not in the payload")
    if layout == "F":
        return np.ndarray(shape, dtype, payload, offset, None, "F").copy("A")
    array = np.ndarray(shape, dtype, payload, offset)
    return array.copy() if layout == "C" else _sliced(array)


@lru_cache(4096)
def _form(text: str) -> tuple[np.dtype, str, tuple[int, ...], int]:
    """Dtype, layout, shape and bytes of an array."""
    if not (found := _FORM.fullmatch(text)):
        raise WireError(f"{text!r:.100} is not an array of plain numbers")
    dtype, shape = np.dtype(found[1]), tuple(map(int, found[3].split()))
    size = prod(shape) * dtype.itemsize
    if max(shape, default=0) > _LARGEST_SIDE:
        raise WireError(f"shape {shape} is not valid")
    try:
        if not size:  # an empty array may claim sides that NumPy cannot count
            np.ndarray(shape, dtype, b"")
    except ValueError as error:
        raise WireError(f"{text!r:.100} is not an array") from error
    return dtype, found[2], shape, size


@lru_cache(4096)
def _form_text(dtype: np.dtype, layout: str, shape: tuple[int, ...]) -> str:
    return " ".join((dtype.str, layout, *map(str, shape)))


def _sliced(array: np.ndarray) -> np.ndarray:
    """A non-contiguous view with the same values, cut out of a larger array whose other cells are junk."""
    larger = np.full([2 * n + 1 for n in array.shape], 77, dtype=array.dtype)
    view = larger[tuple(slice(1, None, 2) for _ in array.shape)]
    view[...] = array
    return view


# --- answers ------------------------------------------------------------------------------------------------


def pack_array(array: np.ndarray, payload: bytearray) -> str:
    """Dtype, layout and sides of an array, whose bytes are appended to `payload`.

    Examples
    --------
    >>> pack_array(np.zeros((2, 3)), bytearray())
    '<f8 C 2 3'
    """
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder())
    flags = array.flags
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "S"
    payload += array.tobytes("F" if layout == "F" else "C")
    return _form_text(array.dtype, layout, array.shape)


def pack_answer(answer: Answer, payload: bytearray) -> str | list[str] | dict:
    """An :class:`~cnnkit.answers.Answer` for :func:`answers_text`, arrays appended to `payload`."""
    if answer.kind == VALUE:
        value = answer.value
        return [pack_array(part, payload) for part in value] if type(value) is tuple else pack_array(value, payload)
    header = {"kind": answer.kind, "text": answer.text}
    if isinstance(answer.text, Text) and answer.text.key:  # to be said in another language outside
        header["said"] = [answer.text.key, {name: str(value) for name, value in answer.text.values.items()}]
    return header


def is_last(answer: Answer) -> bool:
    """Whether no more calls are made after it: the grader decides which others are worth it, and in which process."""
    return answer.kind == STOPPED or (answer.kind == RAISED and answer.text == NO_MEMORY)


def answers_text(answers: list, after: list) -> bytes:
    """The text, in ASCII, from which :class:`Answers` reads where in the payload each array is.

    Parameters
    ----------
    answers : list
        What :func:`pack_answer` gave, call by call.
    after : list
        For each call, what :func:`pack_array` gave for the arguments as they were after it, or None. Their bytes stand
        behind those of all answers.
    """
    return _encode([answers, after]).encode()


def answers_frame(answers: list, after: list, data: bytearray, echoed: bytearray) -> bytes:
    """A frame for :meth:`Answers.of_frame`; `data` and `echoed` are the payloads of `answers` and `after`."""
    text = answers_text(answers, after)
    return frame({"event": "answers", "text": len(text)}, b"".join((text, data, echoed)))


_encode = json.JSONEncoder(separators=(",", ":")).encode


class Answers:
    """Several calls' answers, as a stranger sent them; arrays are made of the bytes when somebody looks at them.

    The arrays lie in the payload one after another and fill it, so no two share bytes, and none is larger than what was
    sent. All come back in row order: only what the grader sends needs its layout, and a sliced one takes more memory
    than was sent, many times over.

    Raises
    ------
    WireError
        When the text is not what :func:`answers_text` writes, or the payload is of another size.

    See Also
    --------
    answers_frame : What a student's process sends.

    Examples
    --------
    >>> payload = bytearray()
    >>> packed = [pack_answer(Answer(VALUE, np.arange(3)), payload), pack_answer(Answer(STOPPED, text="late"), payload)]
    >>> answers = Answers(answers_text(packed, [None, None]), payload)
    >>> len(answers), answers.shapes, answers.answer(0).value, answers.answer(1).kind
    (2, [(3,), None], array([0, 1, 2]), 'stopped')
    """

    def __init__(self, text: bytes, payload: bytes | bytearray):
        # Everybody's answers to the same calls have few different forms.
        self._outline = _known_outline(text) if len(text) <= _LONGEST_KNOWN else _outline(text)
        if self._outline.size != len(payload):
            raise WireError("the arrays of answers do not fill the payload")
        self._text, self._payload = text, payload

    @classmethod
    def of_frame(cls, header: dict, payload: bytearray) -> "Answers":
        """Those in a frame: the first bytes of its payload are the text."""
        size = header.get("text")
        if type(size) is not int or not 0 < size <= min(MAX_HEADER, len(payload)):
            raise WireError("answers need a text that says where their arrays are")
        return cls(bytes(payload[:size]), payload[size:])

    def __len__(self) -> int:
        return len(self._outline.answers)

    @property
    def shapes(self) -> list:
        """For each answer its shape, of several arrays a list of shapes; None where it is no real numbers."""
        return self._outline.shapes

    @property
    def last(self) -> Answer | None:
        """The last answer, if it has no value."""
        last = self._outline.answers[-1]
        return last if type(last) is Answer else None

    def content(self) -> tuple[bytes, bytes | bytearray]:
        """All that was sent: other answers have another content."""
        return self._text, self._payload

    def kind(self, place: int) -> str:
        """The kind of one answer."""
        found = self._outline.answers[place]
        return found.kind if type(found) is Answer else VALUE

    def answer(self, place: int) -> Answer:
        """One answer, with arrays of its own."""
        found = self._outline.answers[place]
        if type(found) is list:
            return Answer(VALUE, tuple(map(self._array, found)))
        return found if type(found) is Answer else Answer(VALUE, self._array(found))

    def after(self, place: int) -> list[np.ndarray] | None:
        """The arguments as they were after a call, where that was asked."""
        found = self._outline.after[place]
        return None if found is None else list(map(self._array, found))

    def write_numbers(self, to: np.ndarray) -> None:
        """All real numbers of all answers, in their order and in rows, into an array of as many."""
        start = 0
        for part, count in self._outline.runs:
            to[start : start + count] = self._view(part).reshape(-1)
            start += count

    def _array(self, part: "_Part") -> np.ndarray:
        return self._view(part).copy("C")

    def _view(self, part: "_Part") -> np.ndarray:
        dtype, order, shape, offset = part
        return np.ndarray(shape, dtype, self._payload, offset, None, order)


#: Dtype, order (C or F), shape, and the offset in the payload.
_Part = tuple[np.dtype, str, tuple[int, ...], int]
#: The kinds of dtype that convert to float64 without a loss that anybody would notice.
REAL = "biuf"
#: A text of answers that is longer is read anew each time: a stranger's may be made to fill our memory.
_LONGEST_KNOWN = 4 * 2**10


@dataclass(frozen=True)
class _Outline:
    """What a text of answers says.

    An answer is its array, a list of them, or, without a value, the Answer itself. A run is an array, or several whose
    numbers stand one after another as if they were one, and the count of its numbers.
    """

    answers: list["_Part | list[_Part] | Answer"]
    shapes: list
    after: list["list[_Part] | None"]
    runs: list[tuple[_Part, int]]
    size: int


def _outline(text: bytes) -> _Outline:
    try:
        body = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise WireError("a text of answers is not JSON") from error
    if type(body) is not list or len(body) != 2 or not all(type(half) is list for half in body):
        raise WireError("a text of answers needs two lists")
    packed, echoed = body
    if not packed or len(packed) != len(echoed):
        raise WireError("as many answers are needed as calls, and at least one")
    size = 0

    def part(form) -> _Part:
        nonlocal size
        if type(form) is not str:
            raise WireError("an array needs a text of dtype, layout and sides")
        dtype, layout, shape, count = _form(form)
        found = dtype, "F" if layout == "F" else "C", shape, size
        size += count
        return found

    def parts(forms) -> list[_Part]:
        if type(forms) is not list or len(forms) > 64:
            raise WireError("this is not a list of at most 64 arrays")
        return [part(form) for form in forms]

    answers, shapes, runs = [], [], []
    for form in packed:
        if type(form) is str:
            answers.append(one := part(form))
            found = [one]
            shapes.append(one[2])
        elif type(form) is list:
            answers.append(found := parts(form))
            shapes.append([one[2] for one in found])
            if not found:
                raise WireError("an answer holds no arrays")
        else:
            answers.append(_without_value(form))
            shapes.append(None)
            if is_last(answers[-1]) and len(answers) < len(packed):
                raise WireError("calls went on after one that ends them")
            continue
        if all(one[0].kind in REAL for one in found):
            runs += found
        else:
            shapes[-1] = None
    after = [None if forms is None else parts(forms) for forms in echoed]
    return _Outline(answers, shapes, after, _joined(runs), size)


_known_outline = lru_cache(256)(_outline)


def _joined(parts: list[_Part]) -> list[tuple[_Part, int]]:
    """Arrays that follow each other in the payload, in rows and of one dtype, as one: a copy takes longer to begin."""
    runs: list[tuple[_Part, int]] = []
    for dtype, order, shape, offset in parts:
        count = prod(shape)
        if runs and order == "C":
            (before, its_order, _, start), many = runs[-1]
            if before == dtype and its_order == "C" and start + many * dtype.itemsize == offset:
                runs[-1] = (dtype, "C", (many + count,), start), many + count
                continue
        runs.append(((dtype, order, shape, offset), count))
    return runs


def _without_value(header) -> Answer:
    kind = header.get("kind") if type(header) is dict else None
    if kind in (UNUSABLE, RAISED, STOPPED, DIED, FORBIDDEN):
        return Answer(kind, text=_sentence(header.get("said")) or clean(str(header.get("text", ""))[:1000]))
    raise WireError("an answer has an unknown kind")


def _sentence(said) -> Text | None:
    """One of our own sentences with a stranger's values between its braces; None when it is none."""
    if not isinstance(said, list) or len(said) != 2:
        return None
    key, values = said
    if key not in SENTENCES or SENTENCES[key][1] or not isinstance(values, dict):
        return None
    try:
        return Text.of(key, **{str(name): clean(str(value)[:1000]) for name, value in values.items()})
    except (KeyError, TypeError):  # other values than the sentence has places
        return None


def clean(text: str) -> str:
    """Text from a stranger that can be written to a file: a half of a surrogate pair, which cannot, becomes ``?``.

    Examples
    --------
    >>> clean("one half: " + chr(0xD800))
    'one half: ?'
    """
    return text.encode("utf-8", "replace").decode()
