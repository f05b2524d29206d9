"""A sentence about a scene."""

NUMBERS = ("no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def count(number, name):
    """``count(2, "person")`` is "two people"."""
    plural = "people" if name == "person" else name + "s"
    words = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{words} {name if number == 1 else plural}"


def describe(attributes, trees, weather):
    """Caption of a scene.

    Parameters
    ----------
    attributes : list of dict
        One per visible instance, with at least "name".
    trees : int
        How many trees there are.
    weather : str
        For example "a clear day".

    Examples
    --------
    >>> describe([{"name": "dog"}, {"name": "cat"}, {"name": "dog"}], trees=1, weather="the morning")
    'two dogs and a cat on the grass near a tree in the morning'
    """
    names = [item["name"] for item in attributes]
    parts = []
    for name in dict.fromkeys(names):
        if names.count(name) == 1:
            item = attributes[names.index(name)]
            parts.append(phrase(item))
        else:
            parts.append(count(names.count(name), name))
    subject = (
        ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else (parts or ["an empty meadow"])[0]
    )
    near = f" near {count(trees, 'tree')}" if trees else ""
    place = " on the grass" if parts else ""
    return f"{subject}{place}{near} {'on' if weather.startswith('a') else 'in'} {weather}"


def phrase(item):
    """One instance in words: "a brown dog"."""
    if "colour" not in item:
        return count(1, item["name"])
    if item["name"] == "person":
        return f"a person in {item['colour']} {item['pose']}"
    article = "an" if item["colour"][0] in "aeiou" else "a"
    return f"{article} {item['colour']} {item['name']} {item['pose']}"
