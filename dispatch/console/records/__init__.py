"""What happened, for those who look through it: alerts, their timelines, troubles, and files."""
