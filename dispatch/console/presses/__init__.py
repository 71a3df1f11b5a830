"""What goes on from HTTP to the core: presses, and what the control room does about alerts."""
