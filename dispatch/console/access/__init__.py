"""Who is let in over HTTP, to do what, and the record of what they did."""
