"""AMFMN: text and images in one space (Yuan et al., IEEE TGRS 2021, doi 10.1109/TGRS.2021.3078451)."""
