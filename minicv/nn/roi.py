"""Layers that pool regions; what they compute is described at the functions of the same name in torchvision.ops."""

from .. import functional as F
from .functional_layer import FunctionalLayer


class _Regions(FunctionalLayer):
    """A function of (input, rois): the map, and its regions (R, 5) or a list with (R_i, 4) for each image."""

    def forward(self, input, rois):
        return type(self).function(input, rois, **self.settings)


class RoIPool(_Regions):
    """The maximum of each bin of each region: see :func:`minicv.functional.roi_pool`.

    Parameters
    ----------
    output_size : int or (int, int)
    spatial_scale : float

    Examples
    --------
    >>> import minicv
    >>> x = minicv.arange(16.0).reshape(1, 1, 4, 4)
    >>> RoIPool(1, spatial_scale=1.0)(x, [minicv.tensor([[0.0, 0.0, 1.0, 1.0]])])
    tensor([[[[5.]]]])
    """

    function = staticmethod(F.roi_pool)

    def __init__(self, output_size, spatial_scale):
        super().__init__(output_size=output_size, spatial_scale=spatial_scale)


class RoIAlign(_Regions):
    """The mean of bilinear samples in each bin of each region: see :func:`minicv.functional.roi_align`.

    Parameters
    ----------
    output_size : int or (int, int)
    spatial_scale : float
    sampling_ratio : int
    aligned : bool
    """

    function = staticmethod(F.roi_align)

    def __init__(self, output_size, spatial_scale, sampling_ratio, aligned=False):
        super().__init__(
            output_size=output_size,
            spatial_scale=spatial_scale,
            sampling_ratio=sampling_ratio,
            aligned=aligned,
        )


class PSRoIPool(_Regions):
    """The mean of each bin in a channel of its own: see :func:`minicv.functional.ps_roi_pool`.

    Parameters
    ----------
    output_size : int or (int, int)
    spatial_scale : float
    """

    function = staticmethod(F.ps_roi_pool)

    def __init__(self, output_size, spatial_scale):
        super().__init__(output_size=output_size, spatial_scale=spatial_scale)


class PSRoIAlign(_Regions):
    """The mean of samples of each bin in a channel of its own: see :func:`minicv.functional.ps_roi_align`.

    Parameters
    ----------
    output_size : int or (int, int)
    spatial_scale : float
    sampling_ratio : int
    """

    function = staticmethod(F.ps_roi_align)

    def __init__(self, output_size, spatial_scale, sampling_ratio):
        super().__init__(output_size=output_size, spatial_scale=spatial_scale, sampling_ratio=sampling_ratio)
