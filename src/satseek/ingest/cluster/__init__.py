"""The ingest on a Ray cluster: the same steps as on one machine, spread over many."""
