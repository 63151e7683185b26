"""The files of an export: folders, archives, paths, documents and their JSON."""
