"""Totals of a dataset by trade type and year, as JSON, from one engine: rows, and the exact sum of the figures.

    totals.py duckdb|polars|spark ADDRESS [MASTER]
"""

import json
import os
import sys


def duckdb(address):
    import duckdb

    query = f"""
        SELECT trade_type, year, count(*), sum(figure)
        FROM read_parquet('{address}/*/*/*.parquet', hive_partitioning = true)
        GROUP BY ALL
    """
    return duckdb.sql(query).fetchall()


def polars(address):
    import polars

    options = None
    if address.startswith("s3://"):
        options = {
            "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"],
            "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
            "aws_region": os.environ["AWS_REGION"],
            "aws_allow_http": "true",
        }
    data = polars.scan_parquet(f"{address}/**/*.parquet", hive_partitioning=True, storage_options=options)
    totals = data.group_by("trade_type", "year").agg(rows=polars.len(), sum=polars.col("figure").sum())
    return totals.collect().rows()


def spark(address, master):
    from pyspark.sql import SparkSession, functions

    builder = SparkSession.builder.master(master)
    if master.startswith("spark://"):
        # Both workers are waited for.
        builder = builder.config("spark.scheduler.minRegisteredResourcesRatio", "1.0").config("spark.cores.max", "2")
        builder = builder.config("spark.scheduler.maxRegisteredResourcesWaitingTime", "60s")
    session = (
        builder.config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "512m")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    data = session.read.parquet(address)
    totals = data.groupBy("trade_type", "year").agg(functions.count("*"), functions.sum("figure"))
    rows = [tuple(row) for row in totals.collect()]
    executors = session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
    print(f"executors {executors}")
    session.stop()
    return rows


def main():
    engine, *rest = sys.argv[1:]
    rows = {"duckdb": duckdb, "polars": polars, "spark": spark}[engine](*rest)
    told = [
        {"trade_type": kind, "year": str(year), "rows": count, "sum": format(total, "f")}
        for kind, year, count, total in rows
    ]
    print(json.dumps(told))


main()
