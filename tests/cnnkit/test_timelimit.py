"""What a time limit leaves behind: nothing."""

import gc
import signal
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest

from autograder import mutants
from cnnkit.exercises import Call
from cnnkit.timelimit import TookTooLong, time_limit

# In a process of its own: where this went wrong, the interpreter hung for ever.
_THREAD_THEN_TRACER = """
import sys, threading, time
from cnnkit.timelimit import TookTooLong, time_limit

def sleep_and_count():
    time.sleep(0.001)
    sum(range(2000))

def work():
    for _ in range(30):
        with time_limit() as limit:
            try:
                limit.run(sleep_and_count, 0.0011)  # the limit and the end of the call race
            except TookTooLong:
                pass
    sys.settrace(lambda *_: None)
    sleep_and_count()
    sys.settrace(None)
    print("done")

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def test_a_tracer_runs_after_a_limit_in_another_thread():
    run = subprocess.run(
        [sys.executable, "-c", _THREAD_THEN_TRACER], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.stdout == "done\n", run.stderr


@pytest.fixture
def slow_collection():
    """Hypothesis times garbage collections, in a callback; an exception that is raised there would be lost."""

    def linger(phase, info):
        end = time.monotonic() + 0.4
        while phase == "stop" and time.monotonic() < end:
            pass

    gc.callbacks.append(linger)
    yield
    gc.callbacks.remove(linger)


def collects_and_never_ends(*_):
    gc.collect()
    while True:
        pass


def test_a_limit_that_ends_in_a_garbage_collection_is_not_lost(slow_collection):
    with time_limit() as limit, pytest.raises(TookTooLong):
        limit.run(collects_and_never_ends, 0.1)


class Alarming:
    """A callback that is no function; the first to ask what its code is makes the alarm ring again."""

    asked = 0

    def __call__(self, *_):
        pass

    @property
    def __code__(self):
        self.asked += 1
        if self.asked == 1:
            signal.raise_signal(signal.SIGALRM)
        return type(self).__call__.__code__


def test_nor_is_one_that_comes_while_it_looks_at_an_earlier_one(slow_collection):
    gc.callbacks.insert(0, alarming := Alarming())
    try:
        with time_limit() as limit, pytest.raises(TookTooLong):
            limit.run(collects_and_never_ends, 0.1)
    finally:
        gc.callbacks.remove(alarming)
    assert alarming.asked


class Loud(dict):
    """Makes the alarm ring when a key goes."""

    def __delitem__(self, key):
        signal.raise_signal(signal.SIGALRM)
        super().__delitem__(key)


def test_nor_is_one_that_comes_while_a_weak_dictionary_forgets_a_key():
    names = weakref.WeakKeyDictionary()
    names.data = Loud()

    def forget():
        names[Loud] = "kept"
        names[type("Gone", (), {})] = "lost with its key"
        gc.collect()
        return len(names)

    with time_limit() as limit:
        assert limit.run(forget, 60.0) == 1


def test_nor_is_that_of_a_mutant(slow_collection, monkeypatch):
    monkeypatch.setattr(mutants, "_PATIENCE", 0.1)
    (answer,), _ = mutants.answers(collects_and_never_ends, [Call((np.zeros(1),))])
    assert answer.text == "raised TookTooLong"
