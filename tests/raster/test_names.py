"""What names tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from satseek.raster.names import (
    BandName,
    band_of_name,
    baseline_of_name,
    datetime_of_name,
    datetime_of_text,
    landsat_band,
    sensor_of_name,
)

DAY = datetime(2017, 6, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("S2A_MSIL2A_20170613T101031_N0205_R022_T33UUP_20170613T101608.SAFE", (2017, 6, 13, 10, 10, 31)),
        (
            "S2A_OPER_PRD_MSIL1C_PDMC_20160103T000931_R022_V20151231T101032_20151231T101032.SAFE",
            (2015, 12, 31, 10, 10, 32),
        ),
        ("T33UUP_20170613T101031_B02_10m.jp2", (2017, 6, 13, 10, 10, 31)),
        ("S2B_33UUP_20170613_0_L2A", (2017, 6, 13, 0, 0, 0)),
        ("S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57_B02.tif", (2017, 6, 13, 10, 10, 31)),
        ("S2A_MSIL2A_20170613T101031_0_48", (2017, 6, 13, 10, 10, 31)),
        ("S1A_IW_GRDH_1SDV_20170613T165043_33UUP_70_48_VV.tif", (2017, 6, 13, 16, 50, 43)),
        ("S1A_IW_GRDH_1SDV_20201107T135241_20201107T135306_035143_041A16_322B.SAFE", (2020, 11, 7, 13, 52, 41)),
        ("s1b-iw-grd-vh-20201107t135241-20201107t135306-035143-041a16-002.tiff", (2020, 11, 7, 13, 52, 41)),
        ("LC08_L1TP_193024_20200807_20200821_02_T1_B4.TIF", (2020, 8, 7, 0, 0, 0)),
        ("LC81930242020220LGN00.tif", (2020, 8, 7, 0, 0, 0)),
        ("/data/S2A_MSIL2A_20170613T101031_N0205_R022_T33UUP_20170613T101608.SAFE/B02.jp2", (2017, 6, 13, 10, 10, 31)),
    ],
)
def test_product_names_tell_when_a_scene_was_taken(name: str, moment: tuple[int, ...]) -> None:
    assert datetime_of_name(name) == datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "name", ["holiday_20170613.tif", "S2A_MSIL2A_20171399T101031_N0205.tif", "LC80010012020400LGN00", ""]
)
def test_names_of_no_product_and_impossible_dates_tell_nothing(name: str) -> None:
    assert datetime_of_name(name) is None


@pytest.mark.parametrize(
    "text",
    ["2017-06-13", "2017-06-13T00:00:00.000000000", "13.06.2017", "2017:06:13 00:00:00", "2017-06-13T02:00:00+02:00"],
)
def test_dates_in_tags_are_read_in_the_ways_files_write_them(text: str) -> None:
    assert datetime_of_text(text) == DAY


@pytest.mark.parametrize("text", ["", "soon", "0001:01:01 00:00:00", "12"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert datetime_of_text(text) is None


@pytest.mark.parametrize(
    ("name", "band"),
    [
        ("T33UUP_20170613T101031_B02_10m.jp2", BandName("T33UUP_20170613T101031", "B02", 10)),
        ("T33UUP_20170613T101031_B8A.jp2", BandName("T33UUP_20170613T101031", "B8A")),
        ("folder/B12.tif", BandName("", "B12")),
        ("patch_VV.tif", BandName("patch", "VV")),
        ("iw-vh.rtc.tiff", BandName("iw", "vh")),
        ("x_Sentinel-2_L2A_B04_(Raw).tiff", BandName("x_Sentinel-2_L2A", "B04")),
        (
            "s1a-iw-grd-vv-20201107t135241-20201107t135306-035143-041a16-001.tiff",
            BandName("s1a-iw-grd-20201107t135241-20201107t135306-035143-041a16", "VV"),
        ),
        ("photo_b2.jpg", None),
        ("town.tif", None),
        ("VV", None),
    ],
)
def test_a_file_name_may_end_in_a_band(name: str, band: BandName | None) -> None:
    assert band_of_name(name) == band


def test_the_sensor_the_baseline_and_landsats_bands_are_told_by_names() -> None:
    assert sensor_of_name("S2C_MSIL1C_20250101T000000_N0511") == "s2"
    assert sensor_of_name("s1a-iw-grd-vv") == "s1"
    assert sensor_of_name("LC09_L2SP_193024_20220807_20220809_02_T1") == "landsat"
    assert sensor_of_name("town.tif") is None
    assert baseline_of_name("S2B_MSIL2A_20230513T101559_N0509_R065_T33UUP") == 509
    assert landsat_band("x/LC08_L2SP_193024_20200807_20200821_02_T1_SR_B4.TIF") == (
        "LC08_L2SP_193024_20200807_20200821_02_T1",
        4,
    )
