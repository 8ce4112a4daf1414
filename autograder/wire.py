"""How the grader and the sandbox talk: frames of a small JSON header and raw array bytes.

Both ends use this module; the sandbox sees it and :mod:`cnnkit.answers`, and nothing else of ours. What comes
*out* of the sandbox is hostile: a frame's size is checked before anything is allocated, dtype and shape before
an array is built; nothing is unpickled or evaluated. A frame that breaks a rule raises :class:`WireError`,
and whoever reads ends that child.

A frame is ``b"CNN1"``, two big-endian uint32 (bytes of header, bytes of payload), the header, the payload.
Arrays stand in the header as ``{"a": [dtype, shape, layout, offset]}`` and point into the payload.
"""

import json
import re
import struct
from functools import cache
from math import prod

import numpy as np

from cnnkit.answers import DIED, FORBIDDEN, RAISED, SENTENCES, STOPPED, UNUSABLE, VALUE, Answer, Text

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
#: Answers in one frame.
MAX_ANSWERS = 64

_DTYPE = re.compile(r"[<|](b1|[iu][1248]|f[248]|c(8|16))")
_LAYOUTS = ("C", "F", "S")
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
    {'t': [{'a': ['<f8', [2, 3], 'F', 0]}, 2]}
    >>> len(payload)
    48
    """
    if isinstance(value, np.ndarray):
        if value.flags.c_contiguous:
            layout, data = "C", value.tobytes()
        elif value.flags.f_contiguous:
            layout, data = "F", value.tobytes(order="F")
        else:
            layout, data = "S", value.tobytes()
        offset = len(payload)
        payload += data
        return {"a": [value.dtype.newbyteorder("<").str, list(value.shape), layout, offset]}
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
    :func:`unpack_answer` and :func:`unpack_arrays`, which take arrays only.

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
    if depth > _DEPTH:
        raise WireError("a value is nested too deeply")
    if value is None or type(value) in _PLAIN:
        return value
    if type(value) is dict and len(value) == 1:
        ((tag, body),) = value.items()
        if tag == "a":
            return _unpack_array(body, payload)
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
    array, layout = _view(body, payload)
    return _sliced(array) if layout == "S" else array.copy("A" if layout == "F" else "C")


def _view(body, payload: bytearray) -> tuple[np.ndarray, str]:
    """An array whose memory is still the payload's, and the layout that it shall have."""
    if type(body) is not list or len(body) != 4:
        raise WireError("an array needs dtype, shape, layout and offset")
    dtype, shape, layout, offset = body
    if type(dtype) is not str:
        raise WireError(f"dtype {dtype!r:.40} is not one of plain numbers")
    dtype = _plain_dtype(dtype)
    valid = type(shape) is list and len(shape) <= 8 and layout in _LAYOUTS and type(offset) is int
    for side in shape if valid else ():
        valid = valid and type(side) is int and 0 <= side <= 2**31
    if not valid:
        raise WireError(f"shape {shape!r:.60} or offset {offset!r:.20} is not valid")
    count = prod(shape)
    if offset < 0 or offset + count * dtype.itemsize > len(payload):
        raise WireError("an array's bytes are not in the payload")
    flat = np.frombuffer(payload, dtype, count, offset) if count else np.empty(0, dtype)
    try:
        return flat.reshape(shape, order="F" if layout == "F" else "C"), layout
    except ValueError as error:  # an empty array may claim sides that NumPy cannot count
        raise WireError(f"shape {shape!r:.60} is not valid") from error


@cache
def _plain_dtype(text: str) -> np.dtype:
    if not _DTYPE.fullmatch(text):
        raise WireError(f"dtype {text!r:.40} is not one of plain numbers")
    return np.dtype(text)


def _sliced(array: np.ndarray) -> np.ndarray:
    """A non-contiguous view with the same values, cut out of a larger array whose other cells are junk."""
    larger = np.full([2 * n + 1 for n in array.shape], 77, dtype=array.dtype)
    view = larger[tuple(slice(1, None, 2) for _ in array.shape)]
    view[...] = array
    return view


# --- answers ------------------------------------------------------------------------------------------------


def pack_answer(answer: Answer, payload: bytearray) -> dict:
    """An :class:`~cnnkit.answers.Answer` as JSON, arrays appended to `payload`."""
    if answer.kind == VALUE:
        return {"kind": VALUE, "value": pack(answer.value, payload)}
    header = {"kind": answer.kind, "text": answer.text}
    if isinstance(answer.text, Text) and answer.text.key:  # to be said in another language outside
        header["said"] = [answer.text.key, {name: str(value) for name, value in answer.text.values.items()}]
    return header


def unpack_answer(header, payload: bytearray) -> Answer:
    """Rebuild an answer; anything but a well-formed one raises :class:`WireError`."""
    kind = header.get("kind") if isinstance(header, dict) else None
    if kind == VALUE:
        value = header.get("value")
        several = isinstance(value, dict) and list(value) == ["t"]
        parts = unpack_arrays(value["t"] if several else [value], payload)
        if not parts:
            raise WireError("an answer holds no arrays")
        return Answer(VALUE, tuple(parts) if several else parts[0])
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


def unpack_arrays(values, payload: bytearray) -> list[np.ndarray]:
    """A list of arrays that a stranger sent: :func:`unpack` for arrays only, and never larger than the payload.

    All come back in row order: only what the grader sends needs its layout, and a sliced one takes more memory
    than was sent, many times over. Nor may two arrays share bytes.
    """
    if type(values) is not list or len(values) > 64:
        raise WireError("this is not a list of at most 64 arrays")
    found = []
    for value in values:
        if type(value) is not dict or len(value) != 1 or "a" not in value:
            raise WireError("an answer holds something that is no array")
        found.append(_view(value["a"], payload)[0])
    if sum(array.nbytes for array in found) > len(payload):
        raise WireError("arrays share bytes")
    return [array.copy("C") for array in found]


def clean(text: str) -> str:
    """Text from a stranger that can be written to a file: a half of a surrogate pair, which cannot, becomes ``?``.

    Examples
    --------
    >>> clean("one half: " + chr(0xD800))
    'one half: ?'
    """
    return text.encode("utf-8", "replace").decode()
