"""Links between files of the repository lead to the same pages of the documentation."""

import pytest

from infra.docs.root_pages import ROOT, ROOT_PAGES, read_root_page, with_page_links


@pytest.mark.parametrize(
    ("source", "link", "expected"),
    [
        ("docs/crops.md", "[m](../benchmarks/RESULTS.md#crops)", "[m](results.md#crops)"),
        ("docs/how-to/restore.md", "[a](../../ARCHITECTURE.md)", "[a](../architecture.md)"),
        ("docs/how-to/restore.md", "[f](../flows.md)", "[f](../flows.md)"),
        ("ARCHITECTURE.md", "[l](docs/lake.md)", "[l](lake.md)"),
        ("benchmarks/RESULTS.md", "[c](../docs/crops.md#pixels)", "[c](crops.md#pixels)"),
        ("README.md", "[x](https://example.org/x.md)", "[x](https://example.org/x.md)"),
    ],
)
def test_a_link_leads_to_the_page_of_the_same_file(source: str, link: str, expected: str) -> None:
    assert with_page_links(link, source) == expected


def test_every_page_from_elsewhere_has_its_file() -> None:
    for source, page in ROOT_PAGES.items():
        assert (ROOT / source).is_file()
        assert read_root_page(page).startswith("# ")
