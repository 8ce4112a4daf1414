"""What a command did for a whole class, student by student."""

from dataclasses import dataclass, field


@dataclass
class Summary:
    """The rows of a run, and their count by state.

    Parameters
    ----------
    states : tuple of str
        Which states are counted, in the order in which they are printed.
    rows : list, optional
        Anything with a ``state``.
    seconds : float, optional
        Of the whole run.

    Examples
    --------
    >>> Summary(("graded", "failed", "skipped"), seconds=0.25).as_json()
    {'graded': 0, 'failed': 0, 'skipped': 0, 'seconds': 0.25}
    """

    states: tuple[str, ...]
    rows: list = field(default_factory=list)
    seconds: float = 0.0

    def count(self, state: str) -> int:
        """How many rows have a state."""
        return sum(row.state == state for row in self.rows)

    def as_json(self) -> dict:
        """The counts: the last line of the command's ``--json``, a contract."""
        return {state: self.count(state) for state in self.states} | {"seconds": round(self.seconds, 3)}
