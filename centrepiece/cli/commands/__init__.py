"""The commands, a module for each group of them; `centrepiece.cli.app` puts them together."""
