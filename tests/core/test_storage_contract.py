"""The storage contract: complete, and the same for programs in other languages."""

import json

from core.storage_contract import STORAGE_CONTRACT, Purpose, as_dict, required_methods


def test_every_purpose_has_methods_and_every_method_a_name_of_its_own() -> None:
    assert {method.purpose for method in STORAGE_CONTRACT} == set(Purpose)
    names = [method.name for method in STORAGE_CONTRACT]
    assert len(names) == len(set(names)) == 10


def test_search_may_be_left_out() -> None:
    optional = {method.name for method in STORAGE_CONTRACT} - set(required_methods())
    assert optional == {"searchMessages", "searchSessions"}


def test_it_is_data() -> None:
    assert json.loads(json.dumps(as_dict())) == as_dict()
