"""Who and what there is, as administrators see and change it."""
