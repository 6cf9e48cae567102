"""Which files are one scene."""

from __future__ import annotations

from satseek.raster.group import group_files

SAFE = "d/S2A_MSIL2A_20170613T101031_N0205_R022_T33UUP_20170613T101608.SAFE/GRANULE/L2A_T33UUP/IMG_DATA"


def test_files_that_have_nothing_in_common_stand_alone_in_their_order() -> None:
    assert group_files(["z.tif", "a.png", "b1.jpg", "b2.jpg"]) == [("z.tif",), ("a.png",), ("b1.jpg",), ("b2.jpg",)]


def test_a_safe_folder_is_one_scene_with_all_its_resolutions() -> None:
    files = [f"{SAFE}/R10m/T_B02_10m.jp2", f"{SAFE}/R20m/T_B02_20m.jp2", f"{SAFE}/R20m/T_SCL_20m.jp2"]
    assert group_files(["other.tif", *files]) == [("other.tif",), tuple(files)]


def test_bigearthnet_patches_of_one_folder_do_not_mix() -> None:
    one = ("p/P_1/P_1_B01.tif", "p/P_1/P_1_B02.tif")
    two = ("p/P_2/P_2_B01.tif", "p/P_2/P_2_B02.tif")
    radar = ("s/S_1_VH.tif", "s/S_1_VV.tif")
    assert group_files([two[1], radar[1], one[0], two[0], one[1], radar[0]]) == [two, radar, one]


def test_radar_and_optical_bands_in_one_folder_are_two_scenes() -> None:
    assert group_files(["d/B02.tif", "d/B03.tif", "d/VV.tif", "d/VH.tif"]) == [
        ("d/B02.tif", "d/B03.tif"),
        ("d/VH.tif", "d/VV.tif"),
    ]


def test_both_polarisations_of_a_sentinel_1_product_are_one_scene() -> None:
    stem = "s1a-iw-grd-{}-20201107t135241-20201107t135306-035143-041a16-00{}.tiff"
    files = ("m/" + stem.format("vh", 2), "m/" + stem.format("vv", 1))
    assert group_files(files) == [files]


def test_landsat_bands_are_joined_by_their_product() -> None:
    product = "l/LC08_L2SP_193024_20200807_20200821_02_T1_SR_B"
    files = [f"{product}{number}.TIF" for number in (2, 3, 4)]
    assert group_files(files) == [tuple(files)]


def test_colours_are_joined_only_when_all_three_are_there() -> None:
    assert group_files(["d/x_red.tif", "d/x_green.tif"]) == [("d/x_red.tif",), ("d/x_green.tif",)]
    assert group_files(["d/x_red.tif", "d/x_green.tif", "d/x_blue.tif"]) == [
        ("d/x_blue.tif", "d/x_green.tif", "d/x_red.tif")
    ]


def test_numbered_files_are_no_bands_unless_there_are_several() -> None:
    assert group_files(["d/site_b1.tif", "d/site_b2.tif"]) == [("d/site_b1.tif",), ("d/site_b2.tif",)]


def test_sidecars_go_with_their_raster_and_alone_are_nothing() -> None:
    assert group_files(["a.tif", "a.tif.aux.xml", "a.tif.ovr", "b.tfw", "c.jgw", "c.jpg"]) == [
        ("a.tif", "a.tif.aux.xml", "a.tif.ovr"),
        ("c.jpg", "c.jgw"),
    ]
