"""A Hive Metastore, and PyIceberg's way to it."""

import ctypes
import os
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fault.proxy import TcpProxy
from hive_metastore.ttypes import GetTableRequest
from paths import ROOT
from pyiceberg.catalog.hive import HiveCatalog, _HiveClient
from servers import Server

CLONE_NEWNET = 0x40000000


class Client(_HiveClient):
    """PyIceberg asks for tables by a call that Hive 4 has no more; the newer one is there in Hive 3 as well."""

    def _client(self):
        client = super()._client()
        client.get_table = lambda dbname, tbl_name: client.get_table_req(
            GetTableRequest(dbName=dbname, tblName=tbl_name)).table
        return client


class Catalog(HiveCatalog):
    @staticmethod
    def _create_hive_client(properties):
        return Client(properties["uri"])


class Hive(Server):
    """`address` is its URI. Its databases that are given no place lie in `warehouse`."""

    def __init__(self, name: str, data: Path, *options: str):
        self.warehouse = data / "warehouse"
        super().__init__(name, data, "--warehouse", str(self.warehouse), *options)

    def catalog(self, **properties) -> Catalog:
        return Catalog("hive", uri=self.address, **properties)

    def table(self, database: str, name: str):
        """As the metastore has it."""
        catalog = self.catalog()
        with catalog._client as client:
            return catalog._get_hive_table(client, database, name)


class OldHive(Hive):
    """3.1.3 listens on every interface: it has a network of its own, to which a proxy leads."""

    def __init__(self, name: str, data: Path, *options: str):
        self.way_in = None
        super().__init__(name, data, "--version", "3.1.3", *options)

    def run(self, *arguments: str) -> str:
        if arguments[0] != "start":
            return super().run(*arguments)
        done = subprocess.run(["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
                               ROOT / "dev" / self.name, *arguments], text=True, capture_output=True)
        if done.returncode != 0:
            pytest.fail(f"dev/{self.name} {' '.join(arguments)} failed:\n{done.stderr}", pytrace=False)
        return done.stdout.strip()

    def start(self, *arguments: str) -> str:
        inside = super().start(*arguments).removeprefix("thrift://")
        self.way_in = self.way_in or NetworkProxy(inside)
        self.way_in.pid = self.pid
        self.address = f"thrift://{self.way_in.host_and_port}"
        return self.address

    def stop(self) -> None:
        super().stop()
        if self.way_in is not None:
            self.way_in.cut()


class NetworkProxy(TcpProxy):
    """Its upstream is in the network of the process `pid`."""

    pid = 0

    def connect(self) -> socket.socket:
        with ThreadPoolExecutor(1) as other:  # a thread's network is its own, and a socket stays where it was made
            return other.submit(self.connect_inside).result()

    def connect_inside(self) -> socket.socket:
        with open(f"/proc/{self.pid}/ns/net") as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        return super().connect()
