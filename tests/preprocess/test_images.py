import base64
import io
import os
import struct
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from digitlab.errors import DigitlabError, ImageError
from digitlab.preprocess.images import content_from_base64, read_image, read_reduced
from digitlab.preprocess.ink import INK_SIDE, ink_from_image, picture_from_image


def drawing(mode="L", *, ink=0, paper=255, size=(60, 80)):
    """A seven with pixels of full ink and of full paper only, so that every mode can hold it."""
    image = Image.new(mode, size, paper)
    ImageDraw.Draw(image).line([(15, 15), (45, 15), (25, 65)], fill=ink, width=7)
    return image


def encoded(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def ink_of(source):
    return ink_from_image(read_reduced(source, side=INK_SIDE)[0])


DRAWING = drawing()
PIXELS = np.asarray(DRAWING)
INK = PIXELS == 0
PNG = encoded(DRAWING)
BASE64 = base64.b64encode(PNG).decode()


# Every form gives the same pixels

SIXTEEN_BITS = PIXELS.astype(np.uint16) * 257
PALETTE_WITH_TRANSPARENCY = Image.fromarray(np.uint8(INK), "P")
PALETTE_WITH_TRANSPARENCY.putpalette([255, 0, 0, 0, 0, 0])  # red where transparent, black ink

FORMS = {
    "PIL 1": DRAWING.convert("1"),
    "PIL L": DRAWING,
    "PIL LA": DRAWING.convert("LA"),
    "PIL P": DRAWING.convert("P"),
    "PIL PA": DRAWING.convert("PA"),
    "PIL RGB": DRAWING.convert("RGB"),
    "PIL RGBA": DRAWING.convert("RGBA"),
    "PIL CMYK": DRAWING.convert("CMYK"),
    "PIL YCbCr": DRAWING.convert("YCbCr"),
    "PIL HSV": DRAWING.convert("HSV"),
    "PIL I": DRAWING.convert("I"),
    "PIL I;16": Image.fromarray(SIXTEEN_BITS),
    "PIL F": DRAWING.convert("F"),
    "PIL F in [0, 1]": Image.fromarray(PIXELS.astype(np.float32) / 255),
    "PNG": PNG,
    "PNG of 1 bit": encoded(DRAWING.convert("1")),
    "PNG of 16 bits": encoded(Image.fromarray(SIXTEEN_BITS)),
    "PNG with a palette": encoded(DRAWING.convert("P")),
    "PNG with a transparent palette": encoded(PALETTE_WITH_TRANSPARENCY, transparency=0),
    "GIF": encoded(DRAWING, "GIF"),
    "GIF of several frames": encoded(
        DRAWING, "GIF", save_all=True, append_images=[DRAWING.rotate(90)]
    ),
    "BMP": encoded(DRAWING, "BMP"),
    "TIFF": encoded(DRAWING, "TIFF"),
    "WebP": encoded(DRAWING, "WEBP", lossless=True),
    "bytearray": bytearray(PNG),
    "memoryview": memoryview(PNG),
    "array of uint8": PIXELS,
    "array of int64": PIXELS.astype(int),
    "array of uint16 up to 255": PIXELS.astype(np.uint16),
    "array of bool": PIXELS > 0,
    "array of float32": PIXELS.astype(np.float32) / 255,
    "array of float16": (PIXELS / 255).astype(np.float16),
    "array of the other byte order": (PIXELS / 255).astype(">f8"),
    "array of colours": np.stack([PIXELS] * 3, axis=2),
    "array with alpha": np.stack([PIXELS] * 3 + [np.full_like(PIXELS, 255)], axis=2),
    "array with a channel in front": PIXELS[None],
    "array that is not contiguous": np.repeat(PIXELS, 2, axis=1)[:, ::2],
    "list of lists": PIXELS.tolist(),
    "base64": BASE64,
    "base64 in lines": base64.encodebytes(PNG).decode(),
    "data URL": f"data:image/png;base64,{BASE64}",
    "data URL with space around it": f" \n data:image/png;base64,{BASE64}\n",
    "data URL with a parameter": f"data:image/png;charset=utf-8;base64,{BASE64}",
    "data URL in capitals": f"DATA:image/png;BASE64,{BASE64}",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_ink(form):
    np.testing.assert_array_equal(ink_of(FORMS[form]), INK)


def test_a_jpeg_gives_nearly_the_same_ink():
    assert np.abs(ink_of(encoded(DRAWING, "JPEG", quality=90)) - INK).mean() < 0.01


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_gives_the_same_ink(tmp_path, kind):
    file = tmp_path / "seven, schräg.png"
    file.write_bytes(PNG)
    np.testing.assert_array_equal(ink_of(kind(file)), INK)


def test_tensors_give_the_same_ink():
    torch = pytest.importorskip("torch")
    grey = torch.from_numpy(PIXELS.copy())
    for tensor in (grey, grey / 255, (grey / 255)[None], grey > 0):
        np.testing.assert_array_equal(ink_of(tensor), INK)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("L", "L"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("LA", "RGBA"), ("P", "RGBA"), ("1", "RGBA")],
)
def test_read_image_gives_one_of_three_modes(mode, expected):
    image = DRAWING.convert(mode)
    for source in (image, encoded(image, "TIFF" if mode == "P" else "PNG")):
        assert read_image(source).mode == expected
        assert read_image(source).size == (60, 80)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_colour_that_stands_for_nothing_is_transparent(mode):
    content = encoded(DRAWING.convert(mode), transparency=255 if mode == "L" else (255,) * 3)
    image = read_image(content)
    assert image.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(image.getchannel("A")) > 0, INK)


@pytest.mark.parametrize("dark", [0, 100, 200, 250])
def test_sixteen_bits_are_no_darker_than_eight(dark):
    pixels = np.where(INK, dark, 255).astype(np.uint16)
    for source in (Image.fromarray(pixels * 257), encoded(Image.fromarray(pixels * 257))):
        found = np.asarray(read_image(source).convert("L"), int)
        assert np.abs(found - pixels).max() <= 1


def test_what_is_read_is_left_as_it_was():
    image, pixels = drawing(), PIXELS.copy()
    ink_of(image), ink_of(pixels)
    assert image.mode == "L"
    np.testing.assert_array_equal(np.asarray(image), PIXELS)
    np.testing.assert_array_equal(pixels, PIXELS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_camera_noted(orientation):
    # How a camera held so would have stored the upright picture: the inverse of the note.
    stored = {
        1: lambda pixels: pixels,
        2: np.fliplr,
        3: lambda pixels: np.rot90(pixels, 2),
        4: np.flipud,
        5: np.transpose,
        6: lambda pixels: np.rot90(pixels, 1),
        7: lambda pixels: np.rot90(np.transpose(pixels), 2),
        8: lambda pixels: np.rot90(pixels, -1),
    }[orientation](PIXELS)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored))
    np.testing.assert_array_equal(ink_of(encoded(image, "PNG", exif=exif)), INK)


@pytest.mark.parametrize("brand", ["HEIF", "AVIF"])
def test_what_phones_save_is_read(brand):
    pillow_heif.register_heif_opener()
    content = encoded(DRAWING.convert("RGB"), brand, quality=95)
    assert np.abs(ink_of(content) - INK).mean() < 0.01


def test_a_photograph_of_a_phone_with_fifty_megapixels_is_read():
    photo = encoded(Image.new("L", (8160, 6144), 255), "PNG", compress_level=1)
    assert read_image(photo).size == (8160, 6144)


# A photograph is decoded no larger than it is needed


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(1, 3_000), st.integers(1, 3_000)),
    st.integers(100, 1_500),
    st.integers(1, 8),
    st.booleans(),
)
@example((3_000, 1), 100, 6, False)
@example((1_601, 1_199), 200, 8, True)
def test_an_image_may_be_reduced_but_knows_its_size(size, side, orientation, progressive):
    photo = drawing("RGB", ink="navy", paper="beige").resize(size)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encoded(photo, "JPEG", quality=95, exif=exif, progressive=progressive)
    image, whole_size = read_reduced(file, side=side)
    whole = read_image(file)
    assert whole.size == whole_size == (size if orientation < 5 else size[::-1])
    factor = -(-max(size) // side)
    assert factor % 2 == 0 or image.size == whole.size
    assert max(image.size) >= max(size) / factor
    # The whole number that is left leads to the same picture.
    reduced = image.reduce(-(-max(image.size) // side))
    expected = whole.reduce(factor)
    assert reduced.size == expected.size
    if min(expected.size) > 100:  # else a part of a pixel matters, at the edge that was cut
        stray = np.abs(np.asarray(reduced, float) - np.asarray(expected, float))
        assert stray.mean() < 3


def test_a_photograph_of_twelve_megapixels_is_never_decoded_whole():
    file = encoded(drawing("RGB", ink="navy", paper="beige", size=(3_000, 4_000)), "JPEG")
    image, size = read_reduced(file, side=INK_SIDE)
    assert (image.size, size) == ((750, 1_000), (3_000, 4_000))
    whole = picture_from_image(read_image(file))
    np.testing.assert_allclose(picture_from_image(file), whole, atol=0.02)


def test_an_image_that_somebody_has_opened_keeps_its_size():
    opened = Image.open(io.BytesIO(encoded(DRAWING.resize((600, 800)), "JPEG")))
    image, size = read_reduced(opened, side=100)
    assert image.size == size == opened.size == (600, 800)


# What is refused


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(100), "HEIC image.*digitlab.heic", id="HEIC"),
        pytest.param(b"\0\0\0\x18ftypavif" + bytes(100), "AVIF image.*as JPEG", id="AVIF"),
        pytest.param(b"<?xml version='1.0'?>\n<svg></svg>", "SVG.*as PNG", id="SVG"),
        pytest.param(b"%PDF-1.7\n...", "PDF document.*as PNG", id="PDF"),
    ],
)
def test_a_format_that_cannot_be_read_is_named(monkeypatch, content, message):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # "not to be had"
    monkeypatch.setattr("PIL.features.check", lambda _: False)
    with pytest.raises(ImageError, match=message):
        read_image(content)


def png_that_claims(width, height, *, bits=8, colour=0):
    """A tiny PNG whose header promises any number of pixels."""

    def chunk(name, content):
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def gif_that_claims(screen, frame):
    """A tiny GIF: what it says of its screen, and what of the frame that it shows."""
    return (
        b"GIF89a" + struct.pack("<HH", *screen) + b"\0\0\0"
        b"," + struct.pack("<HHHH", 0, 0, *frame) + b"\0\x02\x02L\x01\0;"
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png_that_claims(30_000, 30_000), id="PNG of 30,000 x 30,000"),
        pytest.param(png_that_claims(7_500, 7_500), id="PNG a little too large"),
        pytest.param(png_that_claims(2**31 - 1, 2**31 - 1), id="the largest PNG of all"),
        pytest.param(png_that_claims(1, 60_000_000), id="PNG of one column"),
        pytest.param(gif_that_claims((65_535, 65_535), (65_535, 65_535)), id="GIF"),
        pytest.param(gif_that_claims((10, 10), (65_535, 65_535)), id="GIF of another size inside"),
    ],
)
def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(content):
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match="pixels: at most 51,000,000 are accepted"):
            read_image(content)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [(1, 50_000_000), (50_000_000, 1), (30_001, 100)])
def test_an_image_with_an_extreme_side_is_refused_before_it_is_decoded(size):
    with pytest.raises(ImageError, match="a side has at most 30,000"):
        read_image(png_that_claims(*size))


def test_an_array_of_too_many_pixels_is_refused():
    with pytest.raises(ImageError, match="10,000 x 10,000 pixels"):
        read_image(np.broadcast_to(np.uint8(0), (10_000, 10_000)))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(b"", "0 bytes", id="no bytes"),
        pytest.param(b"hello, world", "not an image: expected a PNG", id="text as bytes"),
        pytest.param(b"\0" * 1000, "not an image", id="zeros"),
        pytest.param(PNG[:8], "image", id="a signature alone"),
        pytest.param("", "0 bytes", id="no text"),
        pytest.param("a digit", "neither the path of an existing file nor an image", id="text"),
        pytest.param("missing.png", "neither the path of an existing file", id="no such path"),
        pytest.param("a\0b.png", "neither the path", id="a NUL"),
        pytest.param("é" * 30, "neither the path", id="no ASCII"),
        pytest.param("\ud800", "neither the path", id="half a character"),
        pytest.param("folder/" * 100_000, "image", id="a very long path"),
        pytest.param("QUJD" * 100_000, "not an image", id="base64 of no image"),
        pytest.param("data:image/png;base64,", "0 bytes", id="an empty data URL"),
        pytest.param("data:image/png;base64,???", "base64", id="a data URL of no base64"),
        pytest.param("data:image/svg+xml,<svg/>", "data URL is not base64", id="a plain data URL"),
        pytest.param("data:", "data URL is not base64", id="a stump of a data URL"),
        pytest.param(Path("missing.png"), "missing.png cannot be read: No such file", id="no file"),
        pytest.param(np.zeros((0, 0)), "no pixels", id="empty array"),
        pytest.param(np.zeros((0, 5, 3)), "no pixels", id="array of no rows"),
        pytest.param(np.full((5, 5), np.nan), "not finite", id="NaN"),
        pytest.param(np.full((5, 5), np.inf), "not finite", id="infinity"),
        pytest.param(np.eye(5) - 1, "from -1 to 0", id="negative"),
        pytest.param(np.eye(5) * 255, r"from 0 to 255: expected .* floats in \[0, 1\]", id="0-255"),
        pytest.param(np.eye(5, dtype=int) * 256, "from 0 to 256", id="more than 8 bits"),
        pytest.param(np.ones(9), r"shape \(9,\)", id="one dimension"),
        pytest.param(np.ones((2, 3, 4, 3)), r"shape \(2, 3, 4, 3\)", id="four dimensions"),
        pytest.param(np.ones((5, 5, 2)), r"shape \(5, 5, 2\)", id="two channels"),
        pytest.param(np.array([[object()]]), "type object", id="objects"),
        pytest.param(np.array([["a"]]), "is not an image", id="letters"),
        pytest.param(np.eye(3, dtype=complex), "complex128", id="complex"),
        pytest.param(np.zeros((3, 3), "M8[s]"), "datetime64", id="dates"),
        pytest.param([[1, 2], [3]], "list is not an image", id="ragged list"),
        pytest.param(None, "NoneType", id="None"),
        pytest.param(7, "int", id="a number"),
        pytest.param({"image": PNG}, "dict", id="a dict"),
        pytest.param(Image.new("L", (0, 5)), "no pixels: it is 0 x 5", id="PIL of no columns"),
        pytest.param(
            Image.fromarray(np.full((4, 4), np.nan, np.float32)), "not finite", id="PIL of NaN"
        ),
    ],
)
def test_what_is_wrong_with_an_image_is_said(source, message):
    with pytest.raises(ImageError, match=message) as caught:
        read_image(source)
    assert len(str(caught.value)) < 400


def test_a_folder_is_no_image(tmp_path):
    with pytest.raises(ImageError, match=r"Is a directory|Permission denied"):
        read_image(tmp_path)
    with pytest.raises(ImageError):
        read_image(str(tmp_path))


def test_an_object_that_raises_when_read_is_no_image():
    class Broken:
        def __array__(self, *arguments, **options):
            raise RuntimeError("out of order")

    with pytest.raises(ImageError, match="Broken is not an image"):
        read_image(Broken())


def test_a_pil_image_that_proves_truncated_when_read_is_refused():
    with pytest.raises(ImageError, match="damaged or truncated"):
        read_image(Image.open(io.BytesIO(PNG[:-30])))


def test_a_closed_pil_image_is_refused():
    image = Image.open(io.BytesIO(PNG))
    image.close()
    with pytest.raises(ImageError):
        read_image(image)


def test_text_from_outside_never_opens_a_path(tmp_path):
    file = tmp_path / "seven.png"
    file.write_bytes(PNG)
    with pytest.raises(ImageError):
        content_from_base64(str(file))
    np.testing.assert_array_equal(ink_from_image(read_image(content_from_base64(BASE64))), INK)


def test_no_other_program_is_run_to_read_an_image(monkeypatch):
    # Pillow reads EPS by handing it to Ghostscript, and PostScript is a programming language.
    monkeypatch.setattr(
        "PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was called")
    )
    with pytest.raises(ImageError, match="not an image"):
        read_image(encoded(DRAWING, "EPS"))


# Damaged files

EXIF = Image.Exif()
EXIF[0x0112], EXIF[0x010F] = 6, "a camera"
FILES = [
    PNG,
    encoded(DRAWING, "PNG", exif=EXIF),
    encoded(DRAWING.convert("P"), "PNG", transparency=3),
    encoded(Image.fromarray(SIXTEEN_BITS)),
    encoded(DRAWING, "JPEG", exif=EXIF),
    encoded(DRAWING.convert("RGB"), "JPEG", progressive=True),
    encoded(DRAWING, "GIF"),
    encoded(DRAWING, "BMP"),
    encoded(DRAWING, "WEBP", exif=EXIF),
    encoded(DRAWING, "TIFF"),
    encoded(DRAWING, "ICO"),
    encoded(DRAWING, "PPM"),
    encoded(DRAWING, "TGA"),
]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_a_truncated_file_is_refused_or_whole_wherever_it_ends(form):
    content = encoded(DRAWING, form)
    whole = ink_of(content)
    lengths = np.unique(np.linspace(0, len(content) - 1, 300).astype(int))
    refused = 0
    for length in lengths:
        try:
            ink = ink_of(content[:length])
        except ImageError:
            refused += 1
        else:  # only its checksum or its end marker is missing
            np.testing.assert_array_equal(ink, whole)
    assert refused >= 0.9 * len(lengths)


def test_a_jpeg_with_a_damaged_note_by_the_camera_is_read_all_the_same():
    exif = Image.Exif()
    exif[0x010F] = "a camera of a long name"
    content = encoded(DRAWING, "JPEG", exif=exif)
    # The note's length now reaches far beyond the end of the file.
    length = len("a camera of a long name") + 1
    damaged = content.replace(struct.pack("<I", length), struct.pack("<I", 2**28), 1)
    damaged = damaged.replace(struct.pack(">I", length), struct.pack(">I", 2**28), 1)
    assert damaged != content
    np.testing.assert_array_equal(ink_of(damaged), ink_of(content))


@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20),
    st.floats(0, 1),
)
@example(encoded(DRAWING, "TIFF"), [], 0.5)
def test_a_damaged_file_is_read_or_refused_by_name(content, damage, end):
    content = bytearray(content)
    for where, byte in damage:
        # Half of the damage within the first bytes, where the headers are.
        at = int(where * 2 * 64) if where < 0.5 else int((where - 0.5) * 2 * len(content))
        content[min(at, len(content) - 1)] = byte
    if not damage:
        content = content[: int(end * len(content))]
    try:
        ink = ink_of(bytes(content))
    except DigitlabError:
        return
    assert np.isfinite(ink).all()
    assert ink.min() >= 0
    assert ink.max() <= 1


def names_no_file(text):
    # Hypothesis tries strings that it finds in the code, and those may name files of the project.
    return not os.path.isfile(text)  # noqa: PTH113 - not every text makes a path


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).filter(names_no_file)))
def test_random_bytes_and_text_are_refused_by_name(noise):
    with pytest.raises(ImageError):
        read_image(noise)
