"""What gives an export's format away."""
