"""The kernel explorer: change a kernel and see at once what it makes of a picture.

Examples
--------
>>> from cnnkit import explore
>>> explore.explore("counting", [[0, 1], [2, 3]]).feature_map
array([[19., 25.],
       [37., 43.]])
"""

__all__ = ["explore"]


def explore(
    image="camera",
    kernel="top_sobel",
    *,
    stride=1,
    padding="valid",
    pad=None,
    relu=False,
    pool="none",
    pool_size=2,
    pool_stride=None,
    channels=None,
    cell=None,
    level=None,
):
    """Explore a kernel in a notebook.

    Parameters
    ----------
    image : str or array_like, shape (H, W) or (H, W, 3)
        The name of a bundled picture (:func:`cnnkit.explore.pictures.names`), or your own.
    kernel : str or array_like, shape (h, w) or (h, w, 3)
        A name of :data:`cnnkit.kernels.NAMED`, or the weights; sides of 1 to 15, odd or even.
    stride : int
    padding : {"valid", "zero", "reflect", "symmetric"}
        Without a border, or what the border holds.
    pad : int, optional
        The width of the border; by default half the kernel.
    relu : bool
        Set negative answers to 0.
    pool : {"none", "max", "average", "sum"}
    pool_size : int
    pool_stride : int, optional
        By default `pool_size`.
    channels : {"gray", "rgb"}, optional
        Whether a picture in colour is explored in grey, or with a kernel as deep as itself; by default as deep as
        `kernel` is.
    cell : (int, int), optional
        Row and column of the feature map to look at first.
    level : str, optional
        Play: "vertical", "horizontal", "blur", "sharpen", "diagonal" or "emboss". Image and kernel are then those of
        the level.

    Returns
    -------
    Explorer or Still
        A widget, whose ``kernel`` and ``feature_map`` can be used in other cells. Where the widget's libraries are not
        installed, a still picture, so that a notebook runs to its end.

    Raises
    ------
    ValueError
        When there is no picture, kernel or level of that name, an array is not one, or an option is not a good one.

    Examples
    --------
    >>> explore("chelsea", "sharpen", padding="symmetric").feature_map.shape
    (170, 256)
    >>> explore("camera", "box_blur", stride=2, pool="max").pooled.shape
    (63, 63)
    """
    options = {
        "stride": stride,
        "padding": padding,
        "pad": pad,
        "relu": relu,
        "pool": pool,
        "pool_size": pool_size,
        "pool_stride": pool_stride,
        "channels": channels,
        "cell": cell,
    }
    try:
        from cnnkit.explore.widget import Explorer
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("cnnkit"):
            raise
        from types import SimpleNamespace

        import numpy as np

        from cnnkit.explore import levels
        from cnnkit.explore.state import initial, settings_of
        from cnnkit.explore.still import Still

        if level is not None:
            # What is to be found: the picture beside the level's own kernel.
            one = levels.level(level)
            image, kernel, options = one.photo, np.array(one.cells) / one.divisor, {"padding": "symmetric"}
        picture, state = initial(image, kernel, **options)
        return Still(picture, settings_of(SimpleNamespace(**state)), (state["row"], state["column"]), error.name)
    return Explorer(image, kernel, level=level, **options)
