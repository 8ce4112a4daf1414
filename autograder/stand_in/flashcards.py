"""The drills as a notebook sees them while it is graded: nobody learns there.

This file stands in the sandbox where ``cnnkit/flashcards`` would be.
"""


def drill(name="all", **options):
    """Do nothing."""


def progress(name="all", days=30):
    """Do nothing."""
