"""The layers on regions: the functions, and torchvision's way of showing them."""

import numpy as np
import pytest

import minicv.functional as F
from minicv import nn

X = np.random.default_rng(0).standard_normal((1, 4, 8, 8))
BOXES = np.array([[0, 1.2, 3.4, 10.6, 12.0], [0, 0, 0, 15, 15]])


@pytest.mark.parametrize(
    ("layer", "expected", "shown"),
    [
        (nn.RoIPool(2, 0.5), F.roi_pool(X, BOXES, 2, 0.5), "RoIPool(output_size=2, spatial_scale=0.5)"),
        (
            nn.RoIAlign((2, 3), 0.5, -1),
            F.roi_align(X, BOXES, (2, 3), 0.5),
            "RoIAlign(output_size=(2, 3), spatial_scale=0.5, sampling_ratio=-1, aligned=False)",
        ),
        (
            nn.RoIAlign(2, 0.5, 2, aligned=True),
            F.roi_align(X, BOXES, 2, 0.5, 2, True),
            "RoIAlign(output_size=2, spatial_scale=0.5, sampling_ratio=2, aligned=True)",
        ),
        (
            nn.PSRoIPool(2, 0.5),
            F.ps_roi_pool(X, BOXES, 2, 0.5),
            "PSRoIPool(output_size=2, spatial_scale=0.5)",
        ),
        (
            nn.PSRoIAlign(2, 0.5, 3),
            F.ps_roi_align(X, BOXES, 2, 0.5, 3),
            "PSRoIAlign(output_size=2, spatial_scale=0.5, sampling_ratio=3)",
        ),
    ],
)
def test_layers(layer, expected, shown):
    np.testing.assert_array_equal(layer(X, BOXES).numpy(), expected.numpy())
    assert repr(layer) == shown
