"""How far apart two right results may be: a tolerance derived from dtype and number of roundings.

A sum of ``n`` products, added up in any order in a precision of unit roundoff ``u``, is off by at most
``n * u * sum(|a * b|)``, to first order in ``u``: each product is rounded once, and then once in each of at most
``n - 1`` additions (N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, section 3.1,
https://doi.org/10.1137/1.9780898718027). Two implementations may each be off by as much, so they agree when they
differ by at most::

    (n + 2) * (u + 2**-53) * size

with ``u`` PyTorch's roundoff (2**-24 for float32, 2**-53 for float64) and 2**-53 that of the float64 reference; the 2
are for a division or a scaling at the end and for rounding the result to its type. ``n`` and ``size`` are not guessed:
a function that only adds products gives ``n`` when all its arguments are 1, and ``size``, the sum of the magnitudes,
when they are replaced by their absolute values. The largest sum of an array counts for all of it, because fast
convolutions (Winograd, FFT) mix the roundings of neighbours. What is not a sum of products (softmax, batch
normalization) brings its own count, derived beside it.
"""

from dataclasses import dataclass

import numpy as np

#: Unit roundoff: half the distance from 1 to the next number.
ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}


@dataclass(frozen=True)
class Bound:
    """How far apart two right results may be: the roundings on the longest way to a result, and their size.

    Parameters
    ----------
    terms : float
        How many roundings add up; for a sum of products, the number of products.
    size : float or ndarray
        What each rounding is relative to; for a sum of products, the sum of their magnitudes.
    """

    terms: float
    size: float | np.ndarray

    def units(self, got, expected, dtype: str) -> float:
        """The largest difference between two results, in units of the tolerance: above 1 they disagree.

        Different shapes, and NaN or infinity in either, are infinitely far apart.

        Examples
        --------
        >>> bound = Bound(terms=9, size=20.0)
        >>> bound.units(np.float64(3.0), np.float64(3.0), "float32")
        0.0
        >>> round(bound.units(np.float64(3.0), np.float64(3.00001), "float32"), 2)
        0.76
        >>> bound.units(np.zeros((2, 3)), np.zeros((3, 2)), "float32")
        inf
        """
        got, expected = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
        if got.shape != expected.shape or not (np.isfinite(got).all() and np.isfinite(expected).all()):
            return np.inf
        tolerance = (self.terms + 2) * (ROUNDOFF[dtype] + ROUNDOFF["float64"]) * self.size
        # Below the smallest normal number, a type has no relative precision left, or a processor gives 0.
        tolerance = tolerance + (self.terms + 2) * float(np.finfo(dtype).tiny) * (1 + np.max(self.size))
        return float((np.abs(got - expected) / tolerance).max(initial=0.0))
