#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes passengers.csv: a table like that of the Titanic's passengers, drawn from published counts.

No row is a person. How many travelled, and how many of them survived, is by class and sex as the
reports have it for the 891 rows that courses use; so are the counts of ports, of relatives, and of
ages that nobody knows. Ages and fares are drawn around the published means of each class; of equal
class and sex, the younger were saved first. Nothing else ties the columns together.

    examples/data/make_passengers.py >examples/data/passengers.csv
"""
import math

# class, sex: how many there were, and how many of them survived
PEOPLE = {("first", "female"): (94, 91), ("first", "male"): (122, 45),
          ("second", "female"): (76, 70), ("second", "male"): (108, 17),
          ("third", "female"): (144, 72), ("third", "male"): (347, 47)}
# class: mean and deviation of the age, how many ages are unknown, mean of the fare
CLASSES = {"first": (38.2, 14.8, 30, 84.15), "second": (29.9, 14.0, 11, 20.66),
           "third": (25.1, 12.5, 136, 13.68)}
SIBLINGS = {0: 608, 1: 209, 2: 28, 3: 16, 4: 18, 5: 5, 8: 7}
PARENTS = {0: 678, 1: 118, 2: 80, 3: 5, 4: 4, 5: 5, 6: 1}
PORTS = {"Southampton": 644, "Cherbourg": 168, "Queenstown": 77, "": 2}


class Draw:
    """A generator whose numbers are the same everywhere (Knuth's 64-bit linear congruence)."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) / 2**31

    def normal(self):  # of twelve uniform ones, so that no two machines round it differently
        return sum(self.uniform() for _ in range(12)) - 6

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = int(self.uniform() * (i + 1))
            items[i], items[j] = items[j], items[i]
        return items


def spread(draw, counts):
    return draw.shuffle([value for value, count in counts.items() for _ in range(count)])


def group(draw, where, sex, count, survived):
    mean, deviation, _, fare = CLASSES[where]
    rows = []
    for _ in range(count):
        age = max(1, round(mean + deviation * draw.normal()))
        price = fare * (0.4 + 0.6 * -math.log(1 - draw.uniform()))
        luck = age + 40 * draw.uniform()
        rows.append({"class": where, "sex": sex, "age": age, "fare": f"{price:.2f}", "luck": luck})
    rows.sort(key=lambda row: row["luck"])
    for number, row in enumerate(rows):
        row["survived"] = "yes" if number < survived else "no"
    return rows


def main():
    draw = Draw(1912)
    rows = [row for (where, sex), (count, survived) in PEOPLE.items()
            for row in group(draw, where, sex, count, survived)]
    draw.shuffle(rows)
    for where, (_, _, unknown, _) in CLASSES.items():
        for row in draw.shuffle([row for row in rows if row["class"] == where])[:unknown]:
            row["age"] = ""
    for key, counts in (("siblings", SIBLINGS), ("parents", PARENTS), ("port", PORTS)):
        for row, value in zip(rows, spread(draw, counts)):
            row[key] = value
    columns = ["survived", "class", "sex", "age", "siblings", "parents", "fare", "port"]
    print(",".join(columns))
    for row in rows:
        print(",".join(str(row[column]) for column in columns))


main()
