"""Photos of all kinds are read, and what is no photo is refused in a sentence."""

import io

import numpy as np
import pytest
from PIL import Image

from recognition.errors import UnreadableImage
from recognition.images import encode_jpeg, read_photo

ORIENTATION = 0x0112


def _saved(image, format_name, **options):
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def _quadrants():
    """Red, green / blue, white: every orientation can be told."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20, :30], pixels[:20, 30:] = (255, 0, 0), (0, 255, 0)
    pixels[20:, :30], pixels[20:, 30:] = (0, 0, 255), (255, 255, 255)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_each_format_gives_bgr_pixels(format_name):
    image = read_photo(_saved(_quadrants(), format_name))
    assert image.shape == (40, 60, 3)
    assert image.dtype == np.uint8
    assert np.allclose(image[10, 10], (0, 0, 255), atol=30)
    assert np.allclose(image[30, 10], (255, 0, 0), atol=30)


@pytest.mark.parametrize(("orientation", "corner_bgr"), [
    (1, (0, 0, 255)), (3, (255, 255, 255)), (6, (255, 0, 0)), (8, (0, 255, 0)),
])  # fmt: skip
def test_a_photo_is_turned_as_exif_says(orientation, corner_bgr):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = read_photo(_saved(_quadrants(), "PNG", exif=exif))
    assert image.shape == ((40, 60, 3) if orientation in (1, 3) else (60, 40, 3))
    assert tuple(image[5, 5]) == corner_bgr


def test_a_real_rotated_photo_equals_its_upright_twin(photo):
    folder = "faces/openmpf_face_variants"
    turned = photo(f"{folder}/meds-aa-S001-01-exif-rotation.jpg")
    upright = photo(f"{folder}/meds-aa-S001-01.jpg")
    assert turned.shape == upright.shape
    assert np.abs(turned.astype(int) - upright).mean() < 5


def test_transparency_becomes_white():
    clear = Image.new("RGBA", (20, 10), (10, 20, 30, 0))
    assert (read_photo(_saved(clear, "PNG")) == 255).all()


def test_a_real_32_bit_png_is_read(photo):
    assert photo("faces/face_recognition/tests/32bit.png").shape == (1200, 626, 3)


def test_cmyk_grey_and_palette_photos_are_read():
    for mode in ("CMYK", "L", "P", "1"):
        data = _saved(_quadrants().convert(mode), "TIFF")
        assert read_photo(data).shape == (40, 60, 3)


def test_sixteen_bits_are_scaled_and_not_cut_off():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(8, axis=0)
    image = read_photo(_saved(Image.fromarray(ramp), "PNG"))
    assert np.allclose(image[0, :, 0], np.arange(256), atol=2)


def test_a_text_file_is_no_photo():
    with pytest.raises(UnreadableImage, match="not a photo"):
        read_photo(b"This is a letter, whatever its name says.")


def test_an_empty_file_is_said_to_be_empty():
    with pytest.raises(UnreadableImage, match="empty"):
        read_photo(b"")


def test_a_truncated_photo_is_said_to_be_incomplete(shared_dir):
    path = shared_dir / "faces/face_recognition/examples/obama.jpg"
    with pytest.raises(UnreadableImage, match="incomplete"):
        read_photo(path.read_bytes()[:40_000])


def test_sixty_megapixels_are_refused_before_they_are_decoded():
    data = _saved(Image.new("L", (10_000, 6_000)), "PNG")
    with pytest.raises(UnreadableImage, match="60 megapixels; at most 50"):
        read_photo(data)


def test_a_decompression_bomb_is_refused():
    data = _saved(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(UnreadableImage, match=r"too many pixels|megapixels"):
        read_photo(data)


def test_an_encoded_crop_can_be_read_again():
    image = np.full((30, 50, 3), (200, 100, 50), np.uint8)
    again = read_photo(encode_jpeg(image))
    assert np.abs(again.astype(int) - image).max() < 6


def test_an_empty_crop_cannot_be_encoded():
    with pytest.raises(ValueError, match="empty image"):
        encode_jpeg(np.empty((0, 4, 3), np.uint8))
