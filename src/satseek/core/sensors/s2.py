"""Sentinel-2 MSI: any of thirteen named bands, as reflectance."""

from satseek.core.sensor import Band, Drawing, Sensor

UNITS = ("reflectance", "DN")  # DN: whole numbers, scaled as the file tells, else by DN_SCALE
DN_SCALE = 1e-4  # stored whole numbers are ten-thousandths of reflectance
BOA_OFFSET_DN = -1000  # added to stored numbers by processing baseline 04.00 (2022-01-25) and later
ORDERS = {  # of the bands in files that name none, by their count
    13: ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"),
    12: ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"),  # Level 2A has no B10
    10: ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"),  # those of 10 m and 20 m
}

S2 = Sensor(
    name="s2",
    title="Sentinel-2 reflectance",
    bands=(
        Band("B01", ("B1", "coastal", "coastal aerosol")),
        Band("B02", ("B2", "blue")),
        Band("B03", ("B3", "green")),
        Band("B04", ("B4", "red")),
        Band("B05", ("B5", "rededge", "rededge1", "rededge071")),
        Band("B06", ("B6", "rededge2", "rededge075")),
        Band("B07", ("B7", "rededge3", "rededge078")),
        Band("B08", ("B8", "nir")),
        Band("B8A", ("B08A", "nir08", "rededge4")),
        Band("B09", ("B9", "nir09", "water vapour")),
        Band("B10", ("cirrus",)),
        Band("B11", ("swir16", "swir1")),
        Band("B12", ("swir22", "swir2")),
    ),
    unit="reflectance",
    valid_range=(-0.2, 2.5),
    pixel_type="float32",
    drawings={
        "natural": Drawing(("B04", "B03", "B02"), (0.0, 0.0, 0.0), (0.3, 0.3, 0.3)),
        "infrared": Drawing(("B08", "B04", "B03"), (0.0, 0.0, 0.0), (0.5, 0.3, 0.3)),
    },
)
