"""True colour as aerial cameras, screens and most web services deliver it: three bands of 8 bits."""

from satseek.core.sensor import Band, Drawing, Sensor

UNITS = ("8-bit",)

RGB = Sensor(
    name="rgb",
    title="true colour, 8 bits a band",
    bands=(Band("red", ("r",)), Band("green", ("g",)), Band("blue", ("b",))),
    unit="8-bit",
    valid_range=(0.0, 255.0),
    pixel_type="uint8",
    drawings={"natural": Drawing(("red", "green", "blue"), (0.0, 0.0, 0.0), (255.0, 255.0, 255.0))},
)
