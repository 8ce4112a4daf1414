"""Arrays and calls in words: what a student reads about an example, and pastes to try it."""

import numpy as np

from cnnkit.answers import number
from cnnkit.exercises.layouts import layout_of
from cnnkit.exercises.model import Call

#: Longer arrays are shown without their middle rows and columns.
LARGEST_SHOWN = 400
#: Arrays of more numbers are not written out in calls: nobody reads pages of them.
LARGEST_PASTED = 1700
_LINE = 88


def array_text(array) -> str:
    """An array as a table of numbers, a line per row.

    Parameters
    ----------
    array : array_like

    Returns
    -------
    str
        Whole numbers without a decimal point; very large arrays without their middle.

    Examples
    --------
    >>> print(array_text(np.array([[1.0, -0.5], [20, 0]])))
    [[   1, -0.5],
     [  20,    0]]
    >>> array_text(7)
    '7'
    """
    array = np.asarray(array)
    if array.ndim == 0:
        return number(array)
    cells = np.vectorize(number, otypes=[object])(array) if array.size else array
    width = max((len(cell) for cell in cells.flat), default=0)
    # Numbers of one width per array line up in columns, but a single row needs no columns.
    width = width if array.ndim > 1 and array.shape[-2] > 1 else 0
    return np.array2string(
        cells,
        separator=", ",
        formatter={"object": lambda cell: cell.rjust(width)},
        threshold=LARGEST_SHOWN,
        max_line_width=200,
    )


def call_text(name: str, call: Call) -> str:
    """A call as Python code that can be pasted where NumPy is ``np``.

    Parameters
    ----------
    name : str
        The function's name.
    call : Call

    Returns
    -------
    str
        The arrays come back with the same values, types and memory layouts. Of a very large array, the type and the
        shape stand in its place.

    Examples
    --------
    >>> print(call_text("conv2d", Call((np.array([[1, 2]]), np.array([[0.5]])), {"stride": 2})))
    conv2d(np.array([[1, 2]]), np.array([[0.5]]), stride=2)
    >>> print(call_text("train", Call((np.zeros((50, 8, 8)), np.array([3, 7])))))
    train(<float64 (50, 8, 8)>, np.array([3, 7]))
    >>> print(call_text("conv2d", Call((np.asfortranarray([[1, 2], [3, 4]], dtype=np.uint8),))))
    conv2d(np.asfortranarray(np.array([[1, 2], [3, 4]], dtype=np.uint8)))
    """
    arguments = [_value_text(value) for value in call.args]
    arguments += [f"{key}={_value_text(value)}" for key, value in call.kwargs.items()]
    text = f"{name}({', '.join(arguments)})"
    if len(text) <= _LINE:
        return text
    body = ",\n".join(arguments).replace("\n", "\n    ")
    return f"{name}(\n    {body},\n)"


def _value_text(value) -> str:
    if isinstance(value, np.random.Generator):
        return f"np.random.default_rng({value.bit_generator.seed_seq.entropy})"
    if isinstance(value, dict):
        parts = [f"{name!r}: {_value_text(part)}" for name, part in value.items()]
        text = f"{{{', '.join(parts)}}}"
        return text if len(text) <= _LINE - 12 else "{\n    " + ",\n    ".join(parts) + ",\n}"
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size > LARGEST_PASTED:
        return f"<{value.dtype.name} {value.shape}>"
    text = repr(value.tolist())
    if len(text) > _LINE - 12 and value.ndim > 1:
        # Rows below one another; a row of a colour image is itself a list of lists.
        end, start = "]" * (value.ndim - 1), "[" * (value.ndim - 1)
        text = text.replace(f"{end}, {start}", f"{end},\n{' ' * 10}{start}")
    known = value.dtype in (np.int64, np.float64)
    text = f"np.array({text})" if known else f"np.array({text}, dtype=np.{value.dtype.name})"
    layout = layout_of(value)
    if layout == "F":
        return f"np.asfortranarray({text})"
    if layout == "sliced":
        return f"{text}.repeat(2, 0).repeat(2, 1)[::2, ::2]"
    return text
