import pytest

pytestmark = pytest.mark.prefect
