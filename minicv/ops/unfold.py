"""im2col and col2im: the windows of an image as columns of a matrix, and the transpose that sums them back."""

from .. import kernels
from ..errors import ShapeError, check_rank, sentence
from ..function import Function
from ..geometry import conv_size, pair
from ..tensor import as_tensor
from .resize import batched


class Unfold(Function):
    """Columns = the windows of x."""

    def forward(self, x):
        self.size = x.shape[2:]
        return kernels.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def backward(self, g):
        return Fold(size=self.size, **self._params)(g)


class Fold(Function):
    """x = the sum of all windows, each put back where it came from. The transpose of Unfold."""

    def forward(self, columns):
        return kernels.fold(columns, self.size, self.kernel_size, self.dilation, self.padding, self.stride)

    def backward(self, g):
        return Unfold(**{name: value for name, value in self._params.items() if name != "size"})(g)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Cut out every window and write it as a column (im2col): convolution becomes one matrix product.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), or (C, H, W).
    kernel_size, dilation, padding, stride : int or (int, int)

    Returns
    -------
    Tensor
        Shape (N, C kh kw, OH OW): channels, then taps in raster order; windows in raster order.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.unfold(minicv.arange(6.0).reshape(1, 1, 2, 3), 2)
    tensor([[[0., 1.],
             [1., 2.],
             [3., 4.],
             [4., 5.]]])
    """
    x, squeeze = batched("unfold", as_tensor(input))
    geometry, windows = _geometry("unfold", x.shape[2:], kernel_size, dilation, padding, stride)
    if min(windows) < 1:
        raise ShapeError(
            sentence(
                "unfold",
                "padded input",
                f"at least as large as the window {geometry['kernel_size']}",
                x.shape,
            )
        )
    columns = Unfold(**geometry)(x)
    return columns.squeeze(0) if squeeze else columns


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Put columns back as windows and sum where they overlap (col2im): the transpose of unfold, not its inverse.

    Parameters
    ----------
    input : Tensor
        Shape (N, C kh kw, L) with L the number of windows, or without N.
    output_size : int or (int, int)
        Height and width of the image.
    kernel_size, dilation, padding, stride : int or (int, int)

    Returns
    -------
    Tensor
        Shape (N, C, H, W).

    Examples
    --------
    Unfolded and folded again, every pixel comes back as often as there are windows over it.

    >>> import minicv
    >>> import minicv.functional as F
    >>> F.fold(F.unfold(minicv.ones(1, 1, 3, 3), 2), 3, 2)
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    x = as_tensor(input)
    check_rank("fold", "input", x.shape, (2, 3), "(N, C kh kw, L) or (C kh kw, L)")
    squeeze = x.ndim == 2
    x = x.unsqueeze(0) if squeeze else x
    size = pair("fold", "output_size", output_size, at_least=1)
    geometry, windows = _geometry("fold", size, kernel_size, dilation, padding, stride)
    kh, kw = geometry["kernel_size"]
    if min(windows) < 1:
        expected = f"at least as large as the window {geometry['kernel_size']}, with its padding"
        raise ShapeError(sentence("fold", "output_size", expected, size))
    if x.shape[2] != windows[0] * windows[1]:
        expected = f"of {windows[0]} * {windows[1]} columns, one for each window of {size}"
        raise ShapeError(sentence("fold", "input", expected, f"{x.shape[2]} columns"))
    if x.shape[1] % (kh * kw):
        raise ShapeError(
            sentence("fold", "input", f"of a multiple of kh * kw = {kh * kw} rows", f"{x.shape[1]} rows")
        )
    images = Fold(size=size, **geometry)(x)
    return images.squeeze(0) if squeeze else images


def _geometry(op, size, kernel_size, dilation, padding, stride):
    geometry = {
        "kernel_size": pair(op, "kernel_size", kernel_size, at_least=1),
        "dilation": pair(op, "dilation", dilation, at_least=1),
        "padding": pair(op, "padding", padding, at_least=0),
        "stride": pair(op, "stride", stride, at_least=1),
    }
    order = ("kernel_size", "stride", "padding", "dilation")
    return geometry, tuple(conv_size(*s) for s in zip(size, *(geometry[name] for name in order), strict=True))
