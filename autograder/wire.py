"""How the grader and the sandbox talk: frames of a small JSON header and raw array bytes.

Both ends use this module; the sandbox sees it and :mod:`cnnkit.answers`, and nothing else of ours. What comes
*out* of the sandbox is hostile: a frame's size is checked before anything is allocated, dtype and shape before
an array is built; nothing is unpickled or evaluated. A frame that breaks a rule raises :class:`WireError`,
and whoever reads ends that child.

A frame is ``b"CNN1"``, two big-endian uint32 (bytes of header, bytes of payload), the header, the payload.
An array stands in the header as ``["<f8 C 2 3", 48]``: dtype, memory layout and sides, and where in the payload its
bytes start. That is short, and read once however many arrays are of one form.
"""

import json
import re
import struct
from functools import lru_cache
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
        if not value.dtype.isnative:
            value = value.astype(value.dtype.newbyteorder())
        flags = value.flags
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "S"
        offset = len(payload)
        payload += value.tobytes("F" if layout == "F" else "C")
        return [_form_text(value.dtype, layout, value.shape), offset]
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
    array, layout = _view(body, payload)
    return _sliced(array) if layout == "S" else array.copy("A" if layout == "F" else "C")


def _view(body, payload: bytearray) -> tuple[np.ndarray, str]:
    """An array whose memory is still the payload's, and the layout that it shall have."""
    if type(body) is not list or len(body) != 2 or type(body[0]) is not str or type(body[1]) is not int:
        raise WireError("an array needs a text of dtype, layout and sides, and an offset")
    text, offset = body
    dtype, layout, shape, size = _form(text)
    if not 0 <= offset <= len(payload) - size:
        raise WireError("an array's bytes are not in the payload")
    try:
        if layout == "F":
            return np.ndarray(shape, dtype, payload, offset, order="F"), layout
        return np.ndarray(shape, dtype, payload, offset), layout  # many small ones: a keyword takes as long again
    except ValueError as error:  # an empty array may claim sides that NumPy cannot count
        raise WireError(f"{text!r:.100} is not an array") from error


@lru_cache(4096)
def _form(text: str) -> tuple[np.dtype, str, tuple[int, ...], int]:
    """Dtype, layout, shape and bytes of an array."""
    if not (found := _FORM.fullmatch(text)):
        raise WireError(f"{text!r:.100} is not an array of plain numbers")
    dtype, shape = np.dtype(found[1]), tuple(map(int, found[3].split()))
    if max(shape, default=0) > _LARGEST_SIDE:
        raise WireError(f"shape {shape} is not valid")
    return dtype, found[2], shape, prod(shape) * dtype.itemsize


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


def pack_answer(answer: Answer, payload: bytearray) -> dict | list:
    """An :class:`~cnnkit.answers.Answer` as JSON, arrays appended to `payload`; a value is sent as it is."""
    if answer.kind == VALUE:
        return pack(answer.value, payload)
    header = {"kind": answer.kind, "text": answer.text}
    if isinstance(answer.text, Text) and answer.text.key:  # to be said in another language outside
        header["said"] = [answer.text.key, {name: str(value) for name, value in answer.text.values.items()}]
    return header


def unpack_answer(header, payload: bytearray) -> Answer:
    """Rebuild an answer; anything but a well-formed one raises :class:`WireError`."""
    if type(header) is list:
        return Answer(VALUE, _view(header, payload)[0].copy("C"))
    if type(header) is dict and list(header) == ["t"]:
        parts = unpack_arrays(header["t"], payload)
        if not parts:
            raise WireError("an answer holds no arrays")
        return Answer(VALUE, tuple(parts))
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


def unpack_arrays(values, payload: bytearray) -> list[np.ndarray]:
    """A list of arrays that a stranger sent: :func:`unpack` for arrays only, and never larger than the payload.

    All come back in row order: only what the grader sends needs its layout, and a sliced one takes more memory
    than was sent, many times over. Nor may two arrays share bytes.
    """
    if type(values) is not list or len(values) > 64:
        raise WireError("this is not a list of at most 64 arrays")
    found = [_view(value, payload)[0] for value in values]
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
