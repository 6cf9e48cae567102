"""Mean and deviation of each band over BigEarthNet's training patches, for networks that see absolute levels.

The numbers are those the group publishes for its models; Sentinel-2 in ten-thousandths of reflectance, radar in dB.
"""

from __future__ import annotations

from satseek.core.errors import UsageError

_S2 = {
    "B02": (429.94, 572.42),
    "B03": (614.22, 582.88),
    "B04": (590.24, 675.89),
    "B05": (950.68, 729.90),
    "B06": (1792.46, 1096.01),
    "B07": (2075.47, 1273.45),
    "B08": (2218.95, 1365.46),
    "B8A": (2266.46, 1356.14),
    "B11": (1594.43, 1079.19),
    "B12": (1009.33, 818.87),
}
_S1 = {"VV": (-12.62, 5.1159), "VH": (-19.2904, 5.4644)}
_PER_REFLECTANCE = 10_000.0


def levels_of(bands: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """Return mean and deviation of bands in the sensor's unit (reflectance, dB)."""
    known = {name: (mean / _PER_REFLECTANCE, spread / _PER_REFLECTANCE) for name, (mean, spread) in _S2.items()} | _S1
    unknown = [name for name in bands if name not in known]
    if unknown:
        raise UsageError(
            f"No levels are known of {', '.join(unknown)} (they are of {', '.join(known)}). "
            "Take other bands, or set model.normalise=chip."
        )
    return [known[name][0] for name in bands], [known[name][1] for name in bands]
