"""Networks that are used and trained: layers from :mod:`cnnkit.shapes`, computed by :mod:`cnnkit.ops`.

Examples
--------
>>> import numpy as np
>>> from cnnkit import nn, shapes
>>> model = nn.Model(shapes.LENET5, seed=0)
>>> history = nn.train(model, np.zeros((8, 28, 28, 1)), np.arange(8), epochs=2)
>>> len(history.loss), model.predict(np.zeros((3, 28, 28, 1))).shape
(2, (3,))
"""

import importlib

from cnnkit.nn.model import Model
from cnnkit.nn.optimizers import SGD, Adam
from cnnkit.nn.training import History, accuracy, confusion_matrix, train
from cnnkit.nn.weights import load, load_state_dict, save, to_state_dict

__all__ = [
    "SGD",
    "Adam",
    "History",
    "Model",
    "accuracy",
    "confusion_matrix",
    "load",
    "load_state_dict",
    "pretrained",
    "save",
    "to_state_dict",
    "train",
    "transfer",
]


def __getattr__(name: str):
    # On first use: they are needed in one lesson only.
    if name in ("pretrained", "transfer"):
        return importlib.import_module(f"cnnkit.nn.{name}")
    raise AttributeError(f"module 'cnnkit.nn' has no attribute {name!r}; it has: {', '.join(__all__)}")
