"""Teaching a model: recipes, batches, the loop."""
