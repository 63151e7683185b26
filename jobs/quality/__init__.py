"""Quality checks of rows before they are published."""
