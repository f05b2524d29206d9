import numpy as np
import pytest
from PIL import Image

from minicv.data import images_to_batch, read_image, write_image


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


def test_png_comes_back_as_it_went(tmp_path, picture):
    write_image(tmp_path / "a.png", picture)
    back = read_image(tmp_path / "a.png")
    assert back.dtype == np.uint8 and back.flags.writeable and np.array_equal(back, picture)


def test_grey_becomes_three_equal_channels(tmp_path, picture):
    write_image(tmp_path / "a.png", picture[..., 0])
    assert np.array_equal(read_image(tmp_path / "a.png"), picture[..., :1].repeat(3, axis=2))


def test_height_comes_before_width(tmp_path, picture):
    write_image(tmp_path / "a.png", picture)
    assert read_image(tmp_path / "a.png", size=(3, 9)).shape == (3, 9, 3)
    assert read_image(tmp_path / "a.png", size=4).shape == (4, 4, 3)


def test_exif_orientation_is_applied(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to view
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "a.png"), np.rot90(picture, -1))


def test_transparent_pixels_become_white(tmp_path):
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 0] = 200
    rgba[0, :, 3] = (0, 255, 51)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0].tolist() == [[255, 255, 255], [200, 0, 0], [244, 204, 204]]


def test_a_transparent_palette_colour_becomes_white(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], np.uint8), mode=None).convert("P")
    image.putdata([0, 1])
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.save(tmp_path / "a.png", transparency=1)
    assert read_image(tmp_path / "a.png")[0].tolist() == [[10, 20, 30], [255, 255, 255]]


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, :, 0].tolist() == [0, 100, 255]


def test_a_dark_sixteen_bit_image_stays_dark(tmp_path):
    Image.fromarray(np.array([[0, 200]], np.uint16)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, :, 0].tolist() == [0, 1]


def test_black_and_white(tmp_path):
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, :, 1].tolist() == [0, 255]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^read_image: there is no file '.*nothing\.png'\.$"):
        read_image(tmp_path / "nothing.png")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_image(tmp_path)


def test_text_is_not_an_image(tmp_path):
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(ValueError, match="is not an image that Pillow can read"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp"])
def test_a_truncated_file_is_refused_not_half_read(tmp_path, ending):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    write_image(tmp_path / f"a.{ending}", noise)
    content = (tmp_path / f"a.{ending}").read_bytes()
    (tmp_path / f"b.{ending}").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"^read_image: '.*' is damaged"):
        read_image(tmp_path / f"b.{ending}")


def test_a_size_of_nothing_is_refused(tmp_path, picture):
    write_image(tmp_path / "a.png", picture)
    with pytest.raises(ValueError, match="size must be at least 1 pixel; got 0"):
        read_image(tmp_path / "a.png", size=0)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((3, 8, 8), np.uint8),
        np.zeros((8, 8, 3)),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros(8, np.uint8),
    ],
)
def test_only_images_are_written(tmp_path, image):
    with pytest.raises(ValueError, match=r"^write_image: image must be"):
        write_image(tmp_path / "a.png", image)
    assert not (tmp_path / "a.png").exists()


def test_an_unknown_ending_is_refused(tmp_path, picture):
    with pytest.raises(ValueError, match="Pillow does not know how to write"):
        write_image(tmp_path / "a.picture", picture)


def test_batch_is_channels_first_and_scaled(picture):
    batch = images_to_batch([picture, 255 - picture])
    assert batch.shape == (2, 3, 5, 7) and batch.dtype == np.float32 and batch.flags.c_contiguous
    assert np.array_equal(batch[0], picture.transpose(2, 0, 1) / np.float32(255))
    assert np.allclose(batch[0] + batch[1], 1)


@pytest.mark.parametrize(
    "images",
    [
        [],
        [np.zeros((4, 4), np.uint8)],
        [np.zeros((4, 4, 3), np.uint8), np.zeros((5, 4, 3), np.uint8)],
        [np.zeros((4, 4, 3))],
    ],
)
def test_what_makes_no_batch_is_refused(images):
    with pytest.raises(ValueError, match=r"^images_to_batch: images must"):
        images_to_batch(images)
