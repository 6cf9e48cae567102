"""Rasters: whatever GDAL reads, recognised, cut into windows, read in the sensor's unit, and placed on the globe."""
