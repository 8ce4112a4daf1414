"""Calls that end after a while, whatever the function does.

In the main thread of a system with ``SIGALRM`` (Linux, macOS) a timer interrupts the call, also in the middle of a
sleep. Elsewhere (Windows, or a thread that is not the main one) a second thread sends the exception; it arrives at the
next line of Python. Neither can interrupt a single long call into C, such as the product of two huge matrices: that
one is noticed when it returns. Where there are no threads either (a notebook that runs in the browser), nothing is
interrupted, and the browser's own button has to do. Ctrl-C and the notebook's interrupt button work as always.
"""

import contextlib
import ctypes
import gc
import random
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator

#: Seconds between one interruption and the next, for a function that catches them all.
_AGAIN = 0.05
#: How many of them come that slowly.
_POLITE = 3
#: The callbacks of the weak references that the standard library keeps.
_WEAK = [kind()._remove for kind in (weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet)]


class TookTooLong(Exception):
    """A call was interrupted."""


class _Interruption(BaseException):
    """What is raised inside the call: no `except Exception` catches it."""


def loses_exceptions(frame) -> bool:
    """Whether Python would drop an exception that is raised here: in a callback of the garbage collector.

    Also in what a callback calls: the alarm itself, which may ring again while it looks at an earlier ring, is one.
    And where a weak dictionary or set of the standard library forgets an object that is gone.

    Examples
    --------
    >>> loses_exceptions(sys._getframe())
    False
    """
    callbacks = {getattr(callback, "__code__", None) for callback in (*gc.callbacks, *_WEAK)}
    while frame is not None and frame.f_code not in callbacks:
        frame = frame.f_back
    return frame is not None


class _Patient:
    """Lets every call end by itself."""

    def run(self, function: Callable, seconds: float):
        """Call a function; raise :class:`TookTooLong` when it takes longer."""
        return function()


class _Impatient(_Patient):
    """Interrupts; how, is for the subclasses to say."""

    def __init__(self):
        self._armed = self._rang = False

    def run(self, function: Callable, seconds: float):
        self._rang = False
        try:
            try:
                self._armed = True
                self._arm(seconds)
                result = function()
            finally:
                self._armed = False
                self._disarm()
        except KeyboardInterrupt:
            raise
        except BaseException:
            # It may come once more, between two lines of ours; and a function may make another exception of it.
            self._armed = False
            with contextlib.suppress(_Interruption):
                self._disarm()
            if self._rang:
                raise TookTooLong from None
            raise
        if self._rang:  # and the function caught it
            raise TookTooLong
        return result

    def _arm(self, seconds: float) -> None:
        raise NotImplementedError

    def _disarm(self) -> None:
        raise NotImplementedError


class _Alarm(_Impatient):
    def __init__(self):
        super().__init__()
        self._rings = 0

    def _arm(self, seconds: float) -> None:
        self._rings = 0
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)

    def _disarm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def ring(self, _, frame) -> None:
        """What the timer calls."""
        if not self._armed or frame is None or frame.f_code in _OUR_CODE or loses_exceptions(frame):
            return
        self._rang = True
        self._rings += 1
        if self._rings > _POLITE:
            # A function that catches every exception and goes on is left only when the next one comes while it is
            # still busy with this one.
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 3e-5), _AGAIN)
        raise _Interruption


_OUR_CODE = {_Impatient.run.__code__, _Alarm._arm.__code__, _Alarm._disarm.__code__}


class _Watcher(_Impatient):
    def __init__(self):
        super().__init__()
        self._watched = ctypes.c_ulong(threading.get_ident())
        self._change = threading.Condition()
        self._deadline: float | None = None
        self._open = True
        self._thread = threading.Thread(target=self._watch, daemon=True, name="cnnkit-timelimit")
        self._thread.start()

    def _arm(self, seconds: float) -> None:
        with self._change:
            self._deadline = time.monotonic() + seconds
            self._change.notify()

    def _disarm(self) -> None:
        with self._change:
            self._deadline = None
            # One that is on its way arrives here, not in somebody else's code. It is not called back: Python 3.11 would
            # look for it for ever, and hang under a tracer.
            for _ in range(100):
                pass

    def close(self) -> None:
        with self._change:
            self._open = False
            self._change.notify()
        self._thread.join()

    def _watch(self) -> None:
        with self._change:
            while self._open:
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is None or left > 0:
                    self._change.wait(left)
                    continue
                self._rang = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(self._watched, ctypes.py_object(_Interruption))
                self._change.wait(_AGAIN)


@contextlib.contextmanager
def time_limit() -> Iterator[_Patient]:
    """What runs functions under a time limit; a timer and a handler that were set before are set again afterwards.

    Yields
    ------
    object
        Its ``run(function, seconds)`` returns what the function returns, or raises :class:`TookTooLong`.

    Examples
    --------
    >>> def forever():
    ...     while True:
    ...         pass
    >>> with time_limit() as limit:
    ...     limit.run(forever, 0.1)
    Traceback (most recent call last):
        ...
    cnnkit.timelimit.TookTooLong
    """
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        alarm = _Alarm()
        start, left = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, 0)
        handler = signal.signal(signal.SIGALRM, alarm.ring)
        try:
            yield alarm
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            # None: it was set by somebody's C code, which Python cannot set again.
            signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
            if left[0]:
                signal.setitimer(signal.ITIMER_REAL, max(left[0] - (time.monotonic() - start), 1e-3), left[1])
    elif sys.platform != "emscripten" and hasattr(ctypes, "pythonapi"):
        watcher = _Watcher()
        try:
            yield watcher
        finally:
            watcher.close()
    else:
        yield _Patient()
