"""The pictures of cards: a photo before and after a filter, drawn when it is needed instead of stored."""

import functools
import io

from cnnkit.flashcards.cards import Card, CardError

#: The longer side of a photo, in pixels, before it is enlarged: few enough to see what happens to a single one.
_LONGER_SIDE = 130
#: How large a file may be, in bytes; of so many shades the first number is taken that keeps to it.
_LARGEST, _SHADES = 40_000, (128, 64, 32, 16)


def picture_of(card: Card) -> bytes:
    """Draw the picture of a card.

    Parameters
    ----------
    card : Card
        With a picture such as ``"filter:top_sobel:camera"``.

    Returns
    -------
    bytes
        A PNG file of at most 40 kB: on the left the photo, on the right what the filter makes of it. A filter whose
        weights add up to 1 gives a photo again, any other one a map, from its smallest number (black) to its largest
        (white).

    Raises
    ------
    CardError
        When the card has no picture, or names a filter or a photo that does not exist.

    Examples
    --------
    >>> card = Card("c", "basic", "front", "back", "02-filters-and-padding", ("edges",), "s",
    ...             picture="filter:top_sobel:camera")
    >>> picture_of(card)[1:4]
    b'PNG'
    """
    from cnnkit.flashcards import defects

    found = "has no picture; fix: write 'filter:NAME:PHOTO'" if not card.picture else None
    for what, fix in defects.of_the_picture(card.picture) if card.picture else ():
        found = f"{what}; fix: {fix}"
    if found:
        raise CardError(f"{card.deck}.yaml, card {card.id!r}: {found}")
    _, name, photo = card.picture.split(":")
    return _before_and_after(name, photo)


def alternative_text(card: Card) -> str:
    """What a picture shows, in words that do not give the answer away.

    Examples
    --------
    >>> card = Card("c", "basic", "front", "back", "02-filters-and-padding", ("edges",), "s",
    ...             picture="filter:top_sobel:camera")
    >>> alternative_text(card)
    'Two pictures side by side: the photo “camera” before and after the filter.'
    """
    if not card.picture:
        return ""
    return f"Two pictures side by side: the photo “{card.picture.split(':')[-1]}” before and after the filter."


@functools.cache
def _before_and_after(name: str, photo: str) -> bytes:
    import numpy as np
    from PIL import Image

    from cnnkit import images, kernels, ops, plot

    image, kernel = images.load(photo), kernels.NAMED[name]
    step = -(-max(image.shape) // _LONGER_SIDE)
    image = image[::step, ::step]
    if np.isclose(kernel.sum(), 1):
        before = image if image.ndim == 3 else image[:, :, np.newaxis]
        after = ops.filter_image(before, kernel)
    else:
        before = ops.to_gray(image) if image.ndim == 3 else image / 255
        after = ops.conv2d_same(before, kernel, mode="symmetric")
    drawn = Image.open(io.BytesIO(plot.row([before, after], ["before", "after"])._repr_png_())).convert("RGB")
    for shades in _SHADES:
        file = io.BytesIO()
        drawn.quantize(shades, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= _LARGEST:
            break
    return file.getvalue()
