"""Holds one CSV file against another: python3 diff.py DESIRED.csv LIVE.csv"""

import csv
import sys


def records(path):
    """Yields key and record of each row; the key is the first column."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        for record in reader:
            yield record[0], record


desired = dict(records(sys.argv[1]))
puts = deletes = 0
for key, record in records(sys.argv[2]):
    wanted = desired.pop(key, None)
    if wanted is None:
        deletes += 1
    elif wanted != record:
        puts += 1
print(f"create {len(desired)} put {puts} delete {deletes}")
