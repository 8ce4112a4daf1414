"""Two Hypothesis profiles: the same examples in every run, or, for long runs, many random ones.

``HYPOTHESIS_PROFILE=random pytest`` takes the second. ``CORPORA=FOLDER pytest`` keeps the hidden examples that tests
build, which takes minutes, for the next run.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from autograder.corpus import CorpusStore
from cnnkit import checking, exercises

_COMMON = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("deterministic", derandomize=True, max_examples=40, **_COMMON)
settings.register_profile("random", max_examples=1000, print_blob=True, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "deterministic"))

# No test depends on how busy the machine is: a check tries all its examples, however long they and their calls take.
# Not in a fixture, as the doctests are not below this folder.
checking.BUDGET, checking.CALL_SECONDS, checking.SHRINKING = 300.0, 60.0, 0.5

# Without it, Hypothesis writes what it learned from our sources into the repository.
_home = tempfile.TemporaryDirectory(prefix="hypothesis-")
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = _home.name


# Drills in notebooks that tests run must not end up among the learner's own.
_progress = tempfile.TemporaryDirectory(prefix="cnnkit-")
os.environ["CNNKIT_HOME"] = _progress.name


@pytest.fixture(scope="session")
def corpora(tmp_path_factory) -> Path:
    """One folder of hidden examples for all tests and all of xdist's workers: to build them takes minutes.

    A file is named by all that decides its content, and is moved into place whole. In a parallel run, which is one of
    all tests, the first worker that needs any builds all that the tests have in common, as that is quickest together.
    """
    base = tmp_path_factory.getbasetemp()
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    folder = Path(os.environ.get("CORPORA", (base.parent if parallel else base) / "corpora")).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if parallel:
        import fcntl

        with open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            store = CorpusStore(folder, seed="tests", examples=40)
            store.prepare(exercise.name for lesson in exercises.lessons().values() for exercise in lesson)
    return folder
