"""The hook of mkdocs that adds the generated reference pages to the documentation."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from infra.docs.reference import REFERENCE_PAGES


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference pages to the files that mkdocs found."""
    for path, write in REFERENCE_PAGES.items():
        files.append(File.generated(config, path, content=write()))
    return files
