import pytest

from lake.extras import missing_package_error


@pytest.mark.parametrize(
    ("module", "extra"), [("pyspark.sql", "spark"), ("prefect", "flows"), ("great_expectations", "quality"), ("torch", "train")]
)
def test_a_missing_package_of_an_extra_names_the_extra(module: str, extra: str) -> None:
    error = missing_package_error(ModuleNotFoundError(f"No module named {module!r}", name=module), "stage 'crop'")
    assert str(error) == f"stage 'crop' needs {module.split('.')[0]!r}: pip install 'centrepiece[{extra}]'"


@pytest.mark.parametrize("name", ["yaml", None])
def test_any_other_missing_module_is_no_matter_of_extras(name: str | None) -> None:
    assert missing_package_error(ModuleNotFoundError("No module", name=name)) is None
