"""What training minimises: one file a loss; scores and positives in, one number out."""
