"""Teaching radar to stand where a frozen text–optical model puts the optical picture of the same ground."""
