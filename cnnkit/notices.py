"""Where a check speaks: a notebook's output, which can change, or the lines of a terminal."""

import sys

from cnnkit.exercises.drawing import note_html


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this, so that pictures can be shown.

    Examples
    --------
    >>> in_notebook()
    False
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


class Notice:
    """A line that says that something is going on, until the result takes its place.

    Parameters
    ----------
    text : str
        In a terminal it is seen only when a person looks at it, not in a file or a pipe.

    Examples
    --------
    >>> notice = Notice("checking relu …")
    >>> notice.replace("relu: all 2 checks passed", "<p>relu: all 2 checks passed</p>")
    False
    """

    def __init__(self, text: str):
        self._display = None
        self._line = 0
        self.open = True
        if in_notebook():
            from IPython.display import display

            data = {"text/html": note_html(text, mark="⏳"), "text/plain": text}
            self._display = display(data, raw=True, display_id=True)
        elif sys.stderr is not None and sys.stderr.isatty():
            self._line = len(text)
            print(text, end="", file=sys.stderr, flush=True)

    def replace(self, text: str = "", html: str = "") -> bool:
        """Put the result in the line's place.

        Returns
        -------
        bool
            Whether it was shown; if not, the line is gone, and the text is for the caller to print or raise.
        """
        self.open = False
        if self._display:
            self._display.update({"text/html": html, "text/plain": text}, raw=True)
            return True
        if self._line:
            print(f"\r{' ' * self._line}\r", end="", file=sys.stderr, flush=True)
        return False
