"""One submission's life in the sandbox: its cells in order, calls of its functions, and a fresh start after a death.

The grader's side of :mod:`autograder.worker`. Whatever a child does (hang, die, print without end, send
garbage), a method here returns on time and says what happened; only a broken sandbox raises.
"""

import base64
import json
import math
import os
import select
import signal
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from autograder import wire
from autograder.sandbox import Child, Host, SandboxError
from autograder.settings import Limits
from cnnkit.answers import DIED, STOPPED, UNUSABLE, Answer, Text
from cnnkit.exercises import texts
from cnnkit.exercises.model import Call
from cnnkit.exercises.texts import say

#: Seconds that an interrupted child has before it is killed.
_GRACE = 0.5
#: Seconds between two looks at what a running cell or call has used.
_LOOK = 0.25
#: Seconds that a child lets answers gather: most calls take less than sending each answer would. At most a twentieth of
#: what a call may take, as its time counts from the answers before it.
_GATHER = 0.1
#: Packed requests that are kept: everybody gets the same calls.
_MAX_REQUESTS = 16
#: Rich outputs (pictures) kept for one cell, and their bytes.
_MAX_PICTURES, _MAX_PICTURE_BYTES = 20, 8 * 2**20
#: Bytes of outputs kept for one submission, however many cells it has.
_MAX_OUTPUTS = 32 * 2**20
#: Bytes of answers to the calls of one exercise; those beyond are wrong. The grader keeps them until it has all.
_MAX_ANSWERS = 64 * 2**20
#: Reads of a pipe before the grader looks at the clock again: a child may print faster than we read.
_MAX_READS = 32


_NOTED = wire.frame({"op": "noted"})


class _Ended(Exception):
    """The child is gone; `why` is a sentence for the student."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


class _Late(Exception):
    """The deadline passed; the child still runs."""


@dataclass
class CellRun:
    """What running one cell gave: `ended` is ok, error, forbidden (a library), timeout, died or skipped."""

    ended: str
    outputs: list[dict] = field(default_factory=list)
    text: str = ""

    @property
    def why(self) -> str:
        """Why the cell did not run to its end, as the second half of a sentence."""
        error = next((output for output in self.outputs if output["output_type"] == "error"), None)
        return (
            Text.of("raised", error=f"{error['ename']}: {error['evalue']}"[:300]) if error else self.text or self.ended
        )


class Replies:
    """Answers to the first of the calls that were asked, and what stopped the rest.

    Most answers are found right, all at once, in the bytes in which they came (`answered`): each is made of them only
    when somebody looks at it.

    Parameters
    ----------
    ended : str
        done, stopped (a call ran into its time limit), died, undefined (then `text` is the type of what is no function,
        or empty), or out of time (the submission's); or no memory, at which only :meth:`Session.probe` leaves it.
    text : str, optional
    """

    def __init__(self, ended: str, text: str = ""):
        self.ended, self.text = ended, text
        #: Frames of answers, each with the number of its first call.
        self.answered: list[tuple[int, wire.Answers]] = []
        self._places: list[tuple[wire.Answers, int] | Answer] = []
        #: Bytes of all answers.
        self.size = 0

    def __len__(self) -> int:
        return len(self._places)

    def answer(self, number: int) -> Answer:
        """What the call of this number gave."""
        found = self._places[number]
        return found if type(found) is Answer else found[0].answer(found[1])

    def kind(self, number: int) -> str:
        """The kind of an answer."""
        found = self._places[number]
        return found.kind if type(found) is Answer else found[0].kind(found[1])

    def after(self, number: int) -> list[np.ndarray] | None:
        """The array arguments as they were after a call, where that was asked."""
        found = self._places[number]
        return None if type(found) is Answer else found[0].after(found[1])

    @property
    def answers(self) -> list[Answer]:
        """All of them."""
        return [self.answer(number) for number in range(len(self))]

    def add(self, answers: wire.Answers, size: int) -> None:
        """Several more, of `size` bytes."""
        self.size += size
        if self.size > _MAX_ANSWERS:
            self._places += [Answer(UNUSABLE, text=Text.made(texts.MUCH_TOO_MANY))] * len(answers)
        else:
            self.answered.append((len(self), answers))
            self._places += [(answers, place) for place in range(len(answers))]

    def set_last(self, answer: Answer) -> None:
        """Another answer in the place of the last one."""
        self._places[-1] = answer

    def give_up(self, answer: Answer) -> None:
        """One more, which the grader makes: the call that ended the process."""
        self._places.append(answer)

    def drop_last(self) -> None:
        """As if the last call had not been answered."""
        del self._places[-1]


class Session:
    """Run one submission; use as a context manager.

    Parameters
    ----------
    host : Host
    limits : Limits
    questions : dict, optional
        By name, the text and the numbers of the questions that the notebook may ask.
    """

    def __init__(self, host: Host, limits: Limits, questions: dict[str, tuple[str, dict]] | None = None):
        self._host, self._limits = host, limits
        self._questions = questions or {}
        self._child: Child | None = None
        self._reader = wire.FrameReader()
        self._gather = min(_GATHER, limits.call_seconds / 20)
        self._poll = select.poll()
        self._history: list[str] = []
        self._deadline = time.monotonic() + limits.submission_seconds
        self._exit: dict | None = None
        self._room = _MAX_OUTPUTS
        self._called = False  # whether the student's functions have run in this child, beside the cells
        #: CPU seconds of all children so far, the student's code included.
        self.cpu_seconds = 0.0

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        if self._child is not None:
            try:
                self._child.channel.shutdown(2)
                self._await_exit(1.0)
            except OSError:
                pass
            self._bury()

    # --- cells ------------------------------------------------------------------------------------------------

    def run_cell(self, source: str) -> CellRun:
        """Run one cell and record its outputs."""
        called = self._called
        transcript = Transcript(min(self._limits.output_kib * 1024, self._room), self._room)
        try:
            self._ensure_child()
            ended = self._cell(source, transcript)
        except _Ended as end:
            if called:  # what a call left behind may have ended it, such as memory that it filled
                return self.run_cell(source)
            transcript.add_text("stderr", f"\n{say(texts.CELL_ENDED, why=end.why)}\n".encode())
            run = CellRun("died", transcript.outputs(), end.why)
        except _OutOfTime:
            return CellRun("skipped", text=self._out_of_time())
        else:
            text = ""
            if ended == "timeout":
                text = Text.made(texts.NOT_IN_TIME, seconds=f"{self._limits.cell_seconds:g}")
                transcript.add_text("stderr", f"\n{say(texts.CELL_STOPPED, why=text)}\n".encode())
            else:
                self._history.append(source)
            run = CellRun(ended, transcript.outputs(), text)
        self._room = max(0, self._room - transcript.size)
        return run

    def _cell(self, source: str, transcript: "Transcript") -> str:
        self._send(wire.frame({"op": "cell"}, source.encode(errors="replace")))
        header, _, late = self._reply(transcript, self._limits.cell_seconds)
        ended = header.get("ended") if header.get("event") == "cell" else None
        if ended == "no memory":
            self._end_if_full()
        if ended not in ("ok", "error", "forbidden", "interrupted", "no memory"):
            self._garbled()
        if late:
            return "timeout"
        return "error" if ended in ("interrupted", "no memory") else ended

    # --- calls ------------------------------------------------------------------------------------------------

    def call(self, function: str, calls: list[Call], echo: list[bool]) -> Replies:
        """Call a function of the notebook with each set of arguments, in order.

        Parameters
        ----------
        function : str
        calls : list of Call
        echo : list of bool
            For which calls the array arguments are sent back, to see whether they were changed.
        """
        replies, gather = Replies("done"), self._gather
        while True:
            known = len(replies)
            try:
                self._ensure_child()
                self._called = True
                self._send(_request(function, calls[known:], echo[known:], gather))
                self._collect(replies, len(calls))
                if replies.ended != "no memory":
                    return replies
                self._end_if_full()
                replies.ended = "done"
                if len(replies) == len(calls):
                    return replies
            except _Ended as end:
                if replies.ended == "stopped":  # and had answered all that it was asked
                    return replies
                replies.text = end.why
                if replies.ended == "no memory":
                    replies.drop_last()
                    break
                # A child that dies takes the answers along that it has not sent yet. Asked again for the rest, one by
                # one, it shows which call it was.
                if gather == 0.0:
                    break
                gather = 0.0
            except _OutOfTime:
                replies.ended, replies.text = "out of time", self._out_of_time()
                return replies
        replies.ended = "died"
        if len(replies) < len(calls):
            replies.give_up(Answer(DIED, text=replies.text))
        return replies

    def probe(self, function: str, calls: list[Call], echo: list[bool], seconds: float) -> Replies:
        """Call a function for the sake of a picture, after it was judged.

        As :meth:`call`, but `seconds` of wall time are all that these calls get together, and the submission gets the
        time back; and no call is asked twice to find out which one ended the process. A process that ended is started
        again when it is needed, as always.
        """
        replies, start = Replies("done"), time.monotonic()
        try:
            self._ensure_child()
            self._called = True
            self._send(_packed(function, calls, echo, self._gather))
            self._collect(replies, len(calls), time.monotonic() + seconds)
        except _Ended as end:
            replies.ended, replies.text = "died", end.why
        except _OutOfTime:
            replies.ended, replies.text = "out of time", self._out_of_time()
        self._deadline += time.monotonic() - start
        return replies

    def read(self, name: str) -> Replies:
        """What a variable of the notebook holds, as text that a person could have typed.

        `ended` is done (then `text` holds it), undefined, died or out of time.
        """
        called = self._called
        try:
            self._ensure_child()
            self._called = True
            self._send(wire.frame({"op": "read", "name": name}))
            header, _, late = self._reply(Transcript(0, 0), self._limits.call_seconds)
            if header.get("event") != "undefined" and not isinstance(header.get("text"), str):
                self._garbled()
        except _Ended as end:
            return self.read(name) if called else Replies("died", text=end.why)
        except _OutOfTime:
            return Replies("out of time", text=self._out_of_time())
        if late:  # a class of the student's own, whose text takes for ever
            text = Text.made(texts.NO_TEXT_IN_TIME, seconds=f"{self._limits.call_seconds:g}")
            return Replies("died", text=text)
        if header.get("event") == "undefined":
            return Replies("undefined")
        return Replies("done", text=wire.clean(header["text"][:300]))

    def _collect(self, replies: Replies, count: int, end: float = math.inf) -> None:
        sink, limits = Transcript(0, 0), self._limits
        while True:
            header, payload, late = self._reply(sink, limits.call_seconds, limits.call_cpu_seconds, end)
            event = header.get("event")
            if event == "undefined" and not len(replies):
                replies.ended, replies.text = "undefined", wire.clean(str(header.get("kind", ""))[:200])
                return
            if event == "calls done" and (len(replies) == count or replies.ended != "done"):
                return
            if event != "answers" or replies.ended != "done":
                self._garbled()
            try:
                answers = wire.Answers.of_frame(header, payload)
            except wire.WireError as error:
                self._garbled(error)
            if len(answers) > count - len(replies):
                self._garbled()
            replies.add(answers, len(payload))
            self._look_at_end(replies, answers.last, late)

    def _look_at_end(self, replies: Replies, last: Answer | None, late: bool) -> None:
        """Whether the last answer says that no more calls are made."""
        if last is None or not wire.is_last(last):
            return
        if last.kind == STOPPED:
            if late:
                seconds = f"{self._limits.call_seconds:g}"
                last = Answer(STOPPED, text=Text.made(texts.NOT_IN_TIME, seconds=seconds))
                replies.set_last(last)
            replies.ended, replies.text = "stopped", last.text
        else:
            replies.ended = "no memory"

    # --- the child --------------------------------------------------------------------------------------------

    def _ensure_child(self) -> None:
        """A living child in which every cell that did not end its process has run."""
        while True:
            if time.monotonic() >= self._deadline:
                raise _OutOfTime
            if self._child is not None:
                return
            self._start_child()
            for number, source in enumerate(self._history):
                try:
                    self._cell(source, Transcript(0, 0))
                except _Ended:  # this time
                    del self._history[number]
                    break

    def _start_child(self) -> None:
        start = time.monotonic()
        self._exit, self._reader = None, wire.FrameReader()
        self._child = self._host.spawn()
        self._deadline += time.monotonic() - start  # the host may be busy with its imports, and nobody has run yet
        for stream in (self._child.stdout, self._child.stderr):
            os.set_blocking(stream, False)
        self._child.channel.settimeout(10)
        self._poll = select.poll()
        for descriptor in (self._child.channel, self._child.control, self._child.stdout, self._child.stderr):
            self._poll.register(descriptor, select.POLLIN)
        if self._questions:
            self._send(wire.frame({"op": "questions", "questions": self._questions}))

    def _send(self, frame: bytes) -> None:
        try:
            self._child.channel.sendall(frame)
        except OSError:  # it died, or it does not read
            self._kill()
            raise _Ended(self._epitaph()) from None

    def _note(self) -> None:
        """Let the child go on after an output. An honest one waits for this, so there is always room for it."""
        try:
            self._child.channel.send(_NOTED, socket.MSG_DONTWAIT)
        except OSError:
            self._garbled()

    def _reply(
        self, transcript: "Transcript", seconds: float, cpu_seconds: float = math.inf, end: float = math.inf
    ) -> tuple[dict, bytearray, bool]:
        """The child's next frame but outputs, which go to the transcript, and whether it had to be interrupted for it.

        `seconds` of wall time are its limit, but for those in which no processor was free for it: that the machine is
        busy is not the student's fault. An interrupted child has a moment, then it is killed.
        """
        start, late, before = time.monotonic(), False, None
        deadline = min(start + seconds, self._deadline, end)
        while True:
            try:
                header, payload = self._next(min(deadline, time.monotonic() + min(_LOOK, seconds / 4)), transcript)
            except _Late:
                now = time.monotonic()
                if late and now >= deadline:
                    self._kill()
                    raise _Ended(Text.made(texts.NOT_INTERRUPTED, seconds=f"{seconds:g}")) from None
                if not late:
                    usage = self._usage()
                    before = before or usage
                    spared = usage.get("waited", 0.0) - before.get("waited", 0.0)
                    deadline = min(start + seconds + max(0.0, spared), self._deadline, end)
                    if now >= deadline or usage.get("cpu", 0.0) - before.get("cpu", 0.0) > cpu_seconds:
                        late, deadline = True, now + _GRACE
                        self._child.tell_host(b"I")
            else:
                if header.get("event") != "output":
                    return header, payload, late
                transcript.add_rich(header, payload)
                self._note()

    def _next(self, deadline: float, transcript: "Transcript") -> tuple[dict, bytearray]:
        """The child's next frame; what it prints meanwhile goes to the transcript."""
        child = self._child
        while True:
            try:
                message = self._reader.next()
            except wire.WireError as error:
                self._garbled(error)
            if message is not None:
                self._drain(transcript)
                return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise _Late
            ready = dict(self._poll.poll(left * 1000 + 1))
            self._drain(transcript)
            if child.channel.fileno() in ready:
                try:
                    # Not recv(): an out-of-band byte is "ready" but cannot be read, and recv() would wait for more.
                    data = os.read(child.channel.fileno(), wire.READ)
                except BlockingIOError:
                    self._garbled()
                except OSError:
                    data = b""
                if not data:
                    self._await_exit(0.5)
                    if self._exit is None:  # it closed the channel and lives on
                        self._kill()
                    else:
                        self._bury()
                    raise _Ended(self._epitaph())
                self._reader.feed(data)
            elif child.control.fileno() in ready:
                self._read_control()
                if self._exit is not None:
                    # What it sent before it ended may still wait in the channel.
                    self._poll.unregister(child.control)
                    if not _is_ready(child.channel, 0.0):
                        self._bury()
                        raise _Ended(self._epitaph())
            # A closed pipe is always ready: stop asking it.
            for stream in (child.stdout, child.stderr):
                if ready.get(stream, 0) & select.POLLHUP and not ready[stream] & select.POLLIN:
                    self._poll.unregister(stream)

    def _drain(self, transcript: "Transcript") -> None:
        for name, descriptor in (("stdout", self._child.stdout), ("stderr", self._child.stderr)):
            try:
                for _ in range(_MAX_READS):
                    data = os.read(descriptor, 65536)
                    transcript.add_text(name, data)
                    if len(data) < 65536:
                        break
            except BlockingIOError:
                pass

    def _usage(self) -> dict:
        """Of all processes of the child, ``cpu`` seconds so far and bytes of ``memory``; and how long it ``waited``.

        That is the seconds in which it could have run but others had all processors.
        """
        self._child.tell_host(b"U")
        return self._read_control()

    def _end_if_full(self) -> None:
        """End a child that raised MemoryError, unless it just asked for far too much and has memory left.

        It would be killed in a later cell or call, which is not to blame.
        """
        memory = self._usage().get("memory", 0)
        if memory > self._limits.memory_mib * 2**20 / 2 or self._exit is not None:
            self._kill()
            raise _Ended(Text.made(texts.TOO_MUCH_MEMORY, mib=self._limits.memory_mib))

    def _read_control(self) -> dict:
        """One message of the host, who is trusted: it runs none of the student's code."""
        self._child.control.settimeout(2)
        try:
            data = self._child.control.recv(65536)
        except OSError:
            return {}
        lines = [json.loads(line) for line in data.splitlines() if line]
        for line in lines:
            if "error" in line:
                raise SandboxError(f"the sandbox failed: {line['error']}")
            if "exit" in line:
                self._exit = line
        if not data and self._exit is None:
            self._exit = {"exit": 0, "why": "host", "cpu": 0.0}
        return lines[-1] if lines else {}

    def _await_exit(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._exit is None and time.monotonic() < until:
            if _is_ready(self._child.control, max(0.0, until - time.monotonic())):
                self._read_control()

    def _kill(self) -> None:
        if self._child is not None:
            self._child.tell_host(b"K")
            self._await_exit(2.0)
            self._bury()

    def _bury(self) -> None:
        self.cpu_seconds += float((self._exit or {}).get("cpu", 0.0))
        self._child.close()
        self._child, self._called = None, False

    def _garbled(self, error: Exception | None = None):
        self._kill()
        raise _Ended(Text.made(texts.NO_SUCH_ANSWER)) from error

    def _epitaph(self) -> Text:
        end = self._exit or {}
        if end.get("why") == "memory":
            return Text.made(texts.TOO_MUCH_MEMORY, mib=self._limits.memory_mib)
        if end.get("why") == "processes":
            return Text.made(texts.TOO_MANY_PROCESSES, count=self._limits.processes)
        code = end.get("exit", 0)
        if code < 0:
            try:
                name = signal.strsignal(-code) or f"signal {-code}"
            except ValueError:
                name = f"signal {-code}"
            return Text.made(texts.CRASHED, signal=name)
        return Text.made(texts.ENDED, code=code)

    def _out_of_time(self) -> Text:
        return Text.made(texts.OUT_OF_TIME, seconds=f"{self._limits.submission_seconds:g}")


class _OutOfTime(Exception):
    """The submission's own time is used up."""


def _is_ready(channel: socket.socket, seconds: float) -> bool:
    """Whether there is something to read, or its end, within the time."""
    poll = select.poll()  # select() fails where a process has a thousand open files
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


_requests: dict[tuple, tuple[list[Call], bytes]] = {}
_requests_lock = threading.Lock()


def _request(function: str, calls: list[Call], echo: list[bool], gather: float) -> bytes:
    """The frame that asks for calls; packed once for a class, since all students get the same Call objects."""
    key = (function, tuple(map(id, calls)), tuple(echo), gather)
    with _requests_lock:
        if key in _requests:
            return _requests[key][1]
    frame = _packed(function, calls, echo, gather)
    with _requests_lock:
        while len(_requests) >= _MAX_REQUESTS:
            del _requests[next(iter(_requests))]
        _requests[key] = list(calls), frame  # with the calls, so that no other object gets one of these ids
    return frame


def _packed(function: str, calls: list[Call], echo: list[bool], gather: float) -> bytes:
    payload = bytearray()
    packed = [
        [
            [wire.pack(value, payload) for value in call.args],
            [[name, wire.pack(value, payload)] for name, value in call.kwargs.items()],
            wants,
        ]
        for call, wants in zip(calls, echo, strict=True)
    ]
    return wire.frame({"op": "calls", "function": function, "gather": gather, "calls": packed}, payload)


class Transcript:
    """A cell's outputs as nbformat dicts; of printed text, the first and the last half of `limit` bytes are kept.

    Examples
    --------
    >>> transcript = Transcript(8)
    >>> transcript.add_text("stdout", b"0123456789abcdef")
    >>> [output["text"] for output in transcript.outputs()]
    ['0123', '\\n... 8 bytes left out ...\\n', 'cdef']
    """

    def __init__(self, limit: int, rich_limit: int = _MAX_PICTURE_BYTES):
        self._half, self._rich_limit = limit // 2, min(rich_limit, _MAX_PICTURE_BYTES)
        self._head: list[dict] = []
        self._head_bytes = 0
        self._tail: deque[tuple[str, bytes]] = deque()
        self._tail_bytes = 0
        self._dropped = 0
        self._pictures = self._picture_bytes = 0

    def add_text(self, name: str, data: bytes) -> None:
        """Text printed to ``stdout`` or ``stderr``."""
        room = self._half - self._head_bytes
        if room > 0:
            self._append(name, data[:room])
            self._head_bytes += len(data[:room])
            data = data[room:]
        if not data:
            return
        self._tail.append((name, data))
        self._tail_bytes += len(data)
        while self._tail_bytes > self._half:
            oldest_name, oldest = self._tail.popleft()
            excess = min(self._tail_bytes - self._half, len(oldest))
            self._dropped += excess
            self._tail_bytes -= excess
            if oldest[excess:]:
                self._tail.appendleft((oldest_name, oldest[excess:]))

    def _append(self, name: str, data: bytes) -> None:
        if self._head and self._head[-1].get("name") == name:
            self._head[-1]["data"] += data
        else:
            self._head.append({"output_type": "stream", "name": name, "data": bytearray(data)})

    def add_rich(self, header: dict, payload: bytearray) -> None:
        """A display, a result or an error, as the child packed it; anything malformed is left out."""
        kind, parts, data = header.get("type"), header.get("parts"), {}
        if self._pictures >= _MAX_PICTURES or self._picture_bytes + len(payload) > self._rich_limit:
            return
        if not isinstance(parts, dict):
            return
        for mime, where in parts.items():
            whole = isinstance(where, list) and len(where) == 2 and all(type(n) is int and n >= 0 for n in where)
            content = bytes(payload[where[0] : where[0] + where[1]]) if whole else b""
            if mime == "text/plain":
                data[mime] = _shorten(content.decode(errors="replace"))
            elif mime in ("image/png", "image/jpeg") and content:
                data[mime] = base64.b64encode(content).decode()
        if not data:
            return
        self._pictures += 1
        self._picture_bytes += len(payload)
        if kind == "error":
            self._head.append(_error_output(data.get("text/plain", "")))
        elif kind in ("display_data", "execute_result"):
            output = {"output_type": kind, "data": data, "metadata": {}}
            self._head.append(output | ({"execution_count": None} if kind == "execute_result" else {}))

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._head_bytes + self._tail_bytes + self._picture_bytes

    def outputs(self) -> list[dict]:
        """The outputs so far, in the order in which they came."""
        found = list(self._head)
        if self._dropped:
            note = f"\n... {self._dropped} bytes left out ...\n".encode()
            found.append({"output_type": "stream", "name": "stdout", "data": note})
        found += [{"output_type": "stream", "name": name, "data": data} for name, data in self._tail]
        return [
            {"output_type": "stream", "name": o["name"], "text": bytes(o["data"]).decode(errors="replace")}
            if "data" in o and "name" in o
            else o
            for o in found
        ]


def _shorten(text: str, limit: int = 32_000) -> str:
    return (
        text
        if len(text) <= limit
        else f"{text[: limit // 2]}\n... {len(text) - limit} characters left out ...\n{text[-limit // 2 :]}"
    )


def _error_output(text: str) -> dict:
    try:
        name, value, trace = (wire.clean(str(part)) for part in json.loads(text))
    except (ValueError, RecursionError, TypeError):
        name, value, trace = "Error", "", text
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": trace.split("\n")}
