"""Where windows lie on the globe."""

from __future__ import annotations

import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from rasterio.crs import CRS
from shapely.geometry import MultiPolygon, Point, shape

from satseek.core.scene import Window
from satseek.raster.footprint import Footprint, Globe
from satseek.raster.grid import Grid


def globe(crs: str, transform: Affine, width: int, height: int) -> Globe:
    return Globe(Grid(width, height, transform, CRS.from_user_input(crs)))


def whole(crs: str, transform: Affine, width: int, height: int) -> Footprint:
    found = globe(crs, transform, width, height).footprint(Window(0, 0, width, height))
    assert found is not None
    return found


def rings_run_against_the_clock(footprint: Footprint) -> bool:
    found = shape(footprint.geometry)
    parts = found.geoms if isinstance(found, MultiPolygon) else [found]
    return found.is_valid and all(part.exterior.is_ccw for part in parts)


def test_a_box_in_degrees_is_itself() -> None:
    found = whole("EPSG:4326", Affine(0.1, 0, 10, 0, -0.1, 50), 20, 10)
    assert found.bbox == (10.0, 49.0, 12.0, 50.0)
    assert found.geometry == {"type": "Polygon", "coordinates": [[[10, 49], [12, 49], [12, 50], [10, 50], [10, 49]]]}


def test_a_window_is_placed_by_its_own_pixels() -> None:
    found = globe("EPSG:4326", Affine(0.1, 0, 10, 0, -0.1, 50), 100, 100).footprint(Window(10, 20, 5, 5))
    assert found is not None
    assert found.bbox == pytest.approx((11.0, 47.5, 11.5, 48.0))


def test_a_big_projected_scene_gets_the_bends_of_its_edges() -> None:
    found = whole("EPSG:32633", Affine(100, 0, 100_000, 0, -100, 7_900_000), 8000, 8000)  # far off the central meridian
    ring = found.geometry["coordinates"][0]
    assert len(ring) > 8
    corners_only = shape({"type": "Polygon", "coordinates": [ring[:1] + ring[-1:] + ring[:2]]})
    assert not corners_only.equals(shape(found.geometry))
    northernmost = max(y for _, y in ring)
    assert northernmost > 71.05  # the top edge bulges north between its corners
    assert rings_run_against_the_clock(found)


def test_a_scene_over_the_date_line_is_split_and_its_box_runs_from_west_to_east() -> None:
    for crs, transform in (
        ("EPSG:4326", Affine(0.01, 0, 179, 0, -0.01, -16)),  # longitudes beyond 180
        ("EPSG:32701", Affine(1000, 0, 70_000, 0, -1000, 8_228_000)),  # UTM knows no date line
    ):
        found = whole(crs, transform, 200, 100)
        west, south, east, north = found.bbox
        assert west > 178
        assert east < -177
        assert -18 < south < north < -15
        assert found.geometry["type"] == "MultiPolygon"
        assert rings_run_against_the_clock(found)
        assert not any(abs(x) > 180 for polygon in found.geometry["coordinates"] for ring in polygon for x, _ in ring)
        assert shape(found.geometry).intersects(Point(179.9, -16.5))
        assert shape(found.geometry).intersects(Point(-179.9, -16.5))
        assert not shape(found.geometry).intersects(Point(0, -16.5))


def test_longitudes_from_0_to_360_are_brought_to_180() -> None:
    assert whole("EPSG:4326", Affine(0.1, 0, 200, 0, -0.1, 10), 100, 100).bbox == (-160.0, 0.0, -150.0, 10.0)
    globe_wide = whole("EPSG:4326", Affine(1, 0, 0, 0, -1, 90), 360, 180)
    assert globe_wide.bbox == (-180.0, -90.0, 180.0, 90.0)
    assert shape(globe_wide.geometry).area == pytest.approx(360 * 180)


def test_a_scene_that_ends_at_the_date_line_does_not_cross_it() -> None:
    assert whole("EPSG:4326", Affine(0.1, 0, 170, 0, -0.1, 10), 100, 100).bbox == (170.0, 0.0, 180.0, 10.0)
    assert whole("EPSG:4326", Affine(0.1, 0, -180, 0, -0.1, 10), 100, 100).bbox == (-180.0, 0.0, -170.0, 10.0)


@pytest.mark.parametrize(
    ("crs", "pole", "left", "top"),
    [
        ("EPSG:3413", 90, -1e6, 1e6),
        ("EPSG:3031", -90, -1e6, 1e6),
        ("EPSG:3413", 90, -1e4, 1.99e6),  # the pole close to an edge
        ("EPSG:32633", 90, 4e5, 10.05e6),  # UTM drawn on over the pole
    ],
)
def test_a_scene_with_a_pole_in_it_reaches_up_to_it_over_all_longitudes(
    crs: str, pole: float, left: float, top: float
) -> None:
    found = whole(crs, Affine(1000, 0, left, 0, -1000, top), 2000, 2000)
    west, south, east, north = found.bbox
    assert (west, east) == (-180.0, 180.0)
    assert pole in (south, north)
    assert rings_run_against_the_clock(found)
    polygon = shape(found.geometry)
    for longitude in range(-175, 180, 10):
        assert polygon.covers(Point(longitude, pole * 0.9999))


def test_a_polar_scene_beside_the_pole_does_not_hold_it() -> None:
    found = whole("EPSG:3413", Affine(100, 0, 1e5, 0, -100, 1e5), 800, 800)
    assert found.bbox[3] < 89.1
    assert found.bbox[0] == pytest.approx(51.34, abs=0.01)


def test_a_full_disk_has_no_outline_where_it_looks_past_the_globe() -> None:
    disk = globe("+proj=geos +h=35785831 +lon_0=0", Affine(3000, 0, -5_568_000, 0, -3000, 5_568_000), 3712, 3712)
    assert disk.footprint(Window(0, 0, 100, 100)) is None
    assert disk.footprint(Window(1800, 1800, 100, 100)) is not None
    assert disk.ground_resolution_m(0, 0) is None


@pytest.mark.parametrize(
    ("crs", "transform", "metres"),
    [
        ("EPSG:32633", Affine(10, 0, 500_000, 0, -10, 5_000_000), 10.0 / 0.9996),
        ("EPSG:3857", Affine(10, 0, 0, 0, -10, 8_399_737.9), 10 * 0.5017),  # at 60° north Mercator doubles lengths
        ("EPSG:4326", Affine(0.001, 0, 0, 0, -0.001, 60.0), (111.41 * 55.8) ** 0.5),
    ],
)
def test_ground_resolution_is_what_is_on_the_ground_not_on_the_map(crs: str, transform: Affine, metres: float) -> None:
    assert globe(crs, transform, 10, 10).ground_resolution_m(5, 5) == pytest.approx(metres, rel=2e-3)


@given(st.integers(0, 9000), st.integers(0, 9000), st.integers(1, 1980))
def test_the_area_of_an_outline_is_that_of_its_pixels(column: int, row: int, side: int) -> None:
    utm = globe("EPSG:32633", Affine(10, 0, 300_000, 0, -10, 5_100_000), 10_980, 10_980)
    found = utm.footprint(Window(column, row, side, side))
    resolution = utm.ground_resolution_m(column + side / 2, row + side / 2)
    assert found is not None
    assert resolution is not None
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(shape(found.geometry))
    assert area == pytest.approx((side * resolution) ** 2, rel=1e-3)  # above zero: against the clock
