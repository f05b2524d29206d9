"""Elastic deformation: every point is pulled somewhere, neighbours almost the same way."""

import numpy as np

from .moves import displace


class ElasticTransform:
    """Random displacements on a coarse grid, and smooth ones in between.

    Parameters
    ----------
    sigma : float
        Standard deviation of the displacements, in pixels.
    grid : int
        Points of the coarse grid along each side.
    fill : int or (int, int, int)

    Notes
    -----
    Source: O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
    MICCAI 2015, section 3.1: displacements of a 3 x 3 grid with a standard deviation of 10 pixels, interpolated with
    bicubic splines.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample, rng = Sample(np.full((4, 6, 3), 100, np.uint8)), np.random.default_rng(0)
    >>> ElasticTransform(sigma=1.0)(sample, rng).image.shape
    (4, 6, 3)
    """

    def __init__(self, sigma=10.0, grid=3, fill=0):
        self.sigma, self.grid, self.fill = sigma, grid, fill

    def __call__(self, sample, rng):
        from scipy.ndimage import zoom

        height, width = sample.image.shape[:2]
        coarse = rng.normal(0, self.sigma, (2, self.grid, self.grid))
        factors = height / self.grid, width / self.grid
        offset = np.stack(
            [zoom(c, factors, order=min(3, self.grid - 1), mode="nearest", grid_mode=True) for c in coarse]
        )
        return displace(sample, offset, self.fill)
