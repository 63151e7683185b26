"""The command line: what is common to all commands, and the commands themselves in `commands`."""
