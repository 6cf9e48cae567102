"""Colour and texture statistics with a small lexicon: a model without weights."""
