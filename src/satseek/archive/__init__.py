"""The archive: one LanceDB table of chips with the card of the model that made its vectors."""
