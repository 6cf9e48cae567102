"""Sentinel-1 C-band radar: VV and VH backscatter in decibels."""

from satseek.core.sensor import Band, Drawing, Sensor

UNITS = ("dB", "power", "amplitude", "display")  # power and amplitude are linear: 10·log10 and 20·log10 make dB
DISPLAY_RANGE_DB = (-30.0, 0.0)  # what 0 and 255 stand for in an 8-bit stretch of which nothing else is known
ORDERS = {2: ("VV", "VH")}  # of the bands in files that name none, by their count

S1 = Sensor(
    name="s1",
    title="Sentinel-1 backscatter in dB",
    bands=(Band("VV", ("sigma0_vv", "gamma0_vv")), Band("VH", ("sigma0_vh", "gamma0_vh"))),
    unit="dB",
    valid_range=(-60.0, 40.0),
    pixel_type="float32",
    drawings={
        "backscatter": Drawing(("VV", "VH", "VV"), (-22.0, -28.0, -22.0), (0.0, -7.0, 0.0)),
        "VV": Drawing(("VV", "VV", "VV"), (-22.0, -22.0, -22.0), (0.0, 0.0, 0.0)),
        "VH": Drawing(("VH", "VH", "VH"), (-28.0, -28.0, -28.0), (-7.0, -7.0, -7.0)),
    },
)
