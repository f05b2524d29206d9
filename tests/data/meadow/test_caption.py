import pytest

from minicv.data.meadow.caption import count, describe


@pytest.mark.parametrize(
    "number, name, words",
    [
        (1, "dog", "a dog"),
        (2, "cow", "two cows"),
        (3, "person", "three people"),
        (1, "person", "a person"),
        (12, "cat", "12 cats"),
    ],
)
def test_count(number, name, words):
    assert count(number, name) == words


def test_one_animal_is_described():
    orange = [{"name": "cat", "colour": "orange", "pose": "sitting"}]
    assert describe(orange, 0, "a clear day") == "an orange cat sitting on the grass on a clear day"


def test_a_person_is_described_by_shirt_and_pose():
    person = [{"name": "person", "colour": "red", "pose": "waving"}]
    assert (
        describe(person, 2, "a cloudy day")
        == "a person in red waving on the grass near two trees on a cloudy day"
    )


def test_several_of_a_kind_are_counted():
    names = [{"name": name, "colour": "white", "pose": "sitting"} for name in ("dog", "cat", "dog", "duck")]
    assert describe(names, 1, "a fresh morning") == (
        "two dogs, a white cat sitting and a white duck sitting on the grass near a tree on a fresh morning"
    )


def test_nobody_there():
    assert describe([], 0, "a clear day") == "an empty meadow on a clear day"
