"""An S3 server in memory with one bucket; prints its port."""

import logging

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
client = boto3.client(
    "s3",
    endpoint_url=f"http://127.0.0.1:{port}",
    region_name="us-east-1",
    aws_access_key_id="ada",
    aws_secret_access_key="hunter2-s3",
)
client.create_bucket(Bucket="states")
print(port, flush=True)
server._thread.join()
