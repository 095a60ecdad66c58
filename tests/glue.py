"""AWS Glue's data catalog, and PyIceberg's way to it."""

import boto3
from pyiceberg.catalog.glue import GlueCatalog
from servers import Server

REGION, KEY, SECRET = "us-east-1", "admin", "password"


class Glue(Server):
    """`address` is its URL."""

    def catalog(self, **properties) -> GlueCatalog:
        return GlueCatalog("glue", **{"glue.endpoint": self.address, "glue.region": REGION,
                                      "glue.access-key-id": KEY, "glue.secret-access-key": SECRET, **properties})

    def client(self, service: str = "glue"):
        return boto3.client(service, endpoint_url=self.address, region_name=REGION, aws_access_key_id=KEY,
                            aws_secret_access_key=SECRET)

    def table(self, database: str, name: str) -> dict:
        """As Glue has it."""
        return self.client().get_table(DatabaseName=database, Name=name)["Table"]

    def settings(self) -> dict[str, str]:
        """Of `glue:` in a configuration."""
        return {"region": REGION, "endpoint": self.address, "access_key_id": KEY, "secret_access_key": SECRET}

    @staticmethod
    def environment() -> dict[str, str]:
        """Who asks, for a process that looks for it there."""
        return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
