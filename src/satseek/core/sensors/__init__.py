"""The known sensors, one file each; a new one is one file and one line in `core.sensor.SENSORS`."""
