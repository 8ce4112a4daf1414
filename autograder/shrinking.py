"""The smallest example on which a function is wrong, as Hypothesis finds it.

Used twice: for each named mistake when the hidden examples are built, and, while grading, for a failure without a name
(:mod:`autograder.smaller`).
"""

import tempfile
import threading
from collections.abc import Callable
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.configuration import set_hypothesis_home_dir

from cnnkit.exercises import Call, Property

Found = TypeVar("Found")
#: Hypothesis keeps notes for the whole process, and sets the seeds of the process's random numbers.
_one_at_a_time = threading.Lock()


class Enough(BaseException):
    """Raised in a judge: the search shall end at once, with what has been found."""


def failures(
    prop: Property, judge: Callable[[list[Call]], Found | None], examples: int = 60
) -> tuple[list[Found], bool]:
    """Search for examples of a property that fail, and make them smaller.

    Parameters
    ----------
    prop : Property
    judge : callable
        Gets an example; returns what there is to say about it when it fails, else None. May raise :class:`Enough`.
    examples : int, optional
        How many are tried before the property is taken to hold.

    Returns
    -------
    tuple of (list, bool)
        What the judge returned, in the order in which it was found, and whether the search came to its end: then the
        last one is the smallest, the same in every run of the same command.

    Raises
    ------
    Exception
        What the judge raised, before anything was found.

    Examples
    --------
    >>> from cnnkit.exercises import find
    >>> relu = find("relu").public[0]
    >>> found, whole = failures(relu, lambda calls: next((x for x in calls[0].args[0].flat if x > 2), None))
    >>> whole, float(found[-1])
    (True, 3.0)
    """
    found: list[Found] = []

    @hypothesis.seed(0)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(prop.examples)
    def holds(calls):
        failure = judge(calls)
        if failure is not None:
            found.append(failure)
            raise AssertionError

    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        # Even without a database it writes into the working directory, which is the teacher's.
        set_hypothesis_home_dir(folder)
        try:
            holds()
        except Enough:
            return found, False
        except Exception:  # the failure, or what Hypothesis has to say about it
            if not found:
                raise
        finally:
            set_hypothesis_home_dir(None)
    return found, True
