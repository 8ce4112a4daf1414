"""The kernel explorer as a notebook sees it while it is graded: nobody plays there.

This file stands in the sandbox where ``cnnkit/explore`` would be. It takes whatever it is given, so that a cell that a
student changed while playing does not stop the cells after it.
"""


class _Words:
    """A sentence in the place of the widget."""

    def __repr__(self):
        return "The kernel explorer is not shown while grading."


def explore(image="camera", kernel="top_sobel", **options):
    """Give a sentence to show."""
    return _Words()
