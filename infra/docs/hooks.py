"""The hook of mkdocs that adds the generated references, and the pages that lie outside of `docs/`."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from infra.docs.reference import REFERENCE_PAGES
from infra.docs.root_pages import ROOT_PAGES, read_root_page, with_page_links


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files below `docs/`."""
    for path, write in REFERENCE_PAGES.items():
        files.append(File.generated(config, path, content=write()))
    for path in ROOT_PAGES.values():
        files.append(File.generated(config, path, content=read_root_page(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links that lead out of `docs/` lead to the pages of the same content."""
    return markdown if page.file.src_path in ROOT_PAGES.values() else with_page_links(markdown, f"docs/{page.file.src_path}")
