"""Makes a bucket, by the settings of the environment."""

import sys

import boto3

boto3.client("s3").create_bucket(Bucket=sys.argv[1])
