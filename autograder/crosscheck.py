"""Hold the reference against PyTorch: an implementation that shares no code with it.

Layout conversions between this course (channels last) and PyTorch (channels first) live here and nowhere else.
"""

import importlib.util
from collections.abc import Callable

import numpy as np

from cnnkit.answers import VALUE, Answer, difference
from cnnkit.exercises import Exercise


class Disagreement(AssertionError):
    """The reference and PyTorch give different results; the message shows the call."""


def confirm(exercise: Exercise, examples: list) -> str:
    """Compare the reference's results of a corpus with PyTorch's.

    Parameters
    ----------
    exercise : Exercise
    examples : list of autograder.corpus.Example

    Returns
    -------
    str
        For example ``"PyTorch 2.13.0 (cpu), 212 results"``; empty when PyTorch is not installed or has no
        counterpart of the exercise: then nothing is confirmed.

    Raises
    ------
    Disagreement
    """
    if importlib.util.find_spec("torch") is None or exercise.name not in _COUNTERPARTS:
        return ""
    import torch

    count = 0
    for example in examples:
        for call, expected in zip(example.calls, example.expected, strict=True):
            theirs = _COUNTERPARTS[exercise.name](*call.args, **call.kwargs)
            text = difference(Answer(VALUE, theirs), expected, call.scale())
            if text:
                raise Disagreement(f"{exercise.name}: PyTorch disagrees with the reference: {text}\n{call}")
            count += 1
    return f"PyTorch {torch.__version__} (cpu), {count} results"


def _planes(image: np.ndarray):
    """(H, W) or (H, W, C) as a float64 tensor (1, C, H, W)."""
    import torch

    array = np.ascontiguousarray(image, dtype=np.float64)
    return torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1)[None]


def _conv2d(image, kernel, stride=1) -> np.ndarray:
    import torch.nn.functional as functional

    return functional.conv2d(_planes(image), _planes(kernel), stride=stride)[0, 0].numpy()


def _split_channels(image) -> np.ndarray:
    import torch

    return np.stack([plane.numpy() for plane in torch.from_numpy(np.ascontiguousarray(image)).unbind(2)])


def _to_gray(image) -> np.ndarray:
    import torch

    weights = torch.tensor([0.2125, 0.7154, 0.0721], dtype=torch.float64)[:, None, None, None].permute(1, 0, 2, 3)
    gray = torch.nn.functional.conv2d(_planes(image), weights)[0, 0].numpy()
    return gray / 255 if image.dtype == np.uint8 else gray


_COUNTERPARTS: dict[str, Callable] = {
    "split_channels": _split_channels,
    "to_gray": _to_gray,
    "conv2d": _conv2d,
    "conv2d_channels": _conv2d,
}
