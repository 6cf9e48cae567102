"""What cannot be read is said in one sentence that helps; nothing costs more than its windows."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import rasterio

from fakes.rasters import write_raster
from satseek.core.errors import SourceError
from satseek.core.scene import BandFile, Scene, Window
from satseek.raster.gdal import gdal_name, is_remote, local_path, open_raster
from satseek.raster.read import SceneReader
from satseek.raster.recognise import scene_of_files

NOISE = np.random.default_rng(1).integers(1, 255, (3, 256, 256)).astype("uint8")


def refusal(path: Path | str) -> str:
    """What is said of a file when all of it is read."""
    with pytest.raises(SourceError) as refused, SceneReader(scene_of_files([str(path)])) as reader:
        reader.read(Window(0, 0, reader.width, reader.height), (reader.height, reader.width))
    said = str(refused.value)
    assert "\n" not in said
    assert str(path) in said
    assert said.endswith(".")
    return said


def cut_short(path: str, share: float) -> str:
    size = os.path.getsize(path)
    os.truncate(path, int(size * share))
    return path


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "none.tif")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.tif").touch()
    assert "is empty" in refusal(tmp_path / "a.tif")


@pytest.mark.parametrize("content", [b"hello, I am no raster", bytes(5000), b"II*\0" + b"\xff" * 100, b"\x89PNG\r\n"])
def test_a_file_that_is_no_raster_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(content)
    assert "is no raster" in refusal(tmp_path / "a.tif") or "damaged" in refusal(tmp_path / "a.tif")


def test_a_raster_with_a_wrong_ending_is_read(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    os.rename(path, tmp_path / "a.txt")
    with SceneReader(scene_of_files([str(tmp_path / "a.txt")])) as reader:
        np.testing.assert_array_equal(reader.read(Window(0, 0, 9, 9), (9, 9)).values, NOISE[:, :9, :9])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    os.chmod(path, 0)
    assert "permission denied" in refusal(path)


def test_a_file_that_may_not_be_read_is_said_even_to_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "permission denied" in refusal(path)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
@pytest.mark.parametrize(
    ("name", "driver", "layout"),
    [
        ("a.tif", "GTiff", {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}),
        ("a.tif", "GTiff", {}),
        ("a.tif", "COG", {"compress": "lzw"}),
        ("a.png", "PNG", {"crs": None}),
        ("a.jpg", "JPEG", {"crs": None}),
        ("a.jp2", "JP2OpenJPEG", {}),
    ],
)
def test_a_truncated_file(tmp_path: Path, name: str, driver: str, layout: dict[str, object], share: float) -> None:
    path = cut_short(write_raster(tmp_path / name, NOISE, driver=driver, **layout), share)  # type: ignore[arg-type]
    assert any(word in refusal(path) for word in ("damaged", "cut short", "is no raster"))


def test_a_jpeg_with_much_behind_its_end_is_whole_and_one_with_a_thumbnail_in_it_may_still_be_cut(
    tmp_path: Path,
) -> None:
    path = Path(write_raster(tmp_path / "a.jpg", NOISE, driver="JPEG", crs=None))
    image = path.read_bytes()
    path.write_bytes(image + bytes(200_000))  # as phones append a film
    with SceneReader(scene_of_files([str(path)])) as reader:
        assert reader.read(Window(0, 0, 256, 256), (256, 256)).valid.all()
    thumbnail = b"Exif\0\0\xff\xd8 a picture in the picture \xff\xd9"
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    path.write_bytes((image[:2] + segment + image[2:])[:-5000])
    assert "cut short" in refusal(path)


def test_a_damaged_block_spoils_only_the_windows_that_touch_it(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE, tiled=True, blockxsize=64, blockysize=64, compress="deflate")
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        file.write(bytes(3000))
    with SceneReader(scene_of_files([path])) as reader:
        np.testing.assert_array_equal(reader.read(Window(0, 0, 64, 64), (64, 64)).values, NOISE[:, :64, :64])
        with pytest.raises(SourceError, match="damaged"):
            reader.read(Window(0, 0, 256, 256), (256, 256))
        np.testing.assert_array_equal(reader.read(Window(0, 192, 64, 64), (64, 64)).values, NOISE[:, 192:, :64])


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def virtual(width: int, height: int) -> bytes:
    band = '<VRTRasterBand dataType="Byte" band="1"/>'
    return f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">{band}</VRTDataset>'.encode()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bomb.png", png_header(100_000, 100_000), "too many for a PNG"),
        ("absurd.vrt", virtual(2_000_000_000, 2_000_000_000), "more than the globe has at 10 m"),
    ],
)
def test_absurd_dimensions_are_refused_before_anything_is_decoded(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refusal(tmp_path / name)


def test_a_raster_of_one_giant_block_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(1, 0, 3e5, 0, -1, 5e6)}
    layout = {"width": 40_000, "height": 40_000, "tiled": True, "blockxsize": 16_384, "blockysize": 32_768}
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype="float32", sparse_ok=True, **place, **layout):
        pass
    assert "too big to read in parts" in refusal(path)


def test_a_raster_of_nodata_or_nan_only_can_be_read_and_holds_nothing(tmp_path: Path) -> None:
    for values, facts in (
        (np.zeros((3, 8, 8), dtype="uint8"), {"nodata": 0}),
        (np.full((2, 8, 8), np.nan, dtype="float32"), {"names": ("VV", "VH")}),
        (np.full((12, 8, 8), np.nan, dtype="float32"), {}),
        (np.zeros((12, 8, 8), dtype="uint16"), {}),
    ):
        path = write_raster(tmp_path / f"{values.dtype}{len(values)}.tif", values, **facts)  # type: ignore[arg-type]
        with SceneReader(scene_of_files([path])) as reader:
            pixels = reader.read(Window(0, 0, 8, 8), (8, 8))
        assert pixels.nodata_share == 1.0
        assert np.isfinite(pixels.values.astype(float)).all()


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.ones((2, 8, 8), dtype="complex64"), names=("VV", "VH"))
    with pytest.raises(SourceError, match="complex"), SceneReader(scene_of_files([path])):
        pass


def test_a_band_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    scene = Scene("id", "source", "s2", (BandFile("B02", path, index=7),))
    with pytest.raises(SourceError, match="has 3 bands, and B02 is said to be number 7"), SceneReader(scene):
        pass


def test_a_raster_may_not_run_code(tmp_path: Path) -> None:
    (tmp_path / "a.vrt").write_text(
        '<VRTDataset rasterXSize="9" rasterYSize="9">'
        '<VRTRasterBand dataType="Byte" band="1" subClass="VRTDerivedRasterBand">'
        "<PixelFunctionType>f</PixelFunctionType>"
        "<PixelFunctionLanguage>Python</PixelFunctionLanguage><PixelFunctionCode><![CDATA[\n"
        f"def f(*a, **k):\n  open({str(tmp_path / 'ran')!r}, 'w')\n"
        "]]></PixelFunctionCode></VRTRasterBand></VRTDataset>"
    )
    refusal(tmp_path / "a.vrt")
    assert not (tmp_path / "ran").exists()


def test_urls_are_read_in_place_and_names_of_files_are_absolute(tmp_path: Path) -> None:
    assert gdal_name("https://a.org/b.tif?sig=1") == "/vsicurl/https://a.org/b.tif?sig=1"
    assert gdal_name("s3://bucket/b.tif") == "/vsis3/bucket/b.tif"
    assert gdal_name("b.tif") == os.path.abspath("b.tif")
    assert local_path((tmp_path / "a b.tif").as_uri()) == str(tmp_path / "a b.tif")
    assert local_path("https://a.org/b.tif") is None
    assert is_remote("s3://bucket/b.tif")
    assert not is_remote("/data/b.tif")


def test_a_file_with_a_name_that_looks_like_gdals_own_is_a_file(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "GTIFF_DIR:1:town!{x}?.tif", NOISE)
    with open_raster(path) as dataset:
        assert dataset.width == 256


MEMORY = """
import sys
import numpy as np
from satseek.core.scene import Window
from satseek.raster.read import SceneReader, read_picture
from satseek.raster.recognise import scene_of_files
from satseek.raster.windows import windows_of

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

small, large = sys.argv[1:]
def work(path):
    with SceneReader(scene_of_files([path])) as reader:
        step = max(1, reader.width // 12)
        for column in range(0, reader.width - 224, step):
            reader.read(Window(column, column, 224, 224), (224, 224))
        reader.read(Window(0, 0, 2000, 2000), (224, 224))
        next(iter(windows_of(reader.width, reader.height, chip=224, overlap=0.25, scales=[1, 4])))

work(small)
before = peak()
work(large)
print(peak() - before)
"""


def sparse(path: Path, side: int, **layout: object) -> str:
    """A raster that says how big it is and holds nothing; its blocks are decoded all the same."""
    size = {"width": side, "height": side, "count": 3, "dtype": "uint8", "sparse_ok": True, "bigtiff": "yes"}
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(1, 0, 3e5, 0, -1, 5e6)}
    with rasterio.open(path, "w", driver="GTiff", photometric="RGB", **{**size, **place, **layout}) as file:
        for row in range(0, side, side // 4):
            file.write(np.full((3, 64, 512), 90, dtype="uint8"), window=rasterio.windows.Window(0, row, 512, 64))
    return str(path)


TILED = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate"}
STRIPED = {"compress": "deflate", "blockysize": 1}
ROTATED = TILED | {"transform": rasterio.Affine(0.9, 0.4, 3e5, 0.4, -0.9, 5e6)}


@pytest.mark.slow
@pytest.mark.parametrize("layout", [TILED, STRIPED, ROTATED], ids=["tiled", "striped", "rotated"])
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak of memory is read from /proc")
def test_a_raster_of_100_000_pixels_a_side_costs_no_more_than_a_few_chips(
    tmp_path: Path, layout: dict[str, object]
) -> None:
    small, large = sparse(tmp_path / "small.tif", 2048, **layout), sparse(tmp_path / "large.tif", 100_000, **layout)
    done = subprocess.run([sys.executable, "-c", MEMORY, small, large], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 61 + 35  # MiB more than for 2048 a side: the block cache and a few chips, of 28,610


def test_files_damaged_in_any_way_are_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    originals = [
        write_raster(tmp_path / name, NOISE[:, :48, :48], driver=driver, **layout)  # type: ignore[arg-type]
        for name, driver, layout in (
            ("plain.tif", "GTiff", {}),
            ("a.tif", "COG", {"compress": "deflate"}),
            ("a.png", "PNG", {"crs": None}),
            ("a.jpg", "JPEG", {"crs": None}),
            ("a.jp2", "JP2OpenJPEG", {}),
        )
    ]
    refusals = []
    for number in range(150):
        original = Path(originals[number % len(originals)])
        content = bytearray(original.read_bytes())
        for _ in range(chance.integers(1, 5)):
            place = int(chance.integers(min(600, len(content))))
            content[place : place + int(chance.integers(3))] = chance.bytes(int(chance.integers(3)))
        damaged = tmp_path / f"{number}{original.suffix}"
        damaged.write_bytes(content)
        try:
            with SceneReader(scene_of_files([str(damaged)])) as reader:
                window = Window(0, 0, min(48, reader.width), min(48, reader.height))
                reader.read(window, (12, 12))
                reader.footprint(window)
        except SourceError as error:
            refusals.append(str(error))
    assert 20 < len(refusals) < 150
    assert not any("\n" in said for said in refusals)
