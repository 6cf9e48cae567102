"""How good a model is: ranks, what they come to, and reports that print themselves."""
