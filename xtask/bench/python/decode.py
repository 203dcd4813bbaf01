"""Reads a body each time a line comes in, and tells how long it took and how many rows there were.

Figures stay text: to make numbers of them would only cost more.
"""

import io
import sys
import time


def pandas(body):
    import json

    import pandas

    return lambda: pandas.DataFrame(json.loads(body)["dataSet"])


def orjson(body):
    import orjson
    import polars

    return lambda: polars.DataFrame(orjson.loads(body)["dataSet"])


def polars(body):
    import polars

    def read():
        answer = polars.read_json(io.BytesIO(body)).select(polars.col("dataSet").explode())
        return answer.unnest("dataSet")

    return read


def main():
    path, reader = sys.argv[1:]
    with open(path, "rb") as file:
        read = {"pandas": pandas, "orjson": orjson, "polars": polars}[reader](file.read())
    for _ in sys.stdin:
        start = time.perf_counter()
        table = read()
        seconds = time.perf_counter() - start
        print(seconds, len(table), flush=True)


main()
