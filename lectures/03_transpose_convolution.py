# %% [markdown]
# # Transposed convolution
#
# A network that labels every pixel first shrinks the image and then has to grow it back. Transposed convolution
# grows it, with weights that are learnt. When you have read this lecture, in about 40 minutes, you can
#
# 1. compute a transposed convolution by hand, in one dimension and in two;
# 2. say in three ways what it is, and show that the three agree;
# 3. choose `padding` and `output_padding` for the size that you want;
# 4. test a gradient so that a wrong one is noticed;
# 5. explain why its pictures may look like a chessboard, and why "deconvolution" is the wrong name.
#
# It covers the slides OU 17-25, KR 9-11, SHA 56-61 and TUM 20. A comment `# slide:` says which of them a cell belongs
# to, and the sentence to remember.
#
# Run it cell by cell in Jupyter or VS Code. Run with `python`, it writes its figures to a folder and prints where.

# %%
import numpy as np

import minicv
import minicv.functional as F

# %% [markdown]
# ## Predict first
#
# Each input value multiplies the filter, and the copy is laid onto the output. The stride says how far apart the
# copies of two neighbours lie. Where copies overlap, they are added.
#
# The input is 1, 10, the filter 1, 2, 3, and the stride 2. How many numbers come out, and which? Write them into
# the list before you go on.

# %%
y, w = np.array([1.0, 10.0]), np.array([1.0, 2.0, 3.0])

prediction = []

# %% [markdown]
# ## Six lines of NumPy
#
# The last copy begins at `(len(y) - 1) * stride` and is as long as the filter: that is the length of the output.


# %%
# slide: OU 25, SHA 59: The output holds copies of the filter, scaled by the input and added where they overlap.
def stamp(y, w, stride):
    """Transposed convolution in one dimension."""
    total = np.zeros((len(y) - 1) * stride + len(w))
    for i, value in enumerate(y):
        total[i * stride : i * stride + len(w)] += value * w
    return total


print("stamped:  ", stamp(y, w, stride=2))
print("predicted:", prediction or "nothing yet")

# %% [markdown]
# ## The framework's op
#
# It works on batches of images with channels, so one signal of one channel has the shape (1, 1, length). These two
# functions put the axes on and take them off again.


# %%
def conv1d(x, w, **settings):
    return F.conv1d(x[None, None], w[None, None], **settings).numpy()[0, 0]


def tconv1d(y, w, **settings):
    return F.conv_transpose1d(y[None, None], w[None, None], **settings).numpy()[0, 0]


assert tconv1d(y, w, stride=2).tolist() == stamp(y, w, stride=2).tolist() == [1, 2, 13, 20, 30]

# %% [markdown]
# `minicv.trace` runs an op and writes down every step; the figures are drawn from what it and the ops return.

# %%
print(minicv.trace(F.conv_transpose1d, y[None, None], w[None, None], stride=2))

# %% [markdown]
# The same in letters. The last row of the figure has one cell less; why is the subject of "Which size?" below.

# %%
# slide: OU 25, SHA 59: Crop one cell, and the output is exactly twice as long as the input.
from minicv.lectures.figures import draw
from minicv.lectures.show import show

show(draw("tconv.1d"))

# %% [markdown]
# ## Two dimensions
#
# Nothing changes but the number of axes. A 2 × 2 input stamps a 3 × 3 filter four times, at stride 2; the stamps
# meet in the middle row and the middle column.


# %%
def conv2d(x, w, **settings):
    return F.conv2d(x[None, None], w[None, None], **settings).numpy()[0, 0]


def tconv2d(y, w, **settings):
    return F.conv_transpose2d(y[None, None], w[None, None], **settings).numpy()[0, 0]


# %%
# slide: OU 20-24, KR 10, SHA 56-58: The input gives the weight for the filter; the stride is counted in the output.
image, square = np.array([[1.0, 2.0], [3.0, 4.0]]), np.arange(1.0, 10.0).reshape(3, 3)

total = np.zeros((5, 5))
for i, j in np.ndindex(image.shape):
    total[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += image[i, j] * square

assert np.array_equal(tconv2d(image, square, stride=2), total)
show(draw("tconv.2d"))

# %% [markdown]
# ## Why it is called transposed
#
# An ordinary convolution is linear, so it is a matrix C. Column j of C is what the convolution makes of an image that
# is 1 in pixel j and 0 elsewhere; `F.conv_matrix` asks for one column after the other.


# %%
# slide: KR 11, SHA 60-61: Every row of the matrix is the filter; the stride says how far it moves from row to row.
def matrix(w, stride, cells):
    return F.conv_matrix(lambda x: F.conv1d(x, w[None, None], stride=stride), (1, 1, cells))


# Six cells: four, and one of padding at either end, as on the slide.
C1, C2 = matrix(w, stride=1, cells=6), matrix(w, stride=2, cells=6)
print("stride 1:", C1, "stride 2:", C2, sep="\n")
assert C1.shape == (4, 6) and C2.shape == (2, 6)

# %% [markdown]
# A convolution multiplies by C. Transposed convolution multiplies by C transposed, and that is its whole definition.
# Every *column* of the transpose is the filter, so every input value stamps a copy: the six lines above.

# %%
# slide: KR 11, SHA 61: Transposed convolution multiplies by the transpose of the same matrix.
print(C2.T @ y)
assert (C2.T @ y).tolist() == [*stamp(y, w, stride=2), 0]
show(draw("tconv.matrix1d.s2"))

# %% [markdown]
# Six numbers, and the last is 0: at stride 2 the convolution never reads the last of its six cells, so nothing comes
# back to it.
#
# ## A third way: insert zeros, turn the filter round
#
# At stride 1 the *rows* of C transposed are the filter too, but turned round. So the transpose is an ordinary
# convolution with the turned filter and more padding.

# %%
# slide: KR 11, SHA 60: At stride 1 the transpose is an ordinary convolution with other padding.
four = np.array([1.0, 10.0, 100.0, 1000.0])
assert np.array_equal(C1.T @ four, conv1d(four, w[::-1], padding=2))
show(draw("tconv.matrix1d.s1"))

# %% [markdown]
# At stride 2 no ordinary convolution will do, because the rows are not one pattern that moves: some hold the taps 1
# and 3, others the 2. But put a zero between the input's values first, and one pattern serves again. Seen from the
# input, the filter now moves by half a cell at a time; hence the name *fractionally strided convolution*.


# %%
# slide: KR 11, SHA 61: At stride 2 it takes zeros between the inputs before it is an ordinary convolution.
def insert_zeros(y, w, stride):
    """The ordinary convolution that does the same as `stamp`."""
    spread = np.zeros((len(y) - 1) * stride + 1)
    spread[::stride] = y
    return conv1d(spread, w[::-1], padding=len(w) - 1)


print("rows:", *C2.T)
print("same:", insert_zeros(y, w, stride=2))

# %% [markdown]
# One agreement may be luck. Here are the three and the framework on 48 combinations of sizes, with random numbers.

# %%
from itertools import product

rng = np.random.default_rng(0)
for n, k, stride in product((1, 2, 3), (1, 2, 3, 4), (1, 2, 3, 4)):
    ys, ws = rng.integers(-9, 10, n) * 1.0, rng.integers(-9, 10, k) * 1.0
    expected = tconv1d(ys, ws, stride=stride)
    assert np.array_equal(stamp(ys, ws, stride), expected)
    assert np.array_equal(matrix(ws, stride, cells=len(expected)).T @ ys, expected)
    assert np.array_equal(insert_zeros(ys, ws, stride), expected)

# %% [markdown]
# Of the three, the stamps are how to think of it, the transpose is why it is right, and the inserted zeros show how
# it relates to what you know. It is better not computed with the zeros: at stride 2 in two dimensions, three of four
# multiplications would be by zero.
#
# ## You have met it before: the backward pass
#
# If y = C x, a change of x by dx changes y by C dx. So the gradient of the output comes back to the input through
# C transposed: the backward pass of a convolution *is* a transposed convolution. Here is C in two dimensions.

# %%
# slide: TUM 20: A convolution is multiplication by a matrix C, with one row for each window.
C = F.conv_matrix(lambda x: F.conv2d(x, square[None, None]), (1, 1, 4, 4))
assert C.shape == (4, 16) and np.all((C != 0).sum(axis=1) == 9)
print("windows on each pixel:", (C != 0).sum(axis=0).reshape(4, 4), sep="\n")
show(draw("conv.matrix2d"))

# %%
# slide: TUM 20: The backward pass is simply multiplying with C transposed.
dy = np.array([[1.0, 2.0], [3.0, 4.0]])  # the gradient of some loss by the output
x = minicv.tensor(np.zeros((1, 1, 4, 4)), requires_grad=True)
F.conv2d(x, square[None, None]).backward(dy[None, None])
dx = x.grad.numpy()[0, 0]

assert np.array_equal(dx.ravel(), C.T @ dy.ravel())
assert np.array_equal(dx, tconv2d(dy, square))
show(draw("conv.backward.CT"))

# %% [markdown]
# That was the homework on TUM's slide. It works the other way round as well: the backward pass of a transposed
# convolution is an ordinary one. In `minicv/ops/conv.py` the two call each other, and neither has a gradient of
# its own.
#
# ## Which size?
#
# A convolution maps several sizes to the same one, because its last window need not reach the end. Its transpose
# cannot know which of them is meant.

# %%
# slide: OU 17-19, KR 9: With stride 2, inputs of 3 and of 4 cells both become 2.
made = {cells: len(conv1d(np.ones(cells), w, stride=2, padding=1)) for cells in range(1, 9)}
print("cells before: after", made)
assert [cells for cells in made if made[cells] == 2] == [3, 4]

# %% [markdown]
# `padding` means the padding of the convolution that is transposed, so here it *crops*: that many cells at both ends.
# `output_padding` then gives some back at the far end, to choose among the sizes that remain:
#
# output = (input − 1) · stride − 2 · padding + kernel + output_padding
#
# Three and four cells become two, five do not. So 0 and 1 make sense here, and 2 is refused.

# %%
# slide: OU 20-25, SHA 56-59: From 2 to 4 with a filter of 3, stride 2 and padding 1 takes output padding 1.
for settings in ({}, {"padding": 1}, {"padding": 1, "output_padding": 1}):
    print(tconv1d(y, w, stride=2, **settings), settings)

try:
    tconv1d(y, w, stride=2, padding=1, output_padding=2)
except minicv.ShapeError as error:
    print(error)

# %% [markdown]
# ## The gradient check
#
# Two tests, and the ops of minicv pass them. `gradcheck` moves the inputs a little and compares the change of the
# output with what backward says. `adjoint_check` is for linear maps: A and B are each other's transposes exactly
# when ⟨A x, y⟩ = ⟨x, B y⟩ for all x and y, so it draws both at random.

# %%
from minicv.testing import AdjointError, GradientError, adjoint_check, gradcheck

geometry = {"stride": 2, "padding": 1}
assert gradcheck(
    lambda y, w: F.conv_transpose2d(y, w, output_padding=1, **geometry),
    [image[None, None], square[None, None]],
)
assert adjoint_check(
    lambda x: conv2d(x, square, **geometry),
    lambda y: tconv2d(y, square, output_padding=1, **geometry),
    x_shape=(4, 4),
)

# %% [markdown]
# ## Break it
#
# Here are two wrong transposes of a 3 × 3 convolution at stride 2, from 5 × 5 to 2 × 2. One forgets the stride. The
# other takes the windows column by column, where the convolution goes row by row.


# %%
def forward(x):
    return conv2d(x, square, stride=2)


def right(y):
    return tconv2d(y, square, stride=2)


def stride_ignored(y):
    return np.pad(tconv2d(y, square, stride=1), (0, 1))


def rows_and_columns_swapped(y):
    return right(y.T)


# %% [markdown]
# And here is a popular gradient check beside the adjoint one: add up all outputs, and see how the sum reacts to each
# pixel. That is a gradient of ones at the output. Which of the two slips will it notice?


# %%
def check_with_ones(transpose):
    """Largest error, over the pixels, of the gradient of the sum of all outputs."""
    slopes = np.array([forward(unit).sum() for unit in np.eye(25).reshape(25, 5, 5)])
    return np.abs(slopes - transpose(np.ones((2, 2))).ravel()).max()


def check_at_random(transpose):
    """Error of ⟨A x, y⟩ = ⟨x, B y⟩ for random x and y."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 5)), rng.standard_normal((2, 2))
    return abs(np.vdot(forward(x), y) - np.vdot(x, transpose(y)))


# %%
print(f"{'':25} with ones  at random")
for transpose in (right, stride_ignored, rows_and_columns_swapped):
    print(f"{transpose.__name__:25} {check_with_ones(transpose):9.2f} {check_at_random(transpose):10.2f}")

assert check_with_ones(right) == 0 and check_at_random(right) < 1e-12
assert check_with_ones(stride_ignored) > 1 and check_at_random(stride_ignored) > 1
assert check_with_ones(rows_and_columns_swapped) == 0 and check_at_random(rows_and_columns_swapped) > 1

# %% [markdown]
# A matrix of ones is its own transpose, so the check with ones gives the swapped version full marks: error 0
# in every pixel. Random numbers are not symmetric by accident. `adjoint_check` also says where the two matrices
# differ.

# %%
try:
    adjoint_check(forward, rows_and_columns_swapped, x_shape=(5, 5))
    raise RuntimeError("the swap went unnoticed")
except AdjointError as error:
    print(*str(error).splitlines()[:4], sep="\n")

# %% [markdown]
# `gradcheck` draws the gradient at the output at random, and so refuses an op with this backward pass too.


# %%
class Swapped(minicv.Function):
    def forward(self, x):
        return forward(x)

    def backward(self, g):
        return minicv.tensor(rows_and_columns_swapped(g.numpy()))


try:
    gradcheck(lambda x: Swapped()(x), np.zeros((5, 5)))
    raise RuntimeError("the swap went unnoticed")
except GradientError as error:
    print(str(error).splitlines()[0])

# %% [markdown]
# ## What the decks print, and what we get
#
# Slides are written by hand. Four things on these do not survive being computed; [errata.md](errata.md) lists all that
# we found.
#
# **KR 11** prints the rows of the stride-1 matrix as x y x. In letters, that matrix gives another product than the
# one printed beside it, which belongs to x y z. `symbols` finds the letters by asking the op.

# %%
# slide: KR 11: The rows of the matrix are x y z.
from minicv.lectures.figures.common import symbols

printed = ["ay+bz", "ax+by+cz", "bx+cy+dz", "cx+dy"]
xyx = symbols(lambda x, taps: conv1d(x, taps[[0, 1, 0]]), [*"0abcd0"], [*"xyz"])
xyz = symbols(conv1d, [*"0abcd0"], [*"xyz"])
print("x y x:", xyx, "\nx y z:", xyz)
assert xyx.tolist() != printed and xyz.tolist() == printed

# %% [markdown]
# **OU 20-24, KR 10 and SHA 56-58** let a 3 × 3 transposed convolution with stride 2 and padding 1 take 2 × 2 to 4 × 4.
# By the formula it is 3 × 3, unless there is an output padding of 1.

# %%
# slide: OU 20-24, KR 10, SHA 56-58: 2 × 2 becomes 3 × 3, or 4 × 4 with output padding 1.
assert tconv2d(image, square, stride=2, padding=1).shape == (3, 3)
assert tconv2d(image, square, stride=2, padding=1, output_padding=1).shape == (4, 4)

# %% [markdown]
# **OU 25 and SHA 59** crop one of five cells; **KR 11** has six, the last of them 0. Both are right, for the matrix
# acts on the *padded* input. Without the two cells of padding, the slides agree.

# %%
# slide: OU 25, SHA 59, KR 11: The matrix form includes the padding; without it, four cells remain.
cropped = tconv1d(y, w, stride=2, padding=1, output_padding=1)
print("with padding:", C2.T @ y, " without:", cropped)
assert np.array_equal((C2.T @ y)[1:-1], cropped) and np.array_equal(stamp(y, w, stride=2)[1:], cropped)

# %% [markdown]
# **OU 17-19 and KR 9**: 3 × 3, stride 2, padding 1 on 4 × 4 gives 2 × 2. The formula says (4 + 2 − 3) / 2 + 1 = 2.5.
# The half is dropped: no window reads the last row and column of the padding.

# %%
# slide: OU 17-19, KR 9: The half window is dropped; the last padded row and column are never read.
reads = tconv2d(np.ones((2, 2)), np.ones((3, 3)), stride=2, output_padding=1)
print("windows on each cell of the padded 6 × 6 image:", reads, sep="\n")
assert conv2d(np.ones((4, 4)), square, stride=2, padding=1).shape == (2, 2)
assert not reads[-1].any() and not reads[:, -1].any() and reads[:-1, :-1].all()

# %% [markdown]
# ## Uneven overlap
#
# Let ones stamp a filter of ones, and each output cell counts its stamps. With 3 taps and stride 2 the counts differ
# from cell to cell, so that even a constant input gives a pattern: the checkerboard in many generated images.
# With 4 taps they are equal but for the border. The rule: let the stride divide the kernel.

# %%
# slide: OU 24, SHA 58: Where stamps overlap they add up, and a filter of 3 at stride 2 overlaps unevenly.
from minicv.viz import Grid, Page, Picture

uneven, even = (tconv2d(np.ones((3, 3)), np.ones((k, k)), stride=2).astype(int) for k in (3, 4))
assert set(uneven[2:-2, 2:-2].ravel()) == {1, 2, 4} and set(even[2:-2, 2:-2].ravel()) == {4}

page = Page()
for left, k, counts in ((0.9, 3, uneven), (7.2, 4, even)):
    role = np.select([counts == 4, counts == 2], ["overlap", "output"], "plain")
    Grid(page, counts, left, 1.2, 0.65, role, "output", label=f"{k} × {k} taps, stride 2")
alt = f"Stamps on each output cell, with 3 × 3 taps: {uneven.tolist()}; with 4 × 4 taps: {even.tolist()}"
show(Picture("tconv.overlap", "Uneven overlap", alt, "computed", page, numbers={"3": uneven, "4": even}))

# %% [markdown]
# ## A good start: bilinear
#
# Before training, a transposed convolution may as well do something sensible. With a tent for a filter it enlarges
# bilinearly, and FCN starts from that. Towards the border it darkens, because the cells outside count as 0.

# %%
from minicv import nn

up = nn.ConvTranspose2d(1, 1, kernel_size=4, stride=2, padding=1, bias=False)
nn.init.bilinear_(up.weight)
print("16 times the filter:", 16 * up.weight.numpy()[0, 0], sep="\n")

small = minicv.tensor(rng.standard_normal((1, 1, 5, 5)).astype(np.float32))
inside = (0, 0, slice(1, -1), slice(1, -1))
enlarged = F.interpolate(small, scale_factor=2, mode="bilinear")
assert np.allclose(up(small).numpy()[inside], enlarged.numpy()[inside], atol=1e-6)
assert up(minicv.ones(1, 1, 2, 2)).numpy()[0, 0, 1].tolist() == [0.75, 1, 1, 0.75]

# %% [markdown]
# ## What is in a name
#
# *Up-convolution* says what it is for, *fractionally strided* how it can be seen, *backward strided* where it
# occurs. *Deconvolution* is a bad name: in signal processing it means to undo a convolution, and a transpose is no
# inverse. Nothing can be undone from 16 pixels to 4 numbers, so look at a blur that can be.

# %%
# slide: OU 24, KR 10, SHA 58: "Deconvolution" is a bad name.
signal, blur = np.array([1.0, 0.0, 0.0, 2.0]), np.array([1.0, 3.0, 1.0])
blurred = conv1d(signal, blur, padding=1)
transposed = tconv1d(blurred, blur, padding=1)
B = F.conv_matrix(lambda x: F.conv1d(x, blur[None, None], padding=1), (1, 1, 4))
undone = np.linalg.solve(B, blurred).round(12)

print("signal", signal, " blurred", blurred, " transposed", transposed, " undone", undone)
assert np.array_equal(transposed, B.T @ B @ signal) and not np.allclose(transposed, signal)
assert np.array_equal(undone, signal)

# %% [markdown]
# The transpose has blurred it once more. What it brings back is the *shape*, not the values; and a network that
# learns the values needs no more than that.
#
# ## Exercise: the other way to add up
#
# Stamps scatter: two of them may write to one cell, and on a GPU two threads would collide there. So the kernels
# gather: each output cell collects what falls on it, and is written once. Write that for one dimension. Two hints:
# tap j of the stamp of `y[i]` falls on cell i · stride + j − padding; and `y[-1]` is a number in Python.


# %%
def gather(y, w, stride, padding, cells):
    """The transposed convolution of y with w, `cells` long: one sum for each cell."""
    raise NotImplementedError("`gather` is still empty")


# %% [markdown]
# The check knows nothing about transposed convolution. It asks whether yours is the transpose of `conv1d`.

# %%
from functools import partial


def check_exercise(gather):
    """Return True where a solution is right; raise an AssertionError that says where it is not."""
    cases = [(5, 3, 1, 0), (5, 3, 2, 0), (5, 3, 2, 1), (6, 3, 2, 1), (8, 2, 3, 0), (6, 4, 2, 2)]
    for cells, k, s, p in cases:
        settings = {"w": np.array([2.0, 3.0, 5.0, 7.0])[:k], "stride": s, "padding": p}
        try:
            adjoint_check(partial(conv1d, **settings), partial(gather, cells=cells, **settings), (cells,))
        except AdjointError as error:
            raise AssertionError(f"{cells} cells, {settings}: {error}") from error
    return True


# %%
try:
    check_exercise(gather)
    print("exercise: solved")
except (NotImplementedError, AssertionError) as error:
    print("exercise: not solved yet.", error)

# %% [markdown]
# ## To take along
#
# - Every input value stamps the filter; the stride moves the stamp in the output; overlaps add up.
# - It is the transpose of a convolution, its backward pass, and not its inverse.
# - `output_padding` chooses among the sizes that the convolution cannot tell apart.
# - Test a linear map with random x and y, never with ones.
#
# Where to look next: `kernels/reference/conv.py` has convolution and both its transposes in one loop,
# `minicv/ops/conv.py` the ops, and `minicv explain conv_transpose2d --input 2x2 --kernel 3x3 --stride 2` every step of
# an example.
