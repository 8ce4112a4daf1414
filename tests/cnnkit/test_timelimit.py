"""What a time limit leaves behind: nothing."""

import subprocess
import sys

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
