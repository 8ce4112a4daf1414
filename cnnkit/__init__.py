"""Convolutional neural networks in NumPy: the reference and study tools of a course that grades itself.

Examples
--------
>>> from cnnkit import check, ops
>>> def conv2d(image, kernel, stride=1):
...     return ops.conv2d(image, kernel, stride)
>>> check("conv2d", conv2d)
conv2d: all 4 checks passed (values, strides, photos, inputs kept)
"""

import importlib

__version__ = "0.1.0"
__all__ = ["check", "data", "images", "kernels", "nn", "ops", "plot", "question", "shapes"]


def __getattr__(name: str):
    # On first use: Hypothesis and matplotlib take longer to import than most cells take to run.
    if name == "check":
        return importlib.import_module("cnnkit.checking").check
    if name == "question":
        return importlib.import_module("cnnkit.exercises.questions").question
    if name in ("data", "images", "kernels", "nn", "ops", "plot", "shapes"):
        return importlib.import_module(f"cnnkit.{name}")
    raise AttributeError(f"module 'cnnkit' has no attribute {name!r}; it has: {', '.join(__all__)}")
