"""What the publishers of encoders state of their inputs: band orders, means, deviations, wavelengths.

Numbers are for reflectance × 10,000, dB, or 8 bits, as published; the source of each stands beside it.
"""

from __future__ import annotations

from satseek.core.sensors.s2 import ORDERS
from satseek.models.geo.reads import Scaling

THIRTEEN, TWELVE = ORDERS[13], ORDERS[12]  # Level 1C as SSL4EO-S12 has it; the same without B10 (cirrus)
VV_VH = ("VV", "VH")

# SSL4EO-S12 over 50,000 of its places: DeCUR, src/pretrain/datasets/SSL4EO/ssl4eo_dataset_lmdb_mm_norm.py
S1_MEAN, S1_DEVIATION = (-12.54847273, -20.19237134), (5.25697717, 5.91150917)
S2_L1C_MEAN = (
    1605.57504906, 1390.78157673, 1314.8729939, 1363.52445545, 1549.44374991, 2091.74883118, 2371.7172463,
    2299.90463006, 2560.29504086, 830.06605044, 22.10351321, 2177.07172323, 1524.06546312,
)  # fmt: skip
S2_L1C_DEVIATION = (
    786.78685367, 850.34818441, 875.06484736, 1138.84957046, 1122.17775652, 1161.59187054, 1274.39184232,
    1248.42891965, 1345.52684884, 577.31607053, 51.15431158, 1336.09932639, 1136.53823676,
)  # fmt: skip

# DOFA: README and demo.ipynb of zhu-xlab/DOFA, in the 8 bits of Satlas (allenai/satlas, Normalization.md): the true
# colour image that ESA delivers with Level 1C, 255 at a reflectance of .3558, and the other bands divided by 32
DOFA_8_BIT = {
    "B04": (114.1099739, 77.84352553), "B03": (114.81779093, 69.96844919), "B02": (126.63977424, 67.42465279),
    "B05": (84.33539309, 64.57022983), "B06": (97.84789168, 61.72545487), "B07": (103.94461911, 61.34187099),
    "B08": (101.435633, 60.29744676), "B11": (72.32804172, 47.88519516), "B12": (56.66528851, 42.55886798),
}  # fmt: skip
TRUE_COLOUR_STEP, OTHER_STEP = 3558 / 255, 32.0  # of reflectance × 10,000 in one of the 8 bits' steps
RGB_MEAN, RGB_DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
MICROMETRES = {
    "B01": 0.443, "B02": 0.49, "B03": 0.56, "B04": 0.665, "B05": 0.705, "B06": 0.74, "B07": 0.783, "B08": 0.842,
    "B8A": 0.865, "B09": 0.945, "B10": 1.375, "B11": 1.61, "B12": 2.19, "red": 0.665, "green": 0.56, "blue": 0.49,
    "VV": 3.75, "VH": 3.75,  # a placeholder that the first version was taught with: torchgeo pull request 3942
}  # fmt: skip

SSL4EO_S1 = Scaling.stretched(S1_MEAN, S1_DEVIATION)
SSL4EO_S2 = Scaling.divided(10_000, 13, clips=True)
SOFTCON_S2 = Scaling.stretched(S2_L1C_MEAN, S2_L1C_DEVIATION)


def without_cirrus(scaling: Scaling) -> Scaling:
    """Return the scaling of thirteen bands less that of B10."""
    place = THIRTEEN.index("B10")
    zero, one = (values[:place] + values[place + 1 :] for values in (scaling.zero, scaling.one))
    return Scaling(zero, one, scaling.clips)


def dofa_s2() -> Scaling:
    """Mean 0 and deviation 1: by DOFA's own figures for its nine bands, by SSL4EO-S12's for those it never saw."""
    means, deviations = [], []
    for place, band in enumerate(THIRTEEN):
        if band in DOFA_8_BIT:
            step = TRUE_COLOUR_STEP if band in ("B04", "B03", "B02") else OTHER_STEP
            mean, deviation = (step * value for value in DOFA_8_BIT[band])
        else:
            mean, deviation = S2_L1C_MEAN[place], S2_L1C_DEVIATION[place]
        means.append(mean)
        deviations.append(deviation)
    return Scaling.standard(means, deviations)
