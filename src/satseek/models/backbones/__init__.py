"""The convolutional trunks that models stand on."""
